"""The test set scored once, and every number that follows from it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch.nn import functional as F

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.intervals import bootstrap_scores, wilson_interval
from mnist_helpers.hardware import keep_freed_memory
from mnist_helpers.network.model import MnistCNN, as_input
from mnist_helpers.paths import RunPaths, replacing

DIGITS = range(10)
BATCH = 250
LARGEST = 1e15  # of a logit: far from any of use, and means and temperatures of such are still finite
SURE = 0.9  # chosen on held-out images: above it, more looks change hardly an answer


@dataclass(frozen=True)
class Predictions:
    """What a network says of each image: logits (N, 10), beside the true labels (N,).

    `first_look` are the logits before any closer look, (N, 10); None where there was none.
    """

    logits: np.ndarray
    labels: np.ndarray
    first_look: np.ndarray | None = None

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, (N, 10); in float64, so that sure answers do not tie at 1."""
        return softmax(self.logits.astype(np.float64), axis=1)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The digit with the highest logit, (N,)."""
        return self.logits.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The highest probability, (N,)."""
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """Whether each image is classified correctly, (N,)."""
        return self.predicted == self.labels

    @cached_property
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
    """The network's answers for every image, with a closer look at those that it is not sure of.

    Where the highest probability is below SURE, the logits are the mean over the image and its eight copies shifted by
    one pixel: stride and pooling keep one place of four, so that each copy shows the later layers something new.
    """
    first_look = one_look(model, data.images)
    unsure = _unsure(first_look).nonzero().flatten()
    looks = [one_look(model, copies) for copies in _shifted(data.images[unsure])]
    logits = first_look.index_copy(0, unsure, torch.stack(looks).mean(dim=0))
    return Predictions(logits.numpy(), data.labels.numpy(), first_look.numpy())


@torch.inference_mode()
def one_look(model: MnistCNN, images: torch.Tensor) -> torch.Tensor:
    """Logits (N, 10) of uint8 images (N, 28, 28), each seen once.

    Always in float32 on the CPU, so that the same weights give the same answers on every machine. Raises MnistError
    when a logit is not finite or beyond LARGEST: finite weights can overflow on the way.
    """
    keep_freed_memory()
    model = model.to("cpu", memory_format=torch.channels_last).eval()
    logits = torch.cat([model(as_input(part)) for part in images.split(BATCH)])
    # What is not a number fails every comparison, this one too.
    if not (logits.abs() <= LARGEST).all():
        raise MnistError(
            "The network's answers are not finite: train again (mnist-cnn train), if need be at a lower learning_rate."
        )
    return logits


def closer_look_metrics(predictions: Predictions) -> dict[str, int]:
    """What the closer look is for: how many images get one, and the errors if none did."""
    first_look = torch.from_numpy(predictions.first_look)
    errors = int((predictions.first_look.argmax(axis=1) != predictions.labels).sum())
    return {"images": int(_unsure(first_look).sum()), "errors_without": errors}


def _unsure(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(dim=1).amax(dim=1) < SURE


def _shifted(images: torch.Tensor) -> list[torch.Tensor]:
    """The images shifted by -1, 0 and 1 pixels down and across, nine times (N, H, W); the outermost pixels spread."""
    height, width = images.shape[1:]
    padded = F.pad(images.unsqueeze(1).float(), (1, 1, 1, 1), mode="replicate").squeeze(1).to(images.dtype)
    return [padded[:, down : down + height, across : across + width] for down in range(3) for across in range(3)]


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
