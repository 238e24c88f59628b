"""Accuracy against confidence in bins, of equal width and of equal mass, and how much of the distance is chance.

Everywhere `confidence` is the highest probability of each image, (N,), and `correct` says whether it is right, (N,).
"""

from itertools import pairwise

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display import BLUE, GREY, ORANGE, describe
from mnist_helpers.evaluation.intervals import wilson_interval

BINS = 15
DRAWS, MORE_DRAWS = 200, 1000
FINEST = 1e-5  # where the axes end: a confidence of 99.999 %


def equal_width(confidence: np.ndarray, correct: np.ndarray, seed: int) -> dict:
    """Calibration error, its noise floor and the 15 bins, `low` excluded and `high` included."""
    bins = np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1], right=True)
    floor = _chance(confidence, bins, seed, DRAWS)
    edges = list(pairwise(np.linspace(0, 1, BINS + 1).tolist()))
    return {
        "ece": _ece(confidence, correct, bins),
        "ece_noise_floor": {"mean": float(np.mean(floor)), "p95": float(np.percentile(floor, 95))},
        "bins": [
            {"low": low, "high": high, **_means(confidence, correct, bins == index)}
            for index, (low, high) in enumerate(edges)
        ],
    }


def equal_mass(confidence: np.ndarray, correct: np.ndarray, seed: int) -> dict:
    """The same in 15 bins that hold the same number of images; images of equal confidence stay together.

    "p_value" is the chance that a perfectly calibrated network scores an "ece" as large. Each bin has its 95 % Wilson
    interval of the accuracy, "ci95"; bins without an image are left out.
    """
    rank = np.searchsorted(np.sort(confidence), confidence)
    bins = rank * BINS // len(confidence)
    ece, floor = _ece(confidence, correct, bins), _chance(confidence, bins, seed, MORE_DRAWS)
    rows = []
    for inside in (bins == index for index in np.unique(bins)):
        interval = list(wilson_interval(int(correct[inside].sum()), int(inside.sum())))
        rows.append({**_means(confidence, correct, inside), "ci95": interval})
    return {
        "ece": ece,
        "ece_noise_floor": {"mean": float(np.mean(floor)), "p95": float(np.percentile(floor, 95))},
        "p_value": float((1 + (floor >= ece).sum()) / (1 + MORE_DRAWS)),
        "bins": rows,
    }


def plot_reliability(calibration: dict) -> Figure:
    """Accuracy, with 95 % intervals, in bins of equal mass, on axes that part 99 from 99.9 % as well as 90 from 99."""
    bins = calibration["equal_mass"]["bins"]
    left = [max(1 - entry["confidence"], FINEST) for entry in bins]
    wrong = [max(1 - entry["accuracy"], FINEST) for entry in bins]
    spans = [[max(1 - bound, FINEST) for bound in entry["ci95"]] for entry in bins]
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    axis.plot([1, FINEST], [1, FINEST], color=GREY, linestyle=":", label="perfectly calibrated")
    axis.vlines(left, *np.transpose(spans), color=BLUE, linewidth=1.2, label="95% interval")
    axis.plot(left, wrong, "o", color=ORANGE, markersize=5, clip_on=False, label="accuracy; at the top: no error")
    axis.set(title="Reliability", xlabel="Mean confidence", ylabel="Accuracy", xscale="log", yscale="log")
    axis.set(xlim=(1, FINEST), ylim=(1, FINEST))
    ticks = 10.0 ** -np.arange(6)
    names = [f"{100 * (1 - tick):g}%" for tick in ticks]
    axis.set_xticks(ticks, names)
    axis.set_yticks(ticks, names)
    axis.minorticks_off()
    axis.legend(loc="lower right")
    axis.grid(axis="both")
    above = sum(entry["ci95"][1] < entry["confidence"] for entry in bins)
    below = sum(entry["ci95"][0] > entry["confidence"] for entry in bins)
    return describe(
        figure,
        f"Accuracy against mean confidence in {len(bins)} bins of as many images each, with 95% intervals. In {above} "
        f"of them the network is surer than it may be, in {below} less sure; the mean distance is "
        f"{calibration['equal_mass']['ece']:.2%}.",
    )


def _chance(confidence: np.ndarray, bins: np.ndarray, seed: int, draws: int) -> np.ndarray:
    """The errors of networks with these confidences that are perfectly calibrated, (draws,)."""
    rng = np.random.default_rng(seed)
    return np.array([_ece(confidence, rng.random(len(bins)) < confidence, bins) for _ in range(draws)])


def _ece(confidence: np.ndarray, correct: np.ndarray, bins: np.ndarray) -> float:
    gaps = np.bincount(bins, weights=confidence - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _means(confidence: np.ndarray, correct: np.ndarray, inside: np.ndarray) -> dict:
    count = int(inside.sum())
    return {
        "count": count,
        "confidence": float(confidence[inside].mean()) if count else None,
        "accuracy": float(correct[inside].mean()) if count else None,
    }
