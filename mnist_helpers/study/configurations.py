"""The configurations of the study: a plain network with each idea added, and the default with each taken away."""

import json
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch

from mnist_helpers.display import Table
from mnist_helpers.settings import PLAIN_MODEL, ModelSettings, TrainingSettings, plain_training
from mnist_helpers.training import SCHEDULES, Recipe, add_strokes
from mnist_helpers.training.distortion import add_noise, distort, erase

ALL_DISTORTIONS = "strokes affine bend erase noise"

OF_A_RUN = ("seed", "epochs", "augment", "device")  # not of a configuration; images are distorted where it names a kind


def _settings(model: ModelSettings, training: TrainingSettings, schedule: str, distortions: str) -> dict[str, object]:
    """All settings of a configuration by name."""
    settings = asdict(model) | asdict(training) | {"schedule": schedule, "distortions": distortions}
    return {name: value for name, value in settings.items() if name not in OF_A_RUN}


USUAL_TRAINING = TrainingSettings(precision="float32")
# The baseline as everyone would begin: Adam at its usual rate, which stays the same.
PLAIN = _settings(PLAIN_MODEL, replace(plain_training(USUAL_TRAINING), learning_rate=0.001), "constant", "")
DEFAULT = _settings(ModelSettings(), USUAL_TRAINING, "one-cycle", ALL_DISTORTIONS)

# One thing changes, and with the optimizer its learning rate; the most telling first.
ADDED: dict[str, dict[str, object]] = {
    "shift and rotation": {"distortions": "affine"},
    "deeper": {"architecture": "deep"},
    "batch normalisation": {"batch_norm": True},
    "one-cycle schedule": {"schedule": "one-cycle"},
    "Muon": {"optimizer": "muon", "learning_rate": 0.02},
    "label smoothing": {"label_smoothing": 0.1},
    "choice of images": {"skip_easy": 0.5},
    "bending": {"distortions": "bend"},
    "erasing and noise": {"distortions": "erase noise"},
    "strokes of other hands": {"distortions": "strokes"},
    "dropout": {"dropout": 0.3},
    "wider": {"width": 64},
    "SGD": {"optimizer": "sgd", "learning_rate": 0.02},
    "cosine schedule": {"schedule": "cosine"},
    "step schedule": {"schedule": "steps"},
    "bfloat16": {"precision": "bfloat16"},
}
# But bfloat16, which is there for speed, and fast on few processors.
EVERYTHING = DEFAULT | {"dropout": 0.3, "width": 64}
CHANGED: dict[str, dict[str, object]] = {
    "- shift and rotation": {"distortions": "strokes bend erase noise"},
    "- all distortion": {"distortions": ""},
    "- deeper": {"architecture": "plain"},
    "- batch normalisation": {"batch_norm": False},
    "- one-cycle schedule": {"schedule": "constant"},
    "- Muon, with SGD": {"optimizer": "sgd", "learning_rate": 0.2},
    "- Muon, with Adam": {"optimizer": "adam", "learning_rate": 0.003},
    "- label smoothing": {"label_smoothing": 0.0},
    "- choice of images": {"skip_easy": 0.0},
    "- bending": {"distortions": "strokes affine erase noise"},
    "- erasing and noise": {"distortions": "strokes affine bend"},
    "- strokes of other hands": {"distortions": "affine bend erase noise"},
    "+ dropout": {"dropout": 0.3},
    "+ wider": {"width": 64},
    "with the cosine schedule": {"schedule": "cosine"},
    "with the step schedule": {"schedule": "steps"},
    "in bfloat16": {"precision": "bfloat16"},
}


@dataclass(frozen=True)
class Configuration:
    """One row of the ladder: its name, what it is compared with (or nothing), and all of its settings."""

    name: str
    against: str
    settings: dict[str, object]

    @property
    def model(self) -> ModelSettings:
        """What the network is."""
        return ModelSettings.from_parameters(self.settings)

    def training(self, seed: int, epochs: float) -> TrainingSettings:
        """How it is trained with this seed, for so many epochs."""
        augment = bool(self.settings["distortions"])
        return TrainingSettings.from_parameters(self.settings | {"seed": seed, "epochs": epochs, "augment": augment})

    @property
    def recipe(self) -> Recipe:
        """How its learning rate runs and its images are distorted."""
        kinds = str(self.settings["distortions"])
        augment = Recipe.augment if kinds == ALL_DISTORTIONS else partial(distort_some, kinds=kinds.split())
        return Recipe(SCHEDULES[str(self.settings["schedule"])], augment)

    @property
    def text(self) -> str:
        """The settings as JSON."""
        return json.dumps(self.settings, sort_keys=True)


def distort_some(
    images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator, kinds: list[str]
) -> torch.Tensor:
    """`training.augment_batch` with some of its kinds alone: strokes, affine, bend, erase, noise. Same shape."""
    if "strokes" in kinds:
        images = add_strokes(images, labels, generator)
    if "affine" in kinds or "bend" in kinds:
        images = distort(images, generator, affine="affine" in kinds, bend="bend" in kinds)
    if "erase" in kinds:
        images = erase(images, generator)
    return add_noise(images, generator) if "noise" in kinds else images


CONFIGURATIONS = {
    one.name: one
    for one in [
        Configuration("plain", "", PLAIN),
        Configuration("default", "plain", DEFAULT),
        Configuration("plain + everything", "plain", EVERYTHING),
        *(Configuration(f"plain + {name}", "plain", PLAIN | change) for name, change in ADDED.items()),
        *(Configuration(f"default {name}", "default", DEFAULT | change) for name, change in CHANGED.items()),
    ]
}


def tabulate_configurations(against: str) -> Table:
    """Every configuration that is compared with `against`, and the settings in which it differs from that."""
    usual = CONFIGURATIONS[against].settings
    rows = []
    for one in CONFIGURATIONS.values():
        if one.against == against:
            changed = [
                f"{name} {'none' if value == '' else value}"
                for name, value in one.settings.items()
                if value != usual[name]
            ]
            rows.append((one.name, ", ".join(changed)))
    return Table(f"What differs from {against}", ["Configuration", "Settings"], rows)
