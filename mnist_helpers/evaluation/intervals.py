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


def f1_interval(hits: int, mistakes: int) -> tuple[float, float]:
    """A 95 % interval of F1 from the true positives and the false ones, positive and negative, together.

    Of the images that are the class or are taken for it, the share of hits J = TP / (TP + FP + FN) is a share like any
    other, and F1 = 2 J / (1 + J) rises with it. So the limits of the one are those of the other: the exact ones
    of Clopper and Pearson (1934), which hold the truth in at least 95 of 100 draws however close F1 is to 1. Wilson's
    holds it in 90 only where one draw in ten has an error at all.
    """
    if not hits + mistakes:
        return 0.0, 1.0
    share = binomtest(hits, hits + mistakes).proportion_ci(method="exact")
    return float(2 * share.low / (1 + share.low)), float(2 * share.high / (1 + share.high))


def score_intervals(labels: np.ndarray, predicted: np.ndarray, resamples: int = 2000, seed: int = 0) -> dict:
    """The 95 % intervals of precision, recall and F1, by class and averaged.

    `labels` and `predicted` are digits, (N,). Each interval is a list [low, high] of shares:

    - "per_class": one entry a digit. Wilson's interval of precision and recall, `f1_interval` of F1; a score without a
      denominator (0/0) may be anything, [0, 1].
    - "macro_avg", the plain mean of the ten, and "weighted_avg", the mean by class size: percentile intervals of the
      bootstrap (Efron, 1979). Drawing N images with replacement is one multinomial draw over the 100 cells of the
      confusion matrix, so no image is touched twice; 0/0 counts 0. Where no image is wrong, no resample can hold
      an error, and Wilson's interval of the accuracy takes over.

    Raises ValueError when there is no image, when the lengths differ, or when a value is no digit.
    """
    matrix = confusion_matrix(labels, predicted, labels=DIGITS)
    if not 0 < len(labels) == matrix.sum():
        raise ValueError("Scores need at least one image, and labels and predictions from 0 to 9.")
    hits = matrix.diagonal()
    per_class = [_class_intervals(*map(int, row)) for row in zip(hits, matrix.sum(0), matrix.sum(1), strict=True)]
    if hits.sum() == len(labels):
        averages = {score: list(wilson_interval(len(labels), len(labels))) for score in SCORES}
        return {"per_class": per_class, "macro_avg": averages, "weighted_avg": averages}
    draws = np.random.default_rng(seed).multinomial(len(labels), matrix.ravel() / matrix.sum(), size=resamples)
    matrices = draws.reshape(resamples, 10, 10)
    scores = _class_scores(matrices)
    weights = matrices.sum(axis=2)[:, :, None] / len(labels)
    return {
        "per_class": per_class,
        "macro_avg": _percentiles(scores.mean(axis=1)),
        "weighted_avg": _percentiles((scores * weights).sum(axis=1)),
    }


def _class_intervals(hits: int, taken: int, true: int) -> dict[str, list[float]]:
    """The intervals of a class from the images rightly taken for it, taken for it, and of it."""
    shares = [wilson_interval(hits, trials) if trials else (0.0, 1.0) for trials in (taken, true)]
    intervals = [*shares, f1_interval(hits, taken + true - 2 * hits)]
    return {score: list(interval) for score, interval in zip(SCORES, intervals, strict=True)}


def _class_scores(matrices: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of every class, (resamples, 10, 3); rows of a matrix are the truth."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    true, taken = matrices.sum(axis=2), matrices.sum(axis=1)
    # Wherever a denominator is 0, its numerator is 0 too, so that dividing by 1 gives the 0 that is meant.
    return np.stack(
        [hits / np.maximum(taken, 1), hits / np.maximum(true, 1), 2 * hits / np.maximum(true + taken, 1)], 2
    )


def _percentiles(scores: np.ndarray) -> dict[str, list[float]]:
    """The interval of each score from its values on the resamples, (resamples, 3)."""
    intervals = np.percentile(scores, [2.5, 97.5], axis=0)
    return dict(zip(SCORES, intervals.T.tolist(), strict=True))
