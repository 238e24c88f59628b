"""The model: what it is made of, how it starts, what it answers, and what it looks at.

It is not trained here, and how well it does is for `evaluation` to say.
"""

from mnist_helpers.network.attention import first_layer_filters, hidden_map, occlusion_map
from mnist_helpers.network.classify import SURE, Predictions, is_unsure, one_look, predict
from mnist_helpers.network.model import (
    Block,
    MaxPool,
    MnistCNN,
    as_input,
    build_model,
    count_parameters,
    initialise,
    remove_paper,
    weights_checksum,
)
from mnist_helpers.network.prediction import Answer, Refusal, predict_files, read_image
from mnist_helpers.network.summary import LayerSummary, activation_spread, summarise, summary_text
from mnist_helpers.network.temperature import apply_temperature, fit_temperature

__all__ = [
    "SURE",
    "Answer",
    "Block",
    "LayerSummary",
    "MaxPool",
    "MnistCNN",
    "Predictions",
    "Refusal",
    "activation_spread",
    "apply_temperature",
    "as_input",
    "build_model",
    "count_parameters",
    "first_layer_filters",
    "fit_temperature",
    "hidden_map",
    "initialise",
    "is_unsure",
    "occlusion_map",
    "one_look",
    "predict",
    "predict_files",
    "read_image",
    "remove_paper",
    "summarise",
    "summary_text",
    "weights_checksum",
]
