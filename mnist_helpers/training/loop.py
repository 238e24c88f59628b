"""Training: epoch after epoch, with loss and accuracy of each, from any saved moment on."""

import copy
import time
from dataclasses import asdict, dataclass

import torch

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.hardware import choose_device, choose_precision, keep_freed_memory
from mnist_helpers.network.model import MnistCNN, as_input, build_model
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.recipe import USUAL, Recipe
from mnist_helpers.training.selection import batches, choose_images, skipped_share
from mnist_helpers.training.state_file import StateFile
from mnist_helpers.training.step import make_optimizer, train_step
from mnist_helpers.training.validation import Epoch, best_epoch, calibrate, validate
from mnist_helpers.training.watcher import Watcher


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
    watcher: Watcher | None = None,
    state_file: StateFile | None = None,
    recipe: Recipe = USUAL,
) -> TrainingRun:
    """Train a network and keep the weights of the last epoch, unless validation says that an earlier one is better.

    The `watcher` is told after every step and epoch. With a `state_file` the whole state is saved there after each
    epoch, and a state found there is taken up; the result is the same as without the interruption. The same settings
    and number of threads on the same machine give the same weights; a run that is taken up goes on with the number it
    began with.

    Raises MnistError when the loss is no longer finite, and UnfitStateError when the state is not one of this run.
    """
    watcher = watcher or Watcher()
    keep_freed_memory()
    # How a sum is split among threads decides how it is rounded. MKL keeps to a number that was set; of itself it may
    # take fewer, as the processor's load has it.
    torch.set_num_threads(torch.get_num_threads())
    trainer = Trainer(data, model_settings, settings, recipe)
    if state_file is not None and (state := state_file.load()) is not None:
        try:
            trainer.load_state(state)
        except Exception as error:  # of every kind, for what another version of this package wrote
            raise state_file.unusable(error) from error
    watcher.begin(trainer.history, trainer.seconds)
    start = time.perf_counter() - trainer.seconds
    while len(trainer.history) < settings.passes:
        trainer.run_epoch(validation, watcher)
        trainer.seconds = time.perf_counter() - start
        if state_file is not None:
            state_file.save(trainer.state())
        watcher.epoch(trainer.history, trainer.seconds)
    return trainer.finish(validation)


class Trainer:
    """One training run between two epochs: everything that the next epoch depends on."""

    def __init__(
        self, data: LabelledImages, model_settings: ModelSettings, settings: TrainingSettings, recipe: Recipe = USUAL
    ):
        self.settings, self.recipe = settings, recipe
        self.data = data
        self.device = choose_device(settings.device)
        self.precision = choose_precision(settings.precision, self.device)
        model = build_model(data, model_settings, settings.seed)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        self.order = torch.Generator().manual_seed(settings.seed)
        self.distortion = torch.Generator().manual_seed(settings.seed)
        self.optimizer = make_optimizer(self.model, settings, self.precision)
        self.losses = torch.full((len(data),), torch.inf, device=self.device)  # each image's latest
        self.history: list[Epoch] = []
        self.kept_weights: dict[str, torch.Tensor] = {}
        self.seconds = 0.0

    def run_epoch(self, validation: LabelledImages, watcher: Watcher | None = None) -> None:
        """Train for one epoch, score the validation images, and keep the weights unless earlier ones are better."""
        images, train_loss, train_accuracy = self.train_epoch(watcher or Watcher())
        validation_loss, validation_accuracy = validate(self.model, validation, self.precision)
        number, rate = len(self.history) + 1, self.optimizer.param_groups[0]["lr"]
        self.history.append(
            Epoch(number, images, rate, train_loss, train_accuracy, validation_loss, validation_accuracy)
        )
        if best_epoch(self.history) == number:
            self.kept_weights = copy.deepcopy(self.model.state_dict())

    def finish(self, validation: LabelledImages) -> TrainingRun:
        """The run with the kept weights in its network, calibrated on the validation images.

        Raises MnistError when its weights or answers are not finite.
        """
        self.model.load_state_dict(self.kept_weights)
        calibrate(self.model, validation)
        if not all(values.isfinite().all() for values in self.model.state_dict().values()):
            raise MnistError("The network has numbers that are not finite: lower learning_rate, without --resume.")
        model = self.model.to("cpu").to(memory_format=torch.contiguous_format).eval()
        return TrainingRun(model, self.history, best_epoch(self.history), self.seconds)

    def state(self) -> dict:
        """Plain values and tensors from which `load_state` restores this very moment."""
        return {
            "weights": self.model.state_dict(),
            # Without its settings: those are the run's, and the learning rate is set before every step.
            "optimizer": self.optimizer.state_dict()["state"],
            "losses": self.losses,
            # Dropout draws from the default generator.
            "generators": [self.order.get_state(), self.distortion.get_state(), torch.get_rng_state()],
            "history": [asdict(epoch) for epoch in self.history],
            "kept_weights": self.kept_weights,
            "seconds": self.seconds,
            "threads": torch.get_num_threads(),
        }

    def load_state(self, state: dict) -> None:
        """Go on from a moment that `state` described, in this process or in another, with as many threads."""
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state["optimizer"]})
        self.losses.copy_(state["losses"])
        order, distortion, default = state["generators"]
        self.order.set_state(order)
        self.distortion.set_state(distortion)
        torch.set_rng_state(default)
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        self.kept_weights = state["kept_weights"]
        self.seconds = state["seconds"]
        torch.set_num_threads(state["threads"])

    def train_epoch(self, watcher: Watcher) -> tuple[int, float, float]:
        """Train on the images that this epoch shows: their number, and their weighted mean loss (nats) and accuracy."""
        self.model.train()
        settings, done = self.settings, len(self.history)
        share = min(1.0, settings.epochs - done)
        skipped = skipped_share(settings.skip_easy, done + 1, settings.passes)
        indices, weights = choose_images(self.losses.cpu(), skipped, share, self.order)
        parts = batches(indices, weights, settings.batch_size)
        sums = torch.zeros(3, device=self.device)
        for step, (chosen, weight) in enumerate(parts, start=1):
            progress = (done + share * (step - 0.5) / len(parts)) / settings.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = settings.learning_rate * self.recipe.schedule(progress)
            sums += self._step(chosen, weight.to(self.device))
            # Reading the loss back makes an accelerator wait, so there it is looked at once an epoch.
            if self.device.type == "cpu" or step == len(parts):
                self._require_finite(sums[0], step)
            watcher.step(step / len(parts), sums)
        loss, correct, counted = sums.tolist()
        return len(indices), loss / counted, correct / counted

    def _step(self, chosen: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Train on the images with these indices; the sums of losses, of correct answers and of images, weighted."""
        inputs, labels = as_input(self.data.images[chosen].to(self.device)), self.data.labels[chosen].to(self.device)
        if self.settings.augment:
            inputs = self.recipe.augment(inputs, labels, self.distortion)
        smoothing = self.settings.label_smoothing
        losses, logits = train_step(self.model, self.optimizer, inputs, labels, self.precision, weights, smoothing)
        self.losses[chosen.to(self.device)] = losses
        correct = (logits.argmax(dim=1) == labels).float()
        return torch.stack([weights @ losses, weights @ correct, weights.sum()])

    def _require_finite(self, loss: torch.Tensor, step: int) -> None:
        if not loss.isfinite():
            rate = self.optimizer.param_groups[0]["lr"]
            raise MnistError(
                f"The training loss is not finite any more in epoch {len(self.history) + 1}, step {step}, at a "
                f"learning rate of {rate:.3g}: lower learning_rate. The earlier checkpoint stays as it was."
            )
