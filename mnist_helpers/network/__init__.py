"""The model: what it is made of, how it starts, what it answers, and what it looks at.

It is not trained here, and how well it does is for `evaluation` to say.
"""

from mnist_helpers.network.attention import first_layer_filters, hidden_map, occlusion_map
from mnist_helpers.network.classify import SURE, Predictions, is_unsure, one_look, predict
from mnist_helpers.network.model import (
    LAYERS,
    MnistCNN,
    as_input,
    build_model,
    count_parameters,
    initialise,
    weights_checksum,
)
from mnist_helpers.network.paper import fill_outlines, remove_paper
from mnist_helpers.network.prediction import (
    Answer,
    Refusal,
    answer_rows,
    describe_answers,
    least_sure_first,
    predict_files,
    read_image,
)
from mnist_helpers.network.summary import (
    ByHeart,
    Spread,
    check_by_heart,
    describe_by_heart,
    describe_cost,
    describe_first_loss,
    describe_spread,
    measure_spread,
    summarise,
)
from mnist_helpers.network.temperature import apply_temperature, fit_temperature
