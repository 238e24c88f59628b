"""The test set scored once, and every number that follows from it."""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.evaluation.intervals import bootstrap_scores, wilson_interval
from mnist_helpers.files import replacing
from mnist_helpers.network.classify import Predictions
from mnist_helpers.paths import RunPaths

DIGITS = range(10)


def compute_metrics(predictions: Predictions) -> dict:
    """Accuracy, per-class and averaged precision, recall and F1, confusion matrix, most confused pairs.

    Accuracy comes with its Wilson interval, the scores with bootstrap intervals; all are 95 % intervals.
    """
    labels, predicted = predictions.labels, predictions.predicted
    errors = len(predictions.errors)
    matrix = confusion_matrix(labels, predicted, labels=DIGITS)
    intervals = bootstrap_scores(labels, predicted)
    return {
        "n_test": len(labels),
        "accuracy": (len(labels) - errors) / len(labels),
        "accuracy_ci95": list(wilson_interval(len(labels) - errors, len(labels))),
        "errors": errors,
        "macro_avg": _average(labels, predicted, "macro") | _named(intervals["macro_avg"]),
        "weighted_avg": _average(labels, predicted, "weighted") | _named(intervals["weighted_avg"]),
        "per_class": [
            row | _named(interval)
            for row, interval in zip(_per_class(labels, predicted), intervals["per_class"], strict=True)
        ],
        "confusion_matrix": matrix.tolist(),
        "most_confused": most_confused(matrix),
    }


def most_confused(matrix: np.ndarray) -> list[dict[str, int]]:
    """Every pair of digits taken for one another, the most frequent first; rows of `matrix` are the truth."""
    pairs = [
        {"true": true, "predicted": predicted, "count": int(matrix[true, predicted])}
        for true in DIGITS
        for predicted in DIGITS
        if true != predicted and matrix[true, predicted]
    ]
    return sorted(pairs, key=lambda pair: -pair["count"])


def write_metrics(paths: RunPaths, metrics: dict) -> None:
    """Write metrics.json, the one source of every number in the report; it is replaced at once."""
    with replacing(paths.metrics) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    note_outdated(paths, metrics["network"])


def read_metrics(path: Path) -> dict:
    """The metrics that an evaluation wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def _average(labels: np.ndarray, predicted: np.ndarray, average: str) -> dict[str, float]:
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=DIGITS, average=average, zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def _named(intervals: dict[str, list[float]]) -> dict[str, list[float]]:
    return {f"{name}_ci95": interval for name, interval in intervals.items()}


def _per_class(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, float]]:
    columns = precision_recall_fscore_support(labels, predicted, labels=DIGITS, zero_division=0)
    return [
        {
            "digit": digit,
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": int(support),
        }
        for digit, precision, recall, f1, support in zip(DIGITS, *columns, strict=True)
    ]
