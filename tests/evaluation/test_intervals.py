import json
from functools import cache

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from mnist_helpers.evaluation.intervals import (
    SCORES,
    average_interval,
    f1_interval,
    score_intervals,
    wilson_interval,
)

LABELS = np.repeat(np.arange(10), 100)


def noisy(labels: np.ndarray, share: float, seed: int = 1) -> np.ndarray:
    """The labels, a share of them replaced by random digits."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(labels)) < share, rng.integers(0, 10, len(labels)), labels)


# The first is the textbook example of Newcombe (1998), table I: 81 of 263 has the score interval 0.2553 to 0.3662.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (9_900, 10_000, 0.9879, 0.9918),
        (9_970, 10_000, 0.9957, 0.9979),
        (9_972, 10_000, 0.9960, 0.9981),
    ],
)
def test_wilson_interval_matches_published_values(successes, trials, low, high):
    assert wilson_interval(successes, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (5, 12), (1_797, 1_797), (0, 1_797)])
def test_wilson_interval_stays_between_0_and_1_and_is_plain_numbers(successes, trials):
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert type(low) is type(high) is float


def drawn(truth: np.ndarray, images: int, number: int) -> np.ndarray:
    """So many confusion matrices of `images` each, (number, 10, 10), from the shares of the `truth`, (10, 10)."""
    return np.random.default_rng(images).multinomial(images, truth.ravel(), size=number).reshape(number, 10, 10)


def rare_errors(share: float) -> np.ndarray:
    """The shares of the cells for a classifier with this share of errors, ten times as many on a 5 as on a 0."""
    difficulty = np.array([0.2, 0.5, 1, 1, 1, 2, 1, 0.8, 1, 1.5])
    wrong = share * difficulty / difficulty.sum()
    truth = np.tile(wrong[:, None] / 9, 10)
    np.fill_diagonal(truth, 0.1 - wrong)
    return truth


def average(matrices: np.ndarray, score: str, weighted: bool) -> np.ndarray:
    """The macro or weighted average of each of the matrices, (N, 10, 10), by its definition."""
    hits, true, taken = matrices.diagonal(axis1=1, axis2=2), matrices.sum(2), matrices.sum(1)
    sizes = {"precision": taken, "recall": true, "f1": (true + taken) / 2}[score]
    scores = hits / np.where(sizes > 0, sizes, 1)
    return (scores * (true / matrices.sum((1, 2))[:, None] if weighted else 0.1)).sum(1)


AVERAGES = [(score, weighted) for score in SCORES for weighted in (False, True)]


@pytest.mark.parametrize(("score", "weighted"), AVERAGES)
@pytest.mark.parametrize(("images", "errors"), [(100, 5), (1_000, 1), (10_000, 3), (10_000, 30)])
def test_the_interval_of_an_average_holds_it_however_few_the_errors(images, errors, score, weighted):
    truth = rare_errors(errors / images)
    target = average(truth[None], score, weighted)[0]
    matrices = drawn(truth, images, 400)
    held = [low <= target <= high for low, high in (average_interval(matrix, score, weighted) for matrix in matrices)]
    assert np.mean(held) >= 0.89  # of one error on average Wilson's interval of the accuracy holds 90 to 93 %


def test_percentiles_of_the_bootstrap_would_not_hold_it():
    """Why `average_interval` is none: with one error on average, every third test set has none to redraw."""
    truth = rare_errors(0.001)
    target = average(truth[None], "recall", False)[0]
    held = []
    for matrix in drawn(truth, 1_000, 200):
        again = drawn(matrix / matrix.sum(), 1_000, 200)
        low, high = np.percentile(average(again, "recall", False), [2.5, 97.5])
        held.append(low <= target <= high)
    assert np.mean(held) < 0.75


@pytest.mark.parametrize(("score", "weighted"), AVERAGES)
def test_with_many_errors_the_interval_is_that_of_redrawing_the_images(score, weighted):
    matrix = confusion_matrix(LABELS, noisy(LABELS, 0.2))
    again = np.percentile(average(drawn(matrix / 1_000, 1_000, 4_000), score, weighted), [2.5, 97.5])
    assert average_interval(matrix, score, weighted) == pytest.approx(again, abs=0.004)


@pytest.mark.parametrize("errors", [0, 1, 3, 34, 900])
def test_weighted_recall_is_the_accuracy_and_has_its_interval(errors):
    labels = np.random.default_rng(0).integers(0, 10, 1_000)
    predicted = np.where(np.arange(1_000) < errors, (labels + 1) % 10, labels)
    interval = score_intervals(labels, predicted)["weighted_avg"]["recall"]
    assert interval == pytest.approx(list(wilson_interval(1_000 - errors, 1_000)))


def test_weighted_average_follows_the_class_sizes():
    labels = np.array([0] * 900 + [1] * 100)
    predicted = np.where(labels == 1, np.arange(1000) % 2, 0)  # all of 0 right, half of 1
    intervals = score_intervals(labels, predicted)
    low, high = intervals["macro_avg"]["recall"]  # (1 + 0.5) / 10: eight digits are missing and count 0
    assert low < 0.15 < high < 0.2


def test_precision_and_recall_of_a_digit_have_wilsons_interval():
    labels = np.repeat(np.arange(10), 1_000)
    predicted = noisy(labels, 0.1)
    for digit, scores in enumerate(score_intervals(labels, predicted)["per_class"]):
        hits, taken = int((predicted[labels == digit] == digit).sum()), int((predicted == digit).sum())
        assert scores["recall"] == list(wilson_interval(hits, 1_000))
        assert scores["precision"] == list(wilson_interval(hits, taken))
        f1 = 2 * hits / (taken + 1_000)
        assert f1 - 0.03 < scores["f1"][0] < f1 < scores["f1"][1] < f1 + 0.03


def test_a_perfect_classifier_may_still_err():
    intervals = score_intervals(LABELS, LABELS)
    for scores in intervals["per_class"]:
        assert scores["precision"] == scores["recall"] == [pytest.approx(0.9630, abs=5e-5), 1]
        # Clopper and Pearson: 100 of 100 leaves 0.025 ** (1 / 100) = 0.9638, and 2 J / (1 + J) makes 0.9816 of it.
        assert scores["f1"] == [pytest.approx(0.9816, abs=5e-5), 1]
    for average in ("macro_avg", "weighted_avg"):
        assert intervals[average] == {name: [pytest.approx(1 - 0.00383, abs=1e-5), 1] for name in SCORES}


@pytest.mark.parametrize("images", [100, 1_000])
@pytest.mark.parametrize("share", [0.0005, 0.002, 0.005, 0.01, 0.05])
def test_the_interval_of_f1_holds_the_true_f1(images, share):
    """Of 2,000 test sets with so many `images` of a class, each missed or taken for another with the chance `share`."""
    rng = np.random.default_rng(images)
    missed, false = rng.binomial(images, share, 2_000), rng.binomial(9 * images, share / 9, 2_000)
    interval = cache(f1_interval)  # the same few counts come again and again
    true_f1 = (1 - share) / ((1 - share) + share)
    held = [
        low <= true_f1 <= high
        for low, high in (interval(images - m, m + f) for m, f in zip(missed.tolist(), false.tolist(), strict=True))
    ]
    assert np.mean(held) >= 0.93


def test_what_has_no_denominator_may_be_anything():
    assert f1_interval(0, 0) == (0, 1)
    intervals = score_intervals(LABELS, np.full_like(LABELS, 3))
    assert intervals["per_class"][3]["recall"] == list(wilson_interval(100, 100))
    assert intervals["per_class"][3]["precision"] == list(wilson_interval(100, 1000))
    assert intervals["per_class"][4]["precision"] == [0, 1]
    assert intervals["per_class"][4]["recall"] == list(wilson_interval(0, 100))
    assert intervals["per_class"][4]["f1"] == [0, pytest.approx(0.0699, abs=5e-5)]
    # Nothing varies here, and an average is worth no more than all images.
    assert intervals["macro_avg"]["recall"] == pytest.approx(list(wilson_interval(100, 1000)))


def test_the_interval_of_a_random_classifier_holds_one_in_ten():
    intervals = score_intervals(LABELS, noisy(LABELS, 1))
    for name in SCORES:
        low, high = intervals["macro_avg"][name]
        assert 0.07 < low < 0.1 < high < 0.13


def test_intervals_are_plain_numbers():
    intervals = score_intervals(LABELS, noisy(LABELS, 0.2))
    assert json.loads(json.dumps(intervals)) == intervals


@pytest.mark.parametrize(
    ("labels", "predicted"), [([], []), ([1, 2], [1]), ([1, 10], [1, 1]), ([1, 1], [1, -1])], ids=str
)
def test_what_cannot_be_scored_is_refused(labels, predicted):
    with pytest.raises(ValueError):
        score_intervals(np.array(labels, dtype=int), np.array(predicted, dtype=int))
