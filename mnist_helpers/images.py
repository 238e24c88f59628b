"""Any picture of a digit to MNIST's format, the way MNIST was made.

A digit is light on dark, fits a box of 20 x 20 pixels and has its centre of mass in the middle of 28 x 28
(LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
"""

import numpy as np
from PIL import Image

SIDE = 28
BOX = 20
# A pixel counts as ink from this grey level on (of 255); fainter ones are paper, noise and JPEG rings.
INK = 40


def to_mnist(grey: np.ndarray) -> np.ndarray:
    """A grey-level digit, light on dark, as MNIST would hold it.

    `grey`: uint8 (height, width). Returns uint8 (28, 28). Raises ValueError when there is no ink.
    """
    ink = grey >= INK
    if not ink.any():
        raise ValueError("no digit found: the picture is blank")
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    digit = Image.fromarray(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = BOX / max(digit.size)
    width, height = (max(1, round(length * scale)) for length in digit.size)
    return _centred(np.asarray(digit.resize((width, height), Image.Resampling.BICUBIC)))


def _centred(digit: np.ndarray) -> np.ndarray:
    """`digit`, at most 20 x 20, on 28 x 28 pixels with its centre of mass in the middle."""
    weights = digit.astype(np.float64)
    top, left = (_offset(weights.sum(axis=1 - axis), length) for axis, length in enumerate(digit.shape))
    canvas = np.zeros((SIDE, SIDE), dtype=np.uint8)
    canvas[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return canvas


def _offset(profile: np.ndarray, length: int) -> int:
    """Where a digit with this ink profile starts, so that its centre of mass falls in the middle."""
    centre = (profile * (np.arange(length) + 0.5)).sum() / profile.sum()
    return int(np.clip(round(SIDE / 2 - centre), 0, SIDE - length))
