import pytest
import torch
from torch import nn

from mnist_helpers.data import LabelledImages
from mnist_helpers.evaluation.corruptions import CORRUPTIONS
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.robustness import measure_robustness
from mnist_helpers.network import predict


class AfraidOfLight(nn.Module):
    """Says 1, and 2 where no pixel is dark."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images.flatten(1).amin(dim=1) > 0.4
        return 20 * nn.functional.one_hot(torch.where(bright, 2, 1), 10).float()


@pytest.fixture
def ones(digits) -> LabelledImages:
    """A hundred digits, three quarters of which are said to be a 1."""
    return LabelledImages(digits[2].images[:100], torch.tensor([1] * 75 + [2] * 25))


def test_errors_are_counted_under_each_corruption(ones):
    before = ones.images.clone()
    result = measure_robustness(AfraidOfLight(), ones, predict(AfraidOfLight(), ones))
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
    assert torch.equal(ones.images, before)
