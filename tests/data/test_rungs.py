"""What the simple rules of 01 answered, from its run to the table at the end of 03."""

import json

import nbformat
import numpy as np
import pytest
from support import QUICK, mnist_cnn

from mnist_helpers import paths as places
from mnist_helpers.data import Rung, find_rungs, keep_rungs
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import RunPaths, run_paths

TRUTH = np.arange(100) % 10
RUNGS = [Rung("Constant", TRUTH, np.full(100, 3), 0.5), Rung("Perfect", TRUTH, TRUTH, 1.25)]
SIMPLE_RULES = ["The commonest digit", "The nearest mean image", "Logistic regression", "The neighbours' vote"]


@pytest.fixture
def kept(tmp_path, monkeypatch) -> RunPaths:
    """The folder of the run with default settings in an empty project, with rungs."""
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    return keep(run_paths())


def keep(paths: RunPaths, rungs=RUNGS) -> RunPaths:
    paths.outputs.mkdir(parents=True)
    keep_rungs(paths, rungs)
    return paths


def names(rungs: list[Rung]) -> list[str]:
    return [rung.name for rung in rungs]


def test_rungs_are_found_as_they_were(kept):
    for before, after in zip(RUNGS, find_rungs(kept, "mnist", TRUTH), strict=True):
        assert (before.name, before.seconds, before.interval) == (after.name, after.seconds, after.interval)
        assert (before.answers == after.answers).all() and (before.truth == after.truth).all()


def test_a_run_without_rungs_has_those_of_the_default_settings_on_its_data_and_its_own_come_first(kept):
    other = run_paths(changed={"epochs": 0.5})
    assert names(find_rungs(other, "mnist", TRUTH)) == ["Constant", "Perfect"]
    assert find_rungs(other, "digits", TRUTH) == []
    keep(other, RUNGS[:1])
    assert names(find_rungs(other, "mnist", TRUTH)) == ["Constant"]


@pytest.mark.parametrize("truth", [TRUTH[:50], np.flip(TRUTH)])
def test_rungs_for_other_images_are_not_taken(kept, truth):
    assert find_rungs(kept, "mnist", truth) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:300],
        lambda text: "[]",
        lambda text: text.replace("truth", "true"),
        lambda text: text.replace("3333", "333", 1),
        lambda text: text.replace("3333", "33x3", 1),
        lambda text: text.replace("0.5", '"quick"'),
        lambda text: "\ufffd\0",
    ],
)
def test_a_damaged_file_is_named_with_the_cure(kept, damage):
    kept.rungs.write_text(damage(kept.rungs.read_text()))
    with pytest.raises(MnistError, match=r"^outputs/rungs\.json is damaged: delete it; mnist-cnn explore makes"):
        find_rungs(kept, "mnist", TRUTH)


def ladder(run: RunPaths) -> str:
    """What the cell that shows the whole ladder shows in an executed 03."""
    cells = nbformat.read(run.executed / "03_training.ipynb", as_version=4).cells
    (cell,) = [cell for cell in cells if "data.ladder_rows" in cell.source]
    return "\n".join(output.data["text/plain"] for output in cell.outputs)


def test_the_report_has_the_rungs_of_01_below_the_networks(digits_run):
    shown = ladder(digits_run)
    found = [shown.index(name) for name in [*SIMPLE_RULES, "The plain loop's network", "The run's network"]]
    assert found == sorted(found) and "missing" not in shown
    exploration = (digits_run.executed / "01_exploration.ipynb").read_text()
    for rung in json.loads(digits_run.rungs.read_text())["rungs"]:
        assert rung["name"] in exploration


def test_a_training_alone_shows_its_networks_and_says_what_adds_the_rest(tmp_path):
    options = ("--dataset", "digits", "--run-root", tmp_path, *QUICK)
    assert mnist_cnn("train", *options).code == 0
    shown = ladder(RunPaths(tmp_path))
    assert "The run's network" in shown
    # They are there where 01 was run on the digits sample in this checkout.
    assert ("01 adds its rungs" in shown) != all(name in shown for name in SIMPLE_RULES)
