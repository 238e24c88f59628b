"""The errors on corrupted images as a table and as a figure, beside those of other networks."""

from collections.abc import Sequence

import numpy as np
import torch
from markupsafe import Markup
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display import BLUE, GREY, ORANGE, Table, describe, log_marks, thumbnail
from mnist_helpers.evaluation.baseline import with_verdict
from mnist_helpers.evaluation.corruptions import corrupt
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.robustness import SUMS

Compared = dict[str, tuple[float, str]]  # the name of a row to another network's error there, and the verdict
MARKS = ("dot", "ring", "bar")  # as the style sheet draws the marks


def tabulate_robustness(
    robustness: dict,
    baseline: dict | None = None,
    previous: dict | None = None,
    image: torch.Tensor | None = None,
    own: str = "this network",
) -> Table:
    """The errors under each corruption, largest first, then on clean images, then mean, median and worst.

    `baseline` and `previous` are those of metrics.json; `image`, uint8 (28, 28), shows what each corruption does;
    `own` is what the network is called.
    """
    others = _compared(robustness, baseline, previous)
    legend = ", ".join(f"{mark} {name}" for mark, name in zip(MARKS, (own, *others), strict=False))
    return Table(
        "Errors in percent, largest first. Better or worse: by a paired test, corrected for the number of corruptions; "
        "no word: not distinguishable.",
        [
            "Corruption",
            "Error",
            "95% interval",
            f"0.01 to 100, a line each tenfold: {legend}",
            *(f"{name[0].upper()}{name[1:]}; {own} is" for name in others),
        ],
        [
            (
                _with_picture(name, image),
                f"{100 * error:.2f}",
                "–".join(f"{100 * (1 - bound):.2f}" for bound in interval[::-1]),
                log_marks([error, *(other[name][0] for other in others.values() if name in other)]),
                *(
                    with_verdict(f"{100 * other[name][0]:.2f}", other[name][1]) if name in other else ""
                    for other in others.values()
                ),
            )
            for name, error, interval in _rows(robustness)
        ],
    )


def plot_robustness(robustness: dict, baseline: dict | None = None, previous: dict | None = None) -> Figure:
    """The error under each corruption, largest first, on a logarithmic axis, with 95 % intervals and other networks."""
    rows = [row for row in _rows(robustness) if row[0] not in SUMS]
    names, errors = [row[0] for row in rows], np.array([row[1] for row in rows])
    bounds = 1 - np.array([row[2][::-1] for row in rows]).T
    smallest = 0.5 / robustness["images"]  # where no error is drawn
    figure, axis = plt.subplots(figsize=(7, 0.3 * len(rows) + 1))
    axis.hlines(names, *(100 * np.maximum(bounds, smallest)), color=BLUE, linewidth=1)
    axis.plot(100 * np.maximum(errors, smallest), names, "o", color=BLUE, label="this network")
    marks = (("D", ORANGE), ("x", GREY))
    for (name, other), (mark, color) in zip(_compared(robustness, baseline, previous).items(), marks, strict=False):
        shown = [row for row in names if row in other]
        axis.plot(
            [100 * max(other[row][0], smallest) for row in shown],
            shown,
            mark,
            color=color,
            markersize=5,
            markerfacecolor="none",
            label=name,
        )
    axis.invert_yaxis()
    axis.set(title="Error under corruption", xlabel="Error (%), logarithmic", xscale="log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.grid(axis="x")
    axis.legend(loc="lower right")
    worst, easiest = rows[0], min(rows[:-1], key=lambda row: row[1])
    return describe(
        figure,
        f"Error under {len(rows) - 1} corruptions, from {easiest[1]:.1%} ({easiest[0]}) to "
        f"{worst[1]:.1%} ({worst[0]}); clean {robustness['clean_error']:.2%}.",
    )


def _rows(robustness: dict) -> list[tuple[str, float, Sequence[float]]]:
    """Name, error and the interval of the accuracy: the corruptions, largest error first, clean images, and sums."""
    corruptions = sorted(robustness["corruptions"], key=lambda row: -row["errors"])
    images, clean_error = robustness["images"], robustness["clean_error"]
    clean = wilson_interval(images - round(clean_error * images), images)
    return [
        *((row["name"], 1 - row["accuracy"], row["ci95"]) for row in corruptions),
        ("clean", clean_error, clean),
        *((name, robustness[key], ()) for name, key in SUMS.items()),
    ]


def _compared(robustness: dict, baseline: dict | None, previous: dict | None) -> dict[str, Compared]:
    """The other networks by name, those that there are."""
    images, others = robustness["images"], {}
    if baseline and robustness["baseline"]:
        rows = {row["name"]: row["baseline"] for row in robustness["corruptions"]}
        others["baseline"] = _line_up(images, rows | {"clean": baseline}, robustness["baseline"])
    if previous:
        rows = {row["name"]: row for row in previous["robustness"]["corruptions"]}
        others[previous["name"]] = _line_up(images, rows | {"clean": previous}, previous["robustness"])
    return others


def _line_up(images: int, rows: dict[str, dict], sums: dict) -> Compared:
    singles = {name: (row["errors"] / images, row["verdict"]) for name, row in rows.items()}
    return singles | {name: (sums[key], "") for name, key in SUMS.items()}


def _with_picture(name: str, image: torch.Tensor | None) -> str:
    """The name of a row behind what the corruption makes of `image`; sums have no picture."""
    if image is None or name in SUMS:
        return name
    picture = image if name == "clean" else corrupt(name, image[None])[0]
    return thumbnail(picture, alt=f"the first test image, {name}", width=22) + Markup(" ") + name
