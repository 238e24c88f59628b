"""How sure the scores are: 95 % intervals of a share and of precision, recall and F1."""

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

DIGITS = range(10)
SCORES = ("precision", "recall", "f1")


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927): the lower and the upper share; `trials` above 0."""
    interval = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap_scores(labels: np.ndarray, predicted: np.ndarray, resamples: int = 2000, seed: int = 0) -> dict:
    """The 95 % percentile intervals (Efron, 1979) of precision, recall and F1, by class and averaged.

    `labels` and `predicted` are digits, (N,). Drawing N images with replacement is one multinomial draw over the 100
    cells of the confusion matrix, so no image is touched twice. A score without a denominator (0/0) counts 0.

    Each interval is a list [low, high] of shares: "per_class" has one entry a digit, "macro_avg" is the plain mean of
    the ten, "weighted_avg" their mean by the resample's own class sizes. A score of exactly 1 has the interval [1, 1],
    for a resample cannot hold an error that never occurred: `wilson_interval` is the honest one there.

    Raises ValueError when there is no image, when the lengths differ, or when a value is no digit.
    """
    matrix = confusion_matrix(labels, predicted, labels=DIGITS)
    if not 0 < len(labels) == matrix.sum():
        raise ValueError("Scores need at least one image, and labels and predictions from 0 to 9.")
    draws = np.random.default_rng(seed).multinomial(len(labels), matrix.ravel() / matrix.sum(), size=resamples)
    matrices = draws.reshape(resamples, 10, 10)
    scores = _class_scores(matrices)
    weights = matrices.sum(axis=2)[:, :, None] / len(labels)
    per_class = _intervals(scores)
    return {
        "per_class": [_named(per_class[:, digit]) for digit in DIGITS],
        "macro_avg": _named(_intervals(scores.mean(axis=1))),
        "weighted_avg": _named(_intervals((scores * weights).sum(axis=1))),
    }


def _class_scores(matrices: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of every class, (resamples, 10, 3); rows of a matrix are the truth."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    true, taken = matrices.sum(axis=2), matrices.sum(axis=1)
    # Wherever a denominator is 0, its numerator is 0 too, so that dividing by 1 gives the 0 that is meant.
    return np.stack(
        [hits / np.maximum(taken, 1), hits / np.maximum(true, 1), 2 * hits / np.maximum(true + taken, 1)], 2
    )


def _intervals(scores: np.ndarray) -> np.ndarray:
    return np.percentile(scores, [2.5, 97.5], axis=0)


def _named(intervals: np.ndarray) -> dict[str, list[float]]:
    return dict(zip(SCORES, intervals.T.tolist(), strict=True))
