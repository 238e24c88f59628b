"""How many errors more there are when the images are corrupted, beside those of other networks on the same images."""

import statistics
from collections.abc import Sequence
from typing import Any

from mnist_helpers.evaluation.answers import Answers
from mnist_helpers.evaluation.baseline import measure_pair
from mnist_helpers.evaluation.intervals import wilson_interval

SUMS = {"Mean": "mean_error", "Median": "median_error", "Worst": "worst_error"}
PAIR = ("errors", "mcnemar", "verdict")


def measure_robustness(answers: Answers, baseline: Answers | None = None) -> dict:
    """The errors under each corruption, beside those on the clean images and those of the plain `baseline`.

    "errors" is a count, "images" too; "accuracy", its 95 % Wilson interval "ci95" and the errors "mean_error",
    "median_error" and "worst_error" (over the corruptions), "clean_error" and "drop" (mean less clean) are shares from
    0 to 1.
    """
    images, clean_error = len(answers.labels), float((~answers.right(answers.clean)).mean())
    plain = measure_against(answers, baseline.corrupted) if baseline else None
    rows: list[dict[str, Any]] = []
    for place, (name, given) in enumerate(answers.corrupted.items()):
        correct = int(answers.right(given).sum())
        rows.append(
            {
                "name": name,
                "errors": images - correct,
                "accuracy": correct / images,
                "ci95": list(wilson_interval(correct, images)),
                "baseline": {key: plain["corruptions"][place][key] for key in PAIR} if plain else None,
            }
        )
    sums = _sums([row["errors"] / images for row in rows])
    return {
        "images": images,
        "corruptions": rows,
        **sums,
        "clean_error": clean_error,
        "drop": sums["mean_error"] - clean_error,
        "baseline": {key: plain[key] for key in SUMS.values()} if plain else None,
    }


def measure_against(answers: Answers, others: dict[str, str]) -> dict:
    """Another network's errors under each corruption, with the paired test of `answers` against its answers `others`.

    Corruptions that only one of them has are left out. Each verdict has Bonferroni's correction for as many looks
    as there are corruptions.
    """
    shared = [name for name in answers.corrupted if name in others]
    rows = [
        {"name": name}
        | measure_pair(answers.right(answers.corrupted[name]), answers.right(others[name]), looks=len(shared))
        for name in shared
    ]
    return _sums([row["errors"] / len(answers.labels) for row in rows]) | {"corruptions": rows}


def describe_robustness(robustness: dict, previous: dict | None = None) -> str:
    """Mean, median and worst error, how few corruptions most errors come from, and how other networks compare."""
    corruptions = sorted(robustness["corruptions"], key=lambda entry: -entry["errors"])
    text = (
        f"The mean error over the {len(corruptions)} corruptions is {robustness['mean_error']:.1%}, "
        f"{100 * robustness['drop']:.1f} points more than on clean images; the median is "
        f"{robustness['median_error']:.1%}, the worst {robustness['worst_error']:.1%} ({corruptions[0]['name']})."
    )
    total = sum(entry["errors"] for entry in corruptions)
    two = corruptions[:2]
    share = sum(entry["errors"] for entry in two) / max(total, 1)
    if share > 0.5:
        text += f" {two[0]['name'].capitalize()} and {two[1]['name']} alone make {share:.0%} of these errors."
    if robustness["baseline"]:
        rows = [{"name": row["name"]} | row["baseline"] for row in robustness["corruptions"]]
        text += f"\n\n{describe_against('the baseline', rows)}"
    if previous:
        text += f"\n\n{describe_against(previous['name'], previous['robustness']['corruptions'])}"
    return text


def describe_against(name: str, rows: Sequence[dict], own: str = "this network") -> str:
    """Under how many corruptions a network is better and worse than the other, called `name`, each by a paired test."""
    counts = " and ".join(
        f"{verdict} under {_named([row['name'] for row in rows if row['verdict'] == verdict], len(rows))}"
        for verdict in ("better", "worse")
    )
    return (
        f"Against {name} {own} is {counts}; under the others the two are not distinguishable (McNemar's exact test for "
        f"each, with Bonferroni's correction for {len(rows)} looks)."
    )


def _named(corruptions: Sequence[str], among: int) -> str:
    """How many corruptions, and which, if they are few."""
    which = f" ({', '.join(corruptions)})" if 0 < len(corruptions) <= 4 else ""
    return f"{len(corruptions)} of {among}{which}"


def _sums(errors: Sequence[float]) -> dict[str, float]:
    """Mean, median and worst of the errors under the corruptions, shares; 0 without any."""
    values = errors or [0.0]
    return dict(zip(SUMS.values(), (statistics.fmean(values), statistics.median(values), max(values)), strict=True))
