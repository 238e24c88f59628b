"""`predict`: the digits in image files."""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mnist_helpers.paths import network_root, run_paths
from mnist_helpers.pipeline.options import DEFAULT_ROOT, add_run_root
from mnist_helpers.pipeline.streams import COMMAND_FAILED, one_line, say

if TYPE_CHECKING:
    from mnist_helpers.network.prediction import Answer, Refusal


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    predict = commands.add_parser(
        "predict",
        help="name the digit in image files",
        description="predict: name the digit in image files. A picture shows one digit, dark on light or light on "
        "dark, upright and large enough to be seen; ruled paper, a grid, a box or the table round the paper are left "
        "out. The network takes whatever else it shows for one digit, also a letter. Prints a line for each file: "
        "digit, probability, file; an answer that is unsure says so and gives the runner-up. Exits with 0 when every "
        "file is answered, sure or not, and with 1 if a file could not be answered.",
    )
    predict.set_defaults(run=run)
    predict.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG or another image file of one digit")
    predict.add_argument(
        "--json",
        action="store_true",
        help="print one JSON list with all ten probabilities, whether unsure, and the runner-up",
    )
    add_run_root(predict, f"the folder that holds models/mnist_cnn.pth (default: {DEFAULT_ROOT}, then the package)")


def run(options: argparse.Namespace) -> int:
    """Ask the saved network about every file."""
    from mnist_helpers.checkpoint.store import load_checkpoint
    from mnist_helpers.network.prediction import predict_files

    model = load_checkpoint(run_paths(options.run_root or network_root()).checkpoint).model
    return _print_results(predict_files(model, options.images), options.json)


def _print_results(results: "Iterable[Answer | Refusal]", as_json: bool) -> int:
    """Results to stdout, a line for each answer or one JSON list; refusals to stderr. Returns the exit code."""
    from mnist_helpers.network.prediction import Refusal

    code, start = 0, "["
    try:
        for result in results:
            if isinstance(result, Refusal):
                code = COMMAND_FAILED
                say(f"{one_line(result.path)}: {result.reason}")
            elif not as_json:
                print(_answer_line(result))
            if as_json:
                print(start, json.dumps(result.as_dict()), sep="\n", end="")
                start = ","
    finally:
        # Also when it ends early: what was answered can be read.
        if as_json and start == ",":
            print("\n]")
    return code


def _answer_line(answer: "Answer") -> str:
    """Digit, probability, file; of an unsure answer the runner-up too."""
    line = f"{answer.digit} {answer.probability:.4f} {one_line(answer.path)}"
    return f"{line} ({answer.doubt})" if answer.unsure else line
