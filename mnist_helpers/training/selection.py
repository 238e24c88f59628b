"""Which images an epoch shows: every hard one, and a random part of the easy ones."""

import torch

WHOLE_SHARE = 1 / 8  # of the epochs: the last ones show every image


def skipped_share(skip_easy: float, epoch: int, epochs: int) -> float:
    """The share of easy images that `epoch` (from 1) of `epochs` leaves out: `skip_easy`, but none in the last ones."""
    return skip_easy if epoch <= epochs - max(1, round(WHOLE_SHARE * epochs)) else 0.0


def choose_images(
    losses: torch.Tensor, skipped: float, share: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices (M,) of one epoch's images in random order, and the weight (M,) of each in the loss.

    `losses` (N,) are the images' latest, infinite before the first epoch. An image is easy when its loss is below the
    mean. Of the easy ones a random share `skipped` is left out, and each of the others counts 1 / (1 - skipped): the
    expected gradient is that of all images. A partial epoch shows only the first `share` of them.

    Qin et al., "InfoBatch: lossless training speed up by unbiased dynamic data pruning", 2023 (arXiv 2303.04947).
    """
    order = torch.randperm(len(losses), generator=generator)
    easy = losses[order] < losses.mean()
    shown = ~easy | (torch.rand(len(losses), generator=generator) >= skipped)
    weights = torch.where(easy, 1 / (1 - skipped), 1.0)
    count = max(2, round(share * int(shown.sum())))  # batch normalisation cannot train on one image
    return order[shown][:count], weights[shown][:count]


def batches(indices: torch.Tensor, weights: torch.Tensor, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Indices and weights in nearly equal parts of at least `size` images, or all of them where they are fewer.

    A small rest would move the weights as far as a whole batch does, and batch normalisation cannot train on one image.
    """
    parts = max(1, len(indices) // size)
    return list(zip(indices.tensor_split(parts), weights.tensor_split(parts), strict=True))
