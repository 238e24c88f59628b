"""`demo`: a page to draw digits on."""

import argparse

from mnist_helpers.paths import network_root, run_paths, shown
from mnist_helpers.pipeline.options import DEFAULT_ROOT, add_run_root


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    demo = commands.add_parser(
        "demo",
        help="write a page to draw digits on",
        description="demo: write reports/draw.html, one file with the network inside: in a browser, offline too, "
        "it reads what is drawn on it.",
    )
    demo.set_defaults(run=run)
    add_run_root(
        demo,
        "the folder that holds models/mnist_cnn.pth and gets reports/draw.html "
        f"(default: {DEFAULT_ROOT}, its network or else the package's)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the page for the saved network."""
    from mnist_helpers.checkpoint.store import load_checkpoint
    from mnist_helpers.demo import write_page

    checkpoint = load_checkpoint(run_paths(options.run_root or network_root()).checkpoint)
    page = write_page(checkpoint, run_paths(options.run_root or "").demo)
    print(f"Page to draw on: {shown(page)}")
    return 0
