"""The same training with other seeds: how much of a result is chance.

Only the first network is kept. Of the others their answers on the test images are stored, which the evaluation counts.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from mnist_helpers.checkpoint.training import StoppedError
from mnist_helpers.data import find_data, load_test_data, load_training_data
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation import read_answers, write_answers
from mnist_helpers.evaluation.study_runs import readable
from mnist_helpers.files import digit_text, hold_lock
from mnist_helpers.hardware import choose_device
from mnist_helpers.network.classify import predict
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.paths import RunPaths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.study.one_trial import one_line
from mnist_helpers.study.workers import cores, workplace
from mnist_helpers.training.loop import train


def train_other_seeds(
    paths: RunPaths,
    first: MnistCNN,
    settings: tuple[ModelSettings, TrainingSettings],
    seeds: int,
    dataset: str,
    data_root: str,
    scheduler: str,
    say: Callable[[str], None],
) -> None:
    """Train `seeds` - 1 networks more, with the seeds that follow that of `settings`, and store their answers.

    They are trained side by side, on the cluster of the `scheduler` or on this machine: one thread each, as many as it
    has cores, whichever are missing, so that a seed has the same result in every case; on an accelerator one after
    another. `first` is the network of the first seed. Answers that are stored already beside this very network are
    kept; others are stored one by one, as they come. `say` gets a line for each.

    Raises StoppedError when it is interrupted, and MnistError when a training fails, when the cluster is unfit, or when
    another training is at work in the folder.
    """
    model_settings, training = settings
    wanted = range(training.seed + 1, training.seed + seeds)
    with hold_lock(paths.lock):
        answers = read_answers(paths, first)
        missing = [seed for seed in wanted if seed not in answers]
        if not missing:
            return
        jobs = cores() if choose_device(training.device).type == "cpu" else 1
        tasks = [(model_settings, replace(training, seed=seed), dataset, data_root) for seed in missing]
        try:
            with workplace(scheduler, dataset, data_root, jobs) as (run_all, jobs):
                say(f"Seeds left to train: {_listed(missing)}; {min(jobs, len(missing))} at a time.")
                start = time.perf_counter()
                for done, (seed, said) in enumerate(run_all(answer_test, tasks), start=1):
                    answers[seed] = said
                    write_answers(paths, first, dict(sorted(answers.items())))
                    say(_done_text(seed, done, len(missing), jobs, time.perf_counter() - start))
        except KeyboardInterrupt:
            left = [seed for seed in missing if seed not in answers]
            raise StoppedError(f"Stopped: running this cell again trains what is left: seed {_listed(left)}.") from None


def answer_test(
    model_settings: ModelSettings, settings: TrainingSettings, dataset: str, data_root: str, threads: int
) -> tuple[int, str]:
    """The seed of these settings, and what a network trained with them answers on the test images, a digit an image.

    Everything it needs is found by name, so that it runs in any process. Raises MnistError, whatever goes wrong.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        source = find_data(dataset, data_root)
        run = train(*load_training_data(source), model_settings, settings)
        return settings.seed, digit_text(predict(run.model, load_test_data(source)).predicted)
    except Exception as error:
        raise MnistError(f"Seed {settings.seed} failed: {one_line(error)}") from error
    finally:
        torch.set_num_threads(before)


def _done_text(seed: int, done: int, total: int, jobs: int, seconds: float) -> str:
    """That a seed is done; and by the time of rounds so far, `jobs` a round, how long the others take."""
    rounds = math.ceil(done / jobs)
    left = seconds / rounds * (math.ceil(total / jobs) - rounds)
    more = f", about {readable(left)} left" if left else ""
    return f"Seed {seed} is done, {done} of {total}; {readable(seconds)} spent{more}."


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
