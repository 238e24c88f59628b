"""MNIST's four files and the digits sample: found, verified, read, split and checked.

Nothing here knows of a network. Scores of test images belong to `evaluation` alone.
"""

from mnist_helpers.data.checks import check_data, neighbour_correlation
from mnist_helpers.data.sources import DataSource, find_data
from mnist_helpers.data.splits import LabelledImages, class_counts, load_test_data, load_training_data, pixel_statistics
from mnist_helpers.data.strokes import slant, stroke_thickness

__all__ = [
    "DataSource",
    "LabelledImages",
    "check_data",
    "class_counts",
    "find_data",
    "load_test_data",
    "load_training_data",
    "neighbour_correlation",
    "pixel_statistics",
    "slant",
    "stroke_thickness",
]
