"""MNIST downloaded by torchvision, within a time: left alone, it waits for ever."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from torchvision.datasets import MNIST

SOCKET_TIMEOUT_SECONDS = 10
# Slower than this, 20 kB a second, a download counts as hanging: MNIST would take ten minutes.
WINDOW_SECONDS = 25
WINDOW_BYTES = 500_000


def download_mnist(folder: Path) -> None:
    """Fetch the four files and unpack them in `folder`; torchvision verifies the checksums of what arrives.

    Raises TimeoutError when hardly anything arrives, and otherwise what torchvision raises, which can be any
    exception.
    """
    failures: list[Exception] = []

    def work() -> None:
        try:
            _Download(folder, download=True)
        except Exception as error:
            failures.append(error)

    # Only a thread can be left behind: no socket timeout ends a server that sends a byte a second.
    worker = threading.Thread(target=work, daemon=True)
    with _socket_limits():
        worker.start()
        before = _size(folder)
        while worker.is_alive():
            worker.join(WINDOW_SECONDS)
            now = _size(folder)
            # Less than before also means that something happens: a file is fetched anew, from the next server.
            if worker.is_alive() and abs(now - before) < WINDOW_BYTES:
                raise TimeoutError(f"hardly anything arrived for {WINDOW_SECONDS} seconds")
            before = now
    if failures:
        raise failures[0]


class _Download(MNIST):
    """torchvision's MNIST with its four files in the folder given, which has to be there."""

    @property
    def raw_folder(self) -> str:
        """The folder; torchvision asks before each try, and would make it anew once nobody waits any more."""
        if not Path(self.root).is_dir():
            raise FileNotFoundError(f"{self.root} is gone: the download was given up")
        return str(self.root)


def _size(folder: Path) -> int:
    """Bytes of all files in the folder, 0 where there is none."""
    return sum(path.stat().st_size for path in folder.glob("*"))


@contextmanager
def _socket_limits() -> Iterator[None]:
    """torchvision sets no time limit and reports on stdout, which belongs to results."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_SECONDS)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)
