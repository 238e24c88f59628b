"""What a user of the command line gets: files, numbers, a report, and the same again for the same seed."""

import json
import shutil
import sys

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from support import QUICK, mnist_cnn, run

from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.evaluation import reproduce_command, seeds_text
from mnist_helpers.paths import NOTEBOOKS, RunPaths
from mnist_helpers.pipeline.execution import require_complete
from mnist_helpers.pipeline.stages import network_checksum

FILES = [
    "models/mnist_cnn.pth",
    "models/baseline.pth",
    "outputs/loss_curve.png",
    "outputs/accuracy_curve.png",
    "outputs/confusion_matrix.png",
    "outputs/class_distribution.png",
    "outputs/sample_digits.png",
    "outputs/model_summary.txt",
    "outputs/rungs.json",
    "outputs/metrics.json",
    "outputs/seed_answers.json",
    "outputs/answers.json",
    "outputs/baseline_answers.json",
    "reports/evaluation_report.html",
    "reports/draw.html",
]
NAMES = ["01_exploration", "02_model_design", "03_training", "04_evaluation"]


@pytest.fixture(scope="module")
def metrics(digits_run):
    return json.loads(digits_run.metrics.read_text())


def test_report_writes_every_file(digits_run):
    written = {path.relative_to(digits_run.root).as_posix() for path in digits_run.root.rglob("*") if path.is_file()}
    wanted = {*FILES, *(f"outputs/notebooks/{name}.ipynb" for name in NAMES)}
    assert wanted <= written
    leftovers = {name for name in written - wanted if not name.endswith((".png", ".lock"))}
    assert not leftovers


def test_report_ends_with_headline_and_path(digits_report, metrics):
    paths, command = digits_report
    headline, path = command.out.strip().splitlines()
    assert f"{metrics['accuracy']:.2%} of 297" in headline
    assert str(paths.report) in path


def test_progress_in_the_terminal_shows_the_time_left(digits_report):
    lines = [line for line in digits_report[1].err.splitlines() if "left" in line]
    assert len([line for line in lines if line.startswith("  Epoch")]) == 4
    assert lines[3].startswith("  Epoch 4 of 4") and "0:00 left" in lines[3]


def test_both_seeds_count_and_the_report_says_so(digits_report, metrics):
    paths, command = digits_report
    said = [line for line in command.err.splitlines() if "eed" in line]
    assert said[0] == "  Seeds left to train: 8; 1 at a time."
    assert said[1].startswith("  Seed 8 is done, 1 of 1; ") and len(said) == 2
    assert metrics["seeds"]["n"] == 2
    assert metrics["seeds"]["accuracies"][0] == metrics["accuracy"]
    page = BeautifulSoup(paths.report.read_text(encoding="utf-8"), "html.parser").get_text()
    assert seeds_text(metrics["seeds"]) in page
    assert reproduce_command(metrics) in page and "--seeds 2" in reproduce_command(metrics)


def test_metrics_agree_with_each_other(metrics):
    matrix = torch.tensor(metrics["confusion_matrix"])
    assert metrics["dataset"] == "digits"
    assert matrix.shape == (10, 10)
    assert matrix.sum() == metrics["n_test"] == 297
    assert metrics["n_test"] - matrix.trace() == metrics["errors"]
    assert metrics["accuracy"] == pytest.approx(1 - metrics["errors"] / metrics["n_test"])
    assert [row["digit"] for row in metrics["per_class"]] == list(range(10))
    assert [row["support"] for row in metrics["per_class"]] == matrix.sum(dim=1).tolist()
    for row, true_positives, called in zip(metrics["per_class"], matrix.diag(), matrix.sum(dim=0), strict=True):
        assert row["precision"] == pytest.approx(int(true_positives) / max(int(called), 1))
        assert row["recall"] == pytest.approx(int(true_positives) / row["support"])
    assert metrics["macro_avg"]["recall"] == pytest.approx(sum(row["recall"] for row in metrics["per_class"]) / 10)
    assert metrics["weighted_avg"]["recall"] == pytest.approx(metrics["accuracy"])
    assert sum(pair["count"] for pair in metrics["most_confused"]) == metrics["errors"]


