import numpy as np
import pytest
import torch

from mnist_helpers.data import LabelledImages, load_test_data, slant, stroke_thickness
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.slices import describe_slices, measure_slices
from mnist_helpers.network import Predictions

FINE = (np.arange(28 * 8) + 0.5) / 8


def draw(inside) -> np.ndarray:
    """A uint8 image of the points (x, y) that are `inside`, with grey edges: 64 points make a pixel."""
    return (255 * inside(*np.meshgrid(FINE, FINE)).reshape(28, 8, 28, 8).mean(axis=(1, 3))).astype(np.uint8)


def bar(width: float, degrees: float = 0) -> np.ndarray:
    """An upright bar 22 pixels high whose top leans `degrees` to the right; `width` across the stroke."""
    angle = np.radians(degrees)
    return draw(
        lambda x, y: (abs((x - 14) + (y - 14) * np.tan(angle)) < width / 2 / np.cos(angle)) & (abs(y - 14) < 11)
    )


def slices_of(images, labels, correct, dataset: str) -> list[dict]:
    """The slices of a classifier that is right where `correct` says so."""
    predicted = np.where(correct, labels, (labels + 1) % 10)
    test = LabelledImages(torch.as_tensor(images), torch.as_tensor(labels))
    return measure_slices(test, Predictions(np.eye(10)[predicted], labels), dataset)


def ring(width: float) -> np.ndarray:
    return draw(lambda x, y: abs(np.hypot(x - 14, y - 14) - 8) < width / 2)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_thickness_is_the_width_of_the_stroke(width):
    images = np.stack([ring(width), bar(width), bar(width, 20), bar(width, -45), bar(width).T])
    measured = stroke_thickness(images)
    assert measured[0] == pytest.approx(width, rel=0.05)
    assert measured[1:] == pytest.approx(width, rel=0.17), "the ends of a bar make it read low"


