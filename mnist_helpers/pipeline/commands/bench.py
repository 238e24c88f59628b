"""`bench`: this project timed against other recipes."""

import argparse
import sys

from mnist_helpers.paths import shown
from mnist_helpers.pipeline.options import add_data, add_run_root
from mnist_helpers.settings import check_settings


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    bench = commands.add_parser(
        "bench",
        help="time this project against other recipes",
        description="bench: time this project against other recipes, in turn on this machine, and write "
        "outputs/benchmark.json. Takes half an hour or more on two cores, and wants the machine for itself.",
    )
    bench.set_defaults(run=run)
    add_data(bench)
    add_run_root(bench)
    bench.add_argument("--pairs", type=int, default=3, metavar="N", help="how often each is timed (default: 3)")
    bench.add_argument("--quick", action="store_true", help="200 images, one epoch: only to see that it works")


def run(options: argparse.Namespace) -> int:
    """Time all contestants, write the times and print them."""
    check_settings({"pairs": options.pairs})
    from mnist_helpers.benchmark import benchmark_table, benchmark_text, run_benchmark, write_benchmark
    from mnist_helpers.data.sources import find_data
    from mnist_helpers.files import prepare_run

    source = find_data(options.dataset, options.data_root or "")
    paths = prepare_run(options.run_root or "", source.name)
    pairs = 1 if options.quick else options.pairs
    result = run_benchmark(source, pairs, options.quick, lambda text: print(text, file=sys.stderr, flush=True))
    write_benchmark(paths.benchmark, result)
    print(benchmark_table(result), benchmark_text(result), sep="\n\n")
    print(f"Written: {shown(paths.benchmark)}")
    return 0
