"""Where the errors are: the score on parts of the test set, by writer, stroke thickness and slant."""

from typing import Any

import numpy as np

from mnist_helpers.data import LabelledImages, slant, stroke_thickness
from mnist_helpers.display import Table, percent, percent_range
from mnist_helpers.evaluation.baseline import NOTHING, Others, measure_part, other_columns
from mnist_helpers.evaluation.homogeneity import ALPHA, homogeneity
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.network import Predictions

# Of MNIST's test set: students wrote the first half, and networks make two to four times as many errors on it. Most
# people believe the reverse, after MNIST's own page, which calls the first half "cleaner and easier".
# On the writers: Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019.
HALF = 5000
HALVES = {
    "test images 0–4,999, by students": slice(0, HALF),
    "test images 5,000–9,999, by employees": slice(HALF, None),
}

THICKNESS = ("thin", "medium", "thick")
SLANT = ("left-leaning", "upright", "right-leaning")


def measure_slices(
    test: LabelledImages, predictions: Predictions, dataset: str, others: Others = NOTHING
) -> list[dict[str, Any]]:
    """The score on each part of the test set.

    The groups are the two halves of MNIST (only where `dataset` is "mnist"), and thirds of the stroke thickness and of
    the slant, whose limits are in the names. Each group holds every image once; empty parts are left out.

    A part has "group", "name", "n", "errors", "accuracy" (a share), "ci95" (its Wilson interval), and
    "errors_expected": how many errors its mix of digits alone would bring, at the error rates that each digit has in
    the whole test set. Without it, a part with many 9s would look hard for its strokes. "group_p_value" is that of
    its group, the chance that parts of equal difficulty differ as much (`homogeneity`), times the number of groups,
    for as many looks are taken. "others" are the paired tests against `others` on the part,
    corrected for the number of parts.

    Raises ValueError when images and predictions do not belong together.
    """
    labels, correct = predictions.labels, predictions.correct
    if not np.array_equal(test.labels, labels):
        raise ValueError("These images and predictions do not belong together.")
    rate = np.array([(~correct[labels == digit]).mean() if (labels == digit).any() else 0 for digit in range(10)])
    parts = [part for part in divide(test, dataset) if len(part[2])]
    p_values = _group_p_values(parts, correct)
    return [
        {
            "group": group,
            "name": name,
            "n": len(inside),
            "errors": int((~correct[inside]).sum()),
            "errors_expected": float(rate[labels[inside]].sum()),
            "accuracy": float(correct[inside].mean()),
            "ci95": list(wilson_interval(int(correct[inside].sum()), len(inside))),
            "group_p_value": p_values[group],
            "others": measure_part(correct, others, inside, len(parts)),
        }
        for group, name, inside in parts
    ]


def divide(test: LabelledImages, dataset: str) -> list[tuple[str, str, np.ndarray]]:
    """Group, name and indices of each part of the test set, also of an empty one."""
    images = test.images.numpy()
    halves = [("half", name, np.arange(len(test))[half]) for name, half in HALVES.items() if dataset == "mnist"]
    return [
        *halves,
        *_thirds("stroke thickness", stroke_thickness(images), THICKNESS, 2, " px"),
        *_thirds("slant", slant(images), SLANT, 1, "°"),
    ]


def tabulate_slices(slices: list[dict]) -> Table:
    """A line for each part, with the errors found and expected, and those of other networks."""
    names, cells = other_columns(slices)
    return Table(
        "Accuracy by slice of the test set"
        + (f"; better or worse: by a paired test, corrected for {len(slices)} looks" if names else ""),
        ["Slice", "Images", "Errors", "Errors expected", "Accuracy", "95% interval", *names],
        [
            (
                f"{entry['group']}: {entry['name']}",
                f"{entry['n']:,}",
                entry["errors"],
                f"{entry['errors_expected']:.1f}",
                percent(entry["accuracy"], 2),
                percent_range(entry["ci95"]),
                *others,
            )
            for entry, others in zip(slices, cells, strict=True)
        ],
    )


def describe_slices(slices: list[dict]) -> str:
    """For each group, whether its parts differ by more than chance, and which is the hardest."""
    if not any(entry["errors"] for entry in slices):
        return "There is no error in any slice."
    groups = {entry["group"]: entry["group_p_value"] for entry in slices}
    differing = [group for group, p_value in groups.items() if p_value < ALPHA]
    said = [_describe_group(group, [entry for entry in slices if entry["group"] == group]) for group in differing]
    alike = [f"{group} (p = {groups[group]:.2g})" for group in groups if group not in differing]
    if alike:
        said.append(f"Between the parts by {' and by '.join(alike)}, the differences may be chance.")
    return f"{' '.join(said)} Each *p* is corrected for {len(groups)} groups."


def _describe_group(group: str, parts: list[dict]) -> str:
    """The parts of a group that differ, the hardest first, with their errors."""
    first, *others = sorted(parts, key=lambda entry: entry["accuracy"])
    rest = ", ".join(f"{entry['errors']} in {entry['n']:,} ({entry['name']})" for entry in others)
    said = (
        f"**By {group}, the test images are not equally hard** (p = {first['group_p_value']:.2g}): "
        f"{first['errors']} errors in {first['n']:,} ({first['name']}) against {rest}."
    )
    if group == "half" and first["name"] == next(iter(HALVES)):
        said += (
            " Most people believe the reverse, since MNIST's page calls the first half the easier one; it was "
            "[Yadav and Bottou (2019)](https://arxiv.org/abs/1905.10498) who found out who wrote which."
        )
    return said


def _group_p_values(parts: list[tuple[str, str, np.ndarray]], correct: np.ndarray) -> dict[str, float]:
    """Group to the chance that its parts are equally hard, corrected for the number of groups by Bonferroni."""
    groups: dict[str, list[np.ndarray]] = {}
    for group, _, inside in parts:
        groups.setdefault(group, []).append(correct[inside])
    return {
        group: min(1.0, len(groups) * homogeneity([int((~one).sum()) for one in rights], [len(one) for one in rights]))
        for group, rights in groups.items()
    }


def _thirds(
    group: str, values: np.ndarray, names: tuple[str, str, str], decimals: int, unit: str
) -> list[tuple[str, str, np.ndarray]]:
    """Group, name and indices of the three parts; a value on a limit belongs to the part above it."""
    # The limits are rounded before they divide, so that the names say exactly where they do.
    low, high = np.quantile(values, [1 / 3, 2 / 3]).round(decimals) if len(values) else (0.0, 0.0)
    below, above = (f"{limit + 0.0:.{decimals}f}".replace("-", "−") for limit in (low, high))
    limits = (f"below {below}{unit}", f"{below} to {above}{unit}", f"from {above}{unit}")
    third = np.digitize(values, [low, high])
    return [(group, f"{names[index]}, {limits[index]}", np.flatnonzero(third == index)) for index in range(3)]
