"""What the study of improvements says, in sentences: each verdict with its evidence, its price and its limits."""

from collections.abc import Sequence

from mnist_helpers.evaluation.improvements import UNKNOWN, Improvement, signed_range
from mnist_helpers.evaluation.paired_seeds import LEAST_SEEDS, POWER
from mnist_helpers.evaluation.study_runs import StudyRun, readable


def describe_improvement(one: Improvement) -> str:
    """Whether it helps, by how much, how sure that is, and what it costs; or what the study could have seen."""
    if one.difference is None:
        return (
            f"**{one.name}**: {one.errors:g} errors against {one.before:g} of {one.against}, with {one.seeds} of the "
            f"{LEAST_SEEDS} seeds that it takes to tell a difference from chance."
        )
    measured = (
        f"{one.difference.errors:+.1f} errors of {one.images:,} against {one.against}, 95% interval "
        f"{signed_range(one.difference.interval)}, p = {one.corrected:.2g} corrected for {one.looks} comparisons"
    )
    if one.verdict == UNKNOWN:
        said = f"not distinguishable with {one.seeds} seeds, which can see differences above {one.visible:.1f} errors"
    else:
        said = one.verdict
    return f"**{one.name}**: {said} ({measured}){_costs(one)}."


def in_short(one: Improvement) -> str:
    """A configuration, what came of it, how sure that is, and what corrupted images say, in a few words.

    Points are percent points more of corrupted images that are misclassified, in the mean.
    """
    if one.difference is None:
        return (
            f"{one.name}: {one.errors - one.before:+.1f} errors, with {one.seeds} of the {LEAST_SEEDS} seeds it takes"
        )
    return (
        f"{one.name}: {one.verdict} ({one.difference.errors:+.1f} errors of {one.images:,}, 95% interval "
        f"{signed_range(one.difference.interval)}, {one.seeds} seeds; corrupted images "
        f"{100 * one.robustness:+.1f} points)"
    )


def describe_improvements(improvements: Sequence[Improvement]) -> str:
    """How many help, hurt and cannot be told apart, and what "can see" means."""
    lines = []
    for verdict in ("helps", "hurts", UNKNOWN):
        names = [one.name for one in improvements if one.verdict == verdict]
        listed = f" ({'; '.join(names)})" if names and verdict != UNKNOWN else ""
        lines.append(f"- {verdict}: {len(names)}{listed}")
    return "\n".join(
        [
            f"Comparisons: {len(improvements)}.\n",
            *lines,
            "\nA difference that can be seen is one that such a study would find in "
            f"{POWER:.0%} of cases, at a level of 5% shared by all comparisons.",
        ]
    )


def describe_against(improvements: Sequence[Improvement], against: str) -> str:
    """A line for each configuration that is compared with `against`."""
    lines = [f"- {describe_improvement(one)}" for one in improvements if one.against == against]
    return "\n".join(lines) or f"Nothing that is compared with {against} has been run yet: mnist-cnn improve runs it."


def describe_failures(runs: Sequence[StudyRun]) -> str:
    """Which runs failed, and why."""
    failed = [f"{run.configuration}, seed {run.seed}: {run.failure}" for run in runs if run.failure]
    if not failed:
        return "No run failed."
    return f"{len(failed)} of {len(runs)} runs failed:\n\n" + "\n".join(f"- {line}" for line in failed)


def describe_study(runs: Sequence[StudyRun]) -> str:
    """How many runs of what, on which machines, and how long they took."""
    done = [run for run in runs if not run.failure]
    if not done:
        return "No run of the study has ended yet."
    machines = dict.fromkeys(run.machine for run in done)
    time = readable(sum(run.whole_seconds for run in done))
    return (
        f"{len({run.configuration for run in done})} configurations, {len(done)} runs of {done[0].epochs:g} epochs on "
        f"{done[0].dataset}, compared on {done[0].images:,} images; together {time}, "
        f"one after another, on {'; '.join(machines)}."
    )


def _costs(one: Improvement) -> str:
    if one.seconds is None:
        return "; no difference in training time shows"
    return f"; it {'costs' if one.seconds > 0 else 'saves'} {abs(one.seconds):.0f} s of training"
