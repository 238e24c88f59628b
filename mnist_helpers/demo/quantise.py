"""The network in 8 bits: every layer as whole numbers from -127 to 127, and two numbers for each of its outputs."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import nn

from mnist_helpers.network.model import MnistCNN

LARGEST = 127


@dataclass
class Layer:
    """A convolution and what follows it: `outputs = relu(pool(convolution) * scale + shift)`.

    `weights`: int8 (outputs, size, size, inputs), channels last. A linear layer is a convolution whose window is the
    whole picture. `pool` and `relu` say whether there is max pooling of 2 x 2 and a ReLU.
    """

    weights: torch.Tensor
    scale: torch.Tensor
    shift: torch.Tensor
    stride: int = 1
    padding: int = 0
    pool: bool = False
    relu: bool = False


def in_eight_bits(model: MnistCNN) -> MnistCNN:
    """A copy of the network with the weights of its convolutions and linear layers rounded as `to_layers` does."""
    rounded = deepcopy(model)
    for module in rounded.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            whole, scale = _round(module.weight.detach())
            module.weight.data = whole * scale.view(-1, *[1] * (whole.ndim - 1))
    return rounded


def to_layers(model: MnistCNN) -> list[Layer]:
    """The layers of the network in 8 bits, in order, batch normalisation folded into scale and shift.

    Symmetric and per output channel (Jacob et al., 2018): the largest weight of an output becomes 127 or -127.
    """
    layers: list[Layer] = []
    side = 28
    for module in [*model.features.modules(), *model.hidden.modules(), model.output]:
        if isinstance(module, nn.Conv2d):
            layers.append(_convolution(module))
            side = (side + 2 * layers[-1].padding - module.kernel_size[0]) // layers[-1].stride + 1
        elif isinstance(module, nn.Linear):
            layers.append(_linear(module, side))
            side = 1
        elif isinstance(module, nn.MaxPool2d):
            layers[-1].pool = True
            side //= 2
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            _fold(layers[-1], module)
        elif isinstance(module, nn.ReLU):
            layers[-1].relu = True
    return layers


def _convolution(module: nn.Conv2d) -> Layer:
    whole, scale = _round(module.weight.detach())
    return Layer(whole.permute(0, 2, 3, 1), scale, _bias(module), int(module.stride[0]), int(module.padding[0]))


def _linear(module: nn.Linear, side: int) -> Layer:
    whole, scale = _round(module.weight.detach())
    return Layer(whole.view(len(whole), side, side, -1), scale, _bias(module))


def _round(weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (outputs, ...) as int8 of the same shape, and the number (outputs,) by which each is multiplied."""
    scale = weights.flatten(1).abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / LARGEST
    whole = weights / scale.view(-1, *[1] * (weights.ndim - 1))
    return whole.round().to(torch.int8), scale


def _bias(module: nn.Conv2d | nn.Linear) -> torch.Tensor:
    return torch.zeros(len(module.weight)) if module.bias is None else module.bias.detach()


def _fold(layer: Layer, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    """Batch normalisation after a layer as part of its scale and shift."""
    state = norm.state_dict()
    factor = state["weight"] / (state["running_var"] + norm.eps).sqrt()
    layer.shift = (layer.shift - state["running_mean"]) * factor + state["bias"]
    layer.scale = layer.scale * factor
