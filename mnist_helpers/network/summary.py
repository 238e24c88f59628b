"""What each layer of a network costs, and how a signal spreads on its way through."""

from dataclasses import dataclass

import torch
from torch import nn

from mnist_helpers.network.model import MaxPool, MnistCNN, count_parameters


@dataclass(frozen=True)
class LayerSummary:
    """One layer for one image: its output's shape, trained parameters and multiply-adds."""

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def summarise(model: MnistCNN) -> list[LayerSummary]:
    """Every layer in the order of the forward pass, measured by passing one blank image through."""
    return [
        LayerSummary(_label(layer), shape, count_parameters(layer), _multiply_adds(layer, shape))
        for layer, shape in _trace_shapes(model)
    ]


def summary_text(layers: list[LayerSummary]) -> str:
    """The summary as a plain-text table with a line of totals."""
    lines = [f"{'layer':30} {'output shape':>14} {'parameters':>12} {'multiply-adds':>14}"]
    for layer in layers:
        shape = " x ".join(str(length) for length in layer.output_shape)
        lines.append(f"{layer.name:30} {shape:>14} {layer.parameters:12,} {layer.multiply_adds:14,}")
    parameters = sum(layer.parameters for layer in layers)
    multiply_adds = sum(layer.multiply_adds for layer in layers)
    lines.append(f"{'total':30} {'':>14} {parameters:12,} {multiply_adds:14,}")
    return "\n".join(lines) + "\n"


def activation_spread(model: MnistCNN, images: torch.Tensor) -> list[tuple[str, float]]:
    """Standard deviation of each convolution and linear layer's output for float images (N, 1, 28, 28)."""
    spread = []
    for layer, output in _trace(model, images):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            spread.append((_label(layer), output.std().item()))
    return spread


def _trace_shapes(model: MnistCNN) -> list[tuple[nn.Module, tuple[int, ...]]]:
    blank = torch.zeros(2, 1, 28, 28, device=model.pixel_mean.device)
    return [(layer, tuple(output.shape[1:])) for layer, output in _trace(model, blank)]


@torch.no_grad()
def _trace(model: MnistCNN, images: torch.Tensor) -> list[tuple[nn.Module, torch.Tensor]]:
    """Every leaf layer with its output, in the order they ran; the model is left as it was."""
    seen = []
    leaves = [module for module in model.modules() if not list(module.children())]
    hooks = [leaf.register_forward_hook(lambda layer, _, output: seen.append((layer, output))) for leaf in leaves]
    training = model.training
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try:
        model.train()(images)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(training).load_state_dict(state)
    return seen


def _label(layer: nn.Module) -> str:
    if isinstance(layer, nn.Conv2d):
        size = "×".join(str(length) for length in layer.kernel_size)
        stride = f", stride {layer.stride[0]}" if layer.stride[0] > 1 else ""
        return f"Convolution {size}{stride}, {layer.in_channels} → {layer.out_channels}"
    if isinstance(layer, nn.Linear):
        return f"Fully connected, {layer.in_features} → {layer.out_features}"
    if isinstance(layer, nn.Dropout):
        return f"Dropout, p = {layer.p:g}"
    names = {
        MaxPool: "Max pooling 2×2",
        nn.BatchNorm2d: "Batch normalisation",
        nn.BatchNorm1d: "Batch normalisation",
        nn.ReLU: "ReLU",
        nn.Flatten: "Flatten",
    }
    return names.get(type(layer), type(layer).__name__)


def _multiply_adds(layer: nn.Module, output_shape: tuple[int, ...]) -> int:
    if isinstance(layer, nn.Conv2d):
        return layer.weight.numel() * output_shape[1] * output_shape[2]
    return layer.weight.numel() if isinstance(layer, nn.Linear) else 0
