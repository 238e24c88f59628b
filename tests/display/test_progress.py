"""The output that is renewed while a training runs."""

import io
from base64 import b64decode

import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

from mnist_helpers.display import TrainingProgress, progress
from mnist_helpers.report.output_html import active_part
from mnist_helpers.training import Epoch
from mnist_helpers.training.watcher import PROGRESS

EPOCH = Epoch(1, 500, 0.1, 0.2, 0.9, 0.3, 0.985)
SUMS = torch.tensor([30.0, 90.0, 100.0])


class Outputs:
    """Stands in for IPython: what was displayed, and how often it was renewed."""

    def __init__(self):
        self.contents, self.metadata, self.displays = [], [], 0

    def display(self, content, raw, display_id=False):
        self.displays += 1
        self.contents.append(content)
        return self

    def update(self, content, raw, metadata):
        self.contents.append(content)
        self.metadata.append(metadata)

    @property
    def last(self) -> str:
        return self.contents[-1]["text/plain"]


@pytest.fixture
def outputs(monkeypatch):
    outputs = Outputs()
    monkeypatch.setattr(progress, "display", outputs.display)
    monkeypatch.setattr(progress, "show_text", lambda text: outputs.display({"text/plain": text}, raw=True))
    return outputs


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def picture(content) -> Image.Image:
    soup = BeautifulSoup(content["text/html"], "html.parser")
    assert active_part(soup) is None, "the report would refuse it"
    assert soup.img["alt"]
    return Image.open(io.BytesIO(b64decode(soup.img["src"].removeprefix("data:image/png;base64,"))))


def test_after_an_epoch_it_tells_the_time_left_also_to_the_command_line(outputs):
    watcher = TrainingProgress(epochs=3)
    watcher.begin([], 0.0)
    watcher.epoch([EPOCH], 60.0)
    assert outputs.displays == 1
    assert "Epoch 1 of 3" in outputs.last and "98.50%" in outputs.last
    assert outputs.metadata[-1][PROGRESS].endswith("1:00 spent, 2:00 left")


def test_half_an_epoch_is_all_there_is(outputs):
    watcher = TrainingProgress(epochs=0.5)
    watcher.begin([], 0.0)
    watcher.epoch([EPOCH], 60.0)
    assert outputs.last.endswith("1:00 spent, 0:00 left")


def test_within_an_epoch_it_is_renewed_once_a_second_and_not_for_the_command_line(outputs, clock):
    watcher = TrainingProgress(epochs=2)
    watcher.begin([], 0.0)
    for step in range(1, 41):
        clock[0] += 0.1
        watcher.step(step / 40, SUMS)
    assert 4 <= len(outputs.metadata) <= 5
    assert "Epoch 1 of 2" in outputs.last and "train accuracy 90.00%" in outputs.last
    assert not any(PROGRESS in metadata for metadata in outputs.metadata)


def test_slow_pictures_are_drawn_less_often(outputs, clock, monkeypatch):
    watcher = TrainingProgress(epochs=2)
    watcher.begin([], 0.0)

    def png(history):
        clock[0] += 3.0
        return b"slow"

    monkeypatch.setattr(watcher.curve, "png", png)
    for step in range(1, 101):
        clock[0] += 1.0
        watcher.step(step / 100, SUMS)
    assert len(outputs.metadata) == 1


def test_quick_epochs_share_pictures_and_the_last_one_has_its_own(outputs, clock, monkeypatch):
    watcher, drawn = TrainingProgress(epochs=100), []
    watcher.begin([], 0.0)
    monkeypatch.setattr(watcher.curve, "png", lambda history: drawn.append(len(history)) or b"picture")
    for number in range(1, 101):
        clock[0] += 0.05
        watcher.epoch([EPOCH] * number, clock[0] - 100)
    assert len(outputs.metadata) == 100
    assert len(drawn) <= 6 and drawn[-1] == 100


def test_a_training_that_goes_on_shows_all_epochs_so_far_and_says_so(outputs):
    watcher = TrainingProgress(epochs=3)
    watcher.begin([EPOCH], 60.0)
    assert outputs.contents[1]["text/plain"].startswith("Epoch 1 of 3")
    assert picture(outputs.contents[1]).size == (512, 224)
    assert outputs.last == "It goes on after epoch 1."


def test_the_curve_grows(outputs, clock):
    watcher = TrainingProgress(epochs=3)
    watcher.begin([], 0.0)
    watcher.epoch([EPOCH], 60.0)
    before = picture(outputs.contents[-1])
    clock[0] += 60
    watcher.epoch([EPOCH, Epoch(2, 500, 0.1, 0.2, 0.9, 0.3, 0.997)], 120.0)
    assert picture(outputs.contents[-1]).tobytes() != before.tobytes()
