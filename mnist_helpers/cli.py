"""The command line: it parses, calls the pipeline, and prints results to stdout and messages to stderr."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import PROJECT_ROOT
from mnist_helpers.settings import DATASETS, check_settings

COMMANDS = {
    "explore": "look at the data: samples, class distribution, pixel statistics",
    "design": "describe and check the network",
    "train": "train the network and write models/mnist_cnn.pth",
    "evaluate": "score the test set, write metrics.json and the HTML report",
    "report": "all of these in order",
}

RESULTS_TEXT = "the folder that gets models/, outputs/ and reports/ (default: the project)"
RESUMABLE = ("train", "report")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 for an error that was explained, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return options.function(options)
    except MnistError as error:
        print(f"mnist-cnn: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = f"; go on with: mnist-cnn {options.command} --resume" if options.command in RESUMABLE else ""
        print(f"mnist-cnn: stopped; earlier results are untouched{again}", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    # Imported here so that --help and usage errors answer at once.
    from mnist_helpers.evaluation import read_metrics
    from mnist_helpers.pipeline import STAGES, Request, run_stages
    from mnist_helpers.summary import classification_report, headline

    stages = list(STAGES) if options.command == "report" else [options.command]
    parameters = list(options.parameter)
    if getattr(options, "resume", False):
        parameters.append(("resume", "true"))
    if getattr(options, "seeds", None):
        parameters.append(("seeds", options.seeds))
    request = Request(options.dataset, options.data_root or "", options.run_root or "", parameters)
    paths = run_stages(stages, request)
    if "evaluate" in stages:
        metrics = read_metrics(paths.metrics)
        print(headline(metrics) if options.command == "report" else classification_report(metrics))
        print(f"Report: {paths.report}")
    else:
        print(f"Executed notebook: {paths.executed / STAGES[options.command]}.ipynb")
    return 0


def _predict(options: argparse.Namespace) -> int:
    from mnist_helpers.checkpoint import load_checkpoint
    from mnist_helpers.paths import run_paths
    from mnist_helpers.prediction import predict_files

    model = load_checkpoint(run_paths(options.run_root or "").checkpoint).model
    try:
        return _print_results(predict_files(model, options.images), options.json)
    except BrokenPipeError:
        # The reader, such as head, has seen enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _bench(options: argparse.Namespace) -> int:
    check_settings({"pairs": options.pairs})
    from mnist_helpers.benchmark import benchmark_table, benchmark_text, run_benchmark, write_benchmark
    from mnist_helpers.data import find_data
    from mnist_helpers.paths import prepare_run, shown

    source = find_data(options.dataset, options.data_root or "")
    paths = prepare_run(options.run_root or "", source.name)
    pairs = 1 if options.quick else options.pairs
    result = run_benchmark(source, pairs, options.quick, lambda text: print(text, file=sys.stderr, flush=True))
    write_benchmark(paths.benchmark, result)
    print(benchmark_table(result), benchmark_text(result), sep="\n\n")
    print(f"Written: {shown(paths.benchmark)}")
    return 0


def _print_results(results: Iterable, as_json: bool) -> int:
    """Results to stdout, a line for each answer or one JSON list; refusals to stderr. Returns the exit code."""
    from mnist_helpers.prediction import Refusal

    code, start = 0, "["
    for result in results:
        if isinstance(result, Refusal):
            code = 1
            print(f"mnist-cnn: {_one_line(result.path)}: {result.reason}", file=sys.stderr)
        elif not as_json:
            print(f"{result.digit} {result.probability:.4f} {_one_line(result.path)}")
        if as_json:
            print(start, json.dumps(result.as_dict()), sep="\n", end="")
            start = ","
    if as_json:
        print("\n]")
    sys.stdout.flush()
    return code


def _one_line(path: str) -> str:
    """A path with line breaks, and what the output's encoding lacks, as escapes."""
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in path)
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mnist-cnn", description="MNIST digit classification with a small CNN.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{name}: {text}.")
        _add_data(command)
        _add_run_root(command, RESULTS_TEXT)
        _add_parameter(command)
        command.set_defaults(function=_run)
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
    predict = commands.add_parser(
        "predict",
        help="name the digit in image files",
        description="predict: name the digit in image files. A picture shows one digit, dark on light or light on "
        "dark, upright and large enough to be seen; the network takes whatever it shows for one digit, also a letter "
        "or several digits. Prints a line for each file: digit, probability, file. Exits with 1 if a file could not "
        "be answered.",
    )
    predict.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG or another image file of one digit")
    predict.add_argument("--json", action="store_true", help="print one JSON list with all ten probabilities")
    _add_run_root(predict, "the folder that holds models/mnist_cnn.pth (default: the project)")
    predict.set_defaults(function=_predict)
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
    bench.set_defaults(function=_bench)
    return parser


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


if __name__ == "__main__":
    sys.exit(main())
