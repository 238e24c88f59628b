"""Corruptions that move pixels: affine transforms and blurs.

In the manner of MNIST-C; numbers without another source are those that its published images were made with
(Mu and Gilmer, "MNIST-C: a robustness benchmark for computer vision", 2019). Every function takes uint8 images
(N, 28, 28) and a seed, and returns new images of the same type and shape.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2.functional import affine

from mnist_helpers.evaluation.filters import smooth, to_levels, to_pixels

# MNIST-C's shear, made with an early scikit-image, also changes the height by 8 %; ours only slants.
SHEAR_DEGREES = math.degrees(0.4)
ROTATION_DEGREES = math.degrees(0.4)
SCALE = 0.7
SHIFT_PIXELS = 3

GLASS_SIGMA = 0.7  # pixels
GLASS_ROUNDS = 2

MOTION_SIGMA = 3.0  # pixels
MOTION_REACH = 10  # pixels
MOTION_DEGREES = 45


def shear(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Slanted to the left or to the right."""
    return _one_of_affine(images, seed, [{"shear": [sign * SHEAR_DEGREES, 0.0]} for sign in (-1, 1)])


def scale(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Made smaller; nothing random."""
    return _one_of_affine(images, seed, [{"scale": SCALE}])


def rotate(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Turned to the left or to the right."""
    return _one_of_affine(images, seed, [{"angle": sign * ROTATION_DEGREES} for sign in (-1, 1)])


def translate(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Moved towards one of the four corners."""
    shifts = [[right, down] for right in (-SHIFT_PIXELS, SHIFT_PIXELS) for down in (-SHIFT_PIXELS, SHIFT_PIXELS)]
    return _one_of_affine(images, seed, [{"translate": shift} for shift in shifts])


def glass_blur(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Seen through frosted glass: smoothed, neighbouring pixels swapped at random, smoothed again."""
    generator = np.random.default_rng(seed)
    count, height, width = images.shape
    # One row a pixel position, so that one step swaps the same position of all images.
    pixels = to_pixels(smooth(to_levels(images), GLASS_SIGMA)).view(count, -1).numpy().T.copy()
    every = np.arange(count)
    # Half of the pixels stay; the others take themselves, the left, the upper or the upper left neighbour.
    neighbour = np.array([0, 0, 0, 0, 0, 1, width, width + 1])
    # From the last pixel back to the third row and column, one after the other: a pixel may travel.
    positions = np.arange(height * width).reshape(height, width)[2:, 2:].ravel()[::-1]
    for position in np.tile(positions, GLASS_ROUNDS):
        partner = position - neighbour[generator.integers(len(neighbour), size=count, dtype=np.uint8)]
        moved = pixels[partner, every]
        pixels[partner, every] = pixels[position]
        pixels[position] = moved
    swapped = torch.from_numpy(pixels.T.reshape(images.shape))
    return to_pixels(smooth(to_levels(swapped), GLASS_SIGMA))


def motion_blur(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Smeared along a line within 45 degrees of the horizontal: half a Gaussian, as ImageMagick does it."""
    angles = torch.randint(
        -MOTION_DEGREES, MOTION_DEGREES + 1, (len(images),), generator=torch.Generator().manual_seed(seed)
    )
    weights = torch.exp(-(torch.arange(MOTION_REACH + 1) ** 2) / (2 * MOTION_SIGMA**2))
    weights /= weights.sum()
    blurred = torch.empty_like(images)
    # Whole degrees, so that the images that share one are blurred together.
    for angle in angles.unique().tolist():
        chosen = (angles == angle).nonzero().squeeze(1)
        blurred[chosen] = to_pixels(_smear(to_levels(images[chosen]), math.radians(angle), weights.tolist()))
    return blurred


def _smear(levels: torch.Tensor, angle: float, weights: Sequence[float]) -> torch.Tensor:
    """The weighted sum of copies of float images (N, H, W), each one pixel further in the direction `angle`."""
    height, width = levels.shape[1:]
    reach = len(weights) - 1
    padded = F.pad(levels, [reach] * 4)
    smeared = torch.zeros_like(levels)
    for distance, weight in enumerate(weights):
        left = reach + round(distance * math.cos(angle))
        top = reach + round(distance * math.sin(angle))
        smeared += weight * padded[:, top : top + height, left : left + width]
    return smeared


def _one_of_affine(images: torch.Tensor, seed: int, choices: Sequence[dict]) -> torch.Tensor:
    """Every image through one of torchvision's affine transforms, each equally likely, bilinear, onto black."""
    choice = torch.randint(len(choices), (len(images),), generator=torch.Generator().manual_seed(seed))
    moved = torch.empty_like(images)
    for index, amounts in enumerate(choices):
        amounts = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]} | amounts
        chosen = (choice == index).nonzero().squeeze(1)
        moved[chosen] = affine(
            images[chosen].unsqueeze(1), **amounts, interpolation=InterpolationMode.BILINEAR
        ).squeeze(1)
    return moved
