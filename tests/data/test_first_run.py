"""The folder that the user named: what he put there stays as it is, and runs side by side share it."""

import gzip
import threading
import tracemalloc

import pytest
from answers import LONG, contents, missing_page, page

from mnist_helpers.data import sources as data_files
from mnist_helpers.data.sources import find_data, raw_folder
from mnist_helpers.data.splits import load_test_data
from mnist_helpers.errors import MnistError

pytest_plugins = ["servers"]
IMAGES = "train-images-idx3-ubyte"


@pytest.fixture
def own_gzip(published, packed, tmp_path):
    """A data root with the four files as the user packed them: another level, another time in the header."""
    raw_folder(tmp_path).mkdir(parents=True)
    for path, content in packed.items():
        again = gzip.compress(gzip.decompress(content), 6, mtime=1)
        assert again != content
        (raw_folder(tmp_path) / path[1:]).write_bytes(again)
    return tmp_path


@pytest.fixture
def no_server(mirror):
    mirror(missing_page)


def refuses(root, *words: str) -> None:
    """Both ways of asking for MNIST end in one line with these words, and everything in the folder is as it was."""
    before = contents(root)
    for dataset in ("mnist", "auto"):
        with pytest.raises(MnistError) as refused:
            find_data(dataset, root)
        message = str(refused.value)
        assert "\n" not in message
        assert [word for word in words if word not in message] == []
    assert contents(root) == before


def test_files_that_the_user_packed_are_unpacked_beside_them(own_gzip, no_server, packed):
    before = contents(own_gzip)
    assert len(load_test_data(find_data("mnist", own_gzip))) == 297
    unpacked = {f"MNIST/raw/{path[1:-3]}": gzip.decompress(content) for path, content in packed.items()}
    assert contents(own_gzip) == before | unpacked


@pytest.mark.parametrize("gap", ["t10k-labels-idx1-ubyte", IMAGES])
def test_a_failed_download_changes_no_file_of_the_user(gap, own_gzip, no_server):
    (raw_folder(own_gzip) / f"{gap}.gz").unlink()
    before = contents(own_gzip)
    with pytest.raises(MnistError, match=rf"\(missing: {gap}\) and could not be downloaded"):
        find_data("mnist", own_gzip)
    after = contents(own_gzip)
    assert {name: after.get(name) for name in before} == before
    assert set(after) - set(before) == {f"MNIST/raw/{name}" for name in data_files.MNIST_MD5 if name != gap}


def test_a_download_fills_gaps_and_changes_no_file_of_the_user(own_gzip, mirror, packed):
    mirror(lambda send, path: send(page(packed[path])))
    (raw_folder(own_gzip) / f"{IMAGES}.gz").unlink()
    before = contents(own_gzip)
    find_data("mnist", own_gzip)
    unpacked = {f"MNIST/raw/{path[1:-3]}": gzip.decompress(content) for path, content in packed.items()}
    assert contents(own_gzip) == before | unpacked


SPOILT = {
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "no gzip": lambda content: b"<html>Please log in</html>",
    "another file": lambda content: gzip.compress(gzip.decompress(content)[:-1] + b"\xff"),
    "a shorter file": lambda content: gzip.compress(gzip.decompress(content)[:-1]),
    "a changed checksum": lambda content: content[:-8] + bytes(4) + content[-4:],
    "a bomb": lambda content: gzip.compress(bytes(10_000_000)) * 30,
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_packed_file_of_other_content_is_named_and_kept(case, own_gzip, no_server):
    archive = raw_folder(own_gzip) / f"{IMAGES}.gz"
    archive.write_bytes(SPOILT[case](archive.read_bytes()))
    tracemalloc.start()
    try:
        refuses(own_gzip, str(archive), "put an intact one in its place")
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1_000])
@pytest.mark.parametrize("beside", ["packed anew", "half packed", "nothing"])
def test_an_unpacked_file_of_a_wrong_size_is_named_and_kept(size, beside, own_gzip, no_server):
    find_data("mnist", own_gzip)
    unpacked = raw_folder(own_gzip) / IMAGES
    unpacked.write_bytes(unpacked.read_bytes()[:size])
    archive = unpacked.with_name(f"{IMAGES}.gz")
    if beside == "half packed":
        archive.write_bytes(archive.read_bytes()[:1_000])
    if beside == "nothing":
        archive.unlink()
    refuses(own_gzip, str(unpacked), f"({size:,} bytes", "delete it")


def test_a_folder_in_the_place_of_a_file_is_named_and_kept(own_gzip, no_server):
    find_data("mnist", own_gzip)
    blocked = raw_folder(own_gzip) / IMAGES
    blocked.unlink()
    blocked.mkdir()
    refuses(own_gzip, str(blocked), "delete it")


def test_packed_files_in_a_folder_that_cannot_be_written_are_no_download(own_gzip, no_server, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    before = contents(own_gzip)
    with pytest.raises(MnistError, match=r"cannot be unpacked there .*Permission denied.*make that folder writable"):
        find_data("mnist", own_gzip)
    assert contents(own_gzip) == before


def test_two_first_runs_side_by_side_leave_the_four_files(mirror, first_run, published, packed, tmp_path):
    asking = threading.Barrier(2)

    def answer(send, path):
        if "train-images" in path:
            asking.wait(LONG)
        send(page(packed[path]))

    mirror(answer)
    for process in [first_run(tmp_path), first_run(tmp_path)]:
        out, err = process.communicate()
        assert (process.returncode, out) == (0, "mnist\n"), err
    assert {path.name for path in raw_folder(tmp_path).iterdir()} == set(data_files.MNIST_MD5)


def test_a_killed_download_leaves_nothing_in_the_folder(mirror, first_run, published, packed, tmp_path, monkeypatch):
    asked = threading.Event()
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def break_off(send, path):
        send(page(packed[path])[:-1])
        if "labels" in path:
            asked.set()
            mirror.stopped.wait(LONG)
        send(page(packed[path])[-1:])

    mirror(break_off)
    killed = first_run(tmp_path / "new")
    assert asked.wait(LONG)
    killed.kill()
    killed.communicate()
    assert contents(tmp_path), "it had begun, elsewhere"
    assert not (tmp_path / "new").exists()
