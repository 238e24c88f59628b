"""Notebook 06: what it shows of files of one's own, and that it leaves them and the project alone."""

import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from checkpoints import save, untrained_run
from support import Command, fingerprint, run

from mnist_helpers.checkpoint import load_checkpoint
from mnist_helpers.network import answer_rows, predict_files
from mnist_helpers.paths import NOTEBOOKS, PROJECT_ROOT, RunPaths
from mnist_helpers.pictures import list_files, write_examples
from mnist_helpers.settings import ModelSettings

NOTEBOOK = NOTEBOOKS / "06_your_own_digits.ipynb"


def execute(executed, run_root, *parameters: object) -> Command:
    words = ("-m", "papermill", NOTEBOOK, executed, "--no-progress-bar", "-p", "run_root", run_root)
    return run(sys.executable, *words, *parameters, cwd=executed.parent)


def data_of(executed, kind: str) -> list[dict]:
    cells = nbformat.read(executed, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", ()) if kind in output.get("data", {})]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> RunPaths:
    """A network that nobody trained, whose answers are as good as any for what is tested here."""
    paths = RunPaths(tmp_path_factory.mktemp("run"))
    paths.models.mkdir()
    save(paths.checkpoint, untrained_run(ModelSettings(width=2)))
    return paths


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_examples(tmp_path_factory.mktemp("mine"))


def test_a_folder_gets_the_answers_of_predict_and_stays_as_it_is(folder, run_folder, tmp_path):
    before = fingerprint(folder) | fingerprint(run_folder.root)
    done = execute(tmp_path / "answers.ipynb", run_folder.root, "-p", "images", folder, "-p", "shown", 3)
    assert done.code == 0, done.err
    (table,) = data_of(tmp_path / "answers.ipynb", "text/html")
    rows = BeautifulSoup(table["data"]["text/html"], "html.parser").find("tbody").find_all("tr")
    shown = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]
    wanted = answer_rows(predict_files(load_checkpoint(run_folder.checkpoint).model, list_files(folder)))
    assert shown == [[str(cell) for cell in row] for row in wanted]
    assert sum("refused: " in row[3] for row in shown) >= 3
    (figure,) = data_of(tmp_path / "answers.ipynb", "image/png")
    assert figure["metadata"]["image/png"]["alt"].startswith("3 files") and "refused" in figure["data"]["text/plain"]
    assert fingerprint(folder) | fingerprint(run_folder.root) == before
    assert [path.name for path in tmp_path.iterdir()] == ["answers.ipynb"]


def test_with_nothing_named_it_takes_examples_and_gives_the_same_again(run_folder, tmp_path):
    executed = tmp_path / "examples.ipynb"
    assert execute(executed, run_folder.root).code == 0
    assert "empty page.png" in data_of(executed, "text/html")[0]["data"]["text/plain"]
    options = ("-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path, "--nbval")
    done = run(sys.executable, "-m", "pytest", *options, executed, cwd=tmp_path)
    assert done.code == 0, done.out


def test_a_misspelt_name_stops_it_with_one_line(run_folder, tmp_path):
    done = execute(tmp_path / "out.ipynb", run_folder.root, "-p", "images", "no/such folder")
    said = f"{PROJECT_ROOT / 'no/such folder'}: there is no such file or folder: check the name"
    assert done.code == 1 and f"MnistError: {said}" in done.err


def test_the_reference_network_reads_the_examples(folder):
    checkpoint = RunPaths(PROJECT_ROOT).checkpoint
    if not checkpoint.is_file():
        pytest.skip("there is no trained network")
    rows = {row[0]: row for row in answer_rows(predict_files(load_checkpoint(checkpoint).model, list_files(folder)))}
    right = ["2 on its side.png", "3 in poor light.png", "4 in pencil.png", "5 on ruled paper.png", "7 in chalk.png"]
    assert [rows[name][3] for name in right[1:]] == [""] * 4
    assert [str(rows[name][1]) for name in right[1:]] == [name[0] for name in right[1:]]
    assert rows[right[0]][3].startswith("unsure, else ")
