"""Setting up: what is too old is refused, and what is installed fits together."""

import shutil
import subprocess
import sys

import pytest

from mnist_helpers.paths import PROJECT_ROOT


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_setup_without_a_new_enough_python_says_so(tmp_path):
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13"):
        old = tmp_path / name
        # Stands for an old Python: it fails the version check.
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
    done = subprocess.run(
        [shutil.which("make"), "setup", f"VENV={tmp_path / 'venv'}"],
        cwd=PROJECT_ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_the_targets():
    done = subprocess.run(["make"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    for target in ("report", "test", "lab", "lint", "clean"):
        assert f"make {target}" in done.stdout


def test_installed_packages_fit_together():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
