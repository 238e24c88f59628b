"""What in a picture of a digit is ink and what is paper, however it is lit and coloured."""

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_helpers.pictures.lines import LEAST_SIDE, remove_lines
from mnist_helpers.pictures.runs import in_cells
from mnist_helpers.pictures.several import is_lattice, is_several, refuse_several
from mnist_helpers.pictures.table import without_table

# A mark counts as ink from this level, or this part of the strongest ink, on; fainter ones are paper and noise.
INK = 40
FAINT = INK / 255
# The least difference between ink and paper, of 255 grey levels, that is taken for writing.
LEAST_CONTRAST = 16
# Paper whose level varies by more than this, of 255, is unevenly lit.
UNEVEN = 5
# Noise with a standard deviation above this, of 255 grey levels, is smoothed.
GRAIN = 8
# A shadow takes at most this from the paper's level; what is darker is ink.
DEEPEST_SHADOW = 140
# Paper is as light as this; otherwise noise in the dark would become ink.
LEAST_LIGHT = 100
# The light on the paper is judged on a copy with sides up to this.
LIGHT_SIDE = 128
# From here on parts of the picture's longer side. Like those above, but for GRAIN, chosen on altered MNIST images.
# A pixel is compared with surroundings of this size to tell ink from paper.
SURROUNDINGS = 0.7
# No stroke is wider; what is wider and dark is a shadow.
WIDEST_STROKE = 1 / 3
# One piece of a digit at least is as long as this.
LEAST_LENGTH = 0.03
# With a piece of this length inside the picture, what the edges cut off is something else.
INSIDE_LENGTH = 0.15
# The rim of a picture, where scans have theirs.
RIM = 0.03
# Pieces that have less than this part of the largest piece's area are specks.
SPECK = 0.05


def difference_from_paper(grey: np.ndarray) -> np.ndarray:
    """How far each pixel differs from the paper: ink, lighter or darker, is above 0, evenly lit paper near 0.

    `grey`: levels 0 to 255, float32 (height, width). Paper is what the border shows most; ink is less than paper but
    differs more from its surroundings.
    """
    picture = _dark_on_light(grey)
    return _border_level(picture) - picture


def find_digit(grey: np.ndarray) -> np.ndarray:
    """The ink of a digit, from 0 for paper to 255, with the rim, uneven light, noise and specks taken out.

    `grey`: levels 0 to 255, float32 (height, width). Returns float32 of the same height and width, or a little less
    where a rim is cut off. Raises ValueError when no digit, or several, are found.
    """
    if min(grey.shape) >= LEAST_SIDE:
        grey = _smoothed(_without_rim(without_table(grey)))
    digit = _without_faint(_without_lines(_marks(_dark_on_light(grey))))
    refuse_several(in_cells(digit) >= INK)
    return digit


def _marks(picture: np.ndarray) -> np.ndarray:
    """How much darker than the paper each pixel is, for a picture that is dark on light, as if it were evenly lit."""
    paper = _border_level(picture)
    light = _light(picture)
    if np.ptp(light) <= UNEVEN:
        return paper - picture
    light = np.maximum(light, paper - DEEPEST_SHADOW)
    # A shadow darkens ink and paper alike: their ratio stays.
    levelled = 255 * (1 - (light - picture) / np.maximum(light, LEAST_LIGHT))
    return _border_level(levelled.clip(0)) - levelled


def _without_lines(marks: np.ndarray) -> np.ndarray:
    """The marks that make up the digit, from 0 to 255, without printed lines, noise and specks."""
    noise = _noise(marks)
    # A line a little fainter than ink is ink here and there.
    without, lines = remove_lines(marks, max(1.5 * noise, 0.7 * FAINT * marks.max()))
    digit = _cleaned(without, noise)
    if digit is None and lines == 1:
        # A 1 may reach from edge to edge.
        digit = _cleaned(marks, noise)
    if digit is None and lines:
        raise ValueError("no digit found: only lines, as of ruled paper, a grid or an empty box")
    if digit is None:
        raise ValueError("no digit found: the picture is blank, or the digit is too small or too faint")
    return digit


def _without_faint(digit: np.ndarray) -> np.ndarray:
    """The digit without the faint lattice, or what shines through the paper, that is less than half as strong."""
    ink = in_cells(digit) >= INK
    stronger = _cleaned(np.maximum(digit - 128, 0), 0) if is_lattice(ink) or is_several(ink) else None
    return digit if stronger is None else stronger


def _cleaned(marks: np.ndarray, noise: float) -> np.ndarray | None:
    """The marks that make up the digit, from 0 to 255, without noise and specks; None where there is no digit."""
    while marks.max() >= max(LEAST_CONTRAST, noise):
        pieces, digit = _pieces(marks >= max(noise, FAINT * marks.max()))
        marks = np.where(pieces & ~digit, 0, marks)
        # Nothing but specks: what is left is looked through again, for fainter ink.
        if digit.any():
            full = np.quantile(marks[digit], 0.99)
            # Black on white, or white on black, stays as it is.
            full = 255 if full >= 250 else full
            floor = min(noise, full) / 2
            return (255 * (marks - floor) / (full - floor)).clip(0, 255).astype(np.float32)
    return None


def _noise(marks: np.ndarray) -> float:
    """What is lighter than the paper can only be noise; as much of it is among the ink."""
    return 2 * float(np.quantile(-marks[marks <= 0], 0.95))


def _smoothed(picture: np.ndarray) -> np.ndarray:
    """The picture without its grain, where that is coarse: pixels of plain paper differ by normal noise."""
    grain = float(np.median(abs(np.diff(picture, axis=1)))) / 0.954
    return picture if grain < GRAIN else ndimage.gaussian_filter(picture, min(2, max(picture.shape) / 60))


def _without_rim(grey: np.ndarray) -> np.ndarray:
    if min(grey.shape) < 100:
        return grey
    rows, columns = (int(RIM * length) for length in grey.shape)
    return grey[rows:-rows, columns:-columns]


def _dark_on_light(grey: np.ndarray) -> np.ndarray:
    """The picture, or its negative if the strongest differences from the surroundings are towards light."""
    small = _reduced(grey).astype(np.float64)
    surroundings = ndimage.uniform_filter(small, _odd(SURROUNDINGS, small), mode="nearest")
    return 255 - grey if ((small - surroundings) ** 3).sum() > 0 else grey


def _border_level(picture: np.ndarray) -> float:
    """The level the border shows most: the middle of the commonest eighth of the grey scale, with noise's share."""
    levels = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    eighths = (levels // 32).astype(int)
    level = 32 * np.bincount(eighths).argmax() + 16
    for _ in range(5):
        level = np.median(levels[abs(levels - level) <= 32])
    return float(level)


def _light(picture: np.ndarray) -> np.ndarray:
    """The level the paper has, or would have under the ink, for a picture that is dark on light: (height, width).

    A morphological closing fills what is dark and narrow, as strokes are, and leaves shadows with their edges.
    """
    small = _reduced(picture)
    window = _odd(WIDEST_STROKE, small)
    closed = ndimage.grey_closing(np.pad(small, window, mode="edge"), size=(window, window))
    closed = closed[window:-window, window:-window]
    return np.asarray(Image.fromarray(closed).resize(picture.shape[::-1], Image.Resampling.BILINEAR))


def _reduced(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape
    scale = min(1, LIGHT_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _odd(part: float, picture: np.ndarray) -> int:
    """That part of the longer side as an odd number of pixels, so that a window of this size has a middle."""
    return int(part * max(picture.shape)) | 1


def _pieces(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where there is anything, and where the pieces are that make up the digit: both bool (height, width)."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    boxes = np.array([[(part.start, part.stop) for part in box] for box in ndimage.find_objects(labels)])
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    longer = max(ink.shape)
    lengths = (boxes[..., 1] - boxes[..., 0]).max(axis=1)
    rows, columns = (slice(length // 4, -(-3 * length // 4)) for length in ink.shape)
    middle = np.bincount(labels[rows, columns].ravel(), minlength=count + 1)[1:]
    candidates = ~_strangers(boxes, lengths >= INSIDE_LENGTH * longer, middle, ink.shape)
    large = candidates & (lengths >= max(4, LEAST_LENGTH * longer))
    kept = candidates & (areas >= SPECK * areas[large].max()) if large.any() else large
    return labels > 0, np.concatenate([[False], kept])[labels]


def _strangers(boxes: np.ndarray, long: np.ndarray, middle: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Which pieces the picture's edge cuts off, such as the table beside the paper, where a long one lies inside.

    `boxes`: (pieces, 2, 2), the first row or column of each piece and the one after its last; `middle`: the pixels
    that each has in the middle half of the picture.
    """
    touches = np.concatenate([boxes[..., 0] == 0, boxes[..., 1] == shape], axis=1)
    cut_off = np.asarray(touches.any(axis=1))
    # A digit that is cut out closely touches all four edges, one piece here and another there.
    cut_out = touches.any(axis=0).all() and not touches.all(axis=1).any()
    # So does one that fills the middle of the picture.
    none = cut_out or cut_off[middle.argmax()] or not (long & ~cut_off).any()
    return np.zeros_like(cut_off) if none else cut_off
