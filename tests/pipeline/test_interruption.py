"""Killed, interrupted, short of disk, or two at once: nothing is lost and nothing is mixed up."""

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import here, refusal

from mnist_helpers import files
from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.checkpoint.training import StoppedError, train_and_save, train_baseline
from mnist_helpers.data.sources import find_data
from mnist_helpers.data.splits import load_training_data
from mnist_helpers.errors import MnistError
from mnist_helpers.files import prepare_run
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.state_file import StateFile
from mnist_helpers.training.watcher import Watcher

MODEL = ModelSettings(width=2, dropout=0.2)
SETTINGS = TrainingSettings(epochs=100, batch_size=100, precision="float32")
SHORT = TrainingSettings(epochs=2, batch_size=50)
KILLS = 20


def train_here(root, slow_saves: bool = False) -> None:
    """One training on the digits sample that goes on with whatever lies in `root`."""
    torch.set_num_threads(1)
    if slow_saves:
        sync = os.fsync
        # Widen the moment between a half-written file and its rename, so that kills fall into it too.
        files.os.fsync = lambda descriptor: (time.sleep(0.15), sync(descriptor))
    source = find_data("digits")
    train_and_save(
        prepare_run(root, source.name), source, load_training_data(source), MODEL, SETTINGS, Watcher(), resume=True
    )


