import json

import numpy as np
import pytest

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.evaluation.baseline import judge, mcnemar_exact, measure_baseline
from mnist_helpers.network import MnistCNN, predict
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.validation import Epoch


def paired(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong for each image, of two classifiers that agree and differ this often."""
    counts = [both, only_first, only_second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_mcnemar_counts_and_closed_forms():
    comparison = mcnemar_exact(*paired(both=50, only_first=10, only_second=2, neither=3))
    # Two tails of 12 fair coins: 2 · (1 + 12 + 66) / 2¹².
    assert comparison == {"only_first": 10, "only_second": 2, "p_value": pytest.approx(158 / 4096)}
    assert round(comparison["p_value"], 4) == 0.0386
    assert mcnemar_exact(*paired(0, 5, 0, 0))["p_value"] == pytest.approx(2 / 2**5)
    assert mcnemar_exact(*paired(7, 4, 4, 1))["p_value"] == pytest.approx(1)
    assert mcnemar_exact(*paired(90, 0, 0, 10)) == {"only_first": 0, "only_second": 0, "p_value": 1}
    json.dumps(comparison)


def test_mcnemar_refuses_different_images():
    with pytest.raises(ValueError):
        mcnemar_exact(np.ones(3), np.ones(1))


def test_verdict_is_of_the_first_against_the_second():
    better = mcnemar_exact(*paired(50, 10, 2, 3))
    assert judge(better) == "better"
    assert judge(better, alpha=0.01) == "not distinguishable"
    assert judge(mcnemar_exact(*paired(50, 2, 10, 3))) == "worse"
    assert judge(mcnemar_exact(*paired(50, 9, 3, 3))) == "not distinguishable"
    assert judge(mcnemar_exact(*paired(50, 0, 0, 3))) == "not distinguishable"


@pytest.mark.parametrize(("given", "trained", "epochs"), [(0.5, 1, 0.5), (15, 15, 15), (15, 4, 4)])
def test_the_budget_of_the_baseline_is_what_it_was_given_or_got(digits, given, trained, epochs):
    test = digits[2]
    model = MnistCNN(ModelSettings()).eval()
    history = [Epoch(number + 1, 500, 0.1, 0.1, 0.9, 0.1, 0.9) for number in range(trained)]
    plain = Checkpoint(model, TrainingSettings(epochs=given), "digits", history, trained, {})
    predictions = predict(model, test)
    assert measure_baseline(plain, predictions, predictions)["epochs"] == epochs
