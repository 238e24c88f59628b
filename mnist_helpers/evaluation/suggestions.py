"""What to try next: each suggestion with the finding behind it on the validation images, and what it gave before.

The test images suggest nothing: whoever tunes on their errors has no test images any more.
"""

from typing import NamedTuple

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.display import Table
from mnist_helpers.evaluation.confusion import measure_confusion
from mnist_helpers.evaluation.errors import CONFIDENT
from mnist_helpers.evaluation.scores import measure_scores
from mnist_helpers.network import Predictions


class Trial(NamedTuple):
    """A row of docs/experiments.md: what was tried on MNIST, and the errors among 15,000 held-out images."""

    what: str
    errors: str
    kept: bool = False


# Kept here in the words of that file (a test compares), so that nothing measured as useless is proposed as new.
TRIALS = {
    "images": [Trial("30,000 training images instead of 45,000; four blocks", "62.0 against 58.1", kept=True)],
    "labels": [Trial("images of highest loss dropped late", "63, 62")],
    "several": [Trial("average of two, three, six networks; four blocks", "56.1, 55.3, 54.0 (one: 58.1)", kept=True)],
    "overfits": [Trial("dropout", "65, 62"), Trial("10 epochs", "61")],
    "longer": [
        Trial("30 epochs", "66 with one look, 56 with nine"),
        Trial("wider third layer; with striding first", "55, 56; 57, 57"),
    ],
    "smoothing": [
        Trial("label smoothing 0.1, against none; unknown writers", "59, 55 against 64 on average", kept=True),
        Trial("label smoothing 0.2; with batches of 125 and bending", "60, 54; 55, 52"),
    ],
    "bending": [
        Trial(
            "bending: elastic, 4×4 nodes, 0.6 pixels; unknown writers",
            "52, 56 against 60, 59 (one look 55, 56 against 57, 65)",
            kept=True,
        )
    ],
}


class Suggestion(NamedTuple):
    """What was found, what to try because of it, and what is known of that: a key of TRIALS, or nothing."""

    finding: str
    action: str
    tried: str = ""


def suggest_improvements(on_validation: Predictions, checkpoint: Checkpoint) -> list[Suggestion]:
    """Suggestions for this network, from its answers on the validation images and the course of its training."""
    if not len(on_validation.errors):
        found = [Suggestion("no validation image is misclassified", "validate on more images, or on harder ones")]
    else:
        found = [
            *_confused_pair(on_validation),
            *_confident_errors(on_validation),
            *_weakest_digit(on_validation),
        ]
    return [*found, *_fit(checkpoint), *_missing_options(checkpoint)]


def tabulate_suggestions(suggestions: list[Suggestion]) -> Table:
    """A line for each suggestion."""
    return Table(
        "Improvement suggestions",
        ["Found on validation images and in training", "Worth trying", "Tried before on MNIST: held-out errors"],
        [(one.finding, one.action, _said(one.tried)) for one in suggestions],
    )


def describe_suggestions(suggestions: list[Suggestion]) -> str:
    """How to read what was tried before."""
    if not any(one.tried for one in suggestions):
        return "Nothing of this has been tried before."
    return (
        "What was tried before was measured with the recipe of its day on 15,000 held-out images of the training file. "
        "Two networks that differ only in their seed lie about 6 errors apart, so a smaller difference is chance."
    )


def _said(tried: str) -> str:
    trials = TRIALS.get(tried, [])
    return "; ".join(f"{one.what}: {one.errors}{'' if one.kept else ' – not kept'}" for one in trials) or "not yet"


def _confused_pair(on_validation: Predictions) -> list[Suggestion]:
    counts: dict[tuple[int, int], int] = {}
    for pair in measure_confusion(on_validation)["most_confused"]:
        key = min(pair["true"], pair["predicted"]), max(pair["true"], pair["predicted"])
        counts[key] = counts.get(key, 0) + pair["count"]
    (low, high), count = max(counts.items(), key=lambda item: item[1])
    if count < 2:
        return []
    share = count / len(on_validation.errors)
    return [
        Suggestion(
            f"{low} and {high} are taken for one another {count} times, {share:.0%} of all errors",
            f"add training images of {low} and {high}",
            "images",
        )
    ]


def _confident_errors(on_validation: Predictions) -> list[Suggestion]:
    errors = on_validation.errors
    confident = int((on_validation.confidence[errors] >= CONFIDENT).sum())
    found = []
    if confident:
        found.append(
            Suggestion(
                f"{confident} of {len(errors)} errors are made with a confidence of {CONFIDENT:.0%} or more",
                "look at these images, and at training images like them: some may carry a wrong label",
                "labels",
            )
        )
    if len(errors) > confident:
        found.append(
            Suggestion(
                f"{len(errors) - confident} of {len(errors)} errors are made with less than {CONFIDENT:.0%} confidence",
                "average several networks, or pass such images on to a person",
                "several",
            )
        )
    return found


def _weakest_digit(on_validation: Predictions) -> list[Suggestion]:
    scores = measure_scores(on_validation)
    weakest = min(scores["per_class"], key=lambda row: row["recall"] if row["support"] else 1)
    # One of ten digits is always the weakest: only where it stands out is that a finding.
    if weakest["digit"] not in scores["recall_test"]["standing_out"]:
        return []
    missed = round((1 - weakest["recall"]) * weakest["support"])
    return [
        Suggestion(
            f"{weakest['digit']} has the lowest recall, {weakest['recall']:.2%}: "
            f"{missed} of {weakest['support']:,} images are missed",
            f"see which images of {weakest['digit']} are missed, and add such shapes to the training images",
            "images",
        )
    ]


def _fit(checkpoint: Checkpoint) -> list[Suggestion]:
    last = checkpoint.history[-1]
    gap = last.validation_loss - last.train_loss
    if gap > 0.01:
        return [
            Suggestion(
                f"the validation loss ends {gap:.3f} above the training loss: the network overfits",
                "raise dropout or weight_decay, or train for fewer epochs",
                "overfits",
            )
        ]
    if checkpoint.kept_epoch == len(checkpoint.history):
        return [
            Suggestion(
                f"no epoch was clearly better than the last of {len(checkpoint.history)}, and the training loss "
                f"({last.train_loss:.3f}) shows no overfitting",
                "train for more epochs or raise width, with several seeds to see whether it helps",
                "longer",
            )
        ]
    return []


def _missing_options(checkpoint: Checkpoint) -> list[Suggestion]:
    found = []
    if not checkpoint.training.augment:
        found.append(Suggestion("the network saw no distorted images in training", "turn augment on", "bending"))
    if not checkpoint.training.label_smoothing:
        found.append(Suggestion("the labels were not smoothed", "set label_smoothing to 0.1", "smoothing"))
    if not checkpoint.model.settings.batch_norm:
        found.append(Suggestion("the network has no batch normalisation", "turn batch_norm on"))
    return found
