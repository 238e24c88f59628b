"""How much of an accuracy is chance: the same training with other seeds, whose answers on the test images are kept."""

import json
import statistics
from collections.abc import Sequence

from mnist_helpers.display import Table
from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.network import MnistCNN, Predictions, weights_checksum
from mnist_helpers.paths import RunPaths, shown


def measure_seeds(paths: RunPaths, first: MnistCNN, predictions: Predictions) -> dict:
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


def tabulate_seeds(seeds: dict, numbers: Sequence[int], images: int) -> Table:
    """Accuracy and errors of each network, by the `numbers` of their seeds, on the test set of so many `images`."""
    return Table(
        "Test accuracy by seed",
        ["Seed", "Accuracy", "Errors"],
        [
            (number, f"{accuracy:.2%}", round((1 - accuracy) * images))
            for number, accuracy in zip(numbers, seeds["accuracies"], strict=True)
        ],
    )


def describe_seeds(seeds: dict) -> str:
    """Mean and standard deviation, or how to get them."""
    if seeds["n"] == 1:
        return "Only one seed was trained; `mnist-cnn train --seeds 5` trains five."
    return (
        f"Mean ± standard deviation: **{seeds_text(seeds)}**. The network evaluated here is that of the first seed, "
        "whichever did best."
    )


def seeds_text(seeds: dict) -> str:
    """Mean and standard deviation of the accuracy over the seeds; "one seed only" when there is no other."""
    if seeds["n"] == 1:
        return "one seed only"
    return f"{seeds['accuracy_mean']:.2%} ± {seeds['accuracy_std']:.2%} (n = {seeds['n']})"


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
