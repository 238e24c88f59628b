"""Network, metrics and page of a folder belong together, or the folder says that they do not."""

import nbformat
import pytest

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.evaluation import read_metrics, write_metrics
from mnist_helpers.files import prepare_run
from mnist_helpers.paths import RunPaths
from mnist_helpers.pipeline import stages as pipeline
from mnist_helpers.pipeline.cli import main
from mnist_helpers.pipeline.stamps import speaks_of, stamp

FIRST, SECOND = "1" * 64, "2" * 64


def test_a_folder_says_when_its_report_is_of_an_earlier_network(tmp_path):
    paths = prepare_run(tmp_path, "digits")
    note_outdated(paths, FIRST)
    assert not paths.outdated_note.exists(), "nothing was evaluated yet"
    write_metrics(paths, {"network": FIRST})
    assert not paths.outdated_note.exists()
    note_outdated(paths, SECOND)
    assert "mnist-cnn evaluate" in paths.outdated_note.read_text()
    write_metrics(paths, {"network": SECOND})
    assert not paths.outdated_note.exists()


@pytest.mark.parametrize("damaged", ["", "[]", "{}", "{"])
def test_metrics_that_do_not_say_their_network_are_of_another(tmp_path, damaged):
    paths = prepare_run(tmp_path, "digits")
    paths.metrics.write_text(damaged)
    note_outdated(paths, FIRST)
    assert paths.outdated_note.exists()


def test_the_report_leaves_out_the_training_of_another_network(digits_run, monkeypatch, capsys):
    def export(notebooks, *_, **__):
        assert [notebook.stem for notebook in notebooks] == ["04_evaluation", "02_model_design", "01_exploration"]

    monkeypatch.setattr(pipeline, "export_report", export)
    executed = digits_run.executed / "03_training.ipynb"
    before = executed.read_bytes()
    stamp(executed, FIRST)
    try:
        assert speaks_of(executed, FIRST)
        pipeline.write_report(digits_run, "digits")
    finally:
        executed.write_bytes(before)
    assert "03_training is of another network" in capsys.readouterr().err


def test_metrics_and_executed_notebooks_name_the_network_in_the_checkpoint(digits_run):
    network = pipeline.network_checksum(digits_run)
    assert read_metrics(digits_run.metrics)["network"] == network
    for name in ("03_training", "04_evaluation"):
        assert speaks_of(digits_run.executed / f"{name}.ipynb", network)


def test_ctrl_c_in_the_evaluation_leaves_everything_as_it_was_and_resume_does_not_train_again(
    tmp_path, monkeypatch, capsys
):
    run = RunPaths(tmp_path)
    command = ["report", "--dataset", "digits", "--run-root", str(tmp_path), "-p", "epochs", "2", "-p", "width", "2"]
    execute = pipeline.execute_notebook
    interrupt = True

    def execute_some(notebook, *arguments):
        """Leaves out the first two stages, which take time and do not matter here."""
        if notebook.stem == "04_evaluation" and interrupt:
            raise KeyboardInterrupt
        if notebook.stem in ("03_training", "04_evaluation"):
            execute(notebook, *arguments)

    monkeypatch.setattr(pipeline, "execute_notebook", execute_some)
    assert main(command) == 130
    said = capsys.readouterr().err
    assert "earlier results are untouched; go on with: mnist-cnn report --dataset digits" in said
    assert said.rstrip().endswith("--resume")
    assert not run.checkpoint.exists() and not run.metrics.exists()

    interrupt = False
    assert main([*command, "--resume"]) == 0
    said = capsys.readouterr().err
    assert "Epoch 2 of 2" in said and "Epoch 1 of 2" not in said, "what was trained is not trained again"
    assert read_metrics(run.metrics)["network"] == pipeline.network_checksum(run)
    assert speaks_of(run.executed / "03_training.ipynb", pipeline.network_checksum(run))
    node = nbformat.read(run.executed / "03_training.ipynb", as_version=4)
    assert ".unfinished" not in nbformat.writes(node)
