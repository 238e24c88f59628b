"""The figures of the evaluation beyond the confusion matrix."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import BLUE, GREY, INK_MAP, ORANGE, hide_axes


def plot_reliability(bins: Sequence[dict]) -> Figure:
    """Accuracy against confidence in each bin that holds images, above the number of images in it."""
    used = [entry for entry in bins if entry["count"]]
    centres = [(entry["low"] + entry["high"]) / 2 for entry in used]
    width = bins[0]["high"] - bins[0]["low"]
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6, 5), height_ratios=[3, 1], sharex=True)
    upper.bar(centres, [entry["accuracy"] * 100 for entry in used], width * 0.92, color=BLUE, label="accuracy")
    upper.plot([0, 1], [0, 100], color=GREY, linestyle=":", label="perfectly calibrated")
    confidences = [entry["confidence"] for entry in used]
    upper.plot(
        confidences, [value * 100 for value in confidences], "o", color=ORANGE, markersize=4, label="mean confidence"
    )
    upper.set(title="Reliability", ylabel="Accuracy (%)", xlim=(0, 1), ylim=(0, 102))
    upper.legend(loc="upper left")
    lower.bar(centres, [entry["count"] for entry in used], width * 0.92, color=GREY)
    for centre, entry in zip(centres, used, strict=True):
        lower.annotate(f"{entry['count']:,}", (centre, entry["count"]), ha="center", va="bottom", fontsize=7)
    lower.set(xlabel="Confidence", ylabel="Images", yscale="log")
    lower.set_ylim(0.5, max(entry["count"] for entry in used) * 12)
    for axis in (upper, lower):
        axis.grid(axis="y")
    return figure


def plot_risk_coverage(coverage: np.ndarray, risk: np.ndarray, target: float, reached: float) -> Figure:
    """The share of errors among the answered images against the share answered, with the target marked."""
    figure, axis = plt.subplots(figsize=(6.4, 3.2))
    axis.plot(coverage * 100, risk * 100, color=BLUE)
    axis.axhline(target * 100, color=GREY, linestyle=":", label=f"target: {target:.1%} error")
    if reached:
        axis.plot([reached * 100], [target * 100], "o", color=ORANGE, label=f"coverage there: {reached:.1%}")
    axis.set(title="Risk and coverage", xlabel="Images answered (%)", ylabel="Errors among them (%)")
    # Up to the first error there is nothing to see.
    first_error = coverage[np.argmax(risk > 0)] if (risk > 0).any() else 0
    axis.set_xlim(max(0, 100 * first_error - 5), 100.2)
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper left")
    axis.grid(axis="y")
    return figure


def plot_robustness(corruptions: Sequence[dict], clean_error: float) -> Figure:
    """The error under each corruption, largest first, with 95 % intervals."""
    ordered = sorted(corruptions, key=lambda entry: entry["accuracy"])
    errors = [100 * (1 - entry["accuracy"]) for entry in ordered]
    spread = [[100 * abs(entry["accuracy"] - bound) for bound in entry["ci95"][::-1]] for entry in ordered]
    figure, axis = plt.subplots(figsize=(7, 0.3 * len(ordered) + 1))
    axis.barh([entry["name"] for entry in ordered], errors, xerr=np.transpose(spread), color=BLUE, ecolor=GREY)
    axis.invert_yaxis()
    axis.axvline(100 * clean_error, color=ORANGE, linewidth=1.2, label=f"clean: {clean_error:.2%}")
    axis.set(title="Error under corruption", xlabel="Error (%)")
    axis.grid(axis="x")
    axis.legend(loc="lower right")
    return figure


def plot_filters(filters: np.ndarray) -> Figure:
    """The weights of the first convolution, (C, k, k): blue below zero, orange above."""
    columns = 8
    rows = -(-len(filters) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 0.7, rows * 0.7), squeeze=False)
    limit = np.abs(filters).max()
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, weights in zip(axes.flat, filters, strict=False):
        axis.imshow(weights, cmap="PuOr_r", vmin=-limit, vmax=limit)
    return figure


def plot_occlusion(images: np.ndarray, drops: np.ndarray, captions: Sequence[str]) -> Figure:
    """Images (N, 28, 28) above the same with the drop of confidence when a patch is covered, in orange."""
    figure, axes = plt.subplots(2, len(images), figsize=(len(images) * 0.95, 2.5), squeeze=False)
    for column, (image, drop, caption) in enumerate(zip(images, drops, captions, strict=True)):
        for row in (0, 1):
            axes[row, column].imshow(image, cmap=INK_MAP, vmin=0, vmax=255)
            hide_axes(axes[row, column])
        axes[1, column].imshow(drop, cmap="Oranges", vmin=0, vmax=max(drops.max(), 1e-9), alpha=0.75)
        axes[0, column].set_title(caption, fontsize=8, loc="center")
    axes[0, 0].set_ylabel("image", rotation=0, ha="right", va="center")
    axes[1, 0].set_ylabel("covered", rotation=0, ha="right", va="center")
    return figure


def plot_hidden_map(points: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> Figure:
    """Images as points (M, 2), coloured by true digit; those misclassified (bool, (M,)) as crosses."""
    figure, axis = plt.subplots(figsize=(6.4, 5.6))
    colours = plt.get_cmap("tab10")
    for digit in range(10):
        mine = labels == digit
        axis.scatter(*points[mine & ~wrong].T, s=6, color=colours(digit), alpha=0.6, linewidths=0)
        axis.annotate(str(digit), np.median(points[mine], axis=0), fontsize=15, weight="bold", ha="center", va="center")
    axis.scatter(*points[wrong].T, s=42, marker="x", color="black", linewidths=1.4, label=f"{wrong.sum()} errors")
    hide_axes(axis)
    axis.set_title("The last hidden layer, brought to two dimensions")
    axis.legend(loc="lower right")
    return figure
