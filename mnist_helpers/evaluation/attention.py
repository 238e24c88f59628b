"""What the network looks at: its first filters, the pixels behind its mistakes, and a map of its last hidden layer."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import INK_MAP, describe, hide_axes
from mnist_helpers.evaluation.errors import caption, plot_nothing
from mnist_helpers.network import Predictions

ACROSS = 8


def plot_filters(filters: np.ndarray) -> Figure:
    """The weights of the first convolution, (C, k, k): violet below zero, orange above."""
    lines = -(-len(filters) // ACROSS)
    figure, axes = plt.subplots(lines, ACROSS, figsize=(ACROSS * 0.7, lines * 0.7), squeeze=False)
    limit = np.abs(filters).max()
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, weights in zip(axes.flat, filters, strict=False):
        axis.imshow(weights, cmap="PuOr_r", vmin=-limit, vmax=limit)
    rows, columns = filters.shape[1:]
    return describe(figure, f"The {len(filters)} filters of the first convolution, {rows} by {columns} pixels.")


def plot_occlusion(test: LabelledImages, predictions: Predictions, chosen: np.ndarray, drops: np.ndarray) -> Figure:
    """The images with the indices `chosen`, (N,), above the same with the drop of confidence, in orange."""
    if not len(chosen):
        return plot_nothing("No image is misclassified.")
    captions = [caption(predictions, i) for i in chosen]
    figure, axes = plt.subplots(2, len(chosen), figsize=(len(chosen) * 0.95, 2.5), squeeze=False)
    for above, below, image, drop, text in zip(*axes, test.images[chosen], drops, captions, strict=True):
        for axis in (above, below):
            axis.imshow(image, cmap=INK_MAP, vmin=0, vmax=255)
            hide_axes(axis)
        below.imshow(drop, cmap="Oranges", vmin=0, vmax=max(drops.max(), 1e-9), alpha=0.75)
        above.set_title(text, fontsize=8, loc="center")
    for row, name in zip(axes, ("image", "covered"), strict=True):
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return describe(
        figure,
        f"The {len(chosen)} most confident mistakes ({'; '.join(captions)}) and, below, where covering a small patch "
        f"lowers the confidence in the wrong answer most; the largest drop is {drops.max():.0%}.",
    )


def plot_hidden_map(points: np.ndarray, predictions: Predictions, chosen: np.ndarray) -> Figure:
    """The images with the indices `chosen` as points (M, 2), coloured by true digit; the misclassified as crosses."""
    labels, wrong = predictions.labels[chosen], ~predictions.correct[chosen]
    figure, axis = plt.subplots(figsize=(6.4, 5.6))
    colours = plt.get_cmap("tab10")
    for digit in np.unique(labels):
        mine, right = labels == digit, (labels == digit) & ~wrong
        axis.scatter(points[right, 0], points[right, 1], s=6, color=colours(digit), alpha=0.6, linewidths=0)
        axis.annotate(str(digit), np.median(points[mine], axis=0), fontsize=15, weight="bold", ha="center", va="center")
    axis.scatter(
        points[wrong, 0],
        points[wrong, 1],
        s=42,
        marker="x",
        color="black",
        linewidths=1.4,
        label=f"{wrong.sum()} errors",
    )
    hide_axes(axis)
    axis.set_title("The last hidden layer, brought to two dimensions")
    axis.legend(loc="lower right")
    return describe(
        figure,
        f"{len(chosen):,} test images as points by the activations of the last hidden layer, coloured by their digit; "
        f"the {wrong.sum()} errors among them are marked with crosses.",
    )
