"""The trained network on disk: written whole or not at all, and checked when it is opened."""

import io
import textwrap
from pathlib import Path

import torch

from mnist_helpers.checkpoint.archive import read_archive
from mnist_helpers.checkpoint.content import Checkpoint, from_content, to_content
from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import RunPaths, is_there, shown
from mnist_helpers.settings import TrainingSettings
from mnist_helpers.training.loop import TrainingRun

CURE = "Train again: mnist-cnn train."


class UnusableCheckpointError(MnistError):
    """A file that can be read but is no checkpoint, or none that this version can use."""


def save_checkpoint(path: Path, run: TrainingRun, training: TrainingSettings, dataset: str, provenance: dict) -> None:
    """Write everything that is needed to use, judge and repeat the run; an earlier file is replaced at once.

    Raises MnistError when it cannot be written; the earlier file then stays as it was.
    """
    # By way of memory: when torch writes to a path itself, a full disk is a RuntimeError that does not say so.
    buffer = io.BytesIO()
    torch.save(to_content(run, training, dataset, provenance), buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load_checkpoint(path: Path, cure: str = CURE) -> Checkpoint:
    """Open a checkpoint as untrusted input: no code from it runs, and every value is checked before it is used.

    Raises MnistError when it is missing or unreadable, and UnusableCheckpointError when it is damaged or not one of
    this project's; `cure` ends the message.
    """
    try:
        return from_content(read_archive(path))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MnistError(
            f"There is no checkpoint at {shown(path)}: the notebook 03_training makes it (mnist-cnn train)."
        ) from error
    except OSError as error:
        raise MnistError(
            f"Cannot read {shown(path)} ({error.strerror}): make it readable, or move it away. {cure}"
        ) from error
    except (ValueError, MnistError) as error:
        reason = textwrap.shorten(str(error), 200, placeholder=" …")
        raise UnusableCheckpointError(
            f"{shown(path)} cannot be read as a checkpoint: it is damaged or not one that this version can use "
            f"({reason}). {cure}"
        ) from error


def load_baseline(paths: RunPaths, dataset: str) -> Checkpoint | None:
    """The plain network of a run folder, where there is one trained on `dataset`.

    Raises MnistError when its file is damaged.
    """
    if not is_there(paths.baseline):
        return None
    baseline = load_checkpoint(paths.baseline, cure="Delete it: mnist-cnn train makes it anew.")
    return baseline if baseline.dataset == dataset else None


def require_same_dataset(paths: RunPaths, dataset: str) -> None:
    """Raise MnistError when the run folder holds a network trained on another data set.

    A file that is no usable checkpoint is no result to protect: training may take its place.
    """
    if not is_there(paths.checkpoint):
        return
    try:
        stored = load_checkpoint(paths.checkpoint).dataset
    except UnusableCheckpointError:
        return
    if stored != dataset:
        raise MnistError(
            f"{shown(paths.root)} holds a result on {stored}, which a run on {dataset} would replace: "
            "name another folder with --run-root."
        )
