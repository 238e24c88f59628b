import json

import numpy as np
import pytest
import torch

from mnist_helpers.display import table_text
from mnist_helpers.evaluation.not_digit_pictures import (
    FONTS,
    LETTERS,
    LIKE_DIGITS,
    NO_DIGIT,
    SIGNS,
    draw_character,
    draw_not_digits,
    has_character,
)
from mnist_helpers.evaluation.not_digits import (
    EACH,
    describe_not_digits,
    measure_not_digits,
    plot_not_digits,
    tabulate_not_digits,
)
from mnist_helpers.network import Predictions

KINDS = ("printed digits", "letters", "signs", "blots", "noise images", "blank images")
NOT_ASSIGNED = "\ue123"


def selective(threshold: float | None = 0.9) -> dict:
    return {"by_validation": {"threshold": threshold}}


@pytest.fixture(scope="module")
def pictures():
    return draw_not_digits()


def answers(pictures, digit_of, confidence_of) -> dict[str, Predictions]:
    """By kind, the digits and the confidences that two functions of kind and labels give."""
    found = {}
    for kind, images in pictures.items():
        labels = images.labels.numpy()
        named, sure = np.broadcast_to(digit_of(kind, labels), labels.shape), confidence_of(kind, labels)
        sure = np.broadcast_to(sure, labels.shape)[:, None]
        found[kind] = Predictions(np.log(np.where(np.eye(10)[named] == 1, sure, (1 - sure) / 9)), labels)
    return found


@pytest.fixture
def perfect(pictures):
    """Right and sure of printed digits, and unsure of all that is none."""
    return answers(
        pictures, lambda kind, labels: labels.clip(0), lambda kind, labels: np.where(labels == NO_DIGIT, 0.2, 0.999)
    )


def entry(not_digits: dict, kind: str) -> dict:
    return next(one for one in not_digits["kinds"] if one["kind"] == kind)


def test_kinds_come_in_mnist_format(pictures):
    assert tuple(pictures) == KINDS
    for kind in KINDS[:4]:
        images = pictures[kind].images
        assert images.dtype == torch.uint8 and images.shape[1:] == (28, 28)
        ink = images >= 40
        for side in (1, 2):
            marked = ink.any(dim=side).int()
            first, last = marked.argmax(dim=1), 27 - marked.flip(1).argmax(dim=1)
            assert (last - first).max() < 20, f"{kind} fit the box"
        assert (images.amax(dim=(1, 2)) > 200).all(), f"{kind} have full ink"
        assert images.float().mean() < 128, f"{kind} are light on dark"


def test_only_printed_digits_are_some(pictures):
    assert torch.bincount(pictures["printed digits"].labels).tolist() == [len(FONTS)] * 10
    assert all((pictures[kind].labels == NO_DIGIT).all() for kind in KINDS[1:])


def test_images_of_what_is_no_digit_are_all_different(pictures):
    for kind in KINDS[1:]:
        images = pictures[kind].images
        assert len({image.numpy().tobytes() for image in images}) == len(images) >= 10, kind


def test_blank_images_are_of_one_level_each(pictures):
    images = pictures["blank images"].images.flatten(1)
    assert (images == images[:, :1]).all() and {0, 255} <= set(images[:, 0].tolist())


def test_the_same_seed_draws_the_same(pictures):
    again, other = draw_not_digits(), draw_not_digits(seed=1)
    assert all(torch.equal(pictures[kind].images, again[kind].images) for kind in KINDS)
    assert not torch.equal(pictures["blots"].images, other["blots"].images)


@pytest.mark.parametrize("font", FONTS)
def test_fonts_draw_every_letter_whole_and_none_as_a_missing_glyph(font):
    assert not has_character(font, NOT_ASSIGNED)
    missing = draw_character(font, NOT_ASSIGNED)
    for character in [*LETTERS, *"0123456789", *(sign for sign in SIGNS if has_character(font, sign))]:
        assert has_character(font, character)
        drawn = draw_character(font, character)
        assert (drawn == 255).any() and not np.array_equal(drawn, missing), character
        rim = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
        assert not rim.any(), f"{character} is cut off"


