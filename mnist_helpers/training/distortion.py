"""Random changes to a whole batch at once: other writers, smudged paper, noisy scans."""

import math
from functools import cache

import torch
from torch.nn import functional as F

from mnist_helpers.training.hands import add_strokes

# Chosen on validation images, with the network and the shares below.
ROTATION_DEGREES = 13.0
SHIFT_PIXELS = 2.0
SCALE = 0.15
SHEAR_DEGREES = 8.0
BEND_PIXELS = 0.6  # standard deviation of the shift at each of BEND_NODES x BEND_NODES places
BEND_NODES = 4

ERASED_SHARE = 0.2  # of the images
ERASED_PIXELS = 14.0  # the longest side of a patch

NOISY_SHARE = 0.2  # of the images
NOISE_LEVEL = 0.4  # the highest standard deviation, on the scale 0 to 1


def augment_batch(images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Strokes added to some of the ones, every image distorted, one in five with a patch painted over, one with noise.

    `images`: float (N, 1, H, W) on the scale 0 to 1, background 0; `labels`: (N,). Returns the same shape. All amounts
    are drawn from `generator`, which lives on the CPU.
    """
    return add_noise(erase(distort(add_strokes(images, labels, generator), generator), generator), generator)


def distort(images: torch.Tensor, generator: torch.Generator, affine: bool = True, bend: bool = True) -> torch.Tensor:
    """Rotate, scale, shear and shift every image by its own amounts, uniform within the limits above, and bend it.

    The bending is the elastic distortion of Simard, Steinkraus and Platt, 2003, with a few nodes moved and smooth
    surfaces between them instead of blurred noise. Without `affine` images are bent alone, without `bend` not bent.
    """
    count, side = len(images), images.shape[-1]
    moved = _random_affine(count, side, generator) if affine else torch.eye(2, 3).expand(count, 2, 3)
    amounts = torch.cat([moved, _random_bend(count, side, generator) * bend], dim=2)
    places = amounts.to(images.device) @ _surfaces(side).to(images.device)
    grid = places.view(count, 2, side, side).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def erase(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Paint a rectangle of random place, size and grey over some of the images.

    Random erasing (Zhong et al., 2017): the network learns to do without any one part of a digit.
    """
    count, side = len(images), images.shape[-1]
    chosen, grey, across, width, down, height = torch.rand(6, count, 1, generator=generator)
    columns = _stretch(across * side, width * ERASED_PIXELS, side)
    rows = _stretch(down * side, height * ERASED_PIXELS, side) & (chosen < ERASED_SHARE)
    patch = (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)
    return torch.where(patch.to(images.device), grey.view(-1, 1, 1, 1).to(images.device), images)


def add_noise(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Add normal noise of random strength to some of the images, and keep them within 0 to 1."""
    chosen, level = torch.rand(2, len(images), generator=generator)
    noisy = (chosen < NOISY_SHARE).nonzero().flatten()
    noise = torch.randn(len(noisy), *images.shape[1:], generator=generator)
    noise *= level[noisy].view(-1, 1, 1, 1) * NOISE_LEVEL
    images = images.clone()
    images[noisy] = (images[noisy] + noise.to(images.device)).clamp(0, 1)
    return images


def _random_affine(count: int, side: int, generator: torch.Generator) -> torch.Tensor:
    """Matrices (count, 2, 3) from output to input coordinates, both running from -1 to 1."""
    angle, shear, scale, right, down = torch.rand(5, count, generator=generator) * 2 - 1
    angle = angle * math.radians(ROTATION_DEGREES)
    shear = torch.tan(shear * math.radians(SHEAR_DEGREES))
    scale = 1 + scale * SCALE
    cosine, sine = torch.cos(angle) / scale, torch.sin(angle) / scale
    shift = torch.stack([right, down], dim=1) * (2 * SHIFT_PIXELS / side)
    # Rotation times horizontal shear.
    linear = torch.stack([cosine, cosine * shear - sine, sine, sine * shear + cosine], dim=1).view(count, 2, 2)
    return torch.cat([linear, shift.unsqueeze(2)], dim=2)


def _random_bend(count: int, side: int, generator: torch.Generator) -> torch.Tensor:
    """How far each node moves across and down, (count, 2, nodes), in coordinates running from -1 to 1."""
    return torch.randn(count, 2, BEND_NODES**2, generator=generator) * (2 * BEND_PIXELS / side)


@cache
def _surfaces(side: int) -> torch.Tensor:
    """What the amounts of a distortion are spread over: x, y, 1 and a hill per node, (3 + nodes, side * side)."""
    across = ((torch.arange(side) * 2 + 1) / side - 1).expand(side, side)
    nodes = torch.eye(BEND_NODES**2).view(-1, 1, BEND_NODES, BEND_NODES)
    hills = F.interpolate(nodes, size=(side, side), mode="bicubic", align_corners=True).squeeze(1)
    return torch.cat([torch.stack([across, across.T, torch.ones(side, side)]), hills]).flatten(1)


def _stretch(centre: torch.Tensor, length: torch.Tensor, side: int) -> torch.Tensor:
    """Which of the pixels 0 to `side` - 1 lie within `length` around `centre`, both (N, 1): bool (N, side)."""
    return (torch.arange(side) + 0.5 - centre).abs() < length / 2
