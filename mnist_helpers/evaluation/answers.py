"""What a network names the test images, clean and corrupted: kept, so that runs are compared image by image."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from mnist_helpers.data import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.corruptions import CORRUPTIONS, corrupt
from mnist_helpers.files import digit_text, replacing
from mnist_helpers.network import MnistCNN, Predictions, predict, weights_checksum
from mnist_helpers.paths import RunPaths, run_paths, shown

AGAIN = 20  # every so many-th corrupted image is asked about again, before kept answers are used


@dataclass(frozen=True)
class Answers:
    """What the network with this checksum named the test images of a data set, a text with a digit an image.

    `labels` are the true digits; `corrupted` has the answers under each corruption.
    """

    dataset: str
    network: str
    labels: str
    clean: str
    corrupted: dict[str, str]

    def right(self, answers: str) -> np.ndarray:
        """Which of some `answers` to these images are right, bool (N,)."""
        return _digits(answers) == _digits(self.labels)

    def recalled(self, digit: int) -> np.ndarray:
        """Which of the clean images of a digit are named so, in the order of the test set."""
        return self.right(self.clean)[_digits(self.labels) == ord(str(digit))]


def corrupt_all(images: torch.Tensor) -> dict[str, torch.Tensor]:
    """The images, uint8 (N, 28, 28), under each corruption."""
    return {name: corrupt(name, images) for name in CORRUPTIONS}


def answer_corrupted(model: MnistCNN, corrupted: dict[str, torch.Tensor]) -> dict[str, str]:
    """What the model says of the images of `corrupt_all`."""
    return {
        name: digit_text(predict(model, LabelledImages(images, torch.zeros(len(images), dtype=torch.int64))).predicted)
        for name, images in corrupted.items()
    }


def answer_all(
    model: MnistCNN, dataset: str, predictions: Predictions, corrupted: dict[str, torch.Tensor], kept: Path
) -> Answers:
    """The answers of a network to the clean images, which `predictions` are of, and to the corrupted ones.

    Those in the file `kept`, or in the reference run's of that name, are taken where they still hold: when they are of
    this network and these images, and when it gives them again to all clean images and to a twentieth of the corrupted
    ones. Raises MnistError when a file is damaged.
    """
    again = answer_corrupted(model, {name: images[::AGAIN] for name, images in corrupted.items()})
    for place in (kept, run_paths().outputs / kept.name):
        found = load_answers(place)
        if found == gather_answers(dataset, model, predictions, found.corrupted if found else {}) and again == {
            name: given[::AGAIN] for name, given in found.corrupted.items()
        }:
            return found
    return gather_answers(dataset, model, predictions, answer_corrupted(model, corrupted))


def gather_answers(dataset: str, model: MnistCNN, predictions: Predictions, corrupted: dict[str, str]) -> Answers:
    """The answers of a network from its `predictions` of the clean images and what it says of the corrupted ones."""
    labels, clean = digit_text(predictions.labels), digit_text(predictions.predicted)
    return Answers(dataset, weights_checksum(model), labels, clean, corrupted)


def find_earlier(
    paths: RunPaths, dataset: str, model: MnistCNN, predictions: Predictions
) -> tuple[str, Answers] | None:
    """The answers to compare with: of another network evaluated in this folder before, else of the reference run.

    With what to call it; None where neither has answers of another network to the same images. It makes no difference
    whether the answers of `model` are kept already. Raises MnistError when a file is damaged.
    """
    own, labels = weights_checksum(model), digit_text(predictions.labels)
    places = {
        paths.answers: "the run before",
        paths.previous_answers: "the run before",
        run_paths().answers: "the reference run",
    }
    for path, name in places.items():
        found = load_answers(path)
        if found and found.network != own and (found.dataset, found.labels) == (dataset, labels):
            return name, found
    return None


def keep_answers(paths: RunPaths, answers: Answers, of_baseline: Answers | None = None) -> None:
    """Store the answers; those of another network in their place become the previous ones.

    Raises MnistError when a file is damaged or cannot be written.
    """
    before = load_answers(paths.answers)
    if before and before.network != answers.network:
        _write(paths.previous_answers, before)
    _write(paths.answers, answers)
    if of_baseline:
        _write(paths.baseline_answers, of_baseline)


def load_answers(path: Path) -> Answers | None:
    """The answers in a file; None where there is none. Raises MnistError when it is damaged."""
    try:
        answers = Answers(**json.loads(path.read_text(encoding="utf-8")))
        texts = [answers.labels, answers.clean, *answers.corrupted.values()]
        if not all(text.isdecimal() and text.isascii() and len(text) == len(answers.labels) for text in texts):
            raise ValueError("not a digit an image")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise MnistError(
            f"{shown(path)} is damaged: delete it, then mnist-cnn evaluate does without it or makes it anew."
        ) from error
    return answers


def _write(path: Path, answers: Answers) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(asdict(answers), indent=2) + "\n", encoding="utf-8")


def _digits(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)
