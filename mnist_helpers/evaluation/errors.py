"""The misclassified images themselves, the most confident mistake first."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import describe, percent, plot_gallery
from mnist_helpers.network import Predictions

SHOWN = 200
EACH_PAIR = 10
CONFIDENT = 0.9


def plot_errors(
    test: LabelledImages, predictions: Predictions, in_doubt: Collection[int] = (), limit: int = SHOWN
) -> Figure:
    """The first `limit` errors, each with true digit → prediction and confidence; labels `in_doubt` are marked."""
    return plot_images(test, predictions, predictions.errors[:limit], in_doubt)


def plot_confused(test: LabelledImages, predictions: Predictions, pairs: Sequence[dict]) -> Figure:
    """The first errors of each of these pairs of digits."""
    members = [predictions.confused(pair["true"], pair["predicted"])[:EACH_PAIR] for pair in pairs]
    return plot_images(test, predictions, np.concatenate([np.zeros(0, dtype=int), *members]))


def plot_images(
    test: LabelledImages, predictions: Predictions, chosen: np.ndarray, in_doubt: Collection[int] = ()
) -> Figure:
    """The images with the indices `chosen`, each with true digit → prediction and confidence."""
    if not len(chosen):
        return plot_nothing("No image is misclassified.")
    captions = [caption(predictions, i) + "\nin doubt" * (i in in_doubt) for i in chosen.tolist()]
    return plot_gallery(test.images[chosen], captions)


def describe_errors(predictions: Predictions) -> str:
    """How many errors there are, how many are shown, how many were made without confidence, and what else was."""
    errors = predictions.errors
    if not len(errors):
        return "No image is misclassified."
    doubted = predictions.confidence < CONFIDENT
    unsure = int(doubted[errors].sum())
    return (
        f"{min(len(errors), SHOWN)} of {len(errors)} errors are shown. In {unsure} of {len(errors)} the confidence is "
        f"below {CONFIDENT:.0%}: these the network could have passed on to a person, together with "
        f"{int(doubted.sum()) - unsure:,} right answers given as hesitantly."
    )


def caption(predictions: Predictions, image: int) -> str:
    """True digit → prediction, confidence."""
    answer = f"{predictions.labels[image]} → {predictions.predicted[image]}"
    return f"{answer}, {percent(predictions.confidence[image])}"


def plot_nothing(text: str) -> Figure:
    """A line in place of a picture that would have no images."""
    figure, axis = plt.subplots(figsize=(6, 0.6))
    axis.set_axis_off()
    axis.text(0, 0.5, text, va="center")
    return describe(figure, text)
