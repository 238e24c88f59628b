import pytest
import torch
from matplotlib import pyplot as plt

from mnist_helpers.display import layer_table, plot_by_heart, plot_pictures, plot_spread, table_text
from mnist_helpers.network import ByHeart, MnistCNN, Spread, summarise
from mnist_helpers.settings import ModelSettings


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_layers_are_a_table_with_totals():
    lines = table_text(layer_table(summarise(MnistCNN(ModelSettings())))).splitlines()
    assert lines[1].split() == ["Layer", "Output", "shape", "Parameters", "Multiply-adds"]
    assert "32 × 12 × 12" in lines[2] and lines[2].endswith("165,888")
    assert lines[-1].split() == ["Total", "242,506", "6,912,960"]


def test_pictures_stand_in_named_rows_below_their_titles():
    figure = plot_pictures(
        {"before": torch.zeros(3, 28, 28), "after": torch.ones(3, 14, 14)}, "Alike.", ["a", "b", "c"]
    )
    axes = figure.axes
    assert len(axes) == 6 and figure.get_label() == "Alike."
    assert [axis.get_title() for axis in axes] == ["a", "b", "c", "", "", ""]
    assert [axis.get_ylabel() for axis in axes[::3]] == ["before", "after"]
    assert len(plot_pictures({"one": torch.zeros(1, 28, 28)}, "One.").axes) == 1


def test_spread_is_drawn_for_every_factor_with_and_without_batch_norm():
    layers = ["Convolution", "Output"]
    spreads = {
        (norm, factor): Spread(layers, [1, factor], [factor, 1], 2) for norm in (True, False) for factor in (0.1, 3)
    }
    figure = plot_spread(spreads)
    assert [len(axis.lines) for axis in figure.axes] == [2, 2, 2, 2]
    assert list(figure.axes[3].lines[0].get_ydata()) == [0.1, 1]
    assert "Without batch normalisation, weights × 0.1: signal 1 to 0.1, gradient 0.1 to 1" in figure.get_label()


def test_losses_of_every_network_are_drawn_against_the_criterion():
    checks = {"sound": ByHeart([2.4, 0.01], 64, 64, [], 17), "broken": ByHeart([2.4, 2.3], 9, 64, ["a"], 17)}
    figure = plot_by_heart(checks)
    assert [list(line.get_ydata()) for line in figure.axes[0].lines] == [[2.4, 0.01], [2.4, 2.3], [0.1, 0.1]]
    assert "sound from 2.4 to 0.01; broken from 2.4 to 2.3" in figure.get_label()
