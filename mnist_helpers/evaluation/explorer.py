"""The misclassified images with all that is known of each: what else it might be, where it lies, who else erred."""

from collections.abc import Collection, Mapping

import numpy as np

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import Card, Explorer
from mnist_helpers.evaluation.errors import CONFIDENT, SHOWN, caption, looks
from mnist_helpers.evaluation.slices import HALF, SLANT, THICKNESS, divide
from mnist_helpers.network import Predictions

# Each name is a class in the report's style, report/template/style.css.
FILTERS = {
    "doubtful": "Label in doubt",
    "confident": f"Confidence {CONFIDENT:.0%} or more",
    "unsure": f"Confidence below {CONFIDENT:.0%}",
    "first-half": "First half of the test file",
    "second-half": "Second half",
    **{name: f"{name.capitalize()} strokes" for name in THICKNESS},
    **{name: name.capitalize() for name in SLANT},
    "every-seed": "Missed by every seed",
}


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
            **{name: image in slices[name] for name in (*THICKNESS, *SLANT)},
            "every-seed": bool(by_others) and str(predictions.labels[image]) not in by_others,
        }
        notes = [_runner_up(predictions, image), _place(image, dataset)]
        notes += [_agreement(predictions, image, by_others)] if by_others else []
        notes += ["label in doubt"] if image in in_doubt else []
        cards.append(Card(test.images[image], alt, caption(predictions, image), notes, [*filter(passes.get, passes)]))
    return Explorer("Misclassified images", FILTERS, cards)


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
