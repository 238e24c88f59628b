"""Where a result comes from: commit, versions, machine, data, date, duration."""

import platform
import re
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

from mnist_helpers.data.sources import DataSource
from mnist_helpers.hardware import choose_device, choose_precision, describe_machine
from mnist_helpers.network.model import MnistCNN, count_parameters
from mnist_helpers.paths import INSTALLED, PROJECT_ROOT
from mnist_helpers.settings import TrainingSettings
from mnist_helpers.training.loop import TrainingRun

PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn")
# Processors and systems are named in these: none starts anything in HTML, in a code span of Markdown, or in a quoted
# word of a shell.
_LETTERS = "A-Za-z0-9 ()@.,+/_-"
_LONGEST = 150
# What training writes of where it took place; the rest is `describe_training`. Texts match their pattern as a whole.
MEASURED = {
    "commit": re.compile(r"unknown|v[0-9][A-Za-z0-9.+]{0,30}|([0-9a-f]{40}|[0-9a-f]{64})(-modified)?"),
    "versions": dict,
    "device": re.compile(rf"(cpu|cuda|mps) [{_LETTERS}]{{1,{_LONGEST}}}"),
    "system": re.compile(rf"[{_LETTERS}]{{1,{_LONGEST}}}"),
    "threads": int,
    "precision": re.compile("float32|bfloat16"),
    "data_checksum": re.compile("[0-9a-f]{64}"),
    "date": re.compile("2[0-9]{3}-[01][0-9]-[0-3][0-9]"),
    "duration_seconds": float,
}
VERSIONS = dict.fromkeys(("python", *PACKAGES), re.compile("[A-Za-z0-9.+!_-]{1,50}"))


def describe_run(source: DataSource, settings: TrainingSettings, run: TrainingRun) -> dict:
    """The provenance of a training run that ends now, for checkpoint and metrics.json.

    Plain values: those of `describe_training`, and as in MEASURED and VERSIONS; "date" is today's in UTC.
    """
    device = choose_device(settings.device)
    precision = choose_precision(settings.precision, device)
    machine = describe_machine(device)
    return {
        "commit": current_commit(),
        **describe_training(run.model, settings),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        **machine,
        "device": _plain(machine["device"]),
        "system": _plain(machine["system"]),
        "precision": str(precision).removeprefix("torch."),
        "data_checksum": source.checksum,
        "date": datetime.now(UTC).date().isoformat(),
        "duration_seconds": round(run.seconds, 1),
    }


def describe_training(model: MnistCNN, settings: TrainingSettings) -> dict:
    """The part of the provenance that network and settings say themselves."""
    return {
        "seed": settings.seed,
        "parameters": asdict(model.settings) | asdict(settings),
        "parameter_count": count_parameters(model),
    }


def current_commit() -> str:
    """The commit the code stands at; "-modified" is added when files in git differ from it.

    An installed package has its version instead. A copy without its own history is "unknown", whatever repository it
    or its user stands in.
    """
    if INSTALLED:
        return f"v{version('mnist-helpers')}"
    try:
        _git("ls-files", "--error-unmatch", "mnist_helpers")
        commit = _git("rev-parse", "HEAD")
        # Results are rewritten by the very run that asks.
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!models", ":!outputs", ":!reports")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-modified" if changed else commit


def _plain(text: object) -> str:
    """The text in the letters of MEASURED alone: firmware may name a processor in any."""
    return " ".join(re.sub(f"[^{_LETTERS}]", " ", str(text)).split())[:_LONGEST] or "unknown"


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()
