"""Plots of the data: samples, classes, pixels."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import BLUE, INK_MAP, ORANGE, hide_axes


def plot_samples(images: torch.Tensor, labels: torch.Tensor, per_digit: int) -> Figure:
    """A row for each digit with `per_digit` of its images, in the order given; images are uint8 (N, 28, 28)."""
    figure, axes = plt.subplots(10, per_digit, figsize=(per_digit * 0.62, 6.4), squeeze=False)
    for digit, row in enumerate(axes):
        chosen = images[labels == digit][:per_digit]
        for column, axis in enumerate(row):
            hide_axes(axis)
            if column < len(chosen):
                axis.imshow(chosen[column], cmap=INK_MAP, vmin=0, vmax=255)
        row[0].set_ylabel(str(digit), rotation=0, ha="right", va="center", fontsize=12)
    figure.suptitle("Samples of each digit", x=0.01, ha="left", fontsize=11)
    return figure


def plot_class_distribution(counts: dict[str, Sequence[int]]) -> Figure:
    """Bars of the number of images per digit, a panel for each named part."""
    figure, axes = plt.subplots(1, len(counts), figsize=(3.6 * len(counts), 3.1), squeeze=False)
    for axis, (name, values) in zip(axes[0], counts.items(), strict=True):
        axis.bar(range(10), values, color=BLUE)
        axis.axhline(np.mean(values), color=ORANGE, linewidth=1.2, label=f"mean {np.mean(values):,.0f}")
        axis.set(title=f"{name}: {sum(values):,} images", xlabel="Digit", ylabel="Images", xticks=range(10))
        axis.set_ylim(0, max(values) * 1.25)
        axis.legend(loc="upper right", fontsize=9)
        axis.grid(axis="y")
    return figure


def plot_pixels(images: torch.Tensor, labels: torch.Tensor) -> Figure:
    """The mean image of each digit above a histogram of all grey levels."""
    figure = plt.figure(figsize=(8, 4.2))
    grid = figure.add_gridspec(2, 10, height_ratios=[1, 2])
    for digit in range(10):
        axis = figure.add_subplot(grid[0, digit])
        axis.imshow(images[labels == digit].float().mean(dim=0), cmap=INK_MAP, vmin=0, vmax=255)
        axis.set_title(str(digit), loc="center")
        hide_axes(axis)
    axis = figure.add_subplot(grid[1, :])
    share = np.bincount(images.flatten().numpy(), minlength=256) / images.numel()
    axis.bar(range(256), share * 100, width=1, color=BLUE)
    axis.set(title="Grey levels of all pixels", xlabel="Grey level (0 = paper)", ylabel="Pixels (%)")
    axis.set(yscale="log", xlim=(-2, 257))
    axis.grid(axis="y")
    return figure
