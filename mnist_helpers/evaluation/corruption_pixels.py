"""Corruptions that change pixel values: noise, light, and things drawn over the digit.

In the manner of MNIST-C; numbers without another source are those that its published images were made with
(Mu and Gilmer, "MNIST-C: a robustness benchmark for computer vision", 2019). Every function takes uint8 images
(N, 28, 28) and a seed, and returns new images of the same type and shape.
"""

import torch
from torch.nn import functional as F

from mnist_helpers.evaluation.filters import find_edges, smooth, to_levels, to_pixels

PHOTONS = 3.0  # that a white pixel catches on average
IMPULSE_SHARE = 0.17
BRIGHTER = 0.5

FOG_STRENGTH = 3.0
FOG_DECAY = 1.96  # an octave's strength over the next finer one's: 1.4 squared
# Ours. MNIST-C cuts each fog from a cloud (diamond-square) of 256 x 256; its level over 600 of those was 0.52 on
# average with a standard deviation of 0.19 between and 0.06 within images, which these two reproduce.
FOG_LEVELS = (0.19, 0.85)
FOG_RELIEF = 0.185
FOG_GRIDS = (2, 3, 5, 9, 17)  # points a side, from a slope over the whole image to nearly every pixel

SPATTER_MEAN, SPATTER_SPREAD, SPATTER_LIMIT = 0.65, 0.3, 0.65
SPATTER_DROP_SIGMA, SPATTER_EDGE_SIGMA = 1.0, 1.5  # pixels
SPATTER_COVER = 0.8
SPATTER_GREY = 63 / 255

STRIPE_PIXELS = 7
LINE_REACH = 2.3  # pixels at which the line's logarithmic fall-off would end
DOT_PIXELS = 2
ZIGZAG_COLUMNS = (2, 25)
ZIGZAG_HEIGHT = 2.0
ZIGZAG_PERIOD = 8.0
ZIGZAG_DRIFT = (-5, 5)


def shot_noise(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Light counted in single photons (Poisson), as in a very dark room."""
    generator = torch.Generator().manual_seed(seed)
    lit = images > 0
    noisy = torch.zeros_like(images)
    noisy[lit] = to_pixels(torch.poisson(to_levels(images[lit]) * PHOTONS, generator) / PHOTONS)
    return noisy


def impulse_noise(images: torch.Tensor, seed: int) -> torch.Tensor:
    """A share of the pixels turned black or white, half each (salt and pepper)."""
    chance = torch.rand(images.shape, generator=torch.Generator().manual_seed(seed))
    return images.masked_fill(chance < IMPULSE_SHARE / 2, 0).masked_fill_(chance >= 1 - IMPULSE_SHARE / 2, 255)


def brightness(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Every pixel brighter by half the scale; nothing random."""
    return to_pixels(to_levels(images) + BRIGHTER)


def fog(images: torch.Tensor, seed: int) -> torch.Tensor:
    """A cloudy haze that leaves the digit a quarter of its contrast."""
    generator = torch.Generator().manual_seed(seed)
    count, *shape = images.shape
    low, high = FOG_LEVELS
    haze = (torch.rand(count, 1, 1, 1, generator=generator) * (high - low) + low).repeat(1, 1, *shape)
    for octave, points in enumerate(FOG_GRIDS):
        noise = torch.rand(count, 1, points, points, generator=generator) * 2 - 1
        relief = F.interpolate(noise, shape, mode="bilinear", align_corners=True)
        haze += FOG_RELIEF / FOG_DECAY**octave * relief
    return to_pixels((to_levels(images) + FOG_STRENGTH * haze.squeeze(1).clamp_(0, 1)) / (1 + FOG_STRENGTH))


def spatter(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Blobs of grey mud that hide what is under them."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    wet = smooth(noise.mul_(SPATTER_SPREAD).add_(SPATTER_MEAN), SPATTER_DROP_SIGMA) > SPATTER_LIMIT
    mud = smooth(wet.float(), SPATTER_EDGE_SIGMA)
    mud[mud < SPATTER_COVER] = 0
    return to_pixels(to_levels(images) * (1 - mud) + SPATTER_GREY * mud)


def stripe(images: torch.Tensor, seed: int) -> torch.Tensor:
    """The left and the right quarter of the image inverted; nothing random."""
    striped = images.clone()
    striped[:, :, :STRIPE_PIXELS] = 255 - images[:, :, :STRIPE_PIXELS]
    striped[:, :, -STRIPE_PIXELS:] = 255 - images[:, :, -STRIPE_PIXELS:]
    return striped


def dotted_line(images: torch.Tensor, seed: int) -> torch.Tensor:
    """A dashed line from the left to the right edge, from and to any height."""
    count, height, width = images.shape
    start, end = torch.randint(height - 1, (2, count, 1), generator=torch.Generator().manual_seed(seed))
    columns = torch.arange(width)
    centre = start + (end - start) * columns / (width - 1)
    drawn = (columns // DOT_PIXELS % 2 == 1) & (columns < width - 1)
    return _draw(images, centre, drawn)


def zigzag(images: torch.Tensor, seed: int) -> torch.Tensor:
    """A slightly tilted zigzag across the image, at any height."""
    generator = torch.Generator().manual_seed(seed)
    count, height, width = images.shape
    first, last = ZIGZAG_COLUMNS
    start = torch.randint(height - 1, (count, 1), generator=generator)
    drift = torch.randint(*ZIGZAG_DRIFT, (count, 1), generator=generator)
    columns = torch.arange(width)
    # A triangle wave that starts in the middle: 0 at the first column, its height a quarter of a period later.
    phase = (columns - first + ZIGZAG_PERIOD / 4) % ZIGZAG_PERIOD / ZIGZAG_PERIOD
    wave = ZIGZAG_HEIGHT * (1 - 4 * (phase - 0.5).abs())
    centre = start + drift * (columns - first) / (last - first) + wave
    return _draw(images, centre, (columns >= first) & (columns < last))


def canny_edges(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Only the outlines, white on black; nothing random."""
    return find_edges(to_levels(images)).to(torch.uint8) * 255


def _draw(images: torch.Tensor, centre: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """Add a soft white line at the height `centre` (N, W), in pixels, of the columns in `drawn` (W,)."""
    rows = torch.arange(images.shape[1])
    distance = (rows[:, None] - centre[:, None, :]).abs_().clamp_max_(LINE_REACH * 0.99)
    ink = torch.log1p(-distance / LINE_REACH).add_(1).clamp_min_(0) * drawn
    return to_pixels(to_levels(images) + ink)
