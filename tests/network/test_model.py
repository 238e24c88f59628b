import math

import pytest
import torch
from support import random_images
from torch import nn
from torch.nn import functional as F

from mnist_helpers.data import load_training_data
from mnist_helpers.network.model import MaxPool, MnistCNN, as_input, build_model, count_parameters
from mnist_helpers.network.paper import fill_outlines, remove_paper
from mnist_helpers.network.summary import (
    ByHeart,
    LayerSummary,
    Spread,
    check_by_heart,
    describe_by_heart,
    describe_cost,
    describe_first_loss,
    describe_spread,
    measure_spread,
    summarise,
)
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training import distortion as augmentation
from mnist_helpers.training import make_optimizer, train_step
from mnist_helpers.training.distortion import ERASED_SHARE, NOISY_SHARE, add_noise, augment_batch, distort, erase


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MnistCNN(ModelSettings(), pixel_mean=0.13, pixel_std=0.31)


def test_default_network_has_what_was_asked_for(model):
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(nn.Conv2d) >= 2
    assert nn.ReLU in kinds and MaxPool in kinds
    assert kinds.count(nn.Linear) == 2
    assert count_parameters(model) == 242_506 < 300_000
    assert model(as_input(random_images(3).images)).shape == (3, 10)


@pytest.mark.parametrize("changes", [{"batch_norm": False}, {"dropout": 0.5}, {"width": 4}])
def test_options_change_the_network(changes):
    settings = ModelSettings(**changes)
    model = MnistCNN(settings)
    assert model(as_input(random_images(2).images)).shape == (2, 10)
    assert any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) == settings.batch_norm
    assert next(module for module in model.modules() if isinstance(module, nn.Dropout)).p == settings.dropout


@pytest.mark.parametrize("side", [2, 7, 24])
def test_pooling_gives_torchs_values_with_and_without_gradients(side):
    images = torch.randn(3, 5, side, side)
    expected = F.max_pool2d(images, 2)
    assert torch.equal(MaxPool()(images), expected)
    with torch.no_grad():
        assert torch.equal(MaxPool()(images), expected)


def test_weights_start_with_kaimings_spread(model):
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            inputs = module.weight[0].numel()
            gain = 1 if module is model.output else 2
            expected = math.sqrt(gain / inputs)
            assert module.weight.std().item() == pytest.approx(expected, rel=0.15)
            assert module.bias is None or not module.bias.any()


def test_layers_are_named_as_saved_networks_name_them(model):
    weights = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if tensor.ndim > 1}
    assert weights == {
        "features.0.0.weight": (32, 1, 6, 6),
        "features.1.0.weight": (64, 32, 3, 3),
        "features.2.0.weight": (64, 64, 3, 3),
        "features.3.0.weight": (128, 64, 3, 3),
        "hidden.1.weight": (96, 1152),
        "output.weight": (10, 96),
    }
    assert {"features.0.1.running_mean", "features.1.2.running_mean", "hidden.2.weight"} <= set(model.state_dict())


def scaled(data, factor, batch_norm):
    model = build_model(data, ModelSettings(batch_norm=batch_norm), seed=0)
    for weights in model.parameters():
        if weights.ndim > 1:
            weights.data *= factor
    return measure_spread(model, as_input(data.images), data.labels)


def test_signal_neither_fades_nor_explodes_and_first_loss_is_near_a_guess(digits):
    data = digits[0][:500]
    for seed in range(3):
        model = build_model(data, ModelSettings(), seed)
        spread = measure_spread(model, as_input(data.images), data.labels)
        assert all(0.5 < value < 2 for value in spread.signal)
        assert spread.loss == pytest.approx(F.cross_entropy(model(as_input(data.images)), data.labels).item(), rel=1e-5)
        assert "near it, as it should be" in describe_first_loss(spread.loss)
    assert "not near it" in describe_first_loss(math.log(10) + 0.6)


def test_without_batch_normalisation_signal_and_gradients_depend_on_the_first_weights(digits):
    data = digits[0][:200]
    faint, strong = scaled(data, 0.1, False), scaled(data, 3, False)
    assert faint.signal[-1] < 1e-4 * faint.signal[0] and faint.gradient[0] < 1e-4 * faint.gradient[-1]
    assert strong.signal[-1] > 10 * strong.signal[0] and strong.gradient[0] > strong.gradient[-1]
    for factor in (0.1, 1, 3):
        spread = scaled(data, factor, True)
        assert 0.2 < spread.signal[-1] / spread.signal[0] < 5
        assert spread.gradient == pytest.approx(scaled(data, 1, True).gradient, rel=0.5)


