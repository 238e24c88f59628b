"""Results of a command appear together or not at all."""

import pytest

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import RunPaths
from mnist_helpers.pipeline import unfinished
from mnist_helpers.pipeline.unfinished import COMPLETE, working_folder


@pytest.fixture
def run(tmp_path) -> RunPaths:
    """A folder with an earlier result."""
    paths = RunPaths(tmp_path)
    for path in (paths.checkpoint, paths.metrics, paths.report):
        write(path, f"earlier {path.name}")
    return paths


def write(path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # as `files.replacing` does, which never writes into an existing file
    path.write_text(text)


def contents(paths: RunPaths) -> dict[str, str]:
    files = (path for path in paths.root.rglob("*") if path.is_file())
    return {path.relative_to(paths.root).as_posix(): path.read_text() for path in files}


def test_results_take_their_places_when_all_are_there(run):
    with working_folder(run, trains=True, resume=False) as work:
        write(work.checkpoint, "new network")
        write(work.metrics, "new metrics")
        assert run.checkpoint.read_text() == "earlier mnist_cnn.pth"
    assert contents(run) == {
        "models/mnist_cnn.pth": "new network",
        "outputs/metrics.json": "new metrics",
        "reports/evaluation_report.html": "earlier evaluation_report.html",
    }


def test_earlier_results_can_be_read_there(run):
    with working_folder(run, trains=False, resume=False) as work:
        assert work.checkpoint.read_text() == "earlier mnist_cnn.pth"
    assert run.checkpoint.read_text() == "earlier mnist_cnn.pth"


def test_the_answers_of_before_can_be_read_and_both_files_take_their_places(run):
    write(run.answers, "before")
    with working_folder(run, trains=False, resume=False) as work:
        write(work.previous_answers, work.answers.read_text())
        write(work.answers, "now")
        assert run.answers.read_text() == "before" and not run.previous_answers.exists()
    assert (run.answers.read_text(), run.previous_answers.read_text()) == ("now", "before")
    with working_folder(run, trains=False, resume=False) as work:
        assert (work.answers.read_text(), work.previous_answers.read_text()) == ("now", "before")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MnistError])
def test_what_ends_early_changes_nothing_and_keeps_what_was_trained(run, error):
    before = contents(run)
    with pytest.raises(error), working_folder(run, trains=True, resume=False) as work:
        write(work.checkpoint, "new network")
        write(work.metrics, "new metrics")
        raise error
    assert {name: text for name, text in contents(run).items() if not name.startswith(".")} == before
    assert (run.root / ".unfinished").exists()
    with working_folder(run, trains=True, resume=True) as work:
        assert work.checkpoint.read_text() == "new network"
    assert run.checkpoint.read_text() == "new network"
    assert not (run.root / ".unfinished").exists()


def test_other_seeds_that_are_done_are_kept_where_the_network_is_the_earlier_one(run):
    write(run.seed_answers, "seed 8")
    with pytest.raises(KeyboardInterrupt), working_folder(run, trains=True, resume=True) as work:
        write(work.seed_answers, "seeds 8 and 9")
        raise KeyboardInterrupt
    assert run.seed_answers.read_text() == "seed 8"
    with working_folder(run, trains=True, resume=True) as work:
        assert work.seed_answers.read_text() == "seeds 8 and 9"


def test_a_failed_evaluation_leaves_nothing_behind_and_an_unfinished_training_alone(run):
    write(RunPaths(run.root / ".unfinished").training_state, "epoch 3")
    before = contents(run)
    with pytest.raises(MnistError), working_folder(run, trains=False, resume=False) as work:
        write(work.metrics, "new metrics")
        raise MnistError("no")
    assert contents(run) == before


def test_a_new_training_finds_the_state_of_an_unfinished_one_but_not_its_other_results(run):
    earlier = RunPaths(run.root / ".unfinished")
    write(earlier.training_state, "epoch 3")
    write(earlier.checkpoint, "unfinished network")
    with working_folder(run, trains=True, resume=False) as work:
        assert work.training_state.read_text() == "epoch 3"
        assert work.checkpoint.read_text() == "earlier mnist_cnn.pth"
        work.training_state.unlink()


def test_command_and_notebook_go_on_with_each_others_training(run):
    write(run.training_state, "epoch 3, in JupyterLab")
    with pytest.raises(KeyboardInterrupt), working_folder(run, trains=True, resume=False) as work:
        assert work.training_state.read_text() == "epoch 3, in JupyterLab"
        write(work.training_state, "epoch 5, by the command")
        raise KeyboardInterrupt
    assert run.training_state.read_text() == "epoch 5, by the command"
    assert not (run.root / ".unfinished").exists()


def test_going_on_takes_what_is_newer_since_then_and_replaces_nothing_with_older_files(run):
    evaluated = run.executed / "04_evaluation.ipynb"
    write(evaluated, "evaluation of before")
    with pytest.raises(MnistError), working_folder(run, trains=True, resume=False) as work:
        write(work.training_state, "epoch 3")
        raise MnistError("no")
    write(evaluated, "evaluation of meanwhile")
    with working_folder(run, trains=True, resume=True) as work:
        assert (work.executed / "04_evaluation.ipynb").read_text() == "evaluation of meanwhile"
        write(work.checkpoint, "new network")
        work.training_state.unlink()
    assert evaluated.read_text() == "evaluation of meanwhile"
    assert run.checkpoint.read_text() == "new network"


def test_killed_while_results_are_moved_the_next_command_moves_the_rest(run, monkeypatch):
    moved = []

    def killed(path, target):
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        path.rename(target)

    with monkeypatch.context() as patched:
        patched.setattr(unfinished.Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt), working_folder(run, trains=True, resume=False) as work:
            write(work.checkpoint, "new network")
            write(work.metrics, "new metrics")
    assert len(moved) == 1
    assert (work.root / COMPLETE).exists()
    with working_folder(run, trains=False, resume=False):
        assert (run.checkpoint.read_text(), run.metrics.read_text()) == ("new network", "new metrics")
    assert not list(run.root.glob(".*"))
