"""What one training says of itself, in words that hold whatever came out of it."""

import math

import numpy as np

from mnist_helpers.checkpoint.content import Checkpoint
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network.model import count_parameters
from mnist_helpers.training.loop import TrainingRun
from mnist_helpers.training.validation import CHANCE


def kept_text(run: TrainingRun, training: int, validation: int) -> str:
    """Which epoch was kept and how good it is, with the numbers of `training` and `validation` images."""
    kept, last = run.history[run.kept_epoch - 1], len(run.history)
    shown = sum(epoch.images for epoch in run.history) / training
    best = max(epoch.validation_accuracy for epoch in run.history)
    near = next(epoch.epoch for epoch in run.history if epoch.validation_accuracy >= best - CHANCE)
    return (
        f"The weights of epoch {kept.epoch} of {last} were kept: {kept.validation_accuracy:.2%} of {validation:,} "
        f"validation images are classified correctly. The best epoch reached {best:.2%}; epoch {near} was the first to "
        f"come within {CHANCE:.1%} of that. All epochs together showed {shown:.1f} times as many images as there are "
        "to train on."
    )


def overfitting_text(seen: np.ndarray, unseen: np.ndarray) -> str:
    """What right answers on training images, shown undistorted, and on validation images say of overfitting.

    `seen` and `unseen` are bool, one entry an image. The 95 % interval of the difference of the two accuracies is
    Newcombe's (1998), of two Wilson intervals.
    """
    more, (low, high) = seen.mean() - unseen.mean(), difference_interval(seen, unseen)
    measured = (
        f"Of {len(seen):,} training images, shown as they are, the network knows {seen.mean():.2%}; of {len(unseen):,} "
        f"validation images {unseen.mean():.2%}. The difference is {100 * more:+.2f} points (95% interval "
        f"{100 * low:+.2f} to {100 * high:+.2f}). "
    )
    if low > 0:
        return measured + (
            "It is better on images that it has trained on than on those of other writers: that is overfitting, and "
            f"comes to {more / (1 - unseen.mean()):.0%} of its errors on new ones."
        )
    if high < 0:
        return measured + "It is better on images it has not seen, which must be the easier ones: no overfitting shows."
    return measured + "Chance alone may make such a difference: no overfitting shows in so many images."


def baseline_text(baseline: Checkpoint) -> str:
    """What the plain network is, how long it was trained and what it reached."""
    kept = baseline.history[baseline.kept_epoch - 1]
    return (
        f"The baseline has {count_parameters(baseline.model):,} parameters. It was trained for "
        f"{baseline.training.epochs:g} epochs with {baseline.training.optimizer} and classifies "
        f"{kept.validation_accuracy:.2%} of the validation images correctly."
    )


def difference_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the share of True in `first` less that in `second`; each needs at least one entry."""
    bounds = []
    for values in (first, second):
        bounds.append((float(values.mean()), *wilson_interval(int(values.sum()), len(values))))
    (one, one_low, one_high), (two, two_low, two_high) = bounds
    return (
        one - two - math.hypot(one - one_low, two_high - two),
        one - two + math.hypot(one_high - one, two - two_low),
    )
