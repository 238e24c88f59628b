"""Turn executed notebooks into one HTML page that needs nothing but itself."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing, require_writable
from mnist_helpers.paths import shown
from mnist_helpers.report.output_html import active_part, markdown_html
from mnist_helpers.report.page import arrange

TEMPLATE = Path(__file__).resolve().with_name("template")
HIDDEN_TAGS = {"parameters", "injected-parameters", "notebook-only"}
LEAD_TAG = "verdict"
DRAWING = "application/vnd.mnist-cnn.svg+xml"  # what display.show_figure adds to a PNG
SHOWN_TYPES = [DRAWING, "text/html", "text/markdown", "image/png", "text/plain"]  # the first one present is shown


def export_report(notebooks: Sequence[Path], destination: Path, title: str, banner: str = "", demo: str = "") -> Path:
    """Write the executed `notebooks`, in the order given, as one page to `destination`, and return that path.

    Cells tagged `verdict` become the lead of the page; every notebook becomes a part below it, named by its
    `# Title`. `demo` names a page to draw on that lies beside it. The same notebooks give the same bytes.

    Raises MnistError when a notebook cannot be read, has no title, holds an error, an image without alt text,
    an output that a page cannot show or one with an active part, such as a form, or when `destination` cannot be
    written.
    """
    lead, parts = [], []
    for path in notebooks:
        verdict, part = _read_cells(path)
        lead += verdict
        parts.append(part)
    arranged = partial(arrange, names=[path.name for path in notebooks])
    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATE.parent)],  # the default would be the working directory
        template_name=TEMPLATE.name,
        exclude_anchor_links=True,
        filters={"arrange": arranged, "markdown_html": markdown_html},
        config=Config({"NbConvertBase": {"display_data_priority": SHOWN_TYPES}}),
    )
    resources = {"title": title, "banner": banner, "demo": demo}
    html, _ = exporter.from_notebook_node(_merge(lead, parts), resources=resources)
    require_writable(destination.parent)
    with replacing(destination) as temporary:
        temporary.write_bytes(html.encode())
    return destination


def _read_cells(path: Path) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """The lead cells of the notebook at `path`, and the cells of its part, title first."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        raise MnistError(f"Cannot read the notebook {shown(path)}: {error}") from error
    heading = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    match = re.match(r"# +(.+)", heading.source.lstrip()) if heading else None
    if not match:
        raise MnistError(f"{shown(path)} must start with a markdown cell whose first line is `# Title`.")

    lead: list[NotebookNode] = []
    part = [nbformat.v4.new_markdown_cell(f"# {match[1]}")]
    for number, cell in enumerate(notebook.cells, start=1):
        place = f"{shown(path)}, cell {number}"
        _require_success(cell, place)
        tags = set(cell.metadata.get("tags", ()))
        if cell is not heading and not tags & HIDDEN_TAGS:
            _require_showable(cell, place)
            (lead if LEAD_TAG in tags else part).append(cell)
    return lead, part


def _require_success(cell: NotebookNode, place: str) -> None:
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            raise MnistError(f"{place} ended in {output.ename}: {output.evalue}. Run the notebook again, then export.")


def _require_showable(cell: NotebookNode, place: str) -> None:
    for output in cell.get("outputs", ()):
        data = output.get("data")
        if data is None:  # a stream
            continue
        kind = next((kind for kind in SHOWN_TYPES if kind in data), None)
        if kind is None:
            raise MnistError(f"{place} has an output that the report cannot show: {', '.join(sorted(data))}.")
        alt_texts = []
        if kind == "image/png":
            alt_texts = [output.metadata.get(kind, {}).get("alt")]
        elif kind != "text/plain":
            content = BeautifulSoup(markdown_html(data[kind]) if kind == "text/markdown" else data[kind], "html.parser")
            if active := active_part(content):
                raise MnistError(
                    f"{place} has an output with {active}: the report shows text, tables and its own images only."
                )
            alt_texts = [str(image.get("alt", "")) for image in content("img")]
            alt_texts += [str(drawing.get("aria-label", "")) for drawing in content("svg")]
        if not all(text and text.strip() for text in alt_texts):
            raise MnistError(f"{place} shows a figure without alt text: say what it shows.")


def _merge(lead: list[NotebookNode], parts: list[list[NotebookNode]]) -> NotebookNode:
    """One notebook; the first and last cell of a group mark where its section begins and ends."""
    groups = [("lead", lead)] if lead else []
    groups += [("part", part) for part in parts]
    for name, cells in groups:
        cells[0].metadata["opens"] = name
        cells[-1].metadata["closes"] = name
    language = {"name": "python", "pygments_lexer": "ipython3"}
    return nbformat.v4.new_notebook(
        cells=[cell for _, cells in groups for cell in cells], metadata={"language_info": language}
    )
