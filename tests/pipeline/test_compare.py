"""`mnist-cnn compare` on two runs, and the run before in an evaluation."""

import json
import shutil

import pytest
from support import fingerprint, here, refusal

from mnist_helpers.evaluation import read_metrics
from mnist_helpers.evaluation.answers import load_answers
from mnist_helpers.paths import RunPaths


@pytest.fixture
def evaluated(digits_run, tmp_path) -> RunPaths:
    """A copy of what the run's evaluation stored, to be changed."""
    paths = RunPaths(tmp_path / "copy")
    paths.outputs.mkdir(parents=True)
    for stored in (digits_run.answers, digits_run.metrics):
        shutil.copy(stored, paths.outputs)
    return paths


def compared(first: RunPaths, second: RunPaths, *options: str) -> str:
    """What the command prints of two runs."""
    command = here("compare", first.root, second.root, *options)
    assert command.code == 0, command.err
    return command.out


def test_two_runs_stand_side_by_side(digits_run, other_run):
    before = fingerprint(digits_run.root)
    said = compared(digits_run, other_run)
    first, second = read_metrics(digits_run.metrics), read_metrics(other_run.metrics)
    assert f"A = {digits_run.root}, B = {other_run.root} (digits)" in said
    lines = {" ".join(line.split()) for line in said.splitlines()}
    assert f"Accuracy {first['accuracy']:.2%} {second['accuracy']:.2%}" in lines
    assert f"Errors {first['errors']} {second['errors']}" in lines
    assert "On clean images A is better than B: " in said
    assert (
        "Mean error under corruption" in said
        and "canny edges" in said
        and "B; A is" in said
        and "Digits whose recall differs" in said
    )
    assert fingerprint(digits_run.root) == before, "nothing is written"


def test_as_json_and_the_other_way_round(digits_run, other_run):
    forth = json.loads(compared(digits_run, other_run, "--json"))
    back = json.loads(compared(other_run, digits_run, "--json"))
    assert forth["runs"] == back["runs"][::-1]
    assert (forth["verdict"], back["verdict"]) == ("better", "worse")
    assert forth["mcnemar"]["only_first"] == back["mcnemar"]["only_second"]
    split = forth["mcnemar"]["only_first"] - forth["mcnemar"]["only_second"]
    assert forth["runs"][1]["errors"] - forth["runs"][0]["errors"] == split
    assert len(forth["corruptions"]) == 15 and len(forth["recalls"]) == 10
    for one, two in zip(forth["corruptions"], back["corruptions"], strict=True):
        assert one["errors"] == two["errors"][::-1]


def test_a_run_is_not_distinguishable_from_itself(digits_run):
    said = compared(digits_run, digits_run)
    assert "not distinguishable from B: 0 images" in said and "looks: none." in said


def test_the_evaluation_says_what_changed_against_the_run_before(digits_run, other_run):
    previous, before = read_metrics(other_run.metrics)["previous"], read_metrics(digits_run.metrics)
    assert before["previous"] is None
    assert previous["name"] == "the run before" and previous["verdict"] == "worse"
    assert (previous["accuracy"], previous["errors"]) == (before["accuracy"], before["errors"])
    for key in ("mean_error", "median_error", "worst_error"):
        assert previous["robustness"][key] == pytest.approx(before["robustness"][key])
    assert load_answers(other_run.previous_answers) == load_answers(digits_run.answers)
    assert "The run before" in other_run.report.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_or_not_evaluated_is_named_with_the_cure(digits_run, tmp_path):
    assert "There is no folder" in refusal("compare", digits_run.root, tmp_path / "none")
    said = refusal("compare", tmp_path, digits_run.root)
    assert f"mnist-cnn evaluate --run-root {tmp_path}" in said


def test_runs_on_other_images_are_refused(digits_run, evaluated):
    content = json.loads(evaluated.answers.read_text())
    evaluated.answers.write_text(json.dumps(content | {"dataset": "mnist"}))
    assert "copy of mnist: " in refusal("compare", digits_run.root, evaluated.root)
    evaluated.answers.write_text(json.dumps(content | {"labels": content["labels"][::-1]}))
    assert "other test images" in refusal("compare", digits_run.root, evaluated.root)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"network": "x"}'])
def test_damaged_or_old_metrics_are_named_with_the_cure(digits_run, evaluated, content):
    evaluated.metrics.write_text(content)
    assert "mnist-cnn evaluate --run-root" in refusal("compare", digits_run.root, evaluated.root)


def test_metrics_of_another_network_than_the_answers_are_noticed(digits_run, evaluated):
    metrics = json.loads(evaluated.metrics.read_text())
    evaluated.metrics.write_text(json.dumps(metrics | {"network": "x"}))
    assert "two networks" in refusal("compare", evaluated.root, digits_run.root)


def test_damaged_answers_stop_an_evaluation_before_it_starts(digits_run, evaluated):
    shutil.copytree(digits_run.models, evaluated.models)
    evaluated.answers.write_text("{")
    said = refusal("evaluate", "--dataset", "digits", "--run-root", evaluated.root)
    assert "answers.json is damaged: delete it" in said
    assert not list(evaluated.executed.glob("*.ipynb"))
