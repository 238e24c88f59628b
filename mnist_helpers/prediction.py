"""Digits in image files: read, brought to MNIST's format, and classified by the saved network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from mnist_helpers.data import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation import predict
from mnist_helpers.images import SIDE, to_mnist
from mnist_helpers.model import MnistCNN


@dataclass(frozen=True)
class Answer:
    """The digit seen in a file and its probability."""

    path: Path
    digit: int
    probability: float


def predict_files(model: MnistCNN, paths: Sequence[Path]) -> Iterator[Answer | MnistError]:
    """An answer for each file, or the error that names what is wrong with it, in the order given."""
    for path in paths:
        try:
            image = read_image(path)
        except MnistError as error:
            yield error
            continue
        nothing = torch.zeros(1, dtype=torch.int64)
        result = predict(model, LabelledImages(torch.tensor(image)[None], nothing))
        yield Answer(path, int(result.predicted[0]), float(result.confidence[0]))


def read_image(path: Path) -> np.ndarray:
    """The digit in an image file in MNIST's format, uint8 (28, 28).

    Dark on light or light on dark, any size; 28 x 28 files are taken as MNIST images. Raises MnistError.
    """
    try:
        with Image.open(path) as file:
            grey = _flatten(ImageOps.exif_transpose(file))
    except UnidentifiedImageError as error:
        raise MnistError(f"{path}: this is not an image file") from error
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise MnistError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    # The paper is what the border shows most of.
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) > 127:
        grey = 255 - grey
    if grey.shape == (SIDE, SIDE):
        return grey
    try:
        return to_mnist(grey)
    except ValueError as error:
        raise MnistError(f"{path}: {error}") from error


def _flatten(image: Image.Image) -> np.ndarray:
    """Grey levels, uint8 (height, width); what is transparent becomes white paper."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return (np.asarray(image).astype(np.int64) // 256).clip(0, 255).astype(np.uint8)
    if "A" in image.getbands() or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return np.asarray(image.convert("L"))
