import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from support import random_images

from mnist_helpers import display
from mnist_helpers.data import Rung, class_counts


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_every_number_of_an_image_stands_in_its_cell():
    image = random_images(1).images[0]
    image[:, 0] = 0
    axis = display.plot_numbers(image, 5).axes[0]
    written = {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in axis.texts}
    assert written == {place: str(level) for place, level in np.ndenumerate(image.numpy())}
    assert axis.get_title(loc="left").startswith("A handwritten 5")


def test_alternative_texts_tell_the_numbers():
    data = random_images(50)
    data.images[:, :14] = 0
    assert display.plot_numbers(data.images[0] * 0, 1).get_label().endswith("0 cells have ink, the other 784 are 0.")
    assert "50% of all pixels are 0" in display.plot_pixels(data.images, data.labels).get_label()
    counts = class_counts(torch.tensor([0, 0, 0, *range(10)]))
    assert "Some: from 1 to 4" in display.plot_class_distribution({"Some": counts}).get_label()
    assert "2 apart 0.50" in display.plot_order({1: -0.2, 2: 0.5}).get_label()


def test_samples_have_a_row_for_each_digit_and_blanks_where_images_are_missing():
    data = random_images(25)
    figure = display.plot_samples(data.images, data.labels, per_digit=3)
    filled = [len(axis.images) for axis in figure.axes]
    assert filled == [1, 1, 1] * 5 + [1, 1, 0] * 5


def test_a_step_of_the_ladder_shows_what_the_next_rung_gets_right():
    data = random_images(20)
    truth = data.labels.numpy()
    constant, perfect = Rung("Constant", truth, truth * 0 + 1, 0.0), Rung("Perfect", truth, truth, 0.0)
    figure = display.plot_won(data.images, constant, perfect)
    assert [axis.get_title() for axis in figure.axes] == [f"{digit}\nnot 1" for digit in (0, 2, 3, 4, 5, 6, 7, 8)]
    assert (figure.axes[1].images[0].get_array() == data.images[2].numpy()).all()
    assert figure.get_label().startswith("Constant: mistakes that perfect gets right. 0 not 1; 2 not 1;")


def test_a_step_that_wins_nothing_says_so():
    data = random_images(20)
    rung = Rung("Perfect", data.labels.numpy(), data.labels.numpy(), 0.0)
    assert "no mistake" in display.plot_won(data.images, rung, rung).get_label()


def test_weights_are_shown_on_one_scale_with_zero_in_the_middle():
    weights = np.zeros((10, 784))
    weights[3] = 2.0
    axes = display.plot_weights(weights).axes
    assert {axis.images[0].get_clim() for axis in axes[:10]} == {(-2.0, 2.0)}
    assert (axes[3].images[0].get_array() == 2).all()


def test_mistakes_stand_above_the_images_that_decided():
    data = random_images(8)
    nearest = data.images[2:].view(2, 3, 28, 28)
    figure = display.plot_nearest(data.images[:2], ["0\nnot 1", "1\nnot 2"], nearest, np.array([[1] * 3, [2] * 3]))
    columns = np.array(figure.axes).reshape(4, -1)
    assert [axis.get_title() for axis in columns[:, 0]] == ["0\nnot 1", "1", "1", "1"]
    assert [axis.get_title() for axis in columns[:, 1]] == ["1\nnot 2", "2", "2", "2"]
    assert (columns[3, 1].images[0].get_array() == nearest[1, 2].numpy()).all()
    assert not columns[0, 2].images
    assert "2 mistakes, each above the 3 training images nearest to it. 0 not 1; 1 not 2." in figure.get_label()