def test_measuring_the_spread_leaves_the_network_alone(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    data = random_images(20)
    spread = measure_spread(model.eval(), as_input(data.images), data.labels)
    assert spread.layers == [*(f"convolution {number}" for number in (1, 2, 3, 4)), "hidden", "output"]
    assert len(spread.signal) == len(spread.gradient) == 6
    assert not model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_words_say_what_the_signal_does():
    courses = {0.1: [0.16, 0.0000013], 1: [1.5, 1.4], 3: [4.6, 960.0]}
    flat = {(True, factor): Spread(["a", "b"], [factor, factor], [0.02, 0.3], 2.3) for factor in courses}
    bare = {
        (False, factor): Spread(["a", "b"], signal, [0.01 * factor, 0.3], 2.3) for factor, signal in courses.items()
    }
    with_norm, without = describe_spread(flat | bare).splitlines()
    assert with_norm.startswith(
        "- **With batch normalisation** the signal stays about as large (0.1 → 0.1) at 0.1 ×, stays"
    )
    assert with_norm.endswith("has a spread of 0.02 at 0.1 ×, 0.02 at 1 ×, 0.02 at 3 ×.")
    assert (
        "fades (0.16 → 0.0000013) at 0.1 ×, stays about as large (1.5 → 1.4) at 1 ×, explodes (4.6 → 960) at 3 ×."
        in without
    )
    assert without.endswith("has a spread of 0.001 at 0.1 ×, 0.01 at 1 ×, 0.03 at 3 ×.")


def learn(model, data, steps=40):
    images = as_input(data.images)
    optimizer = make_optimizer(model.train(), TrainingSettings(optimizer="adam", learning_rate=0.003))
    losses = [train_step(model, optimizer, images, data.labels)[0].mean().item() for _ in range(steps)]
    return check_by_heart(model, images, data.labels, losses)


def test_a_sound_network_learns_a_batch_by_heart(digits):
    check = learn(build_model(digits[0], ModelSettings(width=16), seed=0), digits[0][:64])
    assert check.passed
    assert check.right == check.images == 64 and check.losses[-1] < 0.1 and check.without_gradient == []
    assert "**pass**" in describe_by_heart(check) and "all 17 parameter tensors" in describe_by_heart(check)


def test_frozen_convolutions_fail_the_check_though_the_batch_is_learned(digits):
    model = build_model(digits[0], ModelSettings(width=16), seed=0)
    model.features.requires_grad_(False)
    check = learn(model, digits[0][:64])
    assert check.right == 64 and check.losses[-1] < 0.1, "the loss alone does not show it"
    assert not check.passed
    assert check.without_gradient == [f"features.{name}" for name, _ in model.features.named_parameters()]
    assert "**fail**" in describe_by_heart(check) and "no gradient reached 12 of 17" in describe_by_heart(check)


def test_a_network_of_zeros_fails_the_check(digits):
    model = build_model(digits[0], ModelSettings(width=8), seed=0)
    for weights in model.parameters():
        nn.init.zeros_(weights)
    check = learn(model, digits[0][:64])
    assert not check.passed and check.right < 32 and check.losses[-1] > 2
    assert set(check.without_gradient) == {name for name, _ in model.named_parameters()} - {"output.bias"}


@pytest.mark.parametrize(
    ("losses", "right", "without", "passed"),
    [([2.4, 0.01], 64, [], True), ([2.40, 2.28], 64, [], False), ([2.4, 0.01], 63, [], False)],
)
def test_each_part_of_the_criterion_counts(losses, right, without, passed):
    check = ByHeart(losses, right, 64, without, 17)
    assert check.passed == passed
    assert ("pass" in describe_by_heart(check)) == passed


def test_network_normalises_by_the_statistics_it_was_built_with(digits):
    model = build_model(digits[0], ModelSettings(), seed=0)
    seen = []
    model.features.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(as_input(digits[0].images))
    # Nearly: a few images have no full ink, which the network brings to full strength first.
    assert seen[0].mean().item() == pytest.approx(0, abs=0.02)
    assert seen[0].std().item() == pytest.approx(1, abs=0.02)


def test_summary_adds_up_and_leaves_the_network_alone(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    layers = summarise(model)
    assert sum(layer.parameters for layer in layers) == count_parameters(model)
    # 6 x 6 weights, 32 filters, at each of 12 x 12 places.
    assert layers[0].multiply_adds == 36 * 32 * 12 * 12
    assert sum(layer.multiply_adds for layer in layers) == 6_912_960
    assert layers[-1].output_shape == (10,)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("changes", [{}, {"batch_norm": False}, {"architecture": "plain", "dropout": 0.5}])
def test_the_layers_one_after_the_other_are_the_forward_pass(changes):
    model = MnistCNN(ModelSettings(width=4, **changes)).eval()
    images = as_input(random_images(5).images)
    signal = model.normalise(images)
    for part in (*model.features, model.hidden, model.output):
        signal = part(signal)
    assert torch.equal(signal, model(images))
    assert all(layer.output_shape for layer in summarise(model))


def test_words_on_the_cost_add_up():
    layers = [LayerSummary("Convolution 3×3, 1 → 2", (2, 28, 28), 25, 900), LayerSummary("Fully", (10,), 75, 100)]
    text = describe_cost(layers)
    assert text.startswith("100 parameters and 1,000 multiply-adds") and "90% of the multiply-adds with 25%" in text


def test_augmentation_repeats_for_a_seed_and_differs_between_images():
    images = as_input(random_images(1).images).expand(8, 1, 28, 28)
    first, second = (augment_batch(images, torch.ones(8), torch.Generator().manual_seed(1)) for _ in range(2))
    assert first.shape == images.shape
    assert torch.equal(first, second)
    assert len({image.numpy().tobytes() for image in first}) == 8


def test_augmentation_moves_ink_by_at_most_a_few_pixels():
    dot = torch.zeros(500, 1, 28, 28)
    dot[:, :, 13:15, 13:15] = 1
    moved = distort(dot, torch.Generator().manual_seed(0))
    weights = moved.sum(dim=(1, 2))
    centre = (weights * torch.arange(28)).sum(dim=1) / weights.sum(dim=1)
    assert (centre - 13.5).abs().max() < 4.5
    assert (centre - 13.5).std() > 0.8
    assert moved.max() <= 1 and moved.min() >= 0


def test_straight_lines_are_bent_a_little_and_smoothly(monkeypatch):
    for limit in ("ROTATION_DEGREES", "SHIFT_PIXELS", "SCALE", "SHEAR_DEGREES"):
        monkeypatch.setattr(augmentation, limit, 0.0)
    line = torch.zeros(200, 1, 28, 28)
    line[..., 13:15] = 1
    bent = distort(line, torch.Generator().manual_seed(0)).squeeze(1)
    inner = bent[:, 4:24]  # beyond, the ends of a line may have been drawn inwards
    centre = (inner * torch.arange(28)).sum(dim=2) / inner.sum(dim=2)
    assert 0.3 < (centre - 13.5).std() < 0.9
    assert (centre.max(dim=1).values - centre.min(dim=1).values).median() > 0.5
    assert centre.diff(dim=1).abs().max() < 0.7
    monkeypatch.setattr(augmentation, "BEND_PIXELS", 0.0)
    assert torch.allclose(distort(line, torch.Generator()), line, atol=1e-4)


def test_erasing_paints_one_rectangle_on_its_share_of_the_images():
    erased = erase(torch.full((1000, 1, 28, 28), 2.0), torch.Generator().manual_seed(0)).squeeze(1)
    changed = erased != 2
    share = changed.flatten(1).any(dim=1).float().mean().item()
    # A few patches are too thin to cover a pixel.
    assert 0.75 * ERASED_SHARE < share < 1.1 * ERASED_SHARE
    for image, patch in zip(erased, changed, strict=True):
        rows, columns = patch.any(dim=1), patch.any(dim=0)
        assert torch.equal(patch, rows.unsqueeze(1) & columns)
        assert rows.sum() <= 14 and columns.sum() <= 14
        assert image[patch].unique().numel() <= 1


def test_noise_is_added_to_its_share_of_the_images_up_to_its_level():
    noisy = add_noise(torch.full((1000, 1, 28, 28), 0.5), torch.Generator().manual_seed(0))
    spread = noisy.flatten(1).std(dim=1)
    assert (spread > 1e-6).float().mean().item() == pytest.approx(NOISY_SHARE, rel=0.2)
    assert 0.25 < spread.max() < 0.4
    assert noisy.min() >= 0 and noisy.max() <= 1


def test_paper_is_removed_whatever_its_grey(digits):
    images = as_input(digits[2].images[:50])
    plain = remove_paper(images)
    assert plain.amin() == 0 and plain.amax() == 1
    for changed in (1 - images, 0.3 + 0.5 * images, 0.9 - 0.5 * images):
        assert torch.allclose(remove_paper(changed), plain, atol=1e-5)
    blank = torch.full((1, 1, 28, 28), 0.4)
    assert not remove_paper(blank).any()


def test_a_ring_of_two_levels_is_no_paper(digits):
    images = as_input(digits[2].images[:50])
    beside = images.clone()
    beside[..., :7] = beside[..., -7:] = 1 - images[..., :7].round()  # white margins, black in the middle
    assert torch.equal(remove_paper(beside), beside)


def test_cloudy_paper_is_brought_to_nought_on_the_whole(digits):
    images = as_input(digits[2].images[:50])
    slope = torch.linspace(0.4, 0.5, 28).expand(28, 28)
    without = remove_paper((slope + 0.5 * images).clamp(0, 1))
    assert without[..., 0, :].abs().max() < 0.2 and without.amax() == 1


def test_an_outline_is_filled_and_a_stroke_stays_as_it_is():
    stroke = torch.zeros(1, 1, 28, 28)
    stroke[..., 4:24, 12:16] = 1
    outline = stroke.clone()
    outline[..., 5:23, 13:15] = 0
    assert torch.equal(fill_outlines(outline), stroke)
    assert torch.equal(fill_outlines(torch.cat([stroke, outline])), torch.cat([stroke, stroke]))


def test_blank_images_are_no_outlines():
    blank = torch.zeros(2, 1, 28, 28)
    assert torch.equal(fill_outlines(blank), blank)


@pytest.mark.mnist
def test_no_image_of_mnist_counts_as_an_outline(mnist_source):
    images = as_input(load_training_data(mnist_source)[1].images)
    assert torch.equal(fill_outlines(images), images)
