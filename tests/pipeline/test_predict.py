"""`mnist-cnn predict` on files as people have them."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from checkpoints import SETTINGS, provenance_of, untrained_run
from PIL import Image
from support import refusal, run

from mnist_helpers.checkpoint.store import load_checkpoint, save_checkpoint
from mnist_helpers.data.splits import LabelledImages, load_test_data
from mnist_helpers.network.classify import predict
from mnist_helpers.network.prediction import UNSURE, Answer, predict_files, read_image
from mnist_helpers.paths import PROJECT_ROOT, RunPaths
from mnist_helpers.pictures.format import to_mnist
from mnist_helpers.pipeline.cli import main
from mnist_helpers.settings import ModelSettings
from mnist_helpers.training.loop import TrainingRun


@pytest.fixture
def sample(digits, tmp_path):
    """Thirty test digits as PNG files in MNIST's own format."""
    test = digits[2][:30]
    paths = [tmp_path / f"{number:02d}.png" for number in range(30)]
    for path, image in zip(paths, test.images.numpy(), strict=True):
        Image.fromarray(image).save(path)
    return paths, test


@pytest.fixture
def ask(digits_run, capfd):
    """Run `predict` on files; gives the exit code, what it printed as results, and the lines on standard error."""

    def asked(*arguments: object) -> tuple[int, str, list[str]]:
        code = main(["predict", "--run-root", str(digits_run.root), *map(str, arguments)])
        printed = capfd.readouterr()
        return code, printed.out, printed.err.splitlines()

    return asked


def four(ink: int = 0, paper: int = 255, height: int = 300, width: int = 200) -> np.ndarray:
    """A large printed 4, uint8 (height, width)."""
    picture = np.full((height, width), paper, dtype=np.uint8)
    for top, bottom, left, right in [(0.2, 0.55, 0.25, 0.35), (0.48, 0.56, 0.25, 0.8), (0.2, 0.85, 0.6, 0.7)]:
        picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = ink
    return picture


def saved(path: Path, picture: np.ndarray | Image.Image, **options) -> Path:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(path, **options)
    return path


# Each takes from a quarter of a second to several, and none has a part in an answer.
NOT_FOR_AN_ANSWER = {
    "IPython",
    "matplotlib",
    "nbformat",
    "papermill",
    "scipy.optimize",
    "scipy.stats",
    "sklearn",
    "sympy",
    "torch._dynamo",
    "torchvision",
}


def test_predict_loads_no_more_than_an_answer_needs(sample, digits_run):
    python = (sys.executable, "-X", "importtime", "-m", "mnist_helpers")
    command = run(*python, "predict", "--run-root", digits_run.root, sample[0][0])
    assert command.code == 0, command.err
    loaded = {line.rpartition("|")[2].strip() for line in command.err.splitlines() if line.startswith("import time:")}
    assert "torch" in loaded
    assert sorted(loaded & NOT_FOR_AN_ANSWER) == []


def test_answers_equal_those_of_evaluate(sample, digits_run, ask):
    paths, test = sample
    code, out, err = ask(*paths)
    lines = out.splitlines()
    expected = predict(load_checkpoint(digits_run.checkpoint).model, test)
    assert (code, err) == (0, [])
    assert [int(line.split()[0]) for line in lines] == expected.predicted.tolist()
    assert [float(line.split()[1]) for line in lines] == pytest.approx(expected.confidence, abs=1e-3)
    assert lines[3].endswith(str(paths[3]))


def test_json_has_the_same_answers_for_programs(sample, tmp_path, ask):
    paths = [*sample[0][:2], tmp_path / "missing.png", sample[0][2]]
    code, out, err = ask("--json", *paths)
    results, plain = json.loads(out), ask(*paths)
    assert code == plain[0] == 1 and err == plain[2] and len(err) == 1
    assert [result["path"] for result in results] == [str(path) for path in paths]
    assert results[2].keys() == {"path", "error"} and "no such file" in results[2]["error"]
    for line, result in zip(plain[1].splitlines(), [*results[:2], results[3]], strict=True):
        assert line == f"{result['digit']} {result['probability']:.4f} {result['path']}"
        assert len(result["probabilities"]) == 10 and sum(result["probabilities"]) == pytest.approx(1, abs=0.001)
        assert result["probability"] == result["probabilities"][result["digit"]] == max(result["probabilities"])


def four_or_nine(probability: float) -> Answer:
    """A 4 of that probability; all the rest is the 9's."""
    return Answer("a.png", (0, 0, 0, 0, probability, 0, 0, 0, 0, 1 - probability))


