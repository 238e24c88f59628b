"""Another collection: how a network that was trained on MNIST reads digits that are not MNIST's."""

from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import percent, percent_range
from mnist_helpers.evaluation.confusion import measure_confusion
from mnist_helpers.evaluation.errors import plot_errors, plot_nothing
from mnist_helpers.evaluation.homogeneity import ALPHA, homogeneity
from mnist_helpers.evaluation.scores import measure_scores
from mnist_helpers.evaluation.selective import apply_threshold
from mnist_helpers.network import Predictions

SHOWN = 20
NO_OTHER = "This network was trained on the digits sample itself, so there is no other collection to try it on."


def measure_other_digits(predictions: Predictions, selective: dict, dataset: str) -> dict | None:
    """The score on the digits sample, of which `predictions` are; None for a network trained on it ("digits").

    "n" and "errors" are counts; "accuracy", its Wilson interval and the "recall" of each digit are shares;
    "recall_test" and "most_confused" are those of `measure_scores` and `measure_confusion`. "by_validation" is what the
    threshold chosen on the validation images does here, as in `measure_selective`; only that every image is answered
    where there is none.
    """
    if dataset == "digits":
        return None
    scores = measure_scores(predictions)
    threshold = selective["by_validation"]["threshold"]
    applied = apply_threshold(threshold or 0, predictions)
    return {
        "n": scores["n_test"],
        **{name: scores[name] for name in ("accuracy", "accuracy_ci95", "errors", "recall_test")},
        "most_confused": measure_confusion(predictions)["most_confused"],
        "recall": [row["recall"] for row in scores["per_class"]],
        "by_validation": {
            "threshold": threshold,
            **{name: applied[name] for name in ("answered", "errors", "ci95")},
        },
    }


def plot_other_digits(sample: LabelledImages, predictions: Predictions, other_digits: dict | None) -> Figure:
    """The most confident mistakes, each with true digit → prediction and confidence."""
    return plot_errors(sample, predictions, limit=SHOWN) if other_digits else plot_nothing("No other collection.")


def describe_other_digits(other_digits: dict | None, scores: dict, selective: dict) -> str:
    """How many are right, against the test images with these `scores`, on which digits it errs, and what is refused."""
    if not other_digits:
        return NO_OTHER
    return (
        f"Of {other_digits['n']:,} digits of the other collection {percent(other_digits['accuracy'], 1)} are right "
        f"(95% interval {percent_range(other_digits['accuracy_ci95'])}), {_against(other_digits, scores)} the "
        f"{percent(scores['accuracy'], 2)} of the test images. "
        f"{_where(other_digits)}{_refused(other_digits, selective['target_error'])}"
    )


def _against(other_digits: dict, scores: dict) -> str:
    p_value = homogeneity([other_digits["errors"], scores["errors"]], [other_digits["n"], scores["n_test"]])
    if p_value >= ALPHA:
        return "not distinguishable from"
    return "**worse** than" if other_digits["accuracy"] < scores["accuracy"] else "**better** than"


def _where(other_digits: dict) -> str:
    """The errors shown, the most frequent one, and the digits harder than the others, corrected for ten looks."""
    errors, recall = other_digits["errors"], other_digits["recall"]
    if not errors:
        return ""
    most = other_digits["most_confused"][0]
    text = (
        f"{min(SHOWN, errors)} of {errors:,} errors are shown; most often {most['true']} is taken for "
        f"{most['predicted']} ({most['count']:,} times). "
    )
    hard = [digit for digit in other_digits["recall_test"]["standing_out"] if recall[digit] < other_digits["accuracy"]]
    if not hard:
        return text
    return (
        f"{text}Harder than the others: {', '.join(f'{digit} (recall {percent(recall[digit])})' for digit in hard)}. "
    )


def _refused(other_digits: dict, target: float) -> str:
    applied, n = other_digits["by_validation"], other_digits["n"]
    if applied["threshold"] is None:
        return "No threshold meets the target on the validation images, so none of them is refused."
    refused = f"At the threshold chosen on the validation images {(n - applied['answered']) / n:.0%} are refused"
    if not applied["ci95"]:
        return f"{refused}."
    low, high = applied["ci95"]
    if low > target:
        judgement = f"above the target of {target:.1%}, which does not carry over"
    else:
        judgement = f"{'within' if high <= target else 'too few to tell it from'} the target of {target:.1%}"
    return (
        f"{refused}; of the {applied['answered']:,} answers {applied['errors']} are wrong "
        f"({percent_range(applied['ci95'])}), {judgement}."
    )
