import json

import numpy as np
import pytest

from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.selective import describe_selective, measure_selective, tabulate_selective
from mnist_helpers.evaluation.thresholds import (
    _upper_bound,
    assured_threshold,
    errors_left,
    score_selection,
)
from mnist_helpers.network import Predictions


def images(count: int = 2_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distinct confidences, and answers that are right as often as the confidence says."""
    rng = np.random.default_rng(seed)
    confidence = rng.random(count)
    return confidence, rng.random(count) < confidence


def test_curve_by_hand():
    refused, left = errors_left(np.array([0.6, 0.9, 0.6, 0.8]), np.array([True, True, False, False]))
    assert refused.tolist() == [0, 2, 3, 4], "the two of equal confidence go together"
    assert left.tolist() == [2, 1, 0, 0]


def test_curve_agrees_with_counting_the_k_most_confident():
    confidence, correct = images(300)
    refused, left = errors_left(confidence, correct)
    surest_first = correct[np.argsort(-confidence)]
    assert refused.tolist() == list(range(301))
    assert left.tolist() == [(~surest_first[: 300 - k]).sum() for k in range(301)]
    risk = [1 - surest_first[:k].mean() for k in range(1, 301)]
    assert score_selection(confidence, correct)["aurc"] == pytest.approx(np.mean(risk))


def test_images_of_equal_confidence_are_answered_together_in_any_order():
    confidence = np.array([0.9, 0.8, 0.8, 0.8, 0.5])
    correct = np.array([True, True, False, True, True])
    metrics = score_selection(confidence, correct, target_error=0.2)
    assert metrics["aurc"] == pytest.approx((0 + 3 / 4 + 1 / 5) / 5)
    for order in ([1, 2, 3, 0, 4], [3, 1, 2, 4, 0], [2, 4, 0, 1, 3]):
        assert score_selection(confidence[order], correct[order], target_error=0.2) == metrics
    # Two of the three 0.8 would do for a target of 0 only by looking at the answers.
    assert score_selection(confidence, correct, target_error=0)["answered"] == 1


def test_target_is_met_and_not_one_more_threshold_would_do():
    confidence, correct = images()
    metrics = score_selection(confidence, correct, target_error=0.1)
    answered = confidence >= metrics["threshold"]
    assert metrics["answered"] == answered.sum()
    assert metrics["coverage"] == pytest.approx(answered.mean())
    assert 0 < metrics["coverage"] < 1
    assert 1 - correct[answered].mean() <= 0.1
    for lower in confidence[confidence < metrics["threshold"]]:
        assert 1 - correct[confidence >= lower].mean() > 0.1


def test_largest_coverage_counts_even_after_an_early_mistake():
    # The surest image is wrong, yet one error in a thousand is on target; one in 999 is not.
    confidence, correct = np.linspace(1, 0.5, 1000), np.arange(1000) > 0
    metrics = score_selection(confidence, correct)
    assert (metrics["answered"], metrics["coverage"], metrics["threshold"]) == (1000, 1, 0.5)
    assert score_selection(confidence[:999], correct[:999])["answered"] == 0


@pytest.mark.parametrize(
    ("confidence", "correct", "expected"),
    [
        (np.linspace(0.5, 1, 100), np.ones(100, dtype=bool), {"aurc": 0, "coverage": 1, "answered": 100}),
        (np.full(100, 0.9), np.arange(100) % 10 > 0, {"aurc": 0.1, "coverage": 0, "answered": 0}),
    ],
    ids=["perfect", "constant"],
)
def test_a_perfect_classifier_answers_all_and_one_error_in_ten_of_equal_confidence_none(confidence, correct, expected):
    threshold = 0.5 if expected["answered"] else None
    assert score_selection(confidence, correct) == pytest.approx(
        expected | {"target_error": 0.001, "threshold": threshold}
    )


def test_random_confidence_scores_the_error_rate_and_a_telling_one_the_least():
    rng = np.random.default_rng(0)
    correct = rng.random(20_000) > 0.1
    random = score_selection(rng.random(20_000), correct)
    assert random["aurc"] == pytest.approx(0.1, abs=0.02)
    telling = score_selection(correct + 0.5 * rng.random(20_000), correct)
    # The least that any order can reach: r + (1 − r) ln(1 − r), with r the error rate (Geifman et al., 2019).
    rate = 1 - correct.mean()
    assert telling["aurc"] == pytest.approx(rate + (1 - rate) * np.log(1 - rate), abs=1e-4)
    assert telling["coverage"] == pytest.approx(correct.mean() / 0.999, abs=1e-3)


def test_metrics_are_serialisable():
    confidence, correct = images(50)
    for values in (confidence.astype(np.float32), confidence):
        metrics = score_selection(values, correct, target_error=0.5)
        assert json.loads(json.dumps(metrics)) == metrics


@pytest.mark.parametrize(
    ("confidence", "correct"),
    [([], []), ([0.5, 0.6], [True]), ([[0.5]], [[True]]), ([0.5, np.nan], [True, True])],
    ids=["no image", "lengths", "shape", "no number"],
)
def test_refuses_what_it_cannot_rank(confidence, correct):
    with pytest.raises(ValueError):
        errors_left(np.array(confidence), np.array(correct))


def answers(confidence: np.ndarray, correct: np.ndarray) -> Predictions:
    """Two classes, of which 0 is answered with these confidences."""
    logits = np.log(np.stack([confidence, 1 - confidence], axis=1))
    return Predictions(logits, np.where(correct, 0, 1))


def test_upper_bound_is_that_of_wilson():
    for wrong, answered in ((0, 1), (0, 3_838), (8, 9_885), (50, 50)):
        assert _upper_bound(np.array([wrong]), np.array([answered])) == pytest.approx(
            wilson_interval(wrong, answered)[1]
        )


def test_a_threshold_is_assured_only_where_enough_answers_speak_for_it():
    confidence = np.linspace(0.999, 0.6, 6_000)
    assert assured_threshold(confidence[:3_837], np.ones(3_837, dtype=bool)) is None
    assert assured_threshold(confidence[:3_838], np.ones(3_838, dtype=bool)) == confidence[3_837]
    correct = np.arange(6_000) < 4_000  # all wrong from there on: the target is met a little further, but not assured
    chosen = score_selection(confidence, correct)["threshold"]
    assert assured_threshold(confidence, correct) == confidence[3_999] > chosen


def test_words_say_whether_the_target_is_assured():
    confidence = np.linspace(0.999, 0.6, 6_000)
    validation = answers(confidence, np.arange(6_000) < 4_000)
    test = answers(confidence, ~np.isin(np.arange(6_000), [100, 200, 300]))
    selective = measure_selective(test, validation)
    assert selective["by_validation"]["ci95"] == list(wilson_interval(3, 4_004))
    assert selective["assured"]["answered"] == 4_000 and selective["assured"]["errors"] == 3
    said = describe_selective(selective, 6_000)
    assert "0.1% is not assured" in said and "it answers 4,000 of them with 3 errors (95% interval 0.03%–0.22%)" in said


def test_words_say_that_few_images_assure_nothing():
    right = answers(np.linspace(0.9, 0.6, 500), np.ones(500, dtype=bool))
    said = describe_selective(measure_selective(right, right), 500)
    assert (
        "0.1% is not assured" in said and "Beforehand no threshold could promise it" in said and "3,838 answers" in said
    )


def test_the_table_says_what_a_threshold_costs():
    confidence = np.linspace(0.999, 0.6, 6_000)
    test = answers(confidence, confidence > 0.7)
    selective = measure_selective(test, answers(confidence, np.arange(6_000) < 4_000))
    rows = tabulate_selective(selective).rows
    assert [row[0] for row in rows] == [
        *("50%", f"{selective['by_validation']['threshold']:.2%}, chosen on validation"),
        *(f"{selective['assured']['threshold']:.2%}, assured by validation", "90%", "99%"),
    ]
    for row, threshold in ((rows[0], 0.5), (rows[3], 0.9), (rows[4], 0.99)):
        refused = confidence < threshold
        counts = refused.sum(), (refused & test.correct).sum(), (~refused & ~test.correct).sum()
        assert row[1:4] == tuple(f"{count:,}" for count in counts)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_refuses_all_or_nothing_has_a_table_too(share):
    constant = answers(np.full(300, 0.95), np.arange(300) < share * 300)
    rows = {row[0]: row[1:] for row in tabulate_selective(measure_selective(constant, constant)).rows}
    assert rows["50%"][:3] == ("0", "0", f"{300 * (1 - share):.0f}")
    assert rows["99%"] == ("300", f"{300 * share:.0f}", "0", "")
    assert ("95.00%, chosen on validation" in rows) == (share == 1)