def test_the_small_network_learned_something(metrics):
    assert metrics["accuracy"] > 0.7


def test_provenance_names_what_made_the_result(metrics):
    provenance = metrics["provenance"]
    wanted = {"commit", "seed", "parameters", "versions", "device", "data_checksum", "date", "duration_seconds"}
    assert wanted <= set(provenance)
    assert provenance["parameters"]["epochs"] == 4
    assert provenance["parameters"]["width"] == 8
    assert provenance["versions"]["torch"] == torch.__version__.split("+")[0]


@pytest.mark.parametrize("name", NAMES)
def test_executed_copies_ran_to_their_end(digits_run, name):
    node = nbformat.read(digits_run.executed / f"{name}.ipynb", as_version=4)
    require_complete(node, name)
    assert node.metadata.kernelspec.name == "python3"


def test_progress_takes_few_lines_in_the_executed_notebook(digits_run):
    node = nbformat.read(digits_run.executed / "03_training.ipynb", as_version=4)
    cells = [cell for cell in node.cells if "progress = display.TrainingProgress(" in cell.source]
    assert len(cells) == 2, "the network and the baseline"
    for cell in cells:
        lines = [line for output in cell.outputs for text in output.data.values() for line in text.splitlines()]
        assert 1 <= len(lines) <= 10


def test_report_page_has_the_numbers_and_says_that_it_is_not_mnist(digits_run, metrics):
    page = digits_run.report.read_text()
    assert f"{metrics['accuracy']:.2%}" in page
    assert f"{metrics['errors']} errors; 95% interval" in page
    assert metrics["provenance"]["data_checksum"] in page
    assert "not from MNIST" in page
    for loading in ("src=http", 'src="http', "<script", "<link", "@import"):
        assert loading not in page


def test_report_page_leads_to_the_page_to_draw_on_beside_it(digits_run):
    assert f'href="{digits_run.demo.name}"' in digits_run.report.read_text()
    assert network_checksum(digits_run) in digits_run.demo.read_text()


def test_plain_papermill_from_a_foreign_folder_and_the_same_seed_give_the_same_result(digits_run, tmp_path):
    here, root = tmp_path / "here", tmp_path / "root"
    here.mkdir()
    done = run(
        sys.executable,
        *("-m", "papermill", NOTEBOOKS / "03_training.ipynb", here / "03_training.ipynb", "--no-progress-bar"),
        *("-p", "dataset", "digits", "-p", "run_root", root, "-p", "seeds", "2", *QUICK),
        cwd=here,
    )
    assert done.code == 0, done.err
    assert [path.name for path in here.iterdir()] == ["03_training.ipynb"]
    first, second = load_checkpoint(digits_run.checkpoint), load_checkpoint(root / "models" / "mnist_cnn.pth")
    assert first.history == second.history
    for name, tensor in first.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name]), name

    command = mnist_cnn("evaluate", "--dataset", "digits", "--run-root", root)
    assert command.code == 0, command.err
    assert "macro avg" in command.out
    assert _without_time(digits_run.metrics) == _without_time(root / "outputs" / "metrics.json")


def test_running_the_executed_copies_again_gives_their_stored_outputs(digits_run, tmp_path):
    # On a copy: they train and evaluate again, and other tests compare what the run has left.
    copy = RunPaths(tmp_path / "run")
    shutil.copytree(digits_run.root, copy.root)
    for name in NAMES:
        executed = copy.executed / f"{name}.ipynb"
        text = executed.read_text(encoding="utf-8").replace(str(digits_run.root), str(copy.root))
        executed.write_text(text, encoding="utf-8")
    done = run(
        sys.executable,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path, "--nbval"),
        *(copy.executed / f"{name}.ipynb" for name in NAMES),
        cwd=tmp_path,
    )
    assert done.code == 0, done.out


def _without_time(path) -> dict:
    metrics = json.loads(path.read_text())
    del metrics["provenance"]["date"], metrics["provenance"]["duration_seconds"]
    for gate in metrics["gates"]:
        if gate["section"] == "Provenance":
            del gate["value"], gate["shown"]
    return metrics
