"""What a training says of itself holds for the perfect, the constant and the guessing network, and in between."""

import numpy as np
import pytest

from mnist_helpers.study import baseline_text, difference_interval, kept_text, overfitting_text
from mnist_helpers.training import Epoch, TrainingRun


def answers(right: int, images: int) -> np.ndarray:
    return np.arange(images) < right


def test_overfitting_is_said_where_the_interval_is_above_nothing():
    text = overfitting_text(answers(4999, 5000), answers(4950, 5000))
    assert "knows 99.98%" in text and "+0.98 points" in text
    assert "that is overfitting, and comes to 98% of its errors" in text


@pytest.mark.parametrize(("seen", "unseen"), [(5000, 5000), (4985, 4984), (500, 500), (0, 0)])
def test_what_chance_can_do_is_no_overfitting(seen, unseen):
    text = overfitting_text(answers(seen, 5000), answers(unseen, 5000))
    assert "no overfitting shows" in text and "nan" not in text


def test_easier_validation_images_are_said_to_be_so():
    assert "must be the easier ones" in overfitting_text(answers(4800, 5000), answers(4990, 5000))


def test_a_network_that_knows_its_images_by_heart_and_nothing_else():
    assert "comes to 100% of its errors" in overfitting_text(answers(125, 125), answers(13, 125))


def test_the_interval_is_newcombes():
    # Newcombe (1998), table II, method 10: 56/70 and 48/80.
    assert difference_interval(answers(56, 70), answers(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        low, high = difference_interval(draw.random(500) < 0.98, draw.random(500) < 0.95)
        held += low <= 0.03 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_the_kept_epoch_in_words():
    accuracies = (0.9, 0.9955, 0.995)
    history = [Epoch(number, 500, 0.1, 0.5, 0.9, 0.4, value) for number, value in enumerate(accuracies, start=1)]
    text = kept_text(TrainingRun(None, history, 3, 1.0), 1000, 5000)
    assert "epoch 3 of 3 were kept: 99.50% of 5,000" in text
    assert "reached 99.55%; epoch 2 was the first" in text
    assert "showed 1.5 times" in text


def test_the_baseline_names_its_epochs(digits_run):
    from mnist_helpers.checkpoint import load_baseline

    text = baseline_text(load_baseline(digits_run, "digits"))
    assert "trained for 4 epochs with adam" in text
