"""Whatever is wrong is said in one line, with a non-zero exit code, and earlier results stay as they were."""

import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from support import fingerprint, here, refusal

from mnist_helpers.errors import MnistError
from mnist_helpers.pipeline import stages as pipeline
from mnist_helpers.pipeline.execution import execute_notebook, require_complete

REFUSED = {
    "misspelt parameter": (["-p", "epoch", "3"], "Did you mean epochs?"),
    "unknown parameter": (["-p", "zzz", "3"], "There is no parameter zzz"),
    "text for a number": (["-p", "epochs", "many"], "must be a number"),
    "fraction for a whole number": (["-p", "batch_size", "1.5"], "whole number"),
    "text for a truth value": (["-p", "augment", "perhaps"], "true or false"),
    "no epochs": (["-p", "epochs", "0"], "epochs is 0"),
    "negative learning rate": (["-p", "learning_rate", "-1"], "learning_rate is -1.0"),
    "infinite learning rate": (["-p", "learning_rate", "inf"], "learning_rate is inf"),
    "learning rate that is no number": (["-p", "learning_rate", "nan"], "learning_rate is nan"),
    "no batch": (["-p", "batch_size", "0"], "batch_size is 0"),
    "dropout of everything": (["-p", "dropout", "1"], "dropout is 1:"),
    "unknown optimizer": (["-p", "optimizer", "sdg"], "one of muon, sgd, adam"),
    "data set as a parameter": (["-p", "dataset", "mnist"], "--dataset"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_parameters_are_refused_before_anything_runs(case, digits_run):
    parameters, said = REFUSED[case]
    before = fingerprint(digits_run.root)
    line = refusal("train", "--dataset", "digits", "--run-root", digits_run.root, *parameters)
    assert said in line
    assert fingerprint(digits_run.root) == before


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("Error downloading")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)


def test_mnist_that_cannot_be_had_names_folder_files_and_way_out(tmp_path, no_network):
    line = refusal("report", "--dataset", "mnist", "--data-root", tmp_path / "none", "--run-root", tmp_path / "run")
    for wanted in (str(tmp_path / "none"), "train-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "--dataset digits"):
        assert wanted in line
    assert not (tmp_path / "run").exists()


def test_damaged_mnist_is_named(false_mnist):
    line = refusal("explore", "--dataset", "mnist", "--data-root", false_mnist)
    assert "train-images-idx3-ubyte" in line
    assert "wrong checksum" in line


def test_evaluating_without_a_checkpoint_names_what_makes_it(tmp_path):
    line = refusal("evaluate", "--dataset", "digits", "--run-root", tmp_path)
    assert "03_training" in line


def test_a_damaged_checkpoint_is_refused(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mnist_cnn.pth").write_bytes(b"not a checkpoint")
    line = refusal("evaluate", "--dataset", "digits", "--run-root", tmp_path)
    assert "damaged" in line


@pytest.mark.skipif(os.name == "nt", reason="a path below a file means something else on Windows")
def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    line = refusal("explore", "--dataset", "digits", "--run-root", tmp_path / "file" / "run")
    assert "Cannot write" in line
    assert "--run-root" in line


def test_a_result_on_another_data_set_is_not_replaced(digits_run, monkeypatch):
    monkeypatch.setattr(pipeline, "find_data", lambda *_: type("Source", (), {"name": "mnist"}))
    line = refusal("train", "--run-root", digits_run.root)
    assert "holds a result on digits" in line


def test_auto_without_mnist_takes_digits_and_says_so(tmp_path, monkeypatch, no_network):
    monkeypatch.setattr(pipeline, "execute_notebook", lambda *_: None)
    command = here("explore", "--data-root", tmp_path / "none", "--run-root", tmp_path / "run")
    assert command.code == 0, command.err
    assert "WARNING: MNIST IS NOT AVAILABLE" in command.err
    assert "on digits" in command.err


IMPORTS = "from mnist_helpers.checkpoint.store import *\nfrom mnist_helpers.checkpoint.training import *\n"


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("1 / 0", MnistError, "failed in cell 1: ZeroDivisionError"),
        ("import os; os._exit(0)", MnistError, "died"),
        ("raise SystemExit(0)", MnistError, "error in cell 1: SystemExit"),
        (f"{IMPORTS}raise UnusableCheckpointError('take another one')", MnistError, "^take another one$"),
        (f"{IMPORTS}raise StoppedError('here')", KeyboardInterrupt, ""),
    ],
)
def test_a_failing_notebook_fails_and_keeps_the_earlier_copy(tmp_path, source, error, said):
    cells = [new_code_cell(source), new_code_cell("print(1)")]
    cells.append(new_code_cell('dataset = ""\nrun_root = ""', metadata={"tags": ["parameters"]}))
    notebook, executed = tmp_path / "broken.ipynb", tmp_path / "executed.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"language_info": {"name": "python"}}), notebook)
    executed.write_text("the earlier copy")
    with pytest.raises(error, match=said):
        execute_notebook(notebook, {"dataset": "digits"}, executed, tmp_path, tmp_path / "failed.ipynb")
    assert executed.read_text() == "the earlier copy"
    assert not list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*"))


def test_an_executed_notebook_with_an_error_output_is_not_accepted():
    cell = new_code_cell("1 / 0", execution_count=1)
    cell.outputs = [new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])]
    with pytest.raises(MnistError, match="error in cell 1"):
        require_complete(new_notebook(cells=[cell]), "some")
