"""What the second look at doubtful images changes."""

import torch

from mnist_helpers.network.classify import Predictions, is_unsure


def closer_look_metrics(predictions: Predictions) -> dict[str, int]:
    """What the closer look is for: how many images get one, and the errors if none did."""
    first_look = torch.from_numpy(predictions.first_look)
    errors = int((predictions.first_look.argmax(axis=1) != predictions.labels).sum())
    return {"images": int(is_unsure(first_look).sum()), "errors_without": errors}
