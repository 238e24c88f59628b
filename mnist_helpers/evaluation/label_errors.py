"""The known label errors of the MNIST test set, and what they cost or give the score."""

from itertools import chain

import numpy as np

from mnist_helpers.evaluation.intervals import wilson_interval

# Indices into the test images as torchvision orders them, by what five annotators saw: most saw the digit that the
# authors' method had proposed instead, most saw neither that nor the label, or no answer had a majority.
# Northcutt, Athalye and Mueller, "Pervasive label errors in test sets destabilize machine learning benchmarks", 2021;
# the votes are in mturk/mnist_mturk.json of github.com/cleanlab/label-errors.
LABEL_ERRORS = {
    "other label": (947, 1621, 1901, 2462, 2597, 3558, 5937, 6651, 6783, 9729),
    "neither": (2654, 3520, 9679),
    "no majority": (2130, 8527),
}


def label_error_metrics(predicted: np.ndarray, labels: np.ndarray) -> dict:
    """The score with and without the known label errors, from digits `predicted` and `labels`, (N,), of MNIST's test.

    - "n" and "indices": how many label errors are known, and which by kind.
    - "accuracy_raw", "ci95_raw", "errors_raw": the score on all images; a share, its Wilson interval, a count.
    - "accuracy_without", "ci95_without", "errors_without": the same on all other images. No label is replaced, for
      that would be a choice in someone's favour.
    - "errors_among": how many of the raw errors fall on a known label error.

    Raises ValueError when the lengths differ or when there are too few images for MNIST's test set.
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    known = sorted(chain.from_iterable(LABEL_ERRORS.values()))
    if predicted.shape != labels.shape or len(labels) <= known[-1]:
        raise ValueError(f"MNIST's test labels are wanted: {predicted.shape} predictions, {labels.shape} labels.")
    correct = predicted == labels
    return {
        "n": len(known),
        "indices": {kind: list(indices) for kind, indices in LABEL_ERRORS.items()},
        **_score(correct, "raw"),
        **_score(np.delete(correct, known), "without"),
        "errors_among": int((~correct[known]).sum()),
    }


def _score(correct: np.ndarray, suffix: str) -> dict[str, float | int | list[float]]:
    right = int(correct.sum())
    return {
        f"accuracy_{suffix}": right / len(correct),
        f"ci95_{suffix}": list(wilson_interval(right, len(correct))),
        f"errors_{suffix}": len(correct) - right,
    }
