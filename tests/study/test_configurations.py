"""The ladder of configurations: what the study compares is what it says."""

import json

import pytest
import torch

from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.study.configurations import CONFIGURATIONS, distort_some, tabulate_configurations
from mnist_helpers.training import SCHEDULES, Recipe, augment_batch

NETWORKS = list(CONFIGURATIONS.values())
ONES = torch.ones(40)  # the labels, since strokes are added to ones alone


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_there_are_enough_and_each_is_another():
    assert len(NETWORKS) >= 24
    assert len({one.text for one in NETWORKS}) == len(NETWORKS)
    assert {one.against for one in NETWORKS} == {"", "plain", "default"}


def test_the_default_is_the_project_s():
    default = CONFIGURATIONS["default"]
    assert default.model == ModelSettings()
    assert default.training(3, 15) == TrainingSettings(seed=3, precision="float32")
    assert default.recipe == Recipe()


@pytest.mark.parametrize("one", [one for one in NETWORKS if one.against], ids=lambda one: one.name)
def test_one_thing_changes_at_a_time(one):
    other = CONFIGURATIONS[one.against].settings
    changed = {name for name in other if one.settings[name] != other[name]} - {"learning_rate"}
    assert len(changed) == 1 or one.name in {"default", "plain + everything"}
    assert set(one.settings) == set(other)
    assert json.loads(one.text) == one.settings
    assert one.training(1, 0.5).augment == bool(one.settings["distortions"])
    assert one.model.width == one.settings["width"] and callable(one.recipe.augment)


def test_every_configuration_is_in_a_table():
    rows = {row[0]: row[1] for against in ("plain", "default") for row in tabulate_configurations(against).rows}
    assert set(rows) == {one.name for one in NETWORKS if one.against}
    assert rows["default - all distortion"] == "distortions none"


def test_all_kinds_of_distortion_are_those_of_training(images):
    kinds = str(CONFIGURATIONS["default"].settings["distortions"]).split()
    assert torch.equal(distort_some(images, ONES, generator(), kinds), augment_batch(images, ONES, generator()))


@pytest.mark.parametrize("kinds", [["affine"], ["bend"], ["erase"], ["noise"], ["erase", "noise"]])
def test_some_kinds_change_images_in_their_own_way(kinds, images):
    blank = torch.zeros_like(images)
    assert not torch.equal(distort_some(images, ONES, generator(), kinds), images)
    moved_alone = {"affine", "bend"} >= set(kinds)
    assert torch.equal(distort_some(blank, ONES, generator(), kinds), blank) == moved_alone


def test_strokes_are_added_to_ones_alone(images):
    assert not torch.equal(distort_some(images, ONES, generator(), ["strokes"]), images)
    assert torch.equal(distort_some(images, ONES + 6, generator(), ["strokes"]), images)


def test_no_kind_changes_nothing(images):
    assert torch.equal(distort_some(images, ONES, generator(), []), images)


@pytest.mark.parametrize(
    ("name", "expected"), [("constant", [1, 1, 1]), ("cosine", [1, 0.5, 0]), ("steps", [1, 0.1, 0.01])]
)
def test_schedules(name, expected):
    assert [SCHEDULES[name](progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx(expected)
