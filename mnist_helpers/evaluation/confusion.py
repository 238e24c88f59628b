"""Which digit is taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display.figures import COUNT_MAP


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
