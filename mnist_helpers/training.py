"""Training: one-cycle schedule, whole batches, loss and accuracy of every epoch."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

from mnist_helpers.augmentation import augment_batch
from mnist_helpers.data import LabelledImages, make_loader, pixel_statistics
from mnist_helpers.errors import MnistError
from mnist_helpers.hardware import choose_device, choose_precision, keep_freed_memory
from mnist_helpers.model import MnistCNN, as_input
from mnist_helpers.settings import ModelSettings, TrainingSettings

EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to; losses are mean cross-entropy in nats, accuracies fractions.

    The training figures are running means over the epoch's augmented batches, the validation figures are
    taken after the epoch on unchanged images.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class TrainingRun:
    """A trained network (on the CPU, float32), its history, and the epoch whose weights were kept."""

    model: MnistCNN
    history: list[Epoch]
    kept_epoch: int
    seconds: float


def train(
    data: LabelledImages,
    validation: LabelledImages,
    model_settings: ModelSettings,
    settings: TrainingSettings,
    on_epoch: Callable[[list[Epoch], float], None] = lambda history, seconds: None,
) -> TrainingRun:
    """Train a new network and keep the weights of the epoch that is best on the validation images.

    `on_epoch` is called after each epoch with the history so far and the seconds spent. The same settings on
    the same machine give the same weights. Raises MnistError when the loss is no longer finite.
    """
    start = time.perf_counter()
    keep_freed_memory()
    device = choose_device(settings.device)
    precision = choose_precision(settings.precision, device)
    model = build_model(data, model_settings, settings.seed).to(device, memory_format=torch.channels_last)
    loader = make_loader(data, settings.batch_size, shuffle_seed=settings.seed)
    optimizer = make_optimizer(model, settings)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=settings.learning_rate,
        total_steps=settings.epochs * len(loader),
        cycle_momentum=False,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    history: list[Epoch] = []
    kept_epoch, kept_weights = 0, {}
    for number in range(1, settings.epochs + 1):
        train_loss, train_accuracy = _train_epoch(
            model, loader, optimizer, schedule, precision, generator if settings.augment else None, number
        )
        validation_loss, validation_accuracy = _validate(model, validation, precision)
        rate = schedule.get_last_lr()[0]
        history.append(Epoch(number, rate, train_loss, train_accuracy, validation_loss, validation_accuracy))
        if best_epoch(history) == number:
            kept_epoch, kept_weights = number, copy.deepcopy(model.state_dict())
        on_epoch(history, time.perf_counter() - start)
    model.load_state_dict(kept_weights)
    model = model.to("cpu", memory_format=torch.contiguous_format).eval()
    return TrainingRun(model, history, kept_epoch, time.perf_counter() - start)


def best_epoch(history: list[Epoch]) -> int:
    """The epoch with the highest validation accuracy; of equals the one with the lowest validation loss."""
    return max(history, key=lambda epoch: (epoch.validation_accuracy, -epoch.validation_loss)).epoch


def build_model(data: LabelledImages, settings: ModelSettings, seed: int) -> MnistCNN:
    """A new network that normalises by the statistics of `data`; `seed` fixes its initial weights."""
    torch.manual_seed(seed)
    return MnistCNN(settings, *pixel_statistics(data.images))


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, or Adam with `momentum` as its first beta."""
    common = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), betas=(settings.momentum, 0.999), **common)
    return torch.optim.SGD(model.parameters(), momentum=settings.momentum, nesterov=settings.momentum > 0, **common)


def train_step(
    model: MnistCNN,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    precision: torch.dtype = torch.float32,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step on float images (N, 1, 28, 28): the loss, and the logits (N, 10) before the step."""
    with _precision(images.device, precision):
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach(), logits.detach()


def _train_epoch(model, loader, optimizer, schedule, precision, generator, number) -> tuple[float, float]:
    model.train()
    device = model.pixel_mean.device
    total_loss = torch.zeros((), device=device)
    correct = torch.zeros((), device=device)
    seen = 0
    for step, (images, labels) in enumerate(loader, start=1):
        inputs, labels = as_input(images.to(device)), labels.to(device)
        if generator is not None:
            inputs = augment_batch(inputs, generator)
        loss, logits = train_step(model, optimizer, inputs, labels, precision)
        if device.type == "cpu" and not loss.isfinite():
            _stop_not_finite(number, step, schedule)
        schedule.step()
        total_loss += loss * len(labels)
        correct += (logits.argmax(dim=1) == labels).sum()
        seen += len(labels)
    if not total_loss.isfinite():
        _stop_not_finite(number, seen, schedule)
    return total_loss.item() / seen, correct.item() / seen


def _stop_not_finite(epoch: int, step: int, schedule) -> None:
    rate = schedule.get_last_lr()[0]
    raise MnistError(
        f"The training loss is not finite any more in epoch {epoch}, step {step}, at a learning rate of {rate:.3g}: "
        "lower learning_rate."
    )


@torch.inference_mode()
def _validate(model: MnistCNN, data: LabelledImages, precision: torch.dtype) -> tuple[float, float]:
    model.eval()
    device = model.pixel_mean.device
    loss = correct = 0.0
    for images, labels in make_loader(data, EVALUATION_BATCH):
        labels = labels.to(device)
        with _precision(device, precision):
            logits = model(as_input(images.to(device)))
        loss += F.cross_entropy(logits.float(), labels, reduction="sum").item()
        correct += (logits.argmax(dim=1) == labels).sum().item()
    return loss / len(data), correct / len(data)


def _precision(device: torch.device, precision: torch.dtype) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)


def history_as_dicts(history: list[Epoch]) -> list[dict[str, float]]:
    """The history in the form that the checkpoint stores."""
    return [asdict(epoch) for epoch in history]
