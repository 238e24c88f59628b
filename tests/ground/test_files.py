"""Half-written files of runs that were killed do not stay for ever, and nothing else is touched."""

import os
import time

from mnist_helpers.files import LEFTOVER_SECONDS, prepare_run


def test_what_killed_runs_left_is_removed_once_nobody_can_be_writing_it(tmp_path):
    run = prepare_run(tmp_path, "mnist")
    old, new, mine = (run.outputs / name for name in (".metrics.json.1.tmp", ".metrics.json.2.tmp", "notes.tmp"))
    for path in (old, new, mine):
        path.touch()
    long_ago = time.time() - LEFTOVER_SECONDS - 60
    for path in (old, mine):
        os.utime(path, (long_ago, long_ago))
    prepare_run(tmp_path, "mnist")
    assert not old.exists()
    assert new.exists(), "another run may be writing it"
    assert mine.exists(), "the user's own"
