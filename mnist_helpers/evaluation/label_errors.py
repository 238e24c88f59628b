"""The known label errors of the MNIST test set, and what they cost or give the score."""

from itertools import chain

import numpy as np
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import Table, percent, percent_range, plot_gallery
from mnist_helpers.evaluation.errors import plot_nothing
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions

# Indices into the test images as torchvision orders them, by what five annotators saw: most saw the digit that the
# authors' method had proposed instead, most saw neither that nor the label, or no answer had a majority. The annotators
# saw about 100 images, those that the method had flagged; nobody looked at the others.
# Northcutt, Athalye and Mueller, "Pervasive label errors in test sets destabilize machine learning benchmarks", 2021;
# the votes are in mturk/mnist_mturk.json of github.com/cleanlab/label-errors.
LABEL_ERRORS = {
    "other label": (947, 1621, 1901, 2462, 2597, 3558, 5937, 6651, 6783, 9729),
    "neither": (2654, 3520, 9679),
    "no majority": (2130, 8527),
}
# The digit that at least three of the five annotators saw in each of the ten ("our_guessed_label" in the votes).
SEEN_BY_MOST = dict(zip(LABEL_ERRORS["other label"], (9, 6, 4, 0, 3, 0, 3, 6, 6, 6), strict=True))


def doubtful_labels(dataset: str) -> list[int]:
    """The indices of all known label errors, in rising order; the digits sample has none listed."""
    return sorted(chain.from_iterable(LABEL_ERRORS.values())) if dataset == "mnist" else []


def measure_label_errors(predictions: Predictions, dataset: str) -> dict | None:
    """The score on MNIST's test images with and without the known label errors; None for another data set.

    - "n" and "indices": how many label errors are known, and which by kind.
    - "accuracy_raw", "ci95_raw", "errors_raw": the score on all images; a share, its Wilson interval, a count.
    - "..._relabelled": the same where the ten images in which most annotators saw another digit count as that digit.
    - "n_settled" and "..._settled": so, and the five images on whose digit no majority agreed left out.
    - "errors_among": how many of the raw errors fall on a known label error.

    Raises ValueError when there are too few images for MNIST's test set.
    """
    known = doubtful_labels(dataset)
    if not known:
        return None
    correct = predictions.correct
    if len(correct) <= known[-1]:
        raise ValueError(f"MNIST's test images are wanted, not {len(correct)} images.")
    labels = predictions.labels.copy()
    labels[list(SEEN_BY_MOST)] = list(SEEN_BY_MOST.values())
    relabelled = predictions.predicted == labels
    settled = np.delete(relabelled, [index for index in known if index not in SEEN_BY_MOST])
    return {
        "n": len(known),
        "indices": {kind: list(indices) for kind, indices in LABEL_ERRORS.items()},
        **_score(correct, "raw"),
        **_score(relabelled, "relabelled"),
        "n_settled": len(settled),
        **_score(settled, "settled"),
        "errors_among": int((~correct[known]).sum()),
    }


def tabulate_label_errors(label_errors: dict | None, scores: dict) -> Table:
    """The score on all images and, where doubtful labels are known, with those relabelled or left out."""
    rows = [(f"All {scores['n_test']:,}", scores["accuracy"], scores["accuracy_ci95"], scores["errors"])]
    if label_errors:
        ten, five = len(SEEN_BY_MOST), label_errors["n"] - len(SEEN_BY_MOST)
        names = {
            "relabelled": f"All {scores['n_test']:,}, {ten} labels replaced",
            "settled": f"{label_errors['n_settled']:,}: {ten} replaced, {five} left out",
        }
        for kind, name in names.items():
            accuracy, ci95, errors = (label_errors[f"{value}_{kind}"] for value in ("accuracy", "ci95", "errors"))
            rows.append((name, accuracy, ci95, errors))
    return Table(
        "Accuracy and the doubtful labels",
        ["Test images", "Accuracy", "95% interval", "Errors"],
        [(name, percent(accuracy, 2), percent_range(ci95), errors) for name, accuracy, ci95, errors in rows],
    )


def plot_label_errors(test: LabelledImages, predictions: Predictions, in_doubt: list[int]) -> Figure:
    """The images with the indices `in_doubt`, with their label and what the network sees."""
    if not in_doubt:
        return plot_nothing("There is no image to show.")
    captions = [
        f"label {predictions.labels[i]}\nseen as {predictions.predicted[i]}, {percent(predictions.confidence[i])}"
        for i in in_doubt
    ]
    return plot_gallery(test.images[in_doubt], captions, columns=8)


def describe_label_errors(label_errors: dict | None) -> str:
    """How many errors fall on doubtful labels, what other labels would change, and who looked at them."""
    if label_errors is None:
        return "No list of label errors exists for this data set."
    raw, relabelled, settled = (label_errors[f"errors_{kind}"] for kind in ("raw", "relabelled", "settled"))
    return (
        f"{label_errors['errors_among']} of the {raw} errors are among the {label_errors['n']} images whose label is "
        f"wrong or in doubt. Where {len(SEEN_BY_MOST)} of these count as the digit that most annotators saw, "
        f"{relabelled} errors are left ({label_errors['accuracy_relabelled']:.2%} right); without the "
        f"{label_errors['n'] - len(SEEN_BY_MOST)} on which they did not agree, {settled} of "
        f"{label_errors['n_settled']:,}. Annotators saw only the about 100 images that an algorithm had flagged, so "
        "other wrong labels may remain. The raw accuracy is the one to compare with other work."
    )


def _score(correct: np.ndarray, suffix: str) -> dict[str, float | int | list[float]]:
    right = int(correct.sum())
    return {
        f"accuracy_{suffix}": right / len(correct),
        f"ci95_{suffix}": list(wilson_interval(right, len(correct))),
        f"errors_{suffix}": len(correct) - right,
    }
