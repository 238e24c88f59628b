"""One run of the study: trained on three quarters of the training file with a seed, and compared on the rest.

The test images are never read. Everything that a run needs is found by name, so that a worker on another machine is
told a few words alone.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from mnist_helpers.data import LabelledImages, find_data, load_training_data
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.corruptions import CORRUPTIONS, corrupt
from mnist_helpers.evaluation.study_runs import StudyRun
from mnist_helpers.hardware import choose_device, choose_precision, describe_machine
from mnist_helpers.network import count_parameters, predict
from mnist_helpers.settings import TrainingSettings
from mnist_helpers.study.configurations import CONFIGURATIONS
from mnist_helpers.study.rules import RULES, as_rows, learn, make_rule
from mnist_helpers.training import train

TRAINED_SHARE = 3 / 4  # 45,000 of 60,000; other writers have the rest
CORRUPTED_SHARE = 1 / 30  # of the images compared, under each of the corruptions


def run_trial(name: str, seed: int, epochs: float, dataset: str, data_root: str, threads: int) -> StudyRun:
    """Train the configuration or rule of this name, and compare it on the images held out.

    It computes with so many threads. A run that fails is one that says why in one line.
    """
    start = time.perf_counter()
    torch.set_num_threads(threads)
    run = planned(name, seed, epochs, dataset)
    try:
        parts = compared_parts(dataset, data_root)
        run = _rule(run, *parts) if name in RULES else _network(run, *parts)
    except Exception as error:  # whatever it is, the other runs go on
        run = replace(run, failure=one_line(error))
    machine = describe_machine(choose_device())
    return replace(
        run,
        machine=f"{machine['device']}, {machine['system']}, threads: {threads}",
        whole_seconds=round(time.perf_counter() - start, 2),
    )


def planned(name: str, seed: int, epochs: float, dataset: str) -> StudyRun:
    """The run of that name before it has run."""
    if name in RULES:
        return StudyRun(name, "", seed, epochs, dataset, "")
    configuration = CONFIGURATIONS[name]
    return StudyRun(name, configuration.against, seed, epochs, dataset, configuration.text)


@cache
def compared_parts(dataset: str, data_root: str) -> tuple[LabelledImages, LabelledImages]:
    """The images to train on and those to compare on: the first three quarters of the training file, and the rest."""
    parts = load_training_data(find_data(dataset, data_root))
    everything = LabelledImages(*(torch.cat(pair) for pair in zip(*map(_pair, parts), strict=True)))
    cut = round(TRAINED_SHARE * len(everything))
    return everything[:cut], everything[cut:]


def _network(run: StudyRun, seen: LabelledImages, unseen: LabelledImages) -> StudyRun:
    configuration = CONFIGURATIONS[run.configuration]
    training = configuration.training(run.seed, run.epochs)
    _require_fast(training)
    trained = train(seen, unseen, configuration.model, training, recipe=configuration.recipe)
    predictions = predict(trained.model, unseen)
    of_truth = predictions.probabilities[np.arange(len(unseen)), predictions.labels]
    run = _scored(run, predictions.predicted, unseen, lambda images: predict(trained.model, images).predicted)
    return replace(
        run,
        log_loss=round(float(-np.log(of_truth.clip(1e-15)).mean()), 6),
        seconds=round(trained.seconds, 2),
        parameters=count_parameters(trained.model),
        wrong=" ".join(map(str, np.flatnonzero(~predictions.correct))),
    )


def _require_fast(training: TrainingSettings) -> None:
    """Raise MnistError for a number format that this machine only imitates, which takes a hundred times as long."""
    device = choose_device(training.device)
    if training.precision == "bfloat16" and choose_precision("auto", device) != torch.bfloat16:
        raise MnistError("this machine is not fast at bfloat16: run it on one that is.")


def _rule(run: StudyRun, seen: LabelledImages, unseen: LabelledImages) -> StudyRun:
    rule = make_rule(run.configuration)
    start = time.perf_counter()
    learn(rule, seen)
    predicted = rule.predict(as_rows(unseen.images))
    seconds = round(time.perf_counter() - start, 2)
    scored = _scored(run, predicted, unseen, lambda images: rule.predict(as_rows(images.images)))
    return replace(scored, seconds=seconds)


def _scored(
    run: StudyRun, predicted: np.ndarray, unseen: LabelledImages, answer: Callable[[LabelledImages], np.ndarray]
) -> StudyRun:
    """The run with its errors, and with the mean share of errors under the corruptions, of a sample."""
    sample = unseen[:: round(1 / CORRUPTED_SHARE)]
    wrong = [
        (answer(LabelledImages(corrupt(kind, sample.images), sample.labels)) != sample.labels.numpy()).mean()
        for kind in CORRUPTIONS
    ]
    errors = int((predicted != unseen.labels.numpy()).sum())
    return replace(run, images=len(unseen), errors=errors, robustness=round(float(np.mean(wrong)), 6))


def one_line(error: Exception) -> str:
    """What went wrong, in one line; of an unexpected error its kind too."""
    said = str(error) if isinstance(error, MnistError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:300]


def _pair(part: LabelledImages) -> tuple[torch.Tensor, torch.Tensor]:
    return part.images, part.labels
