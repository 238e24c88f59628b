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
from support import here, refusal, run

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


@posix
@pytest.mark.parametrize(
    ("redirection", "wanted"),
    [("{} >&-", "standard output is closed"), ("{} >/dev/full", "cannot write to standard output")],
)
def test_output_that_cannot_be_written(one, digits_run, redirection, wanted):
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = shell(redirection, "predict", one, "--run-root", digits_run.root)
    assert done.code == 1 and "  File" not in done.err
    (line,) = done.err.splitlines()
    assert wanted in line


@posix
def test_a_reader_that_has_seen_enough(one, digits_run):
    done = shell("{} | true", "predict", *[one] * 30, "--run-root", digits_run.root)
    assert (done.out, done.err) == ("", "")


@posix
def test_without_stderr_answers_and_refusals_are_where_they_belong(one, digits_run):
    tiff = one.with_suffix(".tiff")  # whose reader puts stderr aside
    done = shell("{} 2>&-", "predict", "--json", tiff, "missing.png", "--run-root", digits_run.root)
    assert done.code == 1
    answer, refused = json.loads(done.out)
    assert answer["digit"] in range(10) and "no such file" in refused["error"]


@posix
@pytest.mark.parametrize("kernel", [{"argv": ["false"]}, {"argv": ["/nowhere/python"]}])
def test_a_kernel_that_does_not_start(tmp_path, monkeypatch, kernel):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(kernel | {"display_name": "", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    line = refusal("explore", *DIGITS, "--run-root", tmp_path / "run")
    assert "kernel that runs notebooks does not start" in line and "JUPYTER_PATH" in line


@posix
def test_a_broken_ipython_profile(tmp_path, monkeypatch):
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "broken.py").write_text("import os; os._exit(3)")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    assert "does not start" in refusal("explore", *DIGITS, "--run-root", tmp_path / "run")


@posix
def test_too_few_files_may_be_open(tmp_path):
    done = shell("ulimit -n 20; {}", "explore", *DIGITS, "--run-root", tmp_path)
    assert done.code == 1 and "Traceback" not in done.err and "mnist-cnn: " in done.err


@posix
def test_a_working_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell(f"cd {gone}; rmdir {gone}; {{}}", "explore", *DIGITS, "--run-root", tmp_path)
    assert done.code == 1 and "Traceback" not in done.err
    assert "mnist-cnn: the working folder does not exist" in done.err


def test_a_run_folder_whose_name_is_no_text():
    assert "UTF-8" in refusal("explore", *DIGITS, "--run-root", "a\udcffb")


def test_a_home_folder_that_does_not_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_DATA_ROOT", "~nobody-of-that-name/x")
    assert "home folder" in refusal("explore", "--run-root", tmp_path)


def test_a_user_without_a_home_folder(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert "set HOME" in refusal("explore", *DIGITS)


def test_an_empty_number_of_seeds(tmp_path):
    assert "seeds is ''" in refusal("train", *DIGITS, "--seeds=", "--run-root", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_mistyped_run_folder_is_not_made_and_debug_shows_the_traceback(tmp_path):
    command = ("evaluate", *DIGITS, "--run-root", tmp_path / "typo")
    refusal(*command)
    assert not (tmp_path / "typo").exists()
    assert "Traceback" in here(*command, "--debug").err


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
