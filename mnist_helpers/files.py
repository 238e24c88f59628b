"""Files written whole or not at all, folders proven writable, and one run at a time in a folder."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import RunPaths, run_paths, shown

LEFTOVER_SECONDS = 3600


def prepare_run(run_root: str | Path, dataset: str, changed: Mapping[str, object] | None = None) -> RunPaths:
    """The paths of a run on `dataset` with these settings `changed`, their folders made and proven writable.

    Raises MnistError when a folder cannot be written.
    """
    paths = run_paths(run_root, dataset, changed)
    make_folders(paths)
    return paths


def make_folders(paths: RunPaths) -> None:
    """Make the folders of a run and prove them writable. Raises MnistError when one is not."""
    for folder in (paths.models, paths.outputs, paths.executed, paths.reports):
        require_writable(folder)
        _remove_leftovers(folder)


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


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs; a file left behind by a dead run does not block.

    Raises MnistError when another process holds it, or when the file cannot be written.
    """
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    # Of the two the first is a kind of the second.
    except Timeout as error:
        raise MnistError(
            f"Another run is at work in {shown(path.parent)}: wait for it, or name another folder with --run-root."
        ) from error
    except OSError as error:
        raise MnistError(f"Cannot write {shown(path)} ({error.strerror}).") from error
    try:
        yield
    finally:
        lock.release()


def digit_text(digits: Iterable[int]) -> str:
    """Digits as a text with a character for each, as answers are stored."""
    return "".join(map(str, digits))
