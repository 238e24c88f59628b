import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import table_html, table_text
from mnist_helpers.evaluation.answers import Answers, answer_corrupted, corrupt_all, gather_answers
from mnist_helpers.evaluation.comparison import measure_previous
from mnist_helpers.evaluation.corruptions import CORRUPTIONS
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.robustness import describe_against, measure_against, measure_robustness
from mnist_helpers.evaluation.robustness_views import tabulate_robustness
from mnist_helpers.network import predict
from mnist_helpers.report.output_html import active_part


class AfraidOfLight(nn.Module):
    """Says 1, and 2 where no pixel is dark."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images.flatten(1).amin(dim=1) > 0.4
        return 20 * nn.functional.one_hot(torch.where(bright, 2, 1), 10).float()


@pytest.fixture
def ones(digits) -> LabelledImages:
    """A hundred digits, three quarters of which are said to be a 1."""
    return LabelledImages(digits[2].images[:100], torch.tensor([1] * 75 + [2] * 25))


def simple(right: int, corrupted: dict[str, int], network: str = "a") -> Answers:
    """A network that has so many of a hundred images right, always the first ones."""
    texts = {name: "1" * n + "0" * (100 - n) for name, n in {"": right, **corrupted}.items()}
    return Answers("digits", network, "1" * 100, texts.pop(""), texts)


def test_errors_are_counted_under_each_corruption(ones):
    before = ones.images.clone()
    given = answer_corrupted(AfraidOfLight(), corrupt_all(ones.images))
    answers = gather_answers("digits", AfraidOfLight(), predict(AfraidOfLight(), ones), given)
    result = measure_robustness(answers)
    assert [row["name"] for row in result["corruptions"]] == list(CORRUPTIONS)
    errors = {row["name"]: row["errors"] for row in result["corruptions"]}
    assert errors.pop("brightness") == 75
    del errors["fog"]  # light too, but not everywhere
    assert set(errors.values()) == {25}
    row = next(row for row in result["corruptions"] if row["name"] == "brightness")
    assert row["accuracy"] == 0.25 and row["ci95"] == list(wilson_interval(25, 100))
    assert result["mean_error"] == pytest.approx(sum(1 - row["accuracy"] for row in result["corruptions"]) / 15)
    assert (result["median_error"], result["worst_error"]) == (0.25, 0.75)
    assert result["clean_error"] == 0.25
    assert result["drop"] == pytest.approx(result["mean_error"] - 0.25)
    assert result["baseline"] is None and row["baseline"] is None
    assert torch.equal(ones.images, before)


def test_the_baseline_is_measured_beside_by_a_paired_test():
    own = simple(100, {"fog": 90, "stripe": 50})
    plain = simple(98, {"fog": 60, "stripe": 50})
    result = measure_robustness(own, plain)
    assert result["baseline"] == pytest.approx({"mean_error": 0.45, "median_error": 0.45, "worst_error": 0.5})
    fog, stripe = (row["baseline"] for row in result["corruptions"])
    assert (fog["errors"], fog["verdict"]) == (40, "better")
    assert fog["mcnemar"] == {"only_first": 30, "only_second": 0, "p_value": pytest.approx(2 / 2**30)}
    assert (stripe["errors"], stripe["verdict"]) == (50, "not distinguishable")


@pytest.mark.parametrize(("corruptions", "verdict"), [(1, "better"), (15, "not distinguishable")])
def test_many_looks_make_a_verdict_harder(corruptions, verdict):
    # Seven to nothing has p = 2 / 2⁷ = 0.016: enough for one look, not for fifteen.
    names = list(CORRUPTIONS)[:corruptions]
    own = simple(100, dict.fromkeys(names, 97))
    against = measure_against(own, simple(100, dict.fromkeys(names, 90)).corrupted)
    assert {row["verdict"] for row in against["corruptions"]} == {verdict}


def test_two_perfect_networks_are_not_told_apart():
    perfect = simple(100, {"fog": 100})
    result = measure_robustness(perfect, perfect)
    assert (result["mean_error"], result["drop"]) == (0, 0)
    assert result["corruptions"][0]["baseline"]["verdict"] == "not distinguishable"
    said = describe_against("the baseline", [{"name": "fog"} | result["corruptions"][0]["baseline"]])
    assert "better under 0 of 1 and worse under 0 of 1;" in said


def test_a_corruption_that_the_earlier_run_did_not_know_is_left_out():
    previous = measure_previous(("the run before", simple(99, {"fog": 80})), simple(99, {"fog": 80, "stripe": 9}))
    assert [row["name"] for row in previous["robustness"]["corruptions"]] == ["fog"]
    assert previous["robustness"]["mean_error"] == pytest.approx(0.2)


@pytest.fixture
def three():
    """Robustness, the baseline and the run before of a network, on clean images and under two corruptions."""
    own = simple(99, {"fog": 90, "stripe": 50})
    plain = simple(98, {"fog": 60, "stripe": 45})
    before = simple(97, {"fog": 90, "stripe": 80}, "b")
    baseline = {"accuracy": 0.98, "errors": 2, "verdict": "not distinguishable"}
    return measure_robustness(own, plain), baseline, measure_previous(("the run before", before), own)


def test_one_table_tells_everything_worst_first(three, digits):
    table = tabulate_robustness(*three, digits[2].images[0])
    rows = BeautifulSoup(table_html(table), "html.parser").tbody("tr")
    cells = {row.th.get_text().strip(): [cell.get_text() for cell in row("td")] for row in rows}
    assert list(cells) == ["stripe", "fog", "clean", "Mean", "Median", "Worst"]
    assert [cell for cell in cells["stripe"] if cell] == [
        "50.00",
        "40.38–59.62",
        "55.00",
        "20.00, worse",
    ]
    assert cells["fog"][3:] == ["40.00, better", "10.00"]
    assert cells["clean"][0] == "1.00"
    assert cells["clean"][3:] == ["2.00", "3.00"]
    assert cells["Mean"][0] == "30.00" and cells["Mean"][3:] == ["47.50", "15.00"]
    assert cells["Worst"][0] == "50.00" and cells["Worst"][3:] == ["55.00", "20.00"]
    assert [len(row("img")) for row in rows] == [1, 1, 1, 0, 0, 0]
    assert len({row.img["src"] for row in rows[:3]}) == 3, "each shows its own corruption"
    assert "the first test image, stripe" in rows[0].img["alt"]
    assert table.caption.endswith("On the axis: dot this network, ring baseline, bar the run before.")
    assert table.columns[4:] == ["Baseline; this network is", "The run before; this network is"]


def test_marks_lie_on_a_logarithmic_axis_and_the_report_takes_them(three):
    html = BeautifulSoup(table_html(tabulate_robustness(*three)), "html.parser")
    assert active_part(html) is None
    clean = html.tbody("tr")[2].select(".log-axis > span")
    # 1 % lies half-way between 0.01 % and 100 %.
    assert [mark["class"] for mark in clean] == [["mark-0"], ["mark-1"], ["mark-2"]]
    assert clean[0]["style"] == "left:50.0%"
    text = table_text(tabulate_robustness(*three))
    assert "log-axis" not in text and "tenfold" not in text, "a column of pictures has no place in plain text"


def test_without_other_networks_the_table_has_no_column_for_them():
    own = simple(100, {"fog": 100})
    table = tabulate_robustness(measure_robustness(own))
    assert len(table.columns) == 4 and {len(row) for row in table.rows} == {4}
    assert np.isclose(float(table.rows[0][1]), 0)