@pytest.mark.parametrize(("probability", "unsure"), [(1, False), (UNSURE, False), (UNSURE - 0.001, True), (0.5, True)])
def test_an_answer_below_the_limit_is_unsure_and_names_the_runner_up(probability, unsure):
    result = four_or_nine(probability).as_dict()
    assert (result["digit"], result["unsure"]) == (4, unsure)
    if probability < 1:
        assert result["runner_up"] == 9


def test_an_unsure_answer_says_so_on_its_line_and_is_no_failure(sample, monkeypatch, ask):
    answers = [four_or_nine(0.99), four_or_nine(0.6)]
    monkeypatch.setattr("mnist_helpers.network.prediction.predict_files", lambda model, paths: answers)
    code, out, err = ask("a.png")
    assert (code, err) == (0, [])
    assert out.splitlines() == ["4 0.9900 a.png", "4 0.6000 a.png (unsure, else 9 0.4000)"]


def test_many_files_keep_their_order(sample, tmp_path, digits_run):
    paths = [*sample[0], tmp_path / "missing.png"] * 20
    results = list(predict_files(load_checkpoint(digits_run.checkpoint).model, paths))
    assert [result.path for result in results] == paths
    digits = [result.digit for result in results if isinstance(result, Answer)]
    assert digits == digits[:30] * 20


