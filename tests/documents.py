"""What documents and notebooks say in Markdown: links, headings and code, for tests that hold them to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mistune
import nbformat
from bs4 import BeautifulSoup

from mnist_helpers.paths import NOTEBOOKS, PROJECT_ROOT, run_paths

DOCUMENTS = [
    *(PROJECT_ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    *PROJECT_ROOT.glob("docs/*.md"),
]
NOTEBOOK_FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
EXECUTED_FILES = sorted(run_paths().executed.glob("*.ipynb"))
_parse = mistune.create_markdown(renderer="ast", plugins=["table", "url", "strikethrough"])


@dataclass(frozen=True)
class Markdown:
    """The text of a document, or of the Markdown cells and Markdown outputs of a notebook, and what is in it."""

    links: tuple[str, ...]
    headings: tuple[str, ...]
    code: tuple[str, ...]


@cache
def read_markdown(path: Path) -> Markdown:
    """What the Markdown of a .md or .ipynb file holds; what stands in HTML counts as well."""
    links, headings, code = [], [], []
    for text in _texts(path):
        for token in _tokens(_parse(text)):
            kind = token["type"]
            if kind in {"link", "image"}:
                links.append(token["attrs"]["url"])
            elif kind in {"block_html", "inline_html"}:
                soup = BeautifulSoup(token["raw"], "html.parser")
                links += [tag[name] for tag in soup(True) for name in ("href", "src") if tag.has_attr(name)]
                code.append(soup.get_text())
            elif kind == "heading":
                headings.append("".join(part.get("raw", "") for part in _tokens(token["children"])))
            elif kind in {"codespan", "block_code"}:
                code.append(token["raw"])
    return Markdown(tuple(links), tuple(headings), tuple(code))


def anchors(path: Path) -> set[str]:
    """What can stand after # in a link to this file: GitHub's for a document, JupyterLab's for a notebook."""
    headings = read_markdown(path).headings
    if path.suffix == ".ipynb":
        return {heading.replace(" ", "-") for heading in headings}
    names: list[str] = []
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        taken = sum(name == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", name) is not None for name in names)
        names.append(f"{slug}-{taken}" if taken else slug)
    return set(names)


def _texts(path: Path) -> Iterator[str]:
    if path.suffix != ".ipynb":
        yield path.read_text(encoding="utf-8")
        return
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", ()):
            if "text/markdown" in output.get("data", {}):
                yield output.data["text/markdown"]


def _tokens(tokens: list[dict]) -> Iterator[dict]:
    for token in tokens:
        yield token
        yield from _tokens(token.get("children", []))
