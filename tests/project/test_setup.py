"""Setting up: what is too old is refused, and what is installed fits together."""

import shutil
import sys

import pytest
from support import run

from mnist_helpers.paths import PROJECT_ROOT

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@needs_make
def test_setup_without_a_new_enough_python_says_so(tmp_path):
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13"):
        old = tmp_path / name
        # Stands for an old Python: it fails the version check.
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
    done = run(shutil.which("make"), "setup", f"VENV={tmp_path / 'venv'}", cwd=PROJECT_ROOT, PATH=tmp_path)
    assert done.code != 0
    assert "Python 3.11 or newer is needed" in done.err
    assert not (tmp_path / "venv").exists()


@needs_make
def test_make_alone_lists_the_targets():
    done = run("make", cwd=PROJECT_ROOT)
    assert done.code == 0
    for target in ("report", "test", "lab", "lint", "clean"):
        assert f"make {target}" in done.out


def test_installed_packages_fit_together():
    done = run(sys.executable, "-m", "pip", "check")
    assert done.code == 0, done.out
