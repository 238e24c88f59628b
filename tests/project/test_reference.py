"""The committed reference run: complete, repeatable, and the same in checkpoint, metrics, report and README."""

import re
import shutil

import pytest
from support import mnist_cnn, run

from mnist_helpers.checkpoint import load_checkpoint
from mnist_helpers.data import load_test_data
from mnist_helpers.evaluation import corrupt_all, load_answers, read_metrics, results_table, verdict_sentence
from mnist_helpers.evaluation.answers import answer_corrupted
from mnist_helpers.paths import PROJECT_ROOT, RunPaths, run_paths

PATHS = run_paths()
RESULTS = ("models", "outputs", "reports", "README.md")


@pytest.fixture(scope="module")
def metrics():
    """The metrics of the reference run; a run of one's own takes its place in these folders and is no reference."""
    if run("git", "diff", "--quiet", "HEAD", "--", *RESULTS, cwd=PROJECT_ROOT).code:
        pytest.skip("models/, outputs/ and reports/ do not hold the committed reference run")
    return read_metrics(PATHS.metrics)


def test_reference_run_is_on_mnist_and_good_enough(metrics):
    assert metrics["dataset"] == "mnist"
    assert metrics["n_test"] == 10_000
    assert metrics["accuracy"] >= 0.995
    assert metrics["provenance"]["parameter_count"] < 300_000
    assert not metrics["provenance"]["commit"].endswith("-modified")


def test_readme_shows_the_results_of_the_reference_run(metrics):
    assert results_table(metrics) in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def test_report_shows_the_results_of_the_reference_run(metrics):
    page = PATHS.report.read_text(encoding="utf-8")
    assert verdict_sentence(metrics) in page
    assert metrics["provenance"]["commit"] in page


def test_checkpoint_and_metrics_come_from_the_same_run(metrics):
    checkpoint = load_checkpoint(PATHS.checkpoint)
    assert checkpoint.provenance == metrics["provenance"]
    assert len(checkpoint.history) >= 15


def test_results_are_small_and_name_no_folder_of_the_machine_that_made_them(metrics):
    files = [path for folder in ("models", "outputs", "reports") for path in (PROJECT_ROOT / folder).rglob("*.*")]
    assert sum(path.stat().st_size for path in files) < 8_000_000
    for path in files:
        if path.suffix in {".ipynb", ".json", ".html", ".txt"}:
            # Wherever that was: a checkout of these files lies elsewhere.
            assert not re.search(
                r"(?<![\w.:/-])/[\w./-]+/mnist_helpers/|site-packages", path.read_text(encoding="utf-8")
            ), path


@pytest.mark.mnist
def test_the_committed_checkpoint_gives_the_committed_metrics(metrics, mnist_source, tmp_path):
    shutil.copytree(PATHS.models, tmp_path / "models")
    (tmp_path / "outputs").mkdir()
    for stored in (PATHS.seed_answers, PATHS.previous_answers):
        if stored.exists():
            shutil.copy(stored, tmp_path / "outputs")
    command = mnist_cnn(*("evaluate", "--dataset", "mnist", "--data-root", mnist_source.root, "--run-root", tmp_path))
    assert command.code == 0, command.err
    assert read_metrics(RunPaths(tmp_path).metrics) == metrics


@pytest.mark.mnist
def test_the_kept_answers_are_what_the_network_says_of_all_corrupted_images(metrics, mnist_source):
    kept = load_answers(PATHS.answers)
    corrupted = corrupt_all(load_test_data(mnist_source).images)
    assert answer_corrupted(load_checkpoint(PATHS.checkpoint).model, corrupted) == kept.corrupted
    assert kept.network == metrics["network"]
