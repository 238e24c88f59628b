import json

import numpy as np
import pytest
import torch
from support import random_images

from mnist_helpers.data.checks import check_data, describe_balance, describe_order
from mnist_helpers.data.near_duplicates import find_near_duplicates
from mnist_helpers.data.splits import LabelledImages, load_test_data, load_training_data
from mnist_helpers.data.strokes import slant


@pytest.fixture
def parts():
    return random_images(200, seed=1), random_images(40, seed=2), random_images(60, seed=3)


def across(checks: dict) -> dict[tuple[str, str], int]:
    return {tuple(pair["parts"]): pair["n"] for pair in checks["duplicates_across"]}


def test_sound_data(parts):
    checks = check_data(*parts)
    assert [part["n"] for part in checks["parts"].values()] == [200, 40, 60]
    assert checks["parts"]["test"] == {
        "n": 60,
        "shape": [28, 28],
        "dtype": "uint8",
        "pixels": [0, 255],
        "labels": [0, 9],
        "class_counts": [6] * 10,
        "balance": 1,
        "duplicates": 0,
    }
    assert across(checks) == {("train", "validation"): 0, ("train", "test"): 0, ("validation", "test"): 0}
    assert json.loads(json.dumps(checks)) == checks


def test_planted_duplicates_are_found_where_they_are(parts):
    train, validation, test = parts
    train.images[10:13] = train.images[5]
    test.images[:2] = train.images[20:22]
    test.images[50] = train.images[20]
    test.images[7] = validation.images[0]
    checks = check_data(train, validation, test)
    assert {name: part["duplicates"] for name, part in checks["parts"].items()} == {
        "train": 3,
        "validation": 0,
        "test": 1,
    }
    assert across(checks) == {("train", "validation"): 0, ("train", "test"): 3, ("validation", "test"): 1}


def test_one_pixel_makes_another_image(parts):
    train, validation, test = parts
    test.images[0] = train.images[0]
    test.images[0, 3, 4] ^= 1
    assert across(check_data(train, validation, test))["train", "test"] == 0


def test_images_are_compared_whatever_their_layout_in_memory(parts):
    _, validation, test = parts
    transposed = LabelledImages(test.images.transpose(1, 2).contiguous().transpose(1, 2), test.labels)
    assert across(check_data(test, validation, transposed))["train", "test"] == 60


def test_imbalance_and_label_range(parts):
    train, validation, test = parts
    few = LabelledImages(test.images, torch.tensor([3] * 40 + [7] * 20))
    checks = check_data(train, LabelledImages(validation.images[:11], torch.tensor([*range(10), 4])), few)
    assert checks["parts"]["validation"]["balance"] == 2
    assert checks["parts"]["test"]["labels"] == [3, 7]
    assert checks["parts"]["test"]["balance"] is None


def test_nearly_a_copy_is_found_where_it_is(parts):
    train, validation, test = parts
    test.images[7] = (train.images[20].int() + 3).clamp(max=255).to(torch.uint8)
    assert across(check_data(train, validation, test))["train", "test"] == 0
    near = find_near_duplicates(train, validation, test)
    assert json.loads(json.dumps(near)) == near
    assert [pair["below"] for pair in near["across"]] == [0, 1, 0] and near["sampled_below"] == 0
    assert near["across"][1]["nearest"][0]["indices"] == [20, 7]
    apart = (train.images[20].float() - test.images[7].float()).reshape(14, 2, 14, 2).mean(dim=(1, 3)) / 255
    assert near["across"][1]["smallest"] == pytest.approx(apart.norm().item(), rel=1e-4)


def test_an_exact_copy_is_at_distance_0_and_no_image_is_its_own_neighbour(parts):
    train, validation, test = parts
    test.images[7] = train.images[20]
    near = find_near_duplicates(train, validation, test)
    assert near["across"][1]["smallest"] == 0 and near["sampled_smallest"] > 1


@pytest.mark.mnist
def test_mnist_has_no_duplicates(mnist_source):
    checks = check_data(*load_training_data(mnist_source), load_test_data(mnist_source))
    assert [part["n"] for part in checks["parts"].values()] == [55_000, 5_000, 10_000]
    assert not any(part["duplicates"] for part in checks["parts"].values())
    assert not any(across(checks).values())
    near = find_near_duplicates(*load_training_data(mnist_source), load_test_data(mnist_source))
    assert all(pair["below"] / pair["images"] < 0.012 and pair["smallest"] > 0.25 for pair in near["across"])


@pytest.mark.parametrize(
    ("correlations", "wanted", "unwanted"),
    [
        ({1: 0.01, 2: -0.02}, "no order of writers", "piles"),
        ({1: 0.4, 2: 0.4}, "order of its writers", "piles"),
        ({1: -0.2, 2: 0.47}, "two piles", "no order"),
    ],
)
def test_words_on_the_order_of_the_file_follow_the_correlations(correlations, wanted, unwanted):
    text = describe_order(correlations)
    assert wanted in text and unwanted not in text
    assert f"{correlations[2]:.2f}" in text


def test_a_digit_that_most_images_show_is_named_as_what_flatters_accuracy():
    even, uneven = describe_balance([100] * 9 + [110]), describe_balance([10] * 4 + [910] + [10] * 5)
    assert "(9, 110 images) has 1.10 times" in even and "mean something" in even
    assert "Whoever always says 4 is right 91.0%" in uneven and "would flatter" in uneven


@pytest.mark.mnist
def test_mnist_is_in_the_order_of_its_writers(mnist_source):
    train, _ = load_training_data(mnist_source)
    leaning = slant(train.images)
    shuffled = np.random.default_rng(0).permutation(leaning)
    assert np.corrcoef(leaning[:-2], leaning[2:])[0, 1] > 0.3
    assert abs(np.corrcoef(shuffled[:-2], shuffled[2:])[0, 1]) < 0.03
