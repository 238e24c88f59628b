"""The benchmark: this project and the recipes of `recipes`, one after the other on one machine.

Speed is compared within a pair, so that what else the machine does touches all sides; each side of a pair runs in a
process of its own. The reported ratio is the median over the pairs.
"""

import json
import multiprocessing
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from mnist_helpers.benchmark.photographs import time_photographs
from mnist_helpers.benchmark.recipes import RECIPES, train_recipe
from mnist_helpers.benchmark.startup import time_predict
from mnist_helpers.benchmark.step_profile import profile_step
from mnist_helpers.benchmark.words import median
from mnist_helpers.data.sources import DataSource
from mnist_helpers.data.splits import LabelledImages, load_test_data, load_training_data
from mnist_helpers.files import replacing
from mnist_helpers.hardware import choose_precision, describe_machine, peak_memory
from mnist_helpers.network.classify import predict
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import train

TARGET = 0.99
SEED = 1
QUICK_IMAGES = 200
STARTS = 9
PHOTOGRAPHS, QUICK_PHOTOGRAPHS = 1000, 2
# Half an epoch suffices to reach the target: chosen on validation images. The full run is the default.
OURS = {"this project, half an epoch": TrainingSettings(epochs=0.5), "this project": TrainingSettings()}
if choose_precision("auto", torch.device("cpu")) != torch.float32:
    # What it costs where the processor is not fast at bfloat16; there, the row above is this one.
    OURS["this project in float32"] = TrainingSettings(precision="float32")


@dataclass(frozen=True)
class Outcome:
    """What one contestant did, in seconds of wall time from opening the data; test passes are included.

    `to_target` is the time until the first test accuracy of 99 %, None where it was not reached. `full` is the time of
    all `epochs`; for a baseline, which stops at the target, the time of an epoch times their number. `peak_memory` is
    in bytes, `images_per_second` the rate at which the evaluation classifies test images; None for a baseline.
    """

    name: str
    epochs: float
    epochs_run: float
    to_target: float | None
    full: float
    accuracy: float
    peak_memory: int | None
    images_per_second: float | None = None


def run_benchmark(source: DataSource, pairs: int, quick: bool, say: Callable[[str], None]) -> dict:
    """Time every contestant `pairs` times, in alternating order; the content of benchmark.json.

    `quick`: 200 training images and one epoch each, to see that it works; its numbers mean nothing.
    """
    names, run = [*RECIPES, *OURS], _in_this_process if quick else _in_own_process
    outcomes = []
    for pair in range(pairs):
        for name in names if pair % 2 == 0 else reversed(names):
            say(f"Pair {pair + 1} of {pairs}: {name}")
            outcome = run(_run_baseline if name in RECIPES else _run_ours, name, source, SEED + pair, quick)
            outcomes.append({"pair": pair + 1, **asdict(outcome)})
    return {
        "dataset": source.name,
        "quick": quick,
        "pairs": pairs,
        "machine": describe_machine(torch.device("cpu")),
        "versions": {"python": platform.python_version(), "torch": version("torch")},
        "outcomes": outcomes,
        "comparison": [compare(outcomes, name) for name in RECIPES],
        "profile": run(_profile, source),
        "predict": time_predict(1 if quick else STARTS),
        "photographs": time_photographs(
            load_training_data(source)[1], QUICK_PHOTOGRAPHS if quick else PHOTOGRAPHS, run
        ),
    }


def write_benchmark(path: Path, result: dict) -> None:
    """Write benchmark.json; an earlier one is replaced at once. Raises MnistError when it cannot be written."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _in_this_process(function: Callable, *arguments: object) -> Any:
    return function(*arguments)


def _in_own_process(function: Callable, *arguments: object) -> Any:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *arguments).result()


def _run_baseline(name: str, source: DataSource, seed: int, quick: bool) -> Outcome:
    recipe = RECIPES[name]
    start, accuracies, reached = time.perf_counter(), [], None
    runs = train_recipe(recipe, str(source.root), seed, QUICK_IMAGES if quick else None)
    for accuracy in islice(runs, 1 if quick else None):
        accuracies.append(accuracy)
        if accuracy >= TARGET:
            reached = time.perf_counter() - start
            break
    seconds = time.perf_counter() - start
    full = seconds / len(accuracies) * recipe.epochs
    return Outcome(name, recipe.epochs, len(accuracies), reached, full, accuracies[-1], peak_memory())


def _run_ours(name: str, source: DataSource, seed: int, quick: bool) -> Outcome:
    settings = replace(OURS[name], seed=seed)
    settings = replace(settings, epochs=1) if quick else settings
    start = time.perf_counter()
    data, validation = load_training_data(source)
    run = train(data[:QUICK_IMAGES] if quick else data, validation, ModelSettings(), settings)
    test = load_test_data(source)
    accuracy = float(predict(run.model, test).correct.mean())
    seconds = time.perf_counter() - start
    to_target, rate = seconds if accuracy >= TARGET else None, _inference_rate(run.model, test)
    return Outcome(name, settings.epochs, settings.epochs, to_target, seconds, accuracy, peak_memory(), rate)


def _profile(source: DataSource) -> dict:
    return profile_step(load_training_data(source)[0], TrainingSettings(device="cpu"))


def _inference_rate(model: MnistCNN, test: LabelledImages) -> float:
    """Test images a second, the best of five passes: the first ones also pay for memory and caches."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        predict(model, test)
        seconds.append(time.perf_counter() - start)
    return len(test) / min(seconds)


def compare(outcomes: list[dict], name: str) -> dict:
    """How many times faster this project is than the recipe `name`: the median over the pairs."""
    own = {(outcome["name"], outcome["pair"]): outcome for outcome in outcomes}
    pairs = sorted({outcome["pair"] for outcome in outcomes})
    quickest, full, *_ = OURS

    def ratio(key: str, ours: str) -> float | None:
        times = [(own[name, pair][key], own[ours, pair][key]) for pair in pairs]
        return median([theirs / mine if theirs and mine else None for theirs, mine in times])

    return {"name": name, "to_target": ratio("to_target", quickest), "full": ratio("full", full)}
