"""Options that several commands have."""

import argparse
import os
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import INSTALLED, PROJECT_ROOT
from mnist_helpers.settings import DATASETS

DEFAULT_ROOT = "the working directory" if INSTALLED else "the project"
RESULTS_TEXT = f"the folder that gets models/, outputs/ and reports/ (default: {DEFAULT_ROOT})"


def add_data(command: argparse.ArgumentParser) -> None:
    """Add --dataset and --data-root."""
    command.add_argument(
        "--dataset",
        choices=DATASETS,
        default="auto",
        help="auto: MNIST where it can be had, else the digits sample",
    )
    command.add_argument(
        "--data-root",
        type=from_here,
        metavar="DIR",
        help="the folder that holds MNIST/raw (default: $MNIST_DATA_ROOT, else data/)",
    )


def add_run_root(command: argparse.ArgumentParser, text: str = RESULTS_TEXT) -> None:
    """Add --run-root."""
    command.add_argument("--run-root", type=from_here, metavar="DIR", help=text)


def add_parameter(command: argparse.ArgumentParser) -> None:
    """Add --parameter."""
    command.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a notebook parameter, for example -p epochs 20",
    )


def add_cluster(command: argparse.ArgumentParser) -> None:
    """Add --backend and --scheduler."""
    command.add_argument(
        "--backend",
        choices=("joblib", "dask"),
        help="processes on this machine, or the workers of a Dask cluster (default: dask where a scheduler is named)",
    )
    command.add_argument("--scheduler", default="", metavar="ADDRESS", help="of the cluster, such as tcp://host:8786")


def cluster_address(options: argparse.Namespace) -> str:
    """The address of the cluster that is to be used; empty for this machine. Raises MnistError for half a choice."""
    if options.backend and (options.backend == "dask") != bool(options.scheduler):
        raise MnistError("--backend dask needs --scheduler tcp://HOST:PORT, and --backend joblib takes none.")
    return options.scheduler


def from_here(text: str) -> str:
    """A folder named on the command line lies below the caller's; inside the project its own name is enough."""
    path = Path(os.path.abspath(text))  # noqa: PTH100 (symbolic links stay as the user named them)
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else str(path)
