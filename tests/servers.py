"""Servers on this machine in place of MNIST's, for tests of downloads: `pytest_plugins = ["servers"]`."""

import gzip
import json
import os
import socketserver
import subprocess
import sys
import threading
from contextlib import suppress
from hashlib import md5

import pytest
from torchvision.datasets import MNIST

from mnist_helpers.data import sources as data_files
from mnist_helpers.data.sources import find_data, raw_folder

# A first run in a process of its own, with all the patience of the world. It prints the name of the data it found.
FIRST_RUN = """
import json, sys
from torchvision.datasets import MNIST
from mnist_helpers.data import sources as data_files
from mnist_helpers.data import download
MNIST.mirrors, MNIST.resources, data_files.MNIST_MD5 = json.loads(sys.argv[1])
data_files.IMAGE_COUNTS["mnist"] = data_files.IMAGE_COUNTS["digits"]
download.SOCKET_TIMEOUT_SECONDS = download.WINDOW_SECONDS = 600
print(data_files.find_data("auto", sys.argv[2]).name)
"""


@pytest.fixture(scope="session")
def packed() -> dict[str, bytes]:
    """The four files of the digits sample as .gz, by their path on a server."""
    raw = raw_folder(find_data("digits").root)
    return {f"/{name}.gz": gzip.compress((raw / name).read_bytes(), 1, mtime=0) for name in data_files.MNIST_MD5}


@pytest.fixture
def published(packed, monkeypatch):
    """Let those files be what MNIST publishes."""
    unpacked = {path[1:-3]: md5(gzip.decompress(content)).hexdigest() for path, content in packed.items()}
    monkeypatch.setattr(data_files, "MNIST_MD5", unpacked)
    monkeypatch.setitem(data_files.IMAGE_COUNTS, "mnist", data_files.IMAGE_COUNTS["digits"])
    resources = [(path[1:], md5(content).hexdigest()) for path, content in packed.items()]
    monkeypatch.setattr(MNIST, "resources", resources)


@pytest.fixture
def mirror(monkeypatch):
    """Make `answer(send, path)` the only server that torchvision asks; `stopped` is set when the test is over."""
    servers, stopped = [], threading.Event()
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def start(answer) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                path = self.rfile.readline().split()[1].decode()
                while self.rfile.readline().strip():
                    pass
                # The client may have gone.
                with suppress(OSError):
                    answer(self.wfile.write, path)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_address[1]}/"])

    start.stopped = stopped
    yield start
    stopped.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def first_run():
    """Start first runs in processes of their own, on the server and the files that the test has set up."""
    processes = []

    def start(root) -> subprocess.Popen:
        setup = json.dumps([MNIST.mirrors, MNIST.resources, data_files.MNIST_MD5])
        command = [sys.executable, "-W", "always", "-c", FIRST_RUN, setup, str(root)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
