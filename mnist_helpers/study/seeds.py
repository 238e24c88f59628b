"""The same training with other seeds: how much of a result is chance.

Only the first network is kept. Of the others their answers on the test images are stored, which the evaluation counts.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import replace

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.scores import Predictions, predict
from mnist_helpers.lock import hold_lock
from mnist_helpers.network.model import MnistCNN, weights_checksum
from mnist_helpers.paths import RunPaths, replacing, shown
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import train
from mnist_helpers.training.validation import Epoch


def train_other_seeds(
    paths: RunPaths,
    first: MnistCNN,
    data: tuple[LabelledImages, LabelledImages],
    test: LabelledImages,
    model_settings: ModelSettings,
    settings: TrainingSettings,
    seeds: int,
    on_epoch: Callable[[int], Callable[[list[Epoch], float], None]],
) -> None:
    """Train `seeds` - 1 networks more, with the seeds that follow `settings.seed`, and store their answers on `test`.

    `first` is the network of the first seed. Answers that are stored already with this very network are kept, so a
    run that was interrupted goes on with the next seed. `on_epoch` gives a seed's callback for `training.train`.

    Raises MnistError when another training is at work in the folder.
    """
    with hold_lock(paths.lock):
        answers = _read(paths, first)
        for seed in range(settings.seed + 1, settings.seed + seeds):
            if seed not in answers:
                run = train(*data, model_settings, replace(settings, seed=seed), on_epoch(seed))
                answers[seed] = "".join(map(str, predict(run.model, test).predicted))
                _write(paths, first, answers)


def seed_metrics(paths: RunPaths, first: MnistCNN, predictions: Predictions) -> dict:
    """Number of networks, mean and standard deviation of their test accuracies, and all of them, the first's first.

    `predictions` are those of `first`. With a single network the standard deviation is None. Raises MnistError when
    the stored answers cannot be read.
    """
    correct = "".join(map(str, predictions.labels))
    accuracies = [float(predictions.correct.mean())]
    for answers in _read(paths, first).values():
        if len(answers) != len(correct):
            raise _damaged(paths)
        accuracies.append(sum(map(str.__eq__, answers, correct)) / len(correct))
    return {
        "n": len(accuracies),
        "accuracy_mean": statistics.fmean(accuracies),
        "accuracy_std": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "accuracies": accuracies,
    }


def _read(paths: RunPaths, first: MnistCNN) -> dict[int, str]:
    """Seed to answers, a digit an image; empty when none are stored beside this network."""
    try:
        content = json.loads(paths.seed_answers.read_text(encoding="utf-8"))
        if content["first_network"] != weights_checksum(first):
            return {}
        return {int(seed): str(answers) for seed, answers in content["answers"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(paths) from error


def _write(paths: RunPaths, first: MnistCNN, answers: dict[int, str]) -> None:
    content = {"first_network": weights_checksum(first), "answers": answers}
    with replacing(paths.seed_answers) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _damaged(paths: RunPaths) -> MnistError:
    return MnistError(
        f"{shown(paths.seed_answers)} is damaged: delete it, and train the other seeds again "
        "(mnist-cnn train --seeds N)."
    )
