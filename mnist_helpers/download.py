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


def download_mnist(root: Path) -> None:
    """Fetch and unpack what is missing in `root`/MNIST/raw; torchvision verifies the checksums of what arrives.

    Raises TimeoutError when hardly anything arrives, and otherwise what torchvision raises, which can be any
    exception.
    """
    raw = root / "MNIST" / "raw"
    failures: list[Exception] = []

    def work() -> None:
        try:
            MNIST(root, download=True)
        except Exception as error:
            failures.append(error)

    # Only a thread can be left behind: no socket timeout ends a server that sends a byte a second.
    worker = threading.Thread(target=work, daemon=True)
    with _socket_limits():
        worker.start()
        before = _size(raw)
        while worker.is_alive():
            worker.join(WINDOW_SECONDS)
            now = _size(raw)
            # Less than before also means that something happens: a file is fetched anew, from the next server.
            if worker.is_alive() and abs(now - before) < WINDOW_BYTES:
                raise TimeoutError(f"hardly anything arrived for {WINDOW_SECONDS} seconds")
            before = now
    if failures:
        raise failures[0]


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
