"""Where the errors are: the score on parts of the test set, by writer, stroke thickness and slant."""

import numpy as np
import torch

from mnist_helpers.data.strokes import slant, stroke_thickness
from mnist_helpers.evaluation.intervals import wilson_interval

# Of MNIST's test set: students wrote the first half, and networks make two to three times as many errors on it.
# On the writers: Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019.
HALVES = {
    "test images 0–4,999, by students": slice(0, 5000),
    "test images 5,000–9,999, by employees": slice(5000, None),
}


def slice_metrics(
    images: np.ndarray | torch.Tensor, labels: np.ndarray, correct: np.ndarray, dataset: str
) -> list[dict[str, str | int | float | list[float]]]:
    """The score on each part of the test set: images uint8 (N, 28, 28), labels (N,), and which are `correct`, (N,).

    The groups are the two halves of MNIST (only where `dataset` is "mnist"), and thirds of the stroke thickness and of
    the slant, whose limits are in the names. Each group holds every image once; empty parts are left out.

    A part has "group", "name", "n", "errors", "accuracy" (a share), "ci95" (its Wilson interval), and
    "errors_expected": how many errors its mix of digits alone would bring, at the error rates that each digit has in
    the whole test set. Without it, a part with many 9s would look hard for its strokes.

    Raises ValueError when the lengths differ.
    """
    labels, correct = np.asarray(labels), np.asarray(correct, dtype=bool)
    if not len(images) == len(labels) == len(correct):
        raise ValueError(
            f"{len(images)} images, {len(labels)} labels and {len(correct)} answers do not belong together."
        )
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
