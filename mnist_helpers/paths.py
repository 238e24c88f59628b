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
from types import MappingProxyType

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
NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class RunPaths:
    """The files of one run that more than one room knows, below `root`; whether the user has `named` that folder.

    Figures are named in the notebooks that draw them, executed copies for the notebooks.
    """

    root: Path
    named: bool = True

    @property
    def lock(self) -> Path:
        """Held by whoever changes something here."""
        return self.root / ".mnist-cnn.lock"

    @property
    def models(self) -> Path:
        """Folder of the checkpoint."""
        return self.root / "models"

    @property
    def checkpoint(self) -> Path:
        """Weights, settings, history and provenance of the trained network."""
        return self.models / "mnist_cnn.pth"

    @property
    def baseline(self) -> Path:
        """The plain network that the evaluation compares with."""
        return self.models / "baseline.pth"

    @property
    def training_state(self) -> Path:
        """The state of an unfinished training, from which it can go on."""
        return self.models / "training_state.pth"

    @property
    def outputs(self) -> Path:
        """Folder of figures and metrics."""
        return self.root / "outputs"

    @property
    def metrics(self) -> Path:
        """Every number of the evaluation."""
        return self.outputs / "metrics.json"

    @property
    def seed_answers(self) -> Path:
        """What the networks of the other seeds say of the test images."""
        return self.outputs / "seed_answers.json"

    @property
    def answers(self) -> Path:
        """What the network says of the test images, clean and corrupted."""
        return self.outputs / "answers.json"

    @property
    def previous_answers(self) -> Path:
        """What the network said that was evaluated here before this one."""
        return self.outputs / "previous_answers.json"

    @property
    def benchmark(self) -> Path:
        """The times of this project and of other recipes."""
        return self.outputs / "benchmark.json"

    @property
    def improvements(self) -> Path:
        """The runs of the study that measures each improvement."""
        return self.outputs / "improvements.csv"

    @property
    def executed(self) -> Path:
        """Folder of the executed copies of the notebooks."""
        return self.outputs / "notebooks"

    @property
    def reports(self) -> Path:
        """Folder of the exported report."""
        return self.root / "reports"

    @property
    def outdated_note(self) -> Path:
        """There while metrics and report are those of an earlier network than the checkpoint."""
        return self.reports / "OUTDATED.txt"

    @property
    def report(self) -> Path:
        """The evaluation report, one HTML file."""
        return self.reports / "evaluation_report.html"


def run_paths(run_root: str | Path = "", dataset: str = "mnist", changed: Mapping[str, object] = NOTHING) -> RunPaths:
    """The paths of a run on `dataset` with these settings `changed` from the defaults.

    Where no `run_root` is named the reference run on MNIST has the project itself; every other run has a folder of its
    own below runs/, so that no exploration replaces the reference.
    """
    if str(run_root):
        return RunPaths(from_root(run_root))
    words = [dataset] * (dataset != "mnist") + [f"{name}-{value}" for name, value in changed.items()]
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
    try:
        RunPaths(PROJECT_ROOT).checkpoint.stat()
    except (FileNotFoundError, NotADirectoryError):
        return SHIPPED
    except OSError:
        pass  # Opening it says why.
    return PROJECT_ROOT


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
