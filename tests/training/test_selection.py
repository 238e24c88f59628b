import pytest
import torch

from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import train
from mnist_helpers.training.selection import batches, choose_images, skipped_share


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_first_epoch_shows_every_image_once_in_an_order_that_the_seed_decides():
    unseen = torch.full((1000,), torch.inf)
    indices, weights = choose_images(unseen, 0.5, 1.0, seeded(1))
    assert sorted(indices.tolist()) == list(range(1000))
    assert (weights == 1).all()
    assert torch.equal(indices, choose_images(unseen, 0.5, 1.0, seeded(1))[0])
    assert not torch.equal(indices, choose_images(unseen, 0.5, 1.0, seeded(2))[0])


def test_hard_images_are_all_shown_and_the_easy_ones_that_are_left_count_for_those_left_out():
    losses = torch.full((10_000,), 0.01)
    losses[:500] = 5.0
    indices, weights = choose_images(losses, 0.75, 1.0, seeded())
    hard = indices < 500
    assert hard.sum() == 500 and (weights[hard] == 1).all()
    assert len(indices.unique()) == len(indices)
    assert (weights[~hard] == 4).all()
    # The share left out of 9,500 has a standard deviation of 0.0044.
    assert (~hard).sum() / 9500 == pytest.approx(0.25, abs=0.02)
    assert weights.sum() == pytest.approx(10_000, rel=0.1)


def test_a_partial_epoch_shows_a_random_part_and_never_a_single_image():
    indices, weights = choose_images(torch.full((1000,), torch.inf), 0.5, 0.3, seeded())
    assert len(indices.unique()) == len(indices) == len(weights) == 300
    assert 400 < indices.float().mean() < 600
    assert len(choose_images(torch.full((10,), torch.inf), 0.5, 0.1, seeded())[0]) == 2


def test_nothing_is_left_out_when_nothing_is_asked_for():
    indices, weights = choose_images(torch.rand(100), 0.0, 1.0, seeded())
    assert sorted(indices.tolist()) == list(range(100)) and (weights == 1).all()


def test_the_last_eighth_of_the_epochs_shows_every_image():
    assert [skipped_share(0.5, epoch, 16) for epoch in (1, 14, 15, 16)] == [0.5, 0.5, 0.0, 0.0]
    assert skipped_share(0.5, 1, 1) == 0.0
    assert [skipped_share(0.5, epoch, 3) for epoch in (1, 2, 3)] == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(("images", "sizes"), [(501, [251, 250]), (500, [250, 250]), (499, [499]), (2, [2])])
def test_batches_are_nearly_equal_and_none_is_a_small_rest(images, sizes):
    parts = batches(torch.arange(images), torch.ones(images), 250)
    assert [len(indices) for indices, _ in parts] == [len(weights) for _, weights in parts] == sizes
    assert torch.equal(torch.cat([indices for indices, _ in parts]), torch.arange(images))


def test_a_training_shows_fewer_images_once_it_knows_which_are_easy(digits):
    data, validation, _ = digits
    settings = TrainingSettings(epochs=4, batch_size=50)
    run = train(data, validation, ModelSettings(width=4), settings)
    shown = [epoch.images for epoch in run.history]
    assert shown[0] == shown[3] == len(data)
    assert len(data) / 2 < shown[1] < 0.9 * len(data)
    # The figures of an epoch stand for all images, not for the hard ones that are left.
    assert run.history[0].train_loss > run.history[1].train_loss > run.history[3].train_loss
