"""Two runs side by side, by their kept answers and metrics: no test image is scored again."""

from dataclasses import dataclass

import numpy as np

from mnist_helpers.display import Table
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.answers import Answers, load_answers
from mnist_helpers.evaluation.baseline import measure_pair
from mnist_helpers.evaluation.chance import seeds_text
from mnist_helpers.evaluation.intervals import DIGITS
from mnist_helpers.evaluation.metrics import read_metrics
from mnist_helpers.evaluation.robustness import SUMS, describe_against, measure_against, measure_robustness
from mnist_helpers.evaluation.robustness_views import tabulate_robustness
from mnist_helpers.paths import RunPaths, shown

UNDECIDED = "not distinguishable"
NUMBERS = (
    ("Accuracy", "accuracy", "{:.2%}"),
    ("Errors", "errors", "{}"),
    ("Mean ± sd over seeds", "seeds", ""),
    ("Expected calibration error", "ece", "{:.2%}"),
    ("Log loss (nats)", "log_loss", "{:.4f}"),
    ("Mean error under corruption", "mean_error", "{:.2%}"),
    ("Median error under corruption", "median_error", "{:.2%}"),
    ("Worst error under corruption", "worst_error", "{:.2%}"),
)


@dataclass(frozen=True)
class Run:
    """An evaluated run: what to call it, its answers, and its metrics."""

    name: str
    answers: Answers
    metrics: dict


def read_run(paths: RunPaths) -> Run:
    """An evaluated run, called by its folder.

    Raises MnistError when there is no such folder, when it was not evaluated, and when its files are damaged or are not
    of one network.
    """
    name = shown(paths.root)
    cure = f"evaluate it first (mnist-cnn evaluate --run-root {name})."
    if not paths.root.is_dir():
        raise MnistError(f"There is no folder {name}: name a run's folder, or . for the one you are in.")
    answers = load_answers(paths.answers)
    if answers is None:
        raise MnistError(f"{name} holds no answers to the test images: {cure}")
    try:
        metrics = read_metrics(paths.metrics)
        evaluated = metrics["network"]
        _summary(metrics)
    except FileNotFoundError as error:
        raise MnistError(f"{name} holds no metrics: {cure}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MnistError(f"{shown(paths.metrics)} is damaged or of an older version: {cure}") from error
    if evaluated != answers.network:
        raise MnistError(f"Answers and metrics in {name} are of two networks: {cure}")
    return Run(name, answers, metrics)


def measure_previous(earlier: tuple[str, Answers] | None, answers: Answers) -> dict | None:
    """How `answers` compare with those `earlier`, where there are such: a paired test on clean and on corrupted images.

    "accuracy", "errors" and "robustness" are of the earlier network, called "name"; a verdict is on the present one.
    """
    if earlier is None:
        return None
    name, others = earlier
    return {
        "name": name,
        "accuracy": float(others.right(others.clean).mean()),
        **measure_pair(answers.right(answers.clean), others.right(others.clean)),
        "robustness": measure_against(answers, others.corrupted),
    }


def describe_previous(previous: dict | None) -> str:
    """Which is better on clean images, this network or the earlier one."""
    if previous is None:
        return "There is no other run to compare with."
    verdict, name = previous["verdict"], previous["name"]
    return f"On clean images this network is **{verdict}** {_than(verdict)} {name}: {_split(previous, 'it', name)}."


def measure_comparison(first: Run, second: Run) -> dict:
    """Both runs' numbers ("runs"), and the paired tests of the first against the second.

    On all clean images ("mcnemar", "verdict"), on those of each digit ("recalls", corrected for ten looks) and under
    each corruption that both have ("corruptions", corrected too). Raises MnistError when they are of other images.
    """
    one, two = first.answers, second.answers
    if one.dataset != two.dataset:
        raise MnistError(
            f"{first.name} is of {one.dataset}, {second.name} of {two.dataset}: name runs of one data set."
        )
    if one.labels != two.labels:
        raise MnistError(f"{first.name} and {second.name} were scored on other test images: evaluate both anew.")
    pair = measure_pair(one.right(one.clean), two.right(two.clean))
    shared = [name for name in one.corrupted if name in two.corrupted]
    return {
        "dataset": one.dataset,
        "runs": [{"folder": run.name, **_summary(run.metrics)} for run in (first, second)],
        "mcnemar": pair["mcnemar"],
        "verdict": pair["verdict"],
        "recalls": [
            {"digit": digit} | _pair_of_both(one.recalled(digit), two.recalled(digit), len(DIGITS)) for digit in DIGITS
        ],
        "corruptions": [
            {"name": name} | _pair_of_both(one.right(one.corrupted[name]), two.right(two.corrupted[name]), len(shared))
            for name in shared
        ],
    }


def tabulate_comparison(comparison: dict, first: Run, second: Run) -> list[Table]:
    """The numbers of both runs, then their errors on corrupted images, laid out as in the report."""
    runs = comparison["runs"]
    numbers = Table(
        f"A = {first.name}, B = {second.name} ({comparison['dataset']})",
        ["", "A", "B"],
        [(name, *(_shown(run[key], form) for run in runs)) for name, key, form in NUMBERS],
    )
    against = measure_previous(("B", second.answers), first.answers)
    return [numbers, tabulate_robustness(measure_robustness(first.answers), previous=against, own="A")]


def describe_comparison(comparison: dict) -> str:
    """Which run is better on clean images, on which digits they differ, and under how many corruptions."""
    verdict = comparison["verdict"]
    differing = [row for row in comparison["recalls"] if row["verdict"] != UNDECIDED]
    recalls = "".join(
        f" {row['digit']}: A is {row['verdict']}, {row['errors'][0]} against {row['errors'][1]} images missed."
        for row in differing
    )
    return "\n".join(
        [
            f"On clean images A is {verdict} {_than(verdict)} B: {_split(comparison, 'A', 'B')}.",
            f"Digits whose recall differs, corrected for ten looks:{recalls or ' none.'}",
            describe_against("B", comparison["corruptions"], own="A"),
        ]
    )


def _pair_of_both(first: np.ndarray, second: np.ndarray, looks: int) -> dict:
    """`measure_pair` with the errors of both, the first's first."""
    pair = measure_pair(first, second, looks)
    return pair | {"errors": [int((~first).sum()), pair["errors"]]}


def _summary(metrics: dict) -> dict:
    """The numbers by which runs are compared."""
    calibration, robustness, seeds = metrics["calibration"], metrics["robustness"], metrics["seeds"]
    return {
        "accuracy": metrics["accuracy"],
        "errors": metrics["errors"],
        "seeds": {key: seeds[key] for key in ("n", "accuracy_mean", "accuracy_std")},
        "ece": calibration["ece"],
        "log_loss": calibration["log_loss"],
        **{key: robustness[key] for key in SUMS.values()},
    }


def _shown(value: float | dict, form: str) -> str:
    return seeds_text(value) if isinstance(value, dict) else form.format(value)


def _than(verdict: str) -> str:
    return "from" if verdict == UNDECIDED else "than"


def _split(pair: dict, own: str, other: str) -> str:
    """How many images each has right alone, and p."""
    test = pair["mcnemar"]
    return (
        f"{test['only_first']} images are right with {own} alone, {test['only_second']} with {other} alone "
        f"(McNemar's exact test, p = {test['p_value']:.2g})"
    )
