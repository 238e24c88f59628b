"""Knowing when not to answer: how many images can be answered alone, and how many of those answers are wrong."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display import BLUE, GREY, ORANGE, Table, describe, percent, percent_range
from mnist_helpers.evaluation.intervals import Z, wilson_interval
from mnist_helpers.evaluation.thresholds import assured_threshold, errors_left, score_selection
from mnist_helpers.network import Predictions

FIXED = (0.5, 0.9, 0.99)
FROM_VALIDATION = {"chosen on validation": "by_validation", "assured by validation": "assured"}


def measure_selective(predictions: Predictions, on_validation: Predictions) -> dict:
    """The curve's figures on the test images, and what thresholds chosen on the validation images do there.

    "by_validation" is the threshold that meets the target on the validation images, "assured" the one whose upper
    bound there does (see `assured_threshold`), "fixed" are the round ones of FIXED. Each has "threshold" (None if there
    is none), the test images "answered", the "errors" among them, "ci95", the 95 % Wilson interval of their share (None
    without an answer), the images "refused", and those of them that were "refused_right".
    """
    chosen = score_selection(on_validation.confidence, on_validation.correct)["threshold"]
    assured = assured_threshold(on_validation.confidence, on_validation.correct)
    return {
        **score_selection(predictions.confidence, predictions.correct),
        "by_validation": apply_threshold(chosen, predictions),
        "assured": apply_threshold(assured, predictions),
        "fixed": [apply_threshold(threshold, predictions) for threshold in FIXED],
    }


def plot_risk_coverage(predictions: Predictions, selective: dict) -> Figure:
    """The errors left among the answered images against the images refused, with the thresholds from validation."""
    images, target = len(predictions.labels), selective["target_error"]
    refused, left = errors_left(predictions.confidence, predictions.correct)
    figure, axis = plt.subplots(figsize=(6.4, 2.8))
    axis.step(refused, left, where="post", color=BLUE)
    axis.plot(refused, target * (images - refused), color=GREY, linestyle=":", label=f"{target:.1%} of the answers")
    marks = []
    for (name, kind), marker in zip(FROM_VALIDATION.items(), "os", strict=True):
        point = selective[kind]
        if point["threshold"] is not None:
            label = f"{name}: {point['refused']:,} refused, {point['errors']:,} left"
            axis.plot(point["refused"], point["errors"], marker, color=ORANGE, label=label)
            marks.append(label)
    axis.set_xscale("symlog", linthresh=1, linscale=0.4)
    axis.set(title="Risk and coverage", xlabel="Images refused, the least certain first", ylabel="Errors left")
    axis.set(xlim=(0, images), ylim=(0, max(1, left[0]) * 1.05))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.legend(loc="upper right")
    axis.grid(axis="both")
    said = [_describe_curve(refused, left), *(f"Marked: {mark}." for mark in marks)]
    return describe(figure, " ".join(said))


def tabulate_selective(selective: dict) -> Table:
    """What to refuse and what that costs, by threshold, the lowest first."""
    rows = [(f"{point['threshold']:.0%}", point) for point in selective["fixed"]]
    for name, kind in FROM_VALIDATION.items():
        if selective[kind]["threshold"] is not None:
            rows.append((f"{percent(selective[kind]['threshold'], 2)}, {name}", selective[kind]))
    rows.sort(key=lambda row: row[1]["threshold"])
    return Table(
        "What to refuse, and what that costs",
        ["Refuse below", "Images refused", "Of them right", "Errors left", "Error, 95% interval"],
        [
            (
                name,
                f"{point['refused']:,}",
                f"{point['refused_right']:,}",
                f"{point['errors']:,}",
                percent_range(point["ci95"]) if point["ci95"] else "",
            )
            for name, point in rows
        ],
    )


def describe_selective(selective: dict, images: int) -> str:
    """How many of the `images` can be answered, by the best threshold and by those chosen on the validation images."""
    target, chosen = selective["target_error"], selective["by_validation"]
    text = (
        f"Of the {images:,} test images {selective['answered']:,} ({selective['coverage']:.2%}) can be answered "
        f"with at most {target:.1%} error. That is the best threshold for these very images. One chosen on the "
        f"validation images in the same way answers {_outcome(chosen)}; the rest would go to a person. "
    )
    if chosen["ci95"]:
        kept = chosen["ci95"][1] <= target
        text += f"So {target:.1%} is {'kept' if kept else 'not assured'} on images like these. "
    return text + _describe_assured(selective["assured"], target)


def apply_threshold(threshold: float | None, predictions: Predictions) -> dict:
    """What a threshold does to these answers; without one none is given (see `measure_selective` for the keys)."""
    answered = predictions.confidence >= (np.inf if threshold is None else threshold)
    number, wrong = int(answered.sum()), int((answered & ~predictions.correct).sum())
    return {
        "threshold": threshold,
        "answered": number,
        "errors": wrong,
        "ci95": list(wilson_interval(wrong, number)) if number else None,
        "refused": len(answered) - number,
        "refused_right": int((~answered & predictions.correct).sum()),
    }


def _describe_curve(refused: np.ndarray, left: np.ndarray) -> str:
    """The errors left with none refused, and with as many as each power of ten."""
    powers = 10 ** np.arange(len(str(refused[-1])))
    points = [(int(k), left[np.searchsorted(refused, k, side="right") - 1]) for k in powers if k < refused[-1]]
    said = "".join(f"; {errors:,} with at most {k:,} refused" for k, errors in points)
    return f"Errors left among the answered images: {left[0]:,} with none refused{said}."


def _outcome(applied: dict) -> str:
    interval = f" (95% interval {percent_range(applied['ci95'])})" if applied["ci95"] else ""
    return f"{applied['answered']:,} of them with {applied['errors']} errors{interval}"


def _describe_assured(assured: dict, target: float) -> str:
    if assured["threshold"] is None:
        needed = int(np.ceil(Z**2 * (1 - target) / target))
        return (
            f"Beforehand no threshold could promise it: none has an upper bound within {target:.1%} on the validation "
            f"images, which takes at least {needed:,} answers without an error."
        )
    return (
        f"Assured is a confidence of {assured['threshold']:.2%}, the lowest whose upper bound on the validation images "
        f"is within {target:.1%}: it answers {_outcome(assured)}."
    )
