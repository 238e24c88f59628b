"""Pictures of digits on their way through the network: as they are, their ink, their 28 x 28 pixels, the answer."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from mnist_helpers.display.design_plots import FRAME
from mnist_helpers.display.figures import INK_MAP, describe, hide_axes
from mnist_helpers.display.vector import BLUE, GREY, ORANGE
from mnist_helpers.network.prediction import Answer, Refusal
from mnist_helpers.paths import printable

LONGEST_NAME = 24
COLUMNS = ("The picture", "Its ink", "28 × 28 pixels")
COLOURS: tuple[str | Colormap, ...] = ("gray", INK_MAP, INK_MAP)


def plot_steps(results: Sequence[Answer | Refusal], steps: Sequence[Sequence[np.ndarray]]) -> Figure:
    """A row for each file: its steps, as `pictures.follow` gives them, and the probabilities or the refusal."""
    size = (7.6, 0.2 + 1.45 * len(results))
    figure, axes = plt.subplots(len(results), 4, figsize=size, width_ratios=(1, 1, 1, 2), squeeze=False)
    for row, result, pictures in zip(axes, results, steps, strict=True):
        _draw_steps(row[:3], pictures)
        row[0].set_xlabel(_name(result), fontsize=8, parse_math=False)
        if isinstance(result, Answer):
            _draw_probabilities(row[3], result)
        else:
            row[3].set_axis_off()
            reason = textwrap.fill(f"refused: {result.reason}", 42)
            row[3].text(0, 0.5, reason, transform=row[3].transAxes, va="center", fontsize=9, parse_math=False)
    for axis, title in zip(axes[0], COLUMNS, strict=False):
        axis.set_title(title, fontsize=9, loc="center")
    return describe(figure, f"{len(results)} files and what becomes of each. {'; '.join(map(_in_words, results))}.")


def _draw_steps(axes: Sequence[Axes], pictures: Sequence[np.ndarray]) -> None:
    for axis in axes:
        hide_axes(axis)
        axis.set_box_aspect(1)
    for axis, picture, colours in zip(axes, pictures, COLOURS, strict=False):
        axis.imshow(picture, cmap=colours, vmin=0, vmax=255, interpolation="antialiased")
        axis.set_aspect("equal", adjustable="datalim")
        axis.spines[:].set(visible=True, color=FRAME, linewidth=0.8)


def _draw_probabilities(axis: Axes, answer: Answer) -> None:
    colours = [GREY] * len(answer.probabilities)
    colours[answer.digit] = ORANGE if answer.unsure else BLUE
    axis.bar(range(10), answer.probabilities, color=colours)
    axis.set(xticks=range(10), yticks=(0, 1), ylim=(0, 1))
    axis.tick_params(labelsize=8, length=0)
    axis.set_title(_said(answer), fontsize=9, loc="left", pad=3)


def _name(result: Answer | Refusal) -> str:
    name = printable(Path(result.path).name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2]}…{name[-LONGEST_NAME // 2 :]}"


def _said(answer: Answer) -> str:
    line = f"{answer.digit} {answer.probability:.4f}"
    return f"{line}, {answer.doubt}" if answer.unsure else line


def _in_words(result: Answer | Refusal) -> str:
    return f"{_name(result)}: {_said(result) if isinstance(result, Answer) else f'refused, {result.reason}'}"
