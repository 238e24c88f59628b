"""`mnist-cnn improve` as its user meets it, on the digits sample with runs of seconds."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from support import refusal

from mnist_helpers.evaluation.study_runs import read_study, without_times, write_study
from mnist_helpers.paths import RunPaths
from mnist_helpers.pipeline.cli import main
from mnist_helpers.study import one_trial, workers

SMALL = ("--seeds", "2", "--only", "the commonest digit", "plain + batch normalisation", "-p", "epochs", "0.5")
RUNS = 5  # of the rule one, of plain and of the other two each


def command(folder, *more: str) -> list[str]:
    return ["improve", "--dataset", "digits", "--run-root", str(folder), *SMALL, *more]


def study_in(folder) -> list:
    """What was computed there, times aside."""
    return [without_times(run) for run in read_study(RunPaths(folder).improvements)]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """As many as the processes of other tests have, since results depend on it."""
    monkeypatch.setattr(workers, "cores", lambda: 1)


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """A whole study, one run after another."""
    folder = tmp_path_factory.mktemp("serial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "cores", lambda: 1)
        assert main(command(folder, "--jobs", "1")) == 0
    return folder


def test_every_run_has_its_row_and_the_notebook_reads_them(serial):
    runs = read_study(RunPaths(serial).improvements)
    assert len(runs) == RUNS and not any(run.failure for run in runs)
    assert [run.key for run in runs if run.configuration == "plain"] == [("plain", 1), ("plain", 2)]
    assert all(run.images == 375 and run.machine.endswith("threads: 1") for run in runs)
    rule, network = runs[0], runs[-1]
    assert (rule.errors, rule.robustness) == (344, 1.0) and network.parameters and network.log_loss
    node = nbformat.read(RunPaths(serial).executed / "05_improvements.ipynb", as_version=4)
    texts = [output.data["text/plain"] for cell in node.cells for output in cell.get("outputs", ())]
    assert any(text.startswith("- **plain + batch normalisation**: ") for text in texts)
    assert (RunPaths(serial).outputs / "ladder.png").is_file()


def test_given_again_nothing_is_left_to_do(serial, capsys):
    assert main(command(serial, "--dry-run")) == 0
    assert capsys.readouterr().out == f"Nothing is missing: all {RUNS} runs are there.\n"


def test_dry_run_says_what_is_missing_and_how_long_it_takes(serial, tmp_path, capsys):
    write_study(tmp_path / "improvements.csv", [])
    assert main(command(tmp_path, "--dry-run")) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Missing: {RUNS} of {RUNS} runs. No run is there yet") and "plain: seed 1, 2" in said

    timed = [replace(run, whole_seconds=300.0) for run in read_study(RunPaths(serial).improvements)]
    RunPaths(tmp_path).outputs.mkdir()
    write_study(RunPaths(tmp_path).improvements, timed[:3])
    assert main(command(tmp_path, "--dry-run", "--jobs", "2")) == 0
    assert "Missing: 2 of 5 runs. About 5 minutes, 2 at a time." in capsys.readouterr().out


def test_killed_and_given_again_it_goes_on(serial, tmp_path):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "mnist_helpers", *command(tmp_path, "--jobs", "2")]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "2 of 5" in line:
                process.send_signal(signal.SIGKILL)
                break
    done = {run.key: run for run in read_study(RunPaths(tmp_path).improvements)}
    assert 2 <= len(done) < RUNS
    assert main(command(tmp_path, "--jobs", "1")) == 0
    again = {run.key: run for run in read_study(RunPaths(tmp_path).improvements)}
    assert done.items() <= again.items(), "what was there is not run again"
    assert study_in(tmp_path) == study_in(serial)


def test_a_run_that_fails_is_a_row_and_is_tried_again(serial, tmp_path, capsys, monkeypatch):
    train = one_trial.train

    def failing(seen, unseen, model, settings, **more):
        if settings.seed == 2:
            raise RuntimeError("no\nmemory")
        return train(seen, unseen, model, settings, **more)

    monkeypatch.setattr(one_trial, "train", failing)
    assert main(command(tmp_path, "--jobs", "1")) == 1
    assert "FAILED: RuntimeError: no memory" in capsys.readouterr().err
    runs = read_study(RunPaths(tmp_path).improvements)
    assert [run.seed for run in runs if run.failure == "RuntimeError: no memory"] == [2, 2]
    monkeypatch.undo()
    monkeypatch.setattr(workers, "cores", lambda: 1)
    assert main(command(tmp_path, "--jobs", "1")) == 0
    assert study_in(tmp_path) == study_in(serial)


def test_runs_of_other_settings_are_missing(serial, tmp_path, capsys):
    runs = read_study(RunPaths(serial).improvements)
    RunPaths(tmp_path).outputs.mkdir()
    write_study(RunPaths(tmp_path).improvements, [*runs[:-1], replace(runs[-1], settings="{}")])
    assert main(command(tmp_path, "--dry-run")) == 0
    assert "Missing: 1 of 5" in capsys.readouterr().out


def test_a_study_of_other_epochs_is_kept(serial):
    before = RunPaths(serial).improvements.read_bytes()
    line = refusal("improve", "--dataset", "digits", "--run-root", str(serial), "-p", "epochs", "2")
    assert "is of 0.5 epochs on digits, not of 2 on digits: name another folder with --run-root" in line
    assert RunPaths(serial).improvements.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "plain + dropuot"], "There is no configuration plain + dropuot. Did you mean plain + dropout?"),
        (["--backend", "dask"], "--backend dask needs --scheduler tcp://HOST:PORT"),
        (["--backend", "joblib", "--scheduler", "tcp://127.0.0.1:1"], "--backend joblib takes none"),
        (["--seeds", "0"], "seeds is 0: it must be a whole number from 1"),
        (["--jobs", "-1"], "jobs is -1: it must be a whole number from 1"),
        (["-p", "width", "8"], "There is no parameter width"),
    ],
)
def test_bad_words_give_one_line(words, said, tmp_path):
    assert said in refusal("improve", "--dataset", "digits", "--run-root", tmp_path, *words)


def test_the_notebook_without_a_study_names_the_command(tmp_path, capsys):
    from mnist_helpers.pipeline.stages import Request, run_stages

    with pytest.raises(Exception, match=r"There is no .*improvements\.csv: mnist-cnn improve makes it"):
        run_stages(["improve"], Request("digits", run_root=str(tmp_path)))


def test_processes_have_no_more_threads_than_cores(monkeypatch):
    asked = []
    monkeypatch.setattr(workers, "_run", lambda function, tasks, threads: asked.append(threads) or iter(()))
    for cores, jobs in ((4, 1), (4, 2), (4, 3), (2, 5)):
        monkeypatch.setattr(workers, "cores", lambda cores=cores: cores)
        list(workers.run_in_processes(print, [], jobs))
    assert asked == [4, 2, 1, 1]
