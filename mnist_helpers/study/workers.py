"""Where runs are computed: in processes on this machine, or by the workers of a Dask cluster; through joblib both."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import joblib
import torch
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mnist_helpers.errors import MnistError
from mnist_helpers.study.cluster import connected

Result = TypeVar("Result")
Task = tuple[object, ...]  # what a run is told, but for its number of threads


def cores() -> int:
    """How many threads this machine computes with, OMP_NUM_THREADS heeded, and so how many runs at a time."""
    return torch.get_num_threads()


@contextmanager
def workplace(
    scheduler: str, dataset: str, data_root: str, jobs: int
) -> Iterator[tuple[Callable[..., Iterator[Any]], int]]:
    """`run_in_processes` or, where there is a `scheduler`, `run_on_cluster`; and how many runs go on at a time there.

    Call it with a function and its tasks. Raises MnistError when the cluster is not there or is unfit.
    """
    if scheduler:
        with connected(scheduler, dataset, data_root) as (client, workers):
            yield partial(run_on_cluster, client=client), workers
    else:
        yield partial(run_in_processes, jobs=jobs), jobs


def run_in_processes(function: Callable[..., Result], tasks: Sequence[Task], jobs: int) -> Iterator[Result]:
    """`function(*task, threads)` of every task as it ends, `jobs` at a time, each with its share of the cores.

    A share depends on `jobs` alone, not on how many tasks there are. Each has a process, but where `jobs` is 1 or there
    is one task. Raises MnistError when a process was killed.
    """
    threads = max(1, cores() // jobs)
    try:
        with joblib.parallel_config("loky", n_jobs=max(1, min(jobs, len(tasks))), inner_max_num_threads=threads):
            yield from _run(function, tasks, threads)
    except TerminatedWorkerError as error:
        raise MnistError(
            f"A process that trained was killed; is there enough memory for {jobs} at a time? With a smaller "
            "OMP_NUM_THREADS it is fewer. What has ended is kept: run it again."
        ) from error


def run_on_cluster(function: Callable[..., Result], tasks: Sequence[Task], client: Any) -> Iterator[Result]:
    """`function(*task, threads)` of every task as it ends, one a worker of the Dask `client`'s cluster.

    Each has one thread. A task whose worker is lost is done again by another one.
    """
    with joblib.parallel_config("dask", client=client):
        yield from _run(function, tasks, threads=1)


def _run(function: Callable[..., Result], tasks: Sequence[Task], threads: int) -> Iterator[Result]:
    calls = (joblib.delayed(function)(*task, threads) for task in tasks)
    yield from joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)
