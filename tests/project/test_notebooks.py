"""The notebooks as they lie in git: clean, documented, readable, and in step with the package."""

import ast
import pkgutil
import re
import statistics
from dataclasses import asdict
from pathlib import Path

import nbformat
import pytest
from documents import DOCUMENTS, read_markdown
from papermill import inspect_notebook

from mnist_helpers.paths import NOTEBOOKS, PACKAGE
from mnist_helpers.pipeline.parameters import parse_parameters
from mnist_helpers.pipeline.stages import STAGES
from mnist_helpers.settings import RULES, ModelSettings, TrainingSettings

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
MEDIAN_LINES, MOST_LINES = 5, 20
LONG_ON_PURPOSE = {"parameters", "explicit-loop"}
ROOMS = {path.stem for path in PACKAGE.iterdir() if path.stem.isidentifier()} - {"__init__", "__main__", "__pycache__"}
TEXTS = [*(path for path in DOCUMENTS if path.name != "CHANGELOG.md"), *PATHS]


def code_cells(path: Path) -> list[str]:
    """The source of every code cell but those that are long on purpose, without empty lines."""
    cells = nbformat.read(path, as_version=4).cells
    short = [
        cell for cell in cells if cell.cell_type == "code" and not set(cell.metadata.get("tags", ())) & LONG_ON_PURPOSE
    ]
    return ["\n".join(line for line in cell.source.splitlines() if line.strip()) for cell in short]


def test_the_stages_are_the_notebooks_but_the_one_for_pictures_of_ones_own():
    assert [path.stem for path in PATHS] == [*STAGES.values(), "06_your_own_digits"]


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
            nodes = ast.walk(ast.parse(cell.source))
            assert not [
                node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ]


@each_notebook
def test_parameters_are_documented_and_agree_with_the_settings(path):
    node = nbformat.read(path, as_version=4)
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in node.cells) == 1
    defaults = asdict(ModelSettings()) | asdict(TrainingSettings())
    for name, entry in inspect_notebook(path).items():
        assert entry["inferred_type_name"] in {"str", "int", "float", "bool"}, name
        assert entry["help"], name
        default = ast.literal_eval(entry["default"])
        if name in defaults:
            assert default == defaults[name], name
        if not isinstance(default, bool) and name not in {"data_root", "run_root", "images", "scheduler"}:
            assert name in RULES and RULES[name].accepts(default), name


def test_training_declares_every_setting():
    declared = set(inspect_notebook(NOTEBOOKS / "03_training.ipynb"))
    assert declared >= set(asdict(ModelSettings())) | set(asdict(TrainingSettings()))


def test_parameters_are_typed_and_go_to_the_notebooks_that_declare_them():
    design, training = NOTEBOOKS / "02_model_design.ipynb", NOTEBOOKS / "03_training.ipynb"
    given = [("epochs", "3"), ("width", "16"), ("augment", "False"), ("learning_rate", "1e-2")]
    parsed = parse_parameters(given, [design, training])
    assert parsed[training] == {"epochs": 3, "width": 16, "augment": False, "learning_rate": 0.01}
    assert parsed[design] == {"width": 16}
    assert str(parsed[training]["epochs"]) == "3", "shown as it was given, though half epochs are possible too"
    assert parse_parameters([("epochs", "0.5")], [training])[training] == {"epochs": 0.5}


@each_notebook
def test_cells_are_short(path):
    lines = [len(source.splitlines()) for source in code_cells(path)]
    assert statistics.median(lines) <= MEDIAN_LINES and max(lines) <= MOST_LINES, sorted(lines)


@each_notebook
def test_cells_compute_and_leave_words_and_looks_to_the_package(path):
    for source in code_cells(path):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.JoinedStr):
                assert node.lineno == node.end_lineno, f"a sentence over several lines: {ast.unparse(node)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"</?[a-zA-Z][^<>]*>", node.value), f"HTML: {node.value}"


@each_notebook
def test_notebook_links_to_its_neighbours_and_to_the_world(path):
    links = read_markdown(path).links
    place = PATHS.index(path)
    neighbours = {PATHS[number].name for number in (place - 1, place + 1) if 0 <= number < len(PATHS)}
    assert neighbours <= {link.partition("#")[0].removeprefix("../notebooks/") for link in links}
    assert any(link.startswith("https://") for link in links)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_names_of_the_package_in_the_text_exist(path):
    pattern = re.compile(rf"(?<![\w./])(?:mnist_helpers\.)?((?:{'|'.join(sorted(ROOMS))})\.[A-Za-z_][\w.]*\w)(?![\w/])")
    for code in read_markdown(path).code:
        for name in pattern.findall(code):
            if not re.search(r"\.(py|json|md|ipynb|html|png)$", name):
                pkgutil.resolve_name(f"mnist_helpers.{name}")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_parameters_that_the_text_sets_are_declared(path):
    declared = {name for notebook in PATHS for name in inspect_notebook(notebook)}
    told = {name for code in read_markdown(path).code for name in re.findall(r"(?<!\S)-p (\w+)", code)}
    assert told <= declared
