"""What the data holds, checked: sizes, labels, class balance, the order of the file, images that occur twice."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from mnist_helpers.data.splits import LabelledImages, class_counts

SHUFFLED = 0.1  # a correlation below it is chance, in a shuffled file of a thousand images and more


def check_data(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> dict:
    """Everything a reviewer asks of the three parts before believing a score, as plain JSON values.

    "parts" has for "train", "validation" and "test":

    - "n", "shape" (rows and columns of an image), "dtype", and "pixels": the darkest and the brightest value.
    - "labels": the lowest and the highest label; "class_counts": images of each digit, 0 to 9.
    - "balance": the largest class over the smallest; 1 is perfect balance, None means that a digit is missing.
    - "duplicates": images that are exact copies of an earlier one in the same part.

    "duplicates_across" has the three pairs of parts, each with "parts" (two names) and "n": how many images of the
    second occur, pixel for pixel, in the first. Leakage from training to test would show there.
    """
    parts = {"train": train, "validation": validation, "test": test}
    pixels = {name: [image.tobytes() for image in data.images.numpy()] for name, data in parts.items()}
    distinct = {name: set(every) for name, every in pixels.items()}
    return {
        "parts": {
            name: {**_describe(data), "duplicates": len(data) - len(distinct[name])} for name, data in parts.items()
        },
        "duplicates_across": [
            {"parts": [first, second], "n": sum(image in distinct[first] for image in pixels[second])}
            for first, second in combinations(parts, 2)
        ],
    }


def describe_balance(counts: Sequence[int]) -> str:
    """What the numbers of images of the ten digits say of accuracy as a measure."""
    rarest, commonest = min(counts), max(counts)
    digit = counts.index(commonest)
    text = (
        f"The commonest digit ({digit}, {commonest:,} images) has {commonest / rarest:.2f} times as many images as the "
        f"rarest ({counts.index(rarest)}, {rarest:,}). Whoever always says {digit} is right "
        f"{commonest / sum(counts):.1%} of the time. "
    )
    if commonest < 2 * rarest:
        return text + "That is near enough to one in ten for plain accuracy to mean something."
    return text + "That is so uneven that accuracy alone would flatter: look at every digit by itself."


def describe_order(correlations: Mapping[int, float]) -> str:
    """Whether a file is in the order of its writers, from the correlation of slants by distance in the file.

    Two apart is what counts: MNIST takes its images from two sources in turn.
    """
    two_apart = correlations[2]
    if two_apart < SHUFFLED:
        return f"Images two places apart correlate by {two_apart:.2f}: the file is in no order of writers."
    text = (
        f"Images two places apart correlate by {two_apart:.2f}: the file is in the order of its writers, who each have "
        "many images in a row."
    )
    if correlations[1] < -SHUFFLED:
        text += (
            f" Direct neighbours lean opposite ways ({correlations[1]:.2f}), as if the images came in turn from two "
            "piles of forms; that is also why some correlation is left at any distance."
        )
    return text


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
