"""What the evaluation comes to, where the result comes from, and how to get it again, from metrics.json alone."""

import shlex

from mnist_helpers.display import Table
from mnist_helpers.evaluation.scores import share_correct
from mnist_helpers.settings import changed_settings

# That met MNIST's test images before the present default: docs/experiments.md lists them (a test compares).
EARLIER_RECIPES = 11
COMPARED = {
    "better": ", better than the plain baseline",
    "not distinguishable": ", not distinguishable from the plain baseline",
}


def verdict_sentence(metrics: dict) -> str:
    """What the evaluation comes to: first whatever speaks against the network, then accuracy, comparison and gates."""
    gates, baseline, previous = metrics["gates"], metrics["baseline"], metrics.get("previous")
    failed = [gate["name"].partition(":")[0] for gate in gates if not gate["passed"]]
    against = [f"{len(failed)} of {len(gates)} gates failed ({', '.join(failed)})."] if failed else []
    if baseline and baseline["verdict"] == "worse":
        against.append("Worse than the plain baseline.")
    if previous and previous["verdict"] == "worse":
        against.append(f"Worse than {previous['name']}.")
    compared = COMPARED.get(baseline["verdict"], "") if baseline else ""
    passed = "" if failed else f"; all {len(gates)} gates passed"
    return " ".join([*against, f"{share_correct(metrics)}{compared}{passed}."])


def describe_choices(dataset: str) -> str:
    """What was chosen by which images, and how far the test images are from being new to this recipe."""
    text = "Weights were chosen on the validation images, settings on held-out training images. "
    if dataset == "mnist":
        text += (
            f"But {EARLIER_RECIPES} recipes before the default one met these test images too, and the limits of the "
            "gates were set after the first: this is no first look. "
        )
    return text + (
        "The interval covers the choice of test images, not that of the seed. "
        "The most confident mistakes (true → predicted, confidence):"
    )


def describe_origin(provenance: dict) -> str:
    """When and where the result comes from, in one line; older runs have no date."""
    trained = f"Trained on {provenance['date']}. " if "date" in provenance else ""
    return (
        f"{trained}Commit `{provenance['commit'][:10]}`, seed {provenance['seed']}, "
        f"{provenance['parameter_count']:,} parameters, torch {provenance['versions']['torch']}, "
        f"`{provenance['device']}`; more under [Provenance](#Provenance)."
    )


def tabulate_provenance(metrics: dict) -> Table:
    """Data, date, commit, seed, settings, versions, machine and duration."""
    provenance = metrics["provenance"]
    facts = {
        "Data set": metrics["dataset"],
        "Data checksum (SHA-256)": provenance["data_checksum"],
        **({"Trained on (UTC)": provenance["date"]} if "date" in provenance else {}),
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
