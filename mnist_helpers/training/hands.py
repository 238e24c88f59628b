"""What hands elsewhere add to a 1 and MNIST's writers seldom do: a long upstroke, and with it a foot."""

import math

import torch
from torch.nn import functional as F

# Chosen on held-out images and photographs (docs/experiments.md, "Strokes of other hands").
UPSTROKE_SHARE = 0.4  # of the ones
UPSTROKE_PIXELS = (6.0, 16.0)  # its length
UPSTROKE_DEGREES = (30.0, 60.0)  # how steeply it rises; the upper stroke of a 7 hardly does
FOOT_SHARE = 0.3  # of the ones with an upstroke
FOOT_PIXELS = (4.0, 8.0)  # its length, half of it to either side
FOOT_DEGREES = (-15.0, 15.0)


def add_strokes(images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Some of the ones with an upstroke as wide as their own, some of these with a foot too, centred by mass again.

    `images`: float (N, 1, H, W) on the scale 0 to 1, background 0; `labels`: (N,). Returns the same shape. All amounts
    are drawn from `generator`, which lives on the CPU.
    """
    chance, foot, *amounts = torch.rand(6, len(images), generator=generator).to(images.device)
    chosen = ((labels == 1) & (chance < UPSTROKE_SHARE)).nonzero().flatten()
    if not len(chosen):
        return images
    digits = images[chosen, 0]
    length, slope, width, tilt = (amount[chosen] for amount in amounts)
    top, bottom, stem = _stem(digits)
    upstroke = _downwards_left(_between(length, UPSTROKE_PIXELS), _between(slope, UPSTROKE_DEGREES))
    changed = torch.maximum(digits, _segment(top, upstroke, stem, digits.shape[-1]))
    across = _downwards_left(_between(width, FOOT_PIXELS), _between(tilt, FOOT_DEGREES))
    footed = torch.maximum(changed, _segment(bottom - across / 2, across, stem, digits.shape[-1]))
    changed = torch.where((foot[chosen] < FOOT_SHARE)[:, None, None], footed, changed)
    images = images.clone()
    images[chosen, 0] = _recentred(changed, _centre(digits))
    return images


def _stem(digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The ends of upright strokes in pixels, across and down, top and bottom (N, 2), and the width of each (N,)."""
    places = torch.arange(digits.shape[-1], device=digits.device)
    rows = digits.sum(dim=2)
    middles = digits @ places.float() / rows.clamp(min=1e-6)
    inked = rows > 0.5
    first = torch.where(inked, places, places[-1]).amin(dim=1)
    last = torch.where(inked, places, 0).amax(dim=1)
    lower = (places > (first + last)[:, None] / 2) & (places < last[:, None])
    width = (rows * lower).sum(dim=1) / lower.sum(dim=1).clamp(min=1)
    top, bottom = (torch.stack([middles.gather(1, row[:, None])[:, 0], row.float()], dim=1) for row in (first, last))
    return top, bottom, width.clamp(1, 5)


def _between(uniform: torch.Tensor, limits: tuple[float, float]) -> torch.Tensor:
    return limits[0] + uniform * (limits[1] - limits[0])


def _downwards_left(length: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    """Vectors (N, 2), across and down, of these lengths and slopes."""
    slope = degrees * (math.pi / 180)
    return torch.stack([-slope.cos(), slope.sin()], dim=1) * length[:, None]


def _segment(start: torch.Tensor, along: torch.Tensor, width: torch.Tensor, side: int) -> torch.Tensor:
    """A stroke from each `start` (N, 2) as far as `along` (N, 2), drawn with smooth borders: (N, side, side)."""
    pixels = torch.arange(side, device=start.device).float()
    x, y = pixels - start[:, 0, None, None], pixels[:, None] - start[:, 1, None, None]
    right, down = along[:, 0, None, None], along[:, 1, None, None]
    share = ((x * right + y * down) / (right**2 + down**2)).clamp(0, 1)
    distance = torch.hypot(x - share * right, y - share * down)
    return (width[:, None, None] / 2 + 0.5 - distance).clamp(0, 1)


def _centre(digits: torch.Tensor) -> torch.Tensor:
    """The centres of mass (N, 2), across and down; 0 for a blank image."""
    places = torch.arange(digits.shape[-1], device=digits.device).float()
    moments = torch.stack([digits.sum(dim=1) @ places, digits.sum(dim=2) @ places], dim=1)
    return moments / digits.sum(dim=(1, 2)).clamp(min=1e-6)[:, None]


def _recentred(digits: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """The digits (N, H, W) moved by whole pixels, so that their centre of mass is near `centre` (N, 2) again.

    Parts of pixels would blur the ones alone, and the network would learn that what is blurred is a 1.
    """
    moves = (_centre(digits) - centre).round() * (2 / digits.shape[-1])
    unturned = torch.eye(2, device=digits.device).expand(len(digits), 2, 2)
    shape = [len(digits), 1, *digits.shape[1:]]
    grid = F.affine_grid(torch.cat([unturned, moves[:, :, None]], dim=2), shape, align_corners=False)
    return F.grid_sample(digits.unsqueeze(1), grid, mode="nearest", align_corners=False).squeeze(1)
