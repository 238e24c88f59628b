"""Images of one part that nearly stand in another: the nearest ones, in pixels, by matrix products."""

from itertools import combinations

import torch
from torch.nn import functional as F

from mnist_helpers.data.splits import LabelledImages

NEAR = 0.25  # of the typical distance; a copy with noise of ten grey levels is nearer
SAMPLE = 1000  # training images that say what is typical
NEAREST = 8  # pairs that are kept
ROWS = 500  # images compared at once: with 55,000 others they take 110 MB


def find_near_duplicates(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> dict:
    """How near the images of one part come to those of another, beside how near training images come to one another.

    Distances are Euclidean, of images averaged to half their side on the scale 0 to 1. A shifted or turned copy is far
    away in this sense and is not found.

    - "typical": the median distance of some 1,000 training images to the nearest other one; "threshold": a quarter of
      it, below which an image counts as nearly a copy; "sampled" and "sampled_below": how many training images were
      looked at, and how many lie below; "sampled_smallest": the smallest distance among them.
    - "across": the three pairs of parts, each with "parts" (two names), "images" of the second, how many of these lie
      "below" the threshold, the "smallest" distance to the first, and "nearest": the eight nearest pairs, each with
      "indices" (in the order of "parts") and "distance".
    """
    points = {"train": _shrink(train), "validation": _shrink(validation), "test": _shrink(test)}
    sample = torch.arange(0, len(train), max(1, len(train) // SAMPLE))
    within, _ = _nearest(points["train"][sample], points["train"], leave_out=sample)
    typical = within.median().item()
    threshold = NEAR * typical
    return {
        "typical": typical,
        "threshold": threshold,
        "sampled": len(sample),
        "sampled_below": int((within < threshold).sum()),
        "sampled_smallest": within.min().item(),
        "across": [
            {"parts": [first, second], **_compare(points[first], points[second], threshold)}
            for first, second in combinations(points, 2)
        ],
    }


def _compare(others: torch.Tensor, points: torch.Tensor, threshold: float) -> dict:
    distances, indices = _nearest(points, others)
    order = distances.argsort(stable=True)[:NEAREST].tolist()
    return {
        "images": len(points),
        "below": int((distances < threshold).sum()),
        "smallest": distances.min().item(),
        "nearest": [{"indices": [int(indices[i]), i], "distance": distances[i].item()} for i in order],
    }


def _shrink(data: LabelledImages) -> torch.Tensor:
    return F.avg_pool2d(data.images.unsqueeze(1).float() / 255, 2).flatten(1)


def _nearest(
    points: torch.Tensor, others: torch.Tensor, leave_out: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Distance (N,) from each point to the nearest of the others, and its index, but for the one to `leave_out`."""
    squares = others.square().sum(dim=1) / 2
    found = []
    for start in range(0, len(points), ROWS):
        # |a - b|² / 2 less |a|² / 2, which is the same for all b.
        scores = torch.addmm(squares, points[start : start + ROWS], others.T, alpha=-1)
        if leave_out is not None:
            scores[torch.arange(len(scores)), leave_out[start : start + ROWS]] = torch.inf
        # NumPy's is several times as fast as torch's.
        found.append(torch.from_numpy(scores.numpy().argmin(axis=1)))
    indices = torch.cat(found)
    # Anew, since the difference of large squares says little of a small distance.
    return (points - others[indices]).double().norm(dim=1), indices
