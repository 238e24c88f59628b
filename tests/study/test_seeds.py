import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_helpers.checkpoint import StoppedError
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation import measure_seeds, read_answers, seeds_text, tabulate_seeds, write_answers
from mnist_helpers.files import prepare_run
from mnist_helpers.network.classify import Predictions, predict
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.study import seeds as other_seeds
from mnist_helpers.study import workers
from mnist_helpers.training.loop import train

SMALL = ModelSettings(width=4)
SETTINGS = TrainingSettings(seed=3, epochs=1, batch_size=100)


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """So seeds are trained in this process, which is quick; results are the same with more."""
    monkeypatch.setattr(other_seeds, "cores", lambda: 1)
    monkeypatch.setattr(workers, "cores", lambda: 1)


@pytest.fixture(scope="module")
def first(digits):
    return train(*digits[:2], SMALL, SETTINGS).model


@pytest.fixture
def paths(tmp_path) -> RunPaths:
    return prepare_run(tmp_path, "digits")


def train_some(paths, first, data_root="") -> list[int]:
    """Train seeds 4, 5 and 6 beside 3; returns the seeds that were trained, as they ended."""
    said = []
    other_seeds.train_other_seeds(paths, first, (SMALL, SETTINGS), 4, "digits", data_root, "", said.append)
    return [int(line.split()[1]) for line in said if " is done, " in line]


def forget(paths, seed: str) -> None:
    content = json.loads(paths.seed_answers.read_text(encoding="utf-8"))
    del content["answers"][seed]
    paths.seed_answers.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def one_thread():
    """As other seeds are trained: with more, a network of few steps comes out quite another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_seed_counts_with_its_own_accuracy(paths, first, digits, one_thread):
    assert train_some(paths, first) == [4, 5, 6]
    other = predict(train(*digits[:2], SMALL, TrainingSettings(seed=5, epochs=1, batch_size=100)).model, digits[2])
    predictions = predict(first, digits[2])
    seeds = measure_seeds(paths, first, predictions)
    assert seeds["n"] == len(seeds["accuracies"]) == 4
    assert seeds["accuracies"][0] == predictions.correct.mean()
    assert seeds["accuracies"][2] == other.correct.mean()
    assert seeds["accuracy_mean"] == pytest.approx(np.mean(seeds["accuracies"]))
    assert seeds["accuracy_std"] == pytest.approx(np.std(seeds["accuracies"], ddof=1))


def test_seeds_that_are_done_are_not_trained_again(paths, first):
    train_some(paths, first)
    whole = read_answers(paths, first)
    forget(paths, "5")
    assert train_some(paths, first) == [5]
    assert list(read_answers(paths, first).items()) == list(whole.items()), "in the order of the seeds, too"
    assert train_some(paths, first) == []


def killed_when_another_is_done(model_settings, settings, dataset, answers, threads):
    """Runs in a process of its own, which ends in seed 6 without a word."""
    if settings.seed == 6:
        while not Path(answers).exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    return other_seeds.answer_test(model_settings, settings, dataset, "", threads)


def test_processes_give_the_same_answers_and_when_one_is_killed_what_is_done_is_kept(paths, first, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(other_seeds, "cores", lambda: 2)
        patch.setattr(other_seeds, "answer_test", killed_when_another_is_done)
        with pytest.raises(MnistError, match=r"^A process that trained was killed; .* run it again\.$"):
            train_some(paths, first, data_root=paths.seed_answers)
    done = read_answers(paths, first)
    assert done and 6 not in done
    assert train_some(paths, first) == [seed for seed in (4, 5, 6) if seed not in done]
    again = read_answers(paths, first)
    paths.seed_answers.unlink()
    train_some(paths, first)
    assert read_answers(paths, first) == again and done.items() < again.items()


def test_stop_keeps_those_that_are_done_and_names_the_rest(paths, first, monkeypatch):
    def stop(data, validation, model_settings, settings):
        if settings.seed == 5:
            raise KeyboardInterrupt
        return train(data, validation, model_settings, settings)

    with monkeypatch.context() as patch:
        patch.setattr(other_seeds, "train", stop)
        with pytest.raises(StoppedError, match=r"again trains what is left: seed 5, 6\.$"):
            train_some(paths, first)
    assert train_some(paths, first) == [5, 6]


def test_a_seed_that_fails_is_named_in_one_line(paths, first, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no\nmemory")

    monkeypatch.setattr(other_seeds, "train", fail)
    with pytest.raises(MnistError, match=r"^Seed 4 failed: RuntimeError: no memory$"):
        train_some(paths, first)


def test_a_training_with_fewer_threads_leaves_those_of_this_process(monkeypatch):
    set_to, before = [], torch.get_num_threads()
    monkeypatch.setattr(other_seeds.torch, "set_num_threads", set_to.append)
    other_seeds.answer_test(SMALL, SETTINGS, "digits", "", before + 1)
    assert (set_to[0], set_to[-1]) == (before + 1, before)


def test_an_accelerator_trains_one_at_a_time_with_all_threads(paths, first, monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 8)
    monkeypatch.setattr(other_seeds, "cores", lambda: 8)
    monkeypatch.setattr(other_seeds, "choose_device", lambda name: torch.device("cuda"))
    asked = []
    monkeypatch.setattr(other_seeds, "answer_test", lambda *task: asked.append(task[-1]) or (task[1].seed, "1"))
    assert train_some(paths, first) == [4, 5, 6] and asked == [8, 8, 8]


def test_answers_beside_another_network_do_not_count(paths, first, digits):
    train_some(paths, first)
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
    assert tabulate_seeds(seeds, [3, 4, 5, 6], 10).rows[-1] == ("all 4, by majority", "100.00%", 0)


def test_mean_and_deviation_in_words():
    seeds = {"n": 5, "accuracy_mean": 0.99712, "accuracy_std": 0.00031, "accuracies": []}
    assert seeds_text(seeds) == "99.71% ± 0.03% (n = 5)"


@pytest.mark.parametrize("damage", ["", "[]", "short"])
def test_damaged_answers_are_named(damage, paths, first, digits):
    train_some(paths, first)
    text = paths.seed_answers.read_text(encoding="utf-8")
    if damage == "short":
        content = json.loads(text)
        damage = json.dumps(content | {"answers": {"4": "123"}})
    paths.seed_answers.write_text(damage, encoding="utf-8")
    with pytest.raises(MnistError, match=r"seed_answers\.json is damaged: delete it"):
        measure_seeds(paths, first, predict(first, digits[2]))
