"""What the validation images decide: the score of an epoch, the epoch that is kept, and how sure the network sounds."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.network.classify import one_look
from mnist_helpers.network.model import MnistCNN, as_input
from mnist_helpers.network.temperature import fit_temperature
from mnist_helpers.training.step import in_precision

BATCH = 500
CHANCE = 0.001  # the standard error of an accuracy near 99.5 % on 5,000 validation images


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to; losses are mean cross-entropy in nats, accuracies fractions.

    `images` is the number of training images that were shown. The training figures are running means over them,
    distorted as they were and weighted so that those left out count too; the validation figures are taken after the
    epoch on unchanged images.
    """

    epoch: int
    images: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@torch.inference_mode()
def validate(model: MnistCNN, data: LabelledImages, precision: torch.dtype) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy on unchanged images, computed in `precision`."""
    model.eval()
    device = model.pixel_mean.device
    loss = correct = 0.0
    for images, labels in zip(data.images.split(BATCH), data.labels.split(BATCH), strict=True):
        labels = labels.to(device)
        with in_precision(device, precision):
            logits = model(as_input(images.to(device)))
        loss += F.cross_entropy(logits.float(), labels, reduction="sum").item()
        correct += (logits.argmax(dim=1) == labels).sum().item()
    return loss / len(data), correct / len(data)


def best_epoch(history: list[Epoch]) -> int:
    """The last epoch whose validation accuracy differs from the highest by no more than chance.

    Later weights come of a lower learning rate and are the better ones where validation cannot tell. The loss is no
    guide here: with smoothed labels it tells how sure a network is more than how good.
    """
    highest = max(epoch.validation_accuracy for epoch in history)
    return max(epoch.epoch for epoch in history if epoch.validation_accuracy >= highest - CHANCE)


@torch.no_grad()
def calibrate(model: MnistCNN, validation: LabelledImages) -> None:
    """Scale the output layer so that its probabilities suit the validation images; no answer changes.

    Label smoothing leaves a network less sure than it should be. Temperature scaling: Guo et al., 2017.
    """
    temperature = fit_temperature(one_look(model, validation.images).numpy(), validation.labels.numpy())
    for parameter in model.output.parameters():
        parameter.div_(temperature)
