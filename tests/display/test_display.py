import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup
from matplotlib import pyplot as plt
from support import random_images

from mnist_helpers.display import notebook as display
from mnist_helpers.display.notebook import (
    TrainingProgress,
    show_figure,
    show_gallery,
    show_gates,
    show_history,
    table_html,
)
from mnist_helpers.training.validation import Epoch


@pytest.fixture
def shown(monkeypatch):
    """Everything that is displayed, as (object, metadata)."""
    outputs = []
    monkeypatch.setattr(display, "display", lambda thing, metadata=None, **_: outputs.append((thing, metadata)))
    return outputs


def test_table_is_accessible_escaped_and_sets_columns_of_numbers_right():
    html = table_html(
        "A & B", ["Digit", "Images", "Note"], [("0", "1,024", "<b>"), ("1", "98.50%", Markup("<i>x</i>"))]
    )
    table = BeautifulSoup(html, "html.parser").table
    assert table.caption.text == "A & B"
    assert [head["scope"] for head in table.select("thead th")] == ["col"] * 3
    assert [head["scope"] for head in table.select("tbody th")] == ["row"] * 2
    assert ["num" in cell.get("class", []) for cell in table.select("tbody tr:first-child td")] == [True, False]
    assert "&lt;b&gt;" in html and "<i>x</i>" in html


def test_gates_link_to_their_sections(shown):
    show_gates([{"name": "Leakage", "section": "Data checks", "wanted": "none", "shown": "0", "passed": False}])
    html = shown[0][0].data
    assert '<a href="#Data-checks">Leakage</a>' in html
    assert '<span class="fail">fail</span>' in html


def test_figure_carries_its_alt_text_and_is_closed(shown, tmp_path):
    figure, _ = plt.subplots()
    show_figure(figure, alt="nothing to see", save_as=tmp_path / "figure.png")
    assert shown[0][1]["image/png"]["alt"] == "nothing to see"
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_gallery_has_a_caption_for_each_image(shown):
    show_gallery(random_images(3).images, ["a", "b", "c < d"])
    page = BeautifulSoup(shown[0][0].data, "html.parser")
    assert [image["alt"] for image in page("img")] == ["a", "b", "c < d"]
    assert all(image["src"].startswith("data:image/png;base64,") for image in page("img"))


def test_long_histories_show_their_last_epochs(shown):
    show_history([Epoch(number, 500, 0.1, 0.2, 0.9, 0.3, 0.8) for number in range(1, 41)])
    table = BeautifulSoup(shown[0][0].data, "html.parser")
    assert len(table.select("tbody tr")) == 15
    assert "the last 15 of 40" in table.caption.text
    assert table.select_one("tbody th").text == "26"


def test_progress_tells_the_time_left(monkeypatch):
    updates = []
    handle = type("Handle", (), {"update": lambda _, thing, metadata: updates.append((thing.data, metadata))})()
    monkeypatch.setattr(display, "display", lambda *_, **__: handle)
    progress = TrainingProgress(epochs=3)
    progress([Epoch(1, 500, 0.1, 0.2, 0.9, 0.3, 0.985)], 60.0)
    assert "Epoch 1 of 3" in updates[0][0] and "98.50%" in updates[0][0]
    assert updates[0][1]["progress"].endswith("1:00 spent, 2:00 left")