def test_letters_that_could_be_digits_are_not_asked(pictures):
    assert not set(LETTERS) & set(LIKE_DIGITS) and len(LETTERS) + len(LIKE_DIGITS) == 52
    assert set("OoIlZSsBgq") <= set(LIKE_DIGITS)
    assert len(pictures["letters"]) == len(LETTERS) * len(FONTS)
    assert all(any(has_character(font, sign) for font in FONTS) for sign in SIGNS)


def test_classifier_that_knows_digits_from_others_has_a_guard(pictures, perfect):
    measured = measure_not_digits(perfect, selective())
    digits, letters = entry(measured, "printed digits"), entry(measured, "letters")
    assert (digits["refused"], digits["right"], digits["sure"]) == (0, digits["n"], digits["n"])
    assert (letters["refused"], letters["right"], letters["sure"]) == (letters["n"], 0, 0)
    assert letters["median_confidence"] is letters["named"] is None
    assert json.loads(json.dumps(measured)) == measured
    said = describe_not_digits(measured)
    assert "100% of 544 letters are refused; of the rest 100% of" in said
    assert "keeps out what is no digit, too: of no kind more than 0% pass" in said
    assert said.endswith("Of 160 printed digits 0% are refused and 100% answered rightly.")


def test_constant_classifier_calls_everything_a_digit(pictures):
    everything = answers(pictures, lambda *_: 4, lambda *_: 0.995)
    measured = measure_not_digits(everything, selective())
    assert all(one["named"] == 4 and one["named_count"] == one["sure"] == one["n"] for one in measured["kinds"])
    said = describe_not_digits(measured)
    assert (
        "0% of 544 letters are refused, the others called digits with a median confidence of 99.5%, most often a 4"
        in said
    )
    assert "**no guard against what is none**, least of all against letters, of which 100% pass" in said
    assert "10% answered rightly" in said


def test_the_kind_that_passes_most_is_named(pictures):
    half = answers(
        pictures,
        lambda kind, labels: np.arange(len(labels)) % 10,
        lambda kind, labels: np.where((kind == "blots") & (np.arange(len(labels)) % 5 < 2), 0.95, 0.5),
    )
    measured = measure_not_digits(half, selective())
    blots = entry(measured, "blots")
    assert (blots["refused"], blots["sure"], blots["named_count"]) == (60, 0, 10)
    assert "least of all against blots, of which 40% pass" in describe_not_digits(measured)


def test_without_a_threshold_nothing_is_refused_and_the_words_say_so(perfect):
    measured = measure_not_digits(perfect, selective(None))
    assert all(one["refused"] == 0 for one in measured["kinds"])
    assert "nothing is refused" in describe_not_digits(measured)


def test_table_has_a_line_for_each_kind_and_leaves_empty_what_nobody_answered(perfect):
    table = tabulate_not_digits(measure_not_digits(perfect, selective()))
    assert [row[0].lower() for row in table.rows] == list(KINDS)
    assert table.rows[0][1:] == ("160", "0.0%", "100.0%", "99.9%", "0 (16 times)")
    assert table.rows[1][1:] == ("544", "100.0%", "0.0%", "", "")
    assert "Printed digits" in table_text(table)


def test_figure_shows_each_kind_from_the_surest_to_the_least_sure(pictures):
    falling = answers(pictures, lambda *_: 7, lambda kind, labels: np.linspace(0.95, 0.2, len(labels)))
    figure = plot_not_digits(pictures, falling, measure_not_digits(falling, selective()))
    assert len(figure.axes[0].images) == EACH * len(KINDS)
    alt = figure.get_label()
    for kind in KINDS:
        row = alt.split(f"{kind}: ")[1].split(". ")[0]
        assert row.startswith("7, 95%; ") and row.rstrip(".").endswith("7, 20% refused") and row.count(";") == EACH - 1
