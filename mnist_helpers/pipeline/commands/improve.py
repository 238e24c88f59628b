"""`improve`: what each usual improvement gives, measured."""

import argparse

from mnist_helpers.pipeline.options import add_cluster, add_data, add_parameter, add_run_root
from mnist_helpers.pipeline.streams import require_home


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    command = commands.add_parser(
        "improve",
        help="measure what each usual improvement gives",
        description="improve: measure what each usual improvement gives, on images held out of the training file. Runs "
        "what is missing in outputs/improvements.csv and then the notebook that reads it; stopped and given again, it "
        "goes on, and tries again what failed.",
    )
    command.set_defaults(run=run)
    add_data(command)
    add_run_root(command)
    add_parameter(command)
    command.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="networks of each configuration (default: 5)"
    )
    command.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="these configurations, and what they are compared with"
    )
    command.add_argument("--dry-run", action="store_true", help="say what is missing and how long it takes, and end")
    command.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="runs at a time, each with its share of the cores (default: all)",
    )
    add_cluster(command)


def run(options: argparse.Namespace) -> int:
    """Run what is missing of the study, and the notebook that reads it."""
    require_home()
    from mnist_helpers.pipeline.improving import improve

    return improve(options)
