"""The files that a name stands for, and each step of a picture on its way to MNIST's format."""

from contextlib import suppress
from pathlib import Path

import numpy as np

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import from_root
from mnist_helpers.pictures.files import read_grey
from mnist_helpers.pictures.format import prepare


def list_files(name: str | Path) -> list[Path]:
    """The file of that name, or the files right in the folder, by name, without hidden ones.

    A relative name is taken from the project's root. Raises MnistError when there is no such file.
    """
    path = from_root(name)
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    except FileNotFoundError as error:
        raise MnistError(f"{path}: there is no such file or folder: check the name, or give it in full.") from error
    except OSError as error:
        raise MnistError(f"{path} cannot be read ({error.strerror}): check the name and the access rights.") from error
    if not files:
        raise MnistError(f"{path}: there is no file in this folder: name the one that holds the pictures.")
    return files


def follow(path: Path) -> list[np.ndarray]:
    """The picture in a file step by step: its grey levels, its ink, and the 28 x 28 pixels for the network.

    There are fewer where it is refused. For their kinds see `read_grey` and `Prepared`.
    """
    steps = []
    with suppress(MnistError, ValueError):
        steps.append(read_grey(path))
        prepared = prepare(steps[0])
        steps += [prepared.ink, prepared.image]
    return steps
