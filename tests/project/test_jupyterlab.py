"""The notebooks as someone at a desk runs them: in JupyterLab, with Run → Run All Cells."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from browser import chromium
from nbformat import NotebookNode
from nbformat.reader import NotJSONError

from mnist_helpers.paths import NOTEBOOKS
from mnist_helpers.pipeline.execution import require_complete

pytestmark = pytest.mark.browser

SETTINGS = {
    "01_exploration": {},
    "03_training": {"epochs": 2, "batch_size": 50, "width": 8},
    "04_evaluation": {},
}
START_SECONDS, RUN_SECONDS = 120, 300


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> dict[str, NotebookNode]:
    """Copies of the notebooks, run one after the other in JupyterLab and saved there."""
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "notebooks"
    folder.mkdir()
    for name, settings in SETTINGS.items():
        copy_notebook(name, folder, dataset="digits", run_root=str(home / "run"), **settings)
    with chromium() as browser, jupyter_lab(home, folder) as (address, token):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        notebooks = {}
        for name in SETTINGS:
            page.goto(f"{address}/lab/tree/{name}.ipynb?reset&token={token}")
            notebooks[name] = run_all_cells(page, folder / f"{name}.ipynb")
    return notebooks


def copy_notebook(name: str, folder: Path, **settings: object) -> None:
    """Copy a notebook with these values in its parameters cell, as someone would type them there."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    for parameter, value in settings.items():
        line = re.compile(rf"^({parameter}: \w+ = )\S+", re.MULTILINE)
        cell.source, found = line.subn(lambda match, value=value: match[1] + repr(value), cell.source)
        assert found == 1, f"{name} has no parameter {parameter}"
    nbformat.write(notebook, folder / f"{name}.ipynb")


@contextmanager
def jupyter_lab(home: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Address and token of a JupyterLab of its own, which reads no settings of the user and ends with its kernels."""
    token = secrets.token_hex()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = home / "config"
    (config / "labconfig").mkdir(parents=True)
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(news))
    folders = {
        "JUPYTER_CONFIG_DIR": config,
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--IdentityProvider.token={token}",
    ]
    log = home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {name: str(path) for name, path in folders.items()},
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_server(server, f"{address}/api?token={token}", log)
        yield address, token
    finally:
        stop(server)


def wait_for_server(server: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def stop(server: subprocess.Popen) -> None:
    """End the server, which ends its kernels; if it hangs, kill it, and its kernels notice and end too."""
    server.terminate()
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def run_all_cells(page, path: Path) -> NotebookNode:
    """Run the open notebook from its menu, and save when the kernel rests until the file has come to its end."""
    idle = page.locator("#jp-main-statusbar").get_by_text("| Idle")
    idle.wait_for(timeout=START_SECONDS * 1000)
    choose(page, "Run", "Run All Cells")
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        idle.wait_for(timeout=RUN_SECONDS * 1000)
        choose(page, "File", "Save Notebook")
        # While JupyterLab writes the file, its beginning may be all there is.
        with suppress(NotJSONError):
            notebook = nbformat.read(path, as_version=4)
            if finished(notebook):
                return notebook
    pytest.fail(f"{path.name} did not come to its end in {RUN_SECONDS} s")


def choose(page, menu: str, item: str) -> None:
    page.locator("#jp-MainMenu").get_by_text(menu, exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()


def finished(notebook: NotebookNode) -> bool:
    """Whether the notebook has run to its last cell or to an error."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = any(output.output_type == "error" for cell in cells for output in cell.outputs)
    return failed or all(cell.execution_count for cell in cells)


@pytest.mark.parametrize("name", SETTINGS)
def test_run_all_cells_reaches_the_end(executed, name):
    require_complete(executed[name], name)
    cells = [cell for cell in executed[name].cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_figure_is_there_with_its_alt_text(executed, name):
    # What is indented is shown where there is something to show.
    cells = [
        cell for cell in executed[name].cells if re.search(r"^(display\.)?show_figure\(", cell.source, re.MULTILINE)
    ]
    assert cells
    for cell in cells:
        images = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert images and all(image.metadata["image/png"]["alt"] for image in images)


def test_progress_is_one_output_in_the_end(executed):
    cells = [cell for cell in executed["03_training"].cells if "progress = display.TrainingProgress(" in cell.source]
    assert cells
    for cell in cells:
        texts = [text for output in cell.outputs for kind, text in output.data.items() if kind == "text/html"]
        (progress,) = [text for text in texts if "spent" in text]
        assert "2 of 2" in progress
        assert sum(len(text.splitlines()) for output in cell.outputs for text in output.data.values()) <= 20
