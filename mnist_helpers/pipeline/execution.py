"""One notebook, executed by papermill and accepted only when it really ran to its end."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import nbformat
import papermill
import psutil
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.translators import translate_parameters

from mnist_helpers.checkpoint.training import StoppedError
from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import PROJECT_ROOT, shown
from mnist_helpers.training.watcher import PROGRESS

ENGINE = "mnist-cnn"
# So long, in seconds, others are watched, and this many cores of theirs make them busy.
LOOK, BUSY = 0.2, 0.5


class _Client(PapermillNotebookClient):
    """Prints the progress lines of a training run to stderr as they arrive, and says why a kernel does not start."""

    def process_message(self, msg: dict[str, Any], *arguments: Any, **keywords: Any) -> Any:
        line = msg["content"].get("metadata", {}).get(PROGRESS)
        if line:
            print(f"  {line}", file=sys.stderr, flush=True)
        return super().process_message(msg, *arguments, **keywords)

    @contextmanager
    def setup_kernel(self, **keywords: Any) -> Iterator[None]:
        # What a cell prints reaches the notebook. What else a kernel says, mostly about its transport, is of interest
        # only when it does not start.
        with tempfile.TemporaryFile() as said, ExitStack() as kernel:
            try:
                environment = waiting_policy() | os.environ
                kernel.enter_context(super().setup_kernel(stderr=said, env=environment, **keywords))
            except Exception as error:
                raise MnistError(
                    f"The Python kernel that runs notebooks does not start ({_first_line(error)}{_last_line(said)}): "
                    "look at the free space and the Jupyter and IPython settings in your home folder, and at "
                    "JUPYTER_PATH."
                ) from error
            yield


class _Engine(NBClientEngine):
    """papermill's own engine with that client; cells may run as long as they need."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, start_timeout: int = 60, **keywords: Any) -> Any:
        client = _Client(nb_man, kernel_name=kernel_name, startup_timeout=start_timeout, timeout=None)
        return client.execute()


papermill_engines.register(ENGINE, _Engine)


def waiting_policy() -> dict[str, str]:
    """The environment in which a kernel's threads do not spin for one another, if others use the processor now.

    A thread that spins keeps a core from the one it waits for (docs/experiments.md, "Under load"). On idle cores it is
    quicker to spin. What is computed is the same.
    """
    busy = psutil.cpu_percent(LOOK) / 100 * (psutil.cpu_count() or 1)
    return {"OMP_WAIT_POLICY": "PASSIVE"} if busy >= BUSY else {}


def execute_notebook(
    notebook: Path, parameters: dict[str, object], executed: Path, working_root: Path, failed: Path
) -> None:
    """Run `notebook` with `parameters`, its results below `working_root`, and store the executed copy as `executed`.

    The copy speaks of `parameters` alone: `working_root` is where results wait until all of them are there. Raises
    MnistError when the notebook fails; an earlier copy then stays, and the failed one is stored as `failed`.
    """
    failed.unlink(missing_ok=True)
    # Here, since a notebook that fails early has made no folder.
    executed.parent.mkdir(parents=True, exist_ok=True)
    with replacing(executed) as temporary:
        # papermill tells the format by the ending.
        running = temporary.with_suffix(".ipynb")
        try:
            node = papermill.execute_notebook(
                notebook,
                running,
                parameters=parameters | {"run_root": str(working_root)},
                engine_name=ENGINE,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
            )
            require_complete(node, notebook.stem)
        except PapermillExecutionError as error:
            running.replace(failed)
            if error.ename == StoppedError.__name__:
                raise KeyboardInterrupt from error
            known: list[type] = [MnistError, *MnistError.__subclasses__()]
            if error.ename in {kind.__name__ for kind in known}:
                raise MnistError(error.evalue) from error
            raise MnistError(
                f"The notebook {notebook.stem} failed in cell {error.cell_index + 1}: {error.ename}: {error.evalue} "
                f"(traceback in {shown(failed)})"
            ) from error
        except DeadKernelError as error:
            raise MnistError(f"The kernel of the notebook {notebook.stem} died; is there enough memory?") from error
        finally:
            running.unlink(missing_ok=True)
        _forget_places(node, notebook, parameters)
        _lead_from(failed.parent, node)
        nbformat.write(node, temporary)


def require_complete(node: NotebookNode, name: str) -> None:
    """Raise MnistError unless every code cell of an executed notebook ran and none reports an error.

    papermill's own mark is not enough: a kernel that exits in a cell can leave it clean.
    """
    for number, cell in enumerate(node.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise MnistError(f"The notebook {name} stopped before cell {number}: its kernel ended early.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise MnistError(f"The notebook {name} has an error in cell {number}: {output.ename}: {output.evalue}")


def _forget_places(node: NotebookNode, notebook: Path, parameters: dict[str, object]) -> None:
    """Name the notebook and the `parameters` that were asked for, not the folders in which it was run."""
    node.metadata.papermill.update(input_path=notebook.name, output_path=notebook.name, parameters=parameters)
    for cell in node.cells:
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell.source = translate_parameters("python3", "python", parameters, "Parameters")


def _lead_from(folder: Path, node: NotebookNode) -> None:
    """Make links that lead up from notebooks/, such as to the package's source, lead there from `folder`.

    Where it is no folder of the project there is nothing to lead to that others have, too.
    """
    if not folder.is_relative_to(PROJECT_ROOT):
        return
    root = Path(os.path.relpath(PROJECT_ROOT, folder)).as_posix()
    for cell in node.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"(\]\(|href=\")\.\./", rf"\g<1>{root}/", cell.source)


def _first_line(error: Exception) -> str:
    """What an exception says, or the name of its kind, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def _last_line(said: IO[bytes]) -> str:
    """The last line of what a kernel wrote to stderr, where a traceback names the error; else empty."""
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return f"; {lines[-1].strip()[:200]}" if lines and "Error" in lines[-1] else ""
