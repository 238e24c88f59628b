"""The test set scored once, and every number that follows from it."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mnist_helpers.data import LabelledImages, make_loader
from mnist_helpers.hardware import keep_freed_memory
from mnist_helpers.model import MnistCNN, as_input
from mnist_helpers.paths import replacing

DIGITS = range(10)
BATCH = 250


@dataclass(frozen=True)
class Predictions:
    """What the network says of each image: probabilities (N, 10), beside the true labels (N,)."""

    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """The digit with the highest probability, (N,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """The highest probability, (N,)."""
        return self.probabilities.max(axis=1)

    @property
    def errors(self) -> np.ndarray:
        """Indices of the misclassified images, the most confident mistake first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def confused(self, true: int, predicted: int) -> np.ndarray:
        """Those of the errors that are a `true` taken for a `predicted`."""
        errors = self.errors
        return errors[(self.labels[errors] == true) & (self.predicted[errors] == predicted)]


@torch.inference_mode()
def predict(model: MnistCNN, data: LabelledImages) -> Predictions:
    """Class probabilities for every image.

    Always in float32 on the CPU, so that the same weights give the same answers on every machine.
    """
    keep_freed_memory()
    model = model.to("cpu", memory_format=torch.channels_last).eval()
    logits = torch.cat([model(as_input(images)) for images, _ in make_loader(data, BATCH)])
    return Predictions(logits.softmax(dim=1).numpy(), data.labels.numpy())


def compute_metrics(predictions: Predictions) -> dict:
    """Accuracy, per-class and averaged precision, recall and F1, confusion matrix, most confused pairs."""
    labels, predicted = predictions.labels, predictions.predicted
    errors = int((predicted != labels).sum())
    matrix = confusion_matrix(labels, predicted, labels=DIGITS)
    return {
        "n_test": len(labels),
        "accuracy": (len(labels) - errors) / len(labels),
        "errors": errors,
        "macro_avg": _average(labels, predicted, "macro"),
        "weighted_avg": _average(labels, predicted, "weighted"),
        "per_class": _per_class(labels, predicted),
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


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a proportion (Wilson, 1927); the default `z` gives 95 %."""
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return (centre - half) / (1 + z**2 / trials), (centre + half) / (1 + z**2 / trials)


def write_metrics(path: Path, metrics: dict) -> None:
    """Write metrics.json, the one source of every number in the report; it is replaced at once."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


def read_metrics(path: Path) -> dict:
    """The metrics that an evaluation wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def _average(labels: np.ndarray, predicted: np.ndarray, average: str) -> dict[str, float]:
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=DIGITS, average=average, zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


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
