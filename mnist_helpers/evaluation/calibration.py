"""Does a confidence of 99 % mean 99 % right? Log loss, Brier score, calibration error, and temperature scaling.

Everywhere `logits` are the network's raw outputs, (N, 10), and `labels` the true digits, (N,). All is computed in
float64: a float32 softmax rounds the surest probabilities to 1.
"""

import numpy as np
from scipy.special import softmax

from mnist_helpers.network.temperature import check_logits, log_loss

BINS = 15
DRAWS = 200


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
    logits, labels = check_logits(logits, labels)
    probabilities = softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    correct = logits.argmax(axis=1) == labels
    bins = _bin(confidence)
    rng = np.random.default_rng(seed)
    floor = [_ece(confidence, rng.random(len(labels)) < confidence, bins) for _ in range(DRAWS)]
    return {
        "log_loss": log_loss(logits, labels),
        "brier": float(((probabilities - np.eye(logits.shape[1])[labels]) ** 2).sum(axis=1).mean()),
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
