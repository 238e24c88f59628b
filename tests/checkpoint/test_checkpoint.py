"""A checkpoint is written whole or not at all, and opened as a stranger's file."""

import io
import os
import time
import zipfile
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import torch
from checkpoints import HOSTILE, SETTINGS, provenance_of, save, untrained_run
from support import random_images

from mnist_helpers.checkpoint import archive, provenance
from mnist_helpers.checkpoint.provenance import describe_run
from mnist_helpers.checkpoint.store import load_baseline, load_checkpoint, require_same_dataset, save_checkpoint
from mnist_helpers.data.sources import find_data
from mnist_helpers.errors import MnistError
from mnist_helpers.network.classify import predict
from mnist_helpers.paths import PROJECT_ROOT, RunPaths
from mnist_helpers.settings import PLAIN_MODEL, ModelSettings
from mnist_helpers.training.loop import TrainingRun


@pytest.fixture(params=[ModelSettings(width=2), replace(PLAIN_MODEL, width=2)], ids=["deep", "plain"])
def run(request) -> TrainingRun:
    return untrained_run(request.param)


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "mnist_cnn.pth"
    save(path, untrained_run(ModelSettings(width=2)))
    return path


@pytest.fixture
def content(checkpoint) -> dict:
    return torch.load(checkpoint, weights_only=True)


def test_checkpoint_gives_back_what_was_saved(run, tmp_path):
    path = tmp_path / "mnist_cnn.pth"
    save(path, run)
    loaded = load_checkpoint(path)
    assert loaded.model.settings == run.model.settings
    assert loaded.history == run.history
    assert loaded.kept_epoch == run.kept_epoch
    assert loaded.training == SETTINGS
    assert loaded.dataset == "digits"
    assert loaded.provenance == provenance_of(run)
    images = random_images(20)
    assert (predict(loaded.model, images).logits == predict(run.model, images).logits).all()


def test_the_same_run_makes_the_same_file(run, tmp_path):
    for name in ("first.pth", "second.pth"):
        save(tmp_path / name, run)
    assert (tmp_path / "first.pth").read_bytes() == (tmp_path / "second.pth").read_bytes()


def test_opening_draws_no_random_number(checkpoint):
    before = torch.get_rng_state()
    load_checkpoint(checkpoint)
    assert torch.equal(before, torch.get_rng_state())


