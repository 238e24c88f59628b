import json
from functools import cache

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from mnist_helpers.evaluation.intervals import DIGITS, SCORES, f1_interval, score_intervals, wilson_interval

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


def test_bootstrap_agrees_with_redrawing_the_images_and_scoring_with_scikit_learn():
    predicted, resamples = noisy(LABELS, 0.2), 200
    rng = np.random.default_rng(2)
    drawn = [rng.integers(0, len(LABELS), len(LABELS)) for _ in range(resamples)]
    intervals = score_intervals(LABELS, predicted)

    def redrawn(average):
        scores = [
            precision_recall_fscore_support(LABELS[i], predicted[i], labels=DIGITS, average=average, zero_division=0)[
                :3
            ]
            for i in drawn
        ]
        return np.percentile(np.array(scores, dtype=float), [2.5, 97.5], axis=0)

    for name_of, average in (("macro_avg", "macro"), ("weighted_avg", "weighted")):
        for row, name in enumerate(SCORES):
            assert intervals[name_of][name] == pytest.approx(redrawn(average)[:, row], abs=0.008)


def test_weighted_average_follows_the_class_sizes():
    labels = np.array([0] * 900 + [1] * 100)
    predicted = np.where(labels == 1, np.arange(1000) % 2, 0)  # all of 0 right, half of 1
    intervals = score_intervals(labels, predicted)
    low, high = intervals["weighted_avg"]["recall"]  # weighted recall is accuracy, 0.95
    assert (low, high) == pytest.approx(wilson_interval(950, 1000), abs=0.004)
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
    assert intervals["macro_avg"]["recall"] == pytest.approx([0.1, 0.1])


def test_bootstrap_of_a_random_classifier_holds_one_in_ten():
    intervals = score_intervals(LABELS, noisy(LABELS, 1))
    for name in SCORES:
        low, high = intervals["macro_avg"][name]
        assert 0.07 < low < 0.1 < high < 0.13


def test_bootstrap_is_repeatable_and_serialisable():
    predicted = noisy(LABELS, 0.2)
    first = score_intervals(LABELS, predicted)
    assert first == score_intervals(LABELS, predicted)
    assert first != score_intervals(LABELS, predicted, seed=1)
    assert json.loads(json.dumps(first)) == first


@pytest.mark.parametrize(
    ("labels", "predicted"), [([], []), ([1, 2], [1]), ([1, 10], [1, 1]), ([1, 1], [1, -1])], ids=str
)
def test_bootstrap_refuses_what_it_cannot_score(labels, predicted):
    with pytest.raises(ValueError):
        score_intervals(np.array(labels, dtype=int), np.array(predicted, dtype=int))
