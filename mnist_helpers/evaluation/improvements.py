"""What each usual improvement gives, from the runs of the study: the differences and their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import sem, t

from mnist_helpers.display import Table
from mnist_helpers.evaluation.homogeneity import ALPHA
from mnist_helpers.evaluation.paired_seeds import LEAST_SEEDS, PairedDifference, holm, paired_difference
from mnist_helpers.evaluation.study_runs import StudyRun

UNKNOWN = "not distinguishable"
# From no look at all to the whole recipe; the rest of the study goes off sideways.
LADDER = (
    "the commonest digit",
    "the nearest mean image",
    "logistic regression",
    "the neighbours' vote",
    "plain",
    "plain + deeper",
    "plain + everything",
    "default",
)


@dataclass(frozen=True)
class Improvement:
    """A configuration against the one it is compared with, over the `seeds` that both have.

    `errors` and `before` are the means of the two, of `images` each; `corrected` is the p-value corrected for the
    number of `looks`. With too few seeds there is no `difference`. `seconds` of training are those more than the
    other's; None where that cannot be told from chance. `robustness` and `log_loss` are the differences of the means.
    """

    name: str
    against: str
    seeds: int
    images: int
    errors: float
    before: float
    robustness: float
    log_loss: float
    seconds: float | None
    difference: PairedDifference | None
    corrected: float = 1.0
    looks: int = 1

    @property
    def change(self) -> str:
        """What it changes in the configuration that it is compared with."""
        return self.name.removeprefix(f"{self.against} ")

    @property
    def verdict(self) -> str:
        """Whether it "helps", "hurts", or is "not distinguishable"."""
        if self.difference is None or self.corrected >= ALPHA:
            return UNKNOWN
        return "helps" if self.difference.errors < 0 else "hurts"

    @property
    def visible(self) -> float:
        """The difference in errors that the study would have found in four of five cases, after the correction."""
        return self.difference.visible(ALPHA / self.looks) if self.difference else float("inf")


def measure_improvements(runs: Sequence[StudyRun]) -> list[Improvement]:
    """Every configuration that is compared with another, in the order of the runs; those that failed count for nothing.

    The p-values have Holm's correction for as many comparisons as there are.
    """
    done = {run.key: run for run in runs if not run.failure}
    pairs = dict.fromkeys((run.configuration, run.against) for run in done.values() if run.against)
    found = [one for pair in pairs if (one := _compare(done, *pair)) is not None]
    tested = [one for one in found if one.difference is not None]
    p_values = holm([one.difference.p_value for one in tested if one.difference])
    corrected = {one.name: value for one, value in zip(tested, p_values, strict=True)}
    return [replace(one, corrected=corrected.get(one.name, 1.0), looks=max(len(tested), 1)) for one in found]


def tabulate_improvements(improvements: Sequence[Improvement], against: str) -> Table:
    """A line for each configuration compared with `against`.

    With its mean errors and how many more those are, the p-value corrected for all comparisons, how many percent
    points more of corrupted images are misclassified, and how many seconds more the training takes, where that shows.
    """
    rows = [_row(one) for one in improvements if one.against == against]
    columns = ["Changed", "Seeds", "Errors", "More (95% interval)", "p", "Verdict", "Corrupted", "Seconds"]
    title = (
        f"Compared with {against}; corrupted: points more of corrupted images wrong; seconds: more of training, "
        "where that shows"
    )
    return Table(title, columns, rows)


def _compare(done: dict[tuple[str, int], StudyRun], name: str, against: str) -> Improvement | None:
    """One configuration against another over the seeds of both; None where they have none in common."""
    pairs = [
        (run, done[against, seed])
        for (configuration, seed), run in done.items()
        if configuration == name and (against, seed) in done
    ]
    if not pairs:
        return None
    mine, others = zip(*pairs, strict=True)
    costs = [run.seconds - other.seconds for run, other in pairs if run.machine == other.machine]
    return Improvement(
        name,
        against,
        seeds=len(pairs),
        images=mine[0].images,
        errors=float(np.mean([run.errors for run in mine])),
        before=float(np.mean([run.errors for run in others])),
        robustness=float(np.mean([run.robustness - other.robustness for run, other in pairs])),
        log_loss=float(np.mean([(run.log_loss or 0) - (other.log_loss or 0) for run, other in pairs])),
        seconds=_clear_mean(costs),
        difference=paired_difference(_mistakes(mine), _mistakes(others)) if len(pairs) >= LEAST_SEEDS else None,
    )


def _clear_mean(values: Sequence[float]) -> float | None:
    """The mean, if its 95 % interval (t) leaves out 0: a training's time depends on what else runs beside it."""
    if len(values) < 2:
        return None
    mean, reach = float(np.mean(values)), float(t.ppf(0.975, len(values) - 1) * sem(values))
    return mean if abs(mean) > reach else None


def _mistakes(runs: Sequence[StudyRun]) -> np.ndarray:
    return np.array([run.mistakes for run in runs])


def _row(one: Improvement) -> tuple[object, ...]:
    difference = one.difference
    return (
        one.change,
        one.seeds,
        f"{one.errors:.1f}",
        f"{difference.errors:+.1f} ({signed_range(difference.interval)})"
        if difference
        else f"{one.errors - one.before:+.1f}",
        f"{one.corrected:.{2 if one.corrected >= 0.001 else 1}g}" if difference else "",
        "cannot be told" if one.verdict == UNKNOWN else one.verdict,  # as the figure says: the long word breaks
        f"{100 * one.robustness:+.1f}",
        "–" if one.seconds is None else f"{one.seconds:+.0f}",
    )


def signed_range(bounds: tuple[float, float]) -> str:
    """An interval of differences, with the sign of each bound."""
    return f"{bounds[0]:+.1f} to {bounds[1]:+.1f}"
