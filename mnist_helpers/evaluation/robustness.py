"""How many errors more there are when the images are corrupted."""

import statistics

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import BLUE, GREY, ORANGE, Table, describe, percent_range, plot_gallery
from mnist_helpers.evaluation.corruptions import CORRUPTIONS, corrupt
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import MnistCNN, Predictions, predict


def measure_robustness(model: MnistCNN, test: LabelledImages, predictions: Predictions, seed: int = 0) -> dict:
    """The errors on each corruption of the test images, beside those among the `predictions` of the clean ones.

    "errors" is a count; "accuracy", its 95 % Wilson interval "ci95" and the errors "mean_error", "median_error" and
    "worst_error" (over the corruptions), "clean_error" and "drop" (mean less clean) are shares from 0 to 1.
    """
    clean_error = len(predictions.errors) / len(test)
    rows, total = [], 0
    for name in CORRUPTIONS:
        errors = len(predict(model, LabelledImages(corrupt(name, test.images, seed), test.labels)).errors)
        total += errors
        correct = len(test) - errors
        interval = list(wilson_interval(correct, len(test)))
        rows.append({"name": name, "errors": errors, "accuracy": correct / len(test), "ci95": interval})
    mean_error = total / (len(rows) * len(test))
    return {
        "corruptions": rows,
        "mean_error": mean_error,
        "median_error": statistics.median(_errors(rows)),
        "worst_error": max(_errors(rows)),
        "clean_error": clean_error,
        "drop": mean_error - clean_error,
    }


def tabulate_robustness(robustness: dict) -> Table:
    """Accuracy and errors under each corruption, and their mean, median and worst."""
    clean = 1 - robustness["clean_error"]
    errors = _errors(robustness["corruptions"])
    sums = {"Mean": statistics.fmean(errors), "Median": statistics.median(errors), "Worst": max(errors)}
    return Table(
        "Accuracy under corruption",
        ["Corruption", "Accuracy", "95% interval", "Errors", "Drop against clean (points)"],
        [
            (
                entry["name"],
                f"{entry['accuracy']:.2%}",
                percent_range(entry["ci95"]),
                f"{entry['errors']:,}",
                f"{100 * (clean - entry['accuracy']):.2f}",
            )
            for entry in robustness["corruptions"]
        ]
        + [(name, f"{1 - error:.2%}", "", "", f"{100 * (error - 1 + clean):.2f}") for name, error in sums.items()],
    )


def plot_corruptions(image: torch.Tensor, robustness: dict) -> Figure:
    """One image, uint8 (28, 28), clean and under each corruption, with the error on all test images."""
    images = torch.cat([image[None], *(corrupt(name, image[None]) for name in CORRUPTIONS)])
    captions = [f"clean\n{robustness['clean_error']:.2%}"]
    captions += [f"{entry['name']}\n{1 - entry['accuracy']:.1%}" for entry in robustness["corruptions"]]
    return plot_gallery(images, captions, columns=8)


def plot_robustness(robustness: dict) -> Figure:
    """The error under each corruption, largest first, with 95 % intervals."""
    clean_error = robustness["clean_error"]
    ordered = sorted(robustness["corruptions"], key=lambda entry: entry["accuracy"])
    errors = [100 * (1 - entry["accuracy"]) for entry in ordered]
    spread = [[100 * abs(entry["accuracy"] - bound) for bound in entry["ci95"][::-1]] for entry in ordered]
    figure, axis = plt.subplots(figsize=(7, 0.3 * len(ordered) + 1))
    axis.barh([entry["name"] for entry in ordered], errors, xerr=np.transpose(spread), color=BLUE, ecolor=GREY)
    axis.invert_yaxis()
    axis.axvline(100 * clean_error, color=ORANGE, linewidth=1.2, label=f"clean: {clean_error:.2%}")
    axis.set(title="Error under corruption", xlabel="Error (%)")
    axis.grid(axis="x")
    axis.legend(loc="lower right")
    worst, easiest = ordered[0], ordered[-1]
    return describe(
        figure,
        f"Error under {len(ordered)} corruptions, from {1 - easiest['accuracy']:.1%} ({easiest['name']}) to "
        f"{1 - worst['accuracy']:.1%} ({worst['name']}); clean {clean_error:.2%}.",
    )


def describe_robustness(robustness: dict) -> str:
    """Mean, median and worst error under corruption, and how few corruptions most of the errors come from."""
    corruptions = sorted(robustness["corruptions"], key=lambda entry: -entry["errors"])
    errors, worst = _errors(corruptions), corruptions[0]
    text = (
        f"The mean error over the {len(corruptions)} corruptions is {robustness['mean_error']:.1%}, "
        f"{100 * robustness['drop']:.1f} points more than on clean images; the median is "
        f"{statistics.median(errors):.1%}, the worst {max(errors):.1%} ({worst['name']})."
    )
    total = sum(entry["errors"] for entry in corruptions)
    two = corruptions[:2]
    share = sum(entry["errors"] for entry in two) / max(total, 1)
    if share <= 0.5:
        return text
    return f"{text} {two[0]['name'].capitalize()} and {two[1]['name']} alone make {share:.0%} of these errors."


def _errors(corruptions: list[dict]) -> list[float]:
    """The error under each corruption, a share."""
    return [1 - entry["accuracy"] for entry in corruptions]
