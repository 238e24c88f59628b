"""pyproject.toml, requirements.lock and environment.yml name the same packages."""

import re
import tomllib

import pytest

from mnist_helpers.paths import PROJECT_ROOT

LOCK = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
ASKED_FOR = "torch torchvision numpy matplotlib scikit-learn jupyterlab nbconvert papermill pytest nbval"


@pytest.fixture(scope="module")
def declared() -> dict[str, str]:
    """Name and lowest version of every package that pyproject.toml asks for."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(line.split(">=") for line in project["dependencies"] + project["optional-dependencies"]["test"])


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, flags=re.MULTILINE))


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_all_packages_asked_for_are_declared(declared):
    assert set(ASKED_FOR.split()) <= set(declared)


def test_lock_satisfies_pyproject(declared, locked):
    for name, lowest in declared.items():
        assert as_numbers(locked[name]) >= as_numbers(lowest), name


def test_every_pin_has_hashes_and_no_address(locked):
    pins = re.split(r"\n(?=\S)", LOCK.strip())
    pins = [pin for pin in pins if not pin.startswith("#")]
    assert len(pins) == len(locked) > 100
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in LOCK and "--index" not in LOCK and "--find-links" not in LOCK


def test_lock_serves_linux_macos_and_windows(locked):
    assert {"appnope", "pywinpty", "ptyprocess"} <= set(locked)


def test_environment_has_the_locked_versions(declared, locked):
    text = (PROJECT_ROOT / "environment.yml").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^ +- ([\w-]+)==(\S+)$", text, flags=re.MULTILINE))
    assert pins == {name: locked[name] for name in declared}
    assert re.search(r"^  - python=3\.1[1-3]$", text, flags=re.MULTILINE)
    assert "--editable ." in text