def test_thickness_ignores_brightness_and_place():
    image = ring(3)
    images = np.stack([image, image // 3, np.roll(image, (3, -4), axis=(0, 1))])
    first, darker, moved = stroke_thickness(images)
    assert darker == pytest.approx(first, rel=0.02)
    assert moved == pytest.approx(first)


def test_thickness_counts_ink_at_the_edge_of_the_image():
    images = np.zeros((2, 28, 28), dtype=np.uint8)
    images[0, :, :3] = 255
    images[1, :, 10:13] = 255
    at_edge, inside = stroke_thickness(images)
    assert at_edge == pytest.approx(inside)


@pytest.mark.parametrize("degrees", [-35, -20, 0, 20, 35])
def test_slant_is_the_lean_to_the_right(degrees):
    assert slant(bar(3, degrees)[None]) == pytest.approx(degrees, abs=1)


def test_images_without_strokes_have_neither_thickness_nor_slant():
    row = np.zeros((28, 28), dtype=np.uint8)
    row[7, 3:20] = 200
    images = np.stack([np.zeros_like(row), row])
    assert stroke_thickness(images)[0] == 0
    assert slant(images).tolist() == [0, 0]


def test_tensors_and_arrays_measure_the_same():
    image = bar(3, 20)[None]
    assert stroke_thickness(torch.from_numpy(image)) == stroke_thickness(image)
    assert slant(torch.from_numpy(image)) == slant(image)


@pytest.fixture
def bars():
    """Ninety bars of rising thickness, in three slants each."""
    images = np.stack([bar(width, degrees) for width in np.linspace(1.5, 5, 30) for degrees in (-20, 0, 20)])
    return images, np.arange(90) % 10


def test_thirds_hold_every_image_once_in_order(bars):
    images, labels = bars
    correct = np.arange(90) >= 12
    parts = slices_of(images, labels, correct, "digits")
    assert {part["group"] for part in parts} == {"stroke thickness", "slant"}
    for group in ("stroke thickness", "slant"):
        mine = [part for part in parts if part["group"] == group]
        assert len(mine) == 3 and all(25 <= part["n"] <= 35 for part in mine)
        assert sum(part["n"] for part in mine) == 90
        assert sum(part["errors"] for part in mine) == 12
        assert sum(part["errors_expected"] for part in mine) == pytest.approx(12)
    thin, _, _, left, upright, right = parts
    assert thin["name"].startswith("thin, below ") and thin["name"].endswith(" px")
    assert thin["errors"] == 12, "the first twelve bars are the thinnest"
    assert [part["errors"] for part in (left, upright, right)] == [4, 4, 4]
    assert "−" in left["name"] and left["name"].startswith("left-leaning")
    assert thin["accuracy"] == pytest.approx(1 - 12 / thin["n"])
    assert thin["ci95"] == list(wilson_interval(thin["n"] - 12, thin["n"]))


def test_names_tell_exactly_which_images_are_inside(bars):
    images, labels = bars
    thin, medium, thick, *_ = slices_of(images, labels, np.ones(90), "digits")
    low, high = (float(word) for word in medium["name"].removesuffix(" px").removeprefix("medium, ").split(" to "))
    measured = stroke_thickness(images)
    assert [thin["n"], thick["n"]] == [(measured < low).sum(), (measured >= high).sum()]


def test_a_part_full_of_hard_digits_is_expected_to_have_the_errors(bars):
    images, _ = bars
    labels = np.where(np.arange(90) < 40, 9, 1)
    thin = slices_of(images, labels, labels != 9, "digits")[0]
    assert thin["errors"] == thin["n"] == thin["errors_expected"]


def test_only_mnist_has_halves():
    images = np.tile(bar(3)[None], (6000, 1, 1))
    correct = np.arange(6000) >= 7
    first, second, *others = slices_of(images, np.zeros(6000, int), correct, "mnist")
    assert [first["n"], first["errors"], second["n"], second["errors"]] == [5000, 7, 1000, 0]
    assert first["group"] == second["group"] == "half"
    assert [part["n"] for part in others] == [6000, 6000], "equal images are one part, and empty ones are left out"


@pytest.mark.parametrize(
    ("first", "second", "p_value", "words"),
    [
        (25, 9, 0.009, "25 errors in 5,000 (test images 0–4,999, by students) against 9 in 5,000 ("),
        (9, 25, 0.009, "25 errors in 5,000 (test images 5,000"),
        (18, 16, 1, "half (p = 1)"),
    ],
)
def test_halves_are_told_apart_by_fishers_test_and_the_common_belief_contradicted_where_it_is_wrong(
    first, second, p_value, words
):
    images, correct = np.tile(bar(3)[None], (10_000, 1, 1)), np.ones(10_000, bool)
    correct[:first] = correct[10_000 - second :] = False
    parts = slices_of(images, np.zeros(10_000, int), correct, "mnist")
    # For each of the three groups.
    expected = pytest.approx(min(1, 3 * p_value), abs=0.001)
    assert parts[0]["group_p_value"] == parts[1]["group_p_value"] == expected
    assert [part["group_p_value"] for part in parts[2:]] == [1, 1], "a group of one part cannot differ"
    said = describe_slices(parts)
    assert words in said and "may be chance" in said
    assert ("Most people believe the reverse" in said and "Yadav and Bottou" in said) == (first == 25)


@pytest.mark.parametrize(
    ("wrong", "start", "words"),
    [
        (lambda image: image % 5 == 0, "Between the parts by stroke thickness (p = ", "by slant"),
        (lambda image: image < 12, "**By stroke thickness, the test images are not equally hard**", "12 errors in"),
    ],
    ids=["random", "the thinnest"],
)
def test_a_part_is_called_hard_only_where_its_errors_are_more_than_chance(bars, wrong, start, words):
    images, labels = bars
    said = describe_slices(slices_of(images, labels, ~wrong(np.arange(90)), "digits"))
    assert said.startswith(start) and words in said and said.endswith("corrected for 2 groups.")


def test_what_does_not_belong_together_is_refused(bars):
    images, labels = bars
    with pytest.raises(ValueError, match="belong together"):
        measure_slices(
            LabelledImages(torch.from_numpy(images), torch.from_numpy(labels)),
            Predictions(np.eye(10)[labels[1:]], labels[1:]),
            "digits",
        )


@pytest.mark.mnist
def test_on_mnist_strokes_are_two_to_three_pixels_wide_and_parts_are_thirds(mnist_source):
    test = load_test_data(mnist_source)
    width, labels = stroke_thickness(test.images), test.labels.numpy()
    medians = [np.median(width[labels == digit]) for digit in range(10)]
    assert 1.9 < min(medians) < max(medians) < 3.2
    parts = slices_of(test.images, labels, np.ones(len(test), bool), "mnist")
    assert [part["n"] for part in parts[:2]] == [5000, 5000]
    assert all(3200 < part["n"] < 3500 for part in parts[2:])
