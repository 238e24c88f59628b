"""What the evaluation comes to, where the result comes from, and how to get it again, from metrics.json alone."""

import shlex

from mnist_helpers.display import Table, percent_range
from mnist_helpers.evaluation.chance import seeds_text
from mnist_helpers.evaluation.scores import share_correct
from mnist_helpers.settings import changed_settings

# That met MNIST's test images before the present default: docs/experiments.md lists them (a test compares).
EARLIER_RECIPES = 8
COMPARED = {
    "better": ", better than the plain baseline",
    "worse": ", worse than the plain baseline",
    "not distinguishable": ", not distinguishable from the plain baseline",
}


def verdict_sentence(metrics: dict) -> str:
    """What the evaluation comes to: accuracy, gates, and the comparison with the baseline."""
    gates, baseline = metrics["gates"], metrics["baseline"]
    passed = sum(gate["passed"] for gate in gates)
    compared = COMPARED[baseline["verdict"]] if baseline else ""
    return f"{share_correct(metrics)}{compared}; {passed} of {len(gates)} gates passed."


def verdict_facts(metrics: dict) -> dict[str, str]:
    """The few numbers of the first screen."""
    baseline = metrics["baseline"]
    return {
        "Accuracy": f"{metrics['accuracy']:.2%}",
        "95% interval": percent_range(metrics["accuracy_ci95"]),
        "Mean ± sd over seeds": seeds_text(metrics["seeds"]),
        "Errors": f"{metrics['errors']} of {metrics['n_test']:,}",
        "Plain baseline": f"{baseline['accuracy']:.2%}" if baseline else "none",
        "Parameters": f"{metrics['provenance']['parameter_count']:,}",
    }


def describe_choices(dataset: str) -> str:
    """What was chosen by which images, and how far the test images are from being new to this recipe."""
    text = "Weights were chosen on the validation images, settings on images held out of the training file. "
    if dataset == "mnist":
        text += (
            f"But {EARLIER_RECIPES} recipes before the default one were scored on these test images too, and the "
            "limits of the gates were set when the first of them had been: this is no first look. "
        )
    return text + (
        "The interval is Wilson's for one network: it covers the choice of test images, not the choice of the seed. "
        "The most confident mistakes (true → predicted, confidence):"
    )


def describe_origin(provenance: dict) -> str:
    """Where the result comes from, in one line."""
    return (
        f"Commit `{provenance['commit'][:10]}`, seed {provenance['seed']}, torch {provenance['versions']['torch']}, "
        f"`{provenance['device']}`; more under [Provenance](#Provenance)."
    )


def tabulate_provenance(metrics: dict) -> Table:
    """Commit, seed, settings, versions, machine, data and duration."""
    provenance = metrics["provenance"]
    facts = {
        "Data set": metrics["dataset"],
        "Data checksum (SHA-256)": provenance["data_checksum"],
        "Commit": provenance["commit"],
        "Seed": str(provenance["seed"]),
        "Settings": ", ".join(f"{name} {value}" for name, value in provenance["parameters"].items()),
        "Parameters of the network": f"{provenance['parameter_count']:,}",
        "Versions": ", ".join(f"{name} {number}" for name, number in provenance["versions"].items()),
        "Machine": f"{provenance['device']}, {provenance['threads']} threads, {provenance['system']}",
        "Number format in training": provenance["precision"],
        "Training time": f"{provenance['duration_seconds']:.0f} s",
    }
    return Table("Provenance of the network", ["Item", "Value"], list(facts.items()))


def describe_reproduction(metrics: dict) -> str:
    """The command that makes this report again."""
    return f"To make this report again:\n\n```sh\n{reproduce_command(metrics)}\n```"


def reproduce_command(metrics: dict) -> str:
    """The command that trains and evaluates with the same settings and seeds again, ready for a shell."""
    seeds = metrics["seeds"]["n"]
    words = ["mnist-cnn", "report", "--dataset", metrics["dataset"]]
    words += ["--seeds", seeds] if seeds > 1 else []
    for name, value in changed_settings(metrics["provenance"]["parameters"]).items():
        words += ["-p", name, value]
    return shlex.join(map(str, words))
