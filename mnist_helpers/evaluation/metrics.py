"""metrics.json, the one source of every number in the report and in the README."""

import json
from pathlib import Path

from mnist_helpers.checkpoint import note_outdated
from mnist_helpers.evaluation.chance import seeds_text
from mnist_helpers.files import replacing
from mnist_helpers.paths import RunPaths


def write_metrics(paths: RunPaths, metrics: dict) -> None:
    """Write metrics.json; it is replaced at once. Raises MnistError when it cannot be written."""
    with replacing(paths.metrics) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    note_outdated(paths, metrics["network"])


def read_metrics(path: Path) -> dict:
    """The metrics that an evaluation wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def results_table(metrics: dict) -> str:
    """The results as a Markdown table, as the README shows them."""
    low, high = metrics["accuracy_ci95"]
    provenance = metrics["provenance"]
    rows = {
        "Test accuracy": f"{metrics['accuracy']:.2%} (95% interval {low:.2%} to {high:.2%})",
        "Over seeds, mean ± standard deviation": seeds_text(metrics["seeds"]),
        "Errors": f"{metrics['errors']} of {metrics['n_test']:,}",
        "Precision, recall, F1 (macro)": _scores(metrics["macro_avg"]),
        "Precision, recall, F1 (weighted)": _scores(metrics["weighted_avg"]),
        "Most confused": ", ".join(
            f"{pair['true']} taken for {pair['predicted']} ({pair['count']} times)"
            for pair in metrics["most_confused"][:3]
        ),
        "Parameters": f"{provenance['parameter_count']:,}",
        "Training": (
            f"{provenance['parameters']['epochs']:g} epochs in {provenance['duration_seconds']:.0f} s on "
            f"{provenance['device']}, {provenance['threads']} threads"
        ),
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])


def _scores(average: dict) -> str:
    return ", ".join(f"{average[score]:.4f}" for score in ("precision", "recall", "f1"))
