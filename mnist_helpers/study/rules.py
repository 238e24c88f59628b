"""The lower rungs of the ladder: the rules of notebook 01, which are no networks."""

import warnings
from typing import Any

import numpy as np
import torch

from mnist_helpers.data import LabelledImages

RULES = ("the commonest digit", "the nearest mean image", "logistic regression", "the neighbours' vote")


def make_rule(name: str) -> Any:
    """The classifier of that name, with the settings that notebook 01 gives it."""
    from sklearn import dummy, linear_model, neighbors  # here, since most runs need none of it

    kinds = (
        dummy.DummyClassifier(),
        neighbors.NearestCentroid(),
        linear_model.LogisticRegression(max_iter=30),
        neighbors.KNeighborsClassifier(n_neighbors=3),
    )
    return dict(zip(RULES, kinds, strict=True))[name]


def learn(rule: Any, seen: LabelledImages) -> None:
    """Let a classifier learn from images."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that logistic regression was stopped is meant
        rule.fit(as_rows(seen.images), seen.labels.numpy())


def as_rows(images: torch.Tensor) -> np.ndarray:
    """uint8 images (N, 28, 28) as rows of 784 numbers from 0 to 1, float32."""
    return images.flatten(1).numpy() / np.float32(255)
