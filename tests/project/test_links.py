"""Every link of documents and notebooks leads somewhere, and every file that they name is there."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from documents import DOCUMENTS, EXECUTED_FILES, NOTEBOOK_FILES, anchors, read_markdown
from nbformat import v4
from support import run

from mnist_helpers.paths import PROJECT_ROOT

each_file = pytest.mark.parametrize(
    "path", [*DOCUMENTS, *NOTEBOOK_FILES, *EXECUTED_FILES], ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix()
)
# What was true once may go by names that are no more.
HISTORY = {"CHANGELOG.md", "experiments.md"}
ROOTS = (PROJECT_ROOT, PROJECT_ROOT / "mnist_helpers")


@pytest.fixture(scope="module")
def repository() -> set[Path]:
    """The files that git has, or would take, and their folders: what lies beside them is on this machine alone."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=PROJECT_ROOT)
    if listed.code:
        pytest.skip("not a git checkout")
    files = [PROJECT_ROOT / name for name in listed.out.split("\0") if name and (PROJECT_ROOT / name).is_file()]
    return {place for file in files for place in (file, *file.parents)}


def trouble(link: str, source: Path, repository: set[Path]) -> str:
    """Why a link that stands in the file `source` leads nowhere; empty for one that leads somewhere."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        host = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
        return "" if parts.scheme == "https" and host and not re.search(r"\s", link) else "no proper https address"
    target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
    if target not in repository:
        return "no such file in the repository"
    place = unquote(parts.fragment)
    if not place:
        return ""
    if lines := re.fullmatch(r"L(\d+)", place):
        length = len(target.read_text(encoding="utf-8").splitlines())
        return "" if int(lines[1]) <= length else f"the file has {length} lines"
    if target.suffix not in {".md", ".ipynb"} or place not in anchors(target):
        return "no such heading there"
    return ""


@each_file
def test_every_link_leads_somewhere(path, repository):
    broken = {link: why for link in read_markdown(path).links if (why := trouble(link, path, repository))}
    assert broken == {}


def test_links_that_lead_nowhere_are_found(tmp_path):
    here, notebook = tmp_path / "here.md", tmp_path / "01 first.ipynb"
    here.write_text(
        "# One\n## The `x` – *two*, three\n## One\n[a](#one) <a href='b.md'>b</a>\n\n| [c](c.md) |\n| --- |\n"
    )
    shown = v4.new_output("display_data", {"text/markdown": "[d](d.md)"})
    cells = [v4.new_markdown_cell("# The First"), v4.new_code_cell("1", outputs=[shown])]
    nbformat.write(v4.new_notebook(cells=cells), notebook)
    assert sorted(read_markdown(here).links) == ["#one", "b.md", "c.md"]
    assert read_markdown(notebook).links == ("d.md",)
    leads = ["#one", "#the-x--two-three", "#one-1", "01%20first.ipynb", "01%20first.ipynb#The-First", "here.md#L7"]
    leads += ["https://arxiv.org/abs/1502.01852", ""]
    nowhere = ["#two", "there.md", "01%20first.ipynb#the-first", "here.md#L8", "http://arxiv.org", "https://x y.org"]
    files = {here, notebook}
    assert [link for link in leads if trouble(link, here, files)] == []
    assert [link for link in nowhere if not trouble(link, here, files)] == []


@pytest.mark.parametrize(
    "path", [path for path in (*DOCUMENTS, *NOTEBOOK_FILES) if path.name not in HISTORY], ids=lambda path: path.name
)
def test_every_file_that_is_named_is_there(path, repository):
    named = [
        name for code in read_markdown(path).code for name in re.findall(r"[\w./-]+/[\w.-]+\.(?:py|md|ipynb)\b", code)
    ]
    missing = [name for name in named if not any((root / name) in repository for root in ROOTS)]
    assert missing == []
