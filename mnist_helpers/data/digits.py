"""The embedded sample: 1,797 real handwritten digits from scikit-learn, as MNIST files.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository, 1998; the
8 x 8 pictures that `sklearn.datasets.load_digits` ships. They make tests and a first look possible with no
network; they are no substitute for MNIST.
"""

import struct

import numpy as np
from PIL import Image

from mnist_helpers.pictures.format import to_mnist

TEST_IMAGES = 297


def digits_files() -> dict[str, bytes]:
    """The content of MNIST's four files, by name: 1,500 training and 297 test digits, stratified by class."""
    from sklearn.model_selection import train_test_split

    images, labels = digits_sample()
    train, test = train_test_split(np.arange(len(labels)), test_size=TEST_IMAGES, stratify=labels, random_state=0)
    return {
        f"{part}-{kind}-ubyte": _as_idx(values[chosen])
        for part, chosen in (("train", train), ("t10k", test))
        for kind, values in (("images-idx3", images), ("labels-idx1", labels))
    }


def digits_sample() -> tuple[np.ndarray, np.ndarray]:
    """All digits of the sample in MNIST's format, uint8 (1797, 28, 28), and their labels, uint8 (1797,)."""
    from sklearn.datasets import load_digits

    sample = load_digits()
    return np.stack([to_mnist(_enlarged(image)) for image in sample.images]), sample.target.astype(np.uint8)


def _enlarged(image: np.ndarray) -> np.ndarray:
    """An 8 x 8 picture with levels 0-16 as 80 x 80 with levels 0-255: smooth strokes before cropping."""
    levels = Image.fromarray((image * 255 / 16).round().astype(np.uint8))
    return np.asarray(levels.resize((80, 80), Image.Resampling.BICUBIC))


def _as_idx(array: np.ndarray) -> bytes:
    """A uint8 array in the IDX format: two zeros, type 8, number of axes, sizes, bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
