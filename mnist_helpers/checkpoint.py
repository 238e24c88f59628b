"""The trained network on disk: written whole or not at all, and checked when it is opened."""

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.model import MnistCNN
from mnist_helpers.paths import RunPaths, replacing, shown
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training import Epoch, TrainingRun, history_as_dicts

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What `models/mnist_cnn.pth` holds, rebuilt: the network is in evaluation mode, on the CPU."""

    model: MnistCNN
    training: TrainingSettings
    dataset: str
    history: list[Epoch]
    kept_epoch: int
    provenance: dict


def save_checkpoint(path: Path, run: TrainingRun, training: TrainingSettings, dataset: str, provenance: dict) -> None:
    """Write everything that is needed to use, judge and repeat the run; an earlier file is replaced at once."""
    content = {
        "format": FORMAT,
        "dataset": dataset,
        "weights": run.model.state_dict(),
        "model_settings": asdict(run.model.settings),
        "training_settings": asdict(training),
        "history": history_as_dicts(run.history),
        "kept_epoch": run.kept_epoch,
        "provenance": provenance,
    }
    with replacing(path) as temporary:
        torch.save(content, temporary)


def load_checkpoint(path: Path) -> Checkpoint:
    """Open a checkpoint without running any code from it.

    Raises MnistError when it is missing, damaged, or not one of this project's.
    """
    content = _read(path)
    try:
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, this version reads {FORMAT}")
        model = MnistCNN(ModelSettings(**content["model_settings"]))
        model.load_state_dict(content["weights"])
        return Checkpoint(
            model=model.eval(),
            training=TrainingSettings(**content["training_settings"]),
            dataset=content["dataset"],
            history=[Epoch(**epoch) for epoch in content["history"]],
            kept_epoch=content["kept_epoch"],
            provenance=content["provenance"],
        )
    except (KeyError, TypeError, ValueError, RuntimeError, MnistError) as error:
        raise MnistError(
            f"{shown(path)} is not a checkpoint that this version can use ({type(error).__name__}: {error}). "
            "Train again: mnist-cnn train."
        ) from error


def require_same_dataset(paths: RunPaths, dataset: str) -> None:
    """Raise MnistError when the run folder holds a network trained on another data set."""
    if not paths.checkpoint.is_file():
        return
    stored = load_checkpoint(paths.checkpoint).dataset
    if stored != dataset:
        raise MnistError(
            f"{shown(paths.root)} holds a result on {stored}, which a run on {dataset} would replace: "
            "name another folder with --run-root."
        )


def _read(path: Path) -> dict:
    if not path.is_file():
        raise MnistError(
            f"There is no checkpoint at {shown(path)}: the notebook 03_training makes it (mnist-cnn train)."
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise MnistError(f"{shown(path)} cannot be read as a checkpoint: it is damaged or not one.") from error
    if not isinstance(content, dict):
        raise MnistError(f"{shown(path)} is not a checkpoint of this project.")
    return content
