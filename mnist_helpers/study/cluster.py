"""A Dask cluster that is there already: connected, and each worker proven fit before a run is sent to it."""

import asyncio
import hashlib
import platform
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from mnist_helpers.data import find_data
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import PACKAGE

PATIENCE = 10  # seconds for an answer of the scheduler


@contextmanager
def connected(scheduler: str, dataset: str, data_root: str) -> Iterator[tuple[Any, int]]:
    """A client of the cluster at this address, and the number of its workers.

    Raises MnistError when Dask is not installed, no scheduler answers, there are no workers, or one of them is unfit.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MnistError("Dask is not installed: pip install 'dask[distributed]'.") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which versions differ is said below
        _require_answer(scheduler)
        with Client(scheduler, timeout=PATIENCE, set_as_default=False) as client:
            workers = _require_fit(client, scheduler, dataset, data_root)
            yield client, workers


def require_cluster(scheduler: str, dataset: str, data_root: str) -> None:
    """Raise MnistError unless the cluster at this address, where one is named, is there and fit."""
    if scheduler:
        with connected(scheduler, dataset, data_root):
            pass


def _require_answer(scheduler: str) -> None:
    """Raise MnistError unless a scheduler answers here.

    Asked without a Client: one whose connection fails leaves a thread behind, and closes itself whenever Python
    collects it; where that is while the next Client starts, both wait for each other for ever.
    """
    from distributed.comm import connect

    async def ask() -> None:
        connection = await asyncio.wait_for(connect(scheduler, timeout=PATIENCE), PATIENCE)
        connection.abort()

    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook's own thread has a running loop already
            thread.submit(asyncio.run, ask()).result()
    except (OSError, ValueError) as error:  # a timeout is an OSError
        raise MnistError(
            f"No Dask scheduler answers at {scheduler!r}: start one with `dask scheduler`, and give its address, "
            "tcp://HOST:PORT, as the scheduler."
        ) from error


def _require_fit(client: Any, scheduler: str, dataset: str, data_root: str) -> int:
    """The number of workers. Raises MnistError for the first that is unfit."""
    threads = client.nthreads()
    if not threads:
        raise MnistError(f"The scheduler at {scheduler} has no workers: dask worker {scheduler} --nthreads 1")
    for worker, number in threads.items():
        if number != 1:
            raise MnistError(f"The worker {worker} has {number} threads: start it with --nthreads 1, one a core.")
    own = versions()
    for worker, found in client.run(versions, on_error="return").items():
        if not isinstance(found, dict):
            raise MnistError(f"The worker {worker} cannot use this package ({_first_line(found)}): install it there.")
        for name, here in own.items():
            if found.get(name) != here:
                raise MnistError(
                    f"The worker {worker} has {name} {found.get(name)}, and {here} is here: make them the same."
                )
    for worker, trouble in client.run(data_trouble, dataset, data_root).items():
        if trouble:
            raise MnistError(f"The worker {worker} cannot read {dataset}: {trouble}")
    return len(threads)


def versions() -> dict[str, str]:
    """What has to be the same wherever a run is computed: Python, torch, and the source of this package."""
    source = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        source.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python, "torch": version("torch"), "mnist_helpers": source.hexdigest()[:12]}


def data_trouble(dataset: str, data_root: str) -> str:
    """Why this machine cannot read the data; empty where it can, if need be after a download."""
    try:
        find_data(dataset, data_root)
    except MnistError as error:
        return str(error)
    return ""


def _first_line(error: object) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
