"""Pictures for a cell of a table: a digit, and shares as marks on a common axis."""

import io
import math
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
import torch
from markupsafe import Markup
from PIL import Image

SMALLEST = 1e-4  # the left end of the axis, one image of ten thousand; the right end is 1


def thumbnail(image: torch.Tensor, alt: str, width: int = 28) -> Markup:
    """An image, uint8 (28, 28), as an HTML picture `width` pixels wide: dark ink on white, `alt` in words."""
    buffer = io.BytesIO()
    Image.fromarray(255 - np.asarray(image, dtype=np.uint8)).save(buffer, format="png", optimize=True)
    return Markup('<img class="thumbnail" src="data:image/png;base64,{}" alt="{}" width="{}" height="{}">').format(
        b64encode(buffer.getvalue()).decode(), alt, width, width
    )


def log_marks(shares: Sequence[float]) -> Markup:
    """Shares from 0 to 1 as marks on a logarithmic axis, the first filled, the others each of another shape.

    They repeat to the eye what numbers beside them say: in plain text, and without the report's style sheet, there is
    nothing. What is below SMALLEST lies at the left end.
    """
    places = [100 * (1 - math.log(max(share, SMALLEST)) / math.log(SMALLEST)) for share in shares]
    mark = Markup('<span class="mark-{}" style="left:{:.1f}%"></span>')
    return Markup('<span class="log-axis">{}</span>').format(
        Markup("").join(map(mark.format, range(len(places)), places))
    )
