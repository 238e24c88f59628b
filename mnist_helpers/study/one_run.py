"""What one training says of itself, in words that hold whatever came out of it."""

import math

import numpy as np
from scipy.stats import binomtest

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
        missed = 1 - unseen.mean()
        return measured + (
            "That is overfitting, as every network that learns its images by heart shows it: it is better on images it "
            f"has seen. It accounts for about {min(1, more / missed):.0%} of the errors on new ones, and says what more "
            "or other training images could still bring."
        )
    if high < 0:
        return measured + "It is better on images it has not seen, which must be the easier ones: no overfitting shows."
    return measured + "Chance alone may make such a difference: no overfitting shows in so many images."


def difference_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the share of True in `first` less that in `second`; each needs at least one entry."""
    bounds = []
    for values in (first, second):
        interval = binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
        bounds.append((float(values.mean()), interval.low, interval.high))
    (one, one_low, one_high), (two, two_low, two_high) = bounds
    return (
        one - two - math.hypot(one - one_low, two_high - two),
        one - two + math.hypot(one_high - one, two - two_low),
    )
