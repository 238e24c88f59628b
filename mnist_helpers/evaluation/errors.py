"""The misclassified images themselves, the most confident mistake first."""

from collections.abc import Collection, Iterator

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages, slant, stroke_thickness
from mnist_helpers.display import describe, percent, plot_gallery
from mnist_helpers.network import Predictions

SHOWN = 200
CONFIDENT = 0.9


def plot_errors(
    test: LabelledImages, predictions: Predictions, in_doubt: Collection[int] = (), limit: int = SHOWN
) -> Figure:
    """The first `limit` errors, each with true digit → prediction and confidence; labels `in_doubt` are marked."""
    chosen = predictions.errors[:limit]
    if not len(chosen):
        return plot_nothing("No image is misclassified.")
    captions = [caption(predictions, i) + "\nin doubt" * (i in in_doubt) for i in chosen.tolist()]
    return plot_gallery(test.images[chosen], captions)


def describe_errors(predictions: Predictions) -> str:
    """How many errors there are, how many of them are shown, and how many were made with confidence."""
    errors = predictions.errors
    if not len(errors):
        return "No image is misclassified."
    confident = int((predictions.confidence[errors] >= CONFIDENT).sum())
    return (
        f"{min(len(errors), SHOWN)} of {len(errors):,} errors are shown, the most confident first. {confident:,} of "
        f"{len(errors):,} were made with a confidence of {CONFIDENT:.0%} or more."
    )


def looks(test: LabelledImages, chosen: Collection[int]) -> Iterator[str]:
    """How the digits of the images `chosen` are written, in words, for whoever does not see them."""
    images = test.images[list(chosen)]
    for width, angle in zip(stroke_thickness(images), slant(images), strict=True):
        yield f"Strokes {width:.1f} pixels wide, leaning {abs(angle):.0f}° to the {'right' if angle > 0 else 'left'}"


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
