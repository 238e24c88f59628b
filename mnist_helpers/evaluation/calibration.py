"""Does a confidence of 99 % mean 99 % right? Log loss, Brier score, calibration error, and temperature scaling.

Everywhere `logits` are the network's raw outputs, (N, 10), and `labels` the true digits, (N,). All is computed in
float64: a float32 softmax rounds the surest probabilities to 1.
"""

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax

BINS = 15
DRAWS = 200
TEMPERATURES = (0.05, 20.0)


def calibration_metrics(logits: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict:
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
    logits, labels = _checked(logits, labels)
    probabilities = softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    correct = logits.argmax(axis=1) == labels
    bins = _bin(confidence)
    rng = np.random.default_rng(seed)
    floor = [_ece(confidence, rng.random(len(labels)) < confidence, bins) for _ in range(DRAWS)]
    return {
        "log_loss": _log_loss(logits, labels),
        "brier": float(((probabilities - np.eye(logits.shape[1])[labels]) ** 2).sum(axis=1).mean()),
        "ece": _ece(confidence, correct, bins),
        "ece_noise_floor": {"mean": float(np.mean(floor)), "p95": float(np.percentile(floor, 95))},
        "bins": _reliability(confidence, correct, bins),
    }


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the lowest log loss (Guo et al., 2017); above 1, the network was too sure of itself.

    Fit it on validation images, never on the test set. The search runs from 0.05 to 20. When every one of n images is
    classified correctly, the loss only falls as the temperature goes to 0; the temperature is then the one with a mean
    confidence of (n + 1) / (n + 2), which is what n right answers of n speak for (Laplace's rule of succession).

    Raises ValueError as `calibration_metrics` does.
    """
    logits, labels = _checked(logits, labels)
    if (logits.argmax(axis=1) == labels).all():
        return _succession_temperature(logits)
    found = minimize_scalar(
        lambda log_temperature: _log_loss(apply_temperature(logits, np.exp(log_temperature)), labels),
        bounds=np.log(TEMPERATURES),
        method="bounded",
    )
    return float(np.exp(found.x))


def _succession_temperature(logits: np.ndarray) -> float:
    wanted = (len(logits) + 1) / (len(logits) + 2)

    def excess(log_temperature: float) -> float:
        return softmax(logits / np.exp(log_temperature), axis=1).max(axis=1).mean() - wanted

    low, high = np.log(TEMPERATURES)
    if excess(low) <= 0 or excess(high) >= 0:
        return 1.0
    return float(np.exp(brentq(excess, low, high)))


def apply_temperature(logits: np.ndarray, temperature: float) -> np.ndarray:
    """The logits divided by `temperature`: other confidences, the same digits.

    Raises ValueError unless `temperature` is positive.
    """
    if not temperature > 0:
        raise ValueError(f"A temperature must be positive, not {temperature}.")
    return np.asarray(logits) / temperature


def _checked(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if logits.ndim != 2 or labels.shape != (len(logits),) or not len(labels):
        raise ValueError(f"Expected logits (N, classes) and labels (N,), not {logits.shape} and {labels.shape}.")
    if not np.isfinite(logits).all():
        raise ValueError("Some logits are not finite.")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"Labels must run from 0 to {logits.shape[1] - 1}.")
    return logits, labels


def _log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    # sklearn.metrics.log_loss takes probabilities: a mistake of probability 0 in float64 would be clipped, not counted.
    return -float(log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def _bin(confidence: np.ndarray) -> np.ndarray:
    return np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1], right=True)


def _ece(confidence: np.ndarray, correct: np.ndarray, bins: np.ndarray) -> float:
    gaps = np.bincount(bins, weights=confidence - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _reliability(confidence: np.ndarray, correct: np.ndarray, bins: np.ndarray) -> list[dict[str, float | None]]:
    edges = np.linspace(0, 1, BINS + 1).tolist()
    rows = []
    for index in range(BINS):
        inside = bins == index
        count = int(inside.sum())
        rows.append(
            {
                "low": edges[index],
                "high": edges[index + 1],
                "count": count,
                "confidence": float(confidence[inside].mean()) if count else None,
                "accuracy": float(correct[inside].mean()) if count else None,
            }
        )
    return rows
