"""What a training says of itself, and the same training with other seeds."""

from mnist_helpers.study.one_run import baseline_text, difference_interval, kept_text, overfitting_text
from mnist_helpers.study.seeds import train_other_seeds

__all__ = [
    "baseline_text",
    "difference_interval",
    "kept_text",
    "overfitting_text",
    "train_other_seeds",
]
