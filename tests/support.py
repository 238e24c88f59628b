"""Helpers of several tests."""

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO

import torch

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.pipeline.cli import main

# A network and a run small enough for tests, and good enough to learn something.
QUICK = ("-p", "epochs", "4", "-p", "batch_size", "50", "-p", "width", "8")


@dataclass(frozen=True)
class Command:
    """A finished command: its exit code and what it printed."""

    code: int
    out: str
    err: str


def run(*command: object, cwd=None, **environment: object) -> Command:
    """Run a command in a process of its own, with these additions to the environment."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        check=False,
    )
    return Command(done.returncode, done.stdout, done.stderr)


def mnist_cnn(*arguments: object, cwd=None, **environment: object) -> Command:
    """The project's own command line."""
    return run(sys.executable, "-m", "mnist_helpers", *arguments, cwd=cwd, **environment)


def random_images(count: int, seed: int = 0) -> LabelledImages:
    """Noise with labels 0 to 9 in turn, for tests that only need the shapes."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 28, 28), generator=generator, dtype=torch.uint8)
    return LabelledImages(images, torch.arange(count) % 10)


def here(*arguments: object) -> Command:
    """The project's own command line, within this process: without the seconds that a start takes."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main([str(argument) for argument in arguments])
    return Command(code, out.getvalue(), err.getvalue())


def refusal(*arguments: object) -> str:
    """The one line that a refused command prints to stderr."""
    command = here(*arguments)
    assert command.code == 1
    assert command.out == ""
    assert "Traceback" not in command.err
    lines = [line for line in command.err.splitlines() if line.startswith("mnist-cnn:")]
    assert len(lines) == 1, command.err
    return lines[0]


def fingerprint(folder) -> dict:
    """Each file below a folder, with a checksum of what it holds."""
    return {path: sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
