"""Lines printed on the paper, found and taken out: ruled paper, grids, margins and the boxes of forms.

A line is straight, thin and long, and it ends where the picture ends or where it meets another line, which strokes of a
pen do not. What crossed it is mended from both of its sides, as readers of forms do (Yu and Jain, "A generic system
for form dropout", 1996). Everywhere `marks` are float32 (height, width): ink and lines are above 0, paper is near 0.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

# Lines are searched on a copy with sides of up to this many cells.
CELLS = 128
# From one side of that copy to the other they climb or fall by at most this many cells, which is 7°.
STEEPEST = 16
# A line has at least this part of the picture's length, and at most this part (or three pixels) of its longer side.
SHORTEST = 0.25
THICKEST, THIN = 0.02, 3
# Two lines meet, and a line meets the picture's edge, within this part of its longer side.
NEAR = 0.06
# So much of a line lies within a pixel, or half its width, of a smooth path.
STRAIGHT = 0.6
# A line reaches as far across as it has this part of its full strength.
FRINGE = 0.1
# In smaller pictures a pen's stroke is as thin as a line.
LEAST_SIDE = 50


@dataclass(frozen=True)
class Line:
    """A level line: its row at each of its columns, and how strong it is across, from above to below that row.

    An upright line is a level one of the transposed picture.
    """

    columns: np.ndarray
    rows: np.ndarray
    profile: np.ndarray = field(default_factory=lambda: np.zeros(0))


def remove_lines(marks: np.ndarray, faintest: float) -> tuple[np.ndarray, int]:
    """The marks without the paper's lines, strokes mended where one crossed them, and the number of lines.

    `faintest`: the least strength that is no noise.
    """
    if min(marks.shape) < LEAST_SIDE:
        return marks, 0
    small = in_cells(marks)
    cell = -(-max(marks.shape) // max(small.shape))
    runs = _anchored(_runs(small, faintest), _runs(small.T, faintest), small.shape, NEAR * max(small.shape))
    level, upright = (
        [line for run in found if (line := _traced(picture, faintest, cell, run))]
        for picture, found in zip((marks, marks.T), runs, strict=True)
    )
    without = marks.copy()
    lines = _anchored(level, upright, marks.shape, NEAR * max(marks.shape))
    for picture, found in zip((without, without.T), lines, strict=True):
        for line in found:
            _erase(picture, line, faintest)
    return without, sum(map(len, lines))


def in_cells(marks: np.ndarray) -> np.ndarray:
    """The strongest mark in each square cell, so that there are up to 128 cells a side."""
    cell = -(-max(marks.shape) // CELLS)
    padded = np.pad(marks, [(0, -length % cell) for length in marks.shape])
    height, width = (length // cell for length in padded.shape)
    return padded.reshape(height, cell, width, cell).max(axis=(1, 3))


def _runs(small: np.ndarray, faintest: float) -> list[Line]:
    """The long runs of ink along nearly level lines, in cells, the longest first."""
    height, width = small.shape
    ink = ndimage.maximum_filter1d(small, 3, axis=0) >= faintest
    ink = ndimage.binary_closing(np.pad(ink, ((0, 0), (4, 4)), mode="edge"), np.ones((1, 5)))[:, 4:-4]
    climbs = np.arange(-STEEPEST, STEEPEST + 1, 2)
    columns = np.arange(width, dtype=np.int16)
    rises = np.rint(climbs[:, None] * (columns - width / 2) / CELLS).astype(int)
    # Rows beyond the picture are without ink.
    room = abs(rises).max() + 2
    strength = np.where(ink, 1 + (small / faintest).clip(0, 1), 0).astype(np.float32)
    tall = np.pad(strength, ((room, room), (0, 0))).ravel()
    starts = (np.arange(height)[:, None] + room) * width + columns
    scores, ends = (np.zeros((len(climbs), height)) for _ in range(2))
    for number, rise in enumerate(rises):
        along = tall[starts + rise * width]
        full = np.flatnonzero(np.count_nonzero(along, axis=1) >= SHORTEST * width)
        since_gap = columns - np.maximum.accumulate(np.where(along[full] > 0, np.int16(-1), columns), axis=1)
        ends[number, full] = since_gap.argmax(axis=1) + 1
        # Of runs of equal length that one which keeps to the middle of the line.
        scores[number, full] = since_gap.max(axis=1) + along[full].mean(axis=1) / 4
    scores[scores < SHORTEST * width] = 0
    found, taken = [], np.zeros_like(tall, dtype=bool)
    while scores.max() > 0:
        number, row = np.unravel_index(scores.argmax(), scores.shape)
        end = int(ends[number, row])
        run = np.arange(end - int(scores[number, row]), end)
        cells = starts[row, run] + rises[number, run] * width
        # The same line has runs at other slopes and in the rows beside.
        if taken[cells].mean() < 0.5:
            found.append(Line(run, row + rises[number, run]))
            taken[cells + width * np.arange(-2, 3)[:, None]] = True
        scores[:, max(0, row - 2) : row + 3] = 0
    return found


def _traced(marks: np.ndarray, faintest: float, cell: int, run: Line) -> Line | None:
    """The line along a run, to the pixel; None where it is too thick or not straight."""
    columns = np.minimum(run.columns * cell + cell // 2, marks.shape[1] - 1)
    middle = run.rows * cell + (cell - 1) / 2
    reach = 2 * cell + 1
    for _ in range(2):
        band = _band(marks, columns, middle, reach)
        # A thick line has no one strongest row: the middle of the strong ones is meant.
        strong = band >= np.maximum(faintest, band.max(axis=0) / 2)
        width = strong.sum(axis=0)
        seen = (width > 0) & (width <= reach)
        if seen.sum() < len(columns) / 4:
            return None
        offsets = (strong * np.arange(-reach, reach + 1)[:, None]).sum(axis=0) / np.maximum(1, width)
        seen_rows = middle + offsets
        path = _smooth(columns, seen_rows, seen)
        middle = np.polyval(path, columns / columns[-1])
    thickness = np.median(width[seen])
    straight = (abs(seen_rows - middle)[seen] <= max(1, thickness / 2)).mean()
    if thickness > max(THIN, THICKEST * max(marks.shape)) or straight < STRAIGHT:
        return None
    near, end = NEAR / 2 * max(marks.shape), marks.shape[1]
    first, last = columns[0] - cell // 2, columns[-1] + cell
    every = np.arange(0 if first <= near else first, end if last >= end - near else last)
    return Line(every, np.polyval(path, every / columns[-1]), np.median(_band(marks, columns, middle, reach), axis=1))


def _smooth(columns: np.ndarray, rows: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The coefficients of a parabola through most of the rows seen, for paper is never quite flat."""
    powers = np.vander(columns / columns[-1], 3)
    for _ in range(3):
        path = np.linalg.lstsq(powers[seen], rows[seen])[0]
        distance = abs(rows - powers @ path)
        seen = seen & (distance <= max(1, 2 * np.median(distance[seen])))
    return path


