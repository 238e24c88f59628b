"""The progress of a training run, and its history as a table."""

import base64
import math
import time
from collections.abc import Sequence

import torch
from IPython.display import display
from markupsafe import escape

from mnist_helpers.display.tables import Table, show_table, show_text
from mnist_helpers.display.training_plots import LiveCurve
from mnist_helpers.training.validation import Epoch
from mnist_helpers.training.watcher import PROGRESS, Watcher

EPOCHS_SHOWN = 15
PAUSE = 1.0  # seconds that at least lie between two pictures
LARGEST_SHARE = 0.02  # of the time that pictures may take
SETTLED_SHARE = 0.1  # of an epoch, before which its training accuracy is mostly chance


def show_history(history: Sequence[Epoch]) -> None:
    """Show loss and accuracy of the last epochs as a table."""
    shown = history[-EPOCHS_SHOWN:]
    caption = "Loss and accuracy by epoch"
    if len(shown) < len(history):
        caption += f" (the last {len(shown)} of {len(history)})"
    rows = [
        (
            epoch.epoch,
            f"{epoch.learning_rate:.4f}",
            f"{epoch.train_loss:.4f}",
            f"{epoch.train_accuracy:.2%}",
            f"{epoch.validation_loss:.4f}",
            f"{epoch.validation_accuracy:.2%}",
        )
        for epoch in shown
    ]
    columns = ["Epoch", "Learning rate", "Train loss", "Train accuracy", "Validation loss", "Validation accuracy"]
    show_table(Table(caption, columns, rows))


class TrainingProgress(Watcher):
    """One output that is renewed in place: a line that says how far the training is, and the curve so far.

    The line is renewed after each epoch, the curve with it, and both in between, as often as PAUSE and LARGEST_SHARE
    allow. After each epoch the output's metadata carry the line too, for the command line to print.
    """

    def __init__(self, epochs: float, label: str = "Epoch"):
        self.epochs = epochs
        self.label = label

    def say(self, sentence: str) -> None:
        """Show the sentence below the curve."""
        show_text(sentence)

    def begin(self, history: Sequence[Epoch], seconds: float) -> None:
        """Make the output; of a training that goes on it shows all epochs so far."""
        self.history, self.seconds = history, seconds
        self.curve = LiveCurve(self.epochs)
        self.clock, self.next, self.picture = time.perf_counter(), 0.0, b""
        self.handle = display(_content("Training …"), raw=True, display_id=True)
        if history:
            line = f"{self._reached()}; {_minutes(seconds)} spent"
            self._renew(line, {PROGRESS: line})
            if len(history) < self.epochs:
                self.say(f"It goes on after epoch {len(history)}.")

    def step(self, share: float, sums: torch.Tensor) -> None:
        """Renew the output within an epoch, if it is time."""
        now = time.perf_counter()
        if now < self.next or share < SETTLED_SHARE:
            return
        loss, correct, images = sums.tolist()
        number = len(self.history) + 1
        done = len(self.history) + share * min(1.0, self.epochs - len(self.history))
        self.curve.add(done, correct / images)
        line = (
            f"{self.label} {number} of {math.ceil(self.epochs)}, {share:.0%} done: train loss {loss / images:.4f}, "
            f"train accuracy {correct / images:.2%}; {self._times(self.seconds + now - self.clock, done)}"
        )
        self._renew(line)

    def epoch(self, history: Sequence[Epoch], seconds: float) -> None:
        """Renew the output after an epoch."""
        self.history, self.seconds, self.clock = history, seconds, time.perf_counter()
        line = f"{self._reached()}; {self._times(seconds, min(len(history), self.epochs))}"
        self._renew(line, {PROGRESS: line})

    def _reached(self) -> str:
        last = self.history[-1]
        return (
            f"{self.label} {last.epoch} of {math.ceil(self.epochs)}: train loss {last.train_loss:.4f}, "
            f"validation loss {last.validation_loss:.4f}, validation accuracy {last.validation_accuracy:.2%}"
        )

    def _times(self, seconds: float, done: float) -> str:
        return f"{_minutes(seconds)} spent, {_minutes(seconds / done * (self.epochs - done))} left"

    def _renew(self, line: str, metadata: dict[str, str] | None = None) -> None:
        began = time.perf_counter()
        if began >= self.next or len(self.history) >= self.epochs:
            self.picture = self.curve.png(self.history)
            ended = time.perf_counter()
            self.next = ended + max(PAUSE, (ended - began) / LARGEST_SHARE)
        self.handle.update(_content(line, self.picture), raw=True, metadata=metadata or {})


class ProgressLine:
    """An output of one line that is renewed in place; its metadata carry it too, for the command line to print."""

    def __init__(self) -> None:
        self.handle = display(_content(""), raw=True, display_id=True)

    def say(self, line: str) -> None:
        """Renew the line."""
        self.handle.update(_content(line), raw=True, metadata={PROGRESS: line})


def _content(line: str, png: bytes = b"") -> dict[str, str]:
    """The line, and below it the picture where there is one; one output, so that both are renewed at once."""
    picture = ""
    if png:
        data = base64.b64encode(png).decode()
        picture = f'<img src="data:image/png;base64,{data}" alt="Accuracy by epoch, so far: {escape(line)}">'
    return {"text/html": f"<p>{escape(line)}</p>{picture}", "text/plain": line}


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
