"""Where the time of a training step goes, by kind of operator."""

import time
from dataclasses import replace

from torch.profiler import ProfilerActivity, profile

from mnist_helpers.benchmark.kernels import fastest, record_kernels
from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.hardware import keep_freed_memory
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import Trainer
from mnist_helpers.training.watcher import Watcher

ARITHMETIC = "convolution and matrix work"
# The first kind one of whose words is in an operator's name.
KINDS = {
    ARITHMETIC: ("convolution", "::mm", "::bmm", "::addmm"),
    "max pooling": ("max_pool",),
    "batch normalisation": ("batch_norm",),
    "ReLU": ("threshold", "relu", "clamp_min"),
    "augmentation": ("grid_sampler", "upsample", "::normal_", "::uniform_", "::where", "::clamp"),
    "optimiser": ("Optimizer", "_foreach"),
}
STEPS = 20


def profile_step(data: LabelledImages, settings: TrainingSettings) -> dict:
    """Milliseconds of a training step on the CPU, the shares of its operators, and how far it is from arithmetic alone.

    "shares" are parts of the time in operators, by kind, as torch's profiler counts them. "step_over_arithmetic" is
    the step's time, measured without the profiler, over the part of it that is convolution and matrix work;
    "step_over_kernels" is the same over what oneDNN's kernels take at their fastest.
    """
    keep_freed_memory()
    trainer = Trainer(data[: STEPS * settings.batch_size], ModelSettings(), replace(settings, skip_easy=0.0))
    trainer.train_epoch(Watcher())
    start = time.perf_counter()
    trainer.train_epoch(Watcher())
    milliseconds = (time.perf_counter() - start) / STEPS * 1000
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        trainer.train_epoch(Watcher())
    times = dict.fromkeys([*KINDS, "other"], 0.0)
    for operator in recorded.key_averages():
        times[_kind(operator.key)] += operator.self_cpu_time_total
    kernels = record_kernels(lambda: trainer.train_epoch(Watcher()))
    shares = {kind: microseconds / sum(times.values()) for kind, microseconds in times.items()}
    return {
        "step_ms": milliseconds,
        "shares": shares,
        "step_over_arithmetic": 1 / shares[ARITHMETIC],
        "step_over_kernels": milliseconds * STEPS / fastest(kernels),
    }


def _kind(operator: str) -> str:
    return next((kind for kind, words in KINDS.items() if any(word in operator for word in words)), "other")
