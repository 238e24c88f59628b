"""How a digit is written: the width of its strokes and how far it leans."""

import numpy as np
import torch


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
