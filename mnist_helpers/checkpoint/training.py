"""Training that survives interruptions: locked, saved after every epoch, and stored when it is done."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from torch import set_num_threads

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.checkpoint.content import Checkpoint
from mnist_helpers.checkpoint.provenance import describe_run
from mnist_helpers.checkpoint.store import load_baseline, load_checkpoint, save_checkpoint
from mnist_helpers.data.sources import DataSource
from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.files import hold_lock
from mnist_helpers.network.model import weights_checksum
from mnist_helpers.paths import RunPaths, remember_run
from mnist_helpers.settings import PLAIN_MODEL, ModelSettings, TrainingSettings
from mnist_helpers.training.loop import TrainingRun, train
from mnist_helpers.training.state_file import StateFile, UnfitStateError
from mnist_helpers.training.watcher import Watcher


class StoppedError(MnistError):
    """The user has stopped a training; the message says what is kept and how to go on."""


def train_and_save(
    paths: RunPaths,
    source: DataSource,
    data: tuple[LabelledImages, LabelledImages],
    model_settings: ModelSettings,
    settings: TrainingSettings,
    watcher: Watcher,
    resume: bool,
) -> TrainingRun:
    """Train on the first part of `data`, validate on the second, and replace the run folder's checkpoint at the end.

    An unfinished run of the same configuration goes on where it was; that of another one is set aside and goes on when
    its settings come again. With `resume` another one is refused; and where there is none, but the checkpoint is what
    this very configuration led to, that is the result.

    Raises StoppedError when it is interrupted, with what was reached saved, and MnistError when another training is at
    work in the folder, when the run to resume has another configuration or is damaged, or when something cannot be
    written; the earlier checkpoint then stays.
    """
    # Everything that decides the result, but for the machine and its number of threads.
    origin = {"dataset": source.name, "data_checksum": source.checksum, "torch": version("torch")}
    configuration = asdict(model_settings) | asdict(settings) | origin
    state = StateFile(paths.training_state, configuration)
    # Nothing in the folder changes before the lock is held or after it is let go.
    with hold_lock(paths.lock):
        state.take_back()
        if resume and not state.path.exists() and (finished := _finished_run(paths, configuration)):
            watcher.say("The checkpoint is the result of these settings: nothing is left to train.")
            watcher.begin(finished.history, finished.seconds)
            remember_run(paths, source.name)
            return finished
        try:
            run = _train_on(state, resume, watcher, lambda: train(*data, model_settings, settings, watcher, state))
            save_checkpoint(paths.checkpoint, run, settings, source.name, describe_run(source, settings, run))
        except KeyboardInterrupt:
            raise StoppedError(_stopped_text(state, settings)) from None
        state.remove()
        note_outdated(paths, weights_checksum(run.model))
        remember_run(paths, source.name)
    return run


def _train_on(state: StateFile, resume: bool, watcher: Watcher, go: Callable[[], TrainingRun]) -> TrainingRun:
    """The run that `go` makes; unless it is to `resume`, a state that it refuses is set aside."""
    while True:
        try:
            return go()
        except UnfitStateError as error:
            if resume:
                raise
            aside = state.set_aside(error.name)
            state.take_back()
            watcher.say(f"{error.reason} It is kept as `{aside.name}`.")


def _stopped_text(state: StateFile, settings: TrainingSettings) -> str:
    """What a stopped training has saved, by what lies on the disk, and how to go on."""
    if not (done := state.epochs()):
        return "Stopped before the first epoch was done: nothing is saved, and running this cell again begins anew."
    return (
        f"Stopped. Epoch {done} of {settings.passes} is saved, with the best weights so far; "
        "running this cell again goes on from there."
    )


def train_baseline(
    paths: RunPaths,
    source: DataSource,
    data: tuple[LabelledImages, LabelledImages],
    settings: TrainingSettings,
    watcher: Watcher,
) -> Checkpoint:
    """The plain network that the evaluation compares with: the run folder's, or where it has none one trained now.

    Raises StoppedError when it is interrupted.
    """
    if (baseline := load_baseline(paths, source.name)) is not None:
        return baseline
    try:
        run = train(*data, PLAIN_MODEL, settings, watcher)
    except KeyboardInterrupt:
        raise StoppedError("Stopped: there is no baseline yet; running this cell again trains it anew.") from None
    save_checkpoint(paths.baseline, run, settings, source.name, describe_run(source, settings, run))
    return load_checkpoint(paths.baseline)


def _finished_run(paths: RunPaths, configuration: dict[str, object]) -> TrainingRun | None:
    """The run in the checkpoint, if it had this configuration; what is computed next has its number of threads."""
    try:
        stored = load_checkpoint(paths.checkpoint)
    except MnistError:
        return None
    provenance = stored.provenance
    origin = {"dataset": stored.dataset, "data_checksum": provenance["data_checksum"]}
    if configuration != provenance["parameters"] | origin | {"torch": provenance["versions"]["torch"]}:
        return None
    set_num_threads(provenance["threads"])
    return TrainingRun(stored.model, stored.history, stored.kept_epoch, provenance["duration_seconds"])
