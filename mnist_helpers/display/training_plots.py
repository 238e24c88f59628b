"""Plots of a training run: loss and accuracy by epoch."""

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_helpers.display.figures import BLUE, GREY, ORANGE
from mnist_helpers.training.validation import Epoch


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
