"""One run at a time in a folder, by a lock that the operating system drops when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import shown


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
