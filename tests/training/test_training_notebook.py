"""The training notebook's own cells in a kernel, as someone at a desk runs them: Stop, again, and other settings."""

import ast
import re

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from mnist_helpers.checkpoint import load_checkpoint
from mnist_helpers.paths import NOTEBOOKS, RunPaths

CELLS = [
    cell for cell in nbformat.read(NOTEBOOKS / "03_training.ipynb", as_version=4).cells if cell.cell_type == "code"
]
SETTINGS = {"dataset": "digits", "epochs": 12, "batch_size": 50, "width": 2, "precision": "float32"}


class Desk:
    """A kernel, and the cells of the notebook."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code: str, stop_at: str = "") -> list[str]:
        """Run a cell, interrupted when `stop_at` is shown; what it showed, and an error as its lines."""
        shown = []

        def look(message) -> None:
            content = message["content"]
            text = content.get("data", {}).get("text/plain", "") + content.get("text", "")
            if message["msg_type"] == "error":
                shown.extend(content["traceback"])
            elif message["msg_type"] in {"display_data", "update_display_data", "stream"}:
                shown.append(text)
                if stop_at and stop_at in text:
                    self.manager.interrupt_kernel()

        self.client.execute_interactive(code, output_hook=look, timeout=120)
        return shown

    def open(self, **settings: object) -> None:
        """Run the parameters cell with these values, and the cells before the training."""
        self.run(parameters(**settings))
        for cell in CELLS[1:3]:
            assert not [text for text in self.run(cell.source) if "Error" in text]

    def train(self, stop_at: str = "") -> list[str]:
        (cell,) = [cell for cell in CELLS if "train_and_save" in cell.source]
        return self.run(cell.source, stop_at)

    def checksum(self) -> str:
        return self.run("print(network.weights_checksum(run.model))")[-1]


def parameters(**settings: object) -> str:
    """The parameters cell with these values, as someone would type them there."""
    source = CELLS[0].source
    for name, value in settings.items():
        source, found = re.subn(rf"(?m)^({name}: \w+ = )\S+", lambda match, value=value: match[1] + repr(value), source)
        assert found == 1
    return source


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path_factory.mktemp("desk")))
    yield Desk(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_stop_is_one_sentence_and_running_again_goes_on_to_the_same_weights(desk, tmp_path):
    desk.open(run_root=str(tmp_path / "whole"), **SETTINGS)
    desk.train()
    whole = desk.checksum()
    desk.open(run_root=str(tmp_path / "stopped"), **SETTINGS)
    (message,) = [text for text in desk.train(stop_at="Epoch 3 of 12: train") if "Stopped" in text]
    saved = int(re.search(r"Stopped\. Epoch (\d+) of 12 is saved", message)[1])
    assert "\n" not in message and 3 <= saved < 12
    shown = desk.train()
    assert f"It goes on after epoch {saved}." in shown
    assert any(text.startswith(f"Epoch {saved} of 12: train loss") for text in shown[:2]), "drawn at once"
    assert not any(text.startswith("Epoch 1 of 12") for text in shown)
    assert desk.checksum() == whole


def test_a_changed_parameter_counts_when_its_cell_and_the_training_are_run_again(desk, tmp_path):
    desk.open(run_root=str(tmp_path), **SETTINGS)
    desk.run(parameters(run_root=str(tmp_path), **SETTINGS | {"epochs": 2, "seed": 9}))
    desk.train()
    stored = load_checkpoint(RunPaths(tmp_path).checkpoint)
    assert (stored.training.epochs, stored.training.seed, len(stored.history)) == (2, 9, 2)


def test_the_first_loop_does_not_disturb_the_run(desk, tmp_path):
    desk.open(run_root=str(tmp_path / "without"), **SETTINGS | {"epochs": 1})
    desk.train()
    without = desk.checksum()
    desk.open(run_root=str(tmp_path / "with"), **SETTINGS | {"epochs": 1})
    (loop,) = [number for number, cell in enumerate(CELLS) if "explicit-loop" in cell.metadata.get("tags", ())]
    for cell in CELLS[loop - 1 : loop + 1]:
        shown = desk.run(cell.source)
    assert "Loss and accuracy by epoch" in shown[-1]
    desk.train()
    assert desk.checksum() == without


def test_no_cell_uses_the_name_of_a_parameter_for_something_else():
    names = set(re.findall(r"(?m)^(\w+): ", CELLS[0].source))
    for cell in CELLS[1:]:
        stored = {
            node.id
            for node in ast.walk(ast.parse(cell.source))
            if getattr(node, "ctx", None).__class__ is ast.Store and isinstance(node, ast.Name)
        }
        assert not stored & names
