import json
import math

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from mnist_helpers.evaluation.calibration import score_probabilities
from mnist_helpers.network.temperature import apply_temperature, fit_temperature


def calibrated(images: int = 4_000, spread: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from the very probabilities they stand for: no model is better calibrated."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=spread, size=(images, 10))
    edges = softmax(logits, axis=1).cumsum(axis=1)
    return logits, np.minimum((rng.random((images, 1)) > edges).sum(axis=1), 9)


def test_scores_agree_with_scikit_learn():
    logits, labels = calibrated()
    probabilities = softmax(logits, axis=1)
    metrics = score_probabilities(logits, labels)
    assert metrics["log_loss"] == pytest.approx(log_loss(labels, probabilities, labels=range(10)))
    by_class = [brier_score_loss(labels == digit, probabilities[:, digit]) for digit in range(10)]
    assert metrics["brier"] == pytest.approx(sum(by_class))


def test_bins_agree_with_scikit_learn_and_add_up_to_the_error():
    logits, labels = calibrated()
    metrics = score_probabilities(logits, labels)
    confidence, correct = softmax(logits, axis=1).max(axis=1), logits.argmax(axis=1) == labels
    accuracies, confidences = calibration_curve(correct, confidence, n_bins=15, strategy="uniform")
    filled = [row for row in metrics["bins"] if row["count"]]
    assert [row["accuracy"] for row in filled] == pytest.approx(accuracies)
    assert [row["confidence"] for row in filled] == pytest.approx(confidences)
    assert sum(row["count"] for row in filled) == len(labels)
    gaps = [row["count"] * abs(row["accuracy"] - row["confidence"]) for row in filled]
    assert metrics["ece"] == pytest.approx(sum(gaps) / len(labels))


def test_bins_are_fifteen_equal_ones_and_the_empty_say_nothing():
    bins = score_probabilities(np.full((5, 10), 1.0), np.arange(5))["bins"]
    assert [row["low"] for row in bins] == pytest.approx([i / 15 for i in range(15)])
    assert [row["high"] for row in bins] == pytest.approx([(i + 1) / 15 for i in range(15)])
    assert [row["count"] for row in bins] == [0, 5] + [0] * 13
    assert bins[0]["confidence"] is None and bins[0]["accuracy"] is None


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    logits = np.where(np.arange(10) < 5, 0.0, -1000.0)[None]  # five digits at exactly 0.2, the end of the third bin
    assert score_probabilities(logits, np.array([0]))["bins"][2]["count"] == 1


def test_bins_of_equal_mass_agree_with_scikit_learn_and_hold_as_many_images_each():
    logits, labels = calibrated(3_000)
    confidence, correct = softmax(logits, axis=1).max(axis=1), logits.argmax(axis=1) == labels
    mass = score_probabilities(logits, labels)["equal_mass"]
    accuracies, confidences = calibration_curve(correct, confidence, n_bins=15, strategy="quantile")
    assert [row["count"] for row in mass["bins"]] == [200] * 15
    assert [row["accuracy"] for row in mass["bins"]] == pytest.approx(accuracies)
    assert [row["confidence"] for row in mass["bins"]] == pytest.approx(confidences)
    assert mass["ece"] == pytest.approx(np.abs(accuracies - confidences).mean())


def test_images_of_equal_confidence_share_a_bin_of_equal_mass():
    mass = score_probabilities(np.log(np.tile([0.9, *[0.1 / 9] * 9], (100, 1))), np.repeat([0, 1], [90, 10]))
    assert [row["count"] for row in mass["equal_mass"]["bins"]] == [100]
    assert mass["equal_mass"]["ece"] == pytest.approx(0)


def test_the_chance_of_an_error_as_large_is_even_for_calibrated_networks_and_small_for_others():
    p_values = []
    for seed in range(20):
        logits, labels = calibrated(1_000, seed=seed)
        p_values.append(score_probabilities(logits, labels)["equal_mass"]["p_value"])
        assert score_probabilities(2 * logits, labels)["equal_mass"]["p_value"] == pytest.approx(1 / 1001)
    assert 0.25 < np.mean(p_values) < 0.75


def test_answers_below_ninety_percent_are_counted_apart():
    logits = np.log(np.tile([0.7, *[0.3 / 9] * 9], (10, 1)))
    logits[5:] *= 5
    unsure = score_probabilities(logits, np.array([0, 0, 0, 1, 1, 0, 0, 0, 0, 0]))["unsure"]
    assert (unsure["n"], unsure["correct"]) == (5, 3) and unsure["confidence"] == pytest.approx(0.7)


def test_error_is_the_gap_between_confidence_and_accuracy():
    # Always 90 % sure, 60 of 100 right.
    logits = np.log(np.tile([0.9, *[0.1 / 9] * 9], (100, 1)))
    metrics = score_probabilities(logits, np.repeat([0, 1], [60, 40]))
    assert metrics["ece"] == pytest.approx(0.3)
    assert metrics["ece"] > 3 * metrics["ece_noise_floor"]["p95"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("perfect", {"log_loss": 0, "brier": 0, "ece": 0}),
        ("constant", {"log_loss": math.log(10), "brier": 0.9, "ece": 0}),  # it knows that it knows nothing
        (
            "random",
            {"log_loss": 90, "brier": 1.8, "ece": 0.9},
        ),  # sure of itself; 100 nats nine times in ten, not clipped
    ],
)
def test_perfect_constant_and_random_classifier(kind, expected):
    labels, guesses = np.arange(5_000) % 10, np.random.default_rng(0).integers(0, 10, 5_000)
    logits = {
        "perfect": 100 * np.eye(10)[labels],
        "constant": np.zeros((5_000, 10)),
        "random": 100 * np.eye(10)[guesses],
    }
    metrics = score_probabilities(logits[kind], labels)
    tolerance = {"log_loss": 2, "brier": 0.04, "ece": 0.02} if kind == "random" else dict.fromkeys(expected, 1e-9)
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, abs=tolerance[name]), name
    if kind == "perfect":
        assert metrics["ece_noise_floor"]["p95"] == pytest.approx(0, abs=1e-9)
        assert metrics["bins"][-1]["count"] == 5_000 and metrics["bins"][-1]["accuracy"] == 1


