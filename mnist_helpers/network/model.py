"""The network: what it is made of, and how it starts."""

import hashlib
from dataclasses import dataclass

import torch
from torch import nn

from mnist_helpers.data.splits import LabelledImages, pixel_statistics
from mnist_helpers.settings import ModelSettings


@dataclass(frozen=True)
class Block:
    """A convolution with `filters` times the width many filters, and whether pooling follows it."""

    filters: int
    kernel: int
    pool: bool
    padding: int = 1
    stride: int = 1


# The first convolution takes every second place: windows of 6 x 6 pixels fit into 28 x 28 without padding and without a
# rest, 12 times across and down. Pooling there instead would do four times the work for one result in four.
LAYOUTS = {
    "deep": (Block(1, 6, False, padding=0, stride=2), Block(2, 3, True), Block(2, 3, False), Block(4, 3, True)),
    "plain": (Block(1, 3, True), Block(2, 3, True)),
}
HIDDEN = 3  # times the width


class MaxPool(nn.MaxPool2d):
    """Max pooling of 2 x 2 pixels.

    Torch's kernel also notes where each maximum lies, for the gradient. Where none is wanted, pairwise maxima give the
    same values in about 40 % of the time on a CPU.
    """

    def __init__(self) -> None:
        super().__init__(2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images (N, C, H, W) to (N, C, H // 2, W // 2)."""
        if torch.is_grad_enabled():
            return super().forward(images)
        height, width = (length // 2 * 2 for length in images.shape[2:])
        rows = torch.maximum(images[:, :, :height:2], images[:, :, 1:height:2])
        return torch.maximum(rows[..., :width:2], rows[..., 1:width:2])


class MnistCNN(nn.Module):
    """Convolutions, a hidden layer and ten outputs; the plain layout, a baseline, does without the hidden layer.

    Where there is max pooling it follows the convolution directly, before batch normalisation and ReLU, so that both
    work on a quarter of the pixels.

    The pixel mean and standard deviation belong to the network (as buffers) and travel with its weights.
    """

    pixel_mean: torch.Tensor
    pixel_std: torch.Tensor

    def __init__(self, settings: ModelSettings, pixel_mean: float = 0.0, pixel_std: float = 1.0):
        super().__init__()
        self.settings = settings
        self.register_buffer("pixel_mean", torch.tensor(pixel_mean))
        self.register_buffer("pixel_std", torch.tensor(pixel_std))
        blocks, channels, side = [], 1, 28
        for block in LAYOUTS[settings.architecture]:
            blocks.append(self._convolution(channels, block.filters * settings.width, block))
            channels = block.filters * settings.width
            side = (side + 2 * block.padding - block.kernel) // block.stride + 1
            side = side // 2 if block.pool else side
        self.features = nn.Sequential(*blocks)
        inputs, units = channels * side**2, HIDDEN * settings.width
        if settings.architecture == "plain":
            self.hidden = nn.Sequential(nn.Flatten(), nn.Dropout(settings.dropout))
            self.output = nn.Linear(inputs, 10)
        else:
            self.hidden = nn.Sequential(
                nn.Flatten(),
                nn.Linear(inputs, units, bias=not settings.batch_norm),
                *([nn.BatchNorm1d(units)] if settings.batch_norm else []),
                nn.ReLU(),
                nn.Dropout(settings.dropout),
            )
            self.output = nn.Linear(units, 10)
        initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10) of images, float (N, 1, 28, 28) on the scale 0 to 1."""
        normalised = (remove_paper(images) - self.pixel_mean) / self.pixel_std
        # Channels last is how features lie in memory: in that order they are flattened without a copy.
        return self.output(self.hidden(self.features(normalised).permute(0, 2, 3, 1)))

    def _convolution(self, channels: int, filters: int, block: Block) -> nn.Sequential:
        batch_norm = self.settings.batch_norm
        return nn.Sequential(
            # Batch normalisation subtracts the mean, so a bias before it has no effect.
            nn.Conv2d(channels, filters, block.kernel, block.stride, block.padding, bias=not batch_norm),
            *([MaxPool()] if block.pool else []),
            *([nn.BatchNorm2d(filters)] if batch_norm else []),
            nn.ReLU(),
        )


def initialise(model: MnistCNN) -> None:
    """Kaiming-normal weights and zero biases in every convolution and linear layer.

    He et al., "Delving deep into rectifiers", 2015: a standard deviation of sqrt(2 / inputs) keeps the spread
    of the signal through ReLU layers. No ReLU follows the output layer, hence 1 / inputs there.
    """
    for layer in model.modules():
        # On the meta device there is nothing to draw, and to draw it would load torch's compiler, for a second.
        if isinstance(layer, nn.Conv2d | nn.Linear) and not layer.weight.is_meta:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if layer is model.output else "relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def remove_paper(images: torch.Tensor) -> torch.Tensor:
    """Images (N, 1, H, W) with their paper brought to 0 and their strongest ink to 1, dark on light or the reverse.

    The paper is what the outermost ring of pixels mostly shows. MNIST's own images have black paper and nearly all
    full ink: they stay as they are, but a grey or inverted background does not lead the network astray.
    """
    ring = torch.cat([images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]], dim=-1)
    paper = ring.median(dim=-1, keepdim=True).values.unsqueeze(-1)
    lighter, darker = images.amax(dim=(2, 3), keepdim=True) - paper, paper - images.amin(dim=(2, 3), keepdim=True)
    ink = torch.where(lighter >= darker, lighter, -darker)
    return (images - paper) / torch.where(ink == 0, 1, ink)


def as_input(images: torch.Tensor) -> torch.Tensor:
    """uint8 images (N, 28, 28) as the network's input: float (N, 1, 28, 28) on the scale 0 to 1."""
    return images.unsqueeze(1).float() / 255


def weights_checksum(model: nn.Module) -> str:
    """SHA-256 over all weights: it is the same after a repetition of the training, and differs after any other."""
    checksum = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        checksum.update(name.encode())
        checksum.update(tensor.cpu().to(torch.float32).contiguous().numpy().tobytes())
    return checksum.hexdigest()


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in model.parameters())


def build_model(data: LabelledImages, settings: ModelSettings, seed: int) -> MnistCNN:
    """A new network that normalises by the statistics of `data`; `seed` fixes its initial weights."""
    torch.manual_seed(seed)
    return MnistCNN(settings, *pixel_statistics(data.images))
