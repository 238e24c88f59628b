import pytest

from mnist_helpers.evaluation.gates import check_gates
from mnist_helpers.evaluation.verdict import verdict_sentence


@pytest.fixture
def metrics():
    """A network that passes every gate, just."""
    return {
        "dataset": "mnist",
        "n_test": 10_000,
        "accuracy": 0.995,
        "calibration": {"ece": 0.005},
        "data_checks": {"duplicates_across": [{"parts": ["training", "test"], "n": 0}]},
        "robustness": {"mean_error": 0.035, "worst_error": 0.25},
        "provenance": {"duration_seconds": 600},
        "baseline": {"verdict": "better"},
    }


def failed(metrics) -> list[str]:
    return [gate["section"] for gate in check_gates(metrics) if not gate["passed"]]


def test_a_network_at_every_limit_passes(metrics):
    assert len(check_gates(metrics)) == 6
    assert failed(metrics) == []


@pytest.mark.parametrize(
    ("key", "value", "section"),
    [
        ("accuracy", 0.9949, "Precision, recall and F1"),
        ("calibration", {"ece": 0.0051}, "Calibration (ECE, reliability diagram)"),
        (
            "data_checks",
            {"duplicates_across": [{"parts": ["training", "test"], "n": 1}]},
            "Data checks (duplicates, leakage, balance)",
        ),
        ("robustness", {"mean_error": 0.036, "worst_error": 0.25}, "Robustness"),
        ("robustness", {"mean_error": 0.035, "worst_error": 0.251}, "Robustness"),
        ("provenance", {"duration_seconds": 601}, "Provenance"),
    ],
)
def test_each_gate_fails_by_its_own_number(metrics, key, value, section):
    assert failed(metrics | {key: value}) == [section]


def test_digits_are_not_held_to_what_only_mnist_supports(metrics):
    gates = check_gates(metrics | {"dataset": "digits", "accuracy": 0.5})
    assert [gate["section"] for gate in gates] == ["Data checks (duplicates, leakage, balance)", "Provenance"]


def test_verdict_names_comparison_and_gates_and_first_what_failed(metrics):
    right = "99.50% of 10,000 MNIST test images are classified correctly, better than the plain baseline"
    assert verdict_sentence(metrics | {"gates": check_gates(metrics)}) == f"{right}; all 6 gates passed."
    failing = check_gates(metrics | {"robustness": {"mean_error": 0.11, "worst_error": 0.2}})
    assert verdict_sentence(metrics | {"gates": failing}) == f"1 of 6 gates failed (Robustness). {right}."
