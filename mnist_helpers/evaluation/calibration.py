"""Does a confidence of 99 % mean 99 % right? Log loss, Brier score, calibration error, and temperature scaling.

Everywhere `logits` are the network's raw outputs, (N, 10), and `labels` the true digits, (N,). All is computed in
float64: a float32 softmax rounds the surest probabilities to 1.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax
from sklearn.metrics import brier_score_loss

from mnist_helpers.checkpoint import Checkpoint
from mnist_helpers.display import Table
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.reliability import BINS, equal_mass, equal_width
from mnist_helpers.network import SURE, Predictions, fit_temperature
from mnist_helpers.network.temperature import TEMPERATURES, log_loss

SIGNIFICANT = 0.05
MOST = 0.5

MEASURES = (
    ("Log loss (nats)", "log_loss", "{:.4f}"),
    ("Brier score", "brier", "{:.4f}"),
    ("Expected calibration error (15 bins of equal width)", "ece", "{:.2%}"),
)


def measure_calibration(
    predictions: Predictions,
    on_validation: Predictions,
    in_doubt: Sequence[int] = (),
    loss_before: float | None = None,
    on_plain: Predictions | None = None,
) -> dict:
    """How far the probabilities can be trusted, with and without the images `in_doubt`, and before they were scaled.

    The temperature that the network was scaled with is not stored; the validation loss before is (`loss_before`), and
    only one factor below 1 brings the validation images back to it. "before_scaling" is what the same answers score
    with it, None where it cannot be known. "temperature" is one fitted on top, 1 when nothing is left to scale.
    "baseline" is what the plain network's answers `on_plain` score, None without one.
    """
    logits, labels = predictions.logits, predictions.labels
    temperature = fit_temperature(on_validation.logits, on_validation.labels)
    before = None if loss_before is None else _factor_before(on_validation, loss_before)
    clear = np.setdiff1d(np.arange(len(labels)), in_doubt)
    undone = None if before is None else score_probabilities(before * logits, labels)
    plain = score_probabilities(on_plain.logits, on_plain.labels) if on_plain else None
    return {
        **score_probabilities(logits, labels),
        "baseline": None if plain is None else {name: plain[name] for _, name, _ in MEASURES},
        "temperature": temperature,
        "before_scaling": None if undone is None else {name: undone[name] for _, name, _ in MEASURES},
        "scaled_with": before,
        "without_doubtful": score_probabilities(logits[clear], labels[clear]) if len(in_doubt) else None,
    }


def loss_before_scaling(trained: Checkpoint) -> float | None:
    """The validation loss of the kept weights before they were scaled.

    None without label smoothing: only with it is it sure that the network was not sure enough.
    """
    if not trained.training.label_smoothing:
        return None
    return trained.history[trained.kept_epoch - 1].validation_loss


def tabulate_calibration(calibration: dict) -> Table:
    """Log loss, Brier score and calibration error, before the scaling and of the baseline too, where known."""
    columns = {"Before scaling": calibration["before_scaling"], "As stored": calibration}
    columns["Plain baseline"] = calibration["baseline"]
    known = {name: scores for name, scores in columns.items() if scores}
    return Table(
        "Calibration on the test images",
        ["Measure", *known],
        [(name, *(form.format(scores[key]) for scores in known.values())) for name, key, form in MEASURES],
    )


def describe_calibration(calibration: dict) -> str:
    """Whether confidence means what it says, whether the calibration error is more than noise, and what scaling did."""
    text = f"{_describe_unsure(calibration['unsure'])} {_describe_noise(calibration)}"
    clear = calibration["without_doubtful"]
    if clear:
        text += (
            f" Without the images whose label is in doubt: {clear['equal_mass']['ece']:.2%} "
            f"(p = {clear['equal_mass']['p_value']:.2g}), and of the {clear['unsure']['n']} below {SURE:.0%} "
            f"{clear['unsure']['correct']} are right."
        )
    if calibration["scaled_with"]:
        text += (
            f" When the training ended all logits were divided by {calibration['scaled_with']:.2f}, which follows from "
            "the validation loss stored before."
        )
    return text + (
        f" A temperature fitted on the validation images today is {calibration['temperature']:.2f}; 1 means that "
        "nothing is left to scale."
    )


def score_probabilities(logits: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict:
    """How far the probabilities can be trusted, as plain numbers.

    - "log_loss": mean negative log-probability of the true digit, in nats.
    - "brier": squared differences from the true one-hot vector, summed over classes, mean over images; 0 to 2
      (Brier, 1950).
    - "ece": expected calibration error of the highest probability over 15 bins of equal width, a share (Naeini et al.,
      2015; Guo et al., 2017).
    - "ece_noise_floor": mean and 95th percentile of the "ece" that chance alone gives a perfectly calibrated model
      with the same confidences (200 draws from `seed`). An "ece" below that "p95" is no sign of miscalibration.
    - "bins": the 15 bins, `low` excluded and `high` included; mean confidence and accuracy are None in an empty one.
    - "equal_mass": the same in bins that hold the same number of images (see `equal_mass`; 1,000 draws).
    - "unsure": of the answers below 90 %, their number "n", mean "confidence" (None without any), and those "correct".
    """
    logits = logits.astype(np.float64)
    probabilities = softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    correct = logits.argmax(axis=1) == labels
    unsure = confidence < SURE
    return {
        "log_loss": log_loss(logits, labels),
        "brier": float(brier_score_loss(labels, probabilities, labels=range(logits.shape[1]))),
        **equal_width(confidence, correct, seed),
        "equal_mass": equal_mass(confidence, correct, seed),
        "unsure": {
            "n": int(unsure.sum()),
            "confidence": float(confidence[unsure].mean()) if unsure.any() else None,
            "correct": int(correct[unsure].sum()),
        },
    }


def _factor_before(on_validation: Predictions, loss_before: float) -> float | None:
    """The temperature that brought the validation loss from `loss_before` to today's; None if none below 1 does."""
    first_look = on_validation.logits if on_validation.first_look is None else on_validation.first_look
    logits, labels = first_look.astype(np.float64), on_validation.labels

    def excess(factor: float) -> float:
        return log_loss(factor * logits, labels) - loss_before

    lowest = TEMPERATURES[0]
    # The loss is convex in the factor and lowest near 1, so that it crosses any value above once on the way there.
    return float(brentq(excess, lowest, 1.0)) if excess(lowest) > 0 > excess(1.0) else None


