"""MNIST through `torchvision.datasets.MNIST`: found, verified, split, and handed out in whole batches."""

import hashlib
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch
from sklearn.model_selection import train_test_split
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, TensorDataset
from torchvision.datasets import MNIST

from mnist_helpers.digits import write_digits
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import PROJECT_ROOT, from_root, shown
from mnist_helpers.settings import check_settings

# Of the uncompressed files as published by LeCun, Cortes and Burges.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
VALIDATION_FRACTION = 1 / 12  # 5,000 of MNIST's 60,000
SPLIT_SEED = 0
DOWNLOAD_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class DataSource:
    """A verified set of MNIST files: `name` is mnist or digits, `root` the folder torchvision gets."""

    name: str
    root: Path
    checksum: str


@dataclass(frozen=True)
class LabelledImages:
    """Images as uint8 (N, 28, 28) and their labels as int64 (N,)."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index) -> "LabelledImages":
        return LabelledImages(self.images[index], self.labels[index])


def find_data(dataset: str = "auto", data_root: str | Path = "") -> DataSource:
    """Find `dataset` ("auto", "mnist" or "digits"), fetch it where needed, and verify its files.

    "auto" means MNIST where it is present or can be downloaded, else the embedded sample, with a warning.
    "mnist" never falls back. Raises MnistError when the files are missing or damaged.
    """
    check_settings({"dataset": dataset})
    if dataset == "digits":
        return _digits()
    root = from_root(data_root or os.environ.get("MNIST_DATA_ROOT") or "data")
    try:
        _fetch(root)
    except MnistError as error:
        if dataset == "mnist":
            raise
        warnings.warn(f"MNIST IS NOT AVAILABLE, using the embedded digits sample instead. {error}", stacklevel=2)
        return _digits()
    return DataSource("mnist", root, _verify(root, MNIST_MD5))


def load_training_data(source: DataSource) -> tuple[LabelledImages, LabelledImages]:
    """The training and validation images: a stratified, seeded 11:1 split of the training file.

    Raises MnistError when the files do not hold what MNIST files hold.
    """
    everything = _load(source, train=True)
    train, validation = split_indices(everything.labels)
    return everything[train], everything[validation]


def load_test_data(source: DataSource) -> LabelledImages:
    """The test images; only the evaluation scores them. Raises MnistError as `load_training_data` does."""
    return _load(source, train=False)


def split_indices(labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices of the training and validation images: disjoint, stratified by label, always the same."""
    train, validation = train_test_split(
        torch.arange(len(labels)).numpy(),
        test_size=round(len(labels) * VALIDATION_FRACTION),
        stratify=labels.numpy(),
        random_state=SPLIT_SEED,
    )
    return torch.from_numpy(train).sort().values, torch.from_numpy(validation).sort().values


def make_loader(data: LabelledImages, batch_size: int, shuffle_seed: int | None = None) -> DataLoader:
    """A DataLoader that hands out whole batches: uint8 (B, 28, 28) and int64 (B,).

    With `shuffle_seed`, for training, the order is drawn anew each epoch, the same for the same seed, and a
    last batch of a single image is left out, because batch normalisation cannot train on one. Without it the
    order is kept.
    """
    dataset = TensorDataset(data.images, data.labels)
    if shuffle_seed is None:
        batches = BatchSampler(SequentialSampler(dataset), batch_size, drop_last=False)
    else:
        order = RandomSampler(dataset, generator=torch.Generator().manual_seed(shuffle_seed))
        batches = BatchSampler(order, batch_size, drop_last=len(data) % batch_size == 1)
    # Lists of indices with batch_size=None make one tensor lookup a batch, not one an image.
    return DataLoader(dataset, sampler=batches, batch_size=None)


def pixel_statistics(images: torch.Tensor) -> tuple[float, float]:
    """Mean and standard deviation of all pixels of uint8 images, on the scale 0 to 1."""
    counts = torch.bincount(images.flatten().to(torch.int64), minlength=256).to(torch.float64)
    levels = torch.arange(256, dtype=torch.float64) / 255
    mean = (counts * levels).sum() / counts.sum()
    variance = (counts * (levels - mean) ** 2).sum() / counts.sum()
    return mean.item(), variance.sqrt().item()


def class_counts(labels: torch.Tensor) -> list[int]:
    """How many images each of the ten digits has."""
    return torch.bincount(labels, minlength=10).tolist()


def _digits() -> DataSource:
    root = PROJECT_ROOT / "data" / "digits"
    try:
        write_digits(root)
    except OSError as error:
        raise MnistError(f"Cannot write the digits sample to {shown(root)} ({error.strerror}).") from error
    return DataSource("digits", root, _verify(root))


def _raw(root: Path) -> Path:
    return root / "MNIST" / "raw"


def _fetch(root: Path) -> None:
    """Download MNIST to `root` unless its files are there. Raises MnistError with the cure when it fails."""
    if all((_raw(root) / name).is_file() for name in MNIST_MD5):
        return
    try:
        with _download_limits():
            MNIST(root, download=True)
    except (OSError, RuntimeError) as error:
        missing = [name for name in MNIST_MD5 if not (_raw(root) / name).is_file()]
        raise MnistError(
            f"MNIST is not in {shown(_raw(root))} (missing: {', '.join(missing)}) and could not be downloaded. "
            "Put the four files there, as they are or as .gz, or name the folder that holds MNIST/raw with "
            "--data-root or MNIST_DATA_ROOT; --dataset digits runs without MNIST."
        ) from error


@contextmanager
def _download_limits() -> Iterator[None]:
    """torchvision sets no time limit and reports on stdout, which belongs to results."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_SECONDS)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _verify(root: Path, expected_md5: dict[str, str] | None = None) -> str:
    """The SHA-256 over the four files in order. Raises MnistError for a file that is not the published one."""
    whole = hashlib.sha256()
    for name in MNIST_MD5:
        path = _raw(root) / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MnistError(f"Cannot read {shown(path)} ({error.strerror}).") from error
        if expected_md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != expected_md5[name]:
            raise MnistError(
                f"{shown(path)} is not the file that MNIST publishes ({len(content):,} bytes, wrong checksum): "
                "delete it and run again with a network, or put an intact copy in its place."
            )
        whole.update(content)
    if (root / "MNIST" / "processed").exists():
        raise MnistError(
            f"{shown(root / 'MNIST' / 'processed')} holds files of an old torchvision that would be read instead "
            "of the verified ones: delete that folder."
        )
    return whole.hexdigest()


def _load(source: DataSource, train: bool) -> LabelledImages:
    part = "training" if train else "test"
    try:
        mnist = MNIST(source.root, train=train)
    except (AssertionError, OSError, RuntimeError, ValueError) as error:
        raise MnistError(f"The {part} files in {shown(_raw(source.root))} cannot be read: {error}") from error
    images, labels = mnist.data, mnist.targets
    if images.shape[1:] != (28, 28) or len(images) != len(labels) or len(labels) == 0:
        raise MnistError(
            f"The {part} files in {shown(_raw(source.root))} do not belong together: "
            f"images {tuple(images.shape)}, labels {tuple(labels.shape)}."
        )
    if labels.min() < 0 or labels.max() > 9:
        raise MnistError(f"The {part} labels in {shown(_raw(source.root))} are not all digits from 0 to 9.")
    return LabelledImages(images, labels)