@pytest.fixture(scope="module")
def start():
    """Start a function in a process of its own that has the package imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mnist_helpers.checkpoint.training", "sklearn.datasets", "torchvision"])

    def started(function, *arguments):
        process = context.Process(target=function, args=arguments)
        process.start()
        return process

    return started


def finish(*processes) -> None:
    for process in processes:
        process.join()
    assert {process.exitcode for process in processes} == {0}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, start) -> RunPaths:
    root = tmp_path_factory.mktemp("undisturbed")
    finish(start(train_here, root))
    return RunPaths(root)


def weights(run: RunPaths) -> dict[str, torch.Tensor]:
    return load_checkpoint(run.checkpoint).model.state_dict()


def assert_same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert {name for name, tensor in first.items() if not torch.equal(tensor, second[name])} == set()


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX's")
def test_killed_at_random_moments_it_ends_with_the_same_weights(undisturbed, start, tmp_path):
    run = RunPaths(tmp_path)
    moments = random.Random(0)
    inside_a_save = 0
    for kill in range(KILLS):
        process = start(train_here, tmp_path, kill % 2 == 1)
        _wait_until_saving(run, process)
        time.sleep(moments.uniform(0, 0.25))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "the run ended before it was killed"
        assert not run.checkpoint.exists(), "an unfinished run leaves no checkpoint"
        inside_a_save += bool(_leftovers(run))
    assert inside_a_save >= 3
    finish(start(train_here, tmp_path))
    assert_same(weights(undisturbed), weights(run))
    assert load_checkpoint(run.checkpoint).history == load_checkpoint(undisturbed.checkpoint).history


def _wait_until_saving(run: RunPaths, process) -> None:
    """Until the process saves for the first time, or is about to."""
    before = _state_time(run), _leftovers(run)
    _wait_for(lambda: (_state_time(run), _leftovers(run)) != before or not process.is_alive())


def _state_time(run: RunPaths) -> int:
    return run.training_state.stat().st_mtime_ns if run.training_state.exists() else 0


def _leftovers(run: RunPaths) -> list:
    return list(run.models.glob(".*.tmp")) if run.models.exists() else []


def _wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


class StopError(Exception):
    """Ends a training between two epochs."""


class Stopper(Watcher):
    """Ends a training after an epoch by raising `error`, and keeps what is said."""

    def __init__(self, after: int, error: type[BaseException] = StopError):
        self.after, self.error = after, error
        self.said: list[str] = []
        self.taken_up = 0

    def say(self, sentence):
        self.said.append(sentence)

    def begin(self, history, seconds):
        self.taken_up = len(history)

    def epoch(self, history, seconds):
        if len(history) == self.after:
            raise self.error


def train_some(run: RunPaths, settings: TrainingSettings, stop_after: int = 0, resume: bool = False, watcher=None):
    """Train a tiny network; a `stop_after` leaves the run unfinished after that epoch."""
    source = find_data("digits")
    data = tuple(part[:200] for part in load_training_data(source))
    watcher = watcher or Stopper(stop_after)
    try:
        return train_and_save(run, source, data, ModelSettings(width=1), settings, watcher, resume)
    except StopError:
        return None


@pytest.fixture
def state(tmp_path) -> StateFile:
    file = StateFile(tmp_path / "training_state.pth", {"epochs": 3, "seed": 7})
    file.save({"history": [], "seconds": 1.0})
    return file


def test_state_comes_back_as_it_was_saved(state):
    assert state.load() == {"history": [], "seconds": 1.0}
    state.path.with_name(f".{state.path.name}.123.tmp").write_bytes(b"half")
    state.remove()
    assert state.load() is None
    assert not list(state.path.parent.iterdir())


def test_a_damaged_state_is_refused(state):
    whole = state.path.read_bytes()
    for damaged in (b"", whole[:200], whole[:-1], whole + b"x"):
        state.path.write_bytes(damaged)
        with pytest.raises(MnistError, match="Train anew, without --resume"):
            state.load()


def test_a_folder_in_the_place_of_the_state_is_named_and_stays(state):
    state.path.unlink()
    state.path.mkdir()
    with pytest.raises(MnistError, match="it is not a file"):
        state.load()
    with pytest.raises(MnistError, match="Cannot remove"):
        state.remove()


def test_resume_refuses_other_settings(tmp_path):
    run = prepare_run(tmp_path, "digits")
    train_some(run, TrainingSettings(epochs=9), stop_after=1)
    before = run.training_state.read_bytes()
    said = r"another configuration \(epochs was 9 and is 2; other than now are batch_size too\)"
    with pytest.raises(MnistError, match=said):
        train_some(run, SHORT, resume=True)
    assert run.training_state.read_bytes() == before


def test_a_refused_training_leaves_the_state_of_the_one_at_work(tmp_path):
    run = prepare_run(tmp_path, "digits")
    train_some(run, SHORT, stop_after=1)
    before = run.training_state.read_bytes()
    with holding(run.lock), pytest.raises(MnistError, match="Another run is at work"):
        train_some(run, SHORT)
    assert run.training_state.read_bytes() == before
    assert train_some(run, SHORT).kept_epoch <= 2
    assert not run.training_state.exists()


def test_stop_keeps_the_last_epoch_and_running_again_goes_on_to_the_same_weights(tmp_path):
    whole = train_some(prepare_run(tmp_path / "whole", "digits"), SHORT)
    run = prepare_run(tmp_path / "stopped", "digits")
    with pytest.raises(StoppedError, match=r"Stopped\. Epoch 1 of 2 is saved.* running this cell again goes on"):
        train_some(run, SHORT, watcher=Stopper(1, KeyboardInterrupt))
    assert not run.checkpoint.exists()
    watcher = Stopper(0)
    again = train_some(run, SHORT, watcher=watcher)
    assert watcher.taken_up == 1
    assert_same(whole.model.state_dict(), again.model.state_dict())


def test_stop_before_the_first_epoch_is_done_says_so(tmp_path, monkeypatch):
    watcher = Stopper(0)
    monkeypatch.setattr(watcher, "step", lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(StoppedError, match="before the first epoch was done"):
        train_some(prepare_run(tmp_path, "digits"), SHORT, watcher=watcher)


def test_an_unfinished_run_of_other_settings_is_set_aside_and_goes_on_when_they_come_again(tmp_path):
    run, other = prepare_run(tmp_path, "digits"), replace(SHORT, seed=8)
    train_some(run, SHORT, stop_after=1)
    watcher = Stopper(0)
    assert train_some(run, other, watcher=watcher).model
    (sentence,) = watcher.said
    assert "saved at epoch 1" in sentence and "(seed was 7 and is 8)" in sentence
    (aside,) = run.models.glob("training_state*")
    assert f"`{aside.name}`" in sentence
    watcher = Stopper(0)
    train_some(run, SHORT, watcher=watcher)
    assert watcher.taken_up == 1 and not watcher.said
    assert not list(run.models.glob("training_state*"))


def test_two_unfinished_runs_change_places(tmp_path):
    run, first = prepare_run(tmp_path, "digits"), replace(SHORT, epochs=4)
    other = replace(first, seed=8)
    taken_up = []
    for settings, stop_after in ((first, 1), (other, 2), (first, 2), (other, 3), (first, 3)):
        watcher = Stopper(stop_after)
        train_some(run, settings, watcher=watcher)
        taken_up.append(watcher.taken_up)
    assert taken_up == [0, 0, 1, 2, 2]
    assert len(list(run.models.glob("training_state*"))) == 2


def test_stop_in_the_baseline_is_one_sentence(tmp_path):
    run, source = prepare_run(tmp_path, "digits"), find_data("digits")
    data = tuple(part[:200] for part in load_training_data(source))
    with pytest.raises(StoppedError, match="no baseline yet"):
        train_baseline(run, source, data, SHORT, Stopper(1, KeyboardInterrupt))
    baseline = train_baseline(run, source, data, SHORT, Watcher())
    watcher = Stopper(1)
    again = train_baseline(run, source, data, SHORT, watcher)
    assert again.history == baseline.history, "it is trained once"


def test_a_damaged_state_does_not_stop_a_new_training(tmp_path):
    run = prepare_run(tmp_path, "digits")
    run.training_state.write_bytes(b"damaged")
    watcher = Stopper(0)
    assert train_some(run, SHORT, watcher=watcher).model
    assert "cannot be used" in watcher.said[0]
    assert (run.models / "training_state.unusable.pth").read_bytes() == b"damaged"


def test_a_command_goes_on_with_a_training_that_was_set_aside(tmp_path):
    run, source = prepare_run(tmp_path, "digits"), find_data("digits")
    model, data = ModelSettings(width=1), load_training_data(source)
    with pytest.raises(StopError):
        train_and_save(run, source, data, model, TrainingSettings(epochs=3), Stopper(1), resume=False)
    train_some(run, SHORT)
    assert not run.training_state.exists() and len(list(run.models.glob("training_state.*.pth"))) == 1
    done = here("train", "--dataset", "digits", "--run-root", tmp_path, "-p", "width", "1", "-p", "epochs", "3")
    assert done.code == 0, done.err
    lines = [line[:14] for line in done.err.splitlines() if "left" in line and "Baseline" not in line]
    assert lines == ["  Epoch 2 of 3", "  Epoch 3 of 3"]
    assert not list(tmp_path.rglob("training_state*"))


def test_a_finished_run_is_taken_up_without_training(tmp_path):
    run = prepare_run(tmp_path, "digits")
    first = train_some(run, SHORT)
    before = run.checkpoint.read_bytes()
    # It would stop in the first epoch if there were one.
    again = train_some(run, SHORT, stop_after=1, resume=True)
    assert again.history == first.history and again.kept_epoch == first.kept_epoch
    assert_same(first.model.state_dict(), again.model.state_dict())
    assert run.checkpoint.read_bytes() == before
    # Without resume, or with another configuration, it does train.
    assert train_some(run, SHORT, stop_after=1) is None
    run.training_state.unlink()
    assert train_some(run, replace(SHORT, seed=8), stop_after=1, resume=True) is None


def train_with(threads: int, root, stop_after: int = 0) -> None:
    torch.set_num_threads(threads)
    train_some(prepare_run(root, "digits"), SHORT, stop_after, resume=not stop_after)


def test_a_resumed_run_has_the_threads_that_it_began_with(start, tmp_path):
    whole, other, broken = (RunPaths(tmp_path / name) for name in ("whole", "other", "broken"))
    for threads, run, stop_after in ((2, whole, 0), (1, other, 0), (2, broken, 1), (1, broken, 0)):
        finish(start(train_with, threads, run.root, stop_after))
    differing = [name for name, tensor in weights(whole).items() if not torch.equal(tensor, weights(other)[name])]
    assert differing, "the number of threads does not matter here: this test shows nothing"
    assert_same(weights(whole), weights(broken))
    assert load_checkpoint(broken.checkpoint).provenance["threads"] == 2


def test_the_state_of_a_finished_run_is_removed(digits_run):
    assert not digits_run.training_state.exists()


def test_a_folder_in_use_is_refused_and_a_dead_lock_does_not_block(tmp_path):
    with holding(tmp_path / ".mnist-cnn.lock"):
        assert "Another run is at work" in refusal("explore", "--dataset", "digits", "--run-root", tmp_path)
    assert (tmp_path / ".mnist-cnn.lock").exists()
    with files.hold_lock(tmp_path / ".mnist-cnn.lock"):
        pass


_HOLD = """
import pathlib, sys, time
from mnist_helpers.files import hold_lock
with hold_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def holding(path):
    """Another process holds the lock, and is killed at the end."""
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.kill()
        holder.wait()


