"""What the data holds, checked: sizes, labels, class balance, and images that occur twice."""

import hashlib
from itertools import combinations

import numpy as np

from mnist_helpers.data.splits import LabelledImages, class_counts
from mnist_helpers.data.strokes import slant


def check_data(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> dict:
    """Everything a reviewer asks of the three parts before believing a score, as plain JSON values.

    "parts" has for "train", "validation" and "test":

    - "n", "shape" (rows and columns of an image), "dtype", and "pixels": the darkest and the brightest value.
    - "labels": the lowest and the highest label; "class_counts": images of each digit, 0 to 9.
    - "balance": the largest class over the smallest; 1 is perfect balance, None means that a digit is missing.
    - "duplicates": images that are exact copies of an earlier one in the same part.

    "duplicates_across" has the three pairs of parts, each with "parts" (two names) and "n": how many images of the
    second occur, pixel for pixel, in the first. Leakage from training to test would show there.

    Raises ValueError for a part without images.
    """
    parts = {"train": train, "validation": validation, "test": test}
    for name, data in parts.items():
        if not len(data):
            raise ValueError(f"The {name} part has no images.")
    hashes = {name: _hashes(data) for name, data in parts.items()}
    distinct = {name: set(every) for name, every in hashes.items()}
    return {
        "parts": {
            name: {**_describe(data), "duplicates": len(data) - len(distinct[name])} for name, data in parts.items()
        },
        "duplicates_across": [
            {"parts": [first, second], "n": sum(image in distinct[first] for image in hashes[second])}
            for first, second in combinations(parts, 2)
        ],
    }


def neighbour_correlation(data: LabelledImages, distance: int) -> float:
    """The correlation of the slants of images `distance` apart in the file, each less the mean of its digit.

    It is near 0 in a shuffled file. In one that is in the order of its writers neighbours lean alike.
    """
    labels, leaning = data.labels.numpy(), slant(data.images)
    for digit in np.unique(labels):
        leaning[labels == digit] -= leaning[labels == digit].mean()
    return float(np.corrcoef(leaning[:-distance], leaning[distance:])[0, 1])


def _describe(data: LabelledImages) -> dict:
    counts = class_counts(data.labels)
    return {
        "n": len(data),
        "shape": list(data.images.shape[1:]),
        "dtype": str(data.images.dtype).removeprefix("torch."),
        "pixels": [int(data.images.min()), int(data.images.max())],
        "labels": [int(data.labels.min()), int(data.labels.max())],
        "class_counts": counts,
        "balance": max(counts) / min(counts) if min(counts) else None,
    }


def _hashes(data: LabelledImages) -> list[bytes]:
    """A 128-bit hash of each image's bytes; among 70,000 images two that differ share one with odds of 1 in 10^29."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in data.images.numpy()]
