"""One run at a time in a folder, by a lock that the operating system drops when its holder dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import shown


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs; a file left behind by a dead run does not block.

    Raises MnistError when another process holds it, or when the file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise MnistError(f"Cannot write {shown(path)} ({error.strerror}).") from error
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise MnistError(
                f"Another run is at work in {shown(path.parent)}: wait for it, or name another folder with --run-root."
            ) from error
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock without waiting, or raise OSError."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
