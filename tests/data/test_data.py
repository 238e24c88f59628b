import os
import threading

import pytest
import torch
from answers import contents
from support import random_images

from mnist_helpers.data.sources import MNIST_MD5, find_data, raw_folder
from mnist_helpers.data.splits import (
    class_counts,
    load_digits_sample,
    load_test_data,
    load_training_data,
    pixel_statistics,
)
from mnist_helpers.errors import MnistError

pytest_plugins = ["servers"]


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


def test_missing_files_of_the_sample_are_written_once_by_two_at_a_time(own_digits, monkeypatch):
    before = contents(own_digits)
    for path in [*own_digits.iterdir()][:3]:
        path.unlink()
    monkeypatch.setattr("os.getpid", threading.get_ident)  # threads in the place of processes
    threads = [threading.Thread(target=find_data, args=("digits",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(own_digits) == before


def test_pixel_statistics_agree_with_torch():
    images = random_images(50).images
    mean, std = pixel_statistics(images)
    pixels = images.double() / 255
    assert mean == pytest.approx(pixels.mean().item())
    assert std == pytest.approx(pixels.std(correction=0).item())


def test_unknown_data_set_is_refused():
    with pytest.raises(MnistError, match="auto, mnist, digits"):
        find_data("minst")


def test_files_of_an_old_torchvision_are_not_read_unverified(false_mnist, published):
    assert find_data("mnist", false_mnist).name == "mnist"
    (false_mnist / "MNIST" / "processed").mkdir()
    with pytest.raises(MnistError, match="processed"):
        find_data("mnist", false_mnist)


def test_a_single_wrong_byte_is_noticed(false_mnist, published):
    images = raw_folder(false_mnist) / "train-images-idx3-ubyte"
    content = bytearray(images.read_bytes())
    content[5000] ^= 1
    images.write_bytes(content)
    with pytest.raises(MnistError, match=r"train-images-idx3-ubyte is not .*wrong checksum.*delete it"):
        find_data("mnist", false_mnist)


def refuses(path) -> None:
    """Asking for the sample ends in one line that names the spoilt file and the cure."""
    with pytest.raises(MnistError, match=rf"{path.name}.*delete the folder") as refused:
        find_data("digits")
    assert "\n" not in str(refused.value)


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


@pytest.mark.parametrize("case", SPOILT)
@pytest.mark.parametrize("name", MNIST_MD5)
def test_spoilt_files_are_named_before_they_are_read(own_digits, name, case):
    path = own_digits / name
    path.write_bytes(SPOILT[case](path.read_bytes()))
    refuses(path)


@pytest.mark.parametrize(("taken", "given"), [("train-images", "train-labels"), ("t10k-images", "train-images")])
def test_exchanged_files_are_refused(own_digits, taken, given):
    taken, given = (next(own_digits.glob(f"{start}*")) for start in (taken, given))
    taken.write_bytes(given.read_bytes())
    refuses(taken)


@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("labels", [[10], [255], [0] * 2_000, [1] * 2_000, [*range(1, 10)] * 200 + [0]])
def test_labels_that_are_not_all_digits_twice_are_refused(own_digits, name, labels):
    content = (own_digits / name).read_bytes()
    (own_digits / name).write_bytes((content[:8] + bytes(labels) + content[8 + len(labels) :])[: len(content)])
    refuses(own_digits / name)


@pytest.mark.parametrize("make", ["mkdir", "mkfifo"])
def test_what_is_no_file_is_named_and_not_waited_for(own_digits, make):
    if not hasattr(os, make):
        pytest.skip("the system has no named pipes")
    path = own_digits / "t10k-labels-idx1-ubyte"
    path.unlink()
    getattr(os, make)(path)
    refuses(path)


def test_files_that_may_not_be_read_are_named(own_digits, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(own_digits), "read_bytes", refuse)
    with pytest.raises(MnistError, match=r"train-images-idx3-ubyte.*Permission denied"):
        find_data("digits")


@pytest.mark.mnist
def test_real_mnist_has_its_published_sizes(mnist_source):
    train, validation = load_training_data(mnist_source)
    assert (len(train), len(validation), len(load_test_data(mnist_source))) == (55_000, 5_000, 10_000)
    assert pixel_statistics(train.images) == pytest.approx((0.1307, 0.3081), abs=2e-4)
