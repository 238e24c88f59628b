"""Network, metrics and page of a folder belong together, or the folder says that they do not."""

import pytest

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.evaluation import read_metrics, write_metrics
from mnist_helpers.files import prepare_run
from mnist_helpers.pipeline import stages as pipeline
from mnist_helpers.pipeline.stamps import speaks_of, stamp
from mnist_helpers.report import export as page

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

    monkeypatch.setattr(page, "export_report", export)
    executed = digits_run.executed / "03_training.ipynb"
    before = executed.read_bytes()
    stamp(executed, FIRST)
    try:
        assert speaks_of(executed, FIRST)
        pipeline.write_report(digits_run, "digits")
    finally:
        executed.write_bytes(before)
    assert "03_training is of another network" in capsys.readouterr().err


def test_metrics_and_executed_notebooks_name_the_network_in_the_checkpoint(digits_run, other_run):
    for run in (digits_run, other_run):
        network = pipeline.network_checksum(run)
        assert read_metrics(run.metrics)["network"] == network
        assert all(speaks_of(run.executed / f"{name}.ipynb", network) for name in ("03_training", "04_evaluation"))


def test_ctrl_c_in_the_evaluation_leaves_everything_as_it_was_and_resume_does_not_train_again(other_report):
    run, stopped, resumed = other_report
    assert stopped.code == 130
    assert "earlier results are untouched; go on with: mnist-cnn report --dataset digits" in stopped.err
    assert stopped.err.rstrip().endswith("--resume")
    assert resumed.code == 0, resumed.err
    assert "Epoch 2 of 2" in resumed.err and "Epoch 1 of 2" not in resumed.err, "what was trained is not trained again"
    assert ".unfinished" not in (run.executed / "03_training.ipynb").read_text(encoding="utf-8")
