"""What each layer of a network costs, how a signal spreads through it before training, and whether it can learn."""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mnist_helpers.network.model import Flatten, MaxPool, MnistCNN, count_parameters

CHANGED = 5  # times larger or smaller from the first layer to the last: the signal explodes or fades
NEAR = 0.5  # nats between the first loss and a blind guess
LEARNED = 0.1  # the loss, in nats, below which a batch counts as learned by heart

NAMES = {
    MaxPool: "Max pooling 2×2",
    nn.BatchNorm2d: "Batch normalisation",
    nn.BatchNorm1d: "Batch normalisation",
    nn.ReLU: "ReLU",
    Flatten: "Flatten",
}


@dataclass(frozen=True)
class LayerSummary:
    """One layer for one image: its output's shape, trained parameters and multiply-adds."""

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Spread:
    """Standard deviations in one pass through a network, a value for each convolution and linear layer.

    `signal` is the spread of what the layer gives, `gradient` that of an image's loss by it; `loss` is the mean loss.
    """

    layers: list[str]
    signal: list[float]
    gradient: list[float]
    loss: float


@dataclass(frozen=True)
class ByHeart:
    """What it came to when one batch was to be learned by heart.

    `losses` are the mean losses before each step; `right` of `images` are recognised in the end; the last step left no
    gradient in the parameters `without_gradient`, of `parameters` tensors in all.
    """

    losses: Sequence[float]
    right: int
    images: int
    without_gradient: list[str]
    parameters: int

    @property
    def passed(self) -> bool:
        """Every image right, the loss below LEARNED, and a gradient in every parameter."""
        return self.right == self.images and self.losses[-1] < LEARNED and not self.without_gradient


def chain(model: MnistCNN) -> list[nn.Module]:
    """Every layer in the order in which the forward pass goes through them, after `normalise`."""
    return [layer for layer in model.modules() if not list(layer.children()) and not isinstance(layer, nn.Identity)]


@torch.no_grad()
def summarise(model: MnistCNN) -> list[LayerSummary]:
    """Every layer, measured by passing one blank image through; the model is left as it was."""
    from torch.utils.flop_counter import FlopCounterMode  # here, since reading digits needs none of it

    summaries = []
    model = copy.deepcopy(model).eval()
    signal = torch.zeros(1, 1, 28, 28, device=model.pixel_mean.device)
    for layer in chain(model):
        with FlopCounterMode(display=False) as counter:
            signal = layer(signal)
        # A multiplication and an addition are two operations.
        multiply_adds = counter.get_total_flops() // 2
        summaries.append(LayerSummary(_label(layer), tuple(signal.shape[1:]), count_parameters(layer), multiply_adds))
    return summaries


def measure_spread(model: MnistCNN, images: torch.Tensor, labels: torch.Tensor) -> Spread:
    """The spread of signal and gradient in training mode for float images (N, 1, 28, 28); the model stays as it was."""
    model = copy.deepcopy(model).train()
    outputs: dict[str, torch.Tensor] = {}
    signal = model.normalise(images)
    for layer in chain(model):
        signal = layer(signal)
        if isinstance(layer, nn.Conv2d):
            outputs[f"convolution {len(outputs) + 1}"] = signal
        elif isinstance(layer, nn.Linear):
            outputs["output" if layer is model.output else "hidden"] = signal
    losses = F.cross_entropy(signal, labels, reduction="none")
    gradients = torch.autograd.grad(losses.sum(), list(outputs.values()))
    signals = [output.std().item() for output in outputs.values()]
    return Spread(list(outputs), signals, [gradient.std().item() for gradient in gradients], losses.mean().item())


@torch.no_grad()
def check_by_heart(model: MnistCNN, images: torch.Tensor, labels: torch.Tensor, losses: Sequence[float]) -> ByHeart:
    """Whether a network has learned this batch in steps that met these losses, and whether all of it took part.

    The gradients are those that the last step left.
    """
    right = int((model.eval()(images).argmax(dim=1) == labels).sum())
    parameters = dict(model.named_parameters())
    still = [name for name, values in parameters.items() if values.grad is None or not values.grad.any()]
    return ByHeart(losses, right, len(labels), still, len(parameters))


