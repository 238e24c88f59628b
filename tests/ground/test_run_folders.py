"""Exploring is safe: a run with other settings gets a folder of its own, and the evaluation finds it again."""

import pytest

from mnist_helpers import paths
from mnist_helpers.paths import RunPaths, latest_run, remember_run, run_paths
from mnist_helpers.settings import ModelSettings, TrainingSettings, changed_settings


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """An empty project."""
    monkeypatch.setattr(paths, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(paths, "LATEST", tmp_path / "runs" / ".latest")
    return tmp_path


def test_only_the_reference_run_has_the_project_itself(project):
    assert run_paths() == RunPaths(project, named=False)
    assert run_paths(dataset="digits").root == project / "runs" / "digits"
    assert run_paths(changed={"epochs": 0.5}).root == project / "runs" / "epochs-0.5"
    assert (
        run_paths(dataset="digits", changed={"width": 8, "seed": 1}).root == project / "runs" / "digits_width-8_seed-1"
    )


def test_a_named_folder_is_taken_whatever_the_settings(project):
    assert run_paths("mine", "digits", {"epochs": 1}) == RunPaths(project / "mine")


def test_many_changed_settings_give_a_name_of_bearable_length_that_tells_them_apart():
    many = dict.fromkeys((f"a_rather_long_name_{number}" for number in range(20)), 1.25)
    first, second = run_paths(changed=many).root.name, run_paths(changed=many | {"last": 1}).root.name
    assert len(first) < 120 and first != second


def test_settings_that_differ_from_the_defaults():
    values = {"epochs": 15, "width": 8, "seed": 7, "samples_per_digit": 3, "run_root": "x", "seeds": 5}
    values |= {"resume": True, "scheduler": "tcp://host:8786"}
    assert changed_settings(values) == {"width": 8, "samples_per_digit": 3}
    assert TrainingSettings.from_parameters(values).epochs == 15
    assert ModelSettings.from_parameters(values) == ModelSettings(width=8)


def trained(run: RunPaths) -> RunPaths:
    run.models.mkdir(parents=True)
    run.checkpoint.touch()
    return run


def test_the_evaluation_takes_what_was_trained_last(project):
    assert latest_run() == run_paths(), "nothing was trained yet"
    quick = trained(run_paths(changed={"epochs": 0.5}))
    remember_run(quick, "mnist")
    assert latest_run().root == quick.root
    assert latest_run(dataset="digits") == run_paths(dataset="digits"), "each data set has its own"
    remember_run(trained(run_paths()), "mnist")
    assert latest_run().root == project


def test_a_named_folder_is_not_remembered_but_can_be_named_again(project):
    mine = trained(run_paths("mine"))
    remember_run(mine, "mnist")
    assert latest_run() == run_paths()
    assert latest_run("mine").root == mine.root


def test_what_was_trained_last_and_is_gone_is_not_evaluated(project):
    quick = trained(run_paths(changed={"epochs": 0.5}))
    remember_run(quick, "mnist")
    quick.checkpoint.unlink()
    assert latest_run() == run_paths()
