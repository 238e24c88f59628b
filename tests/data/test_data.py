import os
import threading
from hashlib import md5

import pytest
import torch
from support import random_images

from mnist_helpers.data import sources as data_files
from mnist_helpers.data.digits import write_digits
from mnist_helpers.data.sources import DataSource, find_data, raw_folder
from mnist_helpers.data.splits import (
    class_counts,
    load_digits_sample,
    load_test_data,
    load_training_data,
    pixel_statistics,
)
from mnist_helpers.errors import MnistError


def test_the_training_file_is_cut_at_one_place(digits):
    source = find_data("digits")
    training, validation, _ = digits
    file = (raw_folder(source.root) / "train-labels-idx1-ubyte").read_bytes()[8:]
    assert training.labels.tolist() + validation.labels.tolist() == list(file)
    assert min(class_counts(validation.labels)) > 0


def test_digits_come_in_mnist_format(digits):
    test = digits[2]
    assert [len(part) for part in digits] == [1375, 125, 297]
    for part in digits:
        assert part.images.dtype == torch.uint8
        assert part.images.shape[1:] == (28, 28)
        assert min(class_counts(part.labels)) > 0
    # The 20 x 20 box is placed by its centre of mass: ink keeps to it within a few pixels, the corners stay empty.
    ink = (test.images > 0).float()
    assert ink[:, :2].sum() == 0
    rows = torch.arange(28) + 0.5
    weights = test.images.float()
    centre = (weights.sum(dim=2) * rows).sum(dim=1) / weights.sum(dim=(1, 2))
    assert (centre - 14).abs().max() < 0.6


def test_digits_parts_share_no_image(digits):
    seen = [{image.numpy().tobytes() for image in part.images} for part in digits]
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2]


def test_the_whole_sample_is_its_three_parts_in_one(digits):
    sample = load_digits_sample()
    assert (len(sample), sample.images.dtype, sample.labels.dtype) == (1797, torch.uint8, torch.int64)
    parts = torch.cat([part.images for part in digits]), torch.cat([part.labels for part in digits])
    one, other = (
        sorted(zip((image.numpy().tobytes() for image in images), labels.tolist(), strict=True))
        for images, labels in (parts, (sample.images, sample.labels))
    )
    assert one == other


