"""Training: one-cycle schedule, whole batches, loss and accuracy of every epoch."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch.nn import functional as F

from mnist_helpers.augmentation import augment_batch
from mnist_helpers.data import LabelledImages, make_loader, pixel_statistics
from mnist_helpers.errors import MnistError
from mnist_helpers.hardware import choose_device, choose_precision, keep_freed_memory
from mnist_helpers.model import MnistCNN, as_input
from mnist_helpers.muon import Muon
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.state_file import StateFile

EVALUATION_BATCH = 500
RISING_SHARE = 0.1  # of the steps; in the others the learning rate falls


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
    state_file: StateFile | None = None,
) -> TrainingRun:
    """Train a network and keep the weights of the epoch that is best on the validation images.

    `on_epoch` is called after each epoch with the history so far and the seconds spent. With a `state_file` the
    whole state is saved there after each epoch, and a state found there is taken up; the result is the same as
    without the interruption. The same settings on the same machine give the same weights.

    Raises MnistError when the loss is no longer finite.
    """
    keep_freed_memory()
    trainer = Trainer(data, model_settings, settings)
    if state_file is not None and (state := state_file.load()) is not None:
        trainer.load_state(state)
    start = time.perf_counter() - trainer.seconds
    while len(trainer.history) < settings.epochs:
        trainer.run_epoch(validation)
        trainer.seconds = time.perf_counter() - start
        if state_file is not None:
            state_file.save(trainer.state())
        on_epoch(trainer.history, trainer.seconds)
    return trainer.finish()


class Trainer:
    """One training run between two epochs: everything that the next epoch depends on."""

    def __init__(self, data: LabelledImages, model_settings: ModelSettings, settings: TrainingSettings):
        self.settings = settings
        self.device = choose_device(settings.device)
        self.precision = choose_precision(settings.precision, self.device)
        model = build_model(data, model_settings, settings.seed)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.order = torch.Generator().manual_seed(settings.seed)
        self.distortion = torch.Generator().manual_seed(settings.seed)
        self.loader = make_loader(data, settings.batch_size, order=self.order)
        self.optimizer = make_optimizer(self.model, settings, self.precision)
        steps = settings.epochs * len(self.loader)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: one_cycle(step, steps))
        self.history: list[Epoch] = []
        self.kept_weights: dict[str, torch.Tensor] = {}
        self.seconds = 0.0

    def run_epoch(self, validation: LabelledImages) -> None:
        """Train on every batch once, score the validation images, and keep the weights if they are the best."""
        train_loss, train_accuracy = self.train_epoch()
        validation_loss, validation_accuracy = validate(self.model, validation, self.precision)
        number, rate = len(self.history) + 1, self.schedule.get_last_lr()[0]
        self.history.append(Epoch(number, rate, train_loss, train_accuracy, validation_loss, validation_accuracy))
        if best_epoch(self.history) == number:
            self.kept_weights = copy.deepcopy(self.model.state_dict())

    def finish(self) -> TrainingRun:
        """The run with the kept weights in its network."""
        self.model.load_state_dict(self.kept_weights)
        model = self.model.to("cpu", memory_format=torch.contiguous_format).eval()
        return TrainingRun(model, self.history, best_epoch(self.history), self.seconds)

    def state(self) -> dict:
        """Plain values and tensors from which `load_state` restores this very moment."""
        return {
            "weights": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            # Dropout draws from the default generator.
            "generators": [self.order.get_state(), self.distortion.get_state(), torch.get_rng_state()],
            "history": [asdict(epoch) for epoch in self.history],
            "kept_weights": self.kept_weights,
            "seconds": self.seconds,
        }

    def load_state(self, state: dict) -> None:
        """Go on from a moment that `state` described, in this process or in another."""
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        order, distortion, default = state["generators"]
        self.order.set_state(order)
        self.distortion.set_state(distortion)
        torch.set_rng_state(default)
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        self.kept_weights = state["kept_weights"]
        self.seconds = state["seconds"]

    def train_epoch(self) -> tuple[float, float]:
        """Train on every batch once; returns the mean loss (nats) and the accuracy over the batches."""
        self.model.train()
        total_loss = torch.zeros((), device=self.device)
        correct = torch.zeros((), device=self.device)
        seen = 0
        for step, (images, labels) in enumerate(self.loader, start=1):
            inputs, labels = as_input(images.to(self.device)), labels.to(self.device)
            if self.settings.augment:
                inputs = augment_batch(inputs, self.distortion)
            loss, logits = train_step(self.model, self.optimizer, inputs, labels, self.precision)
            # Reading the loss back makes an accelerator wait, so there it is looked at once an epoch.
            if self.device.type == "cpu" or step == len(self.loader):
                self._require_finite(loss + total_loss, step)
            self.schedule.step()
            total_loss += loss * len(labels)
            correct += (logits.argmax(dim=1) == labels).sum()
            seen += len(labels)
        return total_loss.item() / seen, correct.item() / seen

    def _require_finite(self, loss: torch.Tensor, step: int) -> None:
        if not loss.isfinite():
            rate = self.schedule.get_last_lr()[0]
            raise MnistError(
                f"The training loss is not finite any more in epoch {len(self.history) + 1}, step {step}, at a "
                f"learning rate of {rate:.3g}: lower learning_rate. The earlier checkpoint stays as it was."
            )


def one_cycle(step: int, steps: int) -> float:
    """The part of the peak learning rate at `step`: it rises over the first steps, then falls to 0 at `steps`.

    L. N. Smith and N. Topin, "Super-convergence", 2018; in straight lines.
    """
    rising = max(1, round(RISING_SHARE * steps))
    return min((step + 1) / rising, (steps - step) / (steps - rising + 1))


def best_epoch(history: list[Epoch]) -> int:
    """The epoch with the highest validation accuracy; of equals the one with the lowest validation loss."""
    return max(history, key=lambda epoch: (epoch.validation_accuracy, -epoch.validation_loss)).epoch


def build_model(data: LabelledImages, settings: ModelSettings, seed: int) -> MnistCNN:
    """A new network that normalises by the statistics of `data`; `seed` fixes its initial weights."""
    torch.manual_seed(seed)
    return MnistCNN(settings, *pixel_statistics(data.images))


def make_optimizer(
    model: MnistCNN, settings: TrainingSettings, precision: torch.dtype = torch.float32
) -> torch.optim.Optimizer:
    """Muon, SGD with Nesterov momentum, or Adam with `momentum` as its first beta.

    Muon makes the steps of all weights orthogonal but those of the output layer, which no ReLU follows.
    """
    common = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer == "muon":
        matrices = [
            weights for weights in model.parameters() if weights.ndim > 1 and weights is not model.output.weight
        ]
        others = [weights for weights in model.parameters() if weights.ndim == 1] + [model.output.weight]
        return Muon(matrices, others, momentum=settings.momentum, precision=precision, **common)
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


@torch.inference_mode()
def validate(model: MnistCNN, data: LabelledImages, precision: torch.dtype) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy on unchanged images, computed in `precision`."""
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
