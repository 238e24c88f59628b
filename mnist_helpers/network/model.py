"""The network: what it is made of, and how it starts."""

import hashlib

import torch
from torch import nn

from mnist_helpers.data.splits import LabelledImages, pixel_statistics
from mnist_helpers.network.paper import fill_outlines, remove_paper
from mnist_helpers.settings import ModelSettings


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


class Flatten(nn.Flatten):
    """Pictures (N, C, H, W) to a row of C * H * W numbers for each image.

    Channels last is how the features lie in memory: in that order they are flattened without a copy.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, H, W) to (N, H * W * C)."""
        return super().forward(features.permute(0, 2, 3, 1))


def deep_layers(settings: ModelSettings) -> tuple[nn.Sequential, nn.Sequential, nn.Linear]:
    """The network of the reference run: four convolutions, a hidden layer, ten outputs.

    The comments give the shape that reaches each layer at the default width of 32: pictures, rows, columns. Where there
    is max pooling it comes before batch normalisation and ReLU, so that both work on a quarter of the places.
    """
    width = settings.width
    # Batch normalisation subtracts the mean, so a bias before it has no effect.
    bias = not settings.batch_norm
    norm, norm_hidden = (nn.BatchNorm2d, nn.BatchNorm1d) if settings.batch_norm else (nn.Identity, nn.Identity)
    features = nn.Sequential(
        # 1 x 28 x 28. Windows of 6 x 6 pixels at every second place: 12 fit across and down, without padding and
        # without a rest. Pooling instead would do four times the work for one result in four.
        nn.Sequential(nn.Conv2d(1, width, 6, stride=2, bias=bias), norm(width), nn.ReLU()),
        # 32 x 12 x 12
        nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1, bias=bias), MaxPool(), norm(2 * width), nn.ReLU()),
        # 64 x 6 x 6
        nn.Sequential(nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=bias), norm(2 * width), nn.ReLU()),
        # 64 x 6 x 6
        nn.Sequential(nn.Conv2d(2 * width, 4 * width, 3, padding=1, bias=bias), MaxPool(), norm(4 * width), nn.ReLU()),
    )
    hidden = nn.Sequential(
        # 128 x 3 x 3
        Flatten(),
        # 1152
        nn.Linear(4 * width * 3 * 3, 3 * width, bias=bias),
        norm_hidden(3 * width),
        nn.ReLU(),
        nn.Dropout(settings.dropout),
    )
    # 96 to a logit for each digit
    return features, hidden, nn.Linear(3 * width, 10)


def plain_layers(settings: ModelSettings) -> tuple[nn.Sequential, nn.Sequential, nn.Linear]:
    """A baseline to compare with: two convolutions, and ten outputs without a hidden layer before them."""
    width = settings.width
    bias = not settings.batch_norm
    norm = nn.BatchNorm2d if settings.batch_norm else nn.Identity
    features = nn.Sequential(
        # 1 x 28 x 28
        nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=bias), MaxPool(), norm(width), nn.ReLU()),
        # 32 x 14 x 14
        nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1, bias=bias), MaxPool(), norm(2 * width), nn.ReLU()),
    )
    # 64 x 7 x 7
    return features, nn.Sequential(Flatten(), nn.Dropout(settings.dropout)), nn.Linear(2 * width * 7 * 7, 10)


LAYERS = {"deep": deep_layers, "plain": plain_layers}


class MnistCNN(nn.Module):
    """Images in, a logit for each of the ten digits out.

    The pixel mean and standard deviation belong to the network (as buffers) and travel with its weights.
    """

    pixel_mean: torch.Tensor
    pixel_std: torch.Tensor

    def __init__(self, settings: ModelSettings, pixel_mean: float = 0.0, pixel_std: float = 1.0):
        super().__init__()
        self.settings = settings
        self.register_buffer("pixel_mean", torch.tensor(pixel_mean))
        self.register_buffer("pixel_std", torch.tensor(pixel_std))
        self.features, self.hidden, self.output = LAYERS[settings.architecture](settings)
        initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10) of images, float (N, 1, 28, 28) on the scale 0 to 1."""
        return self.output(self.hidden(self.features(self.normalise(images))))

    def normalise(self, images: torch.Tensor) -> torch.Tensor:
        """The images as the first layer gets them: without paper, outlines filled, on average 0 with a spread of 1."""
        return (fill_outlines(remove_paper(images)) - self.pixel_mean) / self.pixel_std


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
