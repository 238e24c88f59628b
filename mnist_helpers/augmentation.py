"""Random affine distortion of a whole batch at once: other writers, for free."""

import math

import torch
from torch.nn import functional as F

ROTATION_DEGREES = 10.0
SHIFT_PIXELS = 2.0
SCALE = 0.10
SHEAR_DEGREES = 5.0


def augment_batch(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Rotate, scale, shear and shift every image by its own random amounts.

    `images`: float (N, 1, H, W), background 0. Returns the same shape. The amounts are uniform within
    plus or minus the limits above and drawn from `generator`, which lives on the CPU.
    """
    inverse = _random_affine(len(images), images.shape[-1], generator).to(images.device)
    grid = F.affine_grid(inverse, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


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
