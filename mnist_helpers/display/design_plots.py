"""Plots of a network before its training: what it will see, how a signal spreads, whether it can learn."""

from collections.abc import Sequence

import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import BLUE, INK_MAP, ORANGE, hide_axes


def plot_augmented(originals: torch.Tensor, distorted: Sequence[torch.Tensor]) -> Figure:
    """Images (N, 28, 28) in the top row, distorted versions of the same below."""
    rows = [originals, *distorted]
    figure, axes = plt.subplots(len(rows), len(originals), figsize=(len(originals) * 0.75, len(rows) * 0.8))
    for name, row, images in zip(("original", *[""] * len(distorted)), axes, rows, strict=True):
        for axis, image in zip(row, images, strict=True):
            axis.imshow(image, cmap=INK_MAP, vmin=0, vmax=1)
            hide_axes(axis)
        row[0].set_ylabel(name or "distorted", rotation=0, ha="right", va="center")
    return figure


def plot_spread(spread: Sequence[tuple[str, float]]) -> Figure:
    """Standard deviation of each layer's output at the start, as horizontal bars."""
    names, values = zip(*spread, strict=True)
    figure, axis = plt.subplots(figsize=(7, 0.42 * len(names) + 0.9))
    axis.barh(names, values, color=BLUE)
    axis.invert_yaxis()
    axis.axvline(1, color=ORANGE, linewidth=1.2)
    axis.set(title="Spread of activations before training", xlabel="Standard deviation over one batch")
    return figure


def plot_overfit(losses: Sequence[float]) -> Figure:
    """Training loss on one batch, step by step, on a logarithmic scale."""
    figure, axis = plt.subplots(figsize=(6, 3))
    axis.plot(range(1, len(losses) + 1), losses, color=BLUE)
    axis.set(title="One batch, learned by heart", xlabel="Step", ylabel="Cross-entropy (nats)", yscale="log")
    axis.grid(axis="y")
    return figure
