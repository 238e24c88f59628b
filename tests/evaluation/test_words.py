"""What tables, figures and sentences say of a perfect, a constant and a random classifier."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers import evaluation
from mnist_helpers.data import LabelledImages, check_data, find_near_duplicates
from mnist_helpers.display import Table, table_html, table_text
from mnist_helpers.evaluation.answers import gather_answers
from mnist_helpers.evaluation.baseline import judge, mcnemar_exact
from mnist_helpers.evaluation.corruptions import CORRUPTIONS
from mnist_helpers.evaluation.verdict import EARLIER_RECIPES, describe_choices
from mnist_helpers.network import Predictions
from mnist_helpers.network.temperature import fit_temperature, log_loss
from mnist_helpers.paths import PROJECT_ROOT

KINDS = ("perfect", "constant", "random")
PROVENANCE = {
    "commit": "0123456789abcdef",
    "seed": 7,
    "parameters": {"epochs": 0.5, "seed": 7},
    "parameter_count": 242_506,
    "versions": {"python": "3.11", "torch": "2.15.0"},
    "device": "cpu",
    "system": "Linux",
    "threads": 2,
    "precision": "float32",
    "data_checksum": "abc",
    "duration_seconds": 61.6,
}


def answers(kind: str, labels: torch.Tensor) -> Predictions:
    """All right and sure of it; always 0 at 60 %; or logits of pure noise."""
    truth = labels.numpy()
    logits = {
        "perfect": 20.0 * np.eye(10)[truth],
        "constant": np.log(np.tile([0.6, *[0.4 / 9] * 9], (len(truth), 1))),
        "random": np.random.default_rng(0).normal(size=(len(truth), 10)),
    }[kind]
    return Predictions(logits, truth, logits)


@pytest.fixture
def test(digits) -> LabelledImages:
    return digits[2]


@pytest.fixture(params=KINDS)
def classifier(request, test) -> tuple[str, Predictions]:
    return request.param, answers(request.param, test.labels)


def robustness(error: float) -> dict:
    rows = [
        {
            "name": name,
            "errors": round(100 * error),
            "accuracy": 1 - error,
            "ci95": [max(0, 1 - error - 0.1), 1],
            "baseline": None,
        }
        for name in CORRUPTIONS
    ]
    sums = {"mean_error": error, "median_error": error, "worst_error": error}
    return {"images": 100, "corruptions": rows, **sums, "clean_error": 0.0, "drop": error, "baseline": None}


def test_words_on_scores(classifier):
    kind, predictions = classifier
    scores = evaluation.measure_scores(predictions)
    said = evaluation.describe_scores(scores)
    table = table_text(evaluation.tabulate_scores(scores))
    assert "Macro average" in table and "Weighted average" in table and "297" in table
    if kind == "perfect":
        assert said == "All digits are recognised equally well (F1 1.0000)."
    elif kind == "constant":
        assert said.startswith("Highest F1: 0 (F1 0.17")
        assert "lowest: 1, 2, 3, 4, 5, 6, 7, 8, 9 (F1 0.0000). Some digits are harder: " in said
    else:
        assert said.startswith("Highest F1: ") and "; lowest: " in said and "That may be luck" in said


def test_the_extremes_of_ten_equally_hard_digits_are_not_called_different():
    # Errors of the reference run by digit; the intervals of 8 and 5 do not overlap.
    images = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    missed = [1, 3, 3, 3, 3, 7, 4, 2, 1, 7]
    labels = np.repeat(np.arange(10), images)
    wrong = np.concatenate([np.arange(n) < m for n, m in zip(images, missed, strict=True)])
    scores = evaluation.measure_scores(Predictions(np.eye(10)[np.where(wrong, (labels + 1) % 10, labels)], labels))
    assert scores["recall_test"] == {"p_value": pytest.approx(0.14, abs=0.03), "standing_out": []}
    assert "No digit can be called harder than another." in evaluation.describe_scores(scores)


def test_words_on_confusion_and_errors(classifier, test):
    kind, predictions = classifier
    confusion = evaluation.measure_confusion(predictions)
    said = evaluation.describe_confusion(confusion), evaluation.describe_errors(predictions)
    pairs = evaluation.tabulate_pairs(confusion, test, predictions)
    assert len(pairs.rows) == (0 if kind == "perfect" else 5)
    assert all(row[-1].count("<img") == min(10, row[2]) for row in pairs.rows)
    if kind == "perfect":
        assert said == ("No image lies off the diagonal.", "No image is misclassified.")
    else:
        errors = len(predictions.errors)
        assert f"of {errors} errors" in said[0] and said[1].startswith(f"200 of {errors} errors are shown, ")
    if kind == "constant":
        assert "taken for 0" in said[0] and f"0 of {errors} were made with a confidence of 90%" in said[1]


def test_words_on_calibration(classifier):
    kind, predictions = classifier
    calibration = evaluation.measure_calibration(predictions, predictions)
    said = evaluation.describe_calibration(calibration)
    assert ("is more than noise" in said) == (kind != "perfect")
    unsure = {"perfect": "No answer has", "constant": "The 297 answers below 90% have a mean confidence of 60%"}
    assert unsure.get(kind, "fewer than promised") in said
    assert [len(row) for row in evaluation.tabulate_calibration(calibration).rows] == [2, 2, 2]


def test_words_on_calibration_with_nearly_all_images_in_one_bin():
    # 0.2 % too sure of itself among the surest is nothing where all share a bin with as much doubt.
    rng = np.random.default_rng(0)
    confidence = np.sort(rng.uniform(0.94, 1, 20_000))
    right = rng.random(20_000) < np.where(np.arange(20_000) < 10_000, confidence + 0.015, confidence - 0.015)
    logits = np.log(np.column_stack([confidence, *[(1 - confidence) / 9] * 9]))
    calibration = evaluation.measure_calibration(*[Predictions(logits, np.where(right, 0, 1))] * 2)
    assert calibration["ece"] <= calibration["ece_noise_floor"]["p95"]
    said = evaluation.describe_calibration(calibration)
    assert "100.0% of the images share one bin, so that says little" in said and "which is more than noise" in said


def test_calibration_is_told_without_the_doubtful_labels_and_before_scaling(test):
    labels = test.labels.numpy()
    logits = np.random.default_rng(0).normal(size=(297, 10)) + 4.0 * np.eye(10)[labels]
    logits *= fit_temperature(logits, labels) ** -1
    before = log_loss(logits / 2, labels)
    predictions = Predictions(logits, labels)
    wrong = [int(image) for image in predictions.errors]
    calibration = evaluation.measure_calibration(predictions, predictions, wrong, before)
    assert calibration["scaled_with"] == pytest.approx(0.5) and calibration["temperature"] == pytest.approx(1, abs=0.01)
    assert calibration["before_scaling"]["log_loss"] == pytest.approx(before)
    assert calibration["without_doubtful"]["unsure"]["correct"] == calibration["unsure"]["correct"] > 0
    said, table = evaluation.describe_calibration(calibration), evaluation.tabulate_calibration(calibration)
    assert "divided by 0.50" in said and "Without the images whose label is in doubt" in said
    assert table.columns == ["Measure", "Before scaling", "As stored"]
    unknown = evaluation.measure_calibration(predictions, predictions, loss_before=log_loss(logits, labels) / 2)
    assert unknown["before_scaling"] is None and unknown["without_doubtful"] is None


def test_words_on_selection(classifier, test):
    kind, predictions = classifier
    selective = evaluation.measure_selective(predictions, predictions)
    said = evaluation.describe_selective(selective, len(test))
    assert f"Of the 297 test images {297 if kind == 'perfect' else 0} " in said
    assert "with 0 errors" in said


def test_words_on_slices(classifier, test):
    kind, predictions = classifier
    said = evaluation.describe_slices(evaluation.measure_slices(test, predictions, "digits"))
    assert (said == "There is no error in any slice.") == (kind == "perfect")


def test_scores_slices_and_calibration_stand_beside_those_of_other_networks(test):
    perfect, constant = (answers(kind, test.labels) for kind in ("perfect", "constant"))
    before = gather_answers("digits", torch.nn.Linear(1, 1), perfect, {})
    others = evaluation.right_answers(constant, ("the run before", before))
    scores = evaluation.measure_scores(perfect, others)
    assert [row["others"]["the baseline"]["errors"] for row in scores["per_class"]][:2] == [
        0,
        scores["per_class"][1]["support"],
    ]
    assert evaluation.describe_scores(scores) == (
        "All digits are recognised equally well (F1 1.0000). Recall differs (paired tests, ten looks): against the "
        "baseline better on 1, 2, 3, 4, 5, 6, 7, 8, 9; against the run before on no digit."
    )
    slices = evaluation.measure_slices(test, constant, "digits", {"the run before": perfect.correct})
    for row, part in zip(evaluation.tabulate_slices(slices).rows, slices, strict=True):
        assert row[-1] == "0, worse" and part["others"]["the run before"]["mcnemar"]["only_second"] == part["errors"]
    calibration = evaluation.measure_calibration(perfect, perfect, on_plain=constant)
    table = evaluation.tabulate_calibration(calibration)
    assert table.columns[1:] == ["As stored", "Plain baseline"]
    assert calibration["baseline"]["ece"] > calibration["ece"]


def test_words_on_the_closer_look(classifier):
    kind, predictions = classifier
    scores = evaluation.measure_scores(predictions)
    said = evaluation.describe_closer_look(evaluation.measure_closer_look(predictions), scores)
    assert said.startswith("0 of 297" if kind == "perfect" else "297 of 297" if kind == "constant" else "29")
    assert f"Errors: {scores['errors']}; with one look at every image {scores['errors']} " in said
    assert "not distinguishable" in said and "0 became right by it and 0 wrong" in said


@pytest.mark.parametrize(
    ("mended", "spoilt", "words"),
    [(5, 4, "not distinguishable"), (9, 0, "The closer look helps: 9"), (0, 9, "The closer look does harm: 0")],
)
def test_what_the_closer_look_changes_is_tested(test, mended, spoilt, words):
    right = answers("perfect", test.labels).logits
    with_look, first_look = right.copy(), right.copy()
    first_look[:mended] = np.roll(right[:mended], 1, axis=1)
    with_look[100 : 100 + spoilt] = np.roll(right[100 : 100 + spoilt], 1, axis=1)
    predictions = Predictions(with_look, test.labels.numpy(), first_look)
    closer_look = evaluation.measure_closer_look(predictions)
    assert closer_look["mcnemar"]["p_value"] == pytest.approx(1 if spoilt == 4 else 2 / 2**9)
    said = evaluation.describe_closer_look(closer_look, evaluation.measure_scores(predictions))
    assert words in said and f"{mended} became right by it and {spoilt} wrong" in said


def test_words_on_the_baseline(test):
    perfect, constant = answers("perfect", test.labels), answers("constant", test.labels)
    scores = evaluation.measure_scores(perfect)
    for first, second, words in (
        (perfect, constant, "**better** than the baseline"),
        (constant, perfect, "**worse** than the baseline"),
        (perfect, perfect, "**not distinguishable** from the baseline: 0 images"),
    ):
        comparison = mcnemar_exact(first.correct, second.correct)
        plain = evaluation.measure_scores(second) | {"parameter_count": 1, "epochs": 1}
        baseline = plain | {"mcnemar": comparison, "verdict": judge(comparison)}
        said = evaluation.describe_baseline(baseline, PROVENANCE)
        assert words in said and "Epochs: 0.5 for this network, 1 for the baseline" in said
        assert "Both had 0.5 epochs." in evaluation.describe_baseline(baseline | {"epochs": 0.5}, PROVENANCE)
        assert len(evaluation.tabulate_baseline(baseline, scores, PROVENANCE).rows) == 2
    assert evaluation.measure_baseline(None, None, perfect) is None
    assert "no baseline" in evaluation.describe_baseline(None, PROVENANCE)
    assert [row[0] for row in evaluation.tabulate_baseline(None, scores, PROVENANCE).rows] == ["This network"]


def test_words_on_robustness():
    said = evaluation.describe_robustness(robustness(0.25))
    assert said == (
        "The mean error over the 15 corruptions is 25.0%, 25.0 points more than on clean images; the median is 25.0%, "
        "the worst 25.0% (shot noise)."
    )
    assert evaluation.tabulate_robustness(robustness(0.25)).rows[0][1] == "25.00"


def test_words_on_robustness_do_not_hide_two_corruptions_behind_the_mean():
    uneven = robustness(0.01)
    for entry, error in zip(uneven["corruptions"][-2:], (0.35, 0.75), strict=True):
        entry.update(errors=round(100 * error), accuracy=1 - error)
    uneven.update(mean_error=(13 * 0.01 + 0.35 + 0.75) / 15, worst_error=0.75)
    said = evaluation.describe_robustness(uneven)
    assert "is 8.2%" in said and "the median is 1.0%, the worst 75.0% (canny edges)." in said
    assert said.endswith("Canny edges and zigzag alone make 89% of these errors.")
    rows = {row[0]: row[1] for row in evaluation.tabulate_robustness(uneven).rows}
    assert list(rows)[:2] == ["canny edges", "zigzag"], "the worst come first"
    assert (rows["Mean"], rows["Median"], rows["Worst"]) == ("8.20", "1.00", "75.00")
    assert "alone" not in evaluation.describe_robustness(robustness(0.0))


def test_words_on_the_run_before(test):
    given = {kind: gather_answers("digits", torch.nn.Linear(1, 1), answers(kind, test.labels), {}) for kind in KINDS}
    for own, other, words in (
        ("perfect", "constant", "**better** than the run before: 268 images are right with it alone, 0 with the run"),
        ("constant", "perfect", "**worse** than the run before: 0 images"),
        ("perfect", "perfect", "**not distinguishable** from the run before: 0 images"),
        ("random", "random", "**not distinguishable** from the run before: 0 images"),
    ):
        previous = evaluation.measure_previous(("the run before", given[other]), given[own])
        assert words in evaluation.describe_previous(previous)
        table = evaluation.tabulate_baseline(
            None,
            evaluation.measure_scores(answers(own, test.labels)),
            PROVENANCE,
            ("the run before", given[other]),
        )
        assert table.rows[1][0] == "The run before" and table.rows[1][-1] == previous["errors"]
    assert evaluation.measure_previous(None, given["perfect"]) is None
    assert evaluation.describe_previous(None) == "There is no other run to compare with."


def test_words_on_corruptions_against_others():
    rows = [{"name": name, "verdict": "better"} for name in list(CORRUPTIONS)[:13]]
    rows += [{"name": "zigzag", "verdict": "worse"}, {"name": "canny edges", "verdict": "not distinguishable"}]
    measured = robustness(0.25)
    measured["corruptions"] = [
        row | {"baseline": other} for row, other in zip(measured["corruptions"], rows, strict=True)
    ]
    measured["baseline"] = {"mean_error": 0.3, "median_error": 0.3, "worst_error": 0.4}
    previous = {"name": "the run before", "robustness": {"corruptions": rows[-2:]}}
    said = evaluation.describe_robustness(measured, previous)
    assert "Against the baseline this network is better under 13 of 15 and worse under 1 of 15 (" in said
    assert "Against the run before this network is better under 0 of 2 and worse under 1 of 2 (zigzag)" in said
    assert "correction for 15 looks" in said and "correction for 2 looks" in said


def test_words_on_seeds():
    one = {"n": 1, "accuracy_mean": 0.9, "accuracy_std": None, "accuracies": [0.9], "majority_accuracy": None}
    two = {"n": 2, "accuracy_mean": 0.95, "accuracy_std": 0.0707, "accuracies": [0.9, 1.0], "majority_accuracy": None}
    assert "Only one seed" in evaluation.describe_seeds(one)
    assert "**95.00% ± 7.07% (n = 2)**" in evaluation.describe_seeds(two)
    assert evaluation.tabulate_seeds(two, [7, 9], 300).rows == [(7, "90.00%", 30), (9, "100.00%", 0)]


def test_words_on_label_errors():
    labels = torch.arange(10_000) % 10
    for kind, among in (("perfect", 0), ("constant", 13)):
        predictions = answers(kind, labels)
        measured = evaluation.measure_label_errors(predictions, "mnist")
        said = evaluation.describe_label_errors(measured)
        assert said.startswith(f"{among} of the {len(predictions.errors)} errors are among the 15")
        rows = evaluation.tabulate_label_errors(measured, evaluation.measure_scores(predictions)).rows
        names = ["All 10,000", "All 10,000, 10 labels replaced", "9,995: 10 replaced, 5 left out"]
        assert [row[0] for row in rows] == names
        assert [row[3] for row in rows] == [measured[f"errors_{kind}"] for kind in ("raw", "relabelled", "settled")]
    assert evaluation.describe_label_errors(None).startswith("No list")


def test_where_no_label_is_listed_as_doubtful_there_is_one_line_and_no_picture(test):
    perfect = answers("perfect", test.labels)
    rows = evaluation.tabulate_label_errors(None, evaluation.measure_scores(perfect)).rows
    assert [row[0] for row in rows] == ["All 297"]
    for in_doubt, words in (([], "no image"), ([0, 5], f"label {test.labels[5]} seen as {test.labels[5]}, >99.99%")):
        figure = evaluation.plot_label_errors(test, perfect, in_doubt)
        assert words in figure.get_label()
        plt.close(figure)


def test_words_on_the_data(digits):
    checks = check_data(*digits)
    said = evaluation.describe_data_checks(checks)
    assert "train and test: " in said
    assert [row[1] for row in evaluation.tabulate_data_checks(checks).rows] == ["1,375", "125", "297"]


@pytest.mark.parametrize(("copied", "words"), [(0, "nothing looks copied"), (1, "may be copies")])
def test_words_and_pictures_of_nearly_equal_images(digits, copied, words):
    train, validation, test = digits
    images = test.images.clone()
    images[:copied] = train.images[:copied]
    parts = {"train": train, "validation": validation, "test": LabelledImages(images, test.labels)}
    near = find_near_duplicates(*parts.values())
    said = evaluation.describe_near_duplicates(near)
    assert words in said and "train and test: " in said and "of 297" in said
    figure = evaluation.plot_near_duplicates(parts, near)
    assert len(figure.axes[0].images) == 16 and ("test 0 0.00 from" in figure.get_label()) == bool(copied)
    plt.close(figure)


def test_words_on_where_the_result_comes_from():
    metrics = {"dataset": "digits", "provenance": PROVENANCE, "seeds": {"n": 1}}
    assert evaluation.describe_origin(PROVENANCE).startswith("Commit `0123456789`, seed 7, 242,506 parameters")
    dated = PROVENANCE | {"date": "2026-11-26"}
    assert evaluation.describe_origin(dated).startswith("Trained on 2026-11-26. Commit")
    rows = (
        evaluation.tabulate_provenance(metrics).rows,
        evaluation.tabulate_provenance(metrics | {"provenance": dated}).rows,
    )
    assert [dict(facts).get("Trained on (UTC)") for facts in rows] == [None, "2026-11-26"], "older runs have no date"
    assert "epochs 0.5" in dict(evaluation.tabulate_provenance(metrics).rows)["Settings"]
    assert "mnist-cnn report --dataset digits -p epochs 0.5" in evaluation.describe_reproduction(metrics)


def test_earlier_looks_at_the_test_images_are_counted_in_one_place():
    log = (PROJECT_ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert f"Recipes that met the test images before the present one: {EARLIER_RECIPES}\n" in log
    assert f"{EARLIER_RECIPES} recipes before the default one" in describe_choices("mnist")
    assert "recipes before" not in describe_choices("digits")


def test_a_failed_gate_is_marked_and_leads_to_its_section():
    gates = [{"name": "A & B", "wanted": "none", "shown": "1", "passed": False, "section": "Data checks"}]
    html = table_html(evaluation.tabulate_gates(gates))
    assert '<a href="#Data-checks">A &amp; B</a>' in html and '<span class="fail">fail</span>' in html


def test_every_figure_says_what_it_shows(classifier, test):
    kind, predictions = classifier
    confusion = evaluation.measure_confusion(predictions)
    calibration = evaluation.measure_calibration(predictions, predictions)
    selective = evaluation.measure_selective(predictions, predictions)
    worst = predictions.errors[:2]
    drops = np.full((len(worst), 28, 28), 0.25)
    points = np.random.default_rng(0).normal(size=(50, 2))
    figures = {
        evaluation.plot_confusion(confusion): "rows are the true digit",
        evaluation.plot_confusion(confusion, percent=True): "percent of the true digit",
        evaluation.plot_errors(test, predictions, [int(i) for i in worst], limit=2): "in doubt",
        evaluation.plot_reliability(calibration): f"{calibration['equal_mass']['ece']:.2%}",
        evaluation.plot_risk_coverage(predictions, selective): "with none refused",
        evaluation.plot_filters(np.zeros((9, 6, 6))): "9 filters of the first convolution, 6 by 6 pixels",
        evaluation.plot_occlusion(test, predictions, worst, drops): "largest drop is 25%",
        evaluation.plot_hidden_map(points, predictions, np.arange(50)): "50 test images",
    }
    for figure, words in figures.items():
        alt = figure.get_label()
        nothing = kind == "perfect" and alt == "No image is misclassified."
        assert isinstance(figure, Figure) and (words in alt or nothing), alt
        figure.canvas.draw()
        plt.close(figure)


def test_tables_are_complete(classifier, test):
    _, predictions = classifier
    scores, confusion = evaluation.measure_scores(predictions), evaluation.measure_confusion(predictions)
    for table in (
        evaluation.tabulate_scores(scores),
        evaluation.tabulate_pairs(confusion, test, predictions),
        evaluation.tabulate_slices(evaluation.measure_slices(test, predictions, "digits")),
        evaluation.tabulate_robustness(robustness(0.0)),
    ):
        assert isinstance(table, Table)
        assert {len(row) for row in table.rows} <= {len(table.columns)}
        assert table_html(table) and table_text(table)
