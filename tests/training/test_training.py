import pytest
import torch
from support import random_images

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.hardware import choose_device, choose_precision
from mnist_helpers.network.classify import one_look, predict
from mnist_helpers.network.model import as_input, build_model
from mnist_helpers.network.temperature import fit_temperature
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import Trainer, train
from mnist_helpers.training.muon import orthogonal
from mnist_helpers.training.step import make_optimizer, one_cycle, train_step
from mnist_helpers.training.validation import Epoch, best_epoch
from mnist_helpers.training.watcher import Watcher

SMALL = ModelSettings(width=4)
SETTINGS = TrainingSettings(epochs=3, batch_size=50)


@pytest.fixture(scope="module")
def small_run(digits):
    data, validation, _ = digits
    return train(data, validation, SMALL, SETTINGS)


def test_loss_falls_and_history_is_complete(small_run):
    assert [epoch.epoch for epoch in small_run.history] == [1, 2, 3]
    assert small_run.history[-1].train_loss < 0.7 * small_run.history[0].train_loss
    assert small_run.history[-1].validation_accuracy > 0.5
    assert small_run.history[-1].learning_rate < 0.001


def test_a_partial_last_epoch_shows_its_part_and_the_learning_rate_still_falls_to_nothing(digits):
    data, validation, _ = digits
    run = train(data, validation, SMALL, TrainingSettings(epochs=1.5, batch_size=50, skip_easy=0.0))
    assert [epoch.images for epoch in run.history] == [len(data), round(len(data) / 2)]
    whole = train(data, validation, SMALL, TrainingSettings(epochs=2, batch_size=50, skip_easy=0.0))
    assert run.history[1].learning_rate < 1.5 * whole.history[1].learning_rate < 0.1 * run.history[0].learning_rate


@pytest.mark.parametrize(
    ("accuracies", "kept"),
    [((0.98, 0.9956, 0.9950), 3), ((0.98, 0.9956, 0.9944), 2), ((0.9956, 0.9948, 0.9952), 3), ((0.9, 0.8, 0.7), 1)],
)
def test_the_last_epoch_is_kept_unless_an_earlier_one_is_better_by_more_than_chance(accuracies, kept):
    history = [Epoch(number, 500, 0.1, 0.5, 0.9, 0.4, accuracy) for number, accuracy in enumerate(accuracies, start=1)]
    assert best_epoch(history) == kept


def test_the_weights_are_those_of_the_kept_epoch(digits, monkeypatch):
    data, validation, _ = digits
    scores = iter([(0.5, 0.9), (0.4, 0.95), (0.6, 0.8)])
    monkeypatch.setattr("mnist_helpers.training.loop.validate", lambda *_: next(scores))
    trainer, weights = Trainer(data, SMALL, SETTINGS), []
    for _ in range(3):
        trainer.run_epoch(validation)
        weights.append(trainer.model.features[0][0].weight.clone())
    run = trainer.finish(validation)
    assert run.kept_epoch == 2
    assert torch.equal(run.model.features[0][0].weight, weights[1]) and not torch.equal(weights[1], weights[2])


def test_the_network_comes_out_calibrated_on_the_validation_images(small_run, digits):
    validation = digits[1]
    logits = one_look(small_run.model, validation.images).numpy()
    assert fit_temperature(logits, validation.labels.numpy()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "learning_rate": 0.003},
        {"augment": False},
        {"precision": "float32"},
        {"precision": "bfloat16"},
        {"momentum": 0.0},
        {"skip_easy": 0.0, "label_smoothing": 0.0},
        {"batch_size": 10_000},
    ],
)
def test_every_option_trains(changes, digits):
    data, validation, _ = digits
    run = train(data[:200], validation, SMALL, TrainingSettings(**{"epochs": 1, "batch_size": 50} | changes))
    assert len(run.history) == 1


def test_seed_decides_the_weights(digits):
    data, validation, _ = digits

    def weights(seed: int) -> torch.Tensor:
        settings = TrainingSettings(seed=seed, epochs=1, batch_size=50)
        return train(data[:100], validation, SMALL, settings).model.output.weight

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


