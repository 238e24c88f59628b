"""The errors on corrupted images as a table, beside those of other networks."""

from collections.abc import Sequence

import torch
from markupsafe import Markup

from mnist_helpers.display import Table, log_marks, thumbnail
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
    marks = ", ".join(f"{mark} {name}" for mark, name in zip(MARKS, (own, *others), strict=False))
    # Where there are no pictures, as in a terminal, there is no axis.
    legend = "" if image is None else f" On the axis: {marks}."
    return Table(
        "Errors in percent, largest first. Better or worse: by a paired test, corrected for the number of corruptions; "
        f"no word: not distinguishable.{legend}",
        [
            "Corruption",
            "Error",
            "95% interval",
            "0.01 to 100, a line each tenfold",
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
