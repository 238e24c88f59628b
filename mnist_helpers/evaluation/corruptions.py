"""Fifteen corruptions that leave a digit readable to a person.

In the manner of MNIST-C (N. Mu and J. Gilmer, "MNIST-C: a robustness benchmark for computer vision", 2019,
arXiv:1906.02337): its kinds of corruption at its strengths, written anew for whole batches. The images are not
those of its published files, so results compare with one another, and only roughly with other people's.
"""

from collections.abc import Callable

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
