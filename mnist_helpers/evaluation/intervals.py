"""How sure the scores are: intervals of a proportion and of class scores, and a paired test of two classifiers."""

import math

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

DIGITS = range(10)
SCORES = ("precision", "recall", "f1")


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a proportion (Wilson, 1927); the default `z` gives 95 %.

    Two shares between 0 and 1, the lower first. Needs at least one trial.
    """
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low, high = (centre - half) / (1 + z**2 / trials), (centre + half) / (1 + z**2 / trials)
    return max(low, 0.0), min(high, 1.0)  # rounding may step over an end by 1e-16


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


def mcnemar_exact(correct_a: np.ndarray, correct_b: np.ndarray) -> dict[str, int | float]:
    """Are two classifiers equally good on the same images? The exact test of McNemar (1947), two-sided.

    `correct_a` and `correct_b` say of each image, in the same order, whether the first and the second classifier are
    right, (N,). Only images on which they differ count: how many the first alone has right, how many the second alone,
    and the chance of a split at least as uneven if both were equally good (1 when they never differ).

    Raises ValueError when the lengths differ.
    """
    first, second = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError(f"A paired test needs the same images twice: {first.shape} against {second.shape}.")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differing = only_first + only_second
    p_value = float(binomtest(only_first, differing).pvalue) if differing else 1.0
    return {"only_first": only_first, "only_second": only_second, "p_value": p_value}


def verdict(comparison: dict, alpha: float = 0.05) -> str:
    """What `mcnemar_exact` says of the first classifier: "better", "worse" or "not distinguishable"."""
    if comparison["p_value"] >= alpha:
        return "not distinguishable"
    return "better" if comparison["only_first"] > comparison["only_second"] else "worse"


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
