"""Strokes of other hands: which images get one, and where it lies."""

import pytest
import torch

from mnist_helpers.training import hands
from mnist_helpers.training.hands import UPSTROKE_SHARE, add_strokes


@pytest.fixture
def bars() -> torch.Tensor:
    """A thousand upright bars, three pixels wide and twenty high, on odd ground: (1000, 1, 28, 28)."""
    images = torch.zeros(1000, 1, 28, 28)
    images[:, :, 4:24, 13:16] = 1
    return images


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_only_its_share_of_the_ones_gets_a_stroke_and_the_same_for_the_same_seed(bars):
    labels = torch.arange(1000) % 2
    changed = add_strokes(bars, labels, generator())
    touched = (changed != bars).flatten(1).any(dim=1)
    assert not touched[labels == 0].any()
    assert touched[labels == 1].float().mean().item() == pytest.approx(UPSTROKE_SHARE, rel=0.25)
    assert torch.equal(changed, add_strokes(bars, labels, generator()))
    assert torch.equal(bars, bars.round()), "the images given were changed"
    assert torch.equal(add_strokes(bars, torch.zeros(1000), generator()), bars)


def test_an_upstroke_begins_at_the_top_on_the_left_and_a_foot_goes_both_ways(bars, monkeypatch):
    monkeypatch.setattr(hands, "UPSTROKE_SHARE", 1.0)
    monkeypatch.setattr(hands, "FOOT_SHARE", 0.5)
    changed = add_strokes(bars, torch.ones(1000), generator()).squeeze(1)
    places = torch.arange(28.0)
    stem = changed[:, 12:16].amax(dim=1)  # no upstroke of a long one reaches much further, no foot so high
    assert changed.min() >= 0 and changed.max() <= 1 + 1e-6
    centre = (changed.sum(dim=1) @ places) / changed.sum(dim=(1, 2))
    assert (centre - 14).abs().max() < 0.6, "not centred by mass"
    right = (stem > 0.5).float() * places
    edge = right.amax(dim=1)
    upper, lower = changed[:, 2:10], changed[:, -7:]
    beyond = places[None, None, :] > edge[:, None, None] + 1.5
    assert (upper * beyond).amax() < 0.6, "an upstroke goes to the left"
    footed = ((lower * beyond).amax(dim=(1, 2)) > 0.5).float().mean().item()
    assert footed == pytest.approx(0.5, abs=0.15)


def test_strokes_leave_the_rest_as_sharp_as_it_was(bars, monkeypatch):
    """A network that saw blurred ones alone took everything blurred for a 1."""
    monkeypatch.setattr(hands, "UPSTROKE_SHARE", 1.0)
    monkeypatch.setattr(hands, "FOOT_SHARE", 0.0)
    below_the_stroke = add_strokes(bars, torch.ones(1000), generator())[:, :, 22:]
    assert set(below_the_stroke.unique().tolist()) == {0.0, 1.0}


def test_a_blank_image_labelled_1_leaves_all_numbers_finite():
    changed = add_strokes(torch.zeros(200, 1, 28, 28), torch.ones(200), generator())
    assert changed.isfinite().all()
