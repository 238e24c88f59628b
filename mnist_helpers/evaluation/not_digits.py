"""What is no digit: how much of it is refused, and with what confidence the rest is called a digit."""

import numpy as np
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import Table, describe, percent, plot_gallery
from mnist_helpers.network import Predictions

SURE = 0.99
LITTLE = 0.05  # of a kind may pass where a threshold is called a guard
EACH = 8  # images of a kind in the figure


def measure_not_digits(answers: dict[str, Predictions], selective: dict) -> dict:
    """What becomes of each kind of `draw_not_digits` at the threshold chosen on the validation images.

    "threshold" is None where there is none: then nothing is refused. Each of the "kinds" has counts: its images "n",
    how many are "refused", how many answered with more than SURE confidence ("sure"), how many rightly ("right",
    printed digits only); the "median_confidence" of the answered, a share, and the digit "named" most often among them,
    "named_count" times (None and 0 where none is answered).
    """
    threshold = selective["by_validation"]["threshold"]
    return {
        "threshold": threshold,
        "kinds": [{"kind": kind, **_measure(predictions, threshold or 0)} for kind, predictions in answers.items()],
    }


def tabulate_not_digits(not_digits: dict) -> Table:
    """A line for each kind."""
    return Table(
        "What is no digit, below printed digits; confidence and digit of what is not refused",
        ["Kind", "Images", "Refused", f"Above {SURE:.0%}", "Median confidence", "Most often"],
        [
            (
                entry["kind"].capitalize(),
                f"{entry['n']:,}",
                percent(entry["refused"] / entry["n"], 1),
                percent(entry["sure"] / entry["n"], 1),
                percent(entry["median_confidence"], 1) if _answered(entry) else "",
                f"{entry['named']} ({entry['named_count']:,} times)" if _answered(entry) else "",
            )
            for entry in not_digits["kinds"]
        ],
    )


def plot_not_digits(pictures: dict[str, LabelledImages], answers: dict[str, Predictions], not_digits: dict) -> Figure:
    """Some of each kind in a row, from the surest answer to the least sure, with answer and confidence."""
    threshold = not_digits["threshold"] or 0
    shown = {kind: _spread(predictions.confidence) for kind, predictions in answers.items()}
    captions = {kind: [_caption(answers[kind], i, threshold) for i in images] for kind, images in shown.items()}
    figure = plot_gallery(
        np.concatenate([pictures[kind].images[images] for kind, images in shown.items()]),
        [caption for row in captions.values() for caption in row],
        columns=EACH,
        row_names=list(shown),
    )
    rows = (f"{kind}: {'; '.join(row)}" for kind, row in captions.items())
    return describe(
        figure, f"{EACH} images of each kind, the surest answer first. {'. '.join(rows)}.".replace("\n", " ")
    )


def describe_not_digits(not_digits: dict) -> str:
    """How much is refused of what is no digit, what the rest is called, and how printed digits fare beside it."""
    printed, letters, *others = not_digits["kinds"]
    if not_digits["threshold"] is None:
        return "No threshold meets the target on the validation images, so nothing is refused: all is called a digit."
    return (
        f"At the threshold chosen on the validation images ({percent(not_digits['threshold'], 2)}) "
        f"{_refused(letters)} are refused{_named(letters)}; of the rest {', '.join(map(_refused, others))}. "
        f"{_judged([letters, *others])} Of {printed['n']:,} printed digits {_share_refused(printed)} are refused and "
        f"{percent(printed['right'] / printed['n'])} answered rightly."
    )


def _measure(predictions: Predictions, threshold: float) -> dict:
    answered = predictions.confidence >= threshold
    confidence, named = predictions.confidence[answered], np.bincount(predictions.predicted[answered], minlength=10)
    return {
        "n": len(answered),
        "refused": int((~answered).sum()),
        "sure": int((confidence > SURE).sum()),
        "right": int(predictions.correct[answered].sum()),
        "median_confidence": float(np.median(confidence)) if len(confidence) else None,
        "named": int(named.argmax()) if len(confidence) else None,
        "named_count": int(named.max()),
    }


def _answered(entry: dict) -> int:
    return entry["n"] - entry["refused"]


def _share_refused(entry: dict) -> str:
    return percent(entry["refused"] / entry["n"])


def _refused(entry: dict) -> str:
    return f"{_share_refused(entry)} of {entry['n']:,} {entry['kind']}"


def _named(entry: dict) -> str:
    if not _answered(entry):
        return ""
    median = percent(entry["median_confidence"], 1)
    return f", the others called digits with a median confidence of {median}, most often a {entry['named']}"


def _judged(kinds: list[dict]) -> str:
    worst = max(kinds, key=lambda entry: _answered(entry) / entry["n"])
    passed = _answered(worst) / worst["n"]
    if passed <= LITTLE:
        return f"So the threshold keeps out what is no digit, too: of no kind more than {percent(passed)} pass."
    return (
        "So a threshold against errors among digits is **no guard against what is none**, least of all against "
        f"{worst['kind']}, of which {percent(passed)} pass for digits."
    )


def _spread(confidence: np.ndarray) -> np.ndarray:
    """The indices of EACH images, evenly from the highest confidence to the lowest."""
    surest_first = np.argsort(-confidence, kind="stable")
    return surest_first[np.linspace(0, len(confidence) - 1, EACH).round().astype(int)]


def _caption(predictions: Predictions, image: int, threshold: float) -> str:
    confidence = float(predictions.confidence[image])
    return f"{predictions.predicted[image]}, {percent(confidence)}" + "\nrefused" * (confidence < threshold)
