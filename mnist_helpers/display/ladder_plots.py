"""Pictures of the ladder: what one rung gets right that the one below did not, and how it came to its answers."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnist_helpers.data.ladder import Rung, won
from mnist_helpers.display.figures import describe, draw_pictures, hide_axes, in_words
from mnist_helpers.display.vector import BLUE, ORANGE

SHOWN = 8
SIGN_MAP = LinearSegmentedColormap.from_list("sign", [ORANGE, "#ffffff", BLUE])


def plot_won(images: torch.Tensor, before: Rung, after: Rung) -> Figure:
    """The first mistakes of one rung that the next gets right; images are uint8 (N, 28, 28), all that were judged."""
    places = won(before, after)[:SHOWN]
    captions = before.mistakes(places)
    figure, _ = _pictures([images[places]], [captions])
    what = f"mistakes that {after.name.lower()} gets right" if captions else f"no mistake that {after.name} gets right"
    figure.suptitle(f"{before.name}: {what}", x=0.01, ha="left", fontsize=10)
    return describe(figure, f"{before.name}: {what}. {in_words(captions)}")


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


def plot_nearest(images: torch.Tensor, captions: Sequence[str], nearest: torch.Tensor, labels: np.ndarray) -> Figure:
    """Up to 8 images, uint8 (N, 28, 28), above those nearest to each, uint8 (N, K, 28, 28), with labels (N, K)."""
    columns = list(zip(nearest.unbind(1), labels.T, strict=True))
    figure, axes = _pictures([images, *(near for near, _ in columns)], [captions, *(names for _, names in columns)])
    for axis, name in zip(axes[:, 0], ["asked", *(f"nearest {rank + 1}" for rank in range(len(columns)))], strict=True):
        axis.set_ylabel(name, fontsize=8)
    figure.suptitle("Mistakes, and the training images that decided", x=0.01, ha="left", fontsize=10)
    what = f"{len(images)} mistakes, each above the {len(columns)} training images nearest to it."
    return describe(figure, f"{what} {in_words(captions)}")


def _pictures(rows: Sequence[torch.Tensor], titles: Sequence[Sequence[object]]) -> tuple[Figure, np.ndarray]:
    """Rows of up to `SHOWN` images with a title each, in as many columns whatever their number."""
    figure, axes = plt.subplots(len(rows), SHOWN, figsize=(SHOWN * 0.95, 0.25 + len(rows) * 1.15), squeeze=False)
    for row, images, names in zip(axes, rows, titles, strict=True):
        draw_pictures(row, images, names)
    return figure, axes
