"""The same training with other seeds."""

from mnist_helpers.study.seeds import train_other_seeds

__all__ = [
    "train_other_seeds",
]
