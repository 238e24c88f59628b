"""A command's results appear together or not at all: it works in a folder of its own, from which they then move.

Below a run's root this is `.unfinished/` for the commands that train, which `--resume` takes up again, and `.working/`
for the others. What they need of earlier results is there as symbolic links; states of unfinished trainings move
there, and back.
"""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import RunPaths, shown

COMPLETE = ".complete"  # the name of an empty file: all results are there, and are being moved to their places
STATES = "training_state*.pth"  # of the training that was at work, and of those with other settings, set aside


@contextmanager
def working_folder(paths: RunPaths, trains: bool, resume: bool) -> Iterator[RunPaths]:
    """The paths below which the block writes; when it ends well, its files replace those of `paths`.

    When it does not, `paths` is as it was, but for the state of an unfinished training, with which that goes on. Hold
    the lock of the run's folder around it. Raises MnistError when files cannot be moved; the next command then finishes
    that.
    """
    for name in (".unfinished", ".working"):
        if (paths.root / name / COMPLETE).exists():
            _move_all(RunPaths(paths.root / name), paths)
    work = RunPaths(paths.root / (".unfinished" if trains else ".working"))
    _clear(work, keep_results=resume)
    _link_inputs(paths, work)
    if trains:
        _move_states(paths, work)
    try:
        yield work
    except BaseException:
        # There JupyterLab looks for them too.
        _move_states(work, paths)
        if not _is_worth_keeping(work, paths):
            _remove(work)
        raise
    with _interrupts_deferred():
        (work.root / COMPLETE).touch()
        _move_all(work, paths)


def _clear(work: RunPaths, keep_results: bool) -> None:
    """Remove what an interrupted command left: its links, and its results unless they are to be kept.

    States of unfinished trainings stay: the training judges them.
    """
    for path in [*work.root.rglob("*")]:
        if path.is_symlink() or not (keep_results or path.is_dir() or path.match(STATES)):
            path.unlink()


def _link_inputs(paths: RunPaths, work: RunPaths) -> None:
    """Give `work` the earlier results that notebooks read: networks, answers, the study, executed notebooks."""
    work.root.mkdir(parents=True, exist_ok=True)
    answers = [paths.seed_answers, paths.answers, paths.previous_answers, paths.baseline_answers]
    networks = [paths.checkpoint, paths.baseline]
    for source in [*networks, *answers, paths.rungs, paths.improvements, *paths.executed.glob("[0-9]*.ipynb")]:
        target = work.root / source.relative_to(paths.root)
        if source.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.symlink_to(source)
            except OSError:  # not every system and disk has links
                shutil.copy2(source, target)


def _move_states(source: RunPaths, target: RunPaths) -> None:
    """Move the states of unfinished trainings; one that has its name there already stays where it is."""
    for state in source.models.glob(STATES):
        place = target.models / state.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            state.replace(place)


def _is_worth_keeping(work: RunPaths, paths: RunPaths) -> bool:
    """Whether there is a saved training state, or a network or another seed's answers that are not in place yet."""
    results = [(work.checkpoint, paths.checkpoint), (work.seed_answers, paths.seed_answers)]
    return any(work.models.glob(STATES)) or any(new.exists() and not _same(new, old) for new, old in results)


def _move_all(work: RunPaths, paths: RunPaths) -> None:
    """Move every result to its place; done again after an interruption it moves the rest."""
    try:
        for source in sorted(work.root.rglob("*")):
            target = paths.root / source.relative_to(work.root)
            if source.is_dir() or source.is_symlink() or source.name.startswith(".") or _same(source, target):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    except OSError as error:
        raise MnistError(
            f"Cannot write {shown(target)} ({error.strerror}): make it writable, then give any command for this "
            f"folder again; the results wait in {shown(work.root)}."
        ) from error
    _remove(work)


def _same(source: Path, target: Path) -> bool:
    """Whether the two names stand for one file, or for two with the same content."""
    if not target.exists():
        return False
    return source.samefile(target) or source.read_bytes() == target.read_bytes()


def _remove(work: RunPaths) -> None:
    # The marker goes last, so that a removal that is cut short is finished too.
    for child in work.root.glob("*"):
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
    shutil.rmtree(work.root, ignore_errors=True)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Ctrl-C waits until the block has ended."""
    caught: list[int] = []
    before = None
    with suppress(ValueError):  # not in the main thread, which alone gets Ctrl-C
        before = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt
