"""Digits small enough for a cell of a table or a line of text."""

import io
from base64 import b64encode

import numpy as np
import torch
from markupsafe import Markup
from PIL import Image


def thumbnail(image: torch.Tensor, alt: str, width: int = 28) -> Markup:
    """An image, uint8 (28, 28), as an HTML picture `width` pixels wide: dark ink on white, `alt` in words."""
    buffer = io.BytesIO()
    Image.fromarray(255 - np.asarray(image, dtype=np.uint8)).save(buffer, format="png", optimize=True)
    return Markup('<img class="thumbnail" src="data:image/png;base64,{}" alt="{}" width="{}" height="{}">').format(
        b64encode(buffer.getvalue()).decode(), alt, width, width
    )
