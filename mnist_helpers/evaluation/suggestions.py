"""Improvement suggestions that follow from the numbers of this run, each with the finding behind it."""

from typing import NamedTuple

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.display import Table
from mnist_helpers.evaluation.errors import CONFIDENT
from mnist_helpers.network import Predictions


class Suggestion(NamedTuple):
    """What was found, and what to try because of it."""

    finding: str
    action: str


def suggest_improvements(
    scores: dict, confusion: dict, predictions: Predictions, checkpoint: Checkpoint
) -> list[Suggestion]:
    """Suggestions for this network, those that touch the most errors first."""
    if not scores["errors"]:
        return [Suggestion("no test image is misclassified", "score it on a harder or larger test set")]
    return [
        *_confused_pair(confusion, scores["errors"]),
        *_confident_errors(predictions),
        *_weakest_digit(scores),
        *_fit(checkpoint),
        *_missing_options(checkpoint),
    ]


def tabulate_suggestions(suggestions: list[Suggestion]) -> Table:
    """A line for each suggestion."""
    return Table("Improvement suggestions", ["Found", "Worth trying"], suggestions)


def _confused_pair(confusion: dict, errors: int) -> list[Suggestion]:
    counts: dict[tuple[int, int], int] = {}
    for pair in confusion["most_confused"]:
        key = tuple(sorted((pair["true"], pair["predicted"])))
        counts[key] = counts.get(key, 0) + pair["count"]
    (low, high), count = max(counts.items(), key=lambda item: item[1])
    if count < 2:
        return []
    return [
        Suggestion(
            f"{low} and {high} are taken for one another {count} times, {count / errors:.0%} of all errors",
            f"distort the training images of {low} and {high} more, or add more of them",
        )
    ]


def _confident_errors(predictions: Predictions) -> list[Suggestion]:
    errors = predictions.errors
    confident = int((predictions.confidence[errors] >= CONFIDENT).sum())
    found = []
    if confident:
        found.append(
            Suggestion(
                f"{confident} of {len(errors)} errors are made with a confidence of {CONFIDENT:.0%} or more",
                "look at these images first: some may carry a wrong label",
            )
        )
    if len(errors) > confident:
        found.append(
            Suggestion(
                f"{len(errors) - confident} of {len(errors)} errors are made with less than {CONFIDENT:.0%} confidence",
                "average several networks, or pass such images on to a person",
            )
        )
    return found


def _weakest_digit(scores: dict) -> list[Suggestion]:
    weakest = min(scores["per_class"], key=lambda row: row["recall"] if row["support"] else 1)
    # One of ten digits is always the weakest: only where it stands out is that a finding.
    if weakest["digit"] not in scores["recall_test"]["standing_out"]:
        return []
    missed = round((1 - weakest["recall"]) * weakest["support"])
    return [
        Suggestion(
            f"{weakest['digit']} has the lowest recall, {weakest['recall']:.2%}: "
            f"{missed} of {weakest['support']:,} images are missed",
            f"see which validation images of {weakest['digit']} are missed, and add such shapes to the training images",
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
            )
        ]
    if checkpoint.kept_epoch == len(checkpoint.history):
        return [
            Suggestion(
                f"no epoch was clearly better than the last of {len(checkpoint.history)}, and the training loss "
                f"({last.train_loss:.3f}) shows no overfitting",
                "train for more epochs or raise width, with several seeds to see whether it helps",
            )
        ]
    return []


def _missing_options(checkpoint: Checkpoint) -> list[Suggestion]:
    found = []
    if not checkpoint.training.augment:
        found.append(Suggestion("the network saw no distorted images in training", "turn augment on"))
    if not checkpoint.model.settings.batch_norm:
        found.append(Suggestion("the network has no batch normalisation", "turn batch_norm on"))
    return found