def _band(marks: np.ndarray, columns: np.ndarray, middle: np.ndarray, reach: int) -> np.ndarray:
    """The marks from `reach` rows above a path to as many below it, straightened."""
    rows = np.rint(middle).astype(int) + np.arange(-reach, reach + 1)[:, None]
    return np.where((rows >= 0) & (rows < len(marks)), marks[rows.clip(0, len(marks) - 1), columns], 0)


def _anchored(
    level: list[Line], upright: list[Line], shape: tuple[int, int], near: float
) -> tuple[list[Line], list[Line]]:
    """Those lines of which both ends lie at the picture's edge or at a corner with another such line."""
    while True:
        kept = (
            [line for line in level if _is_held(line, upright, shape[1], near)],
            [line for line in upright if _is_held(line, level, shape[0], near)],
        )
        if (len(kept[0]), len(kept[1])) == (len(level), len(upright)):
            return kept
        level, upright = kept


def _is_held(line: Line, others: list[Line], width: int, near: float) -> bool:
    first, last = ((line.columns[end], line.rows[end]) for end in (0, -1))
    return (first[0] <= near or any(_is_corner(first, other, near) for other in others)) and (
        last[0] >= width - 1 - near or any(_is_corner(last, other, near) for other in others)
    )


def _is_corner(end: tuple[float, float], other: Line, near: float) -> bool:
    """Whether an upright line ends at this column and row, where a level one does."""
    column, row = end
    return any(abs(other.columns[tip] - row) <= near and abs(other.rows[tip] - column) <= near for tip in (0, -1))


def _erase(marks: np.ndarray, line: Line, faintest: float) -> None:
    """Take the line out of the marks, which are changed; ink that is above and below it goes on across it."""
    reach = len(line.profile) // 2
    peak = line.profile.argmax()
    fringe = np.flatnonzero(np.r_[True, line.profile < FRINGE * line.profile[peak], True])
    top, bottom = fringe[fringe <= peak].max(), fringe[fringe > peak].min() - 2
    top, bottom = max(1, top - 1), min(2 * reach - 1, bottom + 1)
    band = _band(marks, line.columns, line.rows, reach)
    above, below = band[top - 1], band[bottom + 1]
    slants = range(top - bottom - 1, bottom - top + 2)
    mended = np.max([np.minimum(np.roll(above, slant), np.roll(below, -slant)) for slant in slants], axis=0)
    # Ink is seen through a faint line.
    level = np.median(band[top : bottom + 1].max(axis=0))
    ink = band > level + max(faintest, (marks.max() - level) / 2)
    clean = np.where(ink, band, mended)[top : bottom + 1]
    rows = np.rint(line.rows).astype(int) + np.arange(top - reach, bottom + 1 - reach)[:, None]
    inside = (rows >= 0) & (rows < len(marks))
    marks[rows[inside], np.broadcast_to(line.columns, rows.shape)[inside]] = clean[inside]
