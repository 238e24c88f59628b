"""Downloads from servers of every kind, on this machine: each ends in time, well or with a message."""

import threading
import time

import pytest
from answers import LONG, missing_page, page

from mnist_helpers.data import download
from mnist_helpers.data.sources import find_data, raw_folder
from mnist_helpers.data.splits import load_test_data
from mnist_helpers.errors import MnistError

pytest_plugins = ["servers"]


@pytest.fixture
def short_patience(monkeypatch):
    """For servers that are to be given up: where a download succeeds, a pause of the machine must not end it."""
    monkeypatch.setattr(download, "SOCKET_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(download, "WINDOW_SECONDS", 1.5)


ANSWERS = {
    "nothing": lambda send, path: time.sleep(1),
    "a closed door": lambda send, path: None,
    "no such file": missing_page,
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
    refuses(tmp_path / "mistyped")
    assert not list(tmp_path.iterdir())


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
    assert "hardly anything arrived" in refuses(tmp_path / "mistyped")
    assert not list(tmp_path.iterdir())


def test_a_slow_download_that_goes_on_is_waited_for(mirror, published, packed, tmp_path, monkeypatch):
    """The server holds its files back until three windows have passed, in each of which enough arrived."""
    sizes, waited = [], threading.Event()

    def size(folder):
        sizes.append((len(sizes) + 1) * download.WINDOW_BYTES)
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


@pytest.mark.parametrize("place", ["", "MNIST", "MNIST/raw"])
def test_a_file_in_place_of_a_folder_is_named(place, tmp_path):
    root = tmp_path / "root"
    blocked = root / place
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.touch()
    assert f"{blocked} is a file in the place of a folder: remove it" in refuses(root)


def test_a_folder_that_cannot_be_made_is_named(mirror, published, packed, tmp_path, monkeypatch):
    mirror(lambda send, path: send(page(packed[path])))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(raw_folder(tmp_path)))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    assert "Permission denied" in refuses(tmp_path)


def test_auto_takes_the_digits_when_a_server_hangs(mirror, short_patience, tmp_path):
    mirror(ANSWERS["nothing"])
    with pytest.warns(UserWarning, match="MNIST IS NOT AVAILABLE"):
        assert find_data("auto", tmp_path).name == "digits"
