"""The rungs of a ladder: what simple classifiers say of the validation images, in numbers and in words.

The classifiers themselves stand in notebook 01.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rung:
    """What one classifier answered, and how long it took to learn and to answer.

    `truth` and `answers` are the digits that were written and those that it said, (N,) each.
    """

    name: str
    truth: np.ndarray
    answers: np.ndarray
    seconds: float

    @property
    def right(self) -> np.ndarray:
        """Whether each answer is right, bool (N,)."""
        return self.answers == self.truth

    @property
    def errors(self) -> int:
        """How many answers are wrong."""
        return int((~self.right).sum())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson, 1927), as two shares."""
        from scipy.stats import binomtest  # here, since reading digits needs none of it

        bounds = binomtest(int(self.right.sum()), len(self.truth)).proportion_ci(method="wilson")
        return float(bounds.low), float(bounds.high)

    def mistakes(self, places: Iterable[int]) -> list[str]:
        """Captions for images that it gets wrong: what each is and what it was taken for."""
        return [f"{self.truth[place]}\nnot {self.answers[place]}" for place in places]


def ladder_rows(rungs: Sequence[Rung]) -> list[tuple[str, ...]]:
    """Name, accuracy, its interval, errors and seconds of each rung, as a table shows them."""
    return [
        (
            rung.name,
            f"{rung.right.mean():.2%}",
            _percent_range(rung.interval),
            f"{rung.errors:,}",
            f"{rung.seconds:.2f}",
        )
        for rung in rungs
    ]


def won(before: Rung, after: Rung) -> np.ndarray:
    """The places of the images that only the second of two rungs gets right, in the order of the file."""
    return np.flatnonzero(after.right & ~before.right)


def describe_rung(rung: Rung, before: Rung | None = None) -> str:
    """How good a rung is, and what it wins and loses against the one below it."""
    text = (
        f"{rung.name}: **{rung.right.mean():.2%}** right (95 % interval {_percent_range(rung.interval)}), "
        f"{rung.errors:,} of {len(rung.truth):,} images wrong."
    )
    if before is None:
        return text
    gained, lost = len(won(before, rung)), len(won(rung, before))
    step = "No better" if gained == lost else "Better" if gained > lost else "Worse"
    return (
        f"{text} {step} than the rung below ({before.name.lower()}): it gets {gained:,} right that the other got "
        f"wrong, and {lost:,} wrong that the other got right."
    )


def describe_convergence(rounds: int, limit: int) -> str:
    """Whether a solver that may take `limit` rounds ended of itself."""
    if rounds < limit:
        return f"The solver ended after {rounds} rounds by itself: more would change nothing."
    return f"The solver was stopped after {limit} rounds and had **not converged**: more rounds would still change it."


def describe_shift(at_rest: Sequence[float], moved: Sequence[float]) -> str:
    """What becomes of the accuracies of several classifiers, as shares, when every image is moved."""
    falls = [before - after for before, after in zip(at_rest, moved, strict=True)]
    if min(falls) > 0.02:
        return (
            f"Every one of them falls, by {min(falls):.1%} to {max(falls):.1%} of the images, although not one stroke "
            "was changed: they know places, not shapes."
        )
    if max(falls) > 0.02:
        return f"The worst hit falls by {max(falls):.1%} of the images; not all of them mind."
    return "Hardly any of them minds."


def _percent_range(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.1%}–{bounds[1]:.1%}"
