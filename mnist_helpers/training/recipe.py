"""The two parts of a training that are functions: how the learning rate runs, and how images are distorted."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from mnist_helpers.training.distortion import augment_batch
from mnist_helpers.training.step import one_cycle

Schedule = Callable[[float], float]
Augmentation = Callable[[torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Recipe:
    """What a training does unless a study tells it otherwise.

    `schedule` gives the part of the peak learning rate for a progress from 0 to 1, `augment` distorts a batch of float
    images (N, 1, H, W) with labels (N,) and a generator.
    """

    schedule: Schedule = one_cycle
    augment: Augmentation = augment_batch


USUAL = Recipe()


def constant(progress: float) -> float:
    """The same learning rate from start to end."""
    return 1.0


def steps(progress: float) -> float:
    """A tenth of the learning rate after the first half, a hundredth after three quarters.

    As in He et al., "Deep residual learning for image recognition", 2015.
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """Half a cosine from 1 to 0: Loshchilov and Hutter, "SGDR", 2016, without restarts."""
    return (1 + math.cos(math.pi * progress)) / 2


SCHEDULES: dict[str, Schedule] = {"constant": constant, "steps": steps, "cosine": cosine, "one-cycle": one_cycle}
