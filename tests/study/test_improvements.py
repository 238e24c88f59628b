"""What the file of the study says: verdicts, words, table and figures, and what a damaged file gives."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_helpers import evaluation
from mnist_helpers.display import table_text
from mnist_helpers.errors import MnistError
from mnist_helpers.evaluation.study_runs import StudyRun, read_study, readable, write_study
from mnist_helpers.paths import PROJECT_ROOT, RunPaths, run_paths
from mnist_helpers.study.configurations import CONFIGURATIONS

IMAGES = 2000
BEFORE = range(0, 400, 2)  # what every network of "plain" misclassifies


def make_run(name: str, seed: int, wrong, against: str = "plain", **values) -> StudyRun:
    found = {"seconds": 10.0, "machine": "one", "parameters": 7, "log_loss": 0.1, "robustness": 0.1} | values
    text = " ".join(map(str, wrong))
    return StudyRun(name, against, seed, 15.0, "mnist", "{}", images=IMAGES, errors=len(wrong), wrong=text, **found)


@pytest.fixture
def runs() -> list[StudyRun]:
    some = []
    for seed in (1, 2, 3):
        own = [401 + 2 * seed, 403 + 2 * seed]
        some += [
            make_run("plain", seed, [*BEFORE, *own], against=""),
            make_run("better", seed, [*range(0, 200, 2), *own], seconds=25.0),
            make_run("worse", seed, [*BEFORE, *range(501, 701), *own], machine="two"),
            make_run("same", seed, [*BEFORE, 801 + seed]),
        ]
    return some


def found(runs: list[StudyRun]) -> dict:
    return {one.name: one for one in evaluation.measure_improvements(runs)}


def test_each_configuration_has_its_verdict(runs):
    assert {name: one.verdict for name, one in found(runs).items()} == {
        "better": "helps",
        "worse": "hurts",
        "same": "not distinguishable",
    }


def test_sentences_say_how_much_how_sure_and_at_what_price(runs):
    better, worse, same = map(evaluation.describe_improvement, evaluation.measure_improvements(runs))
    assert better.startswith("**better**: helps (-100.0 errors of 2,000 against plain, 95% interval -1")
    assert better.endswith("corrected for 3 comparisons); it costs 15 s of training.")
    assert "hurts (+200.0" in worse
    assert worse.endswith("; no difference in training time shows."), "of another machine"
    assert "not distinguishable with 3 seeds, which can see differences above" in same


def test_a_price_that_differs_more_between_seeds_is_not_told(runs):
    spread = [replace(run, seconds=run.seconds * run.seed**2) for run in runs]
    better = found(spread)["better"]
    assert evaluation.describe_improvement(better).endswith("; no difference in training time shows.")
    table = evaluation.tabulate_improvements([better], "plain")
    assert [row[-1] for row in table.rows] == ["–"]


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_decide_nothing(seeds, runs):
    alone = found([run for run in runs if run.seed <= seeds])
    assert {one.verdict for one in alone.values()} == {"not distinguishable"}
    assert f"with {seeds} of the 3 seeds that it takes" in evaluation.describe_improvement(alone["better"])


def test_failed_runs_are_said_and_count_for_nothing(runs):
    failed = StudyRun("better", "plain", 3, 15.0, "mnist", "{}", failure="MemoryError: none left")
    kept = [run for run in runs if run.key != failed.key]
    assert found([*kept, failed])["better"].seeds == 2
    assert "better, seed 3: MemoryError: none left" in evaluation.describe_failures([*kept, failed])
    assert evaluation.describe_failures(runs) == "No run failed."
    assert evaluation.describe_study([failed]) == "No run of the study has ended yet."


def test_more_comparisons_make_it_harder_to_find_something(runs):
    few = found(runs)["same"]
    copies = [
        make_run(f"same {copy}", run.seed, run.mistakes.nonzero()[0])
        for copy in range(20)
        for run in runs
        if run.configuration == "same"
    ]
    many = found([*runs, *copies])["same"]
    assert many.looks == 23 and many.visible > few.visible


def test_summary_table_and_figures(runs):
    improvements = evaluation.measure_improvements(runs)
    assert "- helps: 1 (better)\n- hurts: 1 (worse)\n- not distinguishable: 1" in evaluation.describe_improvements(
        improvements
    )
    lines = table_text(evaluation.tabulate_improvements(improvements, "plain")).splitlines()
    assert len(lines) == 5 and lines[2].split()[:3] == ["better", "3", "102.0"]
    assert "worse +200.0, hurts" in evaluation.plot_improvements(improvements, "plain").get_label()
    rung = StudyRun("the commonest digit", "", 1, 15.0, "mnist", "", images=IMAGES, errors=1800)
    assert "the commonest digit 90.00%; plain 10.10%" in evaluation.plot_ladder([rung, *runs]).get_label()


def test_what_is_not_there_yet_is_said(runs):
    assert evaluation.measure_improvements([]) == []
    assert "mnist-cnn improve runs it" in evaluation.describe_against(evaluation.measure_improvements(runs), "default")
    assert "none yet" in evaluation.plot_improvements([], "default").get_label()
    assert "none yet" in evaluation.plot_ladder([]).get_label()


def test_a_network_without_an_error_is_on_the_ladder():
    perfect = make_run("default", 1, [])
    assert "default 0.00%" in evaluation.plot_ladder([perfect]).get_label()


def test_the_file_gives_back_what_was_written(runs, tmp_path):
    runs.append(StudyRun("better", "plain", 4, 15.0, "mnist", '{"a": "b"}', failure='said "no", twice'))
    write_study(tmp_path / "runs.csv", runs)
    assert evaluation.read_study(tmp_path / "runs.csv") == runs
    assert np.array_equal(runs[0].mistakes.nonzero()[0], sorted([*BEFORE, 403, 405]))


def test_the_study_of_the_folder_is_known_and_that_of_the_reference_elsewhere(runs, tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_helpers.paths.PROJECT_ROOT", tmp_path)
    for folder in ("outputs", "elsewhere/outputs"):
        (tmp_path / folder).mkdir(parents=True)
    here, reference = RunPaths(tmp_path / "elsewhere"), RunPaths(tmp_path)
    assert evaluation.known_study(here, "mnist") == []
    write_study(reference.improvements, runs)
    assert evaluation.known_study(here, "mnist") == runs
    assert evaluation.known_study(here, "digits") == []
    write_study(here.improvements, runs[:2])
    assert evaluation.known_study(here, "mnist") == runs[:2]


@pytest.mark.parametrize("damage", ["cut", "count", "index", "column", "binary"])
def test_a_damaged_file_is_named(damage, runs, tmp_path):
    path = tmp_path / "runs.csv"
    write_study(path, runs)
    text = path.read_text()
    if damage == "binary":
        path.write_bytes(b"\xff\xfe\x00" * 10)
    else:
        changes = {
            "cut": text[:-20],
            "count": text.replace(",202,", ",203,", 1),
            "index": text.replace(" 403", " 99403", 1),
            "column": text.replace("robustness", "strength", 1),
        }
        path.write_text(changes[damage])
    with pytest.raises(MnistError, match=r"runs\.csv is damaged: put an intact copy"):
        evaluation.read_study(path)


def test_no_file_names_the_command(tmp_path):
    with pytest.raises(MnistError, match="mnist-cnn improve makes it"):
        evaluation.read_study(tmp_path / "runs.csv")


def test_readme_says_how_much_of_the_study_is_committed():
    committed = read_study(run_paths().improvements)
    readme = " ".join((PROJECT_ROOT / "README.md").read_text(encoding="utf-8").split())
    hours = readable(sum(run.whole_seconds for run in committed))
    assert f"That is {len(committed)} runs, {hours} of them" in readme
    left = len(CONFIGURATIONS.keys() - {run.configuration for run in committed})
    assert f"Left out for time are {left} variants" in readme
