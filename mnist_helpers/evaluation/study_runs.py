"""The rows of outputs/improvements.csv: one for each run of the study, which `mnist-cnn improve` writes."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import RunPaths, is_there, run_paths, shown


@dataclass(frozen=True)
class StudyRun:
    """One configuration, trained with one seed and compared on images held out; a run that failed says why.

    `against` is the configuration that it is compared with, or empty; `settings` is JSON of all that differs between
    configurations. Of `images` compared, `errors` are misclassified, those with the indices in `wrong`, and
    `robustness` is the share that is misclassified of a sample of them, corrupted. `log_loss` is the mean in nats.
    `seconds` are those of training, `whole_seconds` also of reading data and scoring. A method that is no network has
    no log loss, no parameters and no list of what is wrong.
    """

    configuration: str
    against: str
    seed: int
    epochs: float
    dataset: str
    settings: str
    machine: str = ""
    images: int = 0
    errors: int = 0
    log_loss: float | None = None
    robustness: float = 0.0
    seconds: float = 0.0
    whole_seconds: float = 0.0
    parameters: int | None = None
    failure: str = ""
    wrong: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What tells a run from the others of its study."""
        return self.configuration, self.seed

    @property
    def mistakes(self) -> np.ndarray:
        """Which of the images compared are misclassified, bool (images,)."""
        mistakes = np.zeros(self.images, dtype=bool)
        mistakes[np.array(self.wrong.split(), dtype=int)] = True
        return mistakes


def read_study(path: Path) -> list[StudyRun]:
    """The runs in the file, failed ones too, in its order.

    Raises MnistError when there is no such file, and when it is damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            runs = [_parse(row) for row in csv.DictReader(file)]
        for run in runs:
            if run.parameters is not None and run.mistakes.sum() != run.errors:
                raise ValueError("errors and indices disagree")
    except FileNotFoundError as error:
        raise MnistError(f"There is no {shown(path)}: mnist-cnn improve makes it.") from error
    except (OSError, ValueError, TypeError, KeyError, IndexError, csv.Error) as error:
        raise MnistError(
            f"{shown(path)} is damaged: put an intact copy in its place, or delete it and give mnist-cnn improve."
        ) from error
    return runs


def known_study(paths: RunPaths, dataset: str) -> list[StudyRun]:
    """The runs of the study on this data set: of the folder of `paths`, or else of the reference run's; maybe none.

    Raises MnistError when the file is damaged.
    """
    for path in (paths.improvements, run_paths("", dataset).improvements):
        runs = read_study(path) if is_there(path) else []
        if found := [run for run in runs if run.dataset == dataset]:
            return found
    return []


def write_study(path: Path, runs: Sequence[StudyRun]) -> None:
    """Replace the file by these runs, whole or not at all. Raises MnistError when it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(StudyRun)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(run) for run in runs)


def without_times(run: StudyRun) -> StudyRun:
    """The run as it is again when it is repeated with the same number of threads on the same machine."""
    return replace(run, seconds=0.0, whole_seconds=0.0)


def readable(seconds: float) -> str:
    """A time in seconds, minutes or hours, whichever suits."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def _parse(row: dict[str, str]) -> StudyRun:
    whole, broken = ("seed", "images", "errors"), ("epochs", "robustness", "seconds", "whole_seconds")
    values: dict = dict(row)
    values |= {name: int(row[name]) for name in whole} | {name: float(row[name]) for name in broken}
    values["log_loss"] = float(row["log_loss"]) if row["log_loss"] else None
    values["parameters"] = int(row["parameters"]) if row["parameters"] else None
    return StudyRun(**values)
