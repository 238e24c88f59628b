import json

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from mnist_helpers.evaluation.intervals import DIGITS, SCORES, bootstrap_scores, wilson_interval

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
    intervals = bootstrap_scores(LABELS, predicted)

    def redrawn(average):
        scores = [
            precision_recall_fscore_support(LABELS[i], predicted[i], labels=DIGITS, average=average, zero_division=0)[
                :3
            ]
            for i in drawn
        ]
        return np.percentile(np.array(scores, dtype=float), [2.5, 97.5], axis=0)

    classes = redrawn(None)
    for row, name in enumerate(SCORES):
        for digit in DIGITS:
            assert intervals["per_class"][digit][name] == pytest.approx(classes[:, row, digit], abs=0.025)
        assert intervals["macro_avg"][name] == pytest.approx(redrawn("macro")[:, row], abs=0.008)
        assert intervals["weighted_avg"][name] == pytest.approx(redrawn("weighted")[:, row], abs=0.008)


def test_weighted_average_follows_the_class_sizes():
    labels = np.array([0] * 900 + [1] * 100)
    predicted = np.where(labels == 1, np.arange(1000) % 2, 0)  # all of 0 right, half of 1
    intervals = bootstrap_scores(labels, predicted)
    low, high = intervals["weighted_avg"]["recall"]  # weighted recall is accuracy, 0.95
    assert (low, high) == pytest.approx(wilson_interval(950, 1000), abs=0.004)
    low, high = intervals["macro_avg"]["recall"]  # (1 + 0.5) / 10: eight digits are missing and count 0
    assert low < 0.15 < high < 0.2


def test_bootstrap_recall_is_close_to_wilson():
    labels = np.repeat(np.arange(10), 1_000)
    predicted = noisy(labels, 0.1)
    for digit, scores in enumerate(bootstrap_scores(labels, predicted)["per_class"]):
        hits = int((predicted[labels == digit] == digit).sum())
        assert scores["recall"] == pytest.approx(wilson_interval(hits, 1_000), abs=0.004)


def test_bootstrap_of_a_perfect_classifier_is_one_everywhere():
    intervals = bootstrap_scores(LABELS, LABELS)
    for scores in (*intervals["per_class"], intervals["macro_avg"], intervals["weighted_avg"]):
        assert scores == {name: [pytest.approx(1), pytest.approx(1)] for name in SCORES}


def test_bootstrap_of_a_constant_classifier_counts_an_undefined_precision_as_0():
    intervals = bootstrap_scores(LABELS, np.full_like(LABELS, 3))
    assert intervals["per_class"][3]["recall"] == [1, 1]
    assert intervals["per_class"][3]["precision"] == pytest.approx(wilson_interval(100, 1000), abs=0.004)
    assert intervals["per_class"][4] == {"precision": [0, 0], "recall": [0, 0], "f1": [0, 0]}
    assert intervals["macro_avg"]["recall"] == pytest.approx([0.1, 0.1])


def test_bootstrap_of_a_random_classifier_holds_one_in_ten():
    intervals = bootstrap_scores(LABELS, noisy(LABELS, 1))
    for name in SCORES:
        low, high = intervals["macro_avg"][name]
        assert 0.07 < low < 0.1 < high < 0.13


def test_bootstrap_is_repeatable_and_serialisable():
    predicted = noisy(LABELS, 0.2)
    first = bootstrap_scores(LABELS, predicted)
    assert first == bootstrap_scores(LABELS, predicted)
    assert first != bootstrap_scores(LABELS, predicted, seed=1)
    assert json.loads(json.dumps(first)) == first


@pytest.mark.parametrize(
    ("labels", "predicted"), [([], []), ([1, 2], [1]), ([1, 10], [1, 1]), ([1, 1], [1, -1])], ids=str
)
def test_bootstrap_refuses_what_it_cannot_score(labels, predicted):
    with pytest.raises(ValueError):
        bootstrap_scores(np.array(labels, dtype=int), np.array(predicted, dtype=int))