@pytest.mark.filterwarnings("ignore:Another run is writing")
def test_digits_written_by_several_at_once_appear_once(tmp_path):
    left_over = tmp_path / ".mnist-helpers-killed"
    left_over.mkdir()
    threads = [threading.Thread(target=write_digits, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # What a killed run has left is gone too.
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    assert len(list((tmp_path / "MNIST" / "raw").iterdir())) == 4


def test_pixel_statistics_agree_with_torch():
    images = random_images(50).images
    mean, std = pixel_statistics(images)
    pixels = images.double() / 255
    assert mean == pytest.approx(pixels.mean().item())
    assert std == pytest.approx(pixels.std(correction=0).item())


def test_unknown_data_set_is_refused():
    with pytest.raises(MnistError, match="auto, mnist, digits"):
        find_data("minst")


@pytest.fixture
def as_mnist(monkeypatch):
    """Let the digits sample, or any files of its size, pass for what MNIST publishes."""

    def publish(raw):
        published = {name: md5((raw / name).read_bytes()).hexdigest() for name in data_files.MNIST_MD5}
        monkeypatch.setattr(data_files, "MNIST_MD5", published)
        monkeypatch.setitem(data_files.IMAGE_COUNTS, "mnist", data_files.IMAGE_COUNTS["digits"])

    return publish


def test_files_of_an_old_torchvision_are_not_read_unverified(false_mnist, as_mnist):
    as_mnist(raw_folder(false_mnist))
    assert find_data("mnist", false_mnist).name == "mnist"
    (false_mnist / "MNIST" / "processed").mkdir()
    with pytest.raises(MnistError, match="processed"):
        find_data("mnist", false_mnist)


def test_a_single_wrong_byte_is_noticed(false_mnist, as_mnist):
    as_mnist(raw_folder(false_mnist))
    images = raw_folder(false_mnist) / "train-images-idx3-ubyte"
    content = bytearray(images.read_bytes())
    content[5000] ^= 1
    images.write_bytes(content)
    with pytest.raises(MnistError, match=r"train-images-idx3-ubyte is not .*wrong checksum.*delete it"):
        find_data("mnist", false_mnist)


SPOILT = {
    "empty": lambda content: b"",
    "shortened": lambda content: content[:-100],
    "lengthened": lambda content: content + b"x",
    "another type": lambda content: content[:2] + b"\x0d" + content[3:],
    "an unknown type": lambda content: content[:2] + b"\x0a" + content[3:],
    "more axes": lambda content: content[:3] + b"\x04" + content[4:],
    "a count of zero": lambda content: content[:4] + bytes(4) + content[8:],
    "an immense count": lambda content: content[:4] + b"\xff" * 4 + content[8:],
    "text": lambda content: b"<html>" + content[6:],
}


@pytest.mark.parametrize("name", data_files.MNIST_MD5)
@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_files_are_named_before_they_are_read(false_mnist, name, case):
    path = raw_folder(false_mnist) / name
    path.write_bytes(SPOILT[case](path.read_bytes()))
    refuses(false_mnist, name)


@pytest.mark.parametrize(("taken", "given"), [("train-images", "train-labels"), ("t10k-images", "train-images")])
def test_exchanged_files_are_refused(false_mnist, taken, given):
    taken, given = (next(raw_folder(false_mnist).glob(f"{start}*")) for start in (taken, given))
    taken.write_bytes(given.read_bytes())
    refuses(false_mnist, taken.name)


@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("labels", [[10], [255], [0] * 200, [1] * 297])
def test_labels_that_are_not_all_digits_are_refused(false_mnist, name, labels):
    path = raw_folder(false_mnist) / name
    content = path.read_bytes()
    # Over the whole of the file where there is more than one label.
    repeated = bytes(labels) * (len(content) if len(labels) > 1 else 1)
    path.write_bytes(content[:8] + (repeated + content[8 + len(repeated) :])[: len(content) - 8])
    refuses(false_mnist, name)


def test_a_digit_that_comes_once_cannot_be_split(false_mnist):
    path = raw_folder(false_mnist) / "train-labels-idx1-ubyte"
    labels = path.read_bytes()[8:].replace(b"\x03", b"\x04")
    path.write_bytes(path.read_bytes()[:8] + b"\x03" + labels[1:])
    refuses(false_mnist, "train-labels-idx1-ubyte")


def test_a_folder_or_nothing_in_place_of_a_file_is_named(false_mnist):
    path = raw_folder(false_mnist) / "t10k-labels-idx1-ubyte"
    path.unlink()
    refuses(false_mnist, path.name)
    path.mkdir()
    refuses(false_mnist, path.name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(false_mnist):
    path = raw_folder(false_mnist) / "t10k-labels-idx1-ubyte"
    path.unlink()
    os.mkfifo(path)
    refuses(false_mnist, path.name)


def test_files_that_may_not_be_read_are_named(false_mnist, as_mnist, monkeypatch):
    as_mnist(raw_folder(false_mnist))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    for step in ("open", "read_bytes", "is_file"):
        with monkeypatch.context() as patch:
            patch.setattr(type(false_mnist), step, refuse)
            with pytest.raises(MnistError, match=r"train-images-idx3-ubyte.*Permission denied"):
                find_data("mnist", false_mnist)


def refuses(root, name: str) -> None:
    """Reading unverified files ends in one line that names the spoilt one and the cure."""
    with pytest.raises(MnistError, match=rf"{name}.*delete the folder") as refused:
        source = DataSource("digits", root, "")
        load_training_data(source)
        load_test_data(source)
    assert "\n" not in str(refused.value)


@pytest.mark.mnist
def test_real_mnist_has_its_published_sizes(mnist_source):
    train, validation = load_training_data(mnist_source)
    assert (len(train), len(validation), len(load_test_data(mnist_source))) == (55_000, 5_000, 10_000)
    assert pixel_statistics(train.images) == pytest.approx((0.1307, 0.3081), abs=2e-4)
