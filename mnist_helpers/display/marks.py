"""Shares as marks on a common axis, small enough for a cell of a table."""

import math
from collections.abc import Sequence

from markupsafe import Markup

SMALLEST = 1e-4  # the left end of the axis, one image of ten thousand; the right end is 1


def log_marks(shares: Sequence[float]) -> Markup:
    """Shares from 0 to 1 as marks on a logarithmic axis, the first filled, the others each of another shape.

    They repeat to the eye what numbers beside them say: in plain text, and without the report's style sheet, there is
    nothing. What is below SMALLEST lies at the left end.
    """
    marks = Markup("").join(
        Markup('<span class="mark-{}" style="left:{:.1f}%"></span>').format(number, 100 * place_on_axis(share))
        for number, share in enumerate(shares)
    )
    return Markup('<span class="log-axis">{}</span>').format(marks)


def place_on_axis(share: float) -> float:
    """Where a share lies on the axis, from 0 to 1."""
    return 1 - math.log(max(share, SMALLEST)) / math.log(SMALLEST)
