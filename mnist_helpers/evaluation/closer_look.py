"""What the second look at doubtful images changes."""

import torch

from mnist_helpers.evaluation.baseline import judge, mcnemar_exact
from mnist_helpers.network import SURE, Predictions, is_unsure

EFFECT = {
    "better": "The closer look helps",
    "worse": "The closer look does harm",
    "not distinguishable": "With and without are **not distinguishable** on these images",
}


def measure_closer_look(predictions: Predictions) -> dict:
    """How many images get a closer look, the errors if none did, and McNemar's test of the answers with and without.

    "mcnemar" has the images that are right with the closer look alone, those right without it alone, and p.
    """
    first_look = predictions.logits if predictions.first_look is None else predictions.first_look
    right_at_first = first_look.argmax(axis=1) == predictions.labels
    return {
        "images": int(is_unsure(torch.from_numpy(first_look)).sum()),
        "errors_without": int((~right_at_first).sum()),
        "mcnemar": mcnemar_exact(predictions.correct, right_at_first),
    }


def describe_closer_look(closer_look: dict, scores: dict) -> str:
    """How often the network looked closer, the errors with and without, and whether that is more than chance."""
    without, images, test = closer_look["errors_without"], scores["n_test"], closer_look["mcnemar"]
    return (
        f"{closer_look['images']:,} of {images:,} images had a confidence below {SURE:.0%} at first sight and were "
        f"looked at nine times. Errors: {scores['errors']}; with one look at every image {without} "
        f"({1 - without / images:.2%} correct). {EFFECT[judge(test)]}: {test['only_first']} became right by it and "
        f"{test['only_second']} wrong (McNemar's exact test, p = {test['p_value']:.2g})."
    )
