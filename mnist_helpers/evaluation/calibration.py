"""Does a confidence of 99 % mean 99 % right? Log loss, Brier score, calibration error, and temperature scaling.

Everywhere `logits` are the network's raw outputs, (N, 10), and `labels` the true digits, (N,). All is computed in
float64: a float32 softmax rounds the surest probabilities to 1.
"""

from itertools import pairwise

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from scipy.special import softmax
from sklearn.metrics import brier_score_loss

from mnist_helpers.display import BLUE, GREY, ORANGE, Table, describe
from mnist_helpers.network import Predictions, apply_temperature, fit_temperature
from mnist_helpers.network.temperature import check_logits, log_loss

BINS = 15
DRAWS = 200
NOTICEABLE = 0.0005  # a smaller change of the calibration error counts as none

MEASURES = (
    ("Log loss (nats)", "log_loss", "{:.4f}"),
    ("Brier score", "brier", "{:.4f}"),
    ("Expected calibration error (15 bins)", "ece", "{:.2%}"),
)


def measure_calibration(predictions: Predictions, on_validation: Predictions) -> dict:
    """How far the probabilities can be trusted, and what a temperature fitted on the validation images would change."""
    temperature = fit_temperature(on_validation.logits, on_validation.labels)
    scaled = score_probabilities(apply_temperature(predictions.logits, temperature), predictions.labels)
    return {
        **score_probabilities(predictions.logits, predictions.labels),
        "temperature": temperature,
        "with_temperature": {name: scaled[name] for _, name, _ in MEASURES},
    }


def tabulate_calibration(calibration: dict) -> Table:
    """Log loss, Brier score and calibration error, as stored and with the temperature."""
    return Table(
        "Calibration on the test images",
        ["Measure", "As stored", f"With temperature {calibration['temperature']:.2f}"],
        [
            (name, form.format(calibration[key]), form.format(calibration["with_temperature"][key]))
            for name, key, form in MEASURES
        ],
    )


def plot_reliability(calibration: dict) -> Figure:
    """Accuracy against confidence in each bin that holds images, above the number of images in it."""
    bins = calibration["bins"]
    used = [entry for entry in bins if entry["count"]]
    centres = [(entry["low"] + entry["high"]) / 2 for entry in used]
    width = bins[0]["high"] - bins[0]["low"]
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6, 5), height_ratios=[3, 1], sharex=True)
    upper.bar(centres, [entry["accuracy"] * 100 for entry in used], width * 0.92, color=BLUE, label="accuracy")
    upper.plot([0, 1], [0, 100], color=GREY, linestyle=":", label="perfectly calibrated")
    confidences = [entry["confidence"] for entry in used]
    upper.plot(
        confidences, [value * 100 for value in confidences], "o", color=ORANGE, markersize=4, label="mean confidence"
    )
    upper.set(title="Reliability", ylabel="Accuracy (%)", xlim=(0, 1), ylim=(0, 102))
    upper.legend(loc="upper left")
    lower.bar(centres, [entry["count"] for entry in used], width * 0.92, color=GREY)
    for centre, entry in zip(centres, used, strict=True):
        lower.annotate(f"{entry['count']:,}", (centre, entry["count"]), ha="center", va="bottom", fontsize=7)
    lower.set(xlabel="Confidence", ylabel="Images", yscale="log")
    lower.set_ylim(0.5, max(entry["count"] for entry in used) * 12)
    for axis in (upper, lower):
        axis.grid(axis="y")
    return describe(
        figure,
        f"Reliability diagram in {BINS} bins with the number of images in each. The expected calibration error is "
        f"{calibration['ece']:.2%}; {bins[-1]['count']:,} images lie in the bin of highest confidence.",
    )


def describe_calibration(calibration: dict) -> str:
    """Whether the calibration error is more than noise, and what the temperature would change."""
    ece, floor, scaled = calibration["ece"], calibration["ece_noise_floor"], calibration["with_temperature"]["ece"]
    found = "lies within that noise" if ece <= floor["p95"] else "is more than noise"
    gain = ece - scaled
    effect = "lowers" if gain > NOTICEABLE else "raises" if gain < -NOTICEABLE else "hardly changes"
    return (
        f"A perfectly calibrated network with these confidences would score {floor['mean']:.2%} on average and up to "
        f"{floor['p95']:.2%} in 95 of 100 cases, so the error of {ece:.2%} {found}. The temperature, fitted on the "
        f"validation images, {effect} the error on the test images ({scaled:.2%}); it is not used: the network was "
        "scaled in this way once, when its training ended."
    )


def score_probabilities(logits: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict:
    """How far the probabilities can be trusted, as plain numbers.

    - "log_loss": mean negative log-probability of the true digit, in nats.
    - "brier": squared differences from the true one-hot vector, summed over classes, mean over images; 0 to 2
      (Brier, 1950).
    - "ece": expected calibration error of the highest probability over 15 bins of equal width, a share (Naeini et al.,
      2015; Guo et al., 2017).
    - "ece_noise_floor": mean and 95th percentile of the "ece" that chance alone gives a perfectly calibrated model
      with the same confidences (200 draws from `seed`). An "ece" below that "p95" is no sign of miscalibration.
    - "bins": the 15 bins, `low` excluded and `high` included; mean confidence and accuracy are None in an empty one.

    Raises ValueError when there is no image, when shapes do not fit, or when a label is none of the classes.
    """
    logits, labels = check_logits(logits, labels)
    probabilities = softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    correct = logits.argmax(axis=1) == labels
    bins = _bin(confidence)
    rng = np.random.default_rng(seed)
    floor = [_ece(confidence, rng.random(len(labels)) < confidence, bins) for _ in range(DRAWS)]
    return {
        "log_loss": log_loss(logits, labels),
        "brier": float(brier_score_loss(labels, probabilities, labels=range(logits.shape[1]))),
        "ece": _ece(confidence, correct, bins),
        "ece_noise_floor": {"mean": float(np.mean(floor)), "p95": float(np.percentile(floor, 95))},
        "bins": _reliability(confidence, correct, bins),
    }


def _bin(confidence: np.ndarray) -> np.ndarray:
    return np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1], right=True)


def _ece(confidence: np.ndarray, correct: np.ndarray, bins: np.ndarray) -> float:
    gaps = np.bincount(bins, weights=confidence - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _reliability(confidence: np.ndarray, correct: np.ndarray, bins: np.ndarray) -> list[dict[str, float | None]]:
    rows = []
    for index, (low, high) in enumerate(pairwise(np.linspace(0, 1, BINS + 1).tolist())):
        inside = bins == index
        count = int(inside.sum())
        means = {
            "confidence": float(confidence[inside].mean()) if count else None,
            "accuracy": float(correct[inside].mean()) if count else None,
        }
        rows.append({"low": low, "high": high, "count": count, **means})
    return rows
