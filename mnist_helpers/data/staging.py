"""Files made in a folder that is not ours alone: finished under a name of their own, then renamed into place.

One run at a time does that, under a lock that the operating system drops when its holder dies. What a killed run
leaves is known by its name and removed by the next one; nothing else in the folder is ever touched.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_helpers.paths import shown

LOCK = ".mnist-helpers.lock"
PREFIX = ".mnist-helpers-"
# A run gives up a server sooner than that: with no change for so long it was stopped, and would be waited for for ever.
WAIT_SECONDS = 60


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Yield a new folder inside `folder` that is gone when the block ends; no other run has one there meanwhile.

    Waits for a run that is at work there, with a warning. `folder` and its parents are made where they are missing,
    and those made here are removed again when they stay empty.

    Raises OSError when `folder` cannot be written, and TimeoutError when the other run does nothing.
    """
    made: list[Path] = []
    try:
        with _alone(folder, made):
            _clear(folder)
            yield Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()


def remove_left_overs(folder: Path) -> None:
    """Remove what killed runs left in `folder`, where that is possible and no run is at work there."""
    if any(folder.glob(f"{PREFIX}*")):
        lock = FileLock(folder / LOCK)
        with suppress(OSError):
            lock.acquire(timeout=0)
            with _releasing(lock, folder):
                pass


def place(path: Path, target: Path) -> None:
    """Rename a finished file, never over anything: what is at `target` stays."""
    # On the disk before it has its name: nobody would mend a file that a power failure cut short.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    if not os.path.lexists(target):
        path.rename(target)


@contextmanager
def _alone(folder: Path, made: list[Path]) -> Iterator[None]:
    """Hold the lock of `folder`, and note in `made` the folders made for it, innermost first."""
    lock = FileLock(folder / LOCK)
    patience = 0
    while not lock.is_locked:
        made += [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        before = _contents(folder)
        try:
            lock.acquire(timeout=patience)
        except FileNotFoundError:
            continue  # the other run failed and has removed the folder that it had made
        except Timeout as error:
            if patience and _contents(folder) == before:
                raise TimeoutError(f"another run holds {shown(folder)} and does nothing: end it") from error
            if not patience:
                warnings.warn(f"Another run is writing to {shown(folder)}: waiting for it.", stacklevel=2)
            patience = WAIT_SECONDS
    with _releasing(lock, folder):
        yield


@contextmanager
def _releasing(lock: FileLock, folder: Path) -> Iterator[None]:
    """Leave neither a staging folder nor the lock file behind."""
    try:
        yield
    finally:
        _clear(folder)
        # While it is held: whoever waits for a file that is gone tries again with a new one. Windows refuses that.
        with suppress(OSError):
            (folder / LOCK).unlink()
        lock.release()


def _clear(folder: Path) -> None:
    """Remove all staging folders; whoever holds the lock knows that no other run uses one."""
    for path in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)


def _contents(folder: Path) -> list[tuple[str, int]]:
    """Name and size of everything in staging folders: while a run works there, that changes."""
    with suppress(OSError):
        return sorted((str(path), path.stat().st_size) for path in folder.glob(f"{PREFIX}*/**/*"))
    return []
