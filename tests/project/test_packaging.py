"""One set of package versions wherever they are named, and a wheel that works without the checkout."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image, ImageDraw
from support import mnist_cnn, run

from mnist_helpers.checkpoint import provenance
from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.paths import PROJECT_ROOT

LOCK = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED_FOR = "torch torchvision numpy matplotlib scikit-learn jupyterlab nbconvert papermill pytest nbval"


@pytest.fixture(scope="module")
def declared() -> dict[str, str]:
    """Name and lowest version of every package that pyproject.toml asks for."""
    return dict(line.split(">=") for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])


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


@pytest.fixture(scope="module")
def clean_copy(tmp_path_factory) -> Path:
    """The files in git, without their history, as they stand in the working tree."""
    copy = tmp_path_factory.mktemp("tree") / "mnist"
    listed = run("git", "ls-files", "-z", cwd=PROJECT_ROOT)
    if listed.code:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.out.split("\0")):
        if (PROJECT_ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT_ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(clean_copy, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"  # The build leaves files there.
    shutil.copytree(clean_copy, tree)
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, tree)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    """A folder of packages with the wheel installed, which goes before the editable install."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--target", folder, wheel)
    return folder


@pytest.fixture
def installed(site, tmp_path):
    """Run the installed package from `tmp_path`, and see that it writes nothing beside itself."""
    before = content(site)

    def command(*arguments: object):
        return mnist_cnn(*arguments, cwd=tmp_path, PYTHONPATH=site, OMP_NUM_THREADS=1)

    where = run(sys.executable, "-c", "import mnist_helpers as m; print(m.__file__)", cwd=tmp_path, PYTHONPATH=site)
    assert Path(where.out.strip()).is_relative_to(site)
    yield command
    assert content(site) == before


def make_repository(folder: Path) -> None:
    """A git repository with one commit, which holds none of the files that lie there."""
    commit = ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "The user's own")
    assert run("git", "init", "--quiet", cwd=folder).code == run("git", *commit, cwd=folder).code == 0


def pip(*arguments: object) -> None:
    done = run(sys.executable, "-m", "pip", *arguments[:1], "--quiet", "--no-deps", "--no-index", *arguments[1:])
    assert done.code == 0, done.err


def content(folder: Path) -> dict[str, int]:
    """Name and time of every file, but for what Python itself keeps of modules."""
    files = [path for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in files if path.is_file()}


def test_wheel_holds_what_it_needs_and_no_more(wheel, clean_copy):
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {path.relative_to(clean_copy).as_posix() for path in clean_copy.glob("mnist_helpers/**/*.*")}
    notebooks = {f"mnist_helpers/shipped/notebooks/{path.name}" for path in clean_copy.glob("notebooks/*.ipynb")}
    assert len(notebooks) == 6 and "mnist_helpers/report/template/index.html.j2" in package
    assert names == package | notebooks | {"mnist_helpers/shipped/models/mnist_cnn.pth"}


def test_installed_package_answers_with_its_own_network_unless_there_is_one_here(installed, tmp_path):
    digit = Image.new("L", (200, 300), 255)
    ImageDraw.Draw(digit).line([(60, 60), (60, 150), (150, 150), (130, 60), (130, 250)], fill=0, width=20)
    digit.save(tmp_path / "four.png")
    command = installed("predict", "four.png")
    assert (command.code, command.out[:1]) == (0, "4"), command.err
    assert [path.name for path in tmp_path.iterdir()] == ["four.png"]

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mnist_cnn.pth").write_bytes(b"mine")
    command = installed("predict", "four.png")
    assert command.code == 1 and command.err.startswith("mnist-cnn: models/mnist_cnn.pth cannot be read")


def test_installed_package_trains_below_the_working_directory(installed, tmp_path):
    make_repository(tmp_path)
    command = installed("train", "--dataset", "digits", "-p", "epochs", "1", "-p", "width", "2")
    assert command.code == 0, command.err
    folder = tmp_path / "runs" / "digits_epochs-1_width-2"
    assert f"Executed notebook: {folder}/outputs/notebooks/03_training.ipynb" in command.out
    assert {path.name for path in tmp_path.iterdir()} == {".git", "data", "runs"}
    assert (tmp_path / "data" / "digits" / "MNIST" / "raw").is_dir()
    network = load_checkpoint(folder / "models" / "mnist_cnn.pth")
    assert network.provenance["commit"] == f"v{PROJECT['version']}", "not that of the user's repository"


def test_copy_without_history_does_not_take_a_strangers_commit(clean_copy, monkeypatch):
    make_repository(clean_copy.parent)
    monkeypatch.setattr(provenance, "PROJECT_ROOT", clean_copy)
    assert provenance.current_commit() == "unknown"
