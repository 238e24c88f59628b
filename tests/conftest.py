"""One run on the digits sample, made through the command line, serves all tests that look at results."""

import os
import shutil

import pytest
from support import QUICK, Command, fingerprint, here, mnist_cnn

from mnist_helpers.data.sources import DataSource, find_data
from mnist_helpers.data.splits import LabelledImages, load_test_data, load_training_data
from mnist_helpers.paths import RunPaths, from_root
from mnist_helpers.pipeline import stages


@pytest.fixture(scope="session")
def digits_report(tmp_path_factory) -> tuple[RunPaths, Command]:
    """`mnist-cnn report` on the digits sample, from a foreign folder, where matplotlib's backend is nonsense."""
    root = tmp_path_factory.mktemp("digits")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    options = ("--dataset", "digits", "--run-root", root, "--seeds", "2", *QUICK)
    command = mnist_cnn("report", *options, cwd=elsewhere, MPLBACKEND="nonsense")
    assert command.code == 0, command.err
    assert not list(elsewhere.iterdir()), "a run leaves nothing in the caller's folder"
    return RunPaths(root), command


@pytest.fixture(scope="session")
def digits_run(digits_report) -> RunPaths:
    return digits_report[0]


@pytest.fixture(scope="session")
def other_report(digits_run, tmp_path_factory) -> tuple[RunPaths, Command, Command]:
    """Another network in a copy of that run: `report`, interrupted as its evaluation begins, and `report --resume`."""
    run = RunPaths(tmp_path_factory.mktemp("other") / "run")
    shutil.copytree(digits_run.root, run.root)
    before = fingerprint(run.root)
    options = ("--dataset", "digits", "--run-root", run.root, "-p", "epochs", "2", "-p", "width", "2")
    execute = stages.execute_notebook

    def execute_some(notebook, *arguments):
        """Leaves the first two as they are, which take time and do not matter here."""
        if notebook.stem in ("03_training", last):
            execute(notebook, *arguments)
        elif notebook.stem == "04_evaluation":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stages, "execute_notebook", execute_some)
        last = "03_training"
        stopped = here("report", *options)
        assert fingerprint(run.root).items() >= before.items(), "earlier results are as they were"
        last = "04_evaluation"
        return run, stopped, here("report", *options, "--resume")


@pytest.fixture(scope="session")
def other_run(other_report) -> RunPaths:
    return other_report[0]


@pytest.fixture(scope="session")
def digits() -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """Training, validation and test part of the digits sample."""
    source = find_data("digits")
    return *load_training_data(source), load_test_data(source)


@pytest.fixture(scope="session")
def mnist_source() -> DataSource:
    """The real MNIST files, where they are at hand; nothing is downloaded for a test."""
    root = from_root(os.environ.get("MNIST_DATA_ROOT") or "data")
    if not (root / "MNIST" / "raw" / "t10k-images-idx3-ubyte").is_file():
        pytest.skip("MNIST is not at hand: set MNIST_DATA_ROOT to the folder that holds MNIST/raw")
    return find_data("mnist", root)


@pytest.fixture
def own_digits(tmp_path, monkeypatch):
    """The folder of the digits sample's four files, a copy that a test may spoil."""
    shutil.copytree(find_data("digits").root, tmp_path / "data" / "digits")
    monkeypatch.setattr("mnist_helpers.data.sources.PROJECT_ROOT", tmp_path)
    return tmp_path / "data" / "digits" / "MNIST" / "raw"


@pytest.fixture
def false_mnist(tmp_path):
    """A folder laid out like MNIST's that holds the digits sample: complete, but not what MNIST publishes."""
    shutil.copytree(find_data("digits").root / "MNIST", tmp_path / "MNIST")
    return tmp_path
