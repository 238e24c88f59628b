"""What a study consists of, what of it is there, what is missing, and how long that will take."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_helpers.data.sources import DataSource
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.study_runs import StudyRun, read_study, readable
from mnist_helpers.parameters import require_known
from mnist_helpers.paths import shown
from mnist_helpers.study.configurations import CONFIGURATIONS
from mnist_helpers.study.one_trial import planned
from mnist_helpers.study.rules import RULES

FIRST_SEED = 1


@dataclass(frozen=True)
class Study:
    """What is asked for: the data, the epochs of a run, how many seeds, and which configurations (all if none)."""

    source: DataSource
    epochs: float
    seeds: int
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.only:
            require_known(name, [*RULES, *CONFIGURATIONS], "configuration")

    @property
    def runs(self) -> list[StudyRun]:
        """Every run, as planned: all configurations with the first seed, then all with the next one.

        So a study that is cut short has the most telling ones first. What a chosen one is compared with is there too.
        Rules have no chance in them, and one run each.
        """
        dataset, seeds = self.source.name, range(FIRST_SEED, FIRST_SEED + self.seeds)
        names = [name for name in [*RULES, *CONFIGURATIONS] if not self.only or name in self._wanted]
        return [
            planned(name, seed, self.epochs, dataset)
            for seed in seeds
            for name in names
            if name in CONFIGURATIONS or seed == FIRST_SEED
        ]

    @property
    def _wanted(self) -> set[str]:
        compared = {CONFIGURATIONS[name].against for name in self.only if name in CONFIGURATIONS}
        return {*self.only, *compared}


def found_runs(study: Study, path: Path) -> list[StudyRun]:
    """The runs in the file so far; none where there is no file.

    Raises MnistError when it is damaged, or of another data set or number of epochs than `study`.
    """
    runs = read_study(path) if path.exists() else []
    for run in runs:
        if (run.dataset, run.epochs) != (study.source.name, study.epochs):
            raise MnistError(
                f"{shown(path)} is of {run.epochs:g} epochs on {run.dataset}, not of {study.epochs:g} on "
                f"{study.source.name}: name another folder with --run-root."
            )
    return runs


def missing_runs(study: Study, runs: Sequence[StudyRun]) -> list[StudyRun]:
    """The planned runs that are not there, failed, or had other settings than today's configuration of that name."""
    done = {(*run.key, run.settings) for run in runs if not run.failure}
    return [run for run in study.runs if (*run.key, run.settings) not in done]


def merge_runs(runs: Sequence[StudyRun], new: StudyRun) -> list[StudyRun]:
    """The runs with the new one in its place, by configuration and seed; those of names that are no more go last."""
    names = {name: place for place, name in enumerate([*RULES, *CONFIGURATIONS])}
    merged = {run.key: run for run in runs} | {new.key: new}
    return sorted(merged.values(), key=lambda run: (names.get(run.configuration, len(names)), run.seed))


def describe_missing(study: Study, runs: Sequence[StudyRun], jobs: int) -> str:
    """What is missing, and how long it takes `jobs` runs at a time, by the times of the runs there are."""
    missing = missing_runs(study, runs)
    if not missing:
        return f"Nothing is missing: all {len(study.runs)} runs are there."
    counts: dict[str, list[int]] = {}
    for run in missing:
        counts.setdefault(run.configuration, []).append(run.seed)
    lines = [f"  {name}: seed {', '.join(map(str, seeds))}" for name, seeds in counts.items()]
    return "\n".join([f"Missing: {len(missing)} of {len(study.runs)} runs. {_duration(missing, runs, jobs)}", *lines])


def _duration(missing: Sequence[StudyRun], runs: Sequence[StudyRun], jobs: int) -> str:
    """How long the missing runs take: as long as others of their configuration, or else as all on average."""
    done = [run for run in runs if not run.failure]
    if not done:
        return "No run is there yet to tell how long that takes."
    overall = statistics.fmean(run.whole_seconds for run in done)
    seconds = 0.0
    for run in missing:
        alike = [other.whole_seconds for other in done if other.configuration == run.configuration]
        seconds += statistics.fmean(alike) if alike else overall
    return f"About {readable(seconds / jobs)}, {jobs} at a time."
