"""One notebook, executed by papermill and accepted only when it really ran to its end."""

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from mnist_helpers.display import PROGRESS
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import replacing, shown

ENGINE = "mnist-cnn"


class _Client(PapermillNotebookClient):
    """Prints the progress lines of a training run to stderr as they arrive."""

    def process_message(self, msg, *arguments, **keywords):
        line = msg["content"].get("metadata", {}).get(PROGRESS)
        if line:
            print(f"  {line}", file=sys.stderr, flush=True)
        return super().process_message(msg, *arguments, **keywords)


class _Engine(NBClientEngine):
    """papermill's own engine with that client; cells may run as long as they need."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, start_timeout=60, **keywords):
        client = _Client(nb_man, kernel_name=kernel_name, startup_timeout=start_timeout, timeout=None)
        # What a cell prints reaches the notebook; what is left is the kernel's own chatter about its transport.
        return client.execute(stderr=subprocess.DEVNULL)


papermill_engines.register(ENGINE, _Engine)


def execute_notebook(notebook: Path, parameters: dict[str, object], executed: Path) -> None:
    """Run `notebook` with `parameters` and store the executed copy as `executed`.

    Raises MnistError when it fails; the earlier copy then stays, and the failed one lies beside it, named
    `….failed.ipynb`.
    """
    failed = executed.with_suffix(".failed.ipynb")
    failed.unlink(missing_ok=True)
    with replacing(executed) as temporary:
        try:
            # papermill tells the format by the ending.
            running = temporary.with_suffix(".ipynb")
            node = papermill.execute_notebook(
                notebook,
                running,
                parameters=parameters,
                engine_name=ENGINE,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
            )
            require_complete(node, notebook.stem)
        except PapermillExecutionError as error:
            running.replace(failed)
            if error.ename == MnistError.__name__:
                raise MnistError(error.evalue) from error
            raise MnistError(
                f"The notebook {notebook.stem} failed in cell {error.cell_index + 1}: {error.ename}: {error.evalue} "
                f"(traceback in {shown(failed)})"
            ) from error
        except DeadKernelError as error:
            raise MnistError(f"The kernel of the notebook {notebook.stem} died; is there enough memory?") from error
        finally:
            running.unlink(missing_ok=True)
        _forget_places(node, notebook)
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
    if node.metadata.get("papermill", {}).get("exception") is not None:
        raise MnistError(f"The notebook {name} failed (papermill recorded an exception).")


def _forget_places(node: NotebookNode, notebook: Path) -> None:
    """Name the notebook, not this machine's folders, in the stored metadata."""
    node.metadata.papermill.update(input_path=notebook.name, output_path=notebook.name)
