"""What notebooks show: tables, facts, figures with alt text, and the progress of a training run.

Every output reads the same in JupyterLab and in the exported report.
"""

import inspect
import io
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from IPython.display import HTML, Markdown, display
from markupsafe import Markup, escape
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from mnist_helpers.files import replacing
from mnist_helpers.training.validation import Epoch

PROGRESS = "progress"
EPOCHS_SHOWN = 15
CSS_PIXELS_PER_INCH = 96
_GALLERY_STYLE = "display:grid;grid-template-columns:repeat(auto-fill,minmax(5rem,1fr));gap:1rem .75rem"
_EPOCH_COLUMNS = (
    "Epoch",
    "Learning rate",
    "Train loss",
    "Train accuracy",
    "Validation loss",
    "Validation accuracy",
)


def show_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show a table; the first column heads its row, numbers are set right."""
    display(HTML(table_html(caption, columns, rows)))


def show_facts(headline: str, facts: dict[str, str]) -> None:
    """Show a sentence in large type with named figures below it."""
    cards = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    display(HTML(f'<p class="headline"><strong>{escape(headline)}</strong></p><dl class="facts">{cards}</dl>'))


def show_gates(gates: Sequence[dict]) -> None:
    """Show the gates as a table; each name links to the section with the evidence."""
    show_table(
        "Gates, declared before training",
        ["Gate", "Wanted", "Found", "Result"],
        [
            (
                Markup('<a href="#{}">{}</a>').format(gate["section"].replace(" ", "-"), gate["name"]),
                gate["wanted"],
                gate["shown"],
                Markup('<span class="{0}">{0}</span>').format("pass" if gate["passed"] else "fail"),
            )
            for gate in gates
        ],
    )


def percent_range(bounds: Sequence[float]) -> str:
    """An interval of fractions in percent."""
    return f"{bounds[0]:.2%}–{bounds[1]:.2%}"


def show_text(markdown: str) -> None:
    """Show a paragraph of Markdown, usually what the table or figure above it says."""
    display(Markdown(markdown))


def show_source(*objects: object) -> None:
    """Show the source code of functions and classes as it stands in the package."""
    for thing in objects:
        display(Markdown(f"```python\n{inspect.getsource(thing).rstrip()}\n```"))


def show_figure(figure: Figure, alt: str, save_as: Path | None = None) -> None:
    """Show a figure with the alternative text `alt`, which states its finding, and close it.

    With `save_as` the same picture is written there as PNG.
    """
    # Drawn finer than shown, so that it stays sharp on dense screens and on paper.
    width = round(figure.get_figwidth() * CSS_PIXELS_PER_INCH)
    display(figure, metadata={"image/png": {"alt": alt, "width": width}})
    if save_as is not None:
        save_figure(figure, save_as)
    plt.close(figure)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all, and close it."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def show_gallery(images: torch.Tensor | np.ndarray, captions: Sequence[str]) -> None:
    """Show images, uint8 (N, 28, 28), as dark ink on white, each with its caption below.

    The captions are text, so they stay readable on a narrow screen.
    """
    figures = "".join(
        f'<figure style="margin:0;text-align:center"><img width="56" height="56" alt="{escape(caption)}" '
        f'src="data:image/png;base64,{_png(image)}"><figcaption>{escape(caption)}</figcaption></figure>'
        for image, caption in zip(images, captions, strict=True)
    )
    display(HTML(f'<div class="gallery" style="{_GALLERY_STYLE}">{figures}</div>'))


def _png(image: torch.Tensor | np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(255 - np.asarray(image)).save(buffer, format="PNG")
    return b64encode(buffer.getvalue()).decode()


def table_html(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """An accessible HTML table: text is escaped unless it is Markup, and columns of numbers are set right."""
    texts = [[escape(value) for value in row] for row in rows]
    kinds = [' class="num"' if all(map(_is_number, column)) else "" for column in zip(*texts, strict=True)]
    kinds = kinds or [""] * len(columns)
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(columns, kinds, strict=True))
    body = ""
    for first, *others in texts:
        cells = "".join(f"<td{kind}>{text}</td>" for text, kind in zip(others, kinds[1:], strict=True))
        body += f'<tr><th scope="row">{first}</th>{cells}</tr>'
    return (
        f'<table class="data"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _is_number(text: str) -> bool:
    """Whether a cell is a number, a percentage, a range of either, or empty."""
    if "–" in text:
        return all(map(_is_number, text.split("–")))
    digits = text.replace(",", "").rstrip(" %\N{NO-BREAK SPACE}").replace(".", "", 1).lstrip("-")
    return digits.isdigit() or not text


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
    show_table(caption, _EPOCH_COLUMNS, rows)


class TrainingProgress:
    """One line that is renewed after each epoch: what was reached, the time spent and the time left.

    Call it with the history and the seconds spent, as `training.train` does. While the run lasts the output's
    metadata carry the line too, for the command line to print.
    """

    def __init__(self, epochs: int, label: str = "Epoch"):
        self.epochs = epochs
        self.label = label
        self.handle = display(HTML("<p>Training …</p>"), display_id=True)

    def __call__(self, history: list[Epoch], seconds: float) -> None:
        """Renew the line after an epoch."""
        last, done = history[-1], len(history)
        line = (
            f"{self.label} {done} of {self.epochs}: train loss {last.train_loss:.4f}, "
            f"validation loss {last.validation_loss:.4f}, validation accuracy {last.validation_accuracy:.2%}; "
            f"{_minutes(seconds)} spent, {_minutes(seconds / done * (self.epochs - done))} left"
        )
        self.handle.update(HTML(f"<p>{escape(line)}</p>"), metadata={PROGRESS: line})


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
