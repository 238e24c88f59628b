"""The dark table beside the paper: what of it a picture shows is cut off.

It fills one side of the picture from end to end, is darker than any shadow, and ends in a straight edge. A digit that
touches the table does not shift that edge, since most of the edge decides where it lies.
"""

import numpy as np

# Chosen on sixty photographs with a table put beside them (docs/experiments.md, "Paper that is not blank").
# A table is darker than this part of the paper's level; a shadow leaves more light.
DARK = 0.55
# It fills this part of a side, and reaches into the picture by no more than this part of it.
FILLED, DEEPEST = 0.7, 0.35


def without_table(picture: np.ndarray) -> np.ndarray:
    """A picture that is dark on light, levels 0 to 255, without dark strips at its sides; it may be smaller."""
    paper = float(np.median(picture))
    # A table round a corner leaves each of its strips shorter once the other is gone.
    for _ in range(2):
        for turn in range(4):
            turned = np.rot90(picture, turn)
            picture = np.rot90(turned[_depth(turned, DARK * paper) :], -turn)
    return np.ascontiguousarray(picture)


def _depth(picture: np.ndarray, dark: float) -> int:
    """How many rows the strip at the top takes; 0 where there is none."""
    height, width = picture.shape
    light = picture[: int(DEEPEST * height) + 1] >= dark
    reached = light.argmax(axis=0)
    depths = np.where(light.any(axis=0), reached, height)
    shallow = (depths > 0) & (depths <= DEEPEST * height)
    if shallow.sum() < FILLED * width:
        return 0
    columns = np.arange(width)
    slope, start = np.polyfit(columns[shallow], depths[shallow], 1)
    off = abs(depths - slope * columns - start)
    straight = shallow & (off <= np.quantile(off[shallow], 0.7))
    slope, start = np.polyfit(columns[straight], depths[straight], 1)
    # The edge is blurred.
    return int(np.ceil(max(start, start + slope * (width - 1)))) + 1 + height // 200
