"""The same training with other seeds: how much of a result is chance.

Only the first network is kept. Of the others their answers on the test images are stored, which the evaluation counts.
"""

from collections.abc import Callable
from dataclasses import replace

from mnist_helpers.checkpoint.training import StoppedError
from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.evaluation.chance import read_answers, write_answers
from mnist_helpers.files import hold_lock
from mnist_helpers.network.classify import predict
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import train
from mnist_helpers.training.watcher import Watcher


def train_other_seeds(
    paths: RunPaths,
    first: MnistCNN,
    data: tuple[LabelledImages, LabelledImages],
    test: LabelledImages,
    model_settings: ModelSettings,
    settings: TrainingSettings,
    seeds: int,
    watcher: Callable[[int], Watcher],
) -> None:
    """Train `seeds` - 1 networks more, with the seeds that follow `settings.seed`, and store their answers on `test`.

    `first` is the network of the first seed. Answers that are stored already with this very network are kept, so a
    run that was interrupted goes on with the next seed. `watcher` gives a seed's watcher for `training.train`.

    Raises StoppedError when it is interrupted, and MnistError when another training is at work in the folder.
    """
    with hold_lock(paths.lock):
        answers = read_answers(paths, first)
        for seed in range(settings.seed + 1, settings.seed + seeds):
            if seed in answers:
                continue
            try:
                run = train(*data, model_settings, replace(settings, seed=seed), watcher(seed))
            except KeyboardInterrupt:
                raise StoppedError(f"Stopped in seed {seed}: running this cell again goes on with this seed.") from None
            answers[seed] = "".join(map(str, predict(run.model, test).predicted))
            write_answers(paths, first, answers)
