"""A saved state that says anything but what a training said: it is refused in one line, before any of it is used."""

import copy
import math
import random

import pytest
import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import TrainingRun, train
from mnist_helpers.training.state_file import StateFile
from mnist_helpers.training.watcher import Watcher

MODEL = ModelSettings(width=1)
MUTATIONS = 200
NONSENSE = [None, True, -1, 0, 10**400, 0.5, -1.0, math.nan, math.inf, "text", b"bytes", [], {}, [[]], torch.zeros(())]


def settings_of(optimizer: str) -> TrainingSettings:
    return TrainingSettings(epochs=2, batch_size=20, optimizer=optimizer, learning_rate=0.003)


@pytest.fixture(scope="module")
def data(digits):
    return digits[0][:40], digits[1][:20]


@pytest.fixture(scope="module", params=["muon", "sgd", "adam"])
def saved(request, data, tmp_path_factory) -> tuple[TrainingSettings, StateFile, list]:
    """The settings of a run, its file, and its states after each epoch."""
    settings, states = settings_of(request.param), []
    file = StateFile(tmp_path_factory.mktemp("state") / "training_state.pth", {"optimizer": request.param})
    watcher = Watcher()
    watcher.epoch = lambda *_: states.append(file.load())
    train(*data, MODEL, settings, watcher, file)
    return settings, file, states


def resume(data, settings: TrainingSettings, file: StateFile, state: object) -> TrainingRun | str:
    """The run that goes on from `state`, or the message that refuses it."""
    file.save(state)
    try:
        return train(*data, MODEL, settings, state_file=file)
    except MnistError as error:
        return str(error)


def places(value: object, path: tuple = ()) -> list[tuple]:
    """The way to every value within a state."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, entry in inner for place in places(entry, (*path, key))]


def change(state: dict, draw: random.Random) -> None:
    """Put nonsense in the place of one value, or take the value away, or spoil a tensor."""
    *way, last = draw.choice(places(state))
    owner = state
    for key in way:
        owner = owner[key]
    value = owner[last]
    if isinstance(value, torch.Tensor) and draw.random() < 0.7:
        spoilt = [value.double(), value[None], value.flatten()[:-1], torch.full_like(value, 200), -value.abs() - 1]
        spoilt += [torch.zeros_like(value), value.new_zeros(()).expand(value.shape)]
        spoilt += [value * math.nan, value * math.inf, value * 1e38] if value.is_floating_point() else []
        owner[last] = draw.choice(spoilt)
    elif draw.random() < 0.2:
        del owner[last]
    elif isinstance(value, list) and draw.random() < 0.5:
        owner[last] = value * 3
    else:
        owner[last] = draw.choice(NONSENSE)


def test_every_changed_state_is_refused_in_one_line_or_used(saved, data):
    settings, file, states = saved
    draw = random.Random(settings.optimizer)
    refused = 0
    for number in range(MUTATIONS // 3):
        state = copy.deepcopy(states[number % 2])
        change(state, draw)
        result = resume(data, settings, file, state)
        if isinstance(result, str):
            refused += 1
            assert "--resume" in result or "not finite" in result
            assert "\n" not in result and len(result) < 400
        else:
            assert len(result.history) == 2
            assert all(tensor.isfinite().all() for tensor in result.model.state_dict().values())
    assert refused > MUTATIONS // 6


def test_an_unchanged_state_is_used(saved, data):
    settings, file, states = saved
    assert [len(state["history"]) for state in states] == [1, 2]
    results = [resume(data, settings, file, state).model.state_dict() for state in states]
    for name, tensor in results[0].items():
        assert torch.equal(tensor, results[1][name]), name


@pytest.mark.parametrize("state", [None, [], "text", {}, {"history": [{}]}, torch.zeros(3)])
def test_what_is_no_state_is_refused(state, data, tmp_path):
    file = StateFile(tmp_path / "training_state.pth", {"seed": 7})
    file.save({"none": state} if state is None else state)
    with pytest.raises(MnistError, match=r"training_state\.pth cannot be used .* Train anew, without --resume"):
        train(*data, MODEL, settings_of("muon"), state_file=file)


@pytest.mark.parametrize("configuration", [None, [], {}, {"seed": torch.zeros(2)}, {"seed": 7, "line\nbreak": 1}])
def test_a_nonsensical_configuration_is_refused(configuration, tmp_path):
    file = StateFile(tmp_path / "training_state.pth", {"seed": 7})
    torch.save({"configuration": configuration, "state": {}}, file.path)
    with pytest.raises(MnistError, match="Train anew, without --resume"):
        file.load()
