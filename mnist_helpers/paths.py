"""Where everything is read from and written to.

In a checkout every path is resolved from its root, never from the working directory: papermill runs a notebook
in the caller's folder, JupyterLab in the notebook's own. A package installed from a wheel has no such root: there
the working directory at the start takes its place, and what came with the package is only read.
"""

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mnist_helpers
from mnist_helpers.errors import MnistError


def _working_folder() -> Path:
    """The folder the user stands in; the root where it does not exist any more, which the command line reports."""
    try:
        return Path.cwd()
    except OSError:
        return Path("/")


PACKAGE = Path(mnist_helpers.__file__).resolve().parent
# Only a wheel has this folder: notebooks/ and models/, put there by setup.py.
INSTALLED = (PACKAGE / "shipped").is_dir()
SHIPPED = PACKAGE / "shipped" if INSTALLED else PACKAGE.parent
NOTEBOOKS = SHIPPED / "notebooks"
# Below it lie relative folders and all results.
PROJECT_ROOT = _working_folder() if INSTALLED else PACKAGE.parent
LATEST = PROJECT_ROOT / "runs" / ".latest"
LONGEST_NAME = 100


@dataclass
class RunPaths:
    """The files of one run that more than one room knows, below `root`; whether the user has `named` that folder.

    Figures are named in the notebooks that draw them, executed copies for the notebooks.
    """

    root: Path
    named: bool = True

    def __post_init__(self) -> None:
        self.lock = self.root / ".mnist-cnn.lock"  # held by whoever changes something here
        self.models = self.root / "models"
        self.checkpoint = self.models / "mnist_cnn.pth"  # weights, settings, history and provenance of the network
        self.baseline = self.models / "baseline.pth"  # the plain network that the evaluation compares with
        self.training_state = self.models / "training_state.pth"  # of an unfinished training, which can go on
        self.outputs = self.root / "outputs"  # figures and metrics
        self.metrics = self.outputs / "metrics.json"  # every number of the evaluation
        self.answers = self.outputs / "answers.json"  # what the network says of the test images, clean and corrupted
        self.previous_answers = self.outputs / "previous_answers.json"  # of the network evaluated here before
        self.baseline_answers = self.outputs / "baseline_answers.json"  # what the plain network says of the same images
        self.seed_answers = self.outputs / "seed_answers.json"  # of the networks of the other seeds
        self.benchmark = self.outputs / "benchmark.json"  # the times of this project and of other recipes
        self.improvements = self.outputs / "improvements.csv"  # the runs of the study that measures each improvement
        self.rungs = self.outputs / "rungs.json"  # what the simple rules of 01 answered, for 03
        self.executed = self.outputs / "notebooks"  # the executed copies
        self.reports = self.root / "reports"
        self.report = self.reports / "evaluation_report.html"
        self.demo = self.reports / "draw.html"  # the page to draw on
        # There while metrics and report are those of an earlier network than the checkpoint.
        self.outdated_note = self.reports / "OUTDATED.txt"


def run_paths(
    run_root: str | Path = "", dataset: str = "mnist", changed: Mapping[str, object] | None = None
) -> RunPaths:
    """The paths of a run on `dataset` with these settings `changed` from the defaults.

    Where no `run_root` is named the reference run on MNIST has the project itself; every other run has a folder of its
    own below runs/, so that no exploration replaces the reference.
    """
    if str(run_root):
        return RunPaths(from_root(run_root))
    words = [dataset] * (dataset != "mnist") + [f"{name}-{value}" for name, value in (changed or {}).items()]
    name = "_".join(words)
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{zlib.crc32(name.encode()):08x}"
    return RunPaths(PROJECT_ROOT / "runs" / name if name else PROJECT_ROOT, named=False)


def latest_run(run_root: str | Path = "", dataset: str = "mnist") -> RunPaths:
    """The paths of the named folder, or of the run on `dataset` that was trained last."""
    default = run_paths(run_root, dataset)
    if default.named:
        return default
    try:
        latest = RunPaths(PROJECT_ROOT / LATEST.joinpath(dataset).read_text(encoding="utf-8").strip(), named=False)
    except OSError:
        return default
    return latest if latest.checkpoint.is_file() else default


def remember_run(paths: RunPaths, dataset: str) -> None:
    """Note that this run was trained last, unless the user names the folder and can name it again."""
    if not paths.named:
        LATEST.mkdir(parents=True, exist_ok=True)
        LATEST.joinpath(dataset).write_text(f"{paths.root.relative_to(PROJECT_ROOT).as_posix()}\n", encoding="utf-8")


def network_root() -> Path:
    """The folder whose network answers when none is named: the root, or the package where the root has none."""
    return PROJECT_ROOT if is_there(RunPaths(PROJECT_ROOT).checkpoint) else SHIPPED


def is_there(path: Path) -> bool:
    """Whether there is anything at `path`; what cannot be looked at counts, and opening it then says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


def from_root(path: str | Path) -> Path:
    """`path` as an absolute path; a relative one is taken from the project's root.

    Raises MnistError for a home folder that does not exist, and for a name that cannot be written as text.
    """
    try:
        str(path).encode()
        return Path(os.path.normpath(PROJECT_ROOT / Path(path).expanduser()))
    except RuntimeError as error:
        raise MnistError(f"There is no such home folder as in {str(path)!r}: name the folder in full.") from error
    except UnicodeEncodeError as error:
        raise MnistError(f"The folder {str(path)!a} has a name that is no UTF-8: rename it.") from error


def shown(path: Path) -> str:
    """`path` as messages show it: relative to the project's root where it lies below it."""
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else str(path)


def printable(path: str | Path) -> str:
    """A path on one line: line breaks, and what is no text, as escapes."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(path))
