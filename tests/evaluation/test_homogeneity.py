import numpy as np
import pytest
from scipy.stats import chi2_contingency

from mnist_helpers.evaluation.homogeneity import homogeneity, standing_out


def test_two_parts_have_fishers_exact_test():
    # The lady tasting tea (Fisher, 1935): 3 of 4 against 1 of 4 is 34/70.
    assert homogeneity([3, 1], [4, 4]) == pytest.approx(34 / 70)
    assert homogeneity([25, 9], [5000, 5000]) == pytest.approx(0.009, abs=5e-4)


def test_of_many_errors_the_chance_is_that_of_the_textbook():
    errors, images = np.array([120, 100, 80, 95]), np.full(4, 1_000)
    wanted = chi2_contingency([errors, images - errors]).pvalue
    assert homogeneity(errors, images) == pytest.approx(wanted, abs=0.005)


def test_parts_of_equal_difficulty_are_told_apart_as_seldom_as_promised():
    rng = np.random.default_rng(0)
    images = np.array([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    chances = [homogeneity(rng.binomial(images, 0.0034), images, draws=500) for _ in range(400)]
    assert 0.02 < np.mean(np.array(chances) < 0.05) < 0.08
    assert np.mean([bool(standing_out(rng.binomial(images, 0.0034), images)) for _ in range(200)]) < 0.08


def test_a_part_ten_times_as_hard_stands_out():
    errors, images = [3] * 9 + [30], [1_000] * 10
    assert homogeneity(errors, images) < 0.001
    assert standing_out(errors, images) == [9]


@pytest.mark.parametrize(("errors", "images"), [([0, 0, 0], [5, 6, 7]), ([5, 6, 7], [5, 6, 7]), ([3], [9]), ([], [])])
def test_where_nothing_can_differ_the_chance_is_one(errors, images):
    assert homogeneity(errors, images) == 1
    assert standing_out(errors, images) == []
