"""Is this network better than a plain one? Both answer the same test images and are compared image by image."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from scipy.stats import binomtest

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.display import Table, percent, percent_range
from mnist_helpers.evaluation.answers import Answers
from mnist_helpers.evaluation.homogeneity import ALPHA
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions, count_parameters

Others = Mapping[str, np.ndarray]  # the names of other networks to which test images they have right, bool (N,)
NOTHING: Others = MappingProxyType({})


def measure_baseline(
    baseline: Checkpoint | None, on_plain: Predictions | None, predictions: Predictions
) -> dict | None:
    """The score of the plain network, and what McNemar's test says of `predictions` against it; None without one.

    `on_plain` is what it says of the same images. "epochs" is its budget: how many it was given, a fraction too, or
    got, where its training was stopped.
    """
    if baseline is None or on_plain is None:
        return None
    plain = on_plain.correct
    return {
        "accuracy": float(plain.mean()),
        "accuracy_ci95": list(wilson_interval(int(plain.sum()), len(plain))),
        "parameter_count": count_parameters(baseline.model),
        "epochs": min(baseline.training.epochs, len(baseline.history)),
        **measure_pair(predictions.correct, plain),
    }


def tabulate_baseline(
    baseline: dict | None, scores: dict, provenance: dict, earlier: tuple[str, Answers] | None = None
) -> Table:
    """This network, the plain one and the `earlier` one, where there are such, a line each."""
    networks = {"This network": scores | provenance | {"epochs": provenance["parameters"]["epochs"]}}
    if baseline:
        networks["Plain baseline"] = baseline
    rows = [
        (
            name,
            f"{one['parameter_count']:,}",
            f"{one['epochs']:g}",
            percent(one["accuracy"], 2),
            percent_range(one["accuracy_ci95"]),
            one["errors"],
        )
        for name, one in networks.items()
    ]
    if earlier:
        right = earlier[1].right(earlier[1].clean)
        interval = wilson_interval(int(right.sum()), len(right))
        # Its answers are kept, not what it is made of.
        rows.append(
            (earlier[0].capitalize(), "", "", percent(right.mean(), 2), percent_range(interval), (~right).sum())
        )
    return Table(
        "This network and others",
        ["Network", "Parameters", "Epochs", "Accuracy", "95% interval", "Errors"],
        rows,
    )


def describe_baseline(baseline: dict | None, provenance: dict) -> str:
    """Which is better, on how many images they differ, how likely that is by chance, and whether the race was even."""
    if not baseline:
        return "There is no baseline in this run; `03_training` makes it."
    test, verdict = baseline["mcnemar"], baseline["verdict"]
    own, its = (f"{epochs:g}" for epochs in (provenance["parameters"]["epochs"], baseline["epochs"]))
    budget = (
        f" Both had {own} epochs."
        if own == its
        else f" Epochs: {own} for this network, {its} for the baseline; with unequal budgets the comparison says "
        "little about the recipe."
    )
    return (
        f"This network is **{verdict}** {'from' if verdict == 'not distinguishable' else 'than'} the baseline: "
        f"{test['only_first']} images are right with it alone, {test['only_second']} with the baseline alone "
        f"(p = {test['p_value']:.2g}).{budget}"
    )


def measure_pair(correct: np.ndarray, others: np.ndarray, looks: int = 1) -> dict:
    """The errors of another classifier, and the paired test of this one against it on the same images, bool (N,) each.

    "verdict" is that of `judge`, with Bonferroni's correction for so many `looks`.
    """
    comparison = mcnemar_exact(correct, others)
    return {"errors": int((~others).sum()), "mcnemar": comparison, "verdict": judge(comparison, ALPHA / looks)}


def right_answers(on_plain: Predictions | None, earlier: tuple[str, Answers] | None) -> Others:
    """Which test images the plain network and the `earlier` one have right, where there are such, by their names."""
    others = {"the baseline": on_plain.correct} if on_plain else {}
    return others | ({earlier[0]: earlier[1].right(earlier[1].clean)} if earlier else {})


def measure_part(correct: np.ndarray, others: Others, inside: np.ndarray, looks: int) -> dict[str, dict]:
    """What `measure_pair` finds against each of the others on the images `inside` a part, one of so many `looks`."""
    return {name: measure_pair(correct[inside], right[inside], looks) for name, right in others.items()}


def other_columns(rows: Sequence[dict]) -> tuple[list[str], list[list[str]]]:
    """Names and cells, row by row, of the columns that say how the others of `measure_part` fare in a table."""
    names = rows[0]["others"] if rows else ()
    return (
        [f"{name.removeprefix('the ').capitalize()}; this network is" for name in names],
        [[with_verdict(f"{pair['errors']:,}", pair["verdict"]) for pair in row["others"].values()] for row in rows],
    )


def with_verdict(errors: str, verdict: str) -> str:
    """Another network's errors, and whether this one is better or worse, if a test says so."""
    return errors + (f", {verdict}" if verdict in ("better", "worse") else "")


def mcnemar_exact(correct_a: np.ndarray, correct_b: np.ndarray) -> dict[str, int | float]:
    """Are two classifiers equally good on the same images? The exact test of McNemar (1947), two-sided.

    `correct_a` and `correct_b` say of each image, in the same order, whether the first and the second classifier are
    right, (N,). Only images on which they differ count: how many the first alone has right, how many the second alone,
    and the chance of a split at least as uneven if both were equally good (1 when they never differ).

    Raises ValueError when the lengths differ.
    """
    first, second = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError(f"A paired test needs the same images twice: {first.shape} against {second.shape}.")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differing = only_first + only_second
    p_value = float(binomtest(only_first, differing).pvalue) if differing else 1.0
    return {"only_first": only_first, "only_second": only_second, "p_value": p_value}


def judge(comparison: dict, alpha: float = ALPHA) -> str:
    """What `mcnemar_exact` says of the first classifier: "better", "worse" or "not distinguishable"."""
    if comparison["p_value"] >= alpha:
        return "not distinguishable"
    return "better" if comparison["only_first"] > comparison["only_second"] else "worse"
