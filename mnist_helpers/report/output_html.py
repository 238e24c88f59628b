"""Outputs as HTML that only shows: a text in them may come from a stranger's file, and no part of it may act."""

import re

from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, import_plugin

ELEMENTS = re.compile(
    "a|b|blockquote|br|caption|code|col|colgroup|dd|del|details|div|dl|dt|em|fieldset|figcaption|figure|h[1-6]|hr|i|img|"
    "input|label|legend|li|ol|p|pre|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
DRAWING = re.compile("clippath|defs|g|image|path|rect|svg|text|tspan|use")  # as parsers write their names
ATTRIBUTES = re.compile(
    "alt|aria-label|class|clip-path|colspan|d|height|href|id|opacity|role|rowspan|scope|src|start|style|title|transform|"
    "viewbox|width|x|y"
)
# Of forms only choices, radio buttons that the page's style follows, and their labels: nothing takes or sends a text.
CHOICES = {"input": re.compile("checked|id|name|type"), "label": re.compile("for")}
WITHIN_THE_PAGE = {"href": "#", "src": "data:image/"}
PICTURE = "data:image/png;base64,"
CALLS = re.compile(r"(?:calc|max|min|rgb|var)\(|url\(#[\w-]+\)")  # what a style may call: nothing that is fetched


class _Renderer(IPythonRenderer):
    """Markdown whose HTML is text, and whose links lead to sections of the page or nowhere."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, url) if url.startswith("#") else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text

    def block_mermaidjs(self, code: str) -> str:
        # IPython's would set the code into the page as it is.
        return self.block_code(code)


def markdown_html(source: str) -> str:
    """The Markdown of an output as HTML: tags in it are shown as text, links to elsewhere and images as their words."""
    plugins = [import_plugin(name) for name in ("strikethrough", "table", "def_list")]
    renderer = _Renderer(escape=True, exclude_anchor_links=True)
    return MarkdownWithMath(renderer, plugins=plugins).render(source)


def active_part(content: BeautifulSoup) -> str | None:
    """The first part of an output that could do more than be looked at, in words; None when there is none."""
    for node in content.descendants:
        # Browsers see comments and the like end at other places than parsers do.
        if isinstance(node, PreformattedString):
            return "a comment or declaration"
        if not isinstance(node, Tag):
            continue
        if not ELEMENTS.fullmatch(node.name) and not DRAWING.fullmatch(node.name):
            return f"<{node.name}>"
        if node.name == "input" and node.get("type") != "radio":
            return "an <input> that is no radio button"
        allowed = CHOICES.get(node.name, ATTRIBUTES)
        for name, value in node.attrs.items():
            if not allowed.fullmatch(name) or not _stays(node.name, name, str(value)):
                return f"{name}={str(value)!r:.60} in <{node.name}>"
    return None


def _stays(element: str, name: str, value: str) -> bool:
    """Whether an attribute leads no browser to anything outside the page."""
    if name in {"clip-path", "style"}:
        rest = CALLS.sub("", value)
        return "(" not in rest and "\\" not in rest
    return value.startswith(PICTURE if (element, name) == ("image", "href") else WITHIN_THE_PAGE.get(name, ""))
