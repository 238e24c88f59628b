"""A figure as SVG for the page of the report: small, in the colours of the page's theme, and the same every time.

A notebook shows the PNG beside it: transparent and with the page's colours, it could not be read in a dark JupyterLab.
"""

import io
import re
from base64 import b64decode, b64encode
from xml.etree import ElementTree

from markupsafe import escape
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

MIME_TYPE = "application/vnd.mnist-cnn.svg+xml"  # no one else's, so that only the report shows it
CSS_PIXELS_PER_POINT = 96 / 72
BLUE, ORANGE, GREY, GRID = "#1f5fa8", "#c8500a", "#6b7280", "#e5e7eb"
# What is drawn in these colours takes those of the page; any other is the same in light and dark.
THEME = {"#000000": "currentColor", BLUE: "var(--blue)", ORANGE: "var(--orange)", GREY: "var(--muted)"}
THEME |= {GRID: "var(--line)"}
PNG_DATA = "data:image/png;base64,"
NOT_DRAWN = {"metadata", "style"}


def draw_svg(figure: Figure, alt: str) -> str:
    """The figure as an SVG element for HTML, named `alt`: text as text, pictures in their own pixels."""
    buffer = io.BytesIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": alt}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", transparent=True, metadata={"Date": None})
    drawing = buffer.getvalue().decode()
    root = ElementTree.fromstring(drawing)
    named = set(re.findall(r"#([\w-]+)[\")]", drawing))
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    return (
        f'<svg role="img" aria-label="{escape(alt)}" width="{width * CSS_PIXELS_PER_POINT:.0f}" '
        f'viewBox="0 0 {width:.4g} {height:.4g}">{"".join(_markup(child, named) for child in root)}</svg>'
    )


def _markup(element: ElementTree.Element, named: set[str]) -> str:
    """An element less what shows nothing: groups of one look, names that nothing refers to, empty backgrounds."""
    kind = element.tag.partition("}")[2]
    attributes = {key.partition("}")[2] or key: _short(key, value) for key, value in element.attrib.items()}
    if attributes.get("id") not in named:
        attributes.pop("id", None)
    if kind in NOT_DRAWN or attributes.get("style") == "fill:none":
        return ""
    content = "".join(_markup(child, named) for child in element)
    if not len(element):
        content = str(escape((element.text or "").strip()))
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value)
    if (kind == "g" and not written) or (kind in {"g", "defs"} and not content):
        return content
    return f"<{kind}{written}>{content}</{kind}>"


def _short(key: str, value: str) -> str:
    """An attribute's value in few characters and in the colours of the page; empty when it says nothing."""
    if key.endswith("href"):
        return _picture(value) if value.startswith(PNG_DATA) else value
    value = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.4g}", value)
    if key == "style":
        parts = [part.strip().replace(": ", ":") for part in value.split(";")]
        value = ";".join(part for part in parts if not part.startswith("font-family"))
        return re.sub(r"#[0-9a-f]{6}", lambda colour: THEME.get(colour[0], colour[0]), value)
    if key == "d":
        return re.sub(r"\s*([A-Za-z])\s*", r"\1", value).strip()
    return "" if re.match(r"rotate\(-?0 ", value) else value


def _picture(data: str) -> str:
    """A picture in its data URI; in one channel where it has greys alone, which takes a third of the bytes."""
    with Image.open(io.BytesIO(b64decode(data.removeprefix(PNG_DATA)))) as image:
        grey = image.convert("L")
        buffer = io.BytesIO()
        (grey if grey.convert(image.mode).tobytes() == image.tobytes() else image).save(
            buffer, format="png", optimize=True
        )
    return PNG_DATA + b64encode(buffer.getvalue()).decode()