def test_noise_floor_covers_a_calibrated_model_and_not_one_too_sure_of_itself():
    below = []
    for seed in range(40):
        logits, labels = calibrated(2_000, seed=seed)
        metrics = score_probabilities(logits, labels)
        below.append(metrics["ece"] <= metrics["ece_noise_floor"]["p95"])
        floor = metrics["ece_noise_floor"]
        assert 0 < floor["mean"] < floor["p95"]
        metrics = score_probabilities(2 * logits, labels)
        assert metrics["ece"] > 2 * metrics["ece_noise_floor"]["p95"]
    assert sum(below) >= 34  # 38 of 40 are expected


def test_noise_floor_of_a_single_confidence_has_a_closed_form():
    # One bin: the error is |share right − 0.8|, nearly half-normal: deviation sqrt(0.8 · 0.2 / 10,000) = 0.004.
    logits = np.log(np.tile([0.8, *[0.2 / 9] * 9], (10_000, 1)))
    floor = score_probabilities(logits, np.zeros(10_000, dtype=int))["ece_noise_floor"]
    assert floor["mean"] == pytest.approx(0.004 * math.sqrt(2 / math.pi), rel=0.2)
    assert floor["p95"] == pytest.approx(0.004 * 1.96, rel=0.2)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.8, 4.0])
def test_fit_finds_the_temperature_that_spoilt_calibrated_logits(temperature):
    logits, labels = calibrated(10_000)
    spoilt = temperature * logits
    found = fit_temperature(spoilt, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    loss = score_probabilities(apply_temperature(spoilt, found), labels)["log_loss"]
    for other in (0.9 * found, 1.1 * found):
        assert loss < score_probabilities(apply_temperature(spoilt, other), labels)["log_loss"]


def test_where_nothing_is_wrong_confidence_follows_from_the_number_of_images():
    labels = np.arange(50) % 10
    logits = 3.0 * np.eye(10)[labels]
    confidence = softmax(apply_temperature(logits, fit_temperature(logits, labels)), axis=1).max(axis=1)
    assert confidence == pytest.approx(51 / 52)
    assert fit_temperature(np.zeros((3, 10)), np.zeros(3, dtype=int)) == 1, "logits that say nothing"


def test_temperature_changes_confidence_and_never_the_digit():
    logits, _ = calibrated(500)
    cooled = apply_temperature(logits, 2.0)
    assert (cooled.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert (softmax(cooled, axis=1).max(axis=1) < softmax(logits, axis=1).max(axis=1)).all()
    np.testing.assert_allclose(cooled * 2, logits)


def test_metrics_are_repeatable_and_serialisable():
    logits, labels = calibrated(300)
    metrics = score_probabilities(logits.astype(np.float32), labels)
    assert json.loads(json.dumps(metrics)) == metrics
    assert metrics == score_probabilities(logits.astype(np.float32), labels)
    assert type(fit_temperature(logits, labels)) is float
