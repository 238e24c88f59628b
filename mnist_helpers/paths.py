"""Where everything is read from and written to.

Every path is resolved from the project's root, never from the working directory: papermill runs a notebook
in the caller's folder, JupyterLab in the notebook's own.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mnist_helpers.errors import MnistError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = PROJECT_ROOT / "notebooks"


@dataclass(frozen=True)
class RunPaths:
    """The files of one run, below `root`."""

    root: Path

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
    def lock(self) -> Path:
        """The file that a training holds locked while it changes this folder."""
        return self.models / ".training.lock"

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


def prepare_run(run_root: str | Path, dataset: str) -> RunPaths:
    """The paths of a run on `dataset`, their folders made and proven writable.

    Raises MnistError when a folder cannot be written.
    """
    paths = run_paths(run_root, dataset)
    for folder in (paths.models, paths.outputs, paths.executed, paths.reports):
        require_writable(folder)
    return paths


def from_root(path: str | Path) -> Path:
    """`path` as an absolute path; a relative one is taken from the project's root."""
    return Path(os.path.normpath(PROJECT_ROOT / Path(path).expanduser()))


def shown(path: Path) -> str:
    """`path` as messages show it: relative to the project's root where it lies below it."""
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else str(path)


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
