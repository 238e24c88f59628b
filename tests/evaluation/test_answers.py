"""Answers are kept beside their network, and give way to those of another one only by becoming the previous ones."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation import answers as module
from mnist_helpers.evaluation.answers import (
    Answers,
    answer_all,
    answer_corrupted,
    corrupt_all,
    find_earlier,
    gather_answers,
    keep_answers,
    load_answers,
)
from mnist_helpers.evaluation.corruptions import CORRUPTIONS
from mnist_helpers.files import prepare_run
from mnist_helpers.network import MnistCNN, Predictions, predict, weights_checksum
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings

LABELS = "0123456789"


def answers(network: str, clean: str = LABELS, dataset: str = "digits") -> Answers:
    return Answers(dataset, network, LABELS, clean, {"fog": clean})


@pytest.fixture
def paths(tmp_path, monkeypatch) -> RunPaths:
    """A folder of a run; the reference run lies in another one, without answers."""
    prepare_run(tmp_path / "reference", "digits")
    monkeypatch.setattr(module, "run_paths", lambda: RunPaths(tmp_path / "reference"))
    return prepare_run(tmp_path / "run", "digits")


@pytest.fixture
def model() -> MnistCNN:
    return MnistCNN(ModelSettings(width=2)).eval()


@pytest.fixture
def predictions() -> Predictions:
    return Predictions(np.eye(10), np.arange(10))


def test_the_same_network_twice_leaves_the_previous_answers_alone_and_another_one_replaces_them(paths):
    keep_answers(paths, answers("first"))
    assert load_answers(paths.answers) == answers("first") and load_answers(paths.previous_answers) is None
    keep_answers(paths, answers("second"))
    keep_answers(paths, answers("second"))
    assert load_answers(paths.previous_answers) == answers("first")
    keep_answers(paths, answers("third"))
    assert load_answers(paths.previous_answers) == answers("second") and load_answers(paths.answers) == answers("third")


def test_the_run_before_is_the_one_to_compare_with_before_and_after_the_answers_are_kept(paths, model, predictions):
    assert find_earlier(paths, "digits", model, predictions) is None
    keep_answers(paths, answers("first"))
    assert find_earlier(paths, "digits", model, predictions) == ("the run before", answers("first"))
    keep_answers(paths, gather_answers("digits", model, predictions, {}))
    assert find_earlier(paths, "digits", model, predictions) == ("the run before", answers("first"))


def test_without_a_run_before_the_reference_run_takes_its_place_if_it_is_of_the_same_images(paths, model, predictions):
    reference = module.run_paths()
    keep_answers(reference, answers("reference"))
    assert find_earlier(paths, "digits", model, predictions) == ("the reference run", answers("reference"))
    assert find_earlier(paths, "mnist", model, predictions) is None
    assert find_earlier(paths, "digits", model, Predictions(np.eye(10), np.arange(10)[::-1])) is None
    keep_answers(reference, answers(weights_checksum(model)))
    assert find_earlier(paths, "digits", model, predictions) is None, "a network is not compared with itself"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: "",
        lambda content: "[]",
        lambda content: "{}",
        lambda content: json.dumps(content | {"clean": content["clean"][:-1]}),
        lambda content: json.dumps(content | {"clean": "x" * 10}),
        lambda content: json.dumps(content | {"corrupted": []}),
        lambda content: json.dumps(content | {"corrupted": {"fog": 3}}),
        lambda content: json.dumps(content | {"more": 1}),
    ],
)
def test_damaged_answers_are_named_with_a_cure_and_stay(paths, damage):
    keep_answers(paths, answers("first"))
    paths.answers.write_text(damage(json.loads(paths.answers.read_text())))
    before = paths.answers.read_bytes()
    with pytest.raises(MnistError, match=r"answers\.json is damaged: delete it"):
        keep_answers(paths, answers("second"))
    assert paths.answers.read_bytes() == before


def test_corrupted_images_are_answered_a_digit_an_image_and_stay(digits, model):
    images = digits[2].images[:5]
    corrupted = corrupt_all(images)
    given = answer_corrupted(model, corrupted)
    assert list(given) == list(corrupted) == list(CORRUPTIONS)
    assert all(len(text) == 5 and text.isdecimal() for text in given.values())
    assert torch.equal(images, digits[2].images[:5])


@pytest.mark.parametrize("of_reference", [False, True])
@pytest.mark.parametrize("change", ["nothing", "corruption", "clean", "network", "labels"])
def test_kept_answers_are_used_as_long_as_they_hold(paths, digits, model, change, of_reference):
    test = digits[2][:40]
    predictions = predict(model, test)
    corrupted = {"fog": test.images, "stripe": test.images.flip(1)}
    made = answer_all(model, "digits", predictions, corrupted, paths.answers)
    keep_answers(paths, made, of_baseline=made)
    assert made == load_answers(paths.answers) == load_answers(paths.baseline_answers)
    # An answer that is not asked about again tells whether the kept ones are used.
    given = dict(made.corrupted, fog=made.corrupted["fog"][:-1] + ("1" if made.corrupted["fog"][-1] == "0" else "0"))
    if change == "corruption":
        given["stripe"] = ("1" if given["stripe"][0] == "0" else "0") + given["stripe"][1:]
    other = {"clean": made.clean[:-1] + ("1" if made.clean[-1] == "0" else "0"), "network": "x"}
    other["labels"] = made.labels[::-1]
    kept = asdict(made) | {"corrupted": given} | {name: value for name, value in other.items() if name == change}
    place = module.run_paths().answers if of_reference else paths.answers
    paths.answers.unlink()
    place.write_text(json.dumps(kept))
    again = answer_all(model, "digits", predictions, corrupted, paths.answers)
    assert again == (Answers(**kept) if change == "nothing" else made)


def test_answers_know_which_are_right():
    found = answers("a", clean="0123456780")
    assert found.right(found.clean).tolist() == [True] * 9 + [False]
    assert found.recalled(9).tolist() == [False] and found.recalled(8).tolist() == [True]
