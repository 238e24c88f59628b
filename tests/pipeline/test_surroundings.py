"""Closed streams, full devices, broken settings, odd folders: one line on stderr, an exit code, no traceback."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from support import mnist_cnn, run

from mnist_helpers.paths import PACKAGE

posix = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell is needed")
DIGITS = ("--dataset", "digits")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The picture of a 1, as PNG."""
    path = tmp_path_factory.mktemp("pictures") / "one.png"
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).line((100, 30, 100, 170), fill=0, width=14)
    picture.save(path)
    picture.save(path.with_suffix(".tiff"))
    return path


def shell(arguments: str, *words: object, **environment: object):
    """`mnist-cnn` with `words`, called by a shell that also reads `arguments`, such as redirections."""
    command = shlex.join([sys.executable, "-m", "mnist_helpers", *map(str, words)])
    return run("bash", "-c", f"set -o pipefail; {arguments.format(command)}", **environment)


def said(done) -> list[str]:
    """The lines of a failed command's stderr that are its own, and nothing that looks like a traceback."""
    assert done.code == 1, done.err
    assert "Traceback" not in done.err and "  File" not in done.err
    return [line for line in done.err.splitlines() if line.startswith("mnist-cnn:")]


@posix
@pytest.mark.parametrize(
    ("redirection", "wanted"),
    [("{} >&-", "standard output is closed"), ("{} >/dev/full", "cannot write to standard output")],
)
@pytest.mark.parametrize("command", ["predict", "design"])
def test_output_that_cannot_be_written(one, tmp_path, digits_run, command, redirection, wanted):
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    words = ("predict", one, "--run-root", digits_run.root)
    if command == "design":
        words = ("design", *DIGITS, "--run-root", tmp_path)
    (line,) = said(shell(redirection, *words))
    assert wanted in line


@posix
def test_a_reader_that_has_seen_enough(one, digits_run):
    done = shell("{} | true", "predict", *[one] * 3, "--run-root", digits_run.root)
    assert done.err == ""


@posix
def test_without_stderr_refusals_do_not_reach_the_results(one, digits_run):
    words = ("predict", "--json", one, "missing.png", "--run-root", digits_run.root)
    done = shell("{} 2>&-", *words)
    assert done.code == 1
    answer, refusal = json.loads(done.out)
    assert answer["digit"] in range(10) and "no such file" in refusal["error"]


@posix
def test_tiff_is_read_without_stderr(one, digits_run):
    done = shell("{} 2>&-", "predict", one.with_suffix(".tiff"), "--run-root", digits_run.root)
    assert done.code == 0 and done.out


@posix
@pytest.mark.parametrize("kernel", [{"argv": ["false"]}, {"argv": ["/nowhere/python"]}])
def test_a_kernel_that_does_not_start(tmp_path, kernel):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(kernel | {"display_name": "", "language": "python"}))
    (line,) = said(mnist_cnn("explore", *DIGITS, "--run-root", tmp_path / "run", JUPYTER_PATH=tmp_path))
    assert "kernel that runs notebooks does not start" in line and "JUPYTER_PATH" in line


@posix
def test_a_broken_ipython_profile(tmp_path):
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "broken.py").write_text("import os; os._exit(3)")
    (line,) = said(mnist_cnn("explore", *DIGITS, "--run-root", tmp_path / "run", IPYTHONDIR=tmp_path))
    assert "does not start" in line


@posix
def test_too_few_files_may_be_open(tmp_path):
    said(shell("ulimit -n 20; {}", "explore", *DIGITS, "--run-root", tmp_path))


@posix
def test_a_working_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    (line,) = said(shell(f"cd {gone}; rmdir {gone}; {{}}", "explore", *DIGITS, "--run-root", tmp_path))
    assert "working folder" in line


@posix
def test_a_run_folder_whose_name_is_no_text():
    (line,) = said(shell("{} --run-root $(printf 'a\\xffb')", "explore", *DIGITS))
    assert "UTF-8" in line


def test_a_home_folder_that_does_not_exist(tmp_path):
    (line,) = said(mnist_cnn("explore", "--run-root", tmp_path, MNIST_DATA_ROOT="~nobody-of-that-name/x"))
    assert "home folder" in line


@posix
def test_a_user_without_a_home_folder(tmp_path):
    no_home = (
        "import os, pathlib, sys; os.path.expanduser = lambda path: path; from mnist_helpers.pipeline.cli import main; "
    )
    done = run(sys.executable, "-c", f"{no_home} sys.exit(main(['explore', '--dataset', 'digits']))", cwd=tmp_path)
    (line,) = said(done)
    assert "set HOME" in line


def test_a_nonsensical_backend_of_matplotlib_does_not_matter(tmp_path):
    done = mnist_cnn("explore", *DIGITS, "--run-root", tmp_path, MPLBACKEND="nonsense")
    assert done.code == 0, done.err


def test_an_empty_number_of_seeds(tmp_path):
    (line,) = said(mnist_cnn("train", *DIGITS, "--seeds=", "--run-root", tmp_path / "run"))
    assert "seeds is ''" in line
    assert not (tmp_path / "run").exists()


def test_a_mistyped_run_folder_is_not_made(tmp_path):
    said(mnist_cnn("evaluate", *DIGITS, "--run-root", tmp_path / "typo"))
    assert not (tmp_path / "typo").exists()


def test_debug_shows_the_traceback(tmp_path):
    done = mnist_cnn("evaluate", *DIGITS, "--run-root", tmp_path / "typo", "--debug")
    assert done.code == 1 and "Traceback" in done.err


@posix
@pytest.mark.parametrize("delay", [0.03, 0.05, 0.08, 0.12, 0.3, 0.8])
def test_ctrl_c_while_the_program_is_being_loaded(delay):
    start = "import sys; from mnist_helpers.__main__ import run; sys.exit(run())"
    process = subprocess.Popen([sys.executable, "-c", start, "predict", "none.png"], stderr=subprocess.PIPE, text=True)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    # Before its first line runs, Python answers by itself.
    assert str(PACKAGE) not in err, err
