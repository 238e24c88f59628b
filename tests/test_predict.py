"""`mnist-cnn predict` on files as people have them."""

import numpy as np
import pytest
from PIL import Image
from support import mnist_cnn

from mnist_helpers.checkpoint import load_checkpoint
from mnist_helpers.cli import main
from mnist_helpers.evaluation import predict
from mnist_helpers.images import to_mnist
from mnist_helpers.prediction import predict_files, read_image


@pytest.fixture
def sample(digits, tmp_path):
    """Thirty test digits as PNG files in MNIST's own format."""
    test = digits[2][:30]
    paths = [tmp_path / f"{number:02d}.png" for number in range(30)]
    for path, image in zip(paths, test.images.numpy(), strict=True):
        Image.fromarray(image).save(path)
    return paths, test


def test_answers_equal_those_of_evaluate(sample, digits_run, capsys):
    paths, test = sample
    assert main(["predict", "--run-root", str(digits_run.root), *map(str, paths)]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = predict(load_checkpoint(digits_run.checkpoint).model, test)
    assert [int(line.split()[0]) for line in lines] == expected.predicted.tolist()
    assert [float(line.split()[1]) for line in lines] == pytest.approx(expected.confidence, abs=1e-3)
    assert lines[3].endswith(str(paths[3]))


def test_enlarged_inverted_shifted_copies_get_the_same_answers(sample, digits_run, tmp_path):
    paths, _ = sample
    model = load_checkpoint(digits_run.checkpoint).model
    altered = []
    for path in paths:
        image = Image.open(path).resize((280, 280), Image.Resampling.BICUBIC)
        page = Image.new("RGB", (500, 400), "white")
        page.paste(Image.eval(image, lambda level: 255 - level), (180, 30))
        altered.append(tmp_path / f"page-{path.stem}.png")
        page.save(altered[-1])
    original = [answer.digit for answer in predict_files(model, paths)]
    again = [answer.digit for answer in predict_files(model, altered)]
    assert np.mean(np.array(original) == np.array(again)) >= 0.95


def test_files_that_cannot_be_answered_get_a_line_and_the_others_an_answer(sample, digits_run, tmp_path, capsys):
    blank, text, folder = tmp_path / "blank.png", tmp_path / "text.png", tmp_path / "folder"
    Image.new("L", (100, 100), 255).save(blank)
    text.write_text("no image")
    folder.mkdir()
    bad = [blank, text, folder, tmp_path / "missing.png"]
    code = main(["predict", "--run-root", str(digits_run.root), *map(str, [*bad, sample[0][0]])])
    printed = capsys.readouterr()
    assert code == 1
    assert len(printed.out.splitlines()) == 1
    lines = printed.err.splitlines()
    assert len(lines) == 4
    for line, path, said in zip(lines, bad, ["blank", "not an image", "directory", "No such file"], strict=True):
        assert str(path) in line and said in line


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
def test_every_kind_of_pixel_is_read(mode, sample, tmp_path):
    path = tmp_path / "image.png"
    image = Image.open(sample[0][0])
    if mode == "I;16":
        Image.fromarray(np.asarray(image).astype(np.uint16) * 257).save(path)
    else:
        image.convert(mode).save(path)
    expected = np.asarray(image)
    difference = np.abs(read_image(path).astype(int) - expected)
    assert difference.mean() < (30 if mode == "1" else 2)


def test_what_is_transparent_is_paper(sample, tmp_path):
    ink = np.asarray(Image.open(sample[0][0]))
    drawing = np.zeros((28, 28, 4), dtype=np.uint8)
    drawing[..., 3] = ink
    path = tmp_path / "drawing.png"
    Image.fromarray(drawing).save(path)
    assert np.abs(read_image(path).astype(int) - ink).max() <= 1


def test_a_picture_of_any_shape_comes_out_in_mnists_format():
    bar = np.zeros((300, 90), dtype=np.uint8)
    bar[40:280, 10:30] = 255
    image = to_mnist(bar)
    rows, columns = np.nonzero(image > 127)
    assert image.shape == (28, 28) and image.dtype == np.uint8
    assert rows.max() - rows.min() + 1 == 20
    assert abs(columns.mean() - 13.5) <= 0.5


def test_predict_without_a_checkpoint_says_how_to_make_one(tmp_path):
    command = mnist_cnn("predict", "--run-root", tmp_path, "some.png")
    assert command.code == 1
    assert "mnist-cnn train" in command.err and "Traceback" not in command.err
    assert not list(tmp_path.iterdir())
