import io
import warnings
from base64 import b64decode

import numpy as np
import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup
from matplotlib import pyplot as plt
from PIL import Image
from support import random_images

from mnist_helpers.display import (
    Table,
    describe,
    figures,
    percent,
    percent_range,
    plot_gallery,
    progress,
    show_facts,
    show_figure,
    show_history,
    show_table,
    show_text,
    table_html,
    table_text,
    tables,
    thumbnail,
)
from mnist_helpers.display.tables import is_number
from mnist_helpers.report.export import DRAWING
from mnist_helpers.training import Epoch

TABLE = Table("A & B", ["Digit", "Images", "Note"], [("0", "1,024", "<b>"), ("1", "98.50%", Markup("<i>x</i>"))])


@pytest.fixture
def shown(monkeypatch):
    """Everything that is displayed, as (object, metadata)."""
    outputs = []
    for module in (figures, progress, tables):
        monkeypatch.setattr(module, "display", lambda thing, metadata=None, **_: outputs.append((thing, metadata)))
    return outputs


def test_table_is_accessible_escaped_and_sets_columns_of_numbers_right():
    html = table_html(TABLE)
    table = BeautifulSoup(html, "html.parser").table
    assert table.caption.text == "A & B"
    assert [head["scope"] for head in table.select("thead th")] == ["col"] * 3
    assert [head["scope"] for head in table.select("tbody th")] == ["row"] * 2
    assert ["num" in cell.get("class", []) for cell in table.select("tbody tr:first-child td")] == [True, False]
    assert [cell["style"] for cell in table.select("tbody tr:first-child td")] == [
        "text-align:right",
        "text-align:left",
    ]
    assert "&lt;b&gt;" in html and "<i>x</i>" in html


def test_a_terminal_gets_the_table_in_columns():
    assert table_text(TABLE).splitlines() == [
        "A & B",
        "Digit  Images  Note",
        "    0   1,024  <b>",
        "    1  98.50%  x",
    ]


def test_everything_that_is_shown_is_text_too(shown):
    show_table(TABLE)
    show_text("**so**")
    show_facts("Good", {"Errors": "3 < 4"})
    assert all(content["text/plain"] for content, _ in shown)
    assert "<dt>Errors</dt><dd>3 &lt; 4</dd>" in shown[2][0]["text/html"]
    assert shown[2][0]["text/plain"].endswith("Errors: 3 < 4")


def test_figure_carries_its_alt_text_and_is_closed(shown, tmp_path):
    figure, _ = plt.subplots()
    show_figure(describe(figure, "nothing to see"), save_as=tmp_path / "figure.png")
    content, metadata = shown[0]
    assert metadata["image/png"]["alt"] == "nothing to see"
    assert 'aria-label="nothing to see"' in content[DRAWING], "and the report finds a drawing of its own"
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_a_figure_without_alt_text_is_refused(shown):
    figure, _ = plt.subplots()
    with pytest.raises(ValueError, match="alternative text"):
        show_figure(figure)
    plt.close(figure)


def test_gallery_is_one_picture_with_a_caption_for_each_image():
    figure = plot_gallery(random_images(3).images, ["a", "b", "c < d"], columns=2)
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.texts] == ["a", "b", "c < d"] and len(axis.images) == 3
    lefts, rights, bottoms, tops = zip(*(image.get_extent() for image in axis.images), strict=True)
    assert lefts[0] == lefts[2] and rights[0] < lefts[1] and bottoms[0] == bottoms[1] < tops[2]
    assert figure.get_label() == "3 digits, from left to right: a; b; c < d."
    with warnings.catch_warnings(action="error"):
        show_figure(figure)


def test_long_histories_show_their_last_epochs(shown):
    show_history([Epoch(number, 500, 0.1, 0.2, 0.9, 0.3, 0.8) for number in range(1, 41)])
    table = BeautifulSoup(shown[0][0]["text/html"], "html.parser")
    assert len(table.select("tbody tr")) == 15
    assert "the last 15 of 40" in table.caption.text
    assert table.select_one("tbody th").text == "26"


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.5, 0, "50%"),
        (0.9954, 0, "99.5%"),
        (0.9995, 0, "99.95%"),
        (0.99999, 0, ">99.99%"),
        (1, 0, "100%"),
        (0.99998, 2, "99.998%"),
        (1, 2, "100.00%"),
        (0, 2, "0.00%"),
    ],
)
def test_only_all_of_them_are_100_percent(share, decimals, text):
    assert percent(share, decimals) == text


def test_an_interval_reaches_100_percent_only_where_it_does():
    assert percent_range([0.99943, 0.99998]) == "99.94%–99.998%"
    assert percent_range([0.99962, 1]) == "99.96%–100.00%"


def test_a_thumbnail_shows_the_image_as_dark_ink_and_says_what_it_is():
    image = random_images(1).images[0]
    picture = BeautifulSoup(thumbnail(image, alt="a <digit>"), "html.parser").img
    assert (picture["alt"], picture["width"]) == ("a <digit>", "28")
    content = b64decode(picture["src"].removeprefix("data:image/png;base64,"))
    assert np.array_equal(255 - np.asarray(Image.open(io.BytesIO(content))), image.numpy())


def test_a_tiny_p_value_is_a_number():
    assert is_number("2.6e-05") and not is_number("e-05") and not is_number("type-3")
