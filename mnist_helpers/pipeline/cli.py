"""The command line: it calls the pipeline, and prints results to stdout and messages to stderr."""

import argparse
import contextlib
import errno
import json
import logging
import os
import shlex
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_helpers.errors import MnistError
from mnist_helpers.pipeline.arguments import RESUMABLE, make_parser
from mnist_helpers.settings import check_settings

if TYPE_CHECKING:
    from mnist_helpers.network.prediction import Answer

COMMAND_FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 for an error that was explained, 130 after Ctrl-C.

    Whatever goes wrong is one line on stderr; `--debug` adds the traceback.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    # What libraries log, such as a kernel that died of the same Ctrl-C, is not for the user.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        _require_streams()
        _require_working_folder()
        # Figures are drawn in notebooks, whose kernels choose how.
        os.environ.pop("MPLBACKEND", None)
        options = make_parser().parse_args(words)
        commands = {"predict": _predict, "compare": _compare, "bench": _bench, "improve": _improve}
        code = commands.get(options.command, _run)(options)
        sys.stdout.flush()
        return code
    except MnistError as error:
        return _fail(str(error), words)
    except KeyboardInterrupt:
        _say(f"stopped; earlier results are untouched{_how_to_go_on(words)}")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        return _give_up_stdout()
    except OSError as error:
        return _fail(f"{_stdout_trouble(error) or error}", words)
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")[:300]
        return _fail(f"unexpected {type(error).__name__}: {said} (--debug shows where)", words)


def _require_streams() -> None:
    """Fill closed standard streams, so that no other file takes their place. Raises MnistError without stdout."""
    closed = []
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.append(name)
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stderr is None or "stderr" in closed:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (it stays open)
    if "stdout" in closed:
        raise MnistError("standard output is closed, so that results would be lost: leave it open, or use >FILE.")


def _require_working_folder() -> None:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        raise MnistError("the working folder does not exist any more: cd to another one.") from error


def _fail(message: str, words: Sequence[str]) -> int:
    """Say what is wrong, in one line. Returns the exit code."""
    if "--debug" in words:
        traceback.print_exc()
    _say(" ".join(message.split("\n")))
    return COMMAND_FAILED


def _say(message: str) -> None:
    with contextlib.suppress(OSError):
        print(f"mnist-cnn: {message}", file=sys.stderr, flush=True)


def _how_to_go_on(words: Sequence[str]) -> str:
    if not words or words[0] not in (*RESUMABLE, "improve"):
        return ""
    again = words if "--resume" in words or words[0] == "improve" else [*words, "--resume"]
    return f"; go on with: mnist-cnn {shlex.join(again)}"


def _stdout_trouble(error: OSError) -> str:
    """What is wrong when results cannot be printed; empty for an error of another file."""
    if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
        return ""
    _give_up_stdout()
    return f"cannot write to standard output ({error.strerror}): make room, or send it elsewhere."


def _give_up_stdout() -> int:
    """Send what is left to nowhere: Python would complain once more when it closes stdout. Returns the exit code."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return COMMAND_FAILED


def _require_home() -> None:
    """Jupyter and matplotlib keep their settings there."""
    try:
        Path.home()
    except RuntimeError as error:
        raise MnistError("you have no home folder here: set HOME to a folder.") from error


def _run(options: argparse.Namespace) -> int:
    _require_home()
    # Imported here so that --help and usage errors answer at once.
    from mnist_helpers.evaluation import classification_report, headline, read_metrics
    from mnist_helpers.pipeline.stages import REPORT_ORDER, STAGES, Request, run_stages

    stages = [stage for stage in STAGES if stage in REPORT_ORDER] if options.command == "report" else [options.command]
    parameters = list(options.parameter)
    if getattr(options, "resume", False):
        parameters.append(("resume", "true"))
    if getattr(options, "seeds", None) is not None:
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
    from mnist_helpers.checkpoint.store import load_checkpoint
    from mnist_helpers.network.prediction import predict_files
    from mnist_helpers.paths import run_paths

    model = load_checkpoint(run_paths(options.run_root or "").checkpoint).model
    return _print_results(predict_files(model, options.images), options.json)


def _compare(options: argparse.Namespace) -> int:
    _require_home()
    from mnist_helpers.display.tables import table_text
    from mnist_helpers.evaluation import describe_comparison, measure_comparison, read_run, tabulate_comparison
    from mnist_helpers.paths import run_paths

    comparison = measure_comparison(*(read_run(run_paths(folder)) for folder in (options.run_a, options.run_b)))
    if options.json:
        print(json.dumps(comparison, indent=2))
    else:
        print(*map(table_text, tabulate_comparison(comparison)), describe_comparison(comparison), sep="\n\n")
    return 0


def _bench(options: argparse.Namespace) -> int:
    check_settings({"pairs": options.pairs})
    from mnist_helpers.benchmark import benchmark_table, benchmark_text, run_benchmark, write_benchmark
    from mnist_helpers.data.sources import find_data
    from mnist_helpers.files import prepare_run
    from mnist_helpers.paths import shown

    source = find_data(options.dataset, options.data_root or "")
    paths = prepare_run(options.run_root or "", source.name)
    pairs = 1 if options.quick else options.pairs
    result = run_benchmark(source, pairs, options.quick, lambda text: print(text, file=sys.stderr, flush=True))
    write_benchmark(paths.benchmark, result)
    print(benchmark_table(result), benchmark_text(result), sep="\n\n")
    print(f"Written: {shown(paths.benchmark)}")
    return 0


def _improve(options: argparse.Namespace) -> int:
    _require_home()
    from mnist_helpers.pipeline.improving import improve

    return improve(options)


def _print_results(results: Iterable, as_json: bool) -> int:
    """Results to stdout, a line for each answer or one JSON list; refusals to stderr. Returns the exit code."""
    from mnist_helpers.network.prediction import Refusal

    code, start = 0, "["
    try:
        for result in results:
            if isinstance(result, Refusal):
                code = COMMAND_FAILED
                _say(f"{_one_line(str(result.path))}: {result.reason}")
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
    line = f"{answer.digit} {answer.probability:.4f} {_one_line(str(answer.path))}"
    if not answer.unsure:
        return line
    return f"{line} (unsure, else {answer.runner_up} {answer.probabilities[answer.runner_up]:.4f})"


def _one_line(path: str) -> str:
    """A path with line breaks, and what the output's encoding lacks, as escapes."""
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in path)
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
