"""How long `mnist-cnn predict` takes to answer, beside `import torch`, which it cannot do without."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

from mnist_helpers.paths import RunPaths, network_root


def time_predict(rounds: int) -> dict | None:
    """Seconds of `mnist-cnn predict FILE` and of `import torch`, each a process of its own, and their ratio.

    Medians over the rounds; the ratio is taken within a round, so that what else the machine does touches both. One
    round before them fills the system's caches and is not counted. None where there is no network to ask.
    """
    if not RunPaths(network_root()).checkpoint.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        digit = Path(folder) / "one.png"
        _draw_one(digit)
        predict = (sys.executable, "-m", "mnist_helpers", "predict", str(digit))
        bare = (sys.executable, "-c", "import torch")
        pairs = [(_seconds(predict), _seconds(bare)) for _ in range(rounds + 1)][1:]
    return {
        "rounds": rounds,
        "seconds": statistics.median(ours for ours, _ in pairs),
        "import_torch_seconds": statistics.median(torch for _, torch in pairs),
        "ratio": statistics.median(ours / torch for ours, torch in pairs),
    }


def _draw_one(path: Path) -> None:
    image = Image.new("L", (200, 300), 255)
    ImageDraw.Draw(image).line([(100, 60), (100, 240)], fill=0, width=24)
    image.save(path)


def _seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
