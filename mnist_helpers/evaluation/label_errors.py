"""The known label errors of the MNIST test set, and what they cost or give the score."""

from itertools import chain

import numpy as np
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import Table, percent_range, plot_gallery
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions

# Indices into the test images as torchvision orders them, by what five annotators saw: most saw the digit that the
# authors' method had proposed instead, most saw neither that nor the label, or no answer had a majority.
# Northcutt, Athalye and Mueller, "Pervasive label errors in test sets destabilize machine learning benchmarks", 2021;
# the votes are in mturk/mnist_mturk.json of github.com/cleanlab/label-errors.
LABEL_ERRORS = {
    "other label": (947, 1621, 1901, 2462, 2597, 3558, 5937, 6651, 6783, 9729),
    "neither": (2654, 3520, 9679),
    "no majority": (2130, 8527),
}


def doubtful_labels(dataset: str) -> list[int]:
    """The indices of all known label errors, in rising order; the digits sample has none listed."""
    return sorted(chain.from_iterable(LABEL_ERRORS.values())) if dataset == "mnist" else []


def measure_label_errors(predictions: Predictions, dataset: str) -> dict | None:
    """The score on MNIST's test images with and without the known label errors; None for another data set.

    - "n" and "indices": how many label errors are known, and which by kind.
    - "accuracy_raw", "ci95_raw", "errors_raw": the score on all images; a share, its Wilson interval, a count.
    - "accuracy_without", "ci95_without", "errors_without": the same on all other images. No label is replaced, for
      that would be a choice in someone's favour.
    - "errors_among": how many of the raw errors fall on a known label error.

    Raises ValueError when there are too few images for MNIST's test set.
    """
    known = doubtful_labels(dataset)
    if not known:
        return None
    correct = predictions.correct
    if len(correct) <= known[-1]:
        raise ValueError(f"MNIST's test images are wanted, not {len(correct)} images.")
    return {
        "n": len(known),
        "indices": {kind: list(indices) for kind, indices in LABEL_ERRORS.items()},
        **_score(correct, "raw"),
        **_score(np.delete(correct, known), "without"),
        "errors_among": int((~correct[known]).sum()),
    }


def tabulate_label_errors(label_errors: dict, images: int) -> Table:
    """The score on all `images` and without the doubtful ones."""
    doubtful = label_errors["n"]
    return Table(
        f"Accuracy with and without the {doubtful} doubtful labels",
        ["Test images", "Accuracy", "95% interval", "Errors"],
        [
            (
                name,
                f"{label_errors[f'accuracy_{kind}']:.2%}",
                percent_range(label_errors[f"ci95_{kind}"]),
                label_errors[f"errors_{kind}"],
            )
            for name, kind in ((f"All {images:,}", "raw"), (f"Without the {doubtful}", "without"))
        ],
    )


def plot_label_errors(test: LabelledImages, predictions: Predictions) -> Figure:
    """The images whose label is in doubt, with that label and what the network sees."""
    known = doubtful_labels("mnist")
    captions = [
        f"label {predictions.labels[i]}\nseen as {predictions.predicted[i]}, {predictions.confidence[i]:.0%}"
        for i in known
    ]
    return plot_gallery(test.images[known], captions, columns=8)


def describe_label_errors(label_errors: dict | None) -> str:
    """How many errors fall on doubtful labels."""
    if label_errors is None:
        return "No list of label errors exists for this data set."
    return (
        f"{label_errors['errors_among']} of the {label_errors['errors_raw']} errors are among the {label_errors['n']} "
        "images whose label is wrong or in doubt. The raw accuracy is the one to compare with other work."
    )


def _score(correct: np.ndarray, suffix: str) -> dict[str, float | int | list[float]]:
    right = int(correct.sum())
    return {
        f"accuracy_{suffix}": right / len(correct),
        f"ci95_{suffix}": list(wilson_interval(right, len(correct))),
        f"errors_{suffix}": len(correct) - right,
    }
