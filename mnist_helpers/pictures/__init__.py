"""Any picture of a digit to MNIST's format: files, ink and paper, place and size. Nothing here knows of networks."""

from mnist_helpers.pictures.files import read_grey
from mnist_helpers.pictures.format import bring_to_mnist, to_mnist

__all__ = [
    "bring_to_mnist",
    "read_grey",
    "to_mnist",
]
