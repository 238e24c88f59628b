"""Pictures that show more than one digit are told apart from a digit in several strokes."""

import numpy as np
from scipy import ndimage

# Chosen on sixty photographs, unaltered and with grids put on them (docs/experiments.md, "Paper that is not blank").
# A digit is as tall as this part of the tallest one.
TALL = 0.6
# Between two digits there is a gap of this part of their height; between two strokes of one there is less.
GAP = 0.35
# A lattice leaves this many holes of some size, of which a digit has at most two; each is this part of its box.
HOLES, HOLE = 5, 0.004


def refuse_several(ink: np.ndarray) -> None:
    """Raise ValueError when the ink, bool (height, width), is several digits or still a lattice."""
    if is_lattice(ink):
        raise ValueError("this looks like a lattice, not a digit: photograph it on plain paper")
    if is_several(ink):
        raise ValueError("several digits or pieces side by side: cut out the one that is meant")


def is_several(ink: np.ndarray) -> bool:
    """Whether the ink, bool (height, width), has tall pieces with a gap between them."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    boxes = [box for box in ndimage.find_objects(labels) if box is not None]
    tallest = max((rows.stop - rows.start for rows, _ in boxes), default=0)
    tall = sorted((columns.start, columns.stop) for rows, columns in boxes if rows.stop - rows.start >= TALL * tallest)
    end = tall[0][1] if tall else 0
    for start, stop in tall[1:]:
        if start - end >= GAP * tallest:
            return True
        end = max(end, stop)
    return False


def is_lattice(ink: np.ndarray) -> bool:
    """Whether the ink, bool (height, width), encloses more than a digit does."""
    holes, _ = ndimage.label(~ink)
    return bool((np.bincount(holes.ravel())[1:] >= HOLE * ink.size).sum() > HOLES)
