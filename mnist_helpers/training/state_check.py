"""Whether a saved state is one that a training can go on from: a file that opens can still say anything."""

import math
from dataclasses import asdict
from typing import Any

import torch

from mnist_helpers.training.validation import Epoch

MAX_THREADS = 1024
LARGEST = 1e15  # what a checkpoint may hold too
POSITIVE = {"pixel_std", "norm", "step"}
NOT_NEGATIVE = {"losses", "running_var", "num_batches_tracked", "exp_avg_sq"}


def require_state(state: Any, pattern: dict, images: int, passes: int) -> None:
    """Raise ValueError unless `state` is built as `pattern` is and tells of 1 to `passes` epochs on `images` images."""
    history = state.get("history") if type(state) is dict else None
    if type(history) is not list or not 1 <= len(history) <= passes:
        raise ValueError(f"it has no history of 1 to {passes} epochs")
    epoch = asdict(Epoch(1, 1, 0.0, 0.0, 0.0, 0.0, 0.0))
    _require_like("state", state, pattern | {"history": [epoch] * len(history)})
    for number, entry in enumerate(history, start=1):
        accuracy = max(entry["train_accuracy"], entry["validation_accuracy"])
        if entry["epoch"] != number or entry["images"] > images or accuracy > 1:
            raise ValueError(f"epoch {number} is out of order or has a figure that is too high")
    if not 1 <= state["threads"] <= MAX_THREADS:
        raise ValueError(f"threads is not from 1 to {MAX_THREADS}")


def _require_like(name: str, value: Any, like: Any) -> None:
    """Raise ValueError unless `value` has the types, keys, lengths and tensors of `like`, and numbers from 0 on."""
    if type(value) is not type(like):
        raise ValueError(f"{name} is of the type {type(value).__name__} instead of {type(like).__name__}")
    if isinstance(like, torch.Tensor):
        _require_tensor(name, value, like)
    elif isinstance(like, dict):
        if set(value) != set(like):
            raise ValueError(f"{name} does not have the entries that it needs")
        for key in like:
            _require_like(str(key), value[key], like[key])
    elif isinstance(like, list):
        if len(value) != len(like):
            raise ValueError(f"{name} has {len(value)} entries instead of {len(like)}")
        for entry, pattern in zip(value, like, strict=True):
            _require_like(name, entry, pattern)
    # What is not a number fails every comparison, this one too.
    elif not 0 <= value <= LARGEST:
        raise ValueError(f"{name} is not a usual number from 0 on")


def _require_tensor(name: str, tensor: torch.Tensor, like: torch.Tensor) -> None:
    if tensor.shape != like.shape or tensor.dtype != like.dtype or tensor.requires_grad:
        raise ValueError(f"{name} is not a tensor of {tuple(like.shape)} {str(like.dtype).removeprefix('torch.')}")
    # Other strides can lay several numbers of a tensor onto one place, which cannot be written to.
    if not (tensor.is_contiguous() or tensor.is_contiguous(memory_format=torch.channels_last)):
        raise ValueError(f"{name} has gaps")
    kind = name.rpartition(".")[2]
    # Images that were not shown yet have an infinite loss.
    highest = math.inf if kind == "losses" else torch.finfo(torch.float32).max
    lowest = 0 if kind in POSITIVE | NOT_NEGATIVE else -highest
    if not ((tensor >= lowest) & (tensor <= highest)).all() or (kind in POSITIVE and not tensor.all()):
        raise ValueError(f"{name} has numbers that are not finite, or below 0 where none can be")
