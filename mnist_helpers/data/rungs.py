"""The rungs that 01 climbed, kept in a file of its run's folder: 03 puts its networks on top of them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mnist_helpers.data.ladder import Rung
from mnist_helpers.errors import MnistError
from mnist_helpers.files import digit_text, replacing
from mnist_helpers.paths import RunPaths, run_paths, shown


def keep_rungs(paths: RunPaths, rungs: Sequence[Rung]) -> None:
    """Store rungs that answered for the same images. Raises MnistError when the file cannot be written."""
    content = {
        "truth": digit_text(rungs[0].truth),
        "rungs": [{"name": rung.name, "answers": digit_text(rung.answers), "seconds": rung.seconds} for rung in rungs],
    }
    with replacing(paths.rungs) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def find_rungs(paths: RunPaths, dataset: str, truth: np.ndarray) -> list[Rung]:
    """The rungs kept in this run's folder, else in that of the run on `dataset` with the default settings.

    Those for other images than the ones with the digits `truth`, (N,), are not taken; without any the list is empty.
    Raises MnistError when a file is damaged.
    """
    for path in (paths.rungs, run_paths(dataset=dataset).rungs):
        rungs = _load(path)
        if rungs and np.array_equal(rungs[0].truth, truth):
            return rungs
    return []


def _load(path: Path) -> list[Rung]:
    """The rungs in a file; none where there is none. Raises MnistError when it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        truth = _digits(content["truth"])
        rungs = [
            Rung(str(rung["name"]), truth, _digits(rung["answers"]), float(rung["seconds"]))
            for rung in content["rungs"]
        ]
        if not len(truth) or any(len(rung.answers) != len(truth) for rung in rungs):
            raise ValueError("not an answer an image")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MnistError(f"{shown(path)} is damaged: delete it; mnist-cnn explore makes it anew.") from error
    return rungs


def _digits(text: str) -> np.ndarray:
    """The digits of a text, int64 (N,). Raises ValueError for any other character."""
    return np.array([int(digit) for digit in text], dtype=np.int64)
