"""Images as the layers want them: without their paper, and with strokes that are more than an outline."""

import torch
from torch.nn import functional as F

# Both chosen on corrupted validation images.
ONE_PAPER = 0.85  # share of the outermost ring, within half of the image's scale, that makes its level the paper's
HAIRLINE = 0.03  # share of the ink that is more than a pixel wide


def remove_paper(images: torch.Tensor) -> torch.Tensor:
    """Images (N, 1, H, W) with their paper brought to 0 and their strongest ink to 1, dark on light or the reverse.

    The paper is what the outermost ring of pixels shows, on the whole. MNIST's own images have black paper and nearly
    all full ink: they stay as they are, but a grey, cloudy or inverted background does not lead the network astray.
    Where the ring shows two levels, such as a white margin beside black, neither is the paper, and 0 is kept.
    """
    ring = torch.cat([images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]], dim=-1)
    level = ring.median(dim=-1, keepdim=True).values
    highest, lowest = images.amax(dim=(2, 3), keepdim=True), images.amin(dim=(2, 3), keepdim=True)
    alike = (ring - level).abs() <= (highest - lowest).squeeze(-1) / 2
    paper = torch.where(alike.float().mean(dim=-1, keepdim=True) >= ONE_PAPER, level, 0).unsqueeze(-1)
    lighter, darker = highest - paper, paper - lowest
    ink = torch.where(lighter >= darker, lighter, -darker)
    return (images - paper) / torch.where(ink == 0, 1, ink)


def fill_outlines(images: torch.Tensor) -> torch.Tensor:
    """Images (N, 1, H, W) on paper 0, gaps of up to three pixels filled in those that consist of hairlines only.

    Someone may have drawn a digit's outline. Ink that is more than a pixel wide survives an erosion by 2 x 2 pixels;
    the filling is a morphological closing by 4 x 4 (Serra, Image analysis and mathematical morphology, 1982).
    """
    ink = images.clamp(min=0)
    thick = torch.minimum(ink[..., 1:, :], ink[..., :-1, :])
    thick = torch.minimum(thick[..., 1:], thick[..., :-1])
    hairlines = thick.sum(dim=(1, 2, 3)) < HAIRLINE * ink.sum(dim=(1, 2, 3))
    if not hairlines.any():
        return images
    closed = -F.max_pool2d(-F.max_pool2d(images, 4, stride=1, padding=2), 4, stride=1, padding=1)
    return torch.where(hairlines.view(-1, 1, 1, 1), closed, images)
