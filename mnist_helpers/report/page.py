"""The page as the template is to have it: lead, parts and outline, headings nested, links resolved."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from mnist_helpers.errors import MnistError

HEADING = re.compile("^h[1-6]$")


def arrange(html: str, names: Sequence[str]) -> dict[str, Any]:
    """The lead, the part sections and the outline of `html`: headings nested, links resolved, tables boxed.

    `names` are the file names of the notebooks that the parts are made of.
    """
    soup = BeautifulSoup(html, "html.parser")
    if stranger := soup.select_one("img:not([src^='data:'])"):
        raise MnistError(f"The report must carry its images itself; one refers to {stranger.get('src')!r}.")
    for table in soup("table"):
        name = table.caption.get_text(" ", strip=True) if table.caption else "Table"
        # A box that scrolls sideways and that the keyboard can reach.
        box = {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": name}
        table.wrap(soup.new_tag("div", attrs=box))
    for number, drawing in enumerate(soup("svg"), start=1):
        _rename(drawing, f"figure-{number}")

    outline: list[dict[str, Any]] = []
    taken: set[str] = set()
    anchors: dict[str, str] = {}  # what JupyterLab calls the place of a heading, and its id on this page
    sections = soup("section", recursive=False)
    for section in sections:
        kind = section["class"][0]
        prefix = "verdict-" if kind == "lead" else ""
        above: list[int] = []
        for heading in section(HEADING):
            level = int(heading.name[1])
            above = [*(upper for upper in above if upper < level), level]
            heading.name = f"h{min(len(above) + 1, 6)}"  # by nesting, so that no level is skipped
            text = heading.get_text(" ", strip=True)
            place = heading["id"] = _unique(prefix + _slug(text), taken)
            anchors.setdefault(text.replace(" ", "-"), place)
            if kind == "part" and len(above) == 1:
                prefix = f"{place}-"
                outline.append({"id": place, "text": text, "sections": []})
            elif kind == "part" and len(above) == 2:
                outline[-1]["sections"].append({"id": place, "text": text})
    parts = [section for section in sections if section["class"][0] == "part"]
    titles = [str(section(HEADING)[0]["id"]) for section in parts]
    for link in soup("a", href=True):
        _resolve(link, anchors, dict(zip(names, titles, strict=True)))
    for section in parts[1:]:
        _fold(soup, section)

    pieces = {"lead": "", "part": ""}
    for section in sections:
        pieces[section["class"][0]] += str(section)
    return {**pieces, "outline": outline}


def _resolve(link: Tag, anchors: dict[str, str], titles: dict[str, str]) -> None:
    """Lead a link to its place on the page, or take it off its words: no file lies beside a page that is passed on."""
    parts = urlsplit(str(link["href"]))
    place = unquote(parts.fragment)
    if parts.scheme:
        return
    if not parts.path and place not in anchors:
        raise MnistError(f"A link of the report leads nowhere: no heading of its notebooks is called {place!r}.")
    notebook = Path(unquote(parts.path)).name
    if not parts.path or notebook in titles:
        link["href"] = f"#{anchors.get(place) or titles[notebook]}"
    else:
        link.unwrap()


def _rename(drawing: Tag, prefix: str) -> None:
    """Give the names in a drawing a prefix of its own: figures that look alike have the same."""
    for element in drawing.select("[id]"):
        element["id"] = f"{prefix}-{element['id']}"
    for element in drawing.select("use[href]"):
        element["href"] = f"#{prefix}-{str(element['href'])[1:]}"
    for element in drawing.select("[clip-path]"):
        element["clip-path"] = str(element["clip-path"]).replace("#", f"#{prefix}-")


def _fold(soup: BeautifulSoup, section: Tag) -> None:
    """Close a part below its title: whoever came for the first one reads on to here, and opens what else is wanted."""
    fold, summary = soup.new_tag("details", attrs={"class": "appendix"}), soup.new_tag("summary")
    summary.append(section(HEADING)[0].extract())
    fold.extend([summary, *[child.extract() for child in list(section.contents)]])
    section.append(fold)


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-") or "section"


def _unique(name: str, taken: set[str]) -> str:
    """`name`, or with the first free number after it; the result is taken from now on."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    taken.add(candidate)
    return candidate
