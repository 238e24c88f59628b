"""How fast photographs are answered, as telephones take them and messengers pass them on, and in how much memory."""

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

# Width and height in pixels; the digit on it is three fifths as tall.
SIZES = (4000, 3000), (1600, 1200)
# So many different ones stand for all.
DIFFERENT = 10


def time_photographs(digits: LabelledImages, number: int, run: Callable) -> list[dict]:
    """Of each size: seconds for reading and answering that many photographs of digits, and the most memory in bytes.

    "right" of them got the digit's label. `run` calls a function with its arguments, best in a process of its own, in
    which nothing else has held memory. Nothing where there is no network to ask.
    """
    if not RunPaths(network_root()).checkpoint.is_file():
        return []
    return [{"width": size[0], "height": size[1], **_timed(digits, number, size, run)} for size in SIZES]


def photographs_text(timed: Sequence[dict]) -> str:
    """The results in a sentence; empty where nothing was timed."""
    if not timed:
        return ""
    rates = " and ".join(
        f"{each['number'] / each['seconds']:.0f} a second of {each['width']} × {each['height']} pixels "
        f"({each['right']:,} of {each['number']:,} right)"
        for each in timed
    )
    held = [each["peak_memory"] for each in timed if each["peak_memory"] is not None]
    memory = f"; it holds {max(held) / 1e9:.1f} GB at most" if held else ""
    return f"Of photographs, half of them on ruled paper, it answers {rates}{memory}."


def _timed(digits: LabelledImages, number: int, size: tuple[int, int], run: Callable) -> dict:
    different = min(DIFFERENT, number)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.jpg" for place in range(different)]
        for place, path in enumerate(paths):
            _photograph(digits.images[place].numpy(), size, place % 2 == 1, random).save(path, quality=90)
        places = [place % different for place in range(number)]
        labels = digits.labels[places].tolist()
        return {"number": number, **run(_answer, [paths[place] for place in places], labels)}


def _answer(paths: Sequence[Path], labels: Sequence[int]) -> dict:
    model = load_checkpoint(RunPaths(network_root()).checkpoint).model
    start = time.perf_counter()
    answers = list(predict_files(model, paths))
    seconds = time.perf_counter() - start
    right = sum(
        isinstance(answer, Answer) and answer.digit == label for answer, label in zip(answers, labels, strict=True)
    )
    return {"seconds": seconds, "right": right, "peak_memory": peak_memory()}


def _photograph(digit: np.ndarray, size: tuple[int, int], ruled: bool, random: np.random.Generator) -> Image.Image:
    """A digit, uint8 (28, 28), by pen on grey paper that is lit from one side, with the camera's noise."""
    page, (width, height) = Image.new("L", size), size
    if ruled:
        for row in range(height // 20, height, height // 10):
            ImageDraw.Draw(page).line([(0, row), (width, row)], fill=100, width=height // 250)
    tall, border = 3 * height // 5, height // 15
    pen = Image.fromarray(digit).resize((tall, tall), Image.Resampling.BICUBIC)
    left, top = (int(random.integers(border, side - tall - border)) for side in size)
    page.paste(pen, (left, top), mask=pen)
    grey = 215 - 0.7 * np.asarray(page, dtype=np.float32)
    grey *= np.linspace(1, 0.7, width, dtype=np.float32)
    grey += 4 * random.standard_normal(grey.shape, dtype=np.float32)
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