def describe_cost(layers: Sequence[LayerSummary]) -> str:
    """What a network costs, and which kind of layer has the work and which the parameters."""
    parameters = sum(layer.parameters for layer in layers)
    multiply_adds = sum(layer.multiply_adds for layer in layers)
    convolutions = [layer for layer in layers if layer.name.startswith("Convolution")]
    work = sum(layer.multiply_adds for layer in convolutions) / multiply_adds
    held = sum(layer.parameters for layer in convolutions) / parameters
    return (
        f"{parameters:,} parameters and {multiply_adds:,} multiply-adds an image. The convolutions do {work:.0%} of "
        f"the multiply-adds with {held:.0%} of the parameters, since each of their weights is used at every place."
    )


def describe_spread(spreads: Mapping[tuple[bool, float], Spread]) -> str:
    """What becomes of signal and gradient, with and without batch normalisation, as a Markdown list.

    The keys are whether there is batch normalisation, and by how much the weights were multiplied.
    """
    lines = []
    for batch_norm in dict.fromkeys(key[0] for key in spreads):
        cases = {factor: spread for (norm, factor), spread in spreads.items() if norm == batch_norm}
        signals = ", ".join(f"{_course(spread.signal)} at {factor:g} ×" for factor, spread in cases.items())
        gradients = ", ".join(f"{short(spread.gradient[0])} at {factor:g} ×" for factor, spread in cases.items())
        lines.append(
            f"- **{'With' if batch_norm else 'Without'} batch normalisation** the signal {signals}. "
            f"The gradient that reaches the first layer has a spread of {gradients}."
        )
    return "\n".join(lines)


def describe_first_loss(loss: float) -> str:
    """A first loss beside that of a blind guess, and whether it is near."""
    guess = math.log(10)
    verdict = "near it, as it should be" if abs(loss - guess) < NEAR else "not near it: it starts with strong opinions"
    return f"A blind guess costs ln 10 = {guess:.2f}; this network starts at {loss:.2f}, which is {verdict}."


def describe_by_heart(check: ByHeart) -> str:
    """The check's verdict, and what it rests on."""
    without = check.without_gradient
    names = ", ".join(f"`{name}`" for name in without[:2]) + (" and others" if len(without) > 2 else "")
    if without:
        gradients = f"no gradient reached {len(without)} of {check.parameters} parameter tensors ({names})"
    else:
        gradients = f"a gradient reached all {check.parameters} parameter tensors"
    return (
        f"**{'pass' if check.passed else 'fail'}**. The loss went from {short(check.losses[0])} to "
        f"{short(check.losses[-1])} in {len(check.losses)} steps, {check.right} of {check.images} images are right, "
        f"and {gradients}."
    )


def short(value: float) -> str:
    """A number with two significant digits and without an exponent."""
    return np.format_float_positional(value, precision=2, unique=False, fractional=False, trim="-")


def _course(values: Sequence[float]) -> str:
    first, last = values[0], values[-1]
    verb = "explodes" if last > CHANGED * first else "fades" if last * CHANGED < first else "stays about as large"
    return f"{verb} ({short(first)} → {short(last)})"


def _label(layer: nn.Module) -> str:
    if isinstance(layer, nn.Conv2d):
        size = "×".join(str(length) for length in layer.kernel_size)
        stride = f", stride {layer.stride[0]}" if layer.stride[0] > 1 else ""
        return f"Convolution {size}{stride}, {layer.in_channels} → {layer.out_channels}"
    if isinstance(layer, nn.Linear):
        return f"Fully connected, {layer.in_features} → {layer.out_features}"
    return f"Dropout, p = {layer.p:g}" if isinstance(layer, nn.Dropout) else NAMES[type(layer)]
