"""Tables and text in a notebook: the same in JupyterLab, on GitHub, in a terminal and in the exported report."""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from IPython.display import display
from markupsafe import Markup, escape

from mnist_helpers.paths import PROJECT_ROOT, RunPaths, shown


@dataclass(frozen=True)
class Table:
    """What a table says; the first column heads its row."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def show_table(table: Table) -> None:
    """Show a table, columns of numbers set right and of text set left; where there is no HTML it is plain text."""
    display({"text/html": table_html(table), "text/plain": table_text(table)}, raw=True)


def show_facts(headline: str, facts: Mapping[str, str]) -> None:
    """Show a sentence in large type with named facts below it; these are escaped unless they are Markup."""
    cards = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    html = f'<p class="headline"><strong>{escape(headline)}</strong></p><dl class="facts">{cards}</dl>'
    text = "\n".join([headline, *(f"{name}: {_plain(value)}" for name, value in facts.items())])
    display({"text/html": html, "text/plain": text}, raw=True)


def show_text(markdown: str) -> None:
    """Show a paragraph of Markdown, usually what the table or figure above it says."""
    display({"text/markdown": markdown, "text/plain": markdown}, raw=True)


def show_run_folder(paths: RunPaths) -> None:
    """Say where the results of a run go that the user did not name, where that is not the reference run's place."""
    if not paths.named and paths.root != PROJECT_ROOT:
        show_text(f"Results go to `{shown(paths.root)}/`, since this is not the reference run, which stays as it is.")


def show_source(*objects: object) -> None:
    """Show the source code of functions and classes as it stands in the package."""
    for thing in objects:
        source = inspect.getsource(thing).rstrip()  # type: ignore[arg-type]
        display({"text/markdown": f"```python\n{source}\n```", "text/plain": source}, raw=True)


def percent(share: float, decimals: int = 0) -> str:
    """A fraction in percent, with up to two more decimals where it would read 100 % and is less."""
    for places in range(decimals, decimals + 3):
        text = f"{share:.{places}%}"
        if share == 1 or not text.startswith("100"):
            return text
    return f">99.{'9' * (decimals + 2)}%"


def percent_range(bounds: Sequence[float]) -> str:
    """An interval of fractions in percent."""
    return f"{percent(bounds[0], 2)}–{percent(bounds[1], 2)}"


def table_html(table: Table) -> str:
    """An accessible HTML table: text is escaped unless it is Markup, and columns of numbers are set right."""
    texts = [[escape(value) for value in row] for row in table.rows]
    numbers = [all(map(is_number, column)) for column in zip(*texts, strict=True)] or [False] * len(table.columns)
    # JupyterLab and GitHub set every cell right unless it says otherwise itself.
    sides = [' class="num" style="text-align:right"' if number else ' style="text-align:left"' for number in numbers]
    columns = zip(table.columns, sides, strict=True)
    head = "".join(f'<th scope="col"{side}>{escape(name)}</th>' for name, side in columns)
    body = ""
    for first, *others in texts:
        cells = "".join(f"<td{side}>{text}</td>" for text, side in zip(others, sides[1:], strict=True))
        body += f'<tr><th scope="row"{sides[0]}>{first}</th>{cells}</tr>'
    return (
        f'<table class="data"><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def table_text(table: Table) -> str:
    """The table in columns of plain text, below its caption; without those that hold nothing but pictures."""
    lines = [[_plain(cell) for cell in row] for row in (table.columns, *table.rows)]
    columns = []
    for cells in zip(*lines, strict=True):
        if not any(cells[1:]):
            continue
        width = max(map(len, cells))
        right = all(map(is_number, cells[1:]))
        columns.append([cell.rjust(width) if right else cell.ljust(width) for cell in cells])
    padded = ["  ".join(line) for line in zip(*columns, strict=True)]
    return "\n".join([table.caption, *(line.rstrip() for line in padded)])


def _plain(cell: object) -> str:
    return cell.striptags() if isinstance(cell, Markup) else str(cell)


def is_number(text: str) -> bool:
    """Whether a cell is a number, a percentage, a range of either, or empty."""
    if "–" in text:
        return all(map(is_number, text.split("–")))
    mantissa = re.sub(r"e-\d+$", "", text.replace(",", ""))
    digits = mantissa.rstrip(" %\N{NO-BREAK SPACE}").replace(".", "", 1).lstrip("-+±")
    return digits.isdigit() or not text
