"""The explorer of errors: what each image is said to be, and which filters it passes."""

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from mnist_helpers.data import LabelledImages, stroke_thickness
from mnist_helpers.display.explorer import explorer_html, explorer_text, show_explorer
from mnist_helpers.evaluation.errors import FILTERS, SHOWN, explore_errors
from mnist_helpers.evaluation.slices import measure_slices
from mnist_helpers.network import Predictions
from mnist_helpers.report.export import TEMPLATE
from mnist_helpers.report.output_html import active_part

LABELS = np.zeros(10_000, dtype=np.int64)
BLANK = {"thick", "right-leaning"}  # where all images are alike, as these are, all lie in the last third
TEST = LabelledImages(torch.zeros(10_000, 28, 28, dtype=torch.uint8), torch.from_numpy(LABELS))


def answers(wrong: dict[int, float]) -> Predictions:
    """All images are a 0; those in `wrong` are called a 7 with this confidence, with 0 as the runner-up."""
    probabilities = np.tile([1 - 9e-6, *[1e-6] * 9], (10_000, 1))
    for image, confidence in wrong.items():
        probabilities[image] = 1e-9
        probabilities[image, [7, 0]] = confidence, 1 - confidence
    return Predictions(np.log(probabilities), LABELS)


def said_by(wrong: dict[int, int]) -> str:
    return "".join(str(wrong.get(image, 0)) for image in range(10_000))


def test_each_error_is_told_with_all_that_is_known_of_it():
    others = {8: said_by({3: 7, 6_000: 7}), 9: said_by({3: 4})}
    explorer = explore_errors(TEST, answers({3: 0.96, 6_000: 0.6, 4_999: 0.901}), "mnist", [3, 5], others)
    first, second, third = explorer.cards
    assert first.title == "0 → 7, 96%"
    assert first.notes == ["then 0, 4.0%", "#3, 1st half", "2 same, 0 right", "label in doubt"]
    assert set(first.passes) == BLANK | {"doubtful", "confident", "first-half", "every-seed"}
    assert set(second.passes) == BLANK | {"confident", "first-half"}, "4,999 is the last of the first half"
    assert third.notes == ["then 0, 40.0%", "#6000, 2nd half", "2 same, 1 right"]
    assert set(third.passes) == BLANK | {"unsure", "second-half"}
    assert explorer.choices() == {
        "all": "All (3)",
        "doubtful": "Label in doubt (1)",
        "confident": "Sure (90% or more) (2)",
        "unsure": "Unsure (1)",
        "first-half": "First half (2)",
        "second-half": "Second half (1)",
        "thick": "Thick strokes (3)",
        "right-leaning": "Right-leaning (3)",
        "every-seed": "Missed by every seed (1)",
    }
    assert "0 → 7, 96%, then 0, 4.0%, #3, 1st half" in explorer_text(explorer)


def test_errors_are_told_by_strokes_and_slant_with_the_limits_of_the_slices(digits):
    test = digits[2]
    wrong = Predictions(np.eye(10)[(test.labels.numpy() + 1) % 10], test.labels.numpy())
    slices = {part["name"].partition(",")[0]: part["n"] for part in measure_slices(test, wrong, "digits")}
    cards = explore_errors(test, wrong, "digits").cards
    assert len(cards) == SHOWN < len(test)
    for name in ("thin", "thick", "left-leaning", "right-leaning"):
        assert 0 < sum(name in card.passes for card in cards) <= slices[name]
    thin, thick = (
        [stroke_thickness(card.image[None])[0] for card in cards if name in card.passes] for name in ("thin", "thick")
    )
    assert max(thin) < min(thick)


def test_what_is_not_known_is_neither_told_nor_asked_for():
    explorer = explore_errors(TEST, answers({3: 0.9999}), "digits")
    assert explorer.cards[0].notes == ["then 0, <0.1%", "#3"]
    assert list(explorer.choices()) == ["all", "confident", "thick", "right-leaning"]


def test_a_perfect_classifier_has_no_gallery(capsys):
    explorer = explore_errors(TEST, answers({}), "mnist")
    show_explorer(explorer)
    assert explorer.cards == [] and capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", ["constant", "random"])
def test_of_thousands_the_most_confident_are_shown(kind):
    logits = np.random.default_rng(0).normal(size=(10_000, 10)) if kind == "random" else np.eye(10)[[7] * 10_000]
    explorer = explore_errors(TEST, Predictions(logits, LABELS), "mnist")
    choices = explorer.choices()
    assert len(explorer.cards) == SHOWN and choices["all"] == f"All ({SHOWN})"
    assert len(explorer_html(explorer)) < 150_000
    assert explorer.cards[0].title.startswith("0 → ")


def test_the_page_lets_it_pass_and_hides_what_no_style_would_filter():
    page = BeautifulSoup(explorer_html(explore_errors(TEST, answers({3: 0.96, 6_000: 0.6}), "mnist")), "html.parser")
    assert active_part(page) is None
    assert page.fieldset["style"] == "display:none"
    buttons = page("input")
    assert {button["name"] for button in buttons} == {"explorer"} and buttons[0].has_attr("checked")
    assert [label["for"] for label in page("label")] == [button["id"] for button in buttons]
    assert len(page("li")) == 2 and all(image["alt"] for image in page("img"))


def test_the_style_knows_every_filter():
    style = (TEMPLATE / "style.css").read_text(encoding="utf-8")
    for name in FILTERS:
        assert f".explorer:has(#explorer-{name}:checked) li:not(.{name})" in style
