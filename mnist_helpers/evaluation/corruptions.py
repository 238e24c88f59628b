"""Fifteen corruptions that leave a digit readable to a person, and the errors a classifier makes on them.

In the manner of MNIST-C (N. Mu and J. Gilmer, "MNIST-C: a robustness benchmark for computer vision", 2019,
arXiv:1906.02337): its kinds of corruption at its strengths, written anew for whole batches. The images are not
those of its published files, so results compare with one another, and only roughly with other people's.
"""

from collections.abc import Callable

import numpy as np
import torch

from mnist_helpers.evaluation.corruption_geometry import glass_blur, motion_blur, rotate, scale, shear, translate
from mnist_helpers.evaluation.corruption_pixels import (
    brightness,
    canny_edges,
    dotted_line,
    fog,
    impulse_noise,
    shot_noise,
    spatter,
    stripe,
    zigzag,
)
from mnist_helpers.evaluation.intervals import wilson_interval

CORRUPTIONS: dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "glass blur": glass_blur,
    "motion blur": motion_blur,
    "shear": shear,
    "scale": scale,
    "rotate": rotate,
    "brightness": brightness,
    "translate": translate,
    "stripe": stripe,
    "fog": fog,
    "spatter": spatter,
    "dotted line": dotted_line,
    "zigzag": zigzag,
    "canny edges": canny_edges,
}


def corrupt(name: str, images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """New images with the corruption `name` of CORRUPTIONS; the same seed gives the same ones.

    `images`: uint8 (N, 28, 28), left as they are. Returns uint8 (N, 28, 28). Raises KeyError for an unknown name.
    """
    return CORRUPTIONS[name](images, seed)


def measure_robustness(
    classify: Callable[[torch.Tensor], np.ndarray], images: torch.Tensor, labels: torch.Tensor, seed: int = 0
) -> dict:
    """The errors of `classify` on clean images and on each corruption of them.

    `classify` takes uint8 images (N, 28, 28) and returns the digits (N,); `labels` are the true ones, int (N,).
    "errors" is a count; "accuracy", its 95 % Wilson interval "ci95" and the errors "mean_error" (over the
    corruptions), "clean_error" and "drop" (their difference) are shares from 0 to 1.
    """
    truth = np.asarray(labels)
    clean_error = _count_errors(classify, images, truth) / len(truth)
    rows = []
    for name in CORRUPTIONS:
        errors = _count_errors(classify, corrupt(name, images, seed), truth)
        correct = len(truth) - errors
        interval = list(wilson_interval(correct, len(truth)))
        rows.append({"name": name, "errors": errors, "accuracy": correct / len(truth), "ci95": interval})
    mean_error = sum(row["errors"] for row in rows) / (len(rows) * len(truth))
    return {
        "corruptions": rows,
        "mean_error": mean_error,
        "clean_error": clean_error,
        "drop": mean_error - clean_error,
    }


def _count_errors(classify: Callable[[torch.Tensor], np.ndarray], images: torch.Tensor, truth: np.ndarray) -> int:
    return int((np.asarray(classify(images)) != truth).sum())
