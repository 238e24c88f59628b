"""The network in 8 bits gives the answers of the network."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.data.splits import load_test_data
from mnist_helpers.demo import Layer, in_eight_bits, to_layers
from mnist_helpers.network.classify import one_look, predict
from mnist_helpers.network.model import MnistCNN, as_input
from mnist_helpers.paths import run_paths
from mnist_helpers.settings import ModelSettings


def with_a_past(settings: ModelSettings) -> MnistCNN:
    """A network whose batch normalisation has statistics, and factors of both signs."""
    torch.manual_seed(3)
    model = MnistCNN(settings, 0.13, 0.31).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.normal_(module.bias)
    return model


def run(layers: list[Layer], images: torch.Tensor) -> torch.Tensor:
    """What the layers make of normalised images (N, 1, 28, 28): logits (N, 10)."""
    for layer in layers:
        kernel = layer.weights.permute(0, 3, 1, 2).float()
        images = F.conv2d(images, kernel, stride=layer.stride, padding=layer.padding)
        images = F.max_pool2d(images, 2) if layer.pool else images
        images = images * layer.scale.view(-1, 1, 1) + layer.shift.view(-1, 1, 1)
        images = images.relu() if layer.relu else images
    return images.flatten(1)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("architecture", ["deep", "plain"])
def test_layers_are_the_network_with_rounded_weights(digits, architecture, width, batch_norm):
    model = with_a_past(ModelSettings(architecture, width, batch_norm))
    images = digits[2].images[:20]
    layers = to_layers(model)
    assert all(layer.weights.dtype == torch.int8 and layer.weights.abs().max() == 127 for layer in layers)
    with torch.inference_mode():
        answers = run(layers, model.normalise(as_input(images)))
    torch.testing.assert_close(answers, one_look(in_eight_bits(model), images), rtol=1e-4, atol=1e-3)


def test_rounding_leaves_the_network_as_it_is_and_an_output_without_weights_too():
    model = with_a_past(ModelSettings(width=2))
    nn.init.zeros_(model.output.weight)
    before = model.features[1][0].weight.clone()
    rounded = in_eight_bits(model)
    assert torch.equal(model.features[1][0].weight, before)
    assert not torch.equal(rounded.features[1][0].weight, before)
    assert not rounded.output.weight.any() and torch.isfinite(to_layers(model)[-1].scale).all()


@pytest.mark.mnist
def test_in_8_bits_the_reference_network_answers_as_before(mnist_source):
    model, test = load_checkpoint(run_paths().checkpoint).model, load_test_data(mnist_source)
    whole, rounded = predict(model, test), predict(in_eight_bits(model), test)
    assert (whole.predicted == rounded.predicted).mean() >= 0.999
    assert len(rounded.errors) <= len(whole.errors) + 5
