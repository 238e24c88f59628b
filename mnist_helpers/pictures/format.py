"""Any picture of a digit to MNIST's format, the way MNIST was made.

A digit is light on dark, fits a box of 20 x 20 pixels and has its centre of mass in the middle of 28 x 28
(LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_helpers.pictures.ink import difference_from_paper, find_digit

SIDE = 28
BOX = 20
# A pixel counts as ink from this grey level on (of 255); fainter ones are paper, noise and JPEG rings.
INK = 40
# Round a large digit, where the ink is strong, what is fainter than this is a shadow or the rest of a printed line.
HAZE = 64
# Where MNIST has the centre of mass, in pixels from the top and the left: from 14 to 15 in all 70,000 images.
CENTRE = 14.5
# A digit whose longer side has this many pixels is at MNIST's scale: resampling would only blur it.
AT_SCALE = range(18, 22)
# MNIST's strokes are 2 to 6 pixels wide; a pen's may be so thin that 20 pixels lose them. They are measured, and
# thickened, on a copy of this many pixels.
THIN, THICKENED, FINE = 2.0, 2.5, 80


@dataclass(frozen=True)
class Prepared:
    """A digit on its way to the network.

    `ink`: what was taken for ink, float32 (height, width), 0 for paper to 255, without the parts of the picture that
    were cut off; `image`: the same in MNIST's format, uint8 (28, 28).
    """

    ink: np.ndarray
    image: np.ndarray


def prepare(grey: np.ndarray) -> Prepared:
    """A picture of one digit, dark on light or light on dark, as MNIST would hold it.

    `grey`: levels 0 to 255, float32 (height, width). What is in MNIST's format already, or its negative, comes out
    unchanged. Raises ValueError when no digit is found.
    """
    if grey.shape == (SIDE, SIDE) and _is_mnist(ink := difference_from_paper(grey)):
        return Prepared(ink, _as_pixels(_strengthened(ink)))
    ink = find_digit(grey)
    return Prepared(ink, _as_pixels(_placed(_strengthened(_in_box(ink)), CENTRE)))


def bring_to_mnist(grey: np.ndarray) -> np.ndarray:
    """What `prepare` makes of a picture: uint8 (28, 28). Raises ValueError when no digit is found."""
    return prepare(grey).image


def to_mnist(grey: np.ndarray) -> np.ndarray:
    """A clean grey-level digit, light on dark, as MNIST would hold it, with the centre of mass at 14.

    `grey`: uint8 (height, width). Returns uint8 (28, 28). Raises ValueError when there is no ink.
    """
    if not (grey >= INK).any():
        raise ValueError("no digit found: the picture is blank")
    return _placed(_resized(grey[_box(grey, INK)], BOX, Image.Resampling.BICUBIC), SIDE / 2)


def _is_mnist(image: np.ndarray) -> bool:
    """Whether nothing but a digit in MNIST's place and size is there; the digits sample has its centre at 14."""
    if image.min() < 0 or image.max() < 1:
        return False
    fits = all(part.stop - part.start <= BOX for part in _box(image, 1))
    return fits and all(SIDE / 2 - 0.6 <= centre <= CENTRE + 0.6 for centre in _centre_of_mass(image))


def _as_pixels(levels: np.ndarray) -> np.ndarray:
    return np.rint(levels).astype(np.uint8)


def _strengthened(digit: np.ndarray) -> np.ndarray:
    """The digit, levels 0 to 255, with its strongest ink at 255; what comes near it stays as it is."""
    strongest = digit.max()
    return digit if strongest >= 200 else digit * (255 / strongest)


def _in_box(digit: np.ndarray) -> np.ndarray:
    """The digit, levels 0 to 255, so that its longer side has 20 pixels, with or without paper around it."""
    longer = max(part.stop - part.start for part in _box(digit, INK))
    if longer in AT_SCALE:
        return digit
    digit = digit[_box(digit, HAZE if longer > FINE else INK)]
    if longer > FINE:
        digit = _thickened(_resized(digit, FINE, Image.Resampling.BOX))
    return _resized(digit, BOX, Image.Resampling.BICUBIC).clip(0, 255)


def _thickened(digit: np.ndarray) -> np.ndarray:
    """A digit of 80 pixels with strokes that are wide enough for 20."""
    ink = np.pad(digit >= INK, 1)
    # Across a stroke the distance to the paper goes from 0 to half the width and back: its median is a quarter.
    width = 4 * np.median(ndimage.distance_transform_edt(ink)[ink])
    if width >= THIN * FINE / BOX:
        return digit
    reach = (THICKENED * FINE / BOX - width) / 2
    digit = np.pad(digit, math.ceil(reach))
    return np.where(ndimage.distance_transform_edt(digit < INK) <= reach, np.float32(255), digit)


def _resized(digit: np.ndarray, longer: int, method: Image.Resampling) -> np.ndarray:
    """The picture with that many pixels on its longer side, in its own proportions."""
    image = Image.fromarray(digit)
    scale = longer / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return np.asarray(image.resize((width, height), method))


def _box(digit: np.ndarray, least: float) -> tuple[slice, slice]:
    """The rows and the columns that hold pixels of at least that level."""
    rows, columns = (np.flatnonzero((digit >= least).any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _centre_of_mass(digit: np.ndarray) -> list[float]:
    """From the top and from the left, in pixels."""
    weights = digit.astype(np.float64)
    profiles = weights.sum(axis=1), weights.sum(axis=0)
    return [(profile * (np.arange(len(profile)) + 0.5)).sum() / profile.sum() for profile in profiles]


def _placed(digit: np.ndarray, middle: float) -> np.ndarray:
    """The digit on 28 x 28 pixels, moved by whole pixels so that its centre of mass comes nearest to `middle`."""
    left, top = (
        int(np.clip(round(middle - centre), -part.start, SIDE - part.stop))
        for centre, part in zip(reversed(_centre_of_mass(digit)), reversed(_box(digit, INK)), strict=True)
    )
    image = Image.fromarray(digit)
    canvas = Image.new(image.mode, (SIDE, SIDE))
    canvas.paste(image, (left, top))
    return np.asarray(canvas)
