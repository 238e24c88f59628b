"""Random changes to a whole batch at once: other writers, smudged paper, noisy scans."""

import math

import torch
from torch.nn import functional as F

# Chosen on validation images, with the network and the shares below.
ROTATION_DEGREES = 13.0
SHIFT_PIXELS = 2.0
SCALE = 0.15
SHEAR_DEGREES = 8.0

ERASED_SHARE = 0.2  # of the images
ERASED_PIXELS = 14.0  # the longest side of a patch

NOISY_SHARE = 0.2  # of the images
NOISE_LEVEL = 0.4  # the highest standard deviation, on the scale 0 to 1


def augment_batch(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Every image distorted by its own random amounts, one in five with a patch painted over, one in five with noise.

    `images`: float (N, 1, H, W) on the scale 0 to 1, background 0. Returns the same shape. All amounts are drawn
    from `generator`, which lives on the CPU.
    """
    return add_noise(erase(distort(images, generator), generator), generator)


def distort(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Rotate, scale, shear and shift every image by its own amounts, uniform within plus or minus the limits above."""
    inverse = _random_affine(len(images), images.shape[-1], generator).to(images.device)
    grid = F.affine_grid(inverse, list(images.shape), align_corners=False)
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


def _stretch(centre: torch.Tensor, length: torch.Tensor, side: int) -> torch.Tensor:
    """Which of the pixels 0 to `side` - 1 lie within `length` around `centre`, both (N, 1): bool (N, side)."""
    return (torch.arange(side) + 0.5 - centre).abs() < length / 2
