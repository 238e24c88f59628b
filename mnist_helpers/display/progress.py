"""The progress of a training run, and its history as a table."""

from collections.abc import Sequence

from IPython.display import display
from markupsafe import escape

from mnist_helpers.display.tables import Table, show_table
from mnist_helpers.training.validation import Epoch

PROGRESS = "progress"
EPOCHS_SHOWN = 15
_EPOCH_COLUMNS = (
    "Epoch",
    "Learning rate",
    "Train loss",
    "Train accuracy",
    "Validation loss",
    "Validation accuracy",
)


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
    show_table(Table(caption, _EPOCH_COLUMNS, rows))


class TrainingProgress:
    """One line that is renewed after each epoch: what was reached, the time spent and the time left.

    Call it with the history and the seconds spent, as `training.train` does. While the run lasts the output's
    metadata carry the line too, for the command line to print.
    """

    def __init__(self, epochs: int, label: str = "Epoch"):
        self.epochs = epochs
        self.label = label
        self.handle = display({"text/html": "<p>Training …</p>", "text/plain": "Training …"}, raw=True, display_id=True)

    def __call__(self, history: list[Epoch], seconds: float) -> None:
        """Renew the line after an epoch."""
        last, done = history[-1], len(history)
        line = (
            f"{self.label} {done} of {self.epochs}: train loss {last.train_loss:.4f}, "
            f"validation loss {last.validation_loss:.4f}, validation accuracy {last.validation_accuracy:.2%}; "
            f"{_minutes(seconds)} spent, {_minutes(seconds / done * (self.epochs - done))} left"
        )
        content = {"text/html": f"<p>{escape(line)}</p>", "text/plain": line}
        self.handle.update(content, raw=True, metadata={PROGRESS: line})


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
