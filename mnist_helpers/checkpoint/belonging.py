"""Whether the files of a run folder speak of one network, and how a reader of them is told where they do not."""

import json
from pathlib import Path

import nbformat

from mnist_helpers.paths import RunPaths, replacing

STAMP = "mnist_cnn_network"
NOTE = """models/mnist_cnn.pth was trained after outputs/metrics.json was written: the metrics, the figures of the
evaluation and the report in this folder are those of an earlier network. To renew them: mnist-cnn evaluate
"""


def stamp(executed: Path, network: str) -> None:
    """Note in an executed notebook the checksum of the network that it made or evaluated."""
    node = nbformat.read(executed, as_version=4)
    node.metadata[STAMP] = network
    with replacing(executed) as temporary:
        nbformat.write(node, temporary)


def speaks_of(executed: Path, network: str) -> bool:
    """Whether an executed notebook is there and made or evaluated the network with that checksum."""
    return executed.is_file() and nbformat.read(executed, as_version=4).metadata.get(STAMP) == network


def note_outdated(paths: RunPaths, network: str) -> None:
    """Put a note beside the report where the metrics are not those of `network`, the folder's; else take it away."""
    try:
        evaluated = json.loads(paths.metrics.read_text(encoding="utf-8"))["network"]
    except (OSError, ValueError, KeyError, TypeError):
        evaluated = None
    if evaluated == network or not paths.metrics.exists():
        paths.outdated_note.unlink(missing_ok=True)
        return
    paths.reports.mkdir(parents=True, exist_ok=True)
    with replacing(paths.outdated_note) as temporary:
        temporary.write_text(NOTE, encoding="utf-8")