def test_a_loaded_network_can_be_trained_on(checkpoint):
    model = load_checkpoint(checkpoint).model
    model(torch.zeros(2, 1, 28, 28)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_longest_training_can_be_opened(tmp_path):
    run, path = untrained_run(ModelSettings(width=1), epochs=10_000), tmp_path / "long.pth"
    save(path, run, replace(SETTINGS, epochs=10_000))
    assert load_checkpoint(path).history == run.history


def settings(part: str, **changes):
    """Change fields of the model's or the training's settings."""
    return lambda content: content | {f"{part}_settings": content[f"{part}_settings"] | changes}


def epoch(**changes):
    return lambda content: content | {"history": [content["history"][0] | changes, *content["history"][1:]]}


def weight(name: str, change):
    return lambda content: content | {"weights": content["weights"] | {name: change(content["weights"][name])}}


def origin(**changes):
    """Change fields of the provenance."""
    return lambda content: content | {"provenance": content["provenance"] | changes}


def nested(field: str, **changes):
    """Change values within a field of the provenance."""
    return lambda content: origin(**{field: content["provenance"][field] | changes})(content)


def without(name: str):
    return lambda content: {key: value for key, value in content.items() if key != name}


FOREIGN = {
    "another format": (lambda content: content | {"format": 99}, "format 99, this version reads 2"),
    "a truth value as format": (lambda content: content | {"format": True}, "not one of this project"),
    "a list": (lambda content: [1], "not one of this project"),
    "a field missing": (without("history"), "does not have the fields"),
    "a field more": (lambda content: content | {"more": 1}, "does not have the fields"),
    "a tensor as history": (lambda content: content | {"history": torch.ones(2)}, "is of the type Tensor"),
    "an unknown data set": (lambda content: content | {"dataset": "cifar"}, "none of mnist, digits"),
    "no settings": (lambda content: content | {"training_settings": {}}, "training_settings does not have"),
    "an unknown setting": (settings("model", depth=3), "model_settings does not have"),
    "a text as width": (settings("model", width="2"), "width of model_settings is of the type str"),
    "a truth value as width": (settings("model", width=True), "width of model_settings is of the type bool"),
    "a number as truth value": (settings("model", batch_norm=1), "batch_norm of model_settings is of the type int"),
    "no width": (settings("model", width=0), "width is 0"),
    "the widest network": (settings("model", width=512), "is not a tensor of"),
    "an immense width": (settings("model", width=10**30), "width of model_settings is not a finite"),
    "an unknown architecture": (settings("model", architecture="x" * 100_000), "architecture"),
    "another architecture": (settings("model", architecture="plain"), "weights are missing"),
    "not a number as dropout": (settings("model", dropout=float("nan")), "dropout of model_settings is not a finite"),
    "a negative seed": (settings("training", seed=-1), "seed is -1"),
    "no history": (lambda content: content | {"history": []}, "kept_epoch is not"),
    "an epoch out of order": (epoch(epoch=2), "epoch 1 is out of order"),
    "a loss that is not a number": (epoch(train_loss=float("nan")), "train_loss of epoch 1 is not a finite"),
    "a negative loss": (epoch(validation_loss=-0.1), "negative"),
    "an accuracy above one": (epoch(validation_accuracy=1.1), "accuracy above 1"),
    "an epoch that was not": (lambda content: content | {"kept_epoch": 3}, "kept_epoch is not"),
    "epoch zero": (lambda content: content | {"kept_epoch": 0}, "kept_epoch is not"),
    "no weights": (lambda content: content | {"weights": {}}, "weights are missing: pixel_mean"),
    "a weight more": (lambda content: content | {"weights": content["weights"] | {"more": 1}}, "unknown weights"),
    "a weight of another shape": (weight("output.bias", lambda tensor: tensor[:9]), r"output.bias .*\(10,\) float32"),
    "a weight of another type": (weight("output.bias", torch.Tensor.long), r"output.bias .*\(10,\) float32"),
    "a weight of a foreign type": (weight("output.bias", torch.Tensor.double), "damaged or not one"),
    "a weight that is a list": (weight("output.bias", torch.Tensor.tolist), r"output.bias .*\(10,\) float32"),
    "a sparse weight": (weight("output.bias", torch.Tensor.to_sparse), "damaged"),
    "a weight with strides": (weight("output.bias", lambda tensor: tensor[:1].expand(10)), "output.bias has gaps"),
    "a weight that is not a number": (weight("output.bias", lambda tensor: tensor / 0), "output.bias has gaps, or"),
    "a spread of zero": (weight("pixel_std", torch.zeros_like), "pixel_std is not positive"),
    "a negative variance": (weight("hidden.2.running_var", torch.neg), "running_var is not positive"),
    "no provenance": (lambda content: content | {"provenance": {}}, "provenance does not have the fields"),
    "a note in the provenance": (origin(note="x"), "provenance does not have"),
    "bytes as device": (origin(device=b"x"), "damaged"),
    "an unknown device": (origin(device="tpu (x)"), "device of provenance"),
    "a line more in the system": (origin(system="Linux\n"), "system of provenance"),
    "a short commit": (origin(commit="1d9eb05"), "commit of provenance"),
    "no checksum": (origin(data_checksum=""), "data_checksum of provenance"),
    "an unknown precision": (origin(precision="int8"), "precision of provenance"),
    "no threads": (origin(threads=0), "threads or a duration"),
    "a negative duration": (origin(duration_seconds=-1.0), "threads or a duration"),
    "no versions": (origin(versions={}), "versions of provenance does not have"),
    "a sentence as version": (nested("versions", torch="2 <b>"), "torch of versions of provenance"),
    "no parameters": (origin(parameters={}), "parameters of provenance does not have"),
    "another seed": (origin(seed=8), "other settings"),
    "a command as architecture": (nested("parameters", architecture="deep$(touch x)"), "other settings"),
    "a truth value as epochs": (nested("parameters", epochs=True), "epochs of parameters of provenance is"),
    "another number of parameters": (origin(parameter_count=7), "other settings"),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_the_provenance_can_hold_what_acts(hostile, checkpoint, content):
    texts = [name for name, value in content["provenance"].items() if isinstance(value, str)]
    spoils = [origin(**{name: content["provenance"][name] + hostile}) for name in texts]
    spoils += [origin(**{name: hostile}) for name in texts]
    for field in ("parameters", "versions"):
        spoils += [nested(field, **{name: hostile}) for name in content["provenance"][field]]
        spoils.append(nested(field, **{hostile: "1"}))
    assert len(spoils) > 25
    for spoil in spoils:
        torch.save(spoil(content), checkpoint)
        refuses(checkpoint, "provenance|is of the type str")


@pytest.mark.parametrize(
    "name",
    [
        *("AMD EPYC", "Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "NVIDIA H100 80GB HBM3", "Apple M2", "arm", ""),
        *("Intel64 Family 6 Model 142 Stepping 10, GenuineIntel", "<b>`$(x)`", "龙芯 3A5000\0", "x" * 1_000, "☃"),
    ],
)
def test_what_training_says_of_any_machine_passes(name, run, tmp_path, monkeypatch):
    machine = {"device": f"cpu ({name})", "system": name, "threads": 2}
    monkeypatch.setattr(provenance, "describe_machine", lambda device: machine)
    described = describe_run(find_data("digits"), SETTINGS, run)
    path = tmp_path / "mnist_cnn.pth"
    save_checkpoint(path, run, SETTINGS, "digits", described)
    assert load_checkpoint(path).provenance == described
    if name.isascii() and name.isprintable() and "<" not in name and 0 < len(name) < 100:
        assert (described["device"], described["system"]) == (f"cpu ({name})", name), "an ordinary name stays as it is"


def test_the_date_is_today_and_older_checkpoints_open_without_one(run, checkpoint, content):
    assert describe_run(find_data("digits"), SETTINGS, run)["date"] == datetime.now(UTC).date().isoformat()
    undated = {name: value for name, value in content["provenance"].items() if name != "date"}
    torch.save(content | {"provenance": undated}, checkpoint)
    assert load_checkpoint(checkpoint).provenance == undated


@pytest.mark.parametrize("name", ["mnist_cnn.pth", "baseline.pth"])
def test_the_committed_checkpoints_open(name):
    path = PROJECT_ROOT / "models" / name
    if not path.is_file():
        pytest.skip("models/ does not hold the reference run")
    stored = torch.load(path, weights_only=True)
    assert load_checkpoint(path).provenance == stored["provenance"]


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_content_is_refused(case, checkpoint, content):
    spoil, said = FOREIGN[case]
    torch.save(spoil(content), checkpoint)
    refuses(checkpoint, said)


def refuses(path, said: str) -> None:
    """Opening the file ends in one short line that names it and the cure."""
    with pytest.raises(MnistError, match=said) as refused:
        load_checkpoint(path)
    message = str(refused.value)
    assert str(path) in message
    assert "mnist-cnn train" in message
    assert "\n" not in message and len(message) < 600


class Malicious:
    """Asks pickle to run a command as it is read."""

    def __init__(self, marker):
        self.command = f"echo > {marker}"

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("place", ["alone", "in the provenance"])
def test_code_in_a_file_does_not_run(checkpoint, content, tmp_path, new_format, place):
    marker = tmp_path / "it-ran"
    code = Malicious(marker)
    torch.save(
        code if place == "alone" else content | {"provenance": {"note": code}},
        checkpoint,
        _use_new_zipfile_serialization=new_format,
    )
    refuses(checkpoint, "damaged or not one")
    assert not marker.exists()


def zipped(pickled: bytes, method: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    """A file as torch.save writes it, around any pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as container:
        for name, content in {"data.pkl": pickled, "version": b"3\n", "byteorder": b"little", **members}.items():
            container.writestr(f"archive/{name}", content)
    return buffer.getvalue()


PAIRS = b"".join(b"M" + number.to_bytes(2, "little") + b"K\1\x86" for number in range(2_000))
# Each makes `torch.load(weights_only=True)` itself crash the interpreter, or take seconds or gigabytes.
BOMBS = {
    "tuples in tuples as a key": zipped(b"\x80\2})" + b"\x85" * 1_900_000 + b"K\1s."),
    "lists in lists": zipped(b"\x80\2}X\1\0\0\0a" + b"]" * 50_000 + b"a" * 49_999 + b"s."),
    "a list in itself": zipped(b"\x80\2}X\1\0\0\0a]q\0h\0as."),
    "a terabyte of zeros": zipped(b"\x80\2cbuiltins\nbytearray\n\x8a\6" + (10**12).to_bytes(6, "little") + b"\x85R."),
    "a terabyte of numbers": zipped(b"\x80\2ctorch\nFloatTensor\n\x8a\5" + (2**38).to_bytes(5, "little") + b"\x85R."),
    "one list in thousands of dictionaries": zipped(
        b"\x80\2ccollections\nOrderedDict\nq\0](" + PAIRS + b"eq\x010" + b"h\0h\1\x85R" * 100_000 + b"."
    ),
    "compressed zeros": zipped(b"\x80\2}.", zipfile.ZIP_DEFLATED, **{"data/0": bytes(50_000_000)}),
    "thousands of members": zipped(b"\x80\2}.", **{f"data/{number}": b"" for number in range(5_000)}),
    "more than two megabytes of values": zipped(b"\x80\2]" + b"0]" * 1_500_000 + b"."),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_cannot_ask_for_much(bomb, tmp_path):
    path = tmp_path / "bomb.pth"
    path.write_bytes(BOMBS[bomb])
    start = time.perf_counter()
    refuses(path, r"damaged|not one of this project")
    assert time.perf_counter() - start < 30  # it takes a fraction of a second; a busy machine pauses anywhere


def test_no_byte_beyond_its_own_is_read(checkpoint):
    """A tensor that claims to be longer than the bytes stored for it."""
    with zipfile.ZipFile(checkpoint) as container:
        pickled = container.read("archive/data.pkl")
        members = {f"data/{number}": container.read(f"archive/data/{number}") for number in range(34)}
    for claim in (b"M\x0b\0", b"J\0\0\0\x7f", b"\x8a\x08" + b"\xff" * 7 + b"\x7f"):
        checkpoint.write_bytes(zipped(pickled.replace(b"K\n", claim), **members))
        refuses(checkpoint, "damaged")


def test_a_file_beyond_the_limit_is_not_even_read(tmp_path, monkeypatch):
    path = tmp_path / "large.pth"
    with path.open("wb") as file:
        file.truncate(archive.MAX_BYTES + 1)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: pytest.fail("it was read"))
    refuses(path, f"more than the {archive.MAX_BYTES:,}")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2] + b"xxxx" + content[len(content) // 2 :],
        lambda content: content[1000:],
        lambda content: b"not a checkpoint",
        lambda content: b"\x80\2}.",
    ],
)
def test_a_damaged_file_is_refused(checkpoint, damage):
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    refuses(checkpoint, "damaged")


def test_a_single_wrong_bit_in_a_weight_is_noticed(checkpoint, content):
    weights = content["weights"]["features.3.0.weight"].numpy().tobytes()
    stored = checkpoint.read_bytes()
    at = stored.index(weights) + 5
    checkpoint.write_bytes(stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :])
    refuses(checkpoint, "damaged")


def test_a_file_of_an_old_torch_is_refused(checkpoint, content):
    torch.save(content, checkpoint, _use_new_zipfile_serialization=False)
    refuses(checkpoint, "damaged or not one")


def test_a_missing_file_names_what_makes_it(tmp_path):
    refuses(tmp_path / "none.pth", "no checkpoint at")
    (tmp_path / "file").touch()
    refuses(tmp_path / "file" / "none.pth", "no checkpoint at")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    refuses(tmp_path, "Cannot read .*not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    refuses(tmp_path / "pipe.pth", "Cannot read .*not a file")


@pytest.mark.parametrize("step", ["stat", "read_bytes"])
def test_a_file_that_may_not_be_read_is_refused(checkpoint, step, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(checkpoint), step, refuse)
    refuses(checkpoint, "Permission denied")


def test_a_file_that_the_system_refuses_to_grow_leaves_the_earlier_one(checkpoint, run):
    resource = pytest.importorskip("resource", reason="the system has no limits of file sizes")
    before = checkpoint.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(MnistError, match=r"mnist_cnn.pth \(File too large\)"):
            save_checkpoint(checkpoint, run, SETTINGS, "digits", {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert checkpoint.read_bytes() == before
    assert [path.name for path in checkpoint.parent.iterdir()] == [checkpoint.name]


def test_a_read_only_file_system_is_named(checkpoint, run, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(type(checkpoint), "write_bytes", refuse)
    monkeypatch.setattr(type(checkpoint), "unlink", refuse)
    with pytest.raises(MnistError, match=r"mnist_cnn.pth \(Read-only file system\)"):
        save_checkpoint(checkpoint, run, SETTINGS, "digits", {})


def test_saving_into_a_folder_that_is_not_there_names_the_path(tmp_path, run):
    with pytest.raises(MnistError, match=r"none/mnist_cnn.pth \(No such file or directory\)"):
        save_checkpoint(tmp_path / "none" / "mnist_cnn.pth", run, SETTINGS, "digits", {})


def test_a_baseline_counts_only_on_the_same_data_and_undamaged(tmp_path, run):
    paths = RunPaths(tmp_path)
    paths.models.mkdir()
    assert load_baseline(paths, "digits") is None
    save(paths.baseline, run)
    assert load_baseline(paths, "digits").model.settings == run.model.settings
    assert load_baseline(paths, "mnist") is None
    paths.baseline.write_bytes(b"damaged")
    with pytest.raises(MnistError, match=r"baseline.pth cannot be read.*Delete it"):
        load_baseline(paths, "digits")
    paths.baseline.unlink()
    paths.baseline.mkdir()
    with pytest.raises(MnistError, match=r"baseline.pth .*not a file"):
        load_baseline(paths, "digits")


def test_a_result_on_another_data_set_is_protected(tmp_path, run):
    paths = RunPaths(tmp_path)
    paths.models.mkdir()
    require_same_dataset(paths, "mnist")
    save(paths.checkpoint, run)
    require_same_dataset(paths, "digits")
    with pytest.raises(MnistError, match="holds a result on digits"):
        require_same_dataset(paths, "mnist")


def test_a_file_that_is_no_usable_checkpoint_does_not_stop_a_training(tmp_path):
    paths = RunPaths(tmp_path)
    paths.models.mkdir()
    paths.checkpoint.write_bytes(b"damaged")
    with pytest.raises(MnistError, match="Train again"):
        load_checkpoint(paths.checkpoint)
    require_same_dataset(paths, "mnist")


def test_a_folder_that_may_not_be_looked_into_is_no_missing_file(tmp_path, run, monkeypatch):
    paths = RunPaths(tmp_path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "stat", refuse)
    with pytest.raises(MnistError, match="Permission denied"):
        load_baseline(paths, "digits")
    with pytest.raises(MnistError, match="Permission denied"):
        require_same_dataset(paths, "digits")


def test_weights_may_come_as_an_ordered_dictionary(checkpoint, content):
    torch.save(content | {"weights": OrderedDict(content["weights"])}, checkpoint)
    load_checkpoint(checkpoint)
