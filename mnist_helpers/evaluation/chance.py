"""How much of an accuracy is chance: the same training with other seeds, whose answers on the test images are kept."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence

from mnist_helpers.display import Table
from mnist_helpers.errors import MnistError
from mnist_helpers.files import digit_text, replacing
from mnist_helpers.network import MnistCNN, Predictions, weights_checksum
from mnist_helpers.paths import RunPaths, shown

LEAST_VOTES = 3  # of two networks neither outvotes the other


def measure_seeds(paths: RunPaths, first: MnistCNN, predictions: Predictions) -> dict:
    """Number of networks, mean and standard deviation of their test accuracies, and all of them, the first's first.

    `predictions` are those of `first`. With a single network the standard deviation is None; with three or more there
    is the accuracy of their majority. Raises MnistError when the stored answers cannot be read.
    """
    labels = digit_text(predictions.labels)
    answers = [digit_text(predictions.predicted), *read_answers(paths, first).values()]
    if any(len(given) != len(labels) for given in answers):
        raise _damaged(paths)
    accuracies = [_accuracy(given, labels) for given in answers]
    return {
        "n": len(accuracies),
        "accuracy_mean": statistics.fmean(accuracies),
        "accuracy_std": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "accuracies": accuracies,
        "majority_accuracy": _accuracy(_majority(answers), labels) if len(answers) >= LEAST_VOTES else None,
    }


def tabulate_seeds(seeds: dict, numbers: Sequence[int], images: int) -> Table:
    """Accuracy and errors on so many test `images`: of each network, by its seed's number, and of all together."""
    rows: list[tuple[object, ...]] = [
        (number, f"{accuracy:.2%}", round((1 - accuracy) * images))
        for number, accuracy in zip(numbers, seeds["accuracies"], strict=True)
    ]
    if (accuracy := seeds["majority_accuracy"]) is not None:
        rows.append((f"all {seeds['n']}, by majority", f"{accuracy:.2%}", round((1 - accuracy) * images)))
    return Table("Test accuracy by seed", ["Seed", "Accuracy", "Errors"], rows)


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


def _majority(answers: Sequence[str]) -> str:
    """For each image the digit that most networks name, of equals the one that is named first."""
    return "".join(Counter(named).most_common(1)[0][0] for named in zip(*answers, strict=True))


def _accuracy(answers: str, labels: str) -> float:
    return sum(map(str.__eq__, answers, labels)) / len(labels)


def _damaged(paths: RunPaths) -> MnistError:
    return MnistError(
        f"{shown(paths.seed_answers)} is damaged: delete it, and train the other seeds again "
        "(mnist-cnn train --seeds N)."
    )
