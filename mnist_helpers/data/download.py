"""MNIST downloaded by torchvision, within a time: left alone, it waits for ever."""

import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from torchvision.datasets import MNIST

SOCKET_TIMEOUT_SECONDS = 10
# Slower than this, 20 kB a second, a download counts as hanging: MNIST would take ten minutes.
WINDOW_SECONDS = 25
WINDOW_BYTES = 500_000


def download_mnist() -> dict[str, bytes]:
    """The four files by name, unpacked; torchvision verifies the checksums of what arrives.

    They arrive in a folder of the system's, so that a download that fails or is killed leaves nothing elsewhere.

    Raises TimeoutError when hardly anything arrives, and otherwise what torchvision raises, which can be any
    exception.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _limits():
        failures: list[Exception] = []

        def work() -> None:
            try:
                MNIST(folder, download=True)
            except Exception as error:
                failures.append(error)

        # Only a thread can be left behind: no socket timeout ends a server that sends a byte a second.
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        before = 0
        while worker.is_alive():
            worker.join(WINDOW_SECONDS)
            now = _size(folder)
            # Less than before also means that something happens: a file is fetched anew, from the next server.
            if worker.is_alive() and abs(now - before) < WINDOW_BYTES:
                raise TimeoutError(f"hardly anything arrived for {WINDOW_SECONDS} seconds")
            before = now
        if failures:
            raise failures[0]
        return {path.name: path.read_bytes() for path in Path(folder).rglob("*-ubyte")}


def _size(folder: str) -> int:
    """Bytes of all files below the folder."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*"))


@contextmanager
def _limits() -> Iterator[None]:
    """torchvision sets no time limit and reports on stdout, which belongs to results."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_SECONDS)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)
