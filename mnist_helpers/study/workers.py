"""Where runs are computed: in processes on this machine, or by the workers of a Dask cluster; through joblib both."""

from collections.abc import Iterator, Sequence
from typing import Any

import joblib
import torch
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.study_runs import StudyRun
from mnist_helpers.study.one_trial import run_trial


def cores() -> int:
    """How many threads this machine computes with, OMP_NUM_THREADS heeded, and so how many runs at a time."""
    return torch.get_num_threads()


def run_in_processes(runs: Sequence[StudyRun], data_root: str, jobs: int) -> Iterator[StudyRun]:
    """Every run as it ends, `jobs` at a time, each in a process with its share of the cores.

    Raises MnistError when a process was killed.
    """
    threads = max(1, cores() // jobs)
    try:
        with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=threads):
            yield from _run(runs, data_root, threads)
    except TerminatedWorkerError as error:
        raise MnistError(
            "A process that trained was killed; is there enough memory for so many --jobs? Runs that ended are kept: "
            "give the command again."
        ) from error


def run_on_cluster(runs: Sequence[StudyRun], data_root: str, client: Any) -> Iterator[StudyRun]:
    """Every run as it ends, one a worker of the Dask `client`'s cluster, each with one thread.

    A run whose worker is lost is done again by another one.
    """
    with joblib.parallel_config("dask", client=client):
        yield from _run(runs, data_root, threads=1)


def _run(runs: Sequence[StudyRun], data_root: str, threads: int) -> Iterator[StudyRun]:
    calls = (
        joblib.delayed(run_trial)(run.configuration, run.seed, run.epochs, run.dataset, data_root, threads)
        for run in runs
    )
    yield from joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)
