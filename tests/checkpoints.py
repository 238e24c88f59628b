"""Checkpoints of networks that nobody trained, for tests of several rooms."""

from dataclasses import asdict

from mnist_helpers.checkpoint.provenance import PACKAGES
from mnist_helpers.checkpoint.store import save_checkpoint
from mnist_helpers.network.model import MnistCNN, count_parameters
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import TrainingRun
from mnist_helpers.training.validation import Epoch

SETTINGS = TrainingSettings(epochs=2)
HOSTILE = (
    '<meta http-equiv="refresh" content="0;url=http://example.org">',
    "<form action=http://example.org><input name=password></form>",
    "[click](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "http://example.org",
    "`$(touch x)`",
    "$(touch x)",
    "a\n```\n<b>",
    "\x1b[2J",
    "&lt;",
)


def untrained_run(settings: ModelSettings, epochs: int = 2) -> TrainingRun:
    """What a training would return, without one."""
    history = [Epoch(number, 500, 0.1, 0.5, 0.9, 0.4, 0.91) for number in range(1, epochs + 1)]
    return TrainingRun(MnistCNN(settings, 0.13, 0.31).eval(), history, epochs, 1.0)


def provenance_of(run: TrainingRun, training: TrainingSettings = SETTINGS) -> dict:
    """What `describe_run` says of a run, on a machine of our choice."""
    return {
        "commit": "1d9eb05f19a44d888ef62ceceed91023e8e5a0c3-modified",
        "seed": training.seed,
        "parameters": asdict(run.model.settings) | asdict(training),
        "parameter_count": count_parameters(run.model),
        "versions": {"python": "3.13.0rc1", **dict.fromkeys(PACKAGES, "2.15.0+cpu")},
        "device": "cpu (Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz)",
        "system": "Linux x86_64",
        "threads": 2,
        "precision": "bfloat16",
        "data_checksum": "b2" * 32,
        "date": "2026-11-26",
        "duration_seconds": 61.6,
    }


def save(path, run: TrainingRun, training: TrainingSettings = SETTINGS) -> None:
    """Save a run on the digits sample with its provenance."""
    save_checkpoint(path, run, training, "digits", provenance_of(run, training))
