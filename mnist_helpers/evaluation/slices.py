"""Where the errors are: the score on parts of the test set, by writer, stroke thickness and slant."""

import numpy as np
import torch

from mnist_helpers.evaluation.intervals import wilson_interval

# Of MNIST's test set: students wrote the first half, and networks make two to three times as many errors on it.
# On the writers: Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019.
HALVES = {
    "test images 0–4,999, by students": slice(0, 5000),
    "test images 5,000–9,999, by employees": slice(5000, None),
}


def stroke_thickness(images: np.ndarray | torch.Tensor) -> np.ndarray:
    """Mean width of the strokes in pixels, (N,), of uint8 images (N, 28, 28); 0 for a blank image.

    A stroke of width w and length L has an area of wL and an outline of 2L, so its width is twice the area over the
    outline. Grey pixels count in part: the area is the sum of the brightness, the outline its total variation, that
    is the summed length of the gradient (by the coarea formula the mean outline over all brightness thresholds).
    Scaling the brightness changes nothing.

    On drawn strokes 2 to 5 pixels wide it is right to about 10 %. The ends of a stroke add to the outline, so that a
    single bar reads low by that much; touching strokes hide some of it, so that an 8 reads high.
    """
    ink = np.pad(np.asarray(images, dtype=np.float32), ((0, 0), (1, 1), (1, 1)))
    # The gradient in the middle of each 2 × 2 square: the mean of two neighbouring differences each way.
    right, down = np.diff(ink, axis=2), np.diff(ink, axis=1)
    right, down = (right[:, 1:] + right[:, :-1]) / 2, (down[:, :, 1:] + down[:, :, :-1]) / 2
    outline = np.hypot(right, down).sum(axis=(1, 2), dtype=np.float64)
    area = ink.sum(axis=(1, 2), dtype=np.float64)
    return 2 * area / np.where(outline > 0, outline, 1)


def slant(images: np.ndarray | torch.Tensor) -> np.ndarray:
    """How far each of the uint8 images (N, 28, 28) leans to the right of upright, in degrees, (N,).

    The angle of the shear that would upright the digit: atan(mu11 / mu02), from the second central moments of the
    brightness (as deskewing does). A blank image and a single row of pixels have a slant of 0.
    """
    ink = np.asarray(images, dtype=np.float64)
    place = np.arange(ink.shape[1])
    columns, rows, total = ink.sum(axis=1), ink.sum(axis=2), ink.sum(axis=(1, 2))
    # Times the total brightness squared the moments are whole numbers, so that nothing is lost to rounding.
    mu11 = total * (ink @ place @ place) - (columns @ place) * (rows @ place)
    mu02 = total * (rows @ place**2) - (rows @ place) ** 2
    # Rows count downwards.
    return np.degrees(np.arctan2(-mu11, mu02))


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
