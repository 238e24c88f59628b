"""A figure as SVG: what it keeps of the figure, what takes the page's colours, and how small and repeatable it is."""

import io
from base64 import b64decode

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from PIL import Image
from support import random_images

from mnist_helpers.display import BLUE, describe, plot_gallery
from mnist_helpers.display.vector import draw_svg


def chart():
    figure, axis = plt.subplots(figsize=(4, 2))
    axis.plot([1, 2, 3], [2, 1, 3], "o-", color=BLUE, label="a < b")
    axis.set(title="Errors & more", ylabel="Share", xlim=(1.5, 3))
    axis.grid(axis="y")
    axis.legend()
    return figure


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def parsed(figure, alt="What it shows"):
    return BeautifulSoup(draw_svg(figure, alt), "html.parser").svg


def test_it_is_an_image_with_a_name():
    svg = parsed(chart(), 'Says "a" < b')
    assert (svg["role"], svg["aria-label"]) == ("img", 'Says "a" < b')
    assert float(svg["width"]) == pytest.approx(float(svg["viewbox"].split()[2]) * 96 / 72, abs=1)


def test_words_stay_words():
    texts = [text.get_text() for text in parsed(chart())("text")]
    assert {"Errors & more", "Share", "a < b"} <= set(texts)


def test_it_takes_the_colours_of_the_page():
    drawing = draw_svg(chart(), "x")
    assert all(colour in drawing for colour in ("currentColor", "var(--blue)", "var(--line)"))
    assert "#1f5fa8" not in drawing and "#000000" not in drawing and "#ffffff" not in drawing, "and has no background"


def test_it_is_small_and_refers_to_nothing_that_is_not_there():
    svg = parsed(chart())
    assert len(str(svg)) < 6_000
    assert not svg.find(["metadata", "style"]) and all(group.attrs for group in svg("g"))
    names = {element["id"] for element in svg.find_all(id=True)}
    wanted = {use["href"][1:] for use in svg("use")} | {
        element["clip-path"][5:-1] for element in svg.find_all(attrs={"clip-path": True})
    }
    assert names == wanted and names


def test_the_same_figure_gives_the_same_text():
    assert draw_svg(chart(), "x") == draw_svg(chart(), "x")


def test_pictures_keep_their_own_pixels_in_one_channel():
    images = random_images(2).images.numpy()
    svg = parsed(plot_gallery(images, ["one", "two"]))
    found = [Image.open(io.BytesIO(b64decode(image["href"].partition(",")[2]))) for image in svg("image")]
    assert [(image.size, image.mode) for image in found] == [((28, 28), "L")] * 2
    darkest = np.unravel_index(images[0].argmax(), (28, 28))
    assert np.asarray(found[0])[darkest] == np.asarray(found[0]).min(), "ink is dark, and nothing is mirrored"
    assert all("pixelated" in image["style"] for image in svg("image"))


def test_pictures_in_colour_keep_it():
    figure, axis = plt.subplots()
    axis.imshow(np.eye(4), cmap="Oranges")
    (image,) = parsed(describe(figure, "x"))("image")
    with Image.open(io.BytesIO(b64decode(image["href"].partition(",")[2]))) as picture:
        assert picture.mode == "RGBA"
