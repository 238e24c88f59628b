"""Downloads from servers of every kind, on this machine: each ends in time, well or with a message."""

import gzip
import socketserver
import threading
import time
from contextlib import suppress
from hashlib import md5

import pytest
from torchvision.datasets import MNIST

from mnist_helpers import data_files, download
from mnist_helpers.data import find_data, load_test_data
from mnist_helpers.data_files import raw_folder
from mnist_helpers.errors import MnistError

LONG = 60  # seconds: a busy machine pauses anywhere


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def short_patience(monkeypatch):
    """For servers that are to be given up: where a download succeeds, a pause of the machine must not end it."""
    monkeypatch.setattr(download, "SOCKET_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(download, "WINDOW_SECONDS", 1.5)


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


def page(content: bytes, length: int | None = None) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (length or len(content)) + content


ANSWERS = {
    "nothing": lambda send, path: time.sleep(1),
    "a closed door": lambda send, path: None,
    "no such file": lambda send, path: send(b"HTTP/1.0 404 Not Found\r\n\r\n"),
    "another file": lambda send, path: send(page(b"<html>Please log in</html>")),
    "half a file": lambda send, path: send(page(b"x" * 1_000, length=2_000)),
    "another language": lambda send, path: send(b"220 ready\r\n"),
    "circles": lambda send, path: send(b"HTTP/1.0 302 Found\r\nLocation: %s\r\n\r\n" % path.encode()),
    "a file of no length": lambda send, path: send(b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\n"),
}


def refuses(root) -> str:
    start = time.perf_counter()
    with pytest.raises(MnistError, match="could not be downloaded") as refused:
        find_data("mnist", root)
    assert time.perf_counter() - start < LONG
    message = str(refused.value)
    for wanted in (str(raw_folder(root)), "t10k-labels-idx1-ubyte", "--data-root", "--dataset digits"):
        assert wanted in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("case", ANSWERS)
def test_a_server_that_answers_with(case, mirror, short_patience, tmp_path):
    mirror(ANSWERS[case])
    refuses(tmp_path)


@pytest.mark.parametrize("before", [b"", page(b"", length=1_000_000)], ids=["head", "file"])
def test_a_server_that_sends_a_byte_now_and_then(before, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "WINDOW_SECONDS", 1.5)

    def trickle(send, path):
        send(before)
        for byte in page(b"x" * 1_000_000):
            if mirror.stopped.wait(0.1):
                break
            send(bytes([byte]))

    mirror(trickle)
    assert "hardly anything arrived" in refuses(tmp_path)


def test_a_slow_download_that_goes_on_is_waited_for(mirror, published, packed, tmp_path, monkeypatch):
    """The server holds its files back until three windows have passed, in each of which enough arrived."""
    sizes, waited = [], threading.Event()

    def size(folder):
        sizes.append(len(sizes) * download.WINDOW_BYTES)
        if len(sizes) > 3:
            waited.set()
        return sizes[-1]

    def answer(send, path):
        waited.wait(LONG)
        send(page(packed[path]))

    monkeypatch.setattr(download, "WINDOW_SECONDS", 0.05)
    monkeypatch.setattr(download, "_size", size)
    mirror(answer)
    assert find_data("mnist", tmp_path).name == "mnist"
    assert len(sizes) > 3


def test_what_is_downloaded_is_verified_and_nothing_goes_to_stdout(mirror, published, packed, tmp_path, capsys):
    mirror(lambda send, path: send(page(packed[path])))
    source = find_data("mnist", tmp_path)
    assert len(load_test_data(source)) == 297
    assert capsys.readouterr().out == ""


def test_files_that_are_there_packed_need_no_server(mirror, published, packed, tmp_path):
    mirror(ANSWERS["no such file"])
    raw_folder(tmp_path).mkdir(parents=True)
    for path, content in packed.items():
        (raw_folder(tmp_path) / path[1:]).write_bytes(content)
    assert find_data("mnist", tmp_path).name == "mnist"


@pytest.mark.parametrize("left", ["half packed", "half unpacked", "empty unpacked", "both half"])
def test_the_next_try_mends_what_an_interruption_left(left, mirror, published, packed, tmp_path):
    mirror(lambda send, path: send(page(packed[path])))
    checksum = find_data("mnist", tmp_path).checksum
    unpacked = raw_folder(tmp_path) / "train-images-idx3-ubyte"
    archive = unpacked.with_name(f"{unpacked.name}.gz")
    if left in {"half packed", "both half"}:
        archive.write_bytes(archive.read_bytes()[:1_000])
    if left == "half packed":
        unpacked.unlink()
    else:
        unpacked.write_bytes(b"" if left == "empty unpacked" else unpacked.read_bytes()[:1_000])
    assert find_data("mnist", tmp_path).checksum == checksum


def test_a_half_unpacked_file_that_somebody_put_there_is_named_and_kept(mirror, published, packed, tmp_path):
    mirror(lambda send, path: send(page(packed[path])))
    find_data("mnist", tmp_path)
    for archive in raw_folder(tmp_path).glob("*.gz"):
        archive.unlink()
    unpacked = raw_folder(tmp_path) / "train-images-idx3-ubyte"
    unpacked.write_bytes(b"")
    with pytest.raises(MnistError, match=r"train-images-idx3-ubyte is not .*\(0 bytes.*delete it"):
        find_data("mnist", tmp_path)
    assert unpacked.is_file()


@pytest.mark.parametrize("place", ["", "MNIST", "MNIST/raw"])
def test_a_file_in_place_of_a_folder_is_named(place, tmp_path):
    root = tmp_path / "root"
    blocked = root / place
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.touch()
    assert f"{blocked} is a file in the place of a folder: remove it" in refuses(root)


def test_a_folder_that_cannot_be_written_is_named(mirror, tmp_path, monkeypatch):
    mirror(ANSWERS["nothing"])

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(raw_folder(tmp_path)))

    monkeypatch.setattr("os.makedirs", refuse)
    assert "Permission denied" in refuses(tmp_path)


def test_auto_takes_the_digits_when_a_server_hangs(mirror, short_patience, tmp_path):
    mirror(ANSWERS["nothing"])
    with pytest.warns(UserWarning, match="MNIST IS NOT AVAILABLE"):
        assert find_data("auto", tmp_path).name == "digits"
