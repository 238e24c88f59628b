"""What a network must reach before anyone should use it."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from mnist_helpers.display import Table


@dataclass(frozen=True)
class Gate:
    """A number of metrics.json and the limit it must keep to."""

    name: str
    wanted: str
    value: Callable[[dict], float]
    shown: str
    passes: Callable[[float], bool]
    section: str
    mnist_only: bool = True


# The limits for MNIST lie between what plain networks reach and what good ones do: accuracy 99.0-99.2 % and
# a mean corruption error of 12.4 % for the Keras example network, against 99.7 % for the best single networks.
GATES = (
    Gate(
        "Accuracy",
        "at least 99.5%",
        lambda metrics: metrics["accuracy"],
        "{:.2%}",
        lambda value: value >= 0.995,
        "Precision, recall and F1",
    ),
    Gate(
        "Calibration: expected calibration error",
        "at most 0.50%",
        lambda metrics: metrics["calibration"]["ece"],
        "{:.2%}",
        lambda value: value <= 0.005,
        "Calibration",
    ),
    Gate(
        "Leakage: images in two parts",
        "none",
        lambda metrics: sum(pair["n"] for pair in metrics["data_checks"]["duplicates_across"]),
        "{:.0f}",
        lambda value: value == 0,
        "Data checks",
        mnist_only=False,
    ),
    Gate(
        "Robustness: mean error under corruption",
        "at most 10%",
        lambda metrics: metrics["robustness"]["mean_error"],
        "{:.1%}",
        lambda value: value <= 0.10,
        "Robustness",
    ),
    Gate(
        "Run time of the training",
        "at most 600 s",
        lambda metrics: metrics["provenance"]["duration_seconds"],
        "{:.0f} s",
        lambda value: value <= 600,
        "Provenance",
        mnist_only=False,
    ),
)


def check_gates(metrics: dict) -> list[dict]:
    """Every gate that applies to the data set, with the value reached and whether that passes."""
    return [
        {
            "name": gate.name,
            "wanted": gate.wanted,
            "value": gate.value(metrics),
            "shown": gate.shown.format(gate.value(metrics)),
            "passed": bool(gate.passes(gate.value(metrics))),
            "section": gate.section,
        }
        for gate in GATES
        if metrics["dataset"] == "mnist" or not gate.mnist_only
    ]


def tabulate_gates(gates: list[dict]) -> Table:
    """A line for each gate; its name links to the section with the evidence."""
    return Table(
        "Gates",
        ["Gate", "Wanted", "Found", "Result"],
        [
            (
                Markup('<a href="#{}">{}</a>').format(gate["section"].replace(" ", "-"), gate["name"]),
                gate["wanted"],
                gate["shown"],
                Markup('<span class="{0}">{0}</span>').format("pass" if gate["passed"] else "fail"),
            )
            for gate in gates
        ],
    )
