"""What the network says of images: logits, probabilities, and a closer look where it is not sure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.special import softmax
from torch.nn import functional as F

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.hardware import keep_freed_memory
from mnist_helpers.network.model import MnistCNN, as_input

BATCH = 250

LARGEST = 1e15  # of a logit: far from any of use, and means and temperatures of such are still finite

SURE = 0.9  # chosen on held-out images: above it, more looks change hardly an answer


@dataclass(frozen=True)
class Predictions:
    """What a network says of each image: logits (N, 10), beside the true labels (N,).

    `first_look` are the logits before any closer look, (N, 10); None where there was none.
    """

    logits: np.ndarray
    labels: np.ndarray
    first_look: np.ndarray | None = None

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, (N, 10); in float64, so that sure answers do not tie at 1."""
        return softmax(self.logits.astype(np.float64), axis=1)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The digit with the highest logit, (N,)."""
        return self.logits.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The highest probability, (N,)."""
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """Whether each image is classified correctly, (N,)."""
        return self.predicted == self.labels

    @cached_property
    def errors(self) -> np.ndarray:
        """Indices of the misclassified images, the most confident mistake first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def confused(self, true: int, predicted: int) -> np.ndarray:
        """Those of the errors that are a `true` taken for a `predicted`."""
        errors = self.errors
        return errors[(self.labels[errors] == true) & (self.predicted[errors] == predicted)]


@torch.inference_mode()
def predict(model: MnistCNN, data: LabelledImages) -> Predictions:
    """The network's answers for every image, with a closer look at those that it is not sure of.

    Where the highest probability is below SURE, the logits are the mean over the image and its eight copies shifted by
    one pixel: stride and pooling keep one place of four, so that each copy shows the later layers something new.
    """
    first_look = one_look(model, data.images)
    unsure = is_unsure(first_look).nonzero().flatten()
    looks = [one_look(model, copies) for copies in _shifted(data.images[unsure])]
    looks.insert(len(looks) // 2, first_look[unsure])
    logits = first_look.index_copy(0, unsure, torch.stack(looks).mean(dim=0))
    return Predictions(logits.numpy(), data.labels.numpy(), first_look.numpy())


@torch.inference_mode()
def one_look(model: MnistCNN, images: torch.Tensor) -> torch.Tensor:
    """Logits (N, 10) of uint8 images (N, 28, 28), each seen once.

    Always in float32 on the CPU, so that the same weights give the same answers on every machine. Raises MnistError
    when a logit is not finite or beyond LARGEST: finite weights can overflow on the way.
    """
    keep_freed_memory()
    model = model.cpu().to(memory_format=torch.channels_last).eval()
    logits = torch.cat([model(as_input(part)) for part in images.split(BATCH)])
    # What is not a number fails every comparison, this one too.
    if not (logits.abs() <= LARGEST).all():
        raise MnistError(
            "The network's answers are not finite: train again (mnist-cnn train), if need be at a lower learning_rate."
        )
    return logits


def is_unsure(logits: torch.Tensor) -> torch.Tensor:
    """Which images get a closer look: bool (N,) for logits (N, 10)."""
    return logits.softmax(dim=1).amax(dim=1) < SURE


def _shifted(images: torch.Tensor) -> list[torch.Tensor]:
    """The images (N, H, W) shifted by one pixel, in eight directions; the outermost pixels spread."""
    height, width = images.shape[1:]
    padded = F.pad(images.unsqueeze(1).float(), (1, 1, 1, 1), mode="replicate").squeeze(1).to(images.dtype)
    places = [(down, across) for down in range(3) for across in range(3) if (down, across) != (1, 1)]
    return [padded[:, down : down + height, across : across + width] for down, across in places]
