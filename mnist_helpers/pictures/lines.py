"""Lines printed on the paper, found and taken out: ruled paper, grids, margins and the boxes of forms.

A line is straight, thin and long, and it ends where the picture ends or where it meets another line, which strokes of a
pen do not. Lines are sought by projection along nearly level and nearly upright paths, then traced to the pixel. What
crossed one is mended from both of its sides. Everywhere `marks` are float32 (height, width): ink and lines are above 0,
paper is near 0.
"""

import numpy as np

from mnist_helpers.pictures.runs import Line, find_runs, in_cells

# Chosen on sixty photographs with lines put on them (docs/experiments.md, "Paper that is not blank").
# A line is at most this part (or three pixels) of the picture's longer side thick.
THICKEST, THIN = 0.02, 3
# Two lines meet, and a line meets the picture's edge, within this part of its longer side.
NEAR = 0.06
# So much of a line lies within a pixel, or half its width, of a smooth path.
STRAIGHT = 0.6
# A line reaches as far across as it has this part of its full strength.
FRINGE = 0.1
# In smaller pictures a pen's stroke is as thin as a line.
LEAST_SIDE = 50


def remove_lines(marks: np.ndarray, faintest: float) -> tuple[np.ndarray, int]:
    """The marks without the paper's lines, strokes mended where one crossed them, and the number of lines.

    `faintest`: the least strength that is no noise.
    """
    if min(marks.shape) < LEAST_SIDE or faintest <= 0:
        return marks, 0
    small = in_cells(marks)
    cell = -(-max(marks.shape) // max(small.shape))
    runs = _anchored(find_runs(small, faintest), find_runs(small.T, faintest), small.shape, NEAR * max(small.shape))
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
    slants = np.arange(top - bottom - 1, bottom - top + 2)[:, None]
    length, place = len(line.columns), np.arange(len(line.columns))
    mended = np.minimum(above[(place - slants) % length], below[(place + slants) % length]).max(axis=0)
    # Ink is seen through a faint line.
    level = np.median(band[top : bottom + 1].max(axis=0))
    ink = band > level + max(faintest, (marks.max() - level) / 2)
    clean = np.where(ink, band, mended)[top : bottom + 1]
    rows = np.rint(line.rows).astype(int) + np.arange(top - reach, bottom + 1 - reach)[:, None]
    inside = (rows >= 0) & (rows < len(marks))
    marks[rows[inside], np.broadcast_to(line.columns, rows.shape)[inside]] = clean[inside]
