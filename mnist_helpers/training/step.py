"""One training step: optimiser, learning rate, loss and gradients."""

import torch
from torch.nn import functional as F

from mnist_helpers.network.model import MnistCNN
from mnist_helpers.settings import TrainingSettings
from mnist_helpers.training.muon import Muon

RISING_SHARE = 0.1  # of the training; in the rest the learning rate falls


def one_cycle(progress: float) -> float:
    """The part of the peak learning rate at `progress`, from 0 to 1: it rises over the first tenth, then falls to 0.

    L. N. Smith and N. Topin, "Super-convergence", 2018; in straight lines.
    """
    return min(progress / RISING_SHARE, (1 - progress) / (1 - RISING_SHARE))


def make_optimizer(
    model: MnistCNN, settings: TrainingSettings, precision: torch.dtype = torch.float32
) -> torch.optim.Optimizer:
    """Muon, SGD with Nesterov momentum, or Adam with `momentum` as its first beta.

    Muon makes the steps of all weights orthogonal but those of the output layer, which no ReLU follows.
    """
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "muon":
        matrices = [
            weights for weights in model.parameters() if weights.ndim > 1 and weights is not model.output.weight
        ]
        others = [*(weights for weights in model.parameters() if weights.ndim == 1), model.output.weight]
        return Muon(matrices, others, rate, settings.momentum, decay, precision)
    if settings.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate, betas=(settings.momentum, 0.999), weight_decay=decay)
    momentum = settings.momentum
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum, weight_decay=decay, nesterov=momentum > 0)


def train_step(
    model: MnistCNN,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    precision: torch.dtype = torch.float32,
    weights: torch.Tensor | None = None,
    label_smoothing: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step on float images (N, 1, 28, 28): their losses (N,) and logits (N, 10) before the step.

    `weights` (N,) say how much each image counts; without them all count 1. `label_smoothing` is the share of the truth
    that the step gives to all digits alike (Szegedy et al., 2016); the losses returned are plain cross-entropy.
    """
    with in_precision(images.device, precision):
        logits = model(images)
    logits = logits.float()
    objective = F.cross_entropy(logits, labels, reduction="none", label_smoothing=label_smoothing)
    optimizer.zero_grad(set_to_none=True)
    (objective if weights is None else objective * weights).mean().backward()
    optimizer.step()
    logits = logits.detach()
    return F.cross_entropy(logits, labels, reduction="none"), logits


def in_precision(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """Within it convolutions and matrix products are computed in `precision`."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)
