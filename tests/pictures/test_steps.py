"""The files that a name stands for, each step of a picture, and the examples."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_helpers.errors import MnistError
from mnist_helpers.network import read_image
from mnist_helpers.paths import PROJECT_ROOT
from mnist_helpers.pictures import draw, follow, list_files, write_examples


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> Path:
    return write_examples(tmp_path_factory.mktemp("examples"))


def test_a_folder_stands_for_its_files_by_name_without_hidden_ones(tmp_path):
    for name in ("b.png", "a.jpg", ".DS_Store", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert [path.name for path in list_files(tmp_path)] == ["a.jpg", "b.png", "c.txt"]
    assert list_files(str(tmp_path / "a.jpg")) == [tmp_path / "a.jpg"]
    assert list_files("docs/experiments.md") == [PROJECT_ROOT / "docs" / "experiments.md"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.png", "no such file or folder"),
        ("file.png/x.png", "cannot be read"),
        ("empty", "no file in this folder"),
        ("a" * 300, "cannot be read"),
    ],
)
def test_a_name_that_stands_for_nothing_is_one_line(tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.png").touch()
    with pytest.raises(MnistError, match=said) as caught:
        list_files(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name)) and "\n" not in str(caught.value)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="the superuser may read every folder")
def test_a_folder_without_permission_is_one_line(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(MnistError, match="access rights"):
        list_files(folder)


def test_the_last_step_is_what_predict_reads_and_the_ink_is_the_digits(examples):
    for name in ("3 in poor light", "5 on ruled paper", "7 in chalk"):
        grey, ink, image = follow(examples / f"{name}.png")
        assert (image == read_image(examples / f"{name}.png")).all()
        assert grey.shape == (320, 320) and image.shape == (28, 28)
        # The ink is where the pen was, and nowhere else.
        rim = (320 - len(ink)) // 2
        pen = (draw(int(name[0])) < 220)[rim : rim + len(ink), rim : rim + len(ink)]
        assert (ink >= 128)[pen].mean() > 0.7 and (ink >= 128)[~pen].mean() < 0.01, name


def test_a_picture_in_mnists_format_is_followed_too(digits, tmp_path):
    image = digits[2].images[0].numpy()
    Image.fromarray(255 - image).save(tmp_path / "negative.png")
    grey, ink, found = follow(tmp_path / "negative.png")
    assert (grey == 255 - image).all() and (ink == image).all() and (found == image).all()


@pytest.mark.parametrize(("name", "steps"), [("7 and 5.png", 1), ("empty page.png", 1), ("notes.txt", 0), ("none", 0)])
def test_a_refused_file_is_followed_as_far_as_it_comes(examples, name, steps):
    assert len(follow(examples / name)) == steps


def test_examples_are_the_same_every_time(examples, tmp_path):
    write_examples(tmp_path)
    names = sorted(path.name for path in examples.iterdir())
    assert len(names) == 8 and names == sorted(path.name for path in tmp_path.iterdir())
    assert all((examples / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_digits_are_drawn_in_the_pen_that_is_asked_for():
    thin, thick = draw(4, width=2), draw(4, ink=90, width=10)
    assert (thin.min(), thick.min(), thin.max()) == (50, 90, 225)
    assert np.count_nonzero(thick < 225) > 3 * np.count_nonzero(thin < 225)
