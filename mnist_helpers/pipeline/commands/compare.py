"""`compare`: two evaluated runs, image by image."""

import argparse
import json

from mnist_helpers.paths import run_paths
from mnist_helpers.pipeline.options import from_here
from mnist_helpers.pipeline.streams import require_home


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare",
        help="set two evaluated runs side by side",
        description="compare: set two evaluated runs side by side, image by image. Reads what their evaluations wrote, "
        "and scores no test image again. A is the first run, B the second.",
    )
    compare.set_defaults(run=run)
    for name in ("run_a", "run_b"):
        compare.add_argument(
            name, type=from_here, metavar=name.upper(), help="the folder of a run, such as runs/wide; . for this one"
        )
    compare.add_argument("--json", action="store_true", help="print one JSON object with all numbers")


def run(options: argparse.Namespace) -> int:
    """Print both runs as tables and a verdict, or as JSON."""
    require_home()
    from mnist_helpers.display.tables import table_text
    from mnist_helpers.evaluation import describe_comparison, measure_comparison, read_run, tabulate_comparison

    runs = [read_run(run_paths(folder)) for folder in (options.run_a, options.run_b)]
    comparison = measure_comparison(*runs)
    if options.json:
        print(json.dumps(comparison, indent=2))
    else:
        print(*map(table_text, tabulate_comparison(comparison, *runs)), describe_comparison(comparison), sep="\n\n")
    return 0
