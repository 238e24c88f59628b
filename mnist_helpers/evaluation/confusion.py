"""Which digit is taken for which."""

import numpy as np
from markupsafe import Markup
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import COUNT_MAP, Table, describe, thumbnail
from mnist_helpers.evaluation.errors import looks
from mnist_helpers.evaluation.intervals import DIGITS
from mnist_helpers.network import Predictions

PAIRS_SHOWN = 5
EACH_PAIR = 10


def measure_confusion(predictions: Predictions) -> dict:
    """The confusion matrix, rows the true digit, and the pairs of digits taken for one another."""
    matrix = confusion_matrix(predictions.labels, predictions.predicted, labels=DIGITS)
    return {"confusion_matrix": matrix.tolist(), "most_confused": most_confused(matrix)}


def most_confused(matrix: np.ndarray) -> list[dict[str, int]]:
    """Every pair of digits taken for one another, the most frequent first; rows of `matrix` are the truth."""
    pairs = [
        {"true": true, "predicted": predicted, "count": int(matrix[true, predicted])}
        for true in DIGITS
        for predicted in DIGITS
        if true != predicted and matrix[true, predicted]
    ]
    return sorted(pairs, key=lambda pair: -pair["count"])


def tabulate_pairs(confusion: dict, test: LabelledImages, predictions: Predictions) -> Table:
    """The pairs that are confused most, with their first images."""
    pairs = confusion["most_confused"]
    errors = sum(pair["count"] for pair in pairs)
    rows = []
    for pair in pairs[:PAIRS_SHOWN]:
        images = predictions.confused(pair["true"], pair["predicted"])[:EACH_PAIR].tolist()
        pictures = [thumbnail(test.images[image], alt) for image, alt in zip(images, looks(test, images), strict=True)]
        share = f"{pair['count'] / errors:.0%}"
        rows.append((pair["true"], pair["predicted"], pair["count"], share, Markup(" ").join(pictures)))
    return Table(
        "Most confused pairs", ["True digit", "Predicted", "Images", "Share of all errors", "The surest of them"], rows
    )


def plot_confusion(confusion: dict, percent: bool = False) -> Figure:
    """The confusion matrix as counts, or in percent of the true digit; the diagonal is muted."""
    values = np.asarray(confusion["confusion_matrix"], dtype=float)
    if percent:
        values = 100 * values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    errors = np.where(np.eye(10, dtype=bool), np.nan, values)
    figure, axis = plt.subplots(figsize=(4.4, 4))
    axis.imshow(np.ma.masked_invalid(errors), cmap=COUNT_MAP, vmin=0, vmax=np.nanmax(errors) or 1)
    for true in DIGITS:
        axis.add_patch(plt.Rectangle((true - 0.5, true - 0.5), 1, 1, color="#e5e7eb"))
        for predicted in DIGITS:
            value = values[true, predicted]
            text = f"{value:.{1 if percent else 0}f}" if value else ""
            axis.text(predicted, true, text, ha="center", va="center", fontsize=9)
    unit = "percent of the true digit" if percent else "images"
    axis.set(title=f"Confusion matrix, {unit}", xlabel="Predicted digit", ylabel="True digit")
    axis.set(xticks=DIGITS, yticks=DIGITS)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return describe(
        figure,
        f"Confusion matrix in {unit}: rows are the true digit, columns the prediction; errors are orange.",
    )


def describe_confusion(confusion: dict) -> str:
    """The most frequent confusion."""
    pairs = confusion["most_confused"]
    if not pairs:
        return "No image lies off the diagonal."
    most, errors = pairs[0], sum(pair["count"] for pair in pairs)
    return (
        f"The largest cell off the diagonal is {most['true']} taken for {most['predicted']}: "
        f"{most['count']} of {errors} errors."
    )
