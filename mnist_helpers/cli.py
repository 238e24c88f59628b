"""The command line: it calls the pipeline, and prints results to stdout and messages to stderr."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence

from mnist_helpers.arguments import RESUMABLE, make_parser
from mnist_helpers.errors import MnistError
from mnist_helpers.settings import check_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 for an error that was explained, 130 after Ctrl-C."""
    options = make_parser().parse_args(arguments)
    try:
        return {"predict": _predict, "bench": _bench}.get(options.command, _run)(options)
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


if __name__ == "__main__":
    sys.exit(main())
