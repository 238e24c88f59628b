"""Paper that is not blank: what is printed on it and what lies beside it has no part in the digit."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_helpers.pictures.format import bring_to_mnist
from mnist_helpers.pictures.lines import remove_lines
from mnist_helpers.pictures.table import without_table

WIDTH, HEIGHT = 400, 500


def drawn(*strokes: list[tuple[int, int]], level: int = 40, width: int = 24) -> Image.Image:
    image = Image.new("L", (WIDTH, HEIGHT), 220)
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, fill=level, width=width, joint="curve")
    return image


def seven() -> Image.Image:
    return drawn([(110, 130), (290, 136), (190, 380)])


def one() -> Image.Image:
    return drawn([(200, 130), (203, 385)])


def with_lines(image: Image.Image, segments, level: int, width: int = 4) -> np.ndarray:
    paper = Image.new("L", image.size, 255)
    for segment in segments:
        ImageDraw.Draw(paper).line(segment, fill=level, width=width)
    return np.minimum(np.asarray(image), np.asarray(paper)).astype(np.float32)


def level_lines(climb: int = 0):
    return [(0, y, WIDTH, y + climb) for y in range(42, HEIGHT, 60)]


def upright_lines(climb: int = 0):
    return [(x, 0, x - climb, HEIGHT) for x in range(60, WIDTH, 90)]


def box():
    corners = [(50, 60), (350, 60), (350, 450), (50, 450)]
    return [(*start, *end) for start, end in zip(corners, [*corners[1:], corners[0]], strict=True)]


PAPER = {
    "ruled": level_lines(),
    "ruled, askew": level_lines(12),
    "grid": [*level_lines(), *upright_lines()],
    "grid, askew": [*level_lines(12), *upright_lines(12)],
    "box": box(),
    "margin": [*level_lines(), (60, 0, 60, HEIGHT)],
}


@pytest.mark.parametrize(
    ("digit", "level"),
    [(seven, 60), (seven, 160), (one, 60), (one, 160)],
    ids=["7, dark", "7, faint", "1, dark", "1, faint"],
)
@pytest.mark.parametrize("paper", PAPER)
def test_printed_lines_have_no_part_in_the_digit(paper, digit, level):
    plain = bring_to_mnist(np.asarray(digit(), dtype=np.float32)).astype(int)
    printed = bring_to_mnist(with_lines(digit(), PAPER[paper], level)).astype(int)
    assert np.abs(printed - plain).mean() < 5


def test_lines_are_counted_and_a_digit_has_none():
    def count(grey: np.ndarray) -> int:
        return remove_lines(220 - grey, 20)[1]

    assert count(with_lines(drawn(), level_lines(), 60)) == len(level_lines())
    assert count(with_lines(drawn(), box(), 60)) == 4
    for digit in (seven(), one()):
        assert count(np.asarray(digit, dtype=np.float32)) == 0


@pytest.mark.parametrize("sides", [("left",), ("top",), ("right", "bottom"), ("left", "top")], ids="-".join)
def test_the_table_beside_the_paper_has_no_part_in_the_digit(sides):
    grey = np.asarray(seven(), dtype=np.float32).copy()
    plain = bring_to_mnist(grey).astype(int)
    strips = {"left": np.s_[:, :50], "right": np.s_[:, -50:], "top": np.s_[:60], "bottom": np.s_[-60:]}
    for side in sides:
        grey[strips[side]] = 45
    assert np.abs(bring_to_mnist(grey).astype(int) - plain).mean() < 2


def test_a_digit_that_touches_the_table_is_kept_and_a_plain_one_loses_nothing():
    grey = np.asarray(one(), dtype=np.float32).copy()
    assert without_table(grey).shape == grey.shape
    grey[:120] = 40  # the digit goes on under it
    cut = without_table(grey)
    assert 375 <= len(cut) <= 380 and (cut[:200, 190:210] < 100).any()


@pytest.mark.parametrize("paper", ["ruled", "grid", "box"])
def test_paper_without_a_digit_is_refused(paper):
    with pytest.raises(ValueError, match="only lines"):
        bring_to_mnist(with_lines(drawn(), PAPER[paper], 60))


def test_coarse_noise_on_a_small_picture_is_no_ink():
    small = np.asarray(seven().resize((80, 100)), dtype=np.float32)
    noisy = small + np.random.default_rng(0).normal(0, 25, small.shape).astype(np.float32)
    difference = np.abs(bring_to_mnist(noisy.clip(0, 255)).astype(int) - bring_to_mnist(small))
    assert difference.mean() < 12


def test_several_digits_are_refused():
    page = drawn([(60, 100), (60, 300)], [(180, 100), (300, 104), (240, 300)])
    with pytest.raises(ValueError, match="several"):
        bring_to_mnist(np.asarray(page, dtype=np.float32))


def test_a_faint_digit_that_shines_through_beside_it_has_no_part():
    through = ImageDraw.Draw(page := drawn([(240, 130), (243, 385)]))
    through.line([(60, 110), (60, 310)], fill=185, width=20)
    alone = bring_to_mnist(np.asarray(drawn([(240, 130), (243, 385)]), dtype=np.float32))
    found = bring_to_mnist(np.asarray(page, dtype=np.float32)).astype(int)
    assert abs(found - alone).mean() < 4


def slanted(level: int) -> np.ndarray:
    """A seven on lines that are too steep to be those of ruled paper, both ways."""
    rising = [(x, HEIGHT, x + HEIGHT, 0) for x in range(-HEIGHT, WIDTH, 80)]
    falling = [(x, 0, x + HEIGHT, HEIGHT) for x in range(-HEIGHT, WIDTH, 80)]
    return with_lines(seven(), [*rising, *falling], level)


def test_what_still_looks_like_a_lattice_is_refused():
    with pytest.raises(ValueError, match="lattice"):
        bring_to_mnist(slanted(60))


def test_a_faint_lattice_is_told_from_the_digit_by_its_strength():
    plain = bring_to_mnist(np.asarray(seven(), dtype=np.float32)).astype(int)
    assert np.abs(bring_to_mnist(slanted(160)).astype(int) - plain).mean() < 8


def test_a_digit_that_the_edge_cuts_off_is_kept_beside_a_smaller_mark():
    grey = np.asarray(drawn([(110, 130), (290, 136), (190, 500)]), dtype=np.float32)
    marked = grey.copy()
    marked[300:400, 60:70] = 40
    difference = np.abs(bring_to_mnist(marked).astype(int) - bring_to_mnist(grey))
    assert difference.mean() < 15


def test_a_shadow_beside_a_large_digit_does_not_make_it_small():
    grey = np.asarray(drawn([(60, 130), (240, 136), (140, 380)]), dtype=np.float32).copy()
    grey[150:450, 180:380] -= 30  # it touches the stroke, and reaches below it
    assert (bring_to_mnist(grey) > 127).any(axis=1).sum() >= 18
