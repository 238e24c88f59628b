"""The misclassified images, the most confident mistake first: as a figure, and to be filtered, with what is known."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages, slant, stroke_thickness
from mnist_helpers.display import Card, Explorer, describe, percent, plot_gallery
from mnist_helpers.evaluation.slices import HALF, divide
from mnist_helpers.network import Predictions

SHOWN = 200
CONFIDENT = 0.9
# Each name is a class in the report's style, report/template/style.css.
FILTERS = {
    "doubtful": "Label in doubt",
    "confident": f"Sure ({CONFIDENT:.0%} or more)",
    "unsure": "Unsure",
    "first-half": "First half",
    "second-half": "Second half",
    "thin": "Thin strokes",
    "thick": "Thick strokes",
    "left-leaning": "Left-leaning",
    "right-leaning": "Right-leaning",
    "every-seed": "Missed by every seed",
}


def plot_errors(
    test: LabelledImages, predictions: Predictions, in_doubt: Collection[int] = (), limit: int = SHOWN
) -> Figure:
    """The first `limit` errors, each with true digit → prediction and confidence; labels `in_doubt` are marked."""
    chosen = predictions.errors[:limit]
    if not len(chosen):
        return plot_nothing("No image is misclassified.")
    captions = [caption(predictions, i) + "\nin doubt" * (i in in_doubt) for i in chosen.tolist()]
    return plot_gallery(test.images[chosen], captions)


def explore_errors(
    test: LabelledImages,
    predictions: Predictions,
    dataset: str,
    in_doubt: Collection[int] = (),
    others: Mapping[int, str] | None = None,
) -> Explorer:
    """The first SHOWN errors, the most confident first, to be filtered.

    Labels with the indices `in_doubt` are marked. `others` are the answers of the networks of other seeds, a digit an
    image (`read_answers`). Halves of the test file are told where `dataset` is "mnist".
    """
    errors = predictions.errors[:SHOWN].tolist()
    slices = {name.partition(",")[0]: inside for _, name, inside in divide(test, dataset)}
    cards = []
    for image, alt in zip(errors, looks(test, errors), strict=True):
        by_others = [answers[image] for answers in (others or {}).values()]
        passes = {
            "doubtful": image in in_doubt,
            "confident": predictions.confidence[image] >= CONFIDENT,
            "unsure": predictions.confidence[image] < CONFIDENT,
            "first-half": dataset == "mnist" and image < HALF,
            "second-half": dataset == "mnist" and image >= HALF,
            **{name: image in inside for name, inside in slices.items() if name in FILTERS},
            "every-seed": bool(by_others) and str(predictions.labels[image]) not in by_others,
        }
        notes = [_runner_up(predictions, image), _place(image, dataset)]
        notes += [_agreement(predictions, image, by_others)] if by_others else []
        notes += ["label in doubt"] if image in in_doubt else []
        cards.append(Card(test.images[image], alt, caption(predictions, image), notes, [*filter(passes.get, passes)]))
    return Explorer("Misclassified images", FILTERS, cards)


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


def _runner_up(predictions: Predictions, image: int) -> str:
    """The second most probable digit."""
    probabilities = predictions.probabilities[image]
    second = int(np.argsort(-probabilities, kind="stable")[1])
    share = probabilities[second]
    return f"then {second}, {f'{share:.1%}' if share >= 0.001 else '<0.1%'}"


def _place(image: int, dataset: str) -> str:
    """Its index among the test images, and their half."""
    half = f", {'1st' if image < HALF else '2nd'} half" if dataset == "mnist" else ""
    return f"#{image}{half}"


def _agreement(predictions: Predictions, image: int, by_others: list[str]) -> str:
    """How many of the seeds, this network's among them, give the same answer, and how many the right one."""
    same = 1 + by_others.count(str(predictions.predicted[image]))
    right = by_others.count(str(predictions.labels[image]))
    return f"{same} same, {right} right"
