"""What the second look at doubtful images changes."""

import torch

from mnist_helpers.network import SURE, Predictions, is_unsure


def measure_closer_look(predictions: Predictions) -> dict[str, int]:
    """How many images get a closer look, and the errors if none did."""
    first_look = predictions.logits if predictions.first_look is None else predictions.first_look
    errors = int((first_look.argmax(axis=1) != predictions.labels).sum())
    return {"images": int(is_unsure(torch.from_numpy(first_look)).sum()), "errors_without": errors}


def describe_closer_look(closer_look: dict[str, int], scores: dict) -> str:
    """How often the network looked closer, and the errors with and without."""
    without, images = closer_look["errors_without"], scores["n_test"]
    return (
        f"{closer_look['images']:,} of {images:,} images had a confidence below {SURE:.0%} at first sight and were "
        f"looked at nine times. Errors: {scores['errors']}; with one look at every image {without} "
        f"({1 - without / images:.2%} correct)."
    )
