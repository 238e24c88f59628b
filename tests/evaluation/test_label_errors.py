import json

import numpy as np
import pytest

from mnist_helpers.data.splits import load_test_data
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.label_errors import (
    LABEL_ERRORS,
    SEEN_BY_MOST,
    describe_label_errors,
    doubtful_labels,
    measure_label_errors,
)
from mnist_helpers.network import Predictions

KNOWN = [index for indices in LABEL_ERRORS.values() for index in indices]
LABELS = np.arange(10_000) % 10


def measured(predicted: np.ndarray) -> dict:
    return measure_label_errors(Predictions(np.eye(10)[predicted], LABELS[: len(predicted)]), "mnist")


def test_fifteen_different_label_errors_are_known():
    assert [len(indices) for indices in LABEL_ERRORS.values()] == [10, 3, 2]
    assert len(set(KNOWN)) == 15 and 0 <= min(KNOWN) <= max(KNOWN) < 10_000


def test_errors_on_wrong_labels_are_told_apart_from_the_others():
    predicted = LABELS.copy()
    wrong = [*KNOWN[:4], 0, 1, 9999]
    predicted[wrong] = (predicted[wrong] + 1) % 10
    metrics = measured(predicted)
    assert (metrics["n"], metrics["errors_raw"], metrics["errors_among"]) == (15, 7, 4)
    assert metrics["accuracy_raw"] == pytest.approx(0.9993)
    assert json.loads(json.dumps(metrics)) == metrics


def test_a_network_that_repeats_every_wrong_label_gains_nothing_and_loses_the_ten():
    # The labels here are made up (the last digit of the index), so that one of the ten is what the annotators saw.
    agreeing = sum(LABELS[index] == seen for index, seen in SEEN_BY_MOST.items())
    metrics = measured(LABELS)
    assert metrics["accuracy_raw"] == 1
    assert metrics["errors_among"] == 0
    assert metrics["errors_relabelled"] == metrics["errors_settled"] == 10 - agreeing > 0


def test_a_network_that_sees_what_most_annotators_saw_is_right_after_relabelling():
    predicted = LABELS.copy()
    predicted[list(SEEN_BY_MOST)] = list(SEEN_BY_MOST.values())
    disputed = [*LABEL_ERRORS["neither"], *LABEL_ERRORS["no majority"]]
    predicted[disputed] = (LABELS[disputed] + 1) % 10
    metrics = measured(predicted)
    assert metrics["errors_raw"] == metrics["errors_among"] > 5
    assert (metrics["errors_relabelled"], metrics["accuracy_relabelled"]) == (5, 0.9995)
    assert (metrics["n_settled"], metrics["errors_settled"], metrics["accuracy_settled"]) == (9995, 0, 1)
    assert metrics["ci95_relabelled"] == list(wilson_interval(9995, 10_000))


def test_three_numbers_of_the_reference_run():
    """25 errors elsewhere, 2 among the five, 7 agree with most annotators; 3 answers agree with a rejected label."""
    labels = LABELS.copy()
    labels[list(SEEN_BY_MOST)] = [8, 0, 9, 2, 5, 5, 5, 0, 1, 5]
    predicted = labels.copy()
    agreeing = [index for index in SEEN_BY_MOST if index not in (1621, 3558, 6651)]
    predicted[agreeing] = [SEEN_BY_MOST[index] for index in agreeing]
    elsewhere = [*range(25), *LABEL_ERRORS["neither"][:2]]
    predicted[elsewhere] = (labels[elsewhere] + 1) % 10
    metrics = measure_label_errors(Predictions(np.eye(10)[predicted], labels), "mnist")
    assert (metrics["errors_raw"], metrics["errors_relabelled"], metrics["errors_settled"]) == (34, 30, 28)
    assert metrics["accuracy_relabelled"] == 0.997 and metrics["n_settled"] == 9995
    said = describe_label_errors(metrics)
    assert "30 errors are left (99.70% right)" in said and "28 of 9,995" in said
    assert "only the about 100 images that an algorithm had flagged" in said


def test_a_test_set_that_cannot_be_mnists_is_refused():
    with pytest.raises(ValueError, match="MNIST's test images"):
        measured(LABELS[:9729])


def test_the_digits_sample_has_none_listed():
    assert measure_label_errors(Predictions(np.eye(10), np.arange(10)), "digits") is None
    assert doubtful_labels("digits") == [] and doubtful_labels("mnist") == sorted(KNOWN)


@pytest.mark.mnist
def test_the_indices_point_at_the_labels_that_were_disputed(mnist_source):
    # "given_original_label" in the published votes.
    labels = load_test_data(mnist_source).labels.numpy()
    assert labels[list(LABEL_ERRORS["other label"])].tolist() == [8, 0, 9, 2, 5, 5, 5, 0, 1, 5]
    assert labels[list(LABEL_ERRORS["neither"])].tolist() == [6, 6, 6]
    assert labels[list(LABEL_ERRORS["no majority"])].tolist() == [4, 4]
    # None of the ten is relabelled with the label it has.
    assert all(labels[index] != seen for index, seen in SEEN_BY_MOST.items())
