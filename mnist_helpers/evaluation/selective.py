"""Knowing when not to answer: how many images can be answered alone, and how many of those answers are wrong.

Everywhere `confidence` says how sure the classifier is of each image, (N,), higher is surer, on any scale; `correct`
says whether it is right, (N,).
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from scipy.stats import norm

from mnist_helpers.display import BLUE, GREY, ORANGE, describe, percent_range
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions

TARGET = 0.001  # the share of answers that may be wrong
Z = float(norm.ppf(0.975))


def measure_selective(predictions: Predictions, on_validation: Predictions) -> dict:
    """The curve's figures on the test images, and what thresholds chosen on the validation images do there.

    "by_validation" is the threshold that meets the target on the validation images, "assured" the one whose upper
    bound there does (see `assured_threshold`). Each has "threshold" (None if there is none), the test images
    "answered", the "errors" among them, and "ci95", the 95 % Wilson interval of their share (None without an answer).
    """
    chosen = score_selection(on_validation.confidence, on_validation.correct)["threshold"]
    assured = assured_threshold(on_validation.confidence, on_validation.correct)
    return {
        **score_selection(predictions.confidence, predictions.correct),
        "by_validation": _apply(chosen, predictions),
        "assured": _apply(assured, predictions),
    }


def plot_risk_coverage(predictions: Predictions, selective: dict) -> Figure:
    """The share of errors among the answered images against the share answered, with the target marked."""
    coverage, risk = risk_coverage(predictions.confidence, predictions.correct)
    target, reached = selective["target_error"], selective["coverage"]
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
    return describe(
        figure,
        f"Share of errors against the share of images answered. At {reached:.1%} coverage the error is at most "
        f"{target:.1%}; at full coverage it is {risk[-1]:.2%}.",
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


def risk_coverage(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The risk–coverage curve (El-Yaniv and Wiener, 2010), from the surest image alone to all of them.

    Coverage is the share k/N of images answered, risk the share of errors among those k most confident ones. A
    threshold cannot part images of equal confidence, and any order among them would be chance or, worse, look at the
    answers: they are answered together or not at all. So the curve has one point for each distinct confidence, that is
    one for each k = 1 … N when no two are equal, and the same images in another order give the same curve.

    Raises ValueError when there is no image, when the lengths differ, or when a confidence is no number.
    """
    _, answered, wrong = _by_threshold(confidence, correct)
    return answered / answered[-1], wrong / answered


def score_selection(confidence: np.ndarray, correct: np.ndarray, target_error: float = TARGET) -> dict:
    """How much can be answered alone when at most `target_error` of the answers, a share, may be wrong.

    - "aurc": the area under the risk–coverage curve, as the mean of the risk over k = 1 … N; lower is better, and a
      confidence that says nothing scores the error rate itself (Geifman and El-Yaniv, 2017). Images of equal
      confidence share the risk of the last of them.
    - "coverage", "answered": the largest share and number of images with an error share within the target; 0 if none.
    - "threshold": the lowest confidence answered then; None if none.

    The threshold is the best one for these very images, so on them the target is met by construction. To promise it for
    new images, take `assured_threshold` of validation images and measure on others.

    Raises ValueError as `risk_coverage` does.
    """
    thresholds, answered, wrong = _by_threshold(confidence, correct)
    risk = wrong / answered
    within = np.flatnonzero(risk <= target_error)
    last = within[-1] if len(within) else None
    return {
        "aurc": float((risk * np.diff(answered, prepend=0)).sum() / answered[-1]),
        "target_error": target_error,
        "coverage": 0.0 if last is None else float(answered[last] / answered[-1]),
        "answered": 0 if last is None else int(answered[last]),
        "threshold": None if last is None else float(thresholds[last]),
    }


def assured_threshold(confidence: np.ndarray, correct: np.ndarray, target_error: float = TARGET) -> float | None:
    """The lowest confidence from which on the upper end of the errors' 95 % Wilson interval is within the target.

    None if there is none: without a single error it takes z² (1 − t) / t answers for a target t, 3,838 for 0.1 %. The
    bound is that of one threshold; that it is the lowest of several makes it a little less sure.

    Raises ValueError as `risk_coverage` does.
    """
    thresholds, answered, wrong = _by_threshold(confidence, correct)
    within = np.flatnonzero(_upper_bound(wrong, answered) <= target_error)
    return float(thresholds[within[-1]]) if len(within) else None


def _upper_bound(wrong: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """The upper end of `wilson_interval` of many shares at once."""
    spread = Z * np.sqrt(wrong * (answered - wrong) / answered + Z**2 / 4)
    return (wrong + Z**2 / 2 + spread) / (answered + Z**2)


def _apply(threshold: float | None, predictions: Predictions) -> dict:
    answered = predictions.confidence >= (np.inf if threshold is None else threshold)
    number, wrong = int(answered.sum()), int((answered & ~predictions.correct).sum())
    interval = list(wilson_interval(wrong, number)) if number else None
    return {"threshold": threshold, "answered": number, "errors": wrong, "ci95": interval}


def _outcome(applied: dict) -> str:
    interval = f" (95% interval {percent_range(applied['ci95'])})" if applied["ci95"] else ""
    return f"{applied['answered']:,} of them with {applied['errors']} errors{interval}"


def _describe_assured(assured: dict, target: float) -> str:
    if assured["threshold"] is None:
        needed = int(np.ceil(Z**2 * (1 - target) / target))
        return (
            f"No threshold assures it: none has an upper bound within {target:.1%} on the validation images, which "
            f"takes at least {needed:,} answers without an error."
        )
    return (
        f"Assured is a confidence of {assured['threshold']:.2%}, the lowest whose upper bound on the validation images "
        f"is within {target:.1%}: it answers {_outcome(assured)}."
    )


def _by_threshold(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct confidences, highest first, and how many images at or above each are answered and wrong."""
    confidence, correct = np.asarray(confidence), np.asarray(correct, dtype=bool)
    if confidence.ndim != 1 or confidence.shape != correct.shape or not len(confidence):
        raise ValueError(f"Expected one confidence an image, not {confidence.shape} for {correct.shape} images.")
    if np.isnan(confidence).any():
        raise ValueError("Some confidences are not numbers.")
    thresholds, group = np.unique(confidence, return_inverse=True)
    answered = np.bincount(group)[::-1].cumsum()
    wrong = np.bincount(group, weights=~correct)[::-1].cumsum()
    return thresholds[::-1], answered, wrong
