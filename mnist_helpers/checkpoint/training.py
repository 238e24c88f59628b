"""Training that survives interruptions: locked, saved after every epoch, and stored when it is done."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.checkpoint.provenance import describe_run
from mnist_helpers.checkpoint.store import load_checkpoint, save_checkpoint
from mnist_helpers.data.splits import DataSource, LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.files import hold_lock
from mnist_helpers.hardware import use_threads
from mnist_helpers.network.model import weights_checksum
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import TrainingRun, train
from mnist_helpers.training.state_file import StateFile
from mnist_helpers.training.validation import Epoch


def train_and_save(
    paths: RunPaths,
    source: DataSource,
    data: tuple[LabelledImages, LabelledImages],
    model_settings: ModelSettings,
    settings: TrainingSettings,
    on_epoch: Callable[[list[Epoch], float], None],
    resume: bool,
) -> TrainingRun:
    """Train on the first part of `data`, validate on the second, and replace the run folder's checkpoint at the end.

    With `resume` an unfinished run of the same configuration goes on where it was; where there is none, but the
    checkpoint is what this very configuration led to, that is the result. Otherwise an unfinished run is forgotten.

    Raises MnistError when another training is at work in the folder, when the unfinished run to resume has another
    configuration or is damaged, or when something cannot be written; the earlier checkpoint then stays.
    """
    configuration = _configuration(model_settings, settings, source.name, source.checksum, version("torch"))
    state = StateFile(paths.training_state, configuration)
    # Nothing in the folder changes before the lock is held or after it is let go.
    with hold_lock(paths.lock):
        if not resume:
            state.remove()
        elif not state.path.exists() and (finished := _finished_run(paths, configuration)):
            on_epoch(finished.history, finished.seconds)
            return finished
        run = train(*data, model_settings, settings, on_epoch, state)
        save_checkpoint(paths.checkpoint, run, settings, source.name, describe_run(source, settings, run))
        state.remove()
        note_outdated(paths, weights_checksum(run.model))
    return run


def _configuration(
    model_settings: ModelSettings, settings: TrainingSettings, dataset: str, data_checksum: object, torch: object
) -> dict[str, object]:
    """Everything that decides the result, but for the machine and its number of threads."""
    configuration = asdict(model_settings) | asdict(settings)
    return configuration | {"dataset": dataset, "data_checksum": data_checksum, "torch": torch}


def _finished_run(paths: RunPaths, configuration: dict[str, object]) -> TrainingRun | None:
    """The run in the checkpoint, if it had this configuration; what is computed next has its number of threads."""
    try:
        stored = load_checkpoint(paths.checkpoint)
    except MnistError:
        return None
    provenance = stored.provenance
    checksum, torch = provenance["data_checksum"], provenance["versions"]["torch"]
    if configuration != _configuration(stored.model.settings, stored.training, stored.dataset, checksum, torch):
        return None
    use_threads(provenance["threads"])
    return TrainingRun(stored.model, stored.history, stored.kept_epoch, provenance["duration_seconds"])
