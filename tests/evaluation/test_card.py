"""What the first screen says of a perfect, a constant and a random classifier, and of what speaks against a network."""

import numpy as np
import pytest
from markupsafe import Markup

from mnist_helpers import evaluation
from mnist_helpers.display.tables import _plain
from mnist_helpers.evaluation.corruptions import CORRUPTIONS
from mnist_helpers.network import Predictions

MATCH = {"mcnemar": {"only_first": 3, "only_second": 12, "p_value": 0.035}, "verdict": "worse", "errors": 25}
LABELS = np.repeat(np.arange(10), 500)


def answers(kind: str, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    logits = {
        "perfect": 20.0 * np.eye(10)[LABELS],
        "constant": np.tile([3.0, *[0.0] * 9], (len(LABELS), 1)),
        "random": rng.normal(size=(len(LABELS), 10)),
    }[kind]
    return Predictions(logits, LABELS)


def metrics_of(predictions: Predictions, worst: float = 0.3) -> dict:
    """What an evaluation of these answers would hold, as far as the first screen reads it."""
    error = float(np.mean(~predictions.correct))
    rows = [{"name": name, "accuracy": 1 - error} for name in CORRUPTIONS]
    rows[4]["accuracy"] = 1 - max(error, worst)
    metrics = {"dataset": "mnist", **evaluation.measure_scores(predictions), "baseline": None}
    metrics |= {"seeds": {"n": 1}, "slices": [], "selective": evaluation.measure_selective(predictions, predictions)}
    metrics |= {"robustness": {"corruptions": rows, "mean_error": error, "worst_error": max(error, worst)}}
    metrics |= {"calibration": {"ece": 0.001}, "provenance": {"duration_seconds": 60}}
    metrics |= {"data_checks": {"duplicates_across": []}}
    return metrics | {"gates": evaluation.check_gates(metrics)}


def card(metrics: dict) -> dict[str, str]:
    return {name: _plain(text) for name, text in evaluation.decision_card(metrics).items()}


def test_a_perfect_classifier_passes_and_is_not_called_faultless():
    metrics = metrics_of(answers("perfect"))
    said = card(metrics)
    assert evaluation.verdict_sentence(metrics) == (
        "100.00% of 5,000 MNIST test images are classified correctly; all 5 gates passed."
    )
    assert said["How sure"].startswith("0 errors; 95% interval of the accuracy 99.92%–100.00%")
    assert said["Weakest point"] == "Shear: 30.0% of images so corrupted are misread. " + (
        "No digit is harder than the others beyond chance."
    )
    assert (
        "0 of 5,000 images (0.0%) go to a person, 0 errors stay (0.00%–0.08% of the answers)"
        in (said["What to refuse"])
    )
    assert said["What to refuse"].endswith("At most 0.1% errors: assured.")
    assert said["Gates"] == "passed Accuracy, Calibration, Leakage, Robustness, Run time of the training"
    assert said["Compared"] == "With no baseline and no earlier run."


@pytest.mark.parametrize(("kind", "share"), [("constant", "10.00%"), ("random", "")])
def test_a_useless_classifier_is_called_so_first(kind, share):
    metrics = metrics_of(answers(kind)) | {"baseline": MATCH}
    said = card(metrics)
    start = "2 of 5 gates failed (Accuracy, Robustness). Worse than the plain baseline. "
    assert evaluation.verdict_sentence(metrics).startswith(start + share)
    assert "passed" not in evaluation.verdict_sentence(metrics)
    assert said["What to refuse"].startswith("Every answer")
    assert said["Gates"].startswith(f"failed Accuracy: {metrics['accuracy']:.2%}, wanted at least 99.50%; Robustness: ")
    assert ("Hardest digit: " in said["Weakest point"]) == (kind == "constant")


def test_a_threshold_that_assures_nothing_says_so():
    logits = answers("perfect").logits.copy()
    logits[:20] = np.roll(logits[:20], 1, axis=1) / 20  # wrong and unsure
    logits[20:24] = np.roll(logits[20:24], 1, axis=1)  # wrong and sure
    said = card(metrics_of(Predictions(logits, LABELS)))["What to refuse"]
    assert "20 of 5,000 images (0.4%) go to a person, 4 errors stay (0.03%–0.21%" in said
    assert said.endswith("At most 0.1% errors: not assured.")


def test_the_previous_run_and_the_baseline_are_compared():
    metrics = metrics_of(answers("perfect"))
    better = MATCH | {"verdict": "better"}
    before = MATCH | {"name": "the run before", "robustness": {"mean_error": 0.089, "worst_error": 0.763}}
    compared = metrics | {"baseline": better, "previous": before}
    assert evaluation.verdict_sentence(compared).startswith("Worse than the run before. 100.00%")
    assert card(compared)["Compared"] == (
        "Better than the plain baseline (25 errors): 3 images are right only here, 12 only there, p = 0.035. "
        "Worse than the run before (25 errors): 3 images are right only here, 12 only there, p = 0.035. "
        "Error under corruption, the run before → now: 8.9% → 0.0% on average, 76.3% → 30.0% at worst."
    )
    assert "now" not in card(compared | {"previous": before | {"robustness": None}})["Compared"]


def test_a_slice_is_named_only_where_chance_does_not_explain_it():
    part = {"group": "half", "n": 5000, "group_p_value": 0.03}
    slices = [part | {"name": "second", "errors": 9, "accuracy": 0.9982}]
    slices += [part | {"name": "first", "errors": 25, "accuracy": 0.995}]
    slices += [part | {"group": "slant", "group_p_value": 0.4, "name": "left", "errors": 30, "accuracy": 0.99}]
    said = card(metrics_of(answers("perfect")) | {"slices": slices})["Weakest point"]
    assert said.endswith("Harder slice: first, 25 errors in 5,000.") and "left" not in said and "second" not in said


def test_a_failed_gate_is_red_and_leads_to_its_section():
    gates = evaluation.decision_card(metrics_of(answers("constant")))["Gates"]
    assert isinstance(gates, Markup)
    assert '<span class="fail">failed</span> <a href="#Precision,-recall-and-F1">Accuracy</a>: 10.00%' in gates
