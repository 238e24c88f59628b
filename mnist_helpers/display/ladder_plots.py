"""Pictures of the ladder: what one rung gets right that the one below did not, and how it came to its answers."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnist_helpers.data.ladder import Rung, won
from mnist_helpers.display.figures import BLUE, INK_MAP, ORANGE, describe, hide_axes, one_line, plot_gallery

SHOWN = 8
SIGN_MAP = LinearSegmentedColormap.from_list("sign", [ORANGE, "#ffffff", BLUE])


def plot_won(images: torch.Tensor, before: Rung, after: Rung) -> Figure:
    """The first mistakes of one rung that the next gets right; images are uint8 (N, 28, 28), all that were judged."""
    places = won(before, after)[:SHOWN]
    what = f"that {after.name.lower()} gets right"
    if not len(places):
        figure, axis = plt.subplots(figsize=(4, 0.5))
        axis.set_axis_off()
        axis.set_title(f"No mistake {what}")
        return describe(figure, f"{before.name} made no mistake {what}.")
    figure = plot_gallery(images[places], before.mistakes(places), columns=SHOWN)
    figure.suptitle(f"{before.name}: mistakes {what}", x=0.01, ha="left", fontsize=10)
    return describe(figure, f"Mistakes of {before.name.lower()} {what}. {figure.get_label()}")


def plot_weights(weights: np.ndarray) -> Figure:
    """The weights (10, 784) of a linear classifier as a picture for each digit: what speaks for it, what against."""
    figure, axes = plt.subplots(2, 5, figsize=(6.4, 3.1))
    # A few pixels near the rim, with ink in hardly any image, have far larger weights than all others.
    limit = float(np.percentile(np.abs(weights), 99.5))
    for digit, axis in enumerate(axes.flat):
        picture = axis.imshow(weights[digit].reshape(28, 28), cmap=SIGN_MAP, vmin=-limit, vmax=limit)
        axis.set_title(str(digit), loc="center")
        hide_axes(axis)
    figure.colorbar(picture, ax=axes, ticks=[-limit, 0, limit], format="%.1f", extend="both", label="Weight")
    figure.suptitle("Ink here speaks for the digit (blue) or against it (orange)", x=0.01, ha="left", fontsize=10)
    return describe(
        figure,
        "The weights of each digit from 0 to 9 as a picture of 28 by 28 pixels: blue where ink speaks for the digit, "
        f"orange where it speaks against it, white where it says nothing; full colour is {limit:.1f}.",
    )


def plot_nearest(
    images: torch.Tensor, captions: Sequence[str], nearest: torch.Tensor, labels: Sequence[Sequence[int]]
) -> Figure:
    """Images, uint8 (N, 28, 28), with captions, above those nearest to each, uint8 (N, K, 28, 28), and their labels."""
    columns, rows = len(images), 1 + nearest.shape[1]
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 0.95, rows * 1.15), squeeze=False)
    for column, (image, caption) in enumerate(zip(images, captions, strict=True)):
        titles = [caption, *map(str, labels[column])]
        for axis, picture, title in zip(axes[:, column], [image, *nearest[column]], titles, strict=True):
            axis.imshow(picture, cmap=INK_MAP, vmin=0, vmax=255)
            axis.set_title(title, loc="center", fontsize=8)
            hide_axes(axis)
    for axis, name in zip(axes[:, 0], ["asked", *(f"nearest {number}" for number in range(1, rows))], strict=True):
        axis.set_ylabel(name, fontsize=8)
    figure.suptitle("Mistakes, and the training images that decided", x=0.01, ha="left", fontsize=10)
    asked = "; ".join(one_line(caption) for caption in captions)
    return describe(figure, f"{columns} mistakes, each above the {rows - 1} training images nearest to it: {asked}.")
