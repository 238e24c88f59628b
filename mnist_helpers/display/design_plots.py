"""A network before its training: its layers as a table, what it sees, how a signal spreads, whether it can learn."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import INK_MAP, describe
from mnist_helpers.display.tables import Table
from mnist_helpers.display.vector import BLUE, GREY, ORANGE
from mnist_helpers.network.summary import LEARNED, ByHeart, LayerSummary, Spread, short

COLOURS = (GREY, BLUE, ORANGE)
FRAME = "#d1d5db"


def layer_table(layers: Sequence[LayerSummary]) -> Table:
    """Every layer with what it gives and what it costs, and a line of totals."""
    rows = [
        (layer.name, " × ".join(map(str, layer.output_shape)), f"{layer.parameters:,}", f"{layer.multiply_adds:,}")
        for layer in layers
    ]
    parameters, multiply_adds = (
        sum(getattr(layer, name) for layer in layers) for name in ("parameters", "multiply_adds")
    )
    total = ("Total", "", f"{parameters:,}", f"{multiply_adds:,}")
    columns = ["Layer", "Output shape", "Parameters", "Multiply-adds"]
    return Table("The network, layer by layer, for one image", columns, [*rows, total])


def plot_pictures(rows: Mapping[str, Sequence[torch.Tensor]], alt: str, columns: Sequence[str] = ()) -> Figure:
    """Named rows of pictures, each (H, W) on the scale 0 to 1, as dark ink on white, with titles above them."""
    count = max(map(len, rows.values()))
    figure, axes = plt.subplots(len(rows), count, figsize=(count * 0.85 + 1, len(rows) * 0.9 + 0.2), squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(line, pictures, strict=True):
            axis.imshow(picture, cmap=INK_MAP, vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color=FRAME, linewidth=0.8)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axis, title in zip(axes[0], columns, strict=False):
        axis.set_title(title, fontsize=9, loc="center")
    return describe(figure, alt)


def plot_spread(spreads: Mapping[tuple[bool, float], Spread]) -> Figure:
    """Spread of signal and gradient by layer, a line for each factor of the weights, with and without batch norm."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.4), sharex="col", sharey="row")
    factors = list(dict.fromkeys(factor for _, factor in spreads))
    for (batch_norm, factor), spread in spreads.items():
        index = factors.index(factor)
        # The later a line, the thinner: one that lies on another hides it only in part.
        look = {"color": COLOURS[index % len(COLOURS)], "linewidth": 1 + 2 * (len(factors) - 1 - index)}
        for axis, values in zip(axes[:, 0 if batch_norm else 1], (spread.signal, spread.gradient), strict=True):
            axis.plot(spread.layers, values, marker="o", markersize=4, label=f"weights × {factor:g}", **look)
    for axis in axes.flat:
        axis.set_yscale("log")
        axis.grid(axis="y")
    for axis in axes[1]:
        axis.set_xticks(axis.get_xticks(), axis.get_xticklabels(), rotation=30, ha="right", fontsize=9)
        axis.set_xlabel("Layer")
    axes[0, 0].set(title="With batch normalisation", ylabel="Spread of the signal")
    axes[0, 1].set_title("Without batch normalisation")
    axes[1, 0].set_ylabel("Spread of the gradient")
    axes[0, 1].legend(fontsize=9)
    return describe(figure, _spread_alt(spreads))


def plot_by_heart(checks: Mapping[str, ByHeart]) -> Figure:
    """Loss on one batch, step by step, on a logarithmic scale: a line for each network."""
    figure, axis = plt.subplots(figsize=(6.5, 3.2))
    for (name, check), colour, style in zip(checks.items(), (BLUE, ORANGE, GREY), ("-", "--", ":"), strict=False):
        axis.plot(range(1, len(check.losses) + 1), check.losses, style, color=colour, label=name)
    axis.axhline(LEARNED, color=GREY, linewidth=0.8, label="limit of the check")
    axis.set(title="One batch, learned by heart", xlabel="Step", ylabel="Cross-entropy (nats)", yscale="log")
    axis.grid(axis="y")
    axis.legend(fontsize=9)
    ends = "; ".join(
        f"{name} from {short(check.losses[0])} to {short(check.losses[-1])}" for name, check in checks.items()
    )
    return describe(figure, f"Training loss on one batch over {len(next(iter(checks.values())).losses)} steps: {ends}.")


def _spread_alt(spreads: Mapping[tuple[bool, float], Spread]) -> str:
    ends = []
    for (batch_norm, factor), spread in spreads.items():
        signal, gradient = (f"{short(line[0])} to {short(line[-1])}" for line in (spread.signal, spread.gradient))
        norm = "With" if batch_norm else "Without"
        ends.append(f"{norm} batch normalisation, weights × {factor:g}: signal {signal}, gradient {gradient}")
    title = "Spread of the signal and of the gradient on a logarithmic scale, from the first layer to the last"
    return f"{title}. {'. '.join(ends)}."
