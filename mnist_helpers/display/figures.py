"""Figures in a notebook: one style, shown with alternative text, saved whole or not at all."""

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from mnist_helpers.display.vector import GRID, MIME_TYPE, ORANGE, draw_svg
from mnist_helpers.files import replacing

CSS_PIXELS_PER_INCH = 96
# Of a gallery, in inches: how far images are apart, the side of one, and a line of its caption.
COLUMN, PICTURE, LINE = 0.95, 0.83, 0.15
INK_MAP = LinearSegmentedColormap.from_list("ink", ["#ffffff", "#111111"])  # greys alone, which take few bytes
# From nothing, so that the page shows through where there is nothing, in the light as in the dark.
COUNT_MAP = LinearSegmentedColormap.from_list("counts", [(ORANGE, 0.0), (ORANGE, 0.75)])
STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "figure.facecolor": "white",
    "font.size": 10,
    # Pixels are shown as they are, and an SVG holds no more than these.
    "image.interpolation": "none",
    "image.composite_image": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
plt.rcParams.update(STYLE)


def describe(figure: Figure, alt: str) -> Figure:
    """The figure with its alternative text: what it shows, for whoever does not see it."""
    figure.set_label(alt)
    return figure


def show_figure(figure: Figure, save_as: Path | None = None) -> None:
    """Show a figure with the alternative text that `describe` gave it, and close it: a PNG, and an SVG for the report.

    With `save_as` the PNG is written there too. Raises ValueError for a figure without that text.
    """
    alt = str(figure.get_label())
    if not alt.strip():
        raise ValueError("The figure has no alternative text: give it one with display.describe.")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    drawing = draw_svg(figure, alt)
    plt.close(figure)
    # Drawn finer than shown, so that it stays sharp on dense screens and on paper.
    width = round(figure.get_figwidth() * CSS_PIXELS_PER_INCH)
    # Where there are no pictures, as in a terminal, the alternative text stands for it.
    content = {"image/png": b64encode(buffer.getvalue()).decode(), MIME_TYPE: drawing, "text/plain": alt}
    display(content, raw=True, metadata={"image/png": {"alt": alt, "width": width}})
    if save_as is not None:
        with replacing(save_as) as temporary:
            temporary.write_bytes(buffer.getvalue())


def plot_gallery(
    images: torch.Tensor | np.ndarray, captions: Sequence[str], columns: int = 10, row_names: Sequence[str] = ()
) -> Figure:
    """Images, uint8 (N, 28, 28), as dark ink on white in one picture, each with its caption above.

    All lie in one pair of axes, in inches: matplotlib takes several times as long for a pair each.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    cell = PICTURE + 0.1 + LINE * max((caption.count("\n") + 1 for caption in captions), default=0)
    width, height = columns * COLUMN, rows * cell
    # Not "none": when a figure is saved matplotlib puts the usual layout in the place of that.
    unchanged = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=False)
    figure = plt.figure(figsize=(width, height), layout=unchanged)
    axis = figure.add_axes((0, 0, 1, 1))
    for place, (image, caption) in enumerate(zip(images, captions, strict=False)):
        left, bottom = place % columns * COLUMN, (place // columns + 1) * cell
        axis.imshow(
            image,
            cmap=INK_MAP,
            vmin=0,
            vmax=255,
            extent=(left, left + PICTURE, bottom, bottom - PICTURE),
            aspect="auto",
        )
        axis.text(left + PICTURE / 2, bottom - PICTURE - 0.05, caption, fontsize=8, ha="center")
    for row, name in enumerate(row_names):
        axis.text(-0.1, (row + 1) * cell - PICTURE / 2, name, fontsize=8, rotation=90, ha="right", va="center")
    axis.set(xlim=(0, width), ylim=(height, 0))
    axis.set_axis_off()
    return describe(figure, f"{len(images)} digits, from left to right: {in_words(captions)}")


def draw_pictures(axes: np.ndarray, images: torch.Tensor | np.ndarray, captions: Iterable[object] = repeat("")) -> None:
    """Draw images, uint8 (N, 28, 28), as dark ink on white, one an axis, with captions above; spare axes stay empty."""
    for axis in axes:
        hide_axes(axis)
    for axis, image, caption in zip(axes, images, captions, strict=False):
        axis.imshow(image, cmap=INK_MAP, vmin=0, vmax=255)
        axis.set_title(str(caption), fontsize=8, loc="center")


def hide_axes(axis: Axes) -> None:
    """Show a picture without ticks and frame."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def in_words(captions: Sequence[str]) -> str:
    """Captions as a sentence for an alternative text; empty where there are none."""
    return "; ".join(" ".join(caption.split()) for caption in captions) + "." * bool(captions)
