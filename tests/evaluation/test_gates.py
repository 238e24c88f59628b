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
        "robustness": {"mean_error": 0.06, "worst_error": 0.40},
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
        ("calibration", {"ece": 0.0051}, "Calibration"),
        ("data_checks", {"duplicates_across": [{"parts": ["training", "test"], "n": 1}]}, "Data checks"),
        ("robustness", {"mean_error": 0.061, "worst_error": 0.40}, "Robustness"),
        ("robustness", {"mean_error": 0.06, "worst_error": 0.401}, "Robustness"),
        ("provenance", {"duration_seconds": 601}, "Provenance"),
    ],
)
def test_each_gate_fails_by_its_own_number(metrics, key, value, section):
    assert failed(metrics | {key: value}) == [section]


def test_digits_are_not_held_to_what_only_mnist_supports(metrics):
    gates = check_gates(metrics | {"dataset": "digits", "accuracy": 0.5})
    assert [gate["section"] for gate in gates] == ["Data checks", "Provenance"]


def test_verdict_names_comparison_and_gates(metrics):
    metrics["gates"] = check_gates(metrics | {"accuracy": 0.99})
    assert verdict_sentence(metrics) == (
        "99.50% of 10,000 MNIST test images are classified correctly, better than the plain baseline; "
        "5 of 6 gates passed."
    )
