"""How fast photographs such as a telephone takes are answered, and in how much memory."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.hardware import peak_memory
from mnist_helpers.network.prediction import Answer, predict_files
from mnist_helpers.paths import RunPaths, network_root

# In pixels: the photograph, 12 million of them, and the digit on it.
WIDTH, HEIGHT, DIGIT = 4000, 3000, 1800
# So many different ones stand for all.
DIFFERENT = 10


def time_photographs(digits: LabelledImages, number: int, run: Callable) -> dict | None:
    """Seconds for reading and answering that many photographs of digits, and the most memory held in bytes.

    "right" of them got the digit's label. `run` calls a function with its arguments, best in a process of its own, in
    which nothing else has held memory. None where there is no network to ask.
    """
    if not RunPaths(network_root()).checkpoint.is_file():
        return None
    different = min(DIFFERENT, number)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.jpg" for place in range(different)]
        for place, path in enumerate(paths):
            _photograph(digits.images[place].numpy(), place % 2 == 1, random).save(path, quality=90)
        places = [place % different for place in range(number)]
        labels = digits.labels[places].tolist()
        return {"number": number, **run(_answer, [paths[place] for place in places], labels)}


def photographs_text(timed: dict | None) -> str:
    """The result in a sentence; empty where nothing was timed."""
    if timed is None:
        return ""
    memory = "" if timed["peak_memory"] is None else f"; it holds {timed['peak_memory'] / 1e9:.1f} GB at most"
    return (
        f"Of photographs with {WIDTH * HEIGHT // 1_000_000} million pixels, half of them on ruled paper, it answers "
        f"{timed['number'] / timed['seconds']:.0f} a second ({timed['right']:,} of {timed['number']:,} right){memory}."
    )


def _answer(paths: Sequence[Path], labels: Sequence[int]) -> dict:
    model = load_checkpoint(RunPaths(network_root()).checkpoint).model
    start = time.perf_counter()
    answers = list(predict_files(model, paths))
    seconds = time.perf_counter() - start
    right = sum(
        isinstance(answer, Answer) and answer.digit == label for answer, label in zip(answers, labels, strict=True)
    )
    return {"seconds": seconds, "right": right, "peak_memory": peak_memory()}


def _photograph(digit: np.ndarray, ruled: bool, random: np.random.Generator) -> Image.Image:
    """A digit, uint8 (28, 28), by pen on grey paper that is lit from one side, with the camera's noise."""
    page = Image.new("L", (WIDTH, HEIGHT))
    if ruled:
        for row in range(150, HEIGHT, 300):
            ImageDraw.Draw(page).line([(0, row), (WIDTH, row)], fill=100, width=12)
    pen = Image.fromarray(digit).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC)
    left, top = (int(random.integers(200, side - DIGIT - 200)) for side in page.size)
    page.paste(pen, (left, top), mask=pen)
    grey = 215 - 0.7 * np.asarray(page, dtype=np.float32)
    grey *= np.linspace(1, 0.7, WIDTH, dtype=np.float32)
    grey += 4 * random.standard_normal(grey.shape, dtype=np.float32)
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