def test_a_folder_in_the_place_of_the_lock_is_named(tmp_path):
    with pytest.raises(MnistError, match="Cannot write"), files.hold_lock(tmp_path):
        pass


def _fill_disk(root, said: Path) -> None:
    """Train with a disk that has room for little more once the run has begun."""
    source = find_data("digits")
    run, data = prepare_run(root, source.name), load_training_data(source)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    with pytest.raises(MnistError) as refused:
        train_and_save(run, source, data, MODEL, SETTINGS, Watcher(), resume=False)
    said.write_text(str(refused.value))


@pytest.mark.skipif(os.name == "nt", reason="limits on file sizes are POSIX's")
def test_a_full_disk_is_named_and_earlier_files_stay(start, tmp_path):
    run, said = prepare_run(tmp_path, "digits"), tmp_path / "said.txt"
    run.checkpoint.write_bytes(b"the earlier checkpoint")
    finish(start(_fill_disk, tmp_path, said))
    message = said.read_text()
    assert "Cannot write" in message and "training_state.pth" in message
    assert run.checkpoint.read_bytes() == b"the earlier checkpoint"
    assert not _leftovers(run)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_stops_cleanly_says_how_to_go_on_and_going_on_works(tmp_path):
    quick = ("--dataset", "digits", "--run-root", str(tmp_path), "-p", "width", "2", "-p", "epochs", "400")
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_helpers", "train", *quick],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    run = RunPaths(tmp_path)
    state = RunPaths(tmp_path / ".unfinished").training_state
    try:
        _wait_for(state.exists)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "go on with: mnist-cnn train --dataset digits" in err and err.endswith(" --resume\n")
    # Its progress, and one line more.
    lines = [line for line in err.splitlines() if not line.startswith(("Running 03_training", "  Epoch "))]
    assert len(lines) == 1, err
    assert not run.checkpoint.exists()
    _wait_for(lambda: _lock_is_free(run))
    # The unfinished run is of 400 epochs: what was reached is still there for it.
    stored = torch.load(run.training_state, weights_only=True)
    assert stored["configuration"]["epochs"] == 400 and len(stored["state"]["history"]) >= 1


def _lock_is_free(run: RunPaths) -> bool:
    try:
        with files.hold_lock(run.root / ".mnist-cnn.lock"):
            return True
    except MnistError:
        return False


def test_runs_in_separate_folders_do_not_disturb_each_other(undisturbed, start, tmp_path):
    runs = [RunPaths(tmp_path / name) for name in "ab"]
    finish(*[start(train_here, run.root) for run in runs])
    for run in runs:
        assert_same(weights(undisturbed), weights(run))
