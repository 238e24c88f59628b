"""Image filters that work on a whole batch of images at once: smoothing and edge detection."""

from functools import cache

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional as F

# Of John Canny, "A computational approach to edge detection", 1986, as scikit-image sets them by default; the
# thresholds are for Sobel sums of levels from 0 to 1, which reach 4 at a sharp edge.
EDGE_SIGMA_PIXELS = 1.0
WEAK_EDGE = 0.1
STRONG_EDGE = 0.2
# Of two equal neighbours across an edge rounding would choose one at random; this keeps both.
TIE = 1e-4
_ACROSS = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
SOBEL = torch.stack([_ACROSS, _ACROSS.T])
TOUCHING = np.array([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))], dtype=bool)


def to_levels(images: torch.Tensor) -> torch.Tensor:
    """uint8 images as float32 levels from 0 to 1, the same shape."""
    return images.float().div_(255)


def to_pixels(levels: torch.Tensor) -> torch.Tensor:
    """Float levels as uint8 images, the same shape; what lies outside 0 to 1 is clipped."""
    return levels.mul(255).round_().clamp_(0, 255).to(torch.uint8)


def smooth(levels: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian smoothing of float images (N, H, W) by `sigma` pixels; beyond the frame its edge goes on."""
    # The filter is linear along rows and along columns, so it is two matrix products for the whole batch.
    down, across = (_smoothing_matrix(side, sigma) for side in levels.shape[1:])
    return down @ (levels @ across.T)


def find_edges(levels: torch.Tensor) -> torch.Tensor:
    """The outlines of bright shapes, one to two pixels thin, by Canny's method.

    `levels`: float (N, H, W) from 0 to 1. Returns bool (N, H, W): smoothed, differentiated (Sobel), thinned to the
    ridges of the gradient, and kept where strong or touching, through other weak edges, a strong one.
    """
    smoothed = smooth(levels, EDGE_SIGMA_PIXELS).unsqueeze(1)
    across, down = F.conv2d(smoothed, SOBEL.unsqueeze(1), padding=1).unbind(dim=1)
    strength = torch.hypot(across, down)
    weak = _is_ridge(strength, across, down) & (strength >= WEAK_EDGE)
    strong = weak & (strength >= STRONG_EDGE)
    kept = ndimage.binary_propagation(strong.numpy(), structure=TOUCHING, mask=weak.numpy())
    return torch.from_numpy(kept)


@cache
def _smoothing_matrix(side: int, sigma: float) -> torch.Tensor:
    """The (side, side) matrix that smooths a column of pixels: SciPy's filter applied to each single pixel."""
    return torch.from_numpy(ndimage.gaussian_filter1d(np.eye(side), sigma, axis=0, mode="nearest")).float()


def _is_ridge(strength: torch.Tensor, across: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """Where the gradient is no weaker than one pixel further along its own direction, and one pixel back."""
    height, width = strength.shape[1:]
    # Scaled so that the longer component is one pixel: the sample lies between two of the eight neighbours.
    longer = torch.maximum(across.abs(), down.abs()).clamp_min_(1e-9)
    step = torch.stack([across / longer * (2 / width), down / longer * (2 / height)], dim=3)
    here = F.affine_grid(torch.eye(2, 3)[None], [1, 1, height, width], align_corners=False)
    ahead, behind = (
        F.grid_sample(strength.unsqueeze(1), grid, align_corners=False).squeeze(1)
        for grid in (here + step, here - step)
    )
    return (strength >= ahead - TIE) & (strength >= behind - TIE)
