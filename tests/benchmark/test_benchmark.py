import json

import pytest
import torch
from support import here, refusal

from mnist_helpers.benchmark import photographs, startup
from mnist_helpers.benchmark.kernels import Kernel, fastest, record_kernels
from mnist_helpers.benchmark.photographs import photographs_text, time_photographs
from mnist_helpers.benchmark.recipes import KERAS, PYTORCH_EXAMPLES, train_recipe
from mnist_helpers.benchmark.startup import time_predict
from mnist_helpers.benchmark.step_profile import ARITHMETIC, profile_step
from mnist_helpers.benchmark.timing import OURS, compare
from mnist_helpers.benchmark.words import benchmark_table, benchmark_text, startup_text
from mnist_helpers.data.sources import find_data
from mnist_helpers.network.model import count_parameters
from mnist_helpers.paths import PROJECT_ROOT, run_paths
from mnist_helpers.settings import ModelSettings, TrainingSettings
from mnist_helpers.training.loop import Trainer
from mnist_helpers.training.watcher import Watcher


@pytest.mark.parametrize(("recipe", "parameters"), [(PYTORCH_EXAMPLES, 1_199_882), (KERAS, 34_826)])
def test_baselines_have_the_parameters_of_their_originals(recipe, parameters):
    network = recipe.build()
    assert count_parameters(network) == parameters
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_a_baseline_learns():
    accuracies = list(zip(range(3), train_recipe(KERAS, str(find_data("digits").root), seed=0), strict=False))
    assert accuracies[-1][1] > 0.6


def test_quick_benchmark_times_every_contestant(tmp_path):
    command = here("bench", "--quick", "--dataset", "digits", "--run-root", tmp_path)
    assert command.code == 0, command.err
    result = json.loads((tmp_path / "outputs" / "benchmark.json").read_text(encoding="utf-8"))
    names = [outcome["name"] for outcome in result["outcomes"]]
    assert names == ["pytorch/examples", "Keras mnist_convnet", *OURS]
    assert all(
        (outcome["images_per_second"] is None) == (outcome["name"] not in OURS) for outcome in result["outcomes"]
    )
    assert all(outcome["full"] > 0 and 0 <= outcome["accuracy"] <= 1 for outcome in result["outcomes"])
    assert benchmark_table(result) in command.out
    assert benchmark_text(result) in command.out
    assert result["predict"]["seconds"] > 0 and startup_text(result["predict"]) in benchmark_text(result)
    assert [each["right"] > 0 for each in result["photographs"]] == [True, True] and photographs_text(
        result["photographs"]
    ) in benchmark_text(result)
    assert command.err.splitlines()[0] == "Pair 1 of 1: pytorch/examples"


def test_pairs_must_be_a_sensible_number(tmp_path):
    line = refusal("bench", "--pairs", "0", "--dataset", "digits", "--run-root", tmp_path)
    assert line == "mnist-cnn: pairs is 0: it must be a whole number from 1 to 100."


def test_ratios_are_medians_over_the_pairs():
    def outcome(name, pair, to_target, full):
        return {"name": name, "pair": pair, "epochs": 1, "to_target": to_target, "full": full}

    outcomes, (quickest, full_run, *_) = [], OURS
    for pair, factor in enumerate((10, 30, 20), start=1):
        outcomes += [
            outcome("theirs", pair, 2.0 * factor, 5.0 * factor),
            outcome(quickest, pair, 2.0, 2.0),
            outcome(full_run, pair, None, 10.0),
        ]
    assert compare(outcomes, "theirs") == {"name": "theirs", "to_target": 20.0, "full": 10.0}
    outcomes[0]["to_target"] = None
    assert compare(outcomes, "theirs")["to_target"] is None


def test_the_start_is_timed_in_rounds_and_left_out_without_a_network(monkeypatch, tmp_path):
    seconds = iter([9, 1, 3, 2, 8, 2, 3, 1])  # of predict and of torch; the first two fill caches
    monkeypatch.setattr(startup, "_seconds", lambda command: next(seconds))
    timed = time_predict(3)
    assert timed == {"rounds": 3, "seconds": 3, "import_torch_seconds": 2, "ratio": 3}
    assert startup_text(timed) == (
        "`mnist-cnn predict` answers in 3.0 s, 3.0 times what `import torch` takes (median of 3)."
    )
    monkeypatch.setattr(startup, "network_root", lambda: tmp_path)
    assert time_predict(3) is None and startup_text(None) == ""


def test_photographs_are_told_by_rate_answers_and_memory_and_left_out_without_a_network(monkeypatch, tmp_path, digits):
    large = {"width": 4000, "height": 3000, "number": 1000, "seconds": 25.0, "right": 999, "peak_memory": 640_000_000}
    small = large | {"width": 1600, "height": 1200, "seconds": 20.0, "peak_memory": 310_000_000}
    said = (
        "Of photographs, half of them on ruled paper, it answers "
        "40 a second of 4000 × 3000 pixels (999 of 1,000 right) and "
        "50 a second of 1600 × 1200 pixels (999 of 1,000 right)"
    )
    assert photographs_text([large, small]) == f"{said}; it holds 0.6 GB at most."
    untold = {"peak_memory": None}
    assert photographs_text([large | untold, small | untold]) == f"{said}."
    monkeypatch.setattr(photographs, "network_root", lambda: tmp_path)
    assert time_photographs(digits[1], 2, None) == [] and photographs_text([]) == ""


def test_readme_shows_the_committed_benchmark():
    path = run_paths().benchmark
    if not path.is_file():
        pytest.skip("there is no committed benchmark")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert not result["quick"] and result["pairs"] >= 3
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert benchmark_table(result) in readme
    assert benchmark_text(result) in " ".join(readme.split())


def test_profile_shares_add_up_and_arithmetic_is_seen(digits):
    profile = profile_step(digits[0], TrainingSettings(device="cpu", batch_size=25))
    assert sum(profile["shares"].values()) == pytest.approx(1)
    assert all(share > 0 for share in profile["shares"].values())
    assert profile["step_ms"] > 0
    assert profile["step_over_arithmetic"] == pytest.approx(1 / profile["shares"][ARITHMETIC])
    assert profile["step_over_kernels"] > 1


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_no_training_step_falls_back_to_a_reference_kernel(digits, precision):
    trainer = Trainer(digits[0][:500], ModelSettings(), TrainingSettings(skip_easy=0.0, precision=precision))
    kernels = record_kernels(lambda: trainer.train_epoch(Watcher()))
    convolutions = [kernel for kernel in kernels if kernel.operation == "convolution"]
    # Four layers forward and backward for weights, three of them for inputs too, in two steps.
    assert len(convolutions) == 2 * (4 + 4 + 3), "oneDNN computes every convolution"
    assert not [kernel for kernel in kernels if kernel.is_reference]


def test_kernels_at_their_fastest():
    kernels = [Kernel("convolution", "jit:avx2", work, time) for work, time in (("a", 3.0), ("b", 1.0), ("a", 2.0))]
    assert fastest(kernels) == 5.0
    assert Kernel("convolution", "ref:any", "a", 1.0).is_reference and not kernels[0].is_reference
