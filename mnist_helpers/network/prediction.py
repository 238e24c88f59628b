"""Digits in image files: read, brought to MNIST's format, and classified by the saved network."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.network.classify import BATCH, predict
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.paths import printable
from mnist_helpers.pictures.files import read_grey
from mnist_helpers.pictures.format import bring_to_mnist

# An answer of lower probability is unsure: the highest limit (steps of 0.01 to 0.05) that leaves 95 % of the right
# answers to corrupted validation images sure (docs/experiments.md, "When predict is unsure").
UNSURE = 0.95
# Files read at once, each of which may be a large picture. Decoding goes on side by side, Python's own part does not:
# more than two would gain little.
READERS = 2


@dataclass(frozen=True)
class Answer:
    """What the network says of the picture in a file: the probabilities of the digits 0 to 9."""

    path: str | Path
    probabilities: tuple[float, ...]

    @property
    def digit(self) -> int:
        """The most probable digit."""
        return self.probabilities.index(self.probability)

    @property
    def probability(self) -> float:
        """The probability of that digit."""
        return max(self.probabilities)

    @property
    def unsure(self) -> bool:
        """Whether the runner-up should be thought of too."""
        return self.probability < UNSURE

    @property
    def runner_up(self) -> int:
        """The digit that is most probable but for one."""
        return sorted(range(len(self.probabilities)), key=lambda digit: -self.probabilities[digit])[1]

    @property
    def doubt(self) -> str:
        """Of an unsure answer that it is so, and the runner-up with its probability; else empty."""
        return f"unsure, else {self.runner_up} {self.probabilities[self.runner_up]:.4f}" if self.unsure else ""

    def as_dict(self) -> dict:
        """For JSON, with probabilities to four decimals."""
        probabilities = [round(probability, 4) for probability in self.probabilities]
        return {
            "path": str(self.path),
            "digit": self.digit,
            "probability": probabilities[self.digit],
            "unsure": self.unsure,
            "runner_up": self.runner_up,
            "probabilities": probabilities,
        }


@dataclass(frozen=True)
class Refusal:
    """A file without an answer: what is wrong with it and what would help, in one line."""

    path: str | Path
    reason: str

    def as_dict(self) -> dict:
        """For JSON."""
        return {"path": str(self.path), "error": self.reason}


def predict_files(model: MnistCNN, paths: Sequence[str | Path]) -> Iterator[Answer | Refusal]:
    """What there is to say of each file, in the order given.

    Files are read, two at once, and classified 250 at a time, as many as the evaluation takes at once: memory does not
    grow with their number, and files that hold the test set get the evaluation's answers.
    """
    for start in range(0, len(paths), BATCH):
        yield from _predict_batch(model, paths[start : start + BATCH])


def answer_rows(results: Iterable[Answer | Refusal]) -> list[tuple[object, ...]]:
    """File, digit, probability, and doubt or reason of the refusal, as a table shows them."""
    return [
        (printable(Path(result.path).name), "", "", f"refused: {result.reason}")
        if isinstance(result, Refusal)
        else (printable(Path(result.path).name), result.digit, f"{result.probability:.4f}", result.doubt)
        for result in results
    ]


def describe_answers(results: Sequence[Answer | Refusal]) -> str:
    """How many files were answered, how many of the answers are unsure, and how many were refused."""
    answers = [result for result in results if isinstance(result, Answer)]
    unsure, refused = sum(answer.unsure for answer in answers), len(results) - len(answers)
    return (
        f"Files: {len(results)}. Answered: **{len(answers)}**, of which unsure (a probability below {UNSURE}): "
        f"**{unsure}**. Refused: **{refused}**."
    )


def least_sure_first(results: Iterable[Answer | Refusal]) -> list[Answer | Refusal]:
    """The refusals, then the answers by their probability."""
    return sorted(results, key=lambda result: result.probability if isinstance(result, Answer) else 0)


def read_image(path: Path) -> np.ndarray:
    """The digit in an image file in MNIST's format, uint8 (28, 28).

    The file shows one digit, dark on light or light on dark, at any size. Raises MnistError with a message that does
    not name the file.
    """
    try:
        return bring_to_mnist(read_grey(path))
    except ValueError as error:
        raise MnistError(str(error)) from error


def _predict_batch(model: MnistCNN, paths: Sequence[str | Path]) -> Iterator[Answer | Refusal]:
    with ThreadPoolExecutor(READERS) as pool:
        read = list(pool.map(_image_or_refusal, paths))
    images = [image for image in read if not isinstance(image, Refusal)]
    answered = iter(_probabilities(model, images) if images else [])
    for path, image in zip(paths, read, strict=True):
        yield image if isinstance(image, Refusal) else Answer(path, tuple(next(answered)))


def _image_or_refusal(path: str | Path) -> np.ndarray | Refusal:
    try:
        return read_image(Path(path))
    except MnistError as error:
        return Refusal(path, str(error))


def _probabilities(model: MnistCNN, images: list[np.ndarray]) -> list[list[float]]:
    no_labels = torch.zeros(len(images), dtype=torch.int64)
    return predict(model, LabelledImages(torch.from_numpy(np.stack(images)), no_labels)).probabilities.tolist()