class Recorder(Watcher):
    """Keeps what it is told."""

    def __init__(self):
        self.shares, self.seconds = [[]], []

    def step(self, share, sums):
        self.shares[-1].append(share)
        assert 0 <= sums[1] <= sums[2] and sums[0] > 0

    def epoch(self, history, seconds):
        self.shares.append([])
        self.seconds.append(seconds)
        assert len(history) == len(self.seconds)


def test_a_watcher_is_told_of_every_step_and_epoch_and_changes_nothing(digits):
    data, validation, _ = digits
    settings, watcher = TrainingSettings(epochs=2, batch_size=50, skip_easy=0.0), Recorder()
    watched = train(data[:200], validation, SMALL, settings, watcher)
    assert watcher.shares == [[0.25, 0.5, 0.75, 1.0], [0.25, 0.5, 0.75, 1.0], []]
    assert 0 < watcher.seconds[0] < watcher.seconds[1]
    alone = train(data[:200], validation, SMALL, settings)
    for name, tensor in watched.model.state_dict().items():
        assert torch.equal(tensor, alone.model.state_dict()[name]), name


def test_a_loss_that_is_not_finite_stops_with_epoch_step_and_rate(digits, monkeypatch):
    data, validation, _ = digits
    monkeypatch.setattr("mnist_helpers.training.loop.as_input", lambda images: as_input(images) * float("nan"))
    with pytest.raises(MnistError, match=r"epoch 1, step 1, at a learning rate of 0\.0\d+:"):
        train(data[:100], validation, SMALL, SETTINGS)


def test_missing_devices_are_refused_and_auto_finds_one():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in {"cpu", "cuda", "mps"}
    if not torch.cuda.is_available():
        with pytest.raises(MnistError, match="cuda is not on this machine"):
            choose_device("cuda")


def test_a_processor_without_fast_bfloat16_gets_float32(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert choose_precision("auto", cpu) == torch.float32
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert choose_precision("auto", cpu) == torch.bfloat16
    assert choose_precision("float32", cpu) == torch.float32


def test_predictions_do_not_depend_on_the_batch(small_run):
    data = random_images(300)
    whole = predict(small_run.model, data).probabilities
    alone = predict(small_run.model, LabelledImages(data.images[123:124], data.labels[123:124])).probabilities
    assert whole[123] == pytest.approx(alone[0], abs=1e-5)


def test_orthogonal_steps_go_equally_far_in_every_direction():
    torch.manual_seed(0)
    for rows, columns in ((8, 30), (30, 8), (16, 16)):
        left, _, right = torch.linalg.svd(torch.randn(rows, columns), full_matrices=False)
        matrix = left @ torch.diag(torch.linspace(1, 0.1, min(rows, columns))) @ right
        steps = orthogonal(matrix)
        assert steps.shape == matrix.shape
        values = torch.linalg.svdvals(steps)
        assert values.min() > 0.5 and values.max() < 1.3
        # The directions stay those of the matrix.
        assert torch.allclose(left.T @ steps @ right.T, torch.diag(torch.diagonal(left.T @ steps @ right.T)), atol=1e-4)


def test_learning_rate_rises_over_a_tenth_of_the_training_and_falls_to_zero():
    rates = [one_cycle(progress / 100) for progress in range(101)]
    assert rates[10] == 1 and rates[0] == rates[100] == 0
    assert rates[:11] == sorted(rates[:11]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_muon_keeps_the_length_of_matrices_and_decays_only_the_others(digits):
    model = build_model(digits[0], SMALL, seed=0)
    optimizer = make_optimizer(model, TrainingSettings(weight_decay=0.1), torch.float32)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for _ in range(3):
        optimizer.step()
    for name, parameter in model.named_parameters():
        shrunk = parameter.norm() < before[name].norm()
        is_other = parameter.ndim == 1 or name == "output.weight"
        assert shrunk == (is_other and bool(before[name].any())), name


def test_muon_leaves_a_frozen_layer_as_it_is(digits):
    model = build_model(digits[0], SMALL, seed=0)
    model.features.requires_grad_(False)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    optimizer = make_optimizer(model, TrainingSettings(), torch.float32)
    train_step(model, optimizer, as_input(digits[0].images[:20]), digits[0].labels[:20])
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name]) == name.startswith("features"), name
