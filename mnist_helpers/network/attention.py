"""What the network looks at: its first filters, the pixels it relies on, and how its last layer arranges the digits."""

from collections.abc import Sequence

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional as F

from mnist_helpers.data.splits import LabelledImages
from mnist_helpers.network.classify import one_look, predict
from mnist_helpers.network.model import MnistCNN

PATCH = 5  # pixels; odd, so that it has a middle
SEED = 0
PERPLEXITY = 30  # How many neighbours t-SNE tries to keep near; scikit-learn's default.
ITERATIONS = 500  # of t-SNE; with 1,000 as many of a thousand images have neighbours of their own digit


def first_layer_filters(model: MnistCNN) -> np.ndarray:
    """The weights of the first convolution, the only one that sees pixels: float (filters, rows, columns)."""
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    return first.weight.detach().cpu().numpy()[:, 0].copy()


def occlusion_map(model: MnistCNN, images: torch.Tensor) -> np.ndarray:
    """How much each region matters: the drop in the predicted digit's probability when it is blanked.

    For uint8 images (N, 28, 28), float (N, 28, 28): at each pixel the probability on the whole image less that with
    the PATCH × PATCH pixels around it set to the background, both at one look. Negative where hiding them makes the
    network surer. After Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, whose patch
    was grey; here the background is black, so that hiding is the same as not having written there.
    """
    digits = predict(model, LabelledImages(images, torch.zeros(len(images), dtype=torch.int64))).predicted
    drops = [_drops(model, image, int(digit)) for image, digit in zip(images, digits, strict=True)]
    return np.stack(drops) if drops else np.zeros(tuple(images.shape), dtype=np.float32)


def hidden_map(
    model: MnistCNN, images: torch.Tensor, labels: np.ndarray, limit: int, keep: Sequence[int] | np.ndarray = ()
) -> tuple[np.ndarray, np.ndarray]:
    """A map of the last hidden layer, on which images that look alike to the network lie together.

    From uint8 images (N, 28, 28) and their labels (N,) it draws `limit` images, the digits as evenly as they come,
    but always those whose indices are in `keep`, even if they are more. Returns their coordinates, float (M, 2), and
    their indices, (M,), in rising order. The axes have no unit, and distances between far groups mean little.

    The 2-D picture of the output layer's inputs is t-SNE's (van der Maaten and Hinton, 2008), started from the two main
    components: then its global shape is no accident of the seed (Kobak and Berens, 2019).
    """
    chosen = _choose(labels, limit, np.asarray(keep, dtype=np.int64))
    activations = hidden_activations(model, images[chosen])
    if not activations.std(axis=0).any():
        # A dead layer answers every image alike. t-SNE's start would be 0/0, on which scikit-learn crashes.
        return np.zeros((len(chosen), 2), dtype=np.float32), chosen
    from sklearn.manifold import TSNE  # here, since it takes a second and reading digits needs none of it

    perplexity = min(PERPLEXITY, (len(chosen) - 1) / 2)
    tsne = TSNE(init="pca", perplexity=perplexity, max_iter=ITERATIONS, random_state=SEED)
    # Threads add the forces up in an order of their own, and t-SNE magnifies rounding: one gives one map on any cores.
    with threadpool_limits(1):
        return tsne.fit_transform(activations), chosen


def hidden_activations(model: MnistCNN, images: torch.Tensor) -> np.ndarray:
    """What reaches the output layer, that is the activations of the last hidden one, for each image: (N, units)."""
    seen: list[torch.Tensor] = []
    hook = model.output.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    try:
        one_look(model, images)
    finally:
        hook.remove()
    return torch.cat(seen).numpy()


def _drops(model: MnistCNN, image: torch.Tensor, digit: int) -> np.ndarray:
    """The occlusion map of one image for the probability of `digit`, float (28, 28)."""
    near_ink = F.max_pool2d((image > 0).float()[None], PATCH, stride=1, padding=PATCH // 2)[0]
    # Blanking background changes nothing: there the drop is 0 without asking the network.
    middles = near_ink.nonzero()
    rows, columns = torch.arange(image.shape[0]), torch.arange(image.shape[1])
    hidden_rows = (rows - middles[:, :1]).abs() <= PATCH // 2
    hidden_columns = (columns - middles[:, 1:]).abs() <= PATCH // 2
    variants = image.repeat(len(middles) + 1, 1, 1)
    # The first variant stays whole.
    variants[1:][hidden_rows[:, :, None] & hidden_columns[:, None, :]] = 0
    probability = one_look(model, variants).double().softmax(dim=1)[:, digit].numpy()
    drops = np.zeros(tuple(image.shape), dtype=np.float32)
    drops[tuple(middles.T.numpy())] = probability[0] - probability[1:]
    return drops


def _choose(labels: np.ndarray, limit: int, keep: np.ndarray) -> np.ndarray:
    """Indices of `keep` and of others up to `limit`, drawn in turns from each digit; in rising order."""
    keep = np.unique(keep)
    others = np.random.default_rng(SEED).permutation(np.setdiff1d(np.arange(len(labels)), keep))
    turn = np.zeros(len(others), dtype=np.int64)
    for digit in np.unique(labels):
        mine = labels[others] == digit
        turn[mine] = np.arange(mine.sum())
    drawn = others[np.argsort(turn, kind="stable")][: max(limit - len(keep), 0)]
    return np.sort(np.concatenate([keep, drawn]))
