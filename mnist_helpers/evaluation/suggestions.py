"""What to try next: each suggestion with the finding behind it on the validation images, and what the study says of it.

The test images suggest nothing: whoever tunes on their errors has no test images any more.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.display import Table
from mnist_helpers.evaluation.confusion import measure_confusion
from mnist_helpers.evaluation.errors import CONFIDENT
from mnist_helpers.evaluation.improvement_words import in_short
from mnist_helpers.evaluation.improvements import UNKNOWN, Improvement
from mnist_helpers.evaluation.scores import measure_scores
from mnist_helpers.network import Predictions


class Suggestion(NamedTuple):
    """What was found, what to try because of it, and which configuration of the study tried that, if one did."""

    finding: str
    action: str
    tried: str = ""


def suggest_improvements(
    on_validation: Predictions, checkpoint: Checkpoint, improvements: Sequence[Improvement]
) -> list[Suggestion]:
    """Suggestions for this network, from its answers on the validation images, its training, and the study."""
    if not len(on_validation.errors):
        found = [Suggestion("no validation image is misclassified", "validate on more images, or on harder ones")]
    else:
        found = [
            *_confused_pair(on_validation),
            *_confident_errors(on_validation),
            *_weakest_digit(on_validation),
        ]
    return [*found, *_fit(checkpoint), *_missing_options(checkpoint), *_better_recipes(improvements)]


def tabulate_suggestions(suggestions: Sequence[Suggestion], improvements: Sequence[Improvement]) -> Table:
    """A line for each suggestion, with what the study measured of it."""
    measured = {one.name: one for one in improvements}
    rows = [
        (one.finding, one.action, in_short(measured[one.tried]) if one.tried in measured else "not measured")
        for one in suggestions
    ]
    return Table("Improvement suggestions", ["Found", "Worth trying", "What the study measured"], rows)


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
                "default + dropout",
            )
        ]
    if checkpoint.kept_epoch == len(checkpoint.history):
        return [
            Suggestion(
                f"no epoch was clearly better than the last of {len(checkpoint.history)}, and the training loss "
                f"({last.train_loss:.3f}) shows no overfitting",
                "train for more epochs or raise width, with several seeds to see whether it helps",
                "default + wider",
            )
        ]
    return []


def _missing_options(checkpoint: Checkpoint) -> list[Suggestion]:
    training = checkpoint.training
    options = [
        (training.augment, "the network saw no distorted images in training", "turn augment on", "all distortion"),
        (training.label_smoothing, "the labels were not smoothed", "set label_smoothing to 0.1", "label smoothing"),
        (
            checkpoint.model.settings.batch_norm,
            "the network has no batch normalisation",
            "turn batch_norm on",
            "batch normalisation",
        ),
    ]
    return [Suggestion(finding, action, f"default - {part}") for is_on, finding, action, part in options if not is_on]


def _better_recipes(improvements: Sequence[Improvement]) -> list[Suggestion]:
    """What the study found to be better than the default recipe, and which of its parts show no use."""
    found = []
    for one in improvements:
        if one.against == "default" and one.verdict == "helps":
            found.append(Suggestion("the study found a recipe better than the default", f"train {one.name}", one.name))
        elif one.name.startswith("default - ") and one.verdict == UNKNOWN and one.difference:
            part = one.name.removeprefix("default - ")
            action = "more seeds, to see its use; or leave it out, if it is there for nothing else"
            found.append(Suggestion(f"without {part} no difference shows on clean images", action, one.name))
    return found
