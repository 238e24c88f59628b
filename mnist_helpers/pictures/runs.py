"""Long runs of ink along nearly level paths, on a small copy of a picture: where printed lines may be."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

# Chosen, as in `lines`, on sixty photographs with lines put on them (docs/experiments.md, "Paper that is not blank").
# The copy has sides of up to this many cells.
CELLS = 128
# From one side of it to the other a path climbs or falls by at most this many cells, which is 7°.
STEEPEST = 16
# A run has at least this part of the picture's length.
SHORTEST = 0.25


@dataclass(frozen=True)
class Line:
    """A level line: its row at each of its columns, and how strong it is across, from above to below that row.

    An upright line is a level one of the transposed picture.
    """

    columns: np.ndarray
    rows: np.ndarray
    profile: np.ndarray = field(default_factory=lambda: np.zeros(0))


def in_cells(marks: np.ndarray) -> np.ndarray:
    """The strongest mark in each square cell, so that there are up to 128 cells a side."""
    cell = -(-max(marks.shape) // CELLS)
    padded = np.pad(marks, [(0, -length % cell) for length in marks.shape])
    rows = padded.reshape(-1, cell, padded.shape[1]).max(axis=1)
    return rows.reshape(len(rows), -1, cell).max(axis=2)


def find_runs(small: np.ndarray, faintest: float) -> list[Line]:
    """The long runs of ink along nearly level paths, in cells, the longest first; one for each line."""
    height, width = small.shape
    ink = ndimage.maximum_filter1d(small, 3, axis=0) >= faintest
    ink = ndimage.binary_closing(np.pad(ink, ((0, 0), (4, 4)), mode="edge"), np.ones((1, 5)))[:, 4:-4]
    climbs = np.arange(-STEEPEST, STEEPEST + 1, 2)
    columns = np.arange(width)
    rises = np.rint(climbs[:, None] * (columns - width / 2) / CELLS).astype(int)
    # Rows beyond the picture are without ink.
    room = abs(rises).max() + 2
    strength = np.where(ink, 1 + (small / faintest).clip(0, 1), 0).astype(np.float32)
    tall = np.pad(strength, ((room, room), (0, 0))).ravel()
    starts = (np.arange(height)[:, None] + room) * width + columns
    scores, ends = _longest(tall[starts + rises[:, None] * width])
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


def _longest(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The longest run above 0 in each row of strengths: its length (0 for a short one) and the column after it.

    `along`: float32 (slopes, rows, columns); both results are (slopes, rows).
    """
    width = along.shape[2]
    columns = np.arange(width, dtype=np.int16)
    scores, ends = np.zeros((2, *along.shape[:2]))
    full = np.count_nonzero(along, axis=2) >= SHORTEST * width
    strengths = along[full]
    since_gap = columns - np.maximum.accumulate(np.where(strengths > 0, np.int16(-1), columns), axis=1)
    ends[full] = since_gap.argmax(axis=1) + 1
    # Of runs of equal length that one is longer which keeps to the middle of the line.
    scores[full] = since_gap.max(axis=1) + strengths.mean(axis=1) / 4
    return np.where(scores >= SHORTEST * width, scores, 0), ends
