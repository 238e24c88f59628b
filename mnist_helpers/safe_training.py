"""Training that survives interruptions: locked, saved after every epoch, and stored when it is done."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from mnist_helpers.checkpoint import save_checkpoint
from mnist_helpers.data import DataSource, LabelledImages
from mnist_helpers.lock import hold_lock
from mnist_helpers.paths import RunPaths
from mnist_helpers.provenance import describe_run
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.state_file import StateFile
from mnist_helpers.training import TrainingRun, train
from mnist_helpers.validation import Epoch


def open_state(
    paths: RunPaths, source: DataSource, model_settings: ModelSettings, settings: TrainingSettings, resume: bool
) -> StateFile:
    """Where the state of this run is saved; unless it is to `resume`, an earlier unfinished run is forgotten."""
    configuration = asdict(model_settings) | asdict(settings)
    configuration |= {"dataset": source.name, "data_checksum": source.checksum, "torch": version("torch")}
    state = StateFile(paths.training_state, configuration)
    if not resume:
        state.remove()
    return state


def train_and_save(
    paths: RunPaths,
    source: DataSource,
    data: tuple[LabelledImages, LabelledImages],
    model_settings: ModelSettings,
    settings: TrainingSettings,
    on_epoch: Callable[[list[Epoch], float], None],
    state: StateFile,
) -> TrainingRun:
    """Train on the first part of `data`, validate on the second, and replace the run folder's checkpoint at the end.

    Raises MnistError when another training is at work in the folder, when `state` holds a run with another
    configuration, or when something cannot be written; the earlier checkpoint then stays.
    """
    with hold_lock(paths.models / ".training.lock"):
        run = train(*data, model_settings, settings, on_epoch, state)
        save_checkpoint(paths.checkpoint, run, settings, source.name, describe_run(source, settings, run))
    return run
