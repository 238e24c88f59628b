"""The command line: it runs a command, and says in one line what went wrong."""

import logging
import os
import shlex
import sys
import traceback
from collections.abc import Sequence

from mnist_helpers.errors import MnistError
from mnist_helpers.pipeline.commands import make_parser
from mnist_helpers.pipeline.commands.stages import RESUMABLE
from mnist_helpers.pipeline.streams import (
    COMMAND_FAILED,
    give_up_stdout,
    require_streams,
    require_working_folder,
    say,
    stdout_trouble,
)

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 for an error that was explained, 130 after Ctrl-C.

    Whatever goes wrong is one line on stderr; `--debug` adds the traceback.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    # What libraries log, such as a kernel that died of the same Ctrl-C, is not for the user.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        require_streams()
        require_working_folder()
        # Figures are drawn in notebooks, whose kernels choose how.
        os.environ.pop("MPLBACKEND", None)
        options = make_parser().parse_args(words)
        code = options.run(options)
        sys.stdout.flush()
        return code
    except MnistError as error:
        return _fail(str(error), words)
    except KeyboardInterrupt:
        say(f"stopped; earlier results are untouched{_how_to_go_on(words)}")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        give_up_stdout()
        return COMMAND_FAILED
    except OSError as error:
        return _fail(stdout_trouble(error) or str(error), words)
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")[:300]
        return _fail(f"unexpected {type(error).__name__}: {said} (--debug shows where)", words)


def _fail(message: str, words: Sequence[str]) -> int:
    """Say what is wrong, in one line. Returns the exit code."""
    if "--debug" in words:
        traceback.print_exc()
    say(" ".join(message.split("\n")))
    return COMMAND_FAILED


def _how_to_go_on(words: Sequence[str]) -> str:
    if not words or words[0] not in (*RESUMABLE, "improve"):
        return ""
    again = words if "--resume" in words or words[0] == "improve" else [*words, "--resume"]
    return f"; go on with: mnist-cnn {shlex.join(again)}"
