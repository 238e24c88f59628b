"""MNIST's four files and the digits sample: found, verified, read, split and checked.

Nothing here knows of a network. Scores of test images belong to `evaluation` alone.
"""

from mnist_helpers.data.checks import check_data, describe_balance, describe_order
from mnist_helpers.data.ladder import Rung, describe_convergence, describe_rung, describe_shift, ladder_rows, won
from mnist_helpers.data.near_duplicates import find_near_duplicates
from mnist_helpers.data.rungs import find_rungs, keep_rungs
from mnist_helpers.data.sources import find_data
from mnist_helpers.data.splits import (
    LabelledImages,
    class_counts,
    load_digits_sample,
    load_test_data,
    load_training_data,
    pixel_statistics,
)
from mnist_helpers.data.strokes import slant, stroke_thickness
