import threading
from hashlib import md5

import pytest
import torch
from support import random_images

from mnist_helpers.data import (
    class_counts,
    find_data,
    load_test_data,
    load_training_data,
    make_loader,
    pixel_statistics,
    split_indices,
)
from mnist_helpers.digits import write_digits
from mnist_helpers.errors import MnistError


def test_split_is_disjoint_complete_stratified_and_repeatable():
    labels = torch.arange(1200) % 10
    train, validation = split_indices(labels)
    assert len(validation) == 100
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(1200))
    assert class_counts(labels[validation]) == [10] * 10
    again = split_indices(labels)
    assert torch.equal(train, again[0]) and torch.equal(validation, again[1])


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


def test_digits_written_by_several_at_once_appear_once(tmp_path):
    threads = [threading.Thread(target=write_digits, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    assert len(list((tmp_path / "MNIST" / "raw").iterdir())) == 4


def test_loader_hands_out_whole_batches_in_order_for_scoring():
    data = random_images(23)
    batches = list(make_loader(data, 10))
    assert [len(labels) for _, labels in batches] == [10, 10, 3]
    assert batches[0][0].dtype == torch.uint8
    assert torch.equal(torch.cat([images for images, _ in batches]), data.images)


def test_loader_shuffles_by_seed_and_never_trains_on_a_single_image():
    data = random_images(21)
    first, second = (make_loader(data, 10, shuffle_seed=3) for _ in range(2))
    epochs = [torch.cat([labels for _, labels in loader]) for loader in (first, first, second)]
    assert torch.equal(epochs[0], epochs[2])
    assert not torch.equal(epochs[0], epochs[1])
    assert len(epochs[0]) == 20
    other = torch.cat([labels for _, labels in make_loader(data, 10, shuffle_seed=4)])
    assert not torch.equal(epochs[0], other)


def test_pixel_statistics_agree_with_torch():
    images = random_images(50).images
    mean, std = pixel_statistics(images)
    pixels = images.double() / 255
    assert mean == pytest.approx(pixels.mean().item())
    assert std == pytest.approx(pixels.std(correction=0).item())


def test_unknown_data_set_is_refused():
    with pytest.raises(MnistError, match="auto, mnist, digits"):
        find_data("minst")


def test_files_of_an_old_torchvision_are_not_read_unverified(false_mnist, monkeypatch):
    raw = false_mnist / "MNIST" / "raw"
    published = {path.name: md5(path.read_bytes()).hexdigest() for path in raw.iterdir()}
    monkeypatch.setattr("mnist_helpers.data.MNIST_MD5", published)
    assert find_data("mnist", false_mnist).name == "mnist"
    (false_mnist / "MNIST" / "processed").mkdir()
    with pytest.raises(MnistError, match="processed"):
        find_data("mnist", false_mnist)


@pytest.mark.parametrize("part", ["train", "t10k"])
def test_labels_in_place_of_images_are_refused(false_mnist, part):
    raw = false_mnist / "MNIST" / "raw"
    images, labels = raw / f"{part}-images-idx3-ubyte", raw / f"{part}-labels-idx1-ubyte"
    images.write_bytes(labels.read_bytes())
    with pytest.raises(MnistError, match=r"cannot be read|do not belong together"):
        _load_unverified(false_mnist, part)


def test_labels_beyond_nine_are_refused(false_mnist):
    labels = false_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[-1] = 10
    labels.write_bytes(content)
    with pytest.raises(MnistError, match="not all digits"):
        _load_unverified(false_mnist, "t10k")


def test_truncated_images_are_refused(false_mnist):
    images = false_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-100])
    with pytest.raises(MnistError, match="cannot be read"):
        _load_unverified(false_mnist, "t10k")


@pytest.mark.mnist
def test_real_mnist_has_its_published_sizes(mnist_source):
    train, validation = load_training_data(mnist_source)
    assert (len(train), len(validation), len(load_test_data(mnist_source))) == (55_000, 5_000, 10_000)
    assert pixel_statistics(train.images) == pytest.approx((0.1307, 0.3081), abs=2e-4)


def _load_unverified(root, part: str):
    source = type("Source", (), {"root": root})
    return load_training_data(source) if part == "train" else load_test_data(source)
