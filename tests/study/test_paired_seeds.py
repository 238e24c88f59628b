"""The paired comparison of several networks holds what it says, in simulated studies."""

import numpy as np
import pytest

from mnist_helpers.evaluation import holm, paired_difference

IMAGES = 1000


def simulate(seeds: int, more: float, studies: int, spread: float = 0.15):
    """Two recipes, one of which makes `more` errors on average; seeds vary, and some images are harder than others."""
    draw = np.random.default_rng(seeds)
    for _ in range(studies):
        hard = 0.3 * draw.beta(0.2, 1.0, IMAGES)
        mistakes = []
        for factor in (1 + more / hard.sum(), 1.0):
            own = hard * factor
            mistakes.append(draw.random((seeds, IMAGES)) < own * np.exp(draw.normal(0, spread, (seeds, 1))))
        yield paired_difference(*mistakes)


@pytest.mark.parametrize("seeds", [3, 5])
def test_equal_recipes_are_told_apart_no_more_often_than_said(seeds):
    found = list(simulate(seeds, 0, 300))
    assert np.mean([one.p_value < 0.05 for one in found]) <= 0.08
    assert np.mean([one.interval[0] <= 0 <= one.interval[1] for one in found]) >= 0.92


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 30])
def test_a_difference_that_can_be_seen_is_seen_in_four_of_five_studies(alpha):
    more = 0.0
    for _ in range(3):  # a larger difference has more chance in it
        more = float(np.mean([one.visible(alpha) ** 2 for one in simulate(5, more, 100)])) ** 0.5
    assert 0.68 <= np.mean([one.p_value < alpha for one in simulate(5, more, 200)]) <= 0.92
    assert np.mean([one.p_value < alpha for one in simulate(5, more / 2, 200)]) <= 0.5


def test_seeds_that_agree_are_sure_and_one_image_is_not():
    none = np.zeros((5, 1000), dtype=bool)
    many, one = none.copy(), none.copy()
    many[:, :40], one[:, :1] = True, True
    assert paired_difference(many, none).p_value < 1e-6
    assert paired_difference(one, none).p_value > 0.3
    assert paired_difference(none, many).errors == -40


def test_equal_answers_are_no_difference():
    same = np.eye(3, 50, dtype=bool)
    found = paired_difference(same, same)
    assert (found.errors, found.p_value, found.interval) == (0, 1, (0, 0))


def test_a_lucky_seed_is_no_finding():
    mistakes, others = (np.zeros((3, 1000), dtype=bool) for _ in range(2))
    mistakes[0, :60] = True
    assert paired_difference(mistakes, others).p_value > 0.2


def test_holm():
    # By hand: sorted, times 4, 3, 2 and 1, and never less than the one before.
    assert holm([0.03, 0.005, 0.5, 0.02]) == pytest.approx([0.06, 0.02, 0.5, 0.06])
    assert holm([]) == []
