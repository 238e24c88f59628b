"""What a command finds when it starts, and how it speaks: results to stdout, messages to stderr."""

import contextlib
import errno
import os
import sys
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import printable

COMMAND_FAILED = 1


def require_streams() -> None:
    """Fill closed standard streams, so that no other file takes their place. Raises MnistError without stdout."""
    closed = []
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.append(name)
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stderr is None or "stderr" in closed:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (it stays open)
    if "stdout" in closed:
        raise MnistError("standard output is closed, so that results would be lost: leave it open, or use >FILE.")


def require_working_folder() -> None:
    """Raise MnistError when the working folder is gone."""
    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        raise MnistError("the working folder does not exist any more: cd to another one.") from error


def require_home() -> None:
    """Raise MnistError without a home folder: Jupyter and matplotlib keep their settings there."""
    try:
        Path.home()
    except RuntimeError as error:
        raise MnistError("you have no home folder here: set HOME to a folder.") from error


def say(message: str) -> None:
    """A message of the command's own, where it can be printed."""
    with contextlib.suppress(OSError):
        print(f"mnist-cnn: {message}", file=sys.stderr, flush=True)


def one_line(path: str | Path) -> str:
    """A path with line breaks, and what the output's encoding lacks, as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return printable(path).encode(encoding, "backslashreplace").decode(encoding)


def stdout_trouble(error: OSError) -> str:
    """What is wrong when results cannot be printed; empty for an error of another file."""
    if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
        return ""
    give_up_stdout()
    return f"cannot write to standard output ({error.strerror}): make room, or send it elsewhere."


def give_up_stdout() -> None:
    """Send what is left to nowhere: Python would complain once more when it closes stdout."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
