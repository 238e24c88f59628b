import json
import shlex

import numpy as np
import pytest
import torch
from torch import nn

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.data import LabelledImages
from mnist_helpers.evaluation import (
    classification_report,
    headline,
    measure_confusion,
    measure_scores,
    read_metrics,
    reproduce_command,
    suggest_improvements,
    tabulate_suggestions,
    write_metrics,
)
from mnist_helpers.evaluation.confusion import most_confused
from mnist_helpers.evaluation.improvements import Improvement
from mnist_helpers.evaluation.paired_seeds import PairedDifference
from mnist_helpers.files import prepare_run
from mnist_helpers.network import MnistCNN, Predictions, one_look, predict
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.validation import Epoch

LABELS = np.repeat(np.arange(10), 20)


def predictions(predicted: np.ndarray, confidence: float = 0.91) -> Predictions:
    """Predictions with the same confidence everywhere."""
    probabilities = np.full((len(predicted), 10), (1 - confidence) / 9)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return Predictions(np.log(probabilities), LABELS)


class Middle(nn.Module):
    """Says 1, the more surely the brighter the pixel in row 14 and column 14."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(torch.tensor(1), 10) * images[:, :, 14, 14] * 20


def test_only_unsure_images_are_looked_at_from_nine_places():
    images = torch.zeros(4, 28, 28, dtype=torch.uint8)
    images[0, 14, 14] = 255  # sure, though most of its shifted copies are not
    images[1, 13, 15] = 255
    images[2, 13:16, 13:16] = 128
    images[3, 14, 16] = 255  # too far away
    before = images.clone()
    predictions = predict(Middle(), LabelledImages(images, torch.ones(4, dtype=torch.int64)))
    expected = [20, 20 / 9, 20 * 128 / 255, 0]
    assert predictions.logits[:, 1] == pytest.approx(expected, rel=1e-5)
    assert one_look(Middle(), images)[:, 1].tolist() == pytest.approx([20, 0, 20 * 128 / 255, 0], rel=1e-5)
    assert images.equal(before)


def test_a_shifted_copy_repeats_the_outermost_pixels():
    class Corner(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return nn.functional.one_hot(torch.tensor(1), 10) * images[:, :, 0, 0]

    images = torch.zeros(1, 28, 28, dtype=torch.uint8)
    images[0, 0, 0] = 255
    predictions = predict(Corner(), LabelledImages(images, torch.ones(1, dtype=torch.int64)))
    assert predictions.logits[0, 1] == pytest.approx(4 / 9), "the corner itself and three shifts past the edge"


def test_perfect_classifier():
    metrics = measure_scores(predictions(LABELS))
    assert metrics["accuracy"] == 1 and metrics["errors"] == 0
    for average in ("macro_avg", "weighted_avg"):
        assert [metrics[average][score] for score in ("precision", "recall", "f1")] == [1, 1, 1]
    assert measure_confusion(predictions(LABELS))["most_confused"] == []


def test_constant_classifier():
    metrics = measure_scores(predictions(np.zeros_like(LABELS)))
    assert metrics["accuracy"] == pytest.approx(0.1)
    first = metrics["per_class"][0]
    assert [first[score] for score in ("precision", "recall", "f1")] == pytest.approx([0.1, 1, 2 / 11])
    assert first["support"] == 20
    assert metrics["per_class"][1]["f1"] == 0
    assert metrics["macro_avg"]["recall"] == pytest.approx(0.1)


def test_random_classifier_is_near_one_in_ten():
    labels = np.random.default_rng(0).integers(0, 10, 20_000)
    guesses = np.random.default_rng(1).integers(0, 10, 20_000)
    metrics = measure_scores(Predictions(np.eye(10)[guesses], labels))
    assert metrics["accuracy"] == pytest.approx(0.1, abs=0.01)
    assert metrics["macro_avg"]["f1"] == pytest.approx(0.1, abs=0.01)


def test_matrix_rows_are_the_true_digit_and_pairs_come_most_frequent_first():
    predicted = LABELS.copy()
    predicted[LABELS == 4] = [9] * 3 + [4] * 17
    predicted[LABELS == 9] = [4] + [9] * 19
    metrics = measure_confusion(predictions(predicted))
    assert metrics["confusion_matrix"][4][9] == 3
    assert metrics["most_confused"] == [
        {"true": 4, "predicted": 9, "count": 3},
        {"true": 9, "predicted": 4, "count": 1},
    ]
    assert most_confused(np.diag([5] * 10)) == []


def test_errors_come_most_confident_first():
    logits = 9.0 * np.eye(10)[LABELS]
    logits[5] = [0.4, 0.6, *[0] * 8]
    logits[25] = [9, 0.1, *[0] * 8]
    assert Predictions(logits, LABELS).errors.tolist() == [25, 5]


def test_scores_lie_within_their_intervals():
    predicted = LABELS.copy()
    predicted[LABELS == 4] = [9] * 3 + [4] * 17
    metrics = measure_scores(predictions(predicted))
    low, high = metrics["accuracy_ci95"]
    assert low < metrics["accuracy"] < high
    for row in [*metrics["per_class"], metrics["macro_avg"], metrics["weighted_avg"]]:
        for score in ("precision", "recall", "f1"):
            low, high = row[f"{score}_ci95"]
            assert low <= row[score] <= high


def test_metrics_survive_the_file(tmp_path):
    metrics = {"dataset": "digits", "network": "0" * 64, **measure_scores(predictions(LABELS))}
    paths = prepare_run(tmp_path, "digits")
    write_metrics(paths, metrics)
    assert read_metrics(paths.metrics) == json.loads(json.dumps(metrics))


def test_words_are_made_from_the_numbers():
    predicted = LABELS.copy()
    predicted[:5] = 1
    metrics = {"dataset": "mnist", **measure_scores(predictions(predicted))}
    assert headline(metrics).startswith("97.50% of 200 MNIST test images")
    assert "5 errors" in headline(metrics)
    lines = classification_report(metrics).splitlines()
    assert len([line for line in lines if line.strip()[:1].isdigit() and line.startswith("   ")]) == 10
    metrics["provenance"] = {"parameters": {"width": 32, "batch_norm": True, "epochs": 20, "seed": 7}}
    metrics["seeds"] = {"n": 1}
    assert reproduce_command(metrics) == "mnist-cnn report --dataset mnist -p epochs 20"
    metrics["seeds"] = {"n": 5}
    assert reproduce_command(metrics) == "mnist-cnn report --dataset mnist --seeds 5 -p epochs 20"


def test_the_command_to_paste_is_quoted():
    parameters = {"architecture": "deep$(touch x)", "optimizer": "sgd; rm x", "epochs": "1`x`", "width": "2\nx"}
    metrics = {"dataset": "mnist", "seeds": {"n": 1}, "provenance": {"parameters": parameters}}
    words = shlex.split(reproduce_command(metrics))
    given = [word for name, value in parameters.items() for word in ("-p", name, value)]
    assert words == ["mnist-cnn", "report", "--dataset", "mnist", *given]
    assert "'deep$(touch x)'" in reproduce_command(metrics)


@pytest.fixture
def checkpoint():
    history = [Epoch(1, 500, 0.1, 0.05, 0.98, 0.03, 0.99), Epoch(2, 500, 0.1, 0.04, 0.98, 0.02, 0.99)]
    return Checkpoint(MnistCNN(ModelSettings()), TrainingSettings(epochs=2), "mnist", history, 2, {})


def suggestions_for(predicted, checkpoint, confidence=0.95, study=()) -> str:
    found = suggest_improvements(predictions(predicted, confidence), checkpoint, study)
    return "\n".join(": ".join(row) for row in tabulate_suggestions(found, study).rows)


def measured(name: str, errors: float, spread: float, p_value: float) -> Improvement:
    """What a study of three seeds says of a configuration beside the default recipe."""
    difference = PairedDifference(errors, spread, 4.0)
    return Improvement(name, "default", 3, 15_000, 60 + errors, 60, 0.04, 0, None, difference, p_value)


def test_suggestions_follow_from_the_validation_errors(checkpoint):
    predicted = LABELS.copy()
    predicted[LABELS == 4] = [9] * 3 + [4] * 17
    text = suggestions_for(predicted, checkpoint)
    assert "4 and 9 are taken for one another 3 times, 100% of all errors" in text
    assert "3 of 3 errors are made with a confidence of 90% or more" in text
    assert "4 has the lowest recall, 85.00%: 3 of 20 images are missed" in text
    assert "train for more epochs" in text
    assert "less than 90%" not in text
    assert "3 of 3 errors are made with less than 90% confidence" in suggestions_for(predicted, checkpoint, 0.6)


def test_the_weakest_of_ten_digits_is_no_finding_where_luck_explains_it(checkpoint):
    predicted = LABELS.copy()
    predicted[np.flatnonzero(LABELS == 4)[0]] = 9
    assert "lowest recall" not in suggestions_for(predicted, checkpoint)


def test_suggestions_see_overfitting_and_missing_options(checkpoint):
    overfitted = Checkpoint(
        MnistCNN(ModelSettings(batch_norm=False)),
        TrainingSettings(augment=False),
        "mnist",
        [Epoch(1, 500, 0.1, 0.001, 1.0, 0.05, 0.98)],
        1,
        {},
    )
    predicted = LABELS.copy()
    predicted[0] = 6
    text = suggestions_for(predicted, overfitted)
    assert "overfits" in text and "turn augment on" in text and "turn batch_norm on" in text


def test_nothing_to_mend_says_so(checkpoint):
    assert "no validation image is misclassified" in suggestions_for(LABELS, checkpoint)


def test_suggestions_quote_the_study_and_follow_from_it(checkpoint):
    study = [
        measured("default + wider", -2.0, 4.0, 1.0),
        measured("default + dropout", -20.0, 3.0, 0.01),
        measured("default - bending", 1.5, 4.0, 1.0),
        measured("default - all distortion", 40.0, 3.0, 0.001),
    ]
    text = suggestions_for(LABELS, checkpoint, study=study)
    assert "raise width, with several seeds" in text
    assert "default + wider: not distinguishable (-2.0 errors of 15,000, 95% interval -13.1 to +9.1, 3 seeds" in text
    assert "a recipe better than the default: train default + dropout: default + dropout: helps (-20.0 errors" in text
    assert "without bending no difference shows on clean images" in text
    assert "3 seeds; corrupted images +4.0 points)" in text
    assert "without all distortion" not in text


@pytest.mark.parametrize("predicted", [LABELS, LABELS * 0, np.random.default_rng(0).integers(0, 10, 200)])
def test_suggestions_without_a_study_are_not_measured(predicted, checkpoint):
    rows = suggestions_for(predicted, checkpoint).splitlines()
    assert rows and all(row.endswith(": not measured") for row in rows)
