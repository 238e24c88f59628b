import numpy as np
import pytest
import torch
from support import random_images
from torch import nn

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.network.attention import first_layer_filters, hidden_activations, hidden_map, occlusion_map
from mnist_helpers.network.classify import predict
from mnist_helpers.network.model import MnistCNN, as_input
from mnist_helpers.settings import ModelSettings

SMALL = ModelSettings(width=4)


class Corner(nn.Module):
    """Says 3 if there is ink in the top left corner, 9 × 9 pixels, else 5; nothing else counts."""

    def __init__(self):
        super().__init__()
        self.features = nn.Identity()
        self.hidden = nn.Flatten()
        self.output = nn.Linear(28 * 28, 10)
        corner = torch.zeros(28, 28)
        corner[:9, :9] = 10
        with torch.no_grad():
            self.output.weight.zero_()[3] = corner.flatten()
            self.output.bias.zero_()[5] = 5

    def forward(self, images):
        return self.output(self.hidden(self.features(images)))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MnistCNN(SMALL, pixel_mean=0.13, pixel_std=0.31).eval()


def two_marks() -> torch.Tensor:
    """One image with two equal marks of 3 × 3 pixels, in the middle of the corner and far from it."""
    images = torch.zeros(1, 28, 28, dtype=torch.uint8)
    images[0, 3:6, 3:6] = 255
    images[0, 20:23, 20:23] = 255
    return images


def test_filters_are_those_of_the_first_convolution(model):
    filters = first_layer_filters(model)
    assert filters.shape == (4, 6, 6)
    assert (filters == model.features[0][0].weight.detach().numpy()[:, 0]).all()
    filters[:] = 0
    assert model.features[0][0].weight.any(), "the network keeps its own"


def test_only_the_informative_region_matters():
    drops = occlusion_map(Corner(), two_marks())
    assert drops.shape == (1, 28, 28) and drops.dtype == np.float32
    assert drops[0, 4, 4] > 0.9, "without the mark it is no 3"
    assert drops[0, 4, 4] == drops.max()
    assert abs(drops[0, 10:, :]).max() < 1e-6 and abs(drops[0, :, 10:]).max() < 1e-6


def test_map_shows_the_drop_of_each_patch_as_blanked_by_hand(model):
    images = random_images(2).images
    images[:, :6] = 0
    drops = occlusion_map(model, images)
    with torch.inference_mode():
        whole = model(as_input(images)).softmax(1)
        digit = predict(model, LabelledImages(images, torch.zeros(2, dtype=torch.int64))).predicted[1]
        for row, column in [(14, 9), (27, 0), (6, 27), (2, 2)]:
            blanked = images.clone()
            blanked[1, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 0
            expected = whole[1, digit] - model(as_input(blanked)).softmax(1)[1, digit]
            assert drops[1, row, column] == pytest.approx(expected.item(), abs=1e-6)
    assert not drops[:, :4].any(), "blanking background changes nothing"


def test_maps_do_not_change_the_images_and_may_be_of_none(model):
    images = two_marks()
    before = images.clone()
    assert occlusion_map(model, images).any()
    assert images.equal(before)
    assert not occlusion_map(model, torch.zeros_like(images)).any()
    assert occlusion_map(model, images[:0]).shape == (0, 28, 28)


@pytest.mark.parametrize("settings", [SMALL, ModelSettings(architecture="plain", batch_norm=False, width=4)])
def test_activations_are_what_the_output_layer_gets(settings):
    model = MnistCNN(settings).eval()
    data = random_images(300)
    activations = hidden_activations(model, data.images)
    with torch.inference_mode():
        logits = model(as_input(data.images))
        again = model.output(torch.from_numpy(activations))
    assert torch.allclose(again, logits, atol=1e-5)
    assert not model.output._forward_pre_hooks, "the network is left as it was"


def shades(count: int) -> LabelledImages:
    """Digits 0 and 1 in turn: a bright mark in the corner, or none, and a little noise."""
    data = random_images(count)
    data.images[:] = data.images // 20
    data.images[::2, :9, :9] = 250
    return LabelledImages(data.images, torch.arange(count) % 2)


def test_map_keeps_alike_images_together_and_repeats():
    data = shades(120)
    coordinates, chosen = hidden_map(Corner(), data.images, data.labels.numpy(), limit=80)
    again, _ = hidden_map(Corner(), data.images, data.labels.numpy(), limit=80)
    assert coordinates.shape == (80, 2) and np.isfinite(coordinates).all()
    assert (coordinates == again).all()
    near = np.hypot(*(coordinates[:, None] - coordinates[None]).transpose(2, 0, 1)) + 1e9 * np.eye(80)
    labels = data.labels.numpy()[chosen]
    assert (labels[near.argmin(axis=1)] == labels).mean() > 0.95


def test_subset_is_even_and_always_holds_what_is_kept():
    labels = np.repeat([0, 1], [190, 10])
    keep = [3, 150, 3, 199]
    chosen = hidden_map(Corner(), shades(200).images, labels, limit=24, keep=keep)[1]
    assert len(chosen) == len(set(chosen)) == 24 and (np.diff(chosen) > 0).all()
    assert set(keep) <= set(chosen)
    assert (labels[chosen] == 1).sum() == 10, "as evenly as they come: all ten of the rare digit"


def test_subset_grows_for_what_must_be_kept_and_shrinks_to_what_there_is():
    data = shades(40)
    assert hidden_map(Corner(), data.images, data.labels.numpy(), limit=5, keep=range(9))[1].tolist() == list(range(9))
    assert len(hidden_map(Corner(), data.images, data.labels.numpy(), limit=100)[1]) == 40


def test_a_dead_layer_gives_a_map_too():
    images = torch.zeros(50, 28, 28, dtype=torch.uint8)
    coordinates, chosen = hidden_map(Corner(), images, np.zeros(50, dtype=int), limit=100)
    assert coordinates.shape == (50, 2) and not coordinates.any() and len(chosen) == 50