def _describe_unsure(unsure: dict) -> str:
    if not unsure["n"]:
        return f"No answer has a confidence below {SURE:.0%}."
    share, interval = unsure["correct"] / unsure["n"], wilson_interval(unsure["correct"], unsure["n"])
    promised = "more" if unsure["confidence"] < interval[0] else "fewer" if unsure["confidence"] > interval[1] else ""
    return (
        f"The {unsure['n']:,} answers below {SURE:.0%} have a mean confidence of {unsure['confidence']:.0%}, and "
        f"{share:.0%} of them are right (95% interval {interval[0]:.0%}–{interval[1]:.0%}): "
        + (f"{promised} than promised." if promised else "as promised, as far as so many can tell.")
    )


def _describe_noise(calibration: dict) -> str:
    ece, floor, mass = calibration["ece"], calibration["ece_noise_floor"], calibration["equal_mass"]
    shared = max(entry["count"] for entry in calibration["bins"]) / sum(entry["count"] for entry in calibration["bins"])
    found = "is more than noise" if mass["p_value"] < SIGNIFICANT else "lies within that noise"
    useless = f"; but {shared:.1%} of the images share one bin, so that says little" if shared > MOST else ""
    return (
        f"In {BINS} bins of equal width the calibration error is {ece:.2%}, where a perfectly calibrated network stays "
        f"below {floor['p95']:.2%} in 95 of 100 cases{useless}. In {BINS} bins of as many images each it is "
        f"{mass['ece']:.2%} against {mass['ece_noise_floor']['p95']:.2%} (p = {mass['p_value']:.2g}), which {found}."
    )
