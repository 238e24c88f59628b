"""How many images are right, and by digit: accuracy, precision, recall and F1."""

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from mnist_helpers.display import Table
from mnist_helpers.evaluation.baseline import NOTHING, Others, measure_part
from mnist_helpers.evaluation.homogeneity import ALPHA, homogeneity, standing_out
from mnist_helpers.evaluation.intervals import DIGITS, SCORES, score_intervals, wilson_interval
from mnist_helpers.network import Predictions

DATASET_NAMES = {"mnist": "MNIST", "digits": "digits-sample"}


def measure_scores(predictions: Predictions, others: Others = NOTHING) -> dict:
    """Accuracy, and precision, recall and F1 by digit and averaged, with 95 % intervals.

    "recall_test" says whether the ten recalls differ at all: the "p_value" of their homogeneity, and the digits
    "standing_out". Each digit has the paired tests on its images against the `others`, corrected for ten looks.
    """
    labels, predicted = predictions.labels, predictions.predicted
    errors = len(predictions.errors)
    present = [digit for digit in DIGITS if (labels == digit).any()]
    images = [int((labels == digit).sum()) for digit in present]
    missed = [int((~predictions.correct[labels == digit]).sum()) for digit in present]
    intervals = score_intervals(labels, predicted)
    return {
        "n_test": len(labels),
        "accuracy": (len(labels) - errors) / len(labels),
        "accuracy_ci95": list(wilson_interval(len(labels) - errors, len(labels))),
        "errors": errors,
        "recall_test": {
            "p_value": homogeneity(missed, images),
            "standing_out": [present[part] for part in standing_out(missed, images)],
        },
        "macro_avg": _average(labels, predicted, "macro") | _named(intervals["macro_avg"]),
        "weighted_avg": _average(labels, predicted, "weighted") | _named(intervals["weighted_avg"]),
        "per_class": [
            row
            | _named(interval)
            | {"others": measure_part(predictions.correct, others, labels == row["digit"], len(DIGITS))}
            for row, interval in zip(_per_class(labels, predicted), intervals["per_class"], strict=True)
        ],
    }


def tabulate_scores(scores: dict) -> Table:
    """A line for each digit and each average, every score beside its interval."""
    return Table(
        "Scores by digit, with 95% intervals",
        ["Digit", "Precision", "Interval", "Recall", "Interval", "F1", "Interval", "Images"],
        [
            (
                name.replace("avg", "average").capitalize(),
                *(text for score in SCORES for text in _with_interval(row, score)),
                f"{images:,}",
            )
            for name, row, images in _lines(scores)
        ],
    )


def describe_scores(scores: dict) -> str:
    """The digits recognised best and worst, whether the ten differ by more than chance, and from other networks'."""
    return _extremes(scores) + _against(scores)


def headline(metrics: dict) -> str:
    """Accuracy with its 95 % interval and the errors, in one sentence."""
    low, high = metrics["accuracy_ci95"]
    return f"{share_correct(metrics)} (95% interval {low:.2%} to {high:.2%}; {metrics['errors']} errors)."


def share_correct(metrics: dict) -> str:
    """The accuracy as the beginning of a sentence."""
    name = DATASET_NAMES[metrics["dataset"]]
    return f"{metrics['accuracy']:.2%} of {metrics['n_test']:,} {name} test images are classified correctly"


def classification_report(metrics: dict) -> str:
    """Precision, recall and F1 by digit with their averages, for the terminal."""
    lines = [headline(metrics), "", f"{'digit':>12} {'precision':>10} {'recall':>10} {'F1':>10} {'images':>8}"]
    for name, row, images in _lines(metrics):
        lines.append(f"{name:>12} {row['precision']:10.4f} {row['recall']:10.4f} {row['f1']:10.4f} {images:8,}")
    return "\n".join([*lines, ""])


def _extremes(scores: dict) -> str:
    """The digits recognised best and worst, and whether the ten differ by more than chance."""
    best = max(scores["per_class"], key=lambda row: row["f1"])
    worst = min(scores["per_class"], key=lambda row: row["f1"])
    if best["f1"] == worst["f1"]:
        return f"All digits are recognised equally well (F1 {best['f1']:.4f})."
    test = scores["recall_test"]
    found = f"Highest F1: {_digits(scores, best)}; lowest: {_digits(scores, worst)}."
    chance = (
        f"were all ten equally hard, their recalls would differ this much with a chance of p = {test['p_value']:.2g}"
    )
    if test["p_value"] >= ALPHA:
        return f"{found} That may be luck: {chance}. No digit can be called harder than another."
    out = ", ".join(map(str, test["standing_out"]))
    which = (
        f"differing from the others, corrected for ten looks: {out}"
        if out
        else "which of them, ten looks do not settle"
    )
    return f"{found} Some digits are harder: {chance}; {which}."


def _against(scores: dict) -> str:
    """On which digits recall is better or worse than that of other networks, by paired tests."""
    said = []
    for name in scores["per_class"][0]["others"]:
        verdicts = {row["digit"]: row["others"][name]["verdict"] for row in scores["per_class"]}
        found = [
            f"{kind} on {', '.join(str(digit) for digit in verdicts if verdicts[digit] == kind)}"
            for kind in ("better", "worse")
            if kind in verdicts.values()
        ]
        said.append(f"against {name} {' and '.join(found) or 'on no digit'}")
    return f" Recall differs (paired tests, ten looks): {'; '.join(said)}." if said else ""


def _lines(scores: dict) -> list[tuple[str, dict, int]]:
    """Name, scores and number of images of each digit and of the two averages."""
    digits = [(str(row["digit"]), row, row["support"]) for row in scores["per_class"]]
    averages = [(f"{kind} avg", scores[f"{kind}_avg"], scores["n_test"]) for kind in ("macro", "weighted")]
    return digits + averages


def _digits(scores: dict, like: dict) -> str:
    """All digits with the same F1 as the row `like`, and that F1."""
    digits = [str(row["digit"]) for row in scores["per_class"] if row["f1"] == like["f1"]]
    return f"{', '.join(digits)} (F1 {like['f1']:.4f})"


def _with_interval(row: dict, score: str) -> tuple[str, str]:
    return f"{row[score]:.4f}", "{:.3f}–{:.3f}".format(*row[f"{score}_ci95"])


def _average(labels: np.ndarray, predicted: np.ndarray, average: str) -> dict[str, float]:
    scores = precision_recall_fscore_support(labels, predicted, labels=DIGITS, average=average, zero_division=0)[:3]
    return dict(zip(SCORES, map(float, scores), strict=True))


def _per_class(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, float]]:
    columns = precision_recall_fscore_support(labels, predicted, labels=DIGITS, zero_division=0)
    return [
        {"digit": digit, **dict(zip(SCORES, map(float, scores), strict=True)), "support": int(support)}
        for digit, *scores, support in zip(DIGITS, *columns, strict=True)
    ]


def _named(intervals: dict[str, list[float]]) -> dict[str, list[float]]:
    return {f"{name}_ci95": interval for name, interval in intervals.items()}
