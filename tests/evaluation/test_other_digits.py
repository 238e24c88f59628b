import json

import numpy as np
import pytest

from mnist_helpers.data import load_digits_sample
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.other_digits import (
    NO_OTHER,
    SHOWN,
    describe_other_digits,
    measure_other_digits,
    plot_other_digits,
)
from mnist_helpers.network import Predictions

SCORES = {"errors": 34, "n_test": 10_000, "accuracy": 0.9966}


def selective(threshold: float | None = 0.97) -> dict:
    return {"by_validation": {"threshold": threshold}, "target_error": 0.001}


def answers(predicted: np.ndarray, labels: np.ndarray, confidence: float | np.ndarray = 0.99) -> Predictions:
    """These digits with these confidences; what is left is shared by the other nine."""
    confidence = np.broadcast_to(np.asarray(confidence, dtype=float), predicted.shape)[:, None]
    return Predictions(np.log(np.where(np.eye(10)[predicted] == 1, confidence, (1 - confidence) / 9)), labels)


@pytest.fixture(scope="module")
def sample():
    return load_digits_sample()


@pytest.fixture(scope="module")
def labels(sample) -> np.ndarray:
    return sample.labels.numpy()


def test_what_is_counted_by_hand(labels):
    predicted, confidence = labels.copy(), np.full(len(labels), 0.99)
    nines = np.flatnonzero(labels == 9)
    predicted[nines[:60]] = 3
    confidence[nines[:50]] = 0.5
    confidence[np.flatnonzero(labels == 0)[:7]] = 0.96
    measured = measure_other_digits(answers(predicted, labels, confidence), selective(), "mnist")
    assert (measured["n"], measured["errors"]) == (1797, 60)
    assert measured["accuracy_ci95"] == list(wilson_interval(1737, 1797))
    applied = measured["by_validation"]
    assert (applied["answered"], applied["errors"]) == (1797 - 57, 10)
    assert applied["ci95"] == list(wilson_interval(10, 1740))
    assert json.loads(json.dumps(measured)) == measured
    said = describe_other_digits(measured, SCORES, selective())
    assert "Of 1,797 digits of the other collection 96.7% are right" in said and "**worse** than the 99.66%" in said
    assert f"{SHOWN} of 60 errors are shown" in said and "9 is taken for 3 (60 times)" in said
    assert "Harder than the others: 9 (recall 67%). " in said
    assert "3% are refused; of the 1,740 answers 10 are wrong (0.31%–1.05%), above the target of 0.1%" in said


def test_perfect_classifier_has_no_errors_to_speak_of(labels, sample):
    perfect = answers(labels, labels)
    measured = measure_other_digits(perfect, selective(), "mnist")
    said = describe_other_digits(measured, SCORES, selective())
    assert "100.0% are right" in said and "**better** than" in said
    assert "shown" not in said and "taken for" not in said and "Harder" not in said
    # No error in 1,797 does not show that there is less than one in a thousand.
    assert "0% are refused; of the 1,797 answers 0 are wrong" in said and "too few to tell it from the target" in said
    assert plot_other_digits(sample, perfect, measured).get_label() == "No image is misclassified."


def test_constant_classifier_errs_on_nine_digits_and_only_those_are_called_hard(labels):
    measured = measure_other_digits(answers(np.zeros_like(labels), labels, 0.6), selective(), "mnist")
    assert measured["errors"] == (labels != 0).sum() and measured["by_validation"]["ci95"] is None
    said = describe_other_digits(measured, SCORES, selective())
    assert "0 (recall" not in said and said.endswith("100% are refused.")


def test_random_classifier_has_no_digit_that_is_harder(labels):
    predicted = np.random.default_rng(0).integers(0, 10, len(labels))
    measured = measure_other_digits(answers(predicted, labels), selective(), "mnist")
    said = describe_other_digits(measured, SCORES, selective())
    assert "Harder" not in said and "above the target" in said


def test_as_good_as_on_the_test_images_is_called_so(labels):
    predicted = labels.copy()
    predicted[:6] = (labels[:6] + 1) % 10
    said = describe_other_digits(
        measure_other_digits(answers(predicted, labels), selective(), "mnist"), SCORES, selective()
    )
    assert "not distinguishable from the 99.66% of the test images" in said


def test_within_the_target_takes_an_upper_bound_below_it(labels):
    allowed = {**selective(), "target_error": 0.01}
    measured = measure_other_digits(answers(labels, labels), allowed, "mnist")
    assert "within the target of 1.0%" in describe_other_digits(measured, SCORES, allowed)


def test_without_a_threshold_nothing_is_refused(labels):
    measured = measure_other_digits(answers(labels, labels, 0.3), selective(None), "mnist")
    assert measured["by_validation"]["answered"] == 1797
    assert "none of them is refused" in describe_other_digits(measured, SCORES, selective(None))


def test_a_network_trained_on_the_sample_has_no_other_collection(labels, sample):
    predictions = answers(labels, labels)
    assert measure_other_digits(predictions, selective(), "digits") is None
    assert describe_other_digits(None, SCORES, selective()) == NO_OTHER
    assert plot_other_digits(sample, predictions, None).get_label() == "No other collection."


def test_figure_shows_the_surest_mistakes(labels, sample):
    predicted = (labels + 1) % 10
    confidence = np.linspace(0.5, 0.9, len(labels))
    predictions = answers(predicted, labels, confidence)
    alt = plot_other_digits(sample, predictions, measure_other_digits(predictions, selective(), "mnist")).get_label()
    assert alt.startswith(f"{SHOWN} digits") and f"{labels[-1]} → {predicted[-1]}, 90%" in alt
