"""The recipes people would pick instead, stated anew for the benchmark, data path included.

Both read one image at a time through transforms and a DataLoader, as their originals and most tutorials do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import MNIST

TEST_BATCH = 1000


@dataclass(frozen=True)
class Recipe:
    """A network with the way it is trained; `decay` multiplies the learning rate after each epoch."""

    name: str
    epochs: int
    batch_size: int
    build: Callable[[], nn.Module]
    optimizer: Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
    decay: float
    transform: Callable


def _pytorch_examples_network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 12 * 12, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )


def _keras_network() -> nn.Module:
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(64 * 5 * 5, 10),
    )
    # Keras starts from Glorot's uniform weights and zero biases.
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


# github.com/pytorch/examples, mnist/main.py, with its defaults; images are drawn in random order, as it does on a GPU.
PYTORCH_EXAMPLES = Recipe(
    "pytorch/examples",
    epochs=14,
    batch_size=64,
    build=_pytorch_examples_network,
    optimizer=lambda parameters: torch.optim.Adadelta(parameters, lr=1.0),
    decay=0.7,
    transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]),
)

# keras.io/examples/vision/mnist_convnet, 34,826 parameters; trained on all images, without a part for validation.
KERAS = Recipe(
    "Keras mnist_convnet",
    epochs=15,
    batch_size=128,
    build=_keras_network,
    optimizer=lambda parameters: torch.optim.Adam(parameters, lr=1e-3, eps=1e-7),
    decay=1.0,
    transform=transforms.ToTensor(),
)

RECIPES = {recipe.name: recipe for recipe in (PYTORCH_EXAMPLES, KERAS)}


def train_recipe(recipe: Recipe, root: str, seed: int, limit: int | None = None) -> Iterator[float]:
    """Train on the MNIST files below `root`; yields the test accuracy after each epoch.

    `limit`: use the first so many training images only.
    """
    torch.manual_seed(seed)
    train = MNIST(root, train=True, transform=recipe.transform)
    test = MNIST(root, train=False, transform=recipe.transform)
    network = recipe.build()
    optimizer = recipe.optimizer(network.parameters())
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, recipe.decay)
    loader = DataLoader(Subset(train, range(limit)) if limit else train, recipe.batch_size, shuffle=True)
    for _ in range(recipe.epochs):
        network.train()
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()
        schedule.step()
        yield _accuracy(network, test)


@torch.no_grad()
def _accuracy(network: nn.Module, data: MNIST) -> float:
    network.eval()
    loader = DataLoader(data, TEST_BATCH)
    return sum((network(images).argmax(dim=1) == labels).sum().item() for images, labels in loader) / len(data)
