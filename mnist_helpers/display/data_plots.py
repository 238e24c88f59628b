"""Plots of the data: one image as numbers, samples, classes, pixels, the order of the file."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import INK_MAP, describe, draw_pictures, hide_axes
from mnist_helpers.display.vector import BLUE, ORANGE


def plot_numbers(image: torch.Tensor, label: int) -> Figure:
    """One image, uint8 (28, 28), as what it is: the grey level of each pixel, written into the pixel."""
    figure, axis = plt.subplots(figsize=(8.6, 8.9))
    axis.imshow(image, cmap=INK_MAP, vmin=0, vmax=255)
    for (row, column), level in np.ndenumerate(image.numpy()):
        # Dark on light and light on dark; paper is faint, so that the digit stands out.
        colour = "#c3c8d0" if level == 0 else "#111827" if level < 128 else "white"
        axis.text(column, row, level, ha="center", va="center", fontsize=6.5, color=colour)
    axis.set_title(f"A handwritten {label}: {image.shape[0]} rows of {image.shape[1]} numbers, 0 paper to 255 ink")
    axis.set(xlabel="Column", ylabel="Row", xticks=range(0, 28, 3), yticks=range(0, 28, 3))
    axis.grid(visible=False)
    inked = int((image > 0).sum())
    return describe(
        figure,
        f"A handwritten {label} as a grid of 28 by 28 numbers, each cell as dark as its number is high: {inked} cells "
        f"have ink, the other {image.numel() - inked} are 0.",
    )


def plot_samples(images: torch.Tensor, labels: torch.Tensor, per_digit: int) -> Figure:
    """A row for each digit with `per_digit` of its images, in the order given; images are uint8 (N, 28, 28)."""
    figure, axes = plt.subplots(10, per_digit, figsize=(per_digit * 0.62, 6.4), squeeze=False)
    for digit, row in enumerate(axes):
        draw_pictures(row, images[labels == digit][:per_digit])
        row[0].set_ylabel(str(digit), rotation=0, ha="right", va="center", fontsize=12)
    figure.suptitle("Samples of each digit", x=0.01, ha="left", fontsize=11)
    return describe(
        figure,
        f"Up to {per_digit} handwritten samples of each digit from 0 to 9, one digit a row; slant, stroke width and "
        "shape differ from sample to sample.",
    )


def plot_class_distribution(counts: Mapping[str, Sequence[int]]) -> Figure:
    """Bars of the number of images per digit, a panel for each named part."""
    figure, axes = plt.subplots(1, len(counts), figsize=(3.6 * len(counts), 3.1), squeeze=False)
    for axis, (name, values) in zip(axes[0], counts.items(), strict=True):
        axis.bar(range(10), values, color=BLUE)
        axis.axhline(np.mean(values), color=ORANGE, linewidth=1.2, label=f"mean {np.mean(values):,.0f}")
        axis.set(title=f"{name}: {sum(values):,} images", xlabel="Digit", ylabel="Images", xticks=range(10))
        axis.set_ylim(0, max(values) * 1.25)
        axis.legend(loc="upper right", fontsize=9)
        axis.grid(axis="y")
    ranges = "; ".join(f"{name}: from {min(values):,} to {max(values):,}" for name, values in counts.items())
    return describe(figure, f"Bars of the number of images of each digit. {ranges}.")


def plot_pixels(images: torch.Tensor, labels: torch.Tensor) -> Figure:
    """The mean image of each digit above a histogram of all grey levels."""
    figure = plt.figure(figsize=(8, 4.2))
    grid = figure.add_gridspec(2, 10, height_ratios=[1, 2])
    for digit in range(10):
        axis = figure.add_subplot(grid[0, digit])
        axis.imshow(images[labels == digit].float().mean(dim=0), cmap=INK_MAP, vmin=0, vmax=255)
        axis.set_title(str(digit), loc="center")
        hide_axes(axis)
    figure.suptitle("Mean image of each digit", x=0.01, ha="left", fontsize=11)
    axis = figure.add_subplot(grid[1, :])
    share = np.bincount(images.flatten().numpy(), minlength=256) / images.numel()
    axis.bar(range(256), share * 100, width=1, color=BLUE)
    axis.set(title="Grey levels of all pixels", xlabel="Grey level (0 = paper)", ylabel="Pixels (%)")
    axis.set(yscale="log", xlim=(-2, 257))
    axis.grid(axis="y")
    return describe(
        figure,
        "Above, the mean image of each digit, blurred. Below, a histogram of grey levels on a logarithmic scale: "
        f"{share[0]:.0%} of all pixels are 0, {share[250:].sum():.1%} are 250 or more.",
    )


def plot_order(correlations: Mapping[int, float]) -> Figure:
    """Bars of the correlation of slants by distance in the file."""
    figure, axis = plt.subplots(figsize=(6.4, 2.9))
    axis.bar([f"{distance:,}" for distance in correlations], list(correlations.values()), color=BLUE)
    axis.axhline(0, color=ORANGE, linewidth=1.2)
    axis.set(title="Do images near each other in the file lean alike?", ylim=(-0.6, 0.6))
    axis.set(xlabel="Places apart in the file", ylabel="Correlation of slants")
    axis.grid(axis="y")
    heights = "; ".join(f"{distance:,} apart {value:.2f}" for distance, value in correlations.items())
    return describe(figure, f"Bars of the correlation of the slants of two training images: {heights}.")
