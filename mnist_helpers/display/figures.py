"""The figures: each function takes numbers or images and returns a finished matplotlib figure."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnist_helpers.training.validation import Epoch

BLUE, ORANGE, GREY = "#1f5fa8", "#c8500a", "#6b7280"
INK_MAP = LinearSegmentedColormap.from_list("ink", ["#ffffff", "#111827"])
COUNT_MAP = LinearSegmentedColormap.from_list("counts", ["#fff7ed", ORANGE])
STYLE = {
    "figure.dpi": 160,
    "savefig.dpi": 160,
    "figure.facecolor": "white",
    "font.size": 10,
    # Pixels are shown as they are; smoothed ones also make files twice as large.
    "image.interpolation": "nearest",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid.axis": "y",
    "grid.color": "#e5e7eb",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
plt.rcParams.update(STYLE)


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


def plot_loss(history: Sequence[Epoch], kept_epoch: int) -> Figure:
    """Training and validation loss by epoch, on a logarithmic scale."""
    figure, axis = _plot_history(history, kept_epoch, "train_loss", "validation_loss", 1)
    axis.set(title="Loss by epoch", ylabel="Cross-entropy (nats)", yscale="log")
    return figure


def plot_accuracy(history: Sequence[Epoch], kept_epoch: int) -> Figure:
    """Training and validation accuracy by epoch."""
    figure, axis = _plot_history(history, kept_epoch, "train_accuracy", "validation_accuracy", 100)
    axis.set(title="Accuracy by epoch", ylabel="Accuracy (%)")
    return figure


def plot_confusion(matrix: Sequence[Sequence[int]], percent: bool = False) -> Figure:
    """The confusion matrix as counts, or in percent of the true digit; the diagonal is muted."""
    values = np.asarray(matrix, dtype=float)
    if percent:
        values = 100 * values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    errors = np.where(np.eye(10, dtype=bool), np.nan, values)
    figure, axis = plt.subplots(figsize=(5.4, 5))
    axis.imshow(np.ma.masked_invalid(errors), cmap=COUNT_MAP, vmin=0, vmax=np.nanmax(errors) or 1)
    for true in range(10):
        axis.add_patch(plt.Rectangle((true - 0.5, true - 0.5), 1, 1, color="#e5e7eb"))
        for predicted in range(10):
            value = values[true, predicted]
            text = f"{value:.{1 if percent else 0}f}" if value else ""
            axis.text(predicted, true, text, ha="center", va="center", fontsize=9)
    axis.set(title="Confusion matrix, percent of the true digit" if percent else "Confusion matrix, images")
    axis.set(xlabel="Predicted digit", ylabel="True digit", xticks=range(10), yticks=range(10))
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return figure


def plot_images(images: torch.Tensor, captions: Sequence[str], columns: int = 10) -> Figure:
    """A gallery of images (N, 28, 28), each with its caption above."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 0.95, rows * 1.3), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, caption in zip(axes.flat, images, captions, strict=False):
        axis.imshow(image, cmap=INK_MAP, vmin=0, vmax=255)
        axis.set_title(caption, fontsize=8, loc="center")
    return figure


def _plot_history(history, kept_epoch: int, train: str, validation: str, scale: float) -> tuple[Figure, Axes]:
    epochs = [epoch.epoch for epoch in history]
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    for name, label, colour in ((train, "training", ORANGE), (validation, "validation", BLUE)):
        values = [getattr(epoch, name) * scale for epoch in history]
        axis.plot(epochs, values, color=colour, marker="o", markersize=3, label=label)
    curves = [[getattr(epoch, name) * scale for epoch in history] for name in (train, validation)]
    axis.fill_between(epochs, *curves, color=GREY, alpha=0.15, linewidth=0, label="gap")
    axis.axvline(kept_epoch, color=GREY, linestyle=":", label=f"kept: epoch {kept_epoch}")
    axis.set_xlabel("Epoch")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.grid(axis="y")
    axis.legend()
    return figure, axis


def hide_axes(axis: Axes) -> None:
    """Show a picture without ticks and frame."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
