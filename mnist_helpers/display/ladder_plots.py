"""Pictures of the ladder: what one rung gets right that the one below did not, and how it came to its answers."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnist_helpers.data.ladder import Rung, won
from mnist_helpers.display.figures import BLUE, INK_MAP, ORANGE, describe, hide_axes, plot_gallery

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
    captions = [f"{before.truth[place]}\nnot {before.answers[place]}" for place in places]
    figure = plot_gallery(images[places], captions, columns=SHOWN)
    figure.suptitle(f"{before.name}: mistakes {what}", x=0.01, ha="left", fontsize=10)
    return describe(figure, f"Mistakes of {before.name.lower()} {what}. {figure.get_label()}")


def plot_weights(weights: np.ndarray) -> Figure:
    """The weights (10, 784) of a linear classifier as a picture for each digit: what speaks for it, what against."""
    figure, axes = plt.subplots(1, 10, figsize=(8.4, 1.6))
    limit = float(np.abs(weights).max())
    for digit, axis in enumerate(axes):
        picture = axis.imshow(weights[digit].reshape(28, 28), cmap=SIGN_MAP, vmin=-limit, vmax=limit)
        axis.set_title(str(digit), loc="center")
        hide_axes(axis)
    figure.colorbar(picture, ax=axes, ticks=[-limit, 0, limit], format="%.1f", fraction=0.02, label="Weight")
    figure.suptitle("Ink here speaks for the digit (blue) or against it (orange)", x=0.01, ha="left", fontsize=10)
    return describe(
        figure,
        "The weights of each digit from 0 to 9 as a picture of 28 by 28 pixels: blue where ink speaks for the digit, "
        f"orange where it speaks against it, white where it says nothing; the strongest is {limit:.1f}.",
    )


def plot_nearest(rung: Rung, places: Sequence[int], images: torch.Tensor, nearest: torch.Tensor, labels) -> Figure:
    """Images, uint8 (N, 28, 28), above those that lie nearest to each, uint8 (N, K, 28, 28), with labels (N, K).

    `places` are the places of the images among those that the rung judged.
    """
    columns, rows = len(images), 1 + nearest.shape[1]
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 0.95, rows * 1.15), squeeze=False)
    for column, (place, image) in enumerate(zip(places, images, strict=True)):
        stack = [image, *nearest[column]]
        titles = [f"{rung.truth[place]}\nnot {rung.answers[place]}", *map(str, np.asarray(labels[column]))]
        for axis, picture, title in zip(axes[:, column], stack, titles, strict=True):
            axis.imshow(picture, cmap=INK_MAP, vmin=0, vmax=255)
            axis.set_title(title, loc="center", fontsize=8)
            hide_axes(axis)
    axes[0, 0].set_ylabel("asked", fontsize=8)
    for number, axis in enumerate(axes[1:, 0], start=1):
        axis.set_ylabel(f"nearest {number}", fontsize=8)
    asked = "; ".join(f"a {rung.truth[place]} taken for a {rung.answers[place]}" for place in places)
    return describe(figure, f"Mistakes of {rung.name.lower()}, each above the images that decided: {asked}.")