def bad_files(folder: Path) -> dict[Path, str]:
    """Files that cannot be answered, and what is to be said of them."""
    png = saved(folder / "whole.png", four()).read_bytes()
    content = {
        "empty.png": (b"", "empty"),
        "text.png": (b"no image", "not an image"),
        "cut.png": (png[: len(png) // 2], "damaged, incomplete"),
        "cut.jpg": (saved(folder / "whole.jpg", four()).read_bytes()[:900], "damaged, incomplete"),
        "cut.tif": (saved(folder / "whole.tif", four(), compression="tiff_lzw").read_bytes()[:300], "not an image"),
        "drawing.svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        "page.pdf": (b"%PDF-1.7\n", "PDF"),
        "phone.heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    }
    said = {}
    for name, (data, word) in content.items():
        (folder / name).write_bytes(data)
        said[folder / name] = word
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    return said | {
        saved(folder / "huge.png", Image.new("1", (20_000, 20_000))): "50 million pixels",
        saved(folder / "blank.png", np.full((100, 100), 255, np.uint8)): "blank",
        folder / "folder": "folder",
        folder / "pipe": "not a regular file",
        folder / "missing.png": "no such file",
        folder / "whole.png" / "x.png": "check the name",
    }


def test_files_that_cannot_be_answered_get_a_line_and_the_others_an_answer(sample, tmp_path, ask):
    said = bad_files(tmp_path)
    code, out, err = ask(sample[0][0], *said, sample[0][1])
    assert code == 1
    assert [line.split()[2] for line in out.splitlines()] == [str(path) for path in sample[0][:2]]
    for line, (path, word) in zip(err, said.items(), strict=True):
        assert line.startswith(f"mnist-cnn: {path}: ") and word in line


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_gets_a_line(sample, ask):
    sample[0][0].chmod(0)
    code, out, err = ask(*sample[0][:2])
    assert code == 1 and len(out.splitlines()) == 1
    assert len(err) == 1 and "permission" in err[0]


def test_odd_names_stay_on_their_line(tmp_path, ask):
    paths = [saved(tmp_path / os.fsdecode(name), four(), format="PNG") for name in (b"two\nlines", b"latin-\xe9", b"z")]
    code, out, err = ask(*paths, tmp_path / "not\nhere")
    assert code == 1 and len(out.splitlines()) == 3 and len(err) == 1
    assert [result["path"] for result in json.loads(ask("--json", *paths)[1])] == [str(path) for path in paths]


@pytest.mark.parametrize("noise", [0, 3, 12])
@pytest.mark.parametrize("darkest", [1, 0.6])
def test_blank_paper_is_no_digit(noise, darkest, tmp_path, ask):
    light = np.linspace(230, 230 * darkest, 400) * np.ones((300, 1))
    picture = np.random.default_rng(0).normal(light, noise).clip(0, 255).astype(np.uint8)
    code, out, err = ask(saved(tmp_path / "blank.png", picture), saved(tmp_path / "blank.jpg", picture))
    assert (code, out, len(err)) == (1, "", 2)
    assert all("no digit found" in line for line in err)


WHOLE = four()
PLAIN = Image.fromarray(WHOLE)


def coloured(ink, paper) -> Image.Image:
    return Image.fromarray(np.where(WHOLE[..., None] == 0, ink, paper).astype(np.uint8))


def transparent(level: int) -> Image.Image:
    return Image.merge("LA", [Image.new("L", PLAIN.size, level), Image.fromarray(255 - WHOLE)])


def in_margin(page: Image.Image) -> Image.Image:
    image = Image.new("RGBA", (240, 340))
    image.paste(page, (20, 20))
    return image


KINDS = {
    "grey": PLAIN,
    "colour": PLAIN.convert("RGB"),
    "palette": PLAIN.convert("P"),
    "one bit": PLAIN.convert("1"),
    "16 bit": Image.fromarray(WHOLE.astype(np.uint16) * 257),
    "12 bit": Image.fromarray(WHOLE.astype(np.uint16) * 16),
    "negative": Image.fromarray(255 - WHOLE),
    "faint": Image.fromarray(four(ink=190, paper=230)),
    "red on green, equally bright": coloured((200, 60, 60), (60, 130, 60)),
    "cream on navy": coloured((255, 250, 225), (20, 30, 100)),
    "black ink on nothing": transparent(0),
    "white ink on nothing": transparent(255),
    "page in a transparent margin": in_margin(PLAIN.convert("RGBA")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixel_is_read(kind, tmp_path):
    expected = read_image(saved(tmp_path / "four.png", WHOLE)).astype(int)
    assert np.abs(read_image(saved(tmp_path / "kind.png", KINDS[kind])) - expected).mean() < 1


def test_every_kind_of_file_is_read(tmp_path):
    expected = read_image(saved(tmp_path / "four.png", WHOLE)).astype(int)
    image, turned = PLAIN, Image.fromarray(np.rot90(WHOLE))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    files = [
        saved(tmp_path / "four.jpg", image),
        saved(tmp_path / "cmyk.jpg", image.convert("CMYK")),
        saved(tmp_path / "turned.jpg", turned, exif=exif),
        saved(tmp_path / "animation.gif", image, save_all=True, append_images=[turned.resize(image.size)]),
        saved(tmp_path / "four.tif", image, compression="tiff_lzw"),
        saved(tmp_path / "large.jpg", image.resize((4000, 6000))),
        saved(tmp_path / "four.webp", image.convert("RGB")),
        saved(tmp_path / "four.bmp", image),
    ]
    for path in files:
        assert np.abs(read_image(path) - expected).mean() < 2, path


def test_files_read_side_by_side_leave_standard_error_in_its_place(tmp_path):
    path = saved(tmp_path / "four.tif", four(), compression="tiff_lzw")
    before = os.fstat(2)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read_image, [path] * 200))
    assert os.path.samestat(os.fstat(2), before)


def test_a_picture_of_any_shape_comes_out_in_mnists_format(tmp_path):
    bar = np.zeros((300, 90), dtype=np.uint8)
    bar[40:280, 10:30] = 255
    for image, middle in [(to_mnist(bar), 13.5), (read_image(saved(tmp_path / "bar.png", bar)), 14)]:
        rows, columns = np.nonzero(image > 127)
        assert image.shape == (28, 28) and image.dtype == np.uint8
        assert rows.max() - rows.min() + 1 == 20
        assert abs(columns.mean() - middle) <= 0.5 and abs(rows.mean() - middle) <= 0.5


def test_predict_without_a_checkpoint_says_how_to_make_one(tmp_path):
    assert "mnist-cnn train" in refusal("predict", "--run-root", tmp_path, "some.png")
    assert not list(tmp_path.iterdir())


def scaled(name: str, factor: float):
    return lambda weights: weights[name].mul_(factor)


# Every weight is a finite number in each of them.
OVERFLOWING = {
    "a spread next to zero": lambda weights: weights["pixel_std"].fill_(1e-45),
    "huge filters": scaled("features.0.0.weight", 1e38),
    "huge filters everywhere": lambda weights: [weights[name].mul_(1e15) for name in weights if "weight" in name],
    "huge outputs": scaled("output.weight", 1e37),
    "large outputs, whose mean overflows": lambda weights: weights["output.bias"].fill_(3e38),
}


def stored(root: Path, run: TrainingRun, provenance: dict) -> RunPaths:
    """A run folder with this network."""
    paths = RunPaths(root)
    paths.models.mkdir(parents=True)
    save_checkpoint(paths.checkpoint, run, SETTINGS, "digits", provenance)
    return paths


@pytest.fixture
def untrained() -> TrainingRun:
    return untrained_run(ModelSettings(width=2))


@pytest.mark.parametrize("case", OVERFLOWING)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_a_network_without_finite_answers_is_refused(case, options, sample, untrained, tmp_path):
    OVERFLOWING[case](untrained.model.state_dict())
    stored(tmp_path / "run", untrained, provenance_of(untrained))
    line = refusal("predict", "--run-root", tmp_path / "run", *options, *sample[0])
    assert "not finite" in line and "mnist-cnn train" in line


def assert_not_evaluated(paths: RunPaths, said: str) -> None:
    line = refusal("evaluate", "--dataset", "digits", "--run-root", paths.root)
    assert said in line and "failed in cell" not in line
    assert not paths.metrics.exists() and not paths.report.exists()


def test_evaluate_refuses_such_a_network_before_it_writes_a_result(untrained, tmp_path):
    OVERFLOWING["huge filters"](untrained.model.state_dict())
    assert_not_evaluated(stored(tmp_path / "run", untrained, provenance_of(untrained)), "answers are not finite")


@pytest.mark.parametrize("device", [None, "cpu (<meta http-equiv=refresh>)"])
def test_evaluate_refuses_a_strangers_provenance_before_it_writes_a_result(device, untrained, tmp_path):
    provenance = provenance_of(untrained) | {"device": device} if device else {}
    assert_not_evaluated(stored(tmp_path / "run", untrained, provenance), "provenance")


def enlarged(image: np.ndarray, side: int = 280, method=Image.Resampling.BICUBIC) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((side, side), method))


def recoloured(image: np.ndarray, ink, paper) -> np.ndarray:
    part = image[..., None] / 255
    return np.rint(part * ink + (1 - part) * np.array(paper)).astype(np.uint8)


def shifted(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    down, right = random.integers(-4, 5, 2)
    return np.pad(image, 4)[4 - down : 32 - down, 4 - right : 32 - right]


def pasted(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    page = np.zeros((60, 90), dtype=np.uint8)
    top, left = random.integers(0, 33), random.integers(0, 63)
    page[top : top + 28, left : left + 28] = image
    return page


def photographed(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Pen on grey paper with light from one side, a dark rim, dust, noise and JPEG's losses (from the file name)."""
    page = np.zeros((360, 480))
    top, left = random.integers(20, 120), random.integers(20, 240)
    page[top : top + 200, left : left + 200] = enlarged(image, 200) / 255
    picture = 215 - 175 * page
    for row, column in random.integers(10, 350, (10, 2)):
        picture[row : row + 3, column : column + 3] = 60
    picture *= np.linspace(1, random.uniform(0.5, 1), 480)
    picture[:, :8] = 20
    return random.normal(picture, 4).clip(0, 255).astype(np.uint8)


ALTERED = {
    "inverted.png": lambda image, random: 255 - image,
    "blue on cream.png": lambda image, random: recoloured(image, (20, 30, 100), (255, 250, 225)),
    "yellow on navy.png": lambda image, random: recoloured(image, (255, 230, 40), (10, 15, 70)),
    "enlarged.png": lambda image, random: enlarged(image),
    "enlarged to squares.png": lambda image, random: enlarged(image, 280, Image.Resampling.NEAREST),
    "enlarged, inverted.jpg": lambda image, random: 255 - enlarged(image),
    "shifted.png": shifted,
    "pasted.png": pasted,
    "photographed.jpg": photographed,
}


@pytest.fixture(scope="module")
def reference(mnist_source):
    """The committed network and MNIST's test images."""
    path = PROJECT_ROOT / "models" / "mnist_cnn.pth"
    if not path.is_file():
        pytest.skip("there is no trained network")
    return load_checkpoint(path).model, load_test_data(mnist_source)


@pytest.mark.mnist
@pytest.mark.parametrize("name", ALTERED)
def test_altered_copies_get_the_answers_of_the_originals(name, reference, tmp_path):
    model, test = reference
    random = np.random.default_rng(0)
    chosen = test[np.sort(random.choice(len(test), 250, replace=False))]
    copies = [
        read_image(saved(tmp_path / f"{number} {name}", ALTERED[name](image, random)))
        for number, image in enumerate(chosen.images.numpy())
    ]
    altered = LabelledImages(chosen.images.new_tensor(np.stack(copies)), chosen.labels)
    assert (predict(model, altered).predicted == predict(model, chosen).predicted).mean() >= 0.99


@pytest.mark.mnist
def test_all_test_images_are_read_unchanged(reference, tmp_path):
    _, test = reference
    path = tmp_path / "image.png"
    changed = [
        number
        for number, image in enumerate(test.images.numpy())
        if not (read_image(saved(path, image, compress_level=1)) == image).all()
    ]
    assert not changed
