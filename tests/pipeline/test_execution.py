"""What an executed copy of a notebook says."""

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from support import run

from mnist_helpers.pipeline import execution
from mnist_helpers.pipeline.execution import execute_notebook

# Each takes from half a second to several, and a command is to run its notebook soon.
NOT_BEFORE_A_NOTEBOOK = {
    "lark",
    "matplotlib",
    "nbconvert",
    "scipy.stats",
    "sklearn",
    "sympy",
    "torch._dynamo",
    "torchvision",
}
LINKS = '[a](../docs/x.md#y) <a href="../x.py">b</a> [c](02.ipynb) [d](#e) [f](https://example.org/../g)'


@pytest.mark.parametrize(
    ("folder", "root"),
    [("outputs/notebooks", "../.."), ("runs/digits/outputs/notebooks", "../../../.."), ("../other", "..")],
)
def test_links_of_an_executed_copy_lead_to_the_same_files(folder, root, tmp_path, monkeypatch):
    project = tmp_path / "project"
    executed = (project / folder / "01.ipynb").resolve()
    executed.parent.mkdir(parents=True)
    cells = [new_markdown_cell(LINKS), new_code_cell("link = '](../x)'", execution_count=1)]
    node = new_notebook(cells=cells, metadata={"papermill": {}})
    monkeypatch.setattr(execution.papermill, "execute_notebook", lambda *_, **__: node)
    monkeypatch.setattr(execution, "PROJECT_ROOT", project)
    execute_notebook(tmp_path / "01.ipynb", {}, executed, tmp_path, executed.with_suffix(".failed.ipynb"))
    text, code = (cell.source for cell in nbformat.read(executed, as_version=4).cells[-2:])
    assert text == LINKS.replace("(../", f"({root}/").replace('"../', f'"{root}/')
    assert code == "link = '](../x)'"


@pytest.mark.parametrize(
    ("percent", "own", "expected"), [(0.0, None, ""), (90.0, None, "PASSIVE"), (90.0, "ACTIVE", "ACTIVE")]
)
def test_a_kernels_threads_do_not_spin_beside_others(percent, own, expected, tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if own:
        monkeypatch.setenv("OMP_WAIT_POLICY", own)
    monkeypatch.setattr(execution.psutil, "cpu_percent", lambda _: percent)
    cell = new_code_cell("import os\nprint(os.environ.get('OMP_WAIT_POLICY', ''), end='')")
    kernel = {"name": "python3", "language": "python", "display_name": "Python"}
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": kernel}), tmp_path / "01.ipynb")
    executed = tmp_path / "executed.ipynb"
    execute_notebook(tmp_path / "01.ipynb", {}, executed, tmp_path, tmp_path / "failed.ipynb")
    outputs = nbformat.read(executed, as_version=4).cells[-1].outputs
    assert "".join(output.text for output in outputs) == expected


def test_a_command_loads_no_more_than_it_needs_before_its_notebook_runs():
    command = run(sys.executable, "-c", "import sys, mnist_helpers.pipeline.stages; print(*sys.modules)")
    loaded = set(command.out.split())
    assert {"torch", "papermill"} <= loaded
    assert sorted(loaded & NOT_BEFORE_A_NOTEBOOK) == []
