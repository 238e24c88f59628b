"""Where the errors are: the score on parts of the test set, by writer, stroke thickness and slant."""

import numpy as np

from mnist_helpers.data import LabelledImages, slant, stroke_thickness
from mnist_helpers.display import Table, percent_range
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions

# Of MNIST's test set: students wrote the first half, and networks make two to three times as many errors on it.
# On the writers: Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019.
HALVES = {
    "test images 0–4,999, by students": slice(0, 5000),
    "test images 5,000–9,999, by employees": slice(5000, None),
}


def measure_slices(
    test: LabelledImages, predictions: Predictions, dataset: str
) -> list[dict[str, str | int | float | list[float]]]:
    """The score on each part of the test set.

    The groups are the two halves of MNIST (only where `dataset` is "mnist"), and thirds of the stroke thickness and of
    the slant, whose limits are in the names. Each group holds every image once; empty parts are left out.

    A part has "group", "name", "n", "errors", "accuracy" (a share), "ci95" (its Wilson interval), and
    "errors_expected": how many errors its mix of digits alone would bring, at the error rates that each digit has in
    the whole test set. Without it, a part with many 9s would look hard for its strokes.

    Raises ValueError when images and predictions do not belong together.
    """
    images, labels, correct = test.images.numpy(), predictions.labels, predictions.correct
    if not np.array_equal(test.labels, labels):
        raise ValueError("These images and predictions do not belong together.")
    rate = np.array([(~correct[labels == digit]).mean() if (labels == digit).any() else 0 for digit in range(10)])
    parts = [("half", name, np.arange(len(labels))[half]) for name, half in HALVES.items() if dataset == "mnist"]
    parts += _thirds("stroke thickness", stroke_thickness(images), ("thin", "medium", "thick"), 2, " px")
    parts += _thirds("slant", slant(images), ("left-leaning", "upright", "right-leaning"), 1, "°")
    return [
        {
            "group": group,
            "name": name,
            "n": len(inside),
            "errors": int((~correct[inside]).sum()),
            "errors_expected": float(rate[labels[inside]].sum()),
            "accuracy": float(correct[inside].mean()),
            "ci95": list(wilson_interval(int(correct[inside].sum()), len(inside))),
        }
        for group, name, inside in parts
        if len(inside)
    ]


def tabulate_slices(slices: list[dict]) -> Table:
    """A line for each part, with the errors found and expected."""
    return Table(
        "Accuracy by slice of the test set",
        ["Slice", "Group", "Images", "Errors", "Errors expected", "Accuracy", "95% interval"],
        [
            (
                entry["name"],
                entry["group"],
                f"{entry['n']:,}",
                entry["errors"],
                f"{entry['errors_expected']:.1f}",
                f"{entry['accuracy']:.2%}",
                percent_range(entry["ci95"]),
            )
            for entry in slices
        ],
    )


def describe_slices(slices: list[dict]) -> str:
    """The hardest part."""
    hardest = min(slices, key=lambda entry: entry["accuracy"])
    if hardest["accuracy"] == 1:
        return "There is no error in any slice."
    return f"The hardest slice is {hardest['group']}: {hardest['name']} ({hardest['accuracy']:.2%})."


def _thirds(
    group: str, values: np.ndarray, names: tuple[str, str, str], decimals: int, unit: str
) -> list[tuple[str, str, np.ndarray]]:
    """Group, name and indices of the three parts; a value on a limit belongs to the part above it."""
    # The limits are rounded before they divide, so that the names say exactly where they do.
    low, high = np.quantile(values, [1 / 3, 2 / 3]).round(decimals) if len(values) else (0.0, 0.0)
    below, above = (f"{limit + 0.0:.{decimals}f}".replace("-", "−") for limit in (low, high))
    limits = (f"below {below}{unit}", f"{below} to {above}{unit}", f"from {above}{unit}")
    third = np.digitize(values, [low, high])
    return [(group, f"{names[index]}, {limits[index]}", np.flatnonzero(third == index)) for index in range(3)]
