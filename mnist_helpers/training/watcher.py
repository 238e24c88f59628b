"""Whoever wants to know how a training goes."""

from collections.abc import Sequence

import torch

from mnist_helpers.training.validation import Epoch

PROGRESS = "progress"  # marks, in the metadata of what a notebook shows, the line that a console shows too


class Watcher:
    """Is told how a training goes, and does nothing about it; `display.TrainingProgress` is one that shows it."""

    def say(self, sentence: str) -> None:
        """What the user should know, such as what becomes of an earlier training."""

    def begin(self, history: Sequence[Epoch], seconds: float) -> None:
        """Training begins after the epochs in `history`, which took that long; they are none in a new training."""

    def step(self, share: float, sums: torch.Tensor) -> None:
        """A `share` of the epoch is done; its weighted `sums` so far are of losses, correct answers and images, (3,).

        Called after every step, so it has to be quick; reading `sums` makes an accelerator wait.
        """

    def epoch(self, history: Sequence[Epoch], seconds: float) -> None:
        """An epoch is done, and its state is saved."""
