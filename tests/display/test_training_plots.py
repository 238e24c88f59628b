"""Curves by epoch: what they say, and that high accuracies can be told apart."""

import pytest
from matplotlib import pyplot as plt

from mnist_helpers.display import plot_accuracy, plot_loss, plot_rates
from mnist_helpers.training import Epoch, one_cycle


def history(*accuracies: float) -> list[Epoch]:
    return [Epoch(number, 500, 0.1, 0.2, value, 0.3 / number, value) for number, value in enumerate(accuracies, 1)]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_99_2_and_99_7_lie_far_apart_even_after_a_poor_start():
    (axis,) = plot_accuracy(history(0.8, 0.992, 0.997), 3).axes
    places = axis.transAxes.inverted().transform(axis.transData.transform([(1, 20), (2, 0.8), (3, 0.3)]))[:, 1]
    assert places[0] < places[1] < places[2]
    assert places[2] - places[1] > 0.15
    labels = {label.get_text() for label in axis.get_yticklabels()}
    assert {"99", "99.5"} <= labels


@pytest.mark.parametrize("accuracy", [0.0, 0.1, 1.0])
def test_no_and_nothing_but_errors_have_a_place(accuracy):
    figure = plot_accuracy(history(accuracy, accuracy), 2)
    figure.canvas.draw()
    (axis,) = figure.axes
    low, high = sorted(axis.get_ylim())
    for line in axis.lines[:2]:
        assert all(low <= value <= high for value in line.get_ydata())


def test_a_wide_scale_is_not_crowded():
    figure = plot_accuracy(history(0.3, 0.9, 0.99, 1.0), 4)
    (axis,) = figure.axes
    assert 2 <= len(axis.get_yticks()) <= 7


def test_figures_say_what_they_show():
    epochs = history(0.8, 0.992)
    assert "validation from 80.00% to 99.20%" in plot_accuracy(epochs, 2).get_label()
    label = plot_loss(epochs, 1).get_label()
    assert "validation from 0.300 to 0.150" in label and "Epoch 1 was kept" in label
    rates = plot_rates([0.06 * one_cycle(step / 100) for step in range(101)])
    assert "highest (0.06) after 10% of it, 0 at the end" in rates.get_label()
