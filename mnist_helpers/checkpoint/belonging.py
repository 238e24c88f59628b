"""A note for whoever opens a run folder whose report is of an earlier network than its checkpoint."""

import json

from mnist_helpers.files import replacing
from mnist_helpers.paths import RunPaths

NOTE = """models/mnist_cnn.pth was trained after outputs/metrics.json was written: the metrics, the figures of the
evaluation and the report in this folder are those of an earlier network. To renew them: mnist-cnn evaluate
"""


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
