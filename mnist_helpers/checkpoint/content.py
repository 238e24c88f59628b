"""What a checkpoint holds, checked value by value: a file that opens can still say anything."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch

from mnist_helpers.checkpoint.provenance import MEASURED, VERSIONS, describe_training
from mnist_helpers.data.sources import IMAGE_COUNTS
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import TrainingRun
from mnist_helpers.training.validation import Epoch

FORMAT = 2
FIELDS = {
    "format": int,
    "dataset": str,
    "weights": dict,
    "model_settings": dict,
    "training_settings": dict,
    "history": list,
    "kept_epoch": int,
    "provenance": dict,
}


@dataclass(frozen=True)
class Checkpoint:
    """What `models/mnist_cnn.pth` holds, rebuilt: the network is in evaluation mode, on the CPU."""

    model: MnistCNN
    training: TrainingSettings
    dataset: str
    history: list[Epoch]
    kept_epoch: int
    provenance: dict


def to_content(run: TrainingRun, training: TrainingSettings, dataset: str, provenance: dict) -> dict:
    """Plain values and tensors: everything that is needed to use, judge and repeat the run."""
    return {
        "format": FORMAT,
        "dataset": dataset,
        "weights": run.model.state_dict(),
        "model_settings": asdict(run.model.settings),
        "training_settings": asdict(training),
        "history": [asdict(epoch) for epoch in run.history],
        "kept_epoch": run.kept_epoch,
        "provenance": provenance,
    }


def from_content(content: object) -> Checkpoint:
    """The checkpoint that `content` describes.

    Raises ValueError for the first value that is missing, unknown, of another type or shape, or not sensible, and
    MnistError for a setting out of its range.
    """
    if not isinstance(content, dict) or type(content.get("format")) is not int:
        raise ValueError("it is not one of this project")
    if content["format"] != FORMAT:
        raise ValueError(f"it has the format {content['format']}, this version reads {FORMAT}")
    _require_fields("the file", content, FIELDS)
    if content["dataset"] not in IMAGE_COUNTS:
        raise ValueError(f"its data set is none of {', '.join(IMAGE_COUNTS)}")
    _require_fields("model_settings", content["model_settings"], _types(ModelSettings))
    _require_fields("training_settings", content["training_settings"], _types(TrainingSettings))
    history = _history(content["history"])
    if not 1 <= content["kept_epoch"] <= len(history):
        raise ValueError("kept_epoch is not one of its epochs")
    model = _network(ModelSettings(**content["model_settings"]), content["weights"])
    training = TrainingSettings(**content["training_settings"])
    return Checkpoint(
        model=model,
        training=training,
        dataset=content["dataset"],
        history=history,
        kept_epoch=content["kept_epoch"],
        provenance=_provenance(content["provenance"], model, training),
    )


def _types(kind: type) -> dict[str, Any]:
    return {field.name: field.type for field in fields(kind)}


def _require_fields(owner: str, values: object, wanted: Mapping[str, Any]) -> None:
    """Raise ValueError unless `values` has just the fields `wanted`, of these types or in the pattern of these texts.

    A number that is an extreme is none that training writes.
    """
    if not isinstance(values, dict) or set(values) != set(wanted):
        raise ValueError(f"{owner} does not have the fields {', '.join(wanted)}")
    for name, kind in wanted.items():
        value, pattern = values[name], kind if isinstance(kind, re.Pattern) else None
        allowed = (int, float) if kind is float else str if pattern else kind
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{name} of {owner} is of the type {type(value).__name__}")
        if pattern and not pattern.fullmatch(value):
            raise ValueError(f"{name} of {owner} is not such a text as training writes")
        # What is not a number fails every comparison, this one too.
        if isinstance(value, int | float) and not abs(value) <= 1e15:
            raise ValueError(f"{name} of {owner} is not a finite, usual number")


def _history(entries: list) -> list[Epoch]:
    for number, entry in enumerate(entries, start=1):
        _require_fields(f"epoch {number}", entry, _types(Epoch))
        if entry["epoch"] != number or min(entry.values()) < 0:
            raise ValueError(f"epoch {number} is out of order or has a negative figure")
        if max(entry["train_accuracy"], entry["validation_accuracy"]) > 1:
            raise ValueError(f"epoch {number} has an accuracy above 1")
    return [Epoch(**entry) for entry in entries]


def _network(settings: ModelSettings, weights: dict) -> MnistCNN:
    """The network with these weights, made only when every tensor is what the settings ask for."""
    # On the meta device a tensor is a shape without memory: settings alone can ask for hundreds of megabytes.
    with torch.device("meta"):
        model = MnistCNN(settings)
    expected = model.state_dict()
    if set(weights) != set(expected):
        missing = [name for name in expected if name not in weights]
        raise ValueError(f"weights are missing: {', '.join(missing)}" if missing else "it has unknown weights")
    for name, like in expected.items():
        _require_tensor(name, weights[name], like)
    model.load_state_dict({name: weights[name].detach().clone() for name in expected}, assign=True)
    return model.eval()


def _require_tensor(name: str, tensor: object, like: torch.Tensor) -> None:
    if type(tensor) is not torch.Tensor or tensor.shape != like.shape or tensor.dtype != like.dtype:
        raise ValueError(f"{name} is not a tensor of {tuple(like.shape)} {str(like.dtype).removeprefix('torch.')}")
    # Other strides can spread one stored number over a whole tensor.
    if not tensor.is_contiguous() or not tensor.isfinite().all():
        raise ValueError(f"{name} has gaps, or numbers that are not finite")
    if (name == "pixel_std" and tensor <= 0) or (name.endswith("running_var") and (tensor < 0).any()):
        raise ValueError(f"{name} is not positive")


def _provenance(values: dict, model: MnistCNN, training: TrainingSettings) -> dict:
    """Checked to be what `describe_run` could say of this network and training."""
    known = describe_training(model, training)
    # Checkpoints from before 26 November 2026 have no date.
    dated = {"date": "2026-11-25"} | values
    _require_fields("provenance", dated, MEASURED | {name: type(value) for name, value in known.items()})
    _require_fields("parameters of provenance", values["parameters"], _types(ModelSettings) | _types(TrainingSettings))
    _require_fields("versions of provenance", values["versions"], VERSIONS)
    if any(values[name] != value for name, value in known.items()):
        raise ValueError("provenance names other settings than those of the training")
    if values["threads"] < 1 or values["duration_seconds"] < 0:
        raise ValueError("provenance has threads or a duration that cannot be")
    return values | known
