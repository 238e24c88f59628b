"""Thresholds of confidence: how many images each answers, how many of those answers are wrong, and which to choose.

Everywhere `confidence` says how sure the classifier is of each image, (N,), higher is surer, on any scale; `correct`
says whether it is right, (N,).
"""

import numpy as np

from mnist_helpers.evaluation.intervals import Z

TARGET = 0.001  # the share of answers that may be wrong


def errors_left(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of the least certain images are refused, from none to all, and how many errors are left then.

    That is the risk–coverage curve (El-Yaniv and Wiener, 2010) in counts. A threshold cannot part images of equal
    confidence, and any order among them would be chance or, worse, look at the answers: they are refused together. So
    the same images in another order give the same curve.

    Raises ValueError when there is no image, when the lengths differ, or when a confidence is no number.
    """
    _, answered, wrong = _by_threshold(confidence, correct)
    return answered[-1] - np.append(answered[::-1], 0), np.append(wrong[::-1], 0).astype(int)


def score_selection(confidence: np.ndarray, correct: np.ndarray, target_error: float = TARGET) -> dict:
    """How much can be answered alone when at most `target_error` of the answers, a share, may be wrong.

    - "aurc": the area under the risk–coverage curve, as the mean of the risk over k = 1 … N; lower is better, and a
      confidence that says nothing scores the error rate itself (Geifman and El-Yaniv, 2017). Images of equal
      confidence share the risk of the last of them.
    - "coverage", "answered": the largest share and number of images with an error share within the target; 0 if none.
    - "threshold": the lowest confidence answered then; None if none.

    The threshold is the best one for these very images, so on them the target is met by construction. To promise it for
    new images, take `assured_threshold` of validation images and measure on others.

    Raises ValueError as `errors_left` does.
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

    Raises ValueError as `errors_left` does.
    """
    thresholds, answered, wrong = _by_threshold(confidence, correct)
    within = np.flatnonzero(_upper_bound(wrong, answered) <= target_error)
    return float(thresholds[within[-1]]) if len(within) else None


def _upper_bound(wrong: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """The upper end of `wilson_interval` of many shares at once."""
    spread = Z * np.sqrt(wrong * (answered - wrong) / answered + Z**2 / 4)
    return (wrong + Z**2 / 2 + spread) / (answered + Z**2)


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
