"""Any picture of a digit to MNIST's format: files, ink and paper, place and size. Nothing here knows of networks."""

from mnist_helpers.pictures.examples import draw, write_examples
from mnist_helpers.pictures.files import read_grey
from mnist_helpers.pictures.format import Prepared, bring_to_mnist, prepare, to_mnist
from mnist_helpers.pictures.steps import follow, list_files
