"""The study and other seeds on a Dask cluster: a real scheduler and real workers, each a process on this machine."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from support import refusal

from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.study_runs import read_study, without_times
from mnist_helpers.files import prepare_run
from mnist_helpers.network.model import build_model
from mnist_helpers.paths import RunPaths
from mnist_helpers.pipeline.cli import main
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.study import cluster, seeds, workers

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'dask[distributed]'")

PATIENCE = 120  # seconds for a process to start on a busy machine


@contextmanager
def started(*words: str, **environment: str):
    """A Dask process that runs meanwhile."""
    command = [sys.executable, "-m", "dask", *words]
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def scheduler():
    """The address of a scheduler without workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as trial:
                if not trial.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.2)
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def two_workers(scheduler: str, threads: int = 1, **environment: str):
    """Two workers of the scheduler: their processes by address."""
    words = ("worker", scheduler, "--no-nanny", "--nthreads", str(threads), "--no-dashboard", "--host", "127.0.0.1")
    with (
        started(*words, "--name", "one", OMP_NUM_THREADS="1", **environment) as one,
        started(*words, "--name", "two", OMP_NUM_THREADS="1", **environment) as two,
        distributed.Client(scheduler, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=PATIENCE)
        processes = {one.pid: one, two.pid: two}
        yield {worker: processes[pid] for worker, pid in client.run(os.getpid).items()}
    wait_for_nobody(scheduler)


def wait_for_nobody(scheduler: str) -> None:
    """Until the scheduler has noticed that its workers are gone."""
    end = time.monotonic() + PATIENCE
    with distributed.Client(scheduler, set_as_default=False) as client:
        while client.nthreads() and time.monotonic() < end:
            time.sleep(0.2)


def command(folder, *more: str) -> list[str]:
    small = ("--seeds", "2", "--only", "plain + batch normalisation", "-p", "epochs", "6")
    return ["improve", "--dataset", "digits", "--run-root", str(folder), *small, *more]


def test_a_worker_is_killed_and_the_study_is_the_same(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 1)
    killed = []

    def kill_one_at_work(processes) -> None:
        with distributed.Client(scheduler, set_as_default=False) as client:
            while not killed:
                for worker, tasks in client.processing().items():
                    if tasks and not killed:
                        time.sleep(0.5)
                        processes[worker].send_signal(signal.SIGKILL)
                        killed.append(worker)
                time.sleep(0.05)

    with two_workers(scheduler) as processes:
        killer = threading.Thread(target=kill_one_at_work, args=[processes], daemon=True)
        killer.start()
        assert main(command(tmp_path / "cluster", "--backend", "dask", "--scheduler", scheduler)) == 0
        killer.join(PATIENCE)
        assert killed
    assert main(command(tmp_path / "serial", "--jobs", "1")) == 0
    first, second = (read_study(RunPaths(tmp_path / name).improvements) for name in ("cluster", "serial"))
    assert len(first) == 4 and list(map(without_times, first)) == list(map(without_times, second))


def test_other_seeds_have_the_same_answers_there_as_here(scheduler, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(seeds, "cores", lambda: 1)
    monkeypatch.setattr(workers, "cores", lambda: 1)
    settings = ModelSettings(width=4), TrainingSettings(seed=3, epochs=1, batch_size=100)
    first = build_model(digits[0], settings[0], 3)
    said, answers = [], []
    with two_workers(scheduler):
        for name, address in {"here": "", "cluster": scheduler}.items():
            paths = prepare_run(tmp_path / name, "digits")
            seeds.train_other_seeds(paths, first, settings, 3, "digits", "", address, said.append)
            answers.append(paths.seed_answers.read_text(encoding="utf-8"))
    assert answers[0] == answers[1]
    assert "Seeds left to train: 4, 5; 2 at a time." in said


def test_a_training_looks_for_its_cluster_before_it_begins(tmp_path):
    words = ("train", "--dataset", "digits", "--run-root", str(tmp_path), "--seeds", "2", "--scheduler", "nonsense")
    assert "No Dask scheduler answers at 'nonsense'" in refusal(*words)
    assert not list(tmp_path.rglob("*.pth"))


def refused(scheduler: str, dataset: str = "digits") -> str:
    with pytest.raises(MnistError) as caught, cluster.connected(scheduler, dataset, ""):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://no-such-host.invalid:8786", "http://[x"])
def test_a_wrong_address(address, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    before = threading.enumerate()
    assert "No Dask scheduler answers" in refusal(*command(tmp_path, "--backend", "dask", "--scheduler", address))
    # A client that failed would leave its thread, and could block the next one for ever when it is collected.
    assert [thread.name for thread in set(threading.enumerate()) - set(before) if "IO loop" in thread.name] == []


def test_an_address_where_something_else_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert "No Dask scheduler answers" in refusal(*command(tmp_path, "--backend", "dask", "--scheduler", address))


def test_no_workers(scheduler):
    assert refused(scheduler) == f"The scheduler at {scheduler} has no workers: dask worker {scheduler} --nthreads 1"


def test_workers_that_are_unfit(scheduler, monkeypatch, tmp_path):
    nowhere = "http://127.0.0.1:9"
    with two_workers(scheduler, MNIST_DATA_ROOT=str(tmp_path), http_proxy=nowhere, https_proxy=nowhere):
        assert "cannot read mnist: " in refused(scheduler, "mnist")
        monkeypatch.setattr(cluster, "version", lambda name: "0.0")
        line = refused(scheduler)
        assert line.startswith("The worker tcp://127.0.0.1:") and ", and 0.0 is here: make them the same." in line


def test_workers_of_several_threads(scheduler):
    with two_workers(scheduler, threads=2):
        assert "has 2 threads: start it with --nthreads 1" in refused(scheduler)


def test_without_dask_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused("tcp://127.0.0.1:1") == "Dask is not installed: pip install 'dask[distributed]'."
