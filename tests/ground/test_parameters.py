"""A notebook checks its own parameters, since plain papermill lets any name and type through."""

import sys

import pytest
from support import run

from mnist_helpers.errors import MnistError
from mnist_helpers.parameters import read_parameters
from mnist_helpers.paths import NOTEBOOKS

DECLARED = """run_root: str = ""  # The folder
epochs: float = 15  # Passes = epochs
width: int = 32  # Filters
augment: bool = True  # Distort"""


def notebook(injected: str = "", **later: object) -> dict[str, object]:
    """The globals of a notebook after its parameters cell, papermill's cell, and what a user typed."""
    namespace: dict[str, object] = {
        "In": ["", DECLARED, *([f"# Parameters\n{injected}\n"] if injected else []), "%ls", "x = 1"]
    }
    for source in (DECLARED, injected):
        exec(source, namespace)
    return namespace | {"x": 1} | later


def test_values_are_those_of_the_moment():
    assert read_parameters(notebook()) == {"run_root": "", "epochs": 15, "width": 32, "augment": True}
    assert read_parameters(notebook("epochs = 3"))["epochs"] == 3
    assert read_parameters(notebook(epochs=0.5))["epochs"] == 0.5


@pytest.mark.parametrize(
    ("injected", "said"),
    [
        ("epoch = 3", "There is no parameter epoch. Did you mean epochs?"),
        ("zzz = 3", "There is no parameter zzz. Known here: run_root, epochs"),
        ('epochs = "many"', "epochs is 'many': it must be a number."),
        ("epochs = True", "epochs is True: it must be a number."),
        ("width = 1.5", "width is 1.5: it must be a whole number."),
        ("augment = 1", "augment is 1: it must be true or false."),
        ("run_root = 3", "run_root is 3: it must be a text."),
        ("epochs = 0", "epochs is 0: it must be a number from 0.1"),
        ('epochs = float("nan")', "epochs is nan"),
    ],
)
def test_what_does_not_fit_is_one_line(injected, said):
    with pytest.raises(MnistError) as caught:
        read_parameters(notebook(injected))
    assert str(caught.value).startswith(said)


def test_a_session_without_history_knows_its_parameters_too():
    without = {"In": [""]}  # as under nbval
    assert read_parameters(notebook("epochs = 3") | without) == read_parameters(notebook("epochs = 3"))
    with pytest.raises(MnistError, match="epochs is 'many'"):
        read_parameters(notebook('epochs = "many"') | without)


def test_variables_of_the_user_are_no_parameters():
    assert "first_loss" not in read_parameters(notebook(first_loss=2.4))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("sampels_per_digit", "3"), "There is no parameter sampels_per_digit. Did you mean samples_per_digit?"),
        (("samples_per_digit", "many"), "samples_per_digit is 'many': it must be a whole number."),
    ],
)
def test_plain_papermill_stops_with_that_line(tmp_path, given, said):
    done = run(
        sys.executable,
        *("-m", "papermill", NOTEBOOKS / "01_exploration.ipynb", tmp_path / "run.ipynb", "--no-progress-bar"),
        *("-p", "dataset", "digits", "-p", "run_root", tmp_path / "run", "-p", *given),
    )
    assert done.code == 1
    assert done.err.rstrip().endswith(f"MnistError: {said}") or f"MnistError: {said}" in done.err
    assert not (tmp_path / "run").exists()
