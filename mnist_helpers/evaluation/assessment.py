"""The whole evaluation: every part measured once, from one scoring of the test set."""

from dataclasses import dataclass

import numpy as np
import torch

from mnist_helpers.checkpoint.store import Checkpoint, load_baseline
from mnist_helpers.data.checks import check_data
from mnist_helpers.data.splits import DataSource, LabelledImages, load_test_data, load_training_data
from mnist_helpers.evaluation.calibration import calibration_metrics
from mnist_helpers.evaluation.chance import seed_metrics
from mnist_helpers.evaluation.closer_look import closer_look_metrics
from mnist_helpers.evaluation.corruptions import measure_robustness
from mnist_helpers.evaluation.gates import check_gates
from mnist_helpers.evaluation.intervals import mcnemar_exact, verdict, wilson_interval
from mnist_helpers.evaluation.label_errors import label_error_metrics
from mnist_helpers.evaluation.scores import compute_metrics
from mnist_helpers.evaluation.selective import selective_metrics
from mnist_helpers.evaluation.slices import slice_metrics
from mnist_helpers.network.classify import Predictions, predict
from mnist_helpers.network.model import MnistCNN, count_parameters, weights_checksum
from mnist_helpers.network.temperature import apply_temperature, fit_temperature
from mnist_helpers.paths import RunPaths


@dataclass(frozen=True)
class Assessment:
    """All numbers as metrics.json holds them, and the images and answers behind them."""

    metrics: dict
    test: LabelledImages
    predictions: Predictions


def assess(source: DataSource, paths: RunPaths, checkpoint: Checkpoint) -> Assessment:
    """Evaluate a network on the test set of `source`, beside the baseline and other seeds that `paths` has.

    The validation images serve to fit the temperature and a threshold; the training images only to look for
    duplicates.
    """
    train, validation = load_training_data(source)
    test = load_test_data(source)
    predictions = predict(checkpoint.model, test)
    on_validation = predict(checkpoint.model, validation)
    correct = predictions.correct
    baseline = load_baseline(paths, source.name)
    metrics = {
        "dataset": source.name,
        "network": weights_checksum(checkpoint.model),
        **compute_metrics(predictions),
        "seeds": seed_metrics(paths, checkpoint.model, predictions),
        "closer_look": closer_look_metrics(predictions),
        "baseline": _compare(baseline, test, correct) if baseline else None,
        "calibration": _calibration(on_validation, predictions),
        "selective": _selective(on_validation, predictions),
        "robustness": _robustness(checkpoint.model, test),
        "slices": slice_metrics(test.images.numpy(), predictions.labels, correct, source.name),
        "label_errors": _label_errors(source, predictions),
        "data_checks": check_data(train, validation, test),
        "provenance": checkpoint.provenance,
    }
    metrics["gates"] = check_gates(metrics)
    return Assessment(metrics, test, predictions)


def _compare(baseline: Checkpoint, test: LabelledImages, correct: np.ndarray) -> dict:
    plain = predict(baseline.model, test).correct
    comparison = mcnemar_exact(correct, plain)
    return {
        "accuracy": float(plain.mean()),
        "accuracy_ci95": list(wilson_interval(int(plain.sum()), len(plain))),
        "errors": int((~plain).sum()),
        "parameter_count": count_parameters(baseline.model),
        "epochs": len(baseline.history),
        "mcnemar": comparison,
        "verdict": verdict(comparison),
    }


def _calibration(on_validation: Predictions, predictions: Predictions) -> dict:
    temperature = fit_temperature(on_validation.logits, on_validation.labels)
    scaled = calibration_metrics(apply_temperature(predictions.logits, temperature), predictions.labels)
    return {
        **calibration_metrics(predictions.logits, predictions.labels),
        "temperature": temperature,
        "with_temperature": {name: scaled[name] for name in ("log_loss", "brier", "ece")},
    }


def _selective(on_validation: Predictions, predictions: Predictions) -> dict:
    """The curve's figures on the test images, and what a threshold chosen on the validation images does there."""
    threshold = selective_metrics(on_validation.confidence, on_validation.correct)["threshold"]
    answered = predictions.confidence >= (np.inf if threshold is None else threshold)
    wrong = int((answered & ~predictions.correct).sum())
    return {
        **selective_metrics(predictions.confidence, predictions.correct),
        "by_validation": {"threshold": threshold, "answered": int(answered.sum()), "errors": wrong},
    }


def _robustness(model: MnistCNN, test: LabelledImages) -> dict:
    def classify(images: torch.Tensor) -> np.ndarray:
        return predict(model, LabelledImages(images, test.labels)).predicted

    return measure_robustness(classify, test.images, test.labels.numpy())


def _label_errors(source: DataSource, predictions: Predictions) -> dict | None:
    """Only MNIST's test set has known label errors; the digits sample has none listed."""
    return label_error_metrics(predictions.predicted, predictions.labels) if source.name == "mnist" else None
