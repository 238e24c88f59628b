"""The command line's words: commands, options and their help."""

import argparse
import os
from pathlib import Path

from mnist_helpers.paths import INSTALLED, PROJECT_ROOT, network_root
from mnist_helpers.settings import DATASETS

COMMANDS = {
    "explore": "look at the data: samples, class distribution, pixel statistics",
    "design": "describe and check the network",
    "train": "train the network and write models/mnist_cnn.pth",
    "evaluate": "score the test set, write metrics.json and the HTML report",
    "report": "all of these in order",
}

DEFAULT_ROOT = "the working directory" if INSTALLED else "the project"
RESULTS_TEXT = f"the folder that gets models/, outputs/ and reports/ (default: {DEFAULT_ROOT})"
RESUMABLE = ("train", "report")


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `command` says which was chosen."""
    parser = argparse.ArgumentParser(prog="mnist-cnn", description="MNIST digit classification with a small CNN.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        _add_stage(commands, name, text)
    _add_improve(commands)
    _add_predict(commands)
    _add_compare(commands)
    _add_bench(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _add_stage(commands: argparse._SubParsersAction, name: str, text: str) -> None:
    command = commands.add_parser(name, help=text, description=f"{name}: {text}.")
    _add_data(command)
    _add_run_root(command, RESULTS_TEXT)
    _add_parameter(command)
    if name in RESUMABLE:
        command.add_argument(
            "--resume", action="store_true", help="go on with an interrupted training of the same settings"
        )
        command.add_argument(
            "--seeds",
            metavar="N",
            help="train N networks, with the seed and those that follow it; the first is kept, the others show "
            "how much of its accuracy is chance",
        )


def _add_improve(commands: argparse._SubParsersAction) -> None:
    improve = commands.add_parser(
        "improve",
        help="measure what each usual improvement gives",
        description="improve: measure what each usual improvement gives, on images held out of the training file. Runs "
        "what is missing in outputs/improvements.csv and then the notebook that reads it; stopped and given again, it "
        "goes on, and tries again what failed.",
    )
    _add_data(improve)
    _add_run_root(improve, RESULTS_TEXT)
    _add_parameter(improve)
    improve.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="networks of each configuration (default: 5)"
    )
    improve.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="these configurations, and what they are compared with"
    )
    improve.add_argument("--dry-run", action="store_true", help="say what is missing and how long it takes, and end")
    improve.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="runs at a time, each with its share of the cores (default: all)",
    )
    improve.add_argument(
        "--backend",
        choices=("joblib", "dask"),
        default="joblib",
        help="processes on this machine, or the workers of a Dask cluster",
    )
    improve.add_argument("--scheduler", metavar="ADDRESS", help="of the cluster, such as tcp://host:8786")


def _add_predict(commands: argparse._SubParsersAction) -> None:
    predict = commands.add_parser(
        "predict",
        help="name the digit in image files",
        description="predict: name the digit in image files. A picture shows one digit, dark on light or light on "
        "dark, upright and large enough to be seen; ruled paper, a grid, a box or the table round the paper are left "
        "out. The network takes whatever else it shows for one digit, also a letter. Prints a line for each file: "
        "digit, probability, file; an answer that is unsure says so and gives the runner-up. Exits with 0 when every "
        "file is answered, sure or not, and with 1 if a file could not be answered.",
    )
    predict.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG or another image file of one digit")
    predict.add_argument(
        "--json",
        action="store_true",
        help="print one JSON list with all ten probabilities, whether unsure, and the runner-up",
    )
    _add_run_root(predict, f"the folder that holds models/mnist_cnn.pth (default: {DEFAULT_ROOT}, then the package)")
    predict.set_defaults(run_root=str(network_root()))


def _add_compare(commands: argparse._SubParsersAction) -> None:
    compare = commands.add_parser(
        "compare",
        help="set two evaluated runs side by side",
        description="compare: set two evaluated runs side by side, image by image. Reads what their evaluations wrote, "
        "and scores no test image again. A is the first run, B the second.",
    )
    for name in ("run_a", "run_b"):
        compare.add_argument(
            name, type=_from_here, metavar=name.upper(), help="the folder of a run, such as runs/wide; . for this one"
        )
    compare.add_argument("--json", action="store_true", help="print one JSON object with all numbers")


def _add_bench(commands: argparse._SubParsersAction) -> None:
    bench = commands.add_parser(
        "bench",
        help="time this project against other recipes",
        description="bench: time this project against other recipes, in turn on this machine, and write "
        "outputs/benchmark.json. Takes about half an hour on two cores, and wants the machine for itself.",
    )
    _add_data(bench)
    _add_run_root(bench, RESULTS_TEXT)
    bench.add_argument("--pairs", type=int, default=3, metavar="N", help="how often each is timed (default: 3)")
    bench.add_argument("--quick", action="store_true", help="200 images, one epoch: only to see that it works")


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--dataset",
        choices=DATASETS,
        default="auto",
        help="auto: MNIST where it can be had, else the digits sample",
    )
    command.add_argument(
        "--data-root",
        type=_from_here,
        default=None,
        metavar="DIR",
        help="the folder that holds MNIST/raw (default: $MNIST_DATA_ROOT, else data/)",
    )


def _add_parameter(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a notebook parameter, for example -p epochs 20",
    )


def _add_run_root(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("--run-root", type=_from_here, default=None, metavar="DIR", help=text)


def _from_here(text: str) -> str:
    """A folder named on the command line lies below the caller's; inside the project its own name is enough."""
    path = Path(os.path.abspath(text))  # noqa: PTH100 (symbolic links stay as the user named them)
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else str(path)
