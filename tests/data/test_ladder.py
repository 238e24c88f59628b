import numpy as np
import pytest

from mnist_helpers.data import Rung, describe_convergence, describe_rung, describe_shift, ladder_rows, won

TRUTH = np.arange(1000) % 10
PERFECT = Rung("Perfect", TRUTH, TRUTH, 0.1)
CONSTANT = Rung("Constant", TRUTH, np.full(1000, 3), 0.0)
RANDOM = Rung("Random", TRUTH, np.random.default_rng(0).integers(0, 10, 1000), 12.345)


def test_a_rung_counts_its_errors_and_knows_how_sure_the_count_is():
    assert (PERFECT.errors, CONSTANT.errors) == (0, 900)
    assert 850 < RANDOM.errors < 950
    assert PERFECT.interval == pytest.approx((0.9962, 1), abs=1e-4)
    assert CONSTANT.interval == pytest.approx((0.0829, 0.1202), abs=1e-4)


def test_rows_of_the_table():
    first, second = ladder_rows([CONSTANT, PERFECT])
    assert first == ("Constant", "10.00%", "8.3%–12.0%", "900", "0.00")
    assert second == ("Perfect", "100.00%", "99.6%–100.0%", "0", "0.10")


def test_the_first_rung_is_compared_with_none():
    text = describe_rung(CONSTANT)
    assert "**10.00%**" in text and "900 of 1,000" in text and "rung below" not in text


def test_a_better_a_worse_and_an_equal_rung_are_called_so():
    better = describe_rung(PERFECT, CONSTANT)
    assert "Better than the rung below (constant)" in better
    assert "gets 900 right" in better and "and 0 wrong" in better
    worse = describe_rung(CONSTANT, PERFECT)
    assert "Worse than" in worse and "gets 0 right" in worse and "and 900 wrong" in worse
    assert "No better than" in describe_rung(PERFECT, PERFECT)


def test_won_are_the_images_that_only_the_second_gets_right():
    assert won(CONSTANT, PERFECT)[:4].tolist() == [0, 1, 2, 4]
    assert len(won(PERFECT, CONSTANT)) == 0
    places = won(CONSTANT, RANDOM)
    assert (RANDOM.answers[places] == TRUTH[places]).all() and 3 not in TRUTH[places]


def test_captions_of_mistakes_say_what_it_was_and_what_was_said():
    assert CONSTANT.mistakes([0, 5]) == ["0\nnot 3", "5\nnot 3"]


def test_a_solver_that_was_stopped_is_not_said_to_have_converged():
    assert "**not converged**" in describe_convergence(30, limit=30)
    assert "not converged" not in describe_convergence(29, limit=30)


@pytest.mark.parametrize(
    ("moved", "wanted"),
    [([0.6, 0.5], "Every one"), ([0.9, 0.5], "not all of them"), ([0.9, 0.79], "Hardly any"), ([0.95, 0.9], "Hardly")],
)
def test_words_on_moved_images_follow_the_accuracies(moved, wanted):
    assert wanted in describe_shift([0.9, 0.8], moved)


def test_the_fall_is_told_as_it_is():
    assert "by 10.0% to 30.0% of the images" in describe_shift([0.9, 0.8], [0.8, 0.5])
