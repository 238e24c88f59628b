"""How sure a network sounds: one number, fitted on validation images, by which its logits are divided.

Everywhere `logits` are the network's raw outputs, (N, 10), and `labels` the true digits, (N,). All is computed in
float64: a float32 softmax rounds the surest probabilities to 1.
"""

import numpy as np
from scipy.special import log_softmax, softmax

TEMPERATURES = (0.05, 20.0)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the lowest log loss (Guo et al., 2017); above 1, the network was too sure of itself.

    Fit it on validation images, never on the test set. The search runs from 0.05 to 20. When every one of n images is
    classified correctly, the loss only falls as the temperature goes to 0; the temperature is then the one with a mean
    confidence of (n + 1) / (n + 2), which is what n right answers of n speak for (Laplace's rule of succession).
    """
    logits = logits.astype(np.float64)
    if (logits.argmax(axis=1) == labels).all():
        return _succession_temperature(logits)
    from scipy.optimize import minimize_scalar  # here, since answering needs none of it

    found = minimize_scalar(
        lambda log_temperature: log_loss(apply_temperature(logits, np.exp(log_temperature)), labels),
        bounds=np.log(TEMPERATURES),
        method="bounded",
    )
    return float(np.exp(found.x))


def _succession_temperature(logits: np.ndarray) -> float:
    from scipy.optimize import brentq

    wanted = (len(logits) + 1) / (len(logits) + 2)

    def excess(log_temperature: float) -> float:
        return softmax(logits / np.exp(log_temperature), axis=1).max(axis=1).mean() - wanted

    low, high = np.log(TEMPERATURES)
    if excess(low) <= 0 or excess(high) >= 0:
        return 1.0
    return float(np.exp(brentq(excess, low, high)))


def apply_temperature(logits: np.ndarray, temperature: float) -> np.ndarray:
    """The logits divided by `temperature`: other confidences, the same digits."""
    return logits / temperature


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-probability of the true digit, in nats."""
    # sklearn.metrics.log_loss takes probabilities: a mistake of probability 0 in float64 would be clipped, not counted.
    return -float(log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())
