import numpy as np
import pytest
import torch

from mnist_helpers.evaluation.corruptions import CORRUPTIONS, corrupt
from mnist_helpers.evaluation.filters import find_edges, smooth

NOT_RANDOM = {"scale", "brightness", "stripe", "canny edges"}
RANDOM = sorted(set(CORRUPTIONS) - NOT_RANDOM)
NAMES = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture(scope="module")
def images(digits) -> torch.Tensor:
    return digits[2].images[:100]


def pixel(row: int, column: int) -> torch.Tensor:
    """One image with one white pixel."""
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    image[0, row, column] = 255
    return image


def correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """The mean over the images of the correlation of their pixels."""
    pairs = zip(one.flatten(1).numpy(), other.flatten(1).numpy(), strict=True)
    return float(np.mean([np.corrcoef(*pair)[0, 1] for pair in pairs]))


def test_fifteen():
    assert len(CORRUPTIONS) == 15


@NAMES
def test_changes_the_images_but_keeps_the_digit(name, images):
    before = images.clone()
    corrupted = corrupt(name, images)
    assert corrupted.shape == images.shape and corrupted.dtype == torch.uint8
    assert torch.equal(images, before), "the originals are left alone"
    assert (corrupted != images).flatten(1).any(dim=1).float().mean() > 0.95
    # Outlines and inverted stripes have little of the brightness left, but the digit's shape is where it was.
    reference = find_edges(images.float() / 255).float() if name == "canny edges" else images
    window = slice(7, 21) if name == "stripe" else slice(None)
    assert correlation(corrupted[:, :, window], reference[:, :, window]) > 0.3


@NAMES
def test_the_same_seed_gives_the_same_images_and_another_one_others_where_something_is_random(name, images):
    first, again, other = (corrupt(name, images, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and torch.equal(first, other) == (name in NOT_RANDOM)


@pytest.mark.parametrize("name", RANDOM)
def test_every_image_has_its_own_draw(name, images):
    copies = corrupt(name, images[:1].repeat(40, 1, 1))
    assert len(copies.flatten(1).unique(dim=0)) > 1


@NAMES
def test_one_image_and_blank_ones_will_do(name, images):
    for some in (images[:1], torch.zeros_like(images[:1]), torch.zeros_like(images[:3])):
        assert corrupt(name, some).shape == some.shape


def test_unknown_name(images):
    with pytest.raises(KeyError):
        corrupt("rain", images)


def test_translate_moves_by_whole_pixels():
    rows, columns = torch.nonzero(corrupt("translate", pixel(14, 14).repeat(50, 1, 1)) == 255)[:, 1:].T.tolist()
    assert set(zip(rows, columns, strict=True)) == {(11, 11), (11, 17), (17, 11), (17, 17)}


@pytest.mark.parametrize("name", ["rotate", "shear", "scale"])
def test_affine_keeps_the_middle(name):
    middle = torch.zeros(1, 28, 28, dtype=torch.uint8)
    middle[0, 12:16, 12:16] = 255
    moved = corrupt(name, middle)[0].double()
    for profile in (moved.sum(dim=0), moved.sum(dim=1)):
        assert (profile * torch.arange(28)).sum() / profile.sum() == pytest.approx(13.5, abs=0.01)


def test_impulse_noise_share():
    grey = torch.full((50, 28, 28), 100, dtype=torch.uint8)
    noisy = corrupt("impulse noise", grey)
    assert (noisy == 0).float().mean() == pytest.approx(0.085, abs=0.01)
    assert (noisy == 255).float().mean() == pytest.approx(0.085, abs=0.01)


def test_shot_noise_keeps_the_dark_dark_and_the_mean_of_grey():
    grey = torch.full((50, 28, 28), 60, dtype=torch.uint8)
    assert corrupt("shot noise", grey).float().mean() == pytest.approx(60, abs=2)
    assert not corrupt("shot noise", torch.zeros_like(grey)).any()


@pytest.mark.parametrize("name", ["glass blur", "motion blur"])
def test_blurs_keep_the_light(name, images):
    # Light may leave the frame, and levels are rounded.
    assert corrupt(name, images).sum() / images.sum() == pytest.approx(1, abs=0.02)


def test_dotted_line_has_gaps():
    lit = corrupt("dotted line", torch.zeros(20, 28, 28, dtype=torch.uint8)).amax(dim=(0, 1)) > 0
    assert lit.nonzero().squeeze(1).tolist() == [c for c in range(27) if c % 4 >= 2]


def test_edges_of_a_square_are_its_outline():
    square = torch.zeros(1, 28, 28)
    square[0, 8:20, 8:20] = 1
    edges = find_edges(square)[0]
    assert not edges[11:17, 11:17].any() and not edges[:6].any() and not edges[:, 22:].any()
    assert edges[14].sum() in (2, 3, 4) and edges[:, 14].sum() in (2, 3, 4)


def test_faint_edges_count_only_beside_strong_ones():
    faint = torch.zeros(1, 28, 28)
    faint[0, 4:24, 4:24] = 0.05
    assert not find_edges(faint).any()
    assert find_edges(faint * 10).any()


def test_smoothing_keeps_a_flat_image_and_the_sum():
    assert torch.allclose(smooth(torch.full((2, 28, 28), 0.5), 1.5), torch.tensor(0.5))
    spread = smooth(pixel(14, 14) / 255, 1.0)
    assert spread.sum() == pytest.approx(1, abs=1e-5) and spread[0, 14, 14] == pytest.approx(0.159, abs=0.001)
