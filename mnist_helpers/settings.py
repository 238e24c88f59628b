"""What can be set, its defaults, and the values that make sense.

The defaults here and in the notebooks' `parameters` cells are the same (a test compares them).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from mnist_helpers.errors import MnistError

DATASETS = ("auto", "mnist", "digits")
OPTIMIZERS = ("muon", "sgd", "adam")
DEVICES = ("auto", "cpu", "cuda", "mps")
ARCHITECTURES = ("deep", "plain")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Rule:
    """A test of a value, and how a message says what passes it."""

    accepts: Callable[[Any], bool]
    wanted: str


def _whole(low: int, high: int) -> Rule:
    return Rule(lambda value: low <= value <= high, f"a whole number from {low:,} to {high:,}")


def _above_zero(high: float) -> Rule:
    return Rule(lambda value: 0 < value <= high, f"a number above 0 and up to {high:g}")


def _between(low: float, high: float, below: bool = False) -> Rule:
    wanted = f"a number from {low:g} to {'below ' if below else ''}{high:,g}"
    return Rule(lambda value: low <= value <= high and not (below and value == high), wanted)


def _one_of(names: tuple[str, ...]) -> Rule:
    return Rule(lambda value: value in names, f"one of {', '.join(names)}")


RULES = {
    "dataset": _one_of(DATASETS),
    "seed": _whole(0, 2**31 - 1),
    "seeds": _whole(1, 1_000),
    "epochs": _between(0.1, 10_000),
    "batch_size": _whole(2, 10_000),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _above_zero(10),
    "momentum": _between(0, 1, below=True),
    "weight_decay": _between(0, 1),
    "skip_easy": _between(0, 1, below=True),
    "label_smoothing": _between(0, 1, below=True),
    "architecture": _one_of(ARCHITECTURES),
    "width": _whole(1, 512),
    "dropout": _between(0, 1, below=True),
    "device": _one_of(DEVICES),
    "precision": _one_of(PRECISIONS),
    "samples_per_digit": _whole(1, 40),
    "pairs": _whole(1, 100),
    "shown": _whole(1, 100),
    "jobs": _whole(1, 1_000),
}


def check_settings(values: Mapping[str, object]) -> None:
    """Raise MnistError for the first value outside its range; names without a rule pass."""
    for name, value in values.items():
        # What is not a number fails every comparison, these too.
        if name in RULES and not RULES[name].accepts(value):
            raise MnistError(f"{name} is {value!r}: it must be {RULES[name].wanted}.")


@dataclass(frozen=True)
class _Settings:
    """Settings that are within their ranges."""

    def __post_init__(self) -> None:
        check_settings(asdict(self))

    @classmethod
    def from_parameters(cls, values: Mapping[str, Any]) -> Self:
        """The settings among a notebook's parameters; what is not among them has its default."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})


@dataclass(frozen=True)
class ModelSettings(_Settings):
    """The architecture: everything needed to build the network again."""

    architecture: str = "deep"
    width: int = 32
    batch_norm: bool = True
    dropout: float = 0.0


@dataclass(frozen=True)
class TrainingSettings(_Settings):
    """One training run; `learning_rate` is the peak of the one-cycle schedule.

    The last epoch may be partial and then shows a random part of the images: 1.5 `epochs` are one of all, one of half.
    """

    seed: int = 7
    epochs: float = 15
    batch_size: int = 250
    optimizer: str = "muon"
    learning_rate: float = 0.06
    momentum: float = 0.9
    weight_decay: float = 5e-4
    augment: bool = True
    skip_easy: float = 0.5
    label_smoothing: float = 0.1
    device: str = "auto"
    precision: str = "auto"

    @property
    def passes(self) -> int:
        """How often the images are gone through, whole or in part."""
        return math.ceil(self.epochs)


# What else notebooks can be told that changes their results.
OTHER_DEFAULTS = {"samples_per_digit": 10}


def changed_settings(values: Mapping[str, object]) -> dict[str, object]:
    """Those of the parameters that differ from the defaults, with which the reference run was made."""
    defaults = asdict(ModelSettings()) | asdict(TrainingSettings()) | OTHER_DEFAULTS
    return {name: value for name, value in values.items() if name in defaults and value != defaults[name]}


PLAIN_MODEL = ModelSettings(architecture="plain", batch_norm=False)


def plain_training(settings: TrainingSettings) -> TrainingSettings:
    """The same run without the improvements: undistorted images and Adam as everyone uses it."""
    adam = replace(settings, optimizer="adam", learning_rate=0.003, weight_decay=0.0)
    return replace(adam, augment=False, skip_easy=0.0, label_smoothing=0.0)
