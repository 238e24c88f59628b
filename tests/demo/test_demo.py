"""`mnist-cnn demo`, and the page that an evaluation writes beside its report."""

import pytest
from checkpoints import save, untrained_run
from support import refusal

from mnist_helpers.demo import page
from mnist_helpers.paths import RunPaths
from mnist_helpers.pipeline import stages
from mnist_helpers.pipeline.cli import main
from mnist_helpers.report import export
from mnist_helpers.settings import ModelSettings


@pytest.fixture
def run(tmp_path) -> RunPaths:
    """A folder with an untrained network."""
    paths = RunPaths(tmp_path)
    paths.models.mkdir()
    save(paths.checkpoint, untrained_run(ModelSettings(width=2)))
    return paths


@pytest.fixture
def narrow(monkeypatch):
    """Any network is too large."""
    monkeypatch.setattr(page, "MOST_WEIGHTS", 10)


def test_it_writes_one_page_and_the_same_again(run, capsys):
    assert main(["demo", "--run-root", str(run.root)]) == 0
    assert capsys.readouterr().out == f"Page to draw on: {run.demo}\n"
    first = run.demo.read_bytes()
    assert main(["demo", "--run-root", str(run.root)]) == 0
    assert run.demo.read_bytes() == first
    assert [path.name for path in run.reports.iterdir()] == ["draw.html"]


def test_it_says_which_network_it_holds(run):
    main(["demo", "--run-root", str(run.root)])
    text = run.demo.read_text(encoding="utf-8")
    assert stages.network_checksum(run) in text
    assert "width 2" in text and "trained on digits" in text


def test_without_a_network_there_is_no_page(tmp_path):
    assert "mnist-cnn train" in refusal("demo", "--run-root", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("narrow")
def test_a_network_that_is_too_large_is_refused(run):
    assert "-p width" in refusal("demo", "--run-root", run.root)
    assert not run.reports.exists()


@pytest.mark.usefixtures("narrow")
def test_an_evaluation_goes_on_without_a_page_and_leaves_none_of_another_network(run, monkeypatch, capsys):
    monkeypatch.setattr(stages, "execute_notebook", lambda *_: None)
    monkeypatch.setattr(stages, "stamp", lambda *_: None)
    monkeypatch.setattr(export, "export_report", lambda *_, demo, **__: print(f"demo {demo!r}"))
    run.reports.mkdir()
    run.demo.write_text("of an earlier network")
    stages.run_stages(["evaluate"], stages.Request("digits", run_root=str(run.root)))
    printed = capsys.readouterr()
    assert "No page to draw on: The network has" in printed.err
    assert printed.out == "demo ''\n"
    assert not run.demo.exists()
