"""A saved state is used as it was written, or refused in one line before any of it is used."""

import random

import pytest
import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import train
from mnist_helpers.training.state_file import StateFile
from mnist_helpers.training.watcher import Watcher

MODEL = ModelSettings(width=1)
CHANGES = 200
REFUSAL = r"training_state\.pth cannot be used .* Train anew, without --resume"


@pytest.fixture(scope="module")
def data(digits):
    return digits[0][:40], digits[1][:20]


@pytest.fixture
def file(tmp_path) -> StateFile:
    return StateFile(tmp_path / "training_state.pth", {"seed": 7})


@pytest.mark.parametrize("optimizer", ["muon", "sgd", "adam"])
def test_a_state_of_any_epoch_leads_to_the_same_weights(optimizer, data, file):
    settings = TrainingSettings(epochs=2, batch_size=20, optimizer=optimizer, learning_rate=0.003)
    states, watcher = [], Watcher()
    watcher.epoch = lambda *_: states.append(file.load())
    whole = train(*data, MODEL, settings, watcher, file).model.state_dict()
    assert [len(state["history"]) for state in states] == [1, 2]
    for state in states:
        file.save(state)
        again = train(*data, MODEL, settings, state_file=file).model.state_dict()
        assert [name for name, tensor in whole.items() if not torch.equal(tensor, again[name])] == []


def change(content: bytes, draw: random.Random) -> bytes:
    """Cut the file, change a bit of it, or put bytes in."""
    at = draw.randrange(1, len(content))
    bit = bytes([content[at] ^ 1 << draw.randrange(8)])
    return draw.choice(
        [content[:at], content[at:], content[:at] + bit + content[at + 1 :], content[:at] + b"more" + content[at:]]
    )


def test_every_changed_file_is_refused_in_one_line(file):
    file.save({"history": [], "losses": torch.rand(100)})
    whole, draw = file.path.read_bytes(), random.Random(0)
    for _ in range(CHANGES):
        file.path.write_bytes(change(whole, draw))
        with pytest.raises(MnistError, match=REFUSAL) as refused:
            file.load()
        assert "\n" not in str(refused.value)


def test_values_that_somebody_else_saved_are_refused(file):
    torch.save({"configuration": file.configuration, "state": {"history": []}}, file.path)
    with pytest.raises(MnistError, match=REFUSAL):
        file.load()


def test_a_state_made_of_other_parts_is_refused(data, file):
    file.save({"history": []})
    with pytest.raises(MnistError, match=REFUSAL):
        train(*data, MODEL, TrainingSettings(epochs=2, batch_size=20), state_file=file)
