"""The notebooks as they lie in git: clean, documented, and in step with the package."""

import ast
from dataclasses import asdict

import nbformat
import pytest

from mnist_helpers.paths import NOTEBOOKS
from mnist_helpers.pipeline.parameters import declared_parameters, parse_parameters
from mnist_helpers.pipeline.stages import STAGES
from mnist_helpers.settings import RULES, ModelSettings, TrainingSettings

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_the_stages_are_the_notebooks():
    assert [path.stem for path in PATHS] == list(STAGES.values())


@each_notebook
def test_notebook_is_kept_without_outputs(path):
    node = nbformat.read(path, as_version=4)
    nbformat.validate(node)
    assert node.metadata.kernelspec.name == "python3"
    assert "papermill" not in node.metadata
    for cell in node.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@each_notebook
def test_notebook_defines_nothing_that_belongs_in_the_package(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            defined = [
                node
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ]
            assert not defined


@each_notebook
def test_parameters_are_documented_and_agree_with_the_settings(path):
    node = nbformat.read(path, as_version=4)
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in node.cells) == 1
    defaults = asdict(ModelSettings()) | asdict(TrainingSettings())
    for name, entry in declared_parameters(path).items():
        assert entry["inferred_type_name"] in {"str", "int", "float", "bool"}, name
        assert entry["help"], name
        default = ast.literal_eval(entry["default"])
        if name in defaults:
            assert default == defaults[name], name
        if not isinstance(default, bool) and name not in {"data_root", "run_root"}:
            assert name in RULES and RULES[name].accepts(default), name


def test_training_declares_every_setting():
    declared = set(declared_parameters(NOTEBOOKS / "03_training.ipynb"))
    assert declared >= set(asdict(ModelSettings())) | set(asdict(TrainingSettings()))


def test_parameters_are_typed_and_go_to_the_notebooks_that_declare_them():
    design, training = NOTEBOOKS / "02_model_design.ipynb", NOTEBOOKS / "03_training.ipynb"
    given = [("epochs", "3"), ("width", "16"), ("augment", "False"), ("learning_rate", "1e-2")]
    parsed = parse_parameters(given, [design, training])
    assert parsed[training] == {"epochs": 3, "width": 16, "augment": False, "learning_rate": 0.01}
    assert parsed[design] == {"width": 16}
    assert str(parsed[training]["epochs"]) == "3", "shown as it was given, though half epochs are possible too"
    assert parse_parameters([("epochs", "0.5")], [training])[training] == {"epochs": 0.5}
