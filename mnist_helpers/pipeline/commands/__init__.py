"""The commands, a module for each group of them: its words, its options, and what it calls.

A new command is a module with `add_to`, which says what runs it (`set_defaults(run=...)`), and its place in GROUPS.
What a command needs is imported when it runs, so that --help and usage errors answer at once.
"""

import argparse

from mnist_helpers.pipeline.commands import bench, compare, demo, improve, predict, stages

GROUPS = (stages, improve, predict, demo, compare, bench)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `run` is what a command calls with its options, and gives the exit code."""
    parser = argparse.ArgumentParser(prog="mnist-cnn", description="MNIST digit classification with a small CNN.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_to(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser
