"""How much of an accuracy is chance: the same training with other seeds, whose answers on the test images are kept."""

import json
import statistics

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.network.classify import Predictions
from mnist_helpers.network.model import MnistCNN, weights_checksum
from mnist_helpers.paths import RunPaths, shown


def seed_metrics(paths: RunPaths, first: MnistCNN, predictions: Predictions) -> dict:
    """Number of networks, mean and standard deviation of their test accuracies, and all of them, the first's first.

    `predictions` are those of `first`. With a single network the standard deviation is None. Raises MnistError when
    the stored answers cannot be read.
    """
    correct = "".join(map(str, predictions.labels))
    accuracies = [float(predictions.correct.mean())]
    for answers in read_answers(paths, first).values():
        if len(answers) != len(correct):
            raise _damaged(paths)
        accuracies.append(sum(map(str.__eq__, answers, correct)) / len(correct))
    return {
        "n": len(accuracies),
        "accuracy_mean": statistics.fmean(accuracies),
        "accuracy_std": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "accuracies": accuracies,
    }


def read_answers(paths: RunPaths, first: MnistCNN) -> dict[int, str]:
    """Seed to answers, a digit an image; empty when none are stored beside this network."""
    try:
        content = json.loads(paths.seed_answers.read_text(encoding="utf-8"))
        if content["first_network"] != weights_checksum(first):
            return {}
        return {int(seed): str(answers) for seed, answers in content["answers"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(paths) from error


def write_answers(paths: RunPaths, first: MnistCNN, answers: dict[int, str]) -> None:
    """Store the answers beside the network of the first seed. Raises MnistError when they cannot be written."""
    content = {"first_network": weights_checksum(first), "answers": answers}
    with replacing(paths.seed_answers) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _damaged(paths: RunPaths) -> MnistError:
    return MnistError(
        f"{shown(paths.seed_answers)} is damaged: delete it, and train the other seeds again "
        "(mnist-cnn train --seeds N)."
    )
