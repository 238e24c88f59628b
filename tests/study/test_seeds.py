import json

import numpy as np
import pytest

from mnist_helpers.checkpoint import StoppedError
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation import measure_seeds, seeds_text, tabulate_seeds, write_answers
from mnist_helpers.files import prepare_run
from mnist_helpers.network.classify import Predictions, predict
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.study.seeds import train_other_seeds
from mnist_helpers.training.loop import train
from mnist_helpers.training.watcher import Watcher

SMALL = ModelSettings(width=4)
SETTINGS = TrainingSettings(seed=3, epochs=1, batch_size=100)


@pytest.fixture(scope="module")
def first(digits):
    return train(*digits[:2], SMALL, SETTINGS).model


@pytest.fixture
def paths(tmp_path) -> RunPaths:
    return prepare_run(tmp_path, "digits")


def train_three(paths, first, digits) -> list[int]:
    """Train seeds 4 and 5 beside 3; returns the seeds that were trained."""
    trained = []

    def progress(seed: int):
        trained.append(seed)
        return Watcher()

    train_other_seeds(paths, first, digits[:2], digits[2], SMALL, SETTINGS, 3, progress)
    return trained


def test_every_seed_counts_with_its_own_accuracy(paths, first, digits):
    assert train_three(paths, first, digits) == [4, 5]
    other = predict(train(*digits[:2], SMALL, TrainingSettings(seed=5, epochs=1, batch_size=100)).model, digits[2])
    predictions = predict(first, digits[2])
    seeds = measure_seeds(paths, first, predictions)
    assert seeds["n"] == len(seeds["accuracies"]) == 3
    assert seeds["accuracies"][0] == predictions.correct.mean()
    assert seeds["accuracies"][2] == other.correct.mean()
    assert seeds["accuracy_mean"] == pytest.approx(np.mean(seeds["accuracies"]))
    assert seeds["accuracy_std"] == pytest.approx(np.std(seeds["accuracies"], ddof=1))


def test_seeds_that_are_done_are_not_trained_again(paths, first, digits):
    train_three(paths, first, digits)
    content = json.loads(paths.seed_answers.read_text(encoding="utf-8"))
    del content["answers"]["5"]
    paths.seed_answers.write_text(json.dumps(content), encoding="utf-8")
    assert train_three(paths, first, digits) == [5]


def test_stop_names_the_seed_and_keeps_those_that_are_done(paths, first, digits):
    class Stop(Watcher):
        def epoch(self, history, seconds):
            raise KeyboardInterrupt

    watchers = {4: Watcher(), 5: Stop()}
    with pytest.raises(StoppedError, match="Stopped in seed 5"):
        train_other_seeds(paths, first, digits[:2], digits[2], SMALL, SETTINGS, 3, watchers.__getitem__)
    assert train_three(paths, first, digits) == [5]


def test_answers_beside_another_network_do_not_count(paths, first, digits):
    train_three(paths, first, digits)
    other = train(*digits[:2], SMALL, TrainingSettings(seed=9, epochs=1, batch_size=100)).model
    assert measure_seeds(paths, other, predict(other, digits[2]))["n"] == 1


def test_one_seed_has_no_deviation(paths, first):
    predictions = Predictions(np.eye(10), np.arange(10))
    seeds = measure_seeds(paths, first, predictions)
    assert seeds == {
        "n": 1,
        "accuracy_mean": 1.0,
        "accuracy_std": None,
        "accuracies": [1.0],
        "majority_accuracy": None,
    }
    assert seeds_text(seeds) == "one seed only"


def test_the_majority_outvotes_a_single_network(paths, first):
    predictions = Predictions(np.eye(10), np.arange(10))
    write_answers(paths, first, {4: "0000056789", 5: "0123006789", 6: "0124456780"})
    seeds = measure_seeds(paths, first, predictions)
    assert seeds["majority_accuracy"] == 1.0, "4 for 3, and 0 for 4, are each named by fewer than the truth"
    assert tabulate_seeds(seeds, 3, 10).rows[-1] == ("all 4, by majority", "100.00%", 0)


def test_mean_and_deviation_in_words():
    seeds = {"n": 5, "accuracy_mean": 0.99712, "accuracy_std": 0.00031, "accuracies": []}
    assert seeds_text(seeds) == "99.71% ± 0.03% (n = 5)"


@pytest.mark.parametrize("damage", ["", "[]", "short"])
def test_damaged_answers_are_named(damage, paths, first, digits):
    train_three(paths, first, digits)
    text = paths.seed_answers.read_text(encoding="utf-8")
    if damage == "short":
        content = json.loads(text)
        damage = json.dumps(content | {"answers": {"4": "123"}})
    paths.seed_answers.write_text(damage, encoding="utf-8")
    with pytest.raises(MnistError, match=r"seed_answers\.json is damaged: delete it"):
        measure_seeds(paths, first, predict(first, digits[2]))
