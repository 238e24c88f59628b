"""The decision card: what decides about using this network, in the manner of a model card (Mitchell et al., 2019)."""

from markupsafe import Markup

from mnist_helpers.display import percent, percent_range
from mnist_helpers.evaluation.chance import seeds_text
from mnist_helpers.evaluation.gates import gate_link
from mnist_helpers.evaluation.homogeneity import ALPHA

COMPARED = {"better": "Better than", "worse": "Worse than", "not distinguishable": "Not distinguishable from"}


def decision_card(metrics: dict) -> dict[str, str]:
    """The lines of the card by name, each computed from metrics.json but for what the network is made for."""
    return {
        "Meant for": "Images of one handwritten digit each, like MNIST's.",
        "Not for": "What may be no digit: it names one for anything. Several digits. Pens, scanners and countries it "
        "was not measured on.",
        "How sure": _how_sure(metrics),
        "Weakest point": _weakest_point(metrics),
        "What to refuse": _refusal(metrics["selective"], metrics["n_test"]),
        "Compared": _compared(metrics),
        "Gates": _gates(metrics["gates"]),
    }


def _how_sure(metrics: dict) -> str:
    return (
        f"{metrics['errors']:,} errors; 95% interval of the accuracy {percent_range(metrics['accuracy_ci95'])}. "
        f"Mean ± sd over seeds: {seeds_text(metrics['seeds'])}."
    )


def _compared(metrics: dict) -> str:
    """Baseline and previous run, each with its errors and what McNemar's test says of this network against it."""
    others = [("the plain baseline", metrics["baseline"])] if metrics["baseline"] else []
    previous = metrics.get("previous")
    if previous:
        others.append((previous["name"], previous))
    text = " ".join(_against(name, other) for name, other in others) or "With no baseline and no earlier run."
    if not previous or not previous.get("robustness"):
        return text
    before, now = previous["robustness"], metrics["robustness"]
    return (
        f"{text} Error under corruption, {previous['name']} → now: {before['mean_error']:.1%} → "
        f"{now['mean_error']:.1%} on average, {before['worst_error']:.1%} → {now['worst_error']:.1%} at worst."
    )


def _against(name: str, other: dict) -> str:
    test = other["mcnemar"]
    return (
        f"{COMPARED[other['verdict']]} {name} ({other['errors']:,} errors): {test['only_first']:,} images are right "
        f"only here, {test['only_second']:,} only there, p = {test['p_value']:.2g}."
    )


def _weakest_point(metrics: dict) -> str:
    """The worst corruption, and the hardest digit and slices where chance does not explain them."""
    worst = min(metrics["robustness"]["corruptions"], key=lambda entry: entry["accuracy"])
    said = [f"{worst['name'].capitalize()}: {percent(1 - worst['accuracy'], 1)} of images so corrupted are misread."]
    standing_out = metrics["recall_test"]["standing_out"]
    rows = [row for row in metrics["per_class"] if row["support"]]
    hardest = min(rows, key=lambda row: row["recall"])
    if hardest["digit"] in standing_out:
        said.append(f"Hardest digit: {hardest['digit']}, {percent(1 - hardest['recall'], 1)} missed.")
    else:
        said.append("No digit is harder than the others beyond chance.")
    return " ".join([*said, *_hardest_slices(metrics["slices"])])


def _hardest_slices(slices: list[dict]) -> list[str]:
    """The hardest part of each group whose parts differ by more than chance."""
    found = {}
    for part in sorted(slices, key=lambda part: -part["accuracy"]):
        if part["group_p_value"] < ALPHA:
            found[part["group"]] = f"Harder slice: {part['name']}, {part['errors']:,} errors in {part['n']:,}."
    return list(found.values())


def _refusal(selective: dict, images: int) -> str:
    """The threshold chosen on the validation images: what it costs, what is left, and whether that is assured."""
    target, chosen, assured = selective["target_error"], selective["by_validation"], selective["assured"]
    if not chosen["answered"]:
        return f"Every answer: no threshold kept errors within {target:.1%}, so a person has to look at each image."
    refused = images - chosen["answered"]
    kept = "" if chosen["ci95"][1] <= target else "not "
    text = (
        f"Answers below {percent(chosen['threshold'], 1)} confidence: {refused:,} of {images:,} images "
        f"({percent(refused / images, 1)}) go to a person, {chosen['errors']:,} errors stay "
        f"({percent_range(chosen['ci95'])} of the answers). At most {target:.1%} errors: {kept}assured."
    )
    if kept and assured["threshold"] is not None:
        text += f" From {percent(assured['threshold'], 2)} on that is assured, with {assured['answered']:,} answers."
    return text


def _gates(gates: list[dict]) -> Markup:
    """Failed gates with what was found, then those that passed; each name leads to its section."""
    failed = [gate for gate in gates if not gate["passed"]]
    passed = [gate for gate in gates if gate["passed"]]
    parts = []
    if failed:
        found = [Markup("{}: {}, wanted {}").format(_link(gate), gate["shown"], gate["wanted"]) for gate in failed]
        parts.append(Markup('<span class="fail">failed</span> {}').format(Markup("; ").join(found)))
    if passed:
        parts.append(Markup('<span class="pass">passed</span> {}').format(Markup(", ").join(map(_link, passed))))
    return Markup(" ").join(parts)


def _link(gate: dict) -> Markup:
    return gate_link(gate, gate["name"].partition(":")[0])
