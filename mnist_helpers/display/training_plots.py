"""Plots of a training: the rate, loss and accuracy by epoch, and the curve that grows while it runs."""

import io
from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from mnist_helpers.display.figures import describe
from mnist_helpers.display.vector import BLUE, GREY, ORANGE
from mnist_helpers.training.validation import Epoch

# The smallest percentage of errors that is drawn: a logarithmic scale has no place for none at all.
LEAST = 0.01
# Errors in percent that have a tick; the first row that is not too crowded is taken.
TICKS = (
    (50, 30, 20, 10, 5, 3, 2, 1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02),
    (50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02),
    (50, 10, 1, 0.1),
)
MOST_TICKS = 7


def plot_rates(rates: Sequence[float]) -> Figure:
    """The learning rate over one training, from its first step to its last."""
    figure, axis = plt.subplots(figsize=(6.4, 2.4))
    axis.plot([100 * step / (len(rates) - 1) for step in range(len(rates))], rates, color=BLUE)
    axis.set(title="Learning rate", xlabel="Part of the training (%)", ylabel="Rate")
    axis.grid(axis="y")
    peak = max(range(len(rates)), key=rates.__getitem__) / (len(rates) - 1)
    alt = (
        f"Learning rate over a training: highest ({max(rates):.3g}) after {peak:.0%} of it, {rates[-1]:.3g} at the end."
    )
    return describe(figure, alt)


def plot_loss(history: Sequence[Epoch], kept_epoch: int) -> Figure:
    """Training and validation loss by epoch, on a logarithmic scale."""
    curves = {name: [getattr(epoch, f"{name}_loss") for epoch in history] for name in ("train", "validation")}
    figure, axis = _plot_history(curves, kept_epoch)
    axis.set(title="Loss by epoch", ylabel="Cross-entropy (nats)", yscale="log")
    # Powers of ten alone may leave a short axis without a number.
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    return describe(figure, f"Loss by epoch. {_from_to(curves, '.3f')} Epoch {kept_epoch} was kept.")


def plot_accuracy(history: Sequence[Epoch], kept_epoch: int) -> Figure:
    """Training and validation accuracy by epoch, on a scale of errors where 99.2 and 99.7 % can be told apart."""
    curves = {name: [getattr(epoch, f"{name}_accuracy") for epoch in history] for name in ("train", "validation")}
    errors = {name: [_errors(value) for value in values] for name, values in curves.items()}
    figure, axis = _plot_history(errors, kept_epoch)
    _scale(axis, [error for values in errors.values() for error in values])
    axis.set(title="Accuracy by epoch", ylabel="Accuracy (%)")
    return describe(figure, f"Accuracy by epoch. {_from_to(curves, '.2%')} Epoch {kept_epoch} was kept.")


class LiveCurve:
    """The accuracy so far, drawn anew in a few hundredths of a second: one figure whose points change."""

    def __init__(self, epochs: float):
        self.running: tuple[list[float], list[float]] = [], []
        # Not one of pyplot's, which would be shown at the end of the cell; and without a layout that is sought anew.
        self.figure = Figure(figsize=(6.4, 2.8), dpi=80, layout="none")  # type: ignore[arg-type]
        self.axis = self.figure.subplots()
        self.figure.subplots_adjust(left=0.11, right=0.98, top=0.97, bottom=0.17)
        (self.train,) = self.axis.plot([], [], color=ORANGE, linewidth=1, label="training, so far in the epoch")
        (self.validation,) = self.axis.plot([], [], color=BLUE, marker="o", markersize=3, label="validation")
        self.axis.set(xlim=(0, epochs), xlabel="Epoch", ylabel="Accuracy (%)")
        self.axis.legend(loc="lower right")

    def add(self, done: float, accuracy: float) -> None:
        """Add a point within an epoch: the epochs `done`, and the training accuracy since the last one ended."""
        self.running[0].append(done)
        self.running[1].append(_errors(accuracy))

    def png(self, history: Sequence[Epoch]) -> bytes:
        """The picture of `history` and of the points that were added."""
        errors = [_errors(epoch.validation_accuracy) for epoch in history]
        self.validation.set_data([epoch.epoch for epoch in history], errors)
        self.train.set_data(*self.running)
        if drawn := errors + self.running[1]:
            _scale(self.axis, drawn)
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=80)
        return buffer.getvalue()


def _errors(accuracy: float) -> float:
    """Errors in percent, as they are drawn."""
    return max(LEAST, 100 * (1 - accuracy))


def _scale(axis: Axes, errors: Sequence[float]) -> None:
    """A logarithmic scale of `errors`, with the accuracies at its ticks and the best on top."""
    low, high = min(errors) * 0.8, min(100, max(errors) * 1.25)
    rows = [[tick for tick in row if low <= tick <= high] for row in TICKS]
    ticks = next((row for row in rows if len(row) <= MOST_TICKS), rows[-1])
    axis.set(yscale="log", ylim=(high, low))
    axis.minorticks_off()
    axis.set_yticks(ticks, [f"{100 - tick:g}" for tick in ticks])


def _plot_history(curves: dict[str, list[float]], kept_epoch: int) -> tuple[Figure, Axes]:
    """Both curves by epoch with the gap between them, and the epoch that was kept."""
    epochs = range(1, len(curves["train"]) + 1)
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    for (name, values), colour in zip(curves.items(), (ORANGE, BLUE), strict=True):
        axis.plot(epochs, values, color=colour, marker="o", markersize=3, label=name.replace("train", "training"))
    training, validation = curves.values()
    axis.fill_between(epochs, training, validation, color=GREY, alpha=0.15, linewidth=0, label="gap")
    axis.axvline(kept_epoch, color=GREY, linestyle=":", label=f"kept: epoch {kept_epoch}")
    axis.set(xlabel="Epoch", xlim=(0.5, len(epochs) + 0.5))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(axis="y")
    axis.legend()
    return figure, axis


def _from_to(curves: dict[str, list[float]], form: str) -> str:
    """Where both curves begin and end, in words."""
    train, validation = curves["train"], curves["validation"]
    return (
        f"Training goes from {train[0]:{form}} to {train[-1]:{form}}, "
        f"validation from {validation[0]:{form}} to {validation[-1]:{form}}."
    )
