"""Where everything is read from and written to.

In a checkout every path is resolved from its root, never from the working directory: papermill runs a notebook
in the caller's folder, JupyterLab in the notebook's own. A package installed from a wheel has no such root: there
the working directory at the start takes its place, and what came with the package is only read.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import mnist_helpers
from mnist_helpers.errors import MnistError

LEFTOVER_SECONDS = 3600


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


@dataclass(frozen=True)
class RunPaths:
    """The files of one run, below `root`."""

    root: Path

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
    def benchmark(self) -> Path:
        """The times of this project and of other recipes."""
        return self.outputs / "benchmark.json"

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


def run_paths(run_root: str | Path = "", dataset: str = "mnist") -> RunPaths:
    """The paths of a run on `dataset`.

    An empty `run_root` means the project itself for MNIST and `runs/digits/` for the embedded sample, which
    therefore never replaces an MNIST result.
    """
    default = PROJECT_ROOT if dataset == "mnist" else PROJECT_ROOT / "runs" / dataset
    return RunPaths(from_root(run_root) if str(run_root) else default)


def network_root() -> Path:
    """The folder whose network answers when none is named: the root, or the package where the root has none."""
    try:
        RunPaths(PROJECT_ROOT).checkpoint.stat()
    except (FileNotFoundError, NotADirectoryError):
        return SHIPPED
    except OSError:
        pass  # Opening it says why.
    return PROJECT_ROOT


def prepare_run(run_root: str | Path, dataset: str) -> RunPaths:
    """The paths of a run on `dataset`, their folders made and proven writable.

    Raises MnistError when a folder cannot be written.
    """
    paths = run_paths(run_root, dataset)
    for folder in (paths.models, paths.outputs, paths.executed, paths.reports):
        require_writable(folder)
        _remove_leftovers(folder)
    return paths


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


def _remove_leftovers(folder: Path) -> None:
    """Remove half-written files of runs that were killed; what is an hour old, nobody is writing any more."""
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                path.unlink()


def require_writable(folder: Path) -> None:
    """Make `folder` and prove that a file can be written there.

    Raises MnistError when it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MnistError(
            f"Cannot write to the folder {shown(folder)} ({error.strerror}): "
            "make it writable, or name another one with --run-root."
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path` that takes its place when the block ends well.

    The rename is atomic and follows a flush to disk: a reader finds the old file or the new one, whole.

    Raises MnistError when the file cannot be written; the old one then stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise MnistError(
            f"Cannot write {shown(path)} ({error.strerror or error}): make room or make it writable. "
            "What was there before is intact."
        ) from error
    finally:
        # On a read-only file system even this fails; the error above has said so.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
