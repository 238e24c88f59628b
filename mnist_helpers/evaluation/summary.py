"""The results in words and as plain text, made from metrics.json alone."""

import shlex
from dataclasses import asdict

from mnist_helpers.settings import ModelSettings, TrainingSettings


def headline(metrics: dict) -> str:
    """Accuracy with its 95 % interval and the errors, in one sentence."""
    low, high = metrics["accuracy_ci95"]
    return (
        f"{metrics['accuracy']:.2%} of {metrics['n_test']:,} {_name(metrics)} test images are classified correctly "
        f"(95% interval {low:.2%} to {high:.2%}; {metrics['errors']} errors)."
    )


def seeds_text(metrics: dict) -> str:
    """Mean and standard deviation of the accuracy over the seeds; empty when there is one seed only."""
    seeds = metrics["seeds"]
    if seeds["n"] == 1:
        return ""
    return f"{seeds['accuracy_mean']:.2%} ± {seeds['accuracy_std']:.2%} (n = {seeds['n']})"


def verdict_sentence(metrics: dict) -> str:
    """What the evaluation comes to: accuracy, gates, and the comparison with the baseline."""
    gates, baseline = metrics["gates"], metrics["baseline"]
    passed = sum(gate["passed"] for gate in gates)
    sentence = (
        f"{metrics['accuracy']:.2%} of {metrics['n_test']:,} {_name(metrics)} test images are classified correctly"
    )
    if baseline:
        sentence += {
            "better": ", better than the plain baseline",
            "worse": ", worse than the plain baseline",
            "not distinguishable": ", not distinguishable from the plain baseline",
        }[baseline["verdict"]]
    return f"{sentence}; {passed} of {len(gates)} gates passed."


def classification_report(metrics: dict) -> str:
    """Precision, recall and F1 by digit with their averages, for the terminal."""
    lines = [
        headline(metrics),
        "",
        f"{'digit':>12} {'precision':>10} {'recall':>10} {'F1':>10} {'images':>8}",
    ]
    for row in metrics["per_class"]:
        lines.append(_line(str(row["digit"]), row, row["support"]))
    lines += [
        _line("macro avg", metrics["macro_avg"], metrics["n_test"]),
        _line("weighted avg", metrics["weighted_avg"], metrics["n_test"]),
        "",
    ]
    return "\n".join(lines)


def results_table(metrics: dict) -> str:
    """The results as a Markdown table, as the README shows them."""
    low, high = metrics["accuracy_ci95"]
    macro, weighted, provenance = metrics["macro_avg"], metrics["weighted_avg"], metrics["provenance"]
    rows = {
        "Test accuracy": f"{metrics['accuracy']:.2%} (95% interval {low:.2%} to {high:.2%})",
        "Over seeds, mean ± standard deviation": seeds_text(metrics) or "one seed only",
        "Errors": f"{metrics['errors']} of {metrics['n_test']:,}",
        "Precision, recall, F1 (macro)": f"{macro['precision']:.4f}, {macro['recall']:.4f}, {macro['f1']:.4f}",
        "Precision, recall, F1 (weighted)": (
            f"{weighted['precision']:.4f}, {weighted['recall']:.4f}, {weighted['f1']:.4f}"
        ),
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


def reproduce_command(metrics: dict) -> str:
    """The command that trains and evaluates with the same settings and seeds again, ready for a shell."""
    seeds = metrics["seeds"]["n"]
    words = ["mnist-cnn", "report", "--dataset", metrics["dataset"]]
    words += ["--seeds", seeds] if seeds > 1 else []
    for name, value in changed_parameters(metrics).items():
        words += ["-p", name, value]
    return shlex.join(map(str, words))


def changed_parameters(metrics: dict) -> dict[str, object]:
    """The parameters of a run that differ from the defaults."""
    defaults = asdict(ModelSettings()) | asdict(TrainingSettings())
    return {name: value for name, value in metrics["provenance"]["parameters"].items() if defaults[name] != value}


def _line(name: str, scores: dict, support: int) -> str:
    return f"{name:>12} {scores['precision']:10.4f} {scores['recall']:10.4f} {scores['f1']:10.4f} {support:8,}"


def _name(metrics: dict) -> str:
    return {"mnist": "MNIST", "digits": "digits-sample"}[metrics["dataset"]]
