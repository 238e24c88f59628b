import base64

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mnist_helpers.errors import MnistError
from mnist_helpers.report.export import DRAWING, export_report
from mnist_helpers.report.output_html import active_part

CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode() + "\n"


def markdown(source, *tags):
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata={"tags": list(tags)})


def display(kind, content, **metadata):
    return new_output("display_data", {kind: content, "text/plain": "fallback"}, metadata={kind: metadata})


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


@pytest.fixture
def write(tmp_path):
    """Write a notebook with a title cell before `cells`."""

    def write_notebook(stem, *cells, title="# Evaluation\n\nReads the checkpoint."):
        path = tmp_path / f"{stem}.ipynb"
        nbformat.write(new_notebook(cells=[new_markdown_cell(title), *cells]), path)
        return path

    return write_notebook


@pytest.fixture
def export(tmp_path):
    """The page made of `notebooks`, parsed."""

    def export_page(*notebooks, **options):
        path = export_report(notebooks, tmp_path / "report.html", "Digits & more", **options)
        return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")

    return export_page


def test_page_stands_alone(write, export):
    page = export(write("04", code("1", display("text/html", "<p>Made in a cell</p>"))))
    assert page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"] == CSP
    assert not page.select("script, link, [src^=http]")
    assert "url(" not in page.style.text and "@import" not in page.style.text
    assert page.html["lang"] == "en"
    assert page.title.text == page.h1.text == "Digits & more"


def test_banner_is_shown_only_when_given(write, export):
    notebook = write("04")
    assert not export(notebook).select("[role=note]")
    assert export(notebook, banner="Not <MNIST>").select_one("header > [role=note]").text == "Not <MNIST>"


def test_a_page_to_draw_on_is_linked_only_when_given(write, export):
    notebook = write("04")
    assert not export(notebook).select("header a")
    assert [link["href"] for link in export(notebook, demo="draw.html").select("header a")] == ["draw.html"]


def test_headings_nest_and_their_ids_never_clash(write, export):
    page = export(
        write("04", markdown("## Data\n\n#### Deep"), markdown("## Data"), markdown("## Größe")),
        write("03", code("1", display("text/markdown", "## Data")), title="# Training"),
    )
    headings = [(heading.name, heading.get("id")) for heading in page.select("h1, h2, h3, h4, h5, h6")]
    assert headings == [
        ("h1", None),
        ("h2", "evaluation"),
        ("h3", "evaluation-data"),
        ("h4", "evaluation-deep"),
        ("h3", "evaluation-data-2"),
        ("h3", "evaluation-größe"),
        ("h2", "training"),
        ("h3", "training-data"),
    ]
    assert "Reads the checkpoint" not in page.text


def test_contents_lead_to_parts_and_sections_in_the_order_given(write, export):
    page = export(
        write("04", markdown("## Errors & pairs\n\n### Not listed")),
        write("01", markdown("## Samples"), title="# Exploration"),
    )
    links = page.select("nav[aria-label=Contents] a")
    assert [link.text for link in links] == ["Evaluation", "Errors & pairs", "Exploration", "Samples"]
    assert all(page.find(id=link["href"].removeprefix("#")).text == link.text for link in links)
    assert [link.text for link in page.select("nav ol ol a")] == ["Errors & pairs", "Samples"]


def test_verdict_comes_first_and_without_code(write, export):
    page = export(
        write(
            "04",
            markdown("## Details"),
            markdown("## Summary", "verdict"),
            code("say()", display("text/html", '<p class="headline">Good.</p>'), tags=["verdict"]),
            markdown("Closing words.", "verdict"),
        )
    )
    lead = page.main.find(True)
    assert lead["class"] == ["lead"]
    assert lead.h2["id"] == "verdict-summary"
    assert lead.select_one(".headline").text == "Good."
    assert "Closing words." in lead.text and "say()" not in page.text and "Details" not in lead.text
    assert lead.find_next_sibling().name == "nav"
    assert [part.h2.text for part in page.select("section.part")] == ["Evaluation"]


@pytest.mark.parametrize("tag", ["parameters", "injected-parameters", "notebook-only"])
def test_tagged_cells_stay_in_the_notebook(write, export, tag):
    hidden = display("image/png", PNG)
    page = export(write("04", code("seed = 7", printed("hidden"), hidden, tags=[tag]), markdown("hidden", tag)))
    assert "seed" not in page.main.text and "hidden" not in page.main.text


def test_code_stays_in_the_notebooks(write, export):
    page = export(write("04", code("# Draw all errors\ngallery()", printed("drawn"))))
    assert "drawn" in page.main.text and "gallery" not in page.main.text and "Draw" not in page.main.text


def test_tagged_cells_fold_under_what_they_are(write, export):
    cells = markdown("By Wilson's formula.", "folded"), code("# Seeds <all>\nshow()", printed("7"), tags=["folded"])
    folds = export(write("04", *cells)).select("section details.fold:not([open])")
    assert [fold.summary.text for fold in folds] == ["How this is measured", "Seeds <all>"]
    assert "Wilson" in folds[0].text and "7" in folds[1].pre.text


DRAWN = '<svg role="img" aria-label="Loss" viewBox="0 0 9 9"><path id="a" d="M0 0" clip-path="url(#b)"></path>{}</svg>'
DRAWN = DRAWN.format('<use href="#a"></use><defs><clipPath id="b"><rect></rect></clipPath></defs>')


def drawing(svg):
    data = {DRAWING: svg, "image/png": PNG, "text/plain": "x"}
    return new_output("display_data", data, metadata={"image/png": {"alt": "x"}})


def test_a_drawing_is_shown_in_place_of_its_png(write, export):
    page = export(write("04", code("1", drawing(DRAWN))))
    assert page.select_one("figure > svg")["aria-label"] == "Loss" and not page("img")


def test_drawings_that_look_alike_keep_their_names_apart(write, export):
    page = export(write("04", code("1", drawing(DRAWN), drawing(DRAWN))))
    names = [element["id"] for element in page.select("svg [id]")]
    assert len(names) == len(set(names)) == 4
    for svg in page("svg"):
        assert svg.find(id=svg.use["href"][1:]).name == "path"
        assert svg.find(id=svg.path["clip-path"][5:-1]).name == "clippath"


def test_outputs_are_shown_and_stderr_is_not(write, export):
    result = new_output("execute_result", {"text/plain": "Net(<1>)"}, execution_count=1)
    page = export(write("04", code("1", printed("\x1b[1mdone\x1b[0m\n"), printed("noise", "stderr"), result)))
    assert [output.text for output in page.select("pre.output")] == ["done\n", "Net(<1>)"]
    assert "noise" not in page.text


def test_figures_keep_alt_text_and_size(write, export):
    page = export(write("04", code("1", display("image/png", PNG, alt='A "loss" < 1', width=640, height=480))))
    image = page.select_one("figure > img")
    assert image["alt"] == 'A "loss" < 1'
    assert (image["width"], image["height"]) == ("640", "480")
    assert image["src"] == f"data:image/png;base64,{PNG.strip()}"


@pytest.mark.parametrize(
    "output",
    [
        display("image/png", PNG),
        display("image/png", PNG, alt="  "),
        display(DRAWING, "<svg></svg>"),
        display("text/html", '<img src="data:image/png;base64,">'),
    ],
)
def test_a_figure_without_alt_text_fails_with_its_place(write, export, output):
    with pytest.raises(MnistError, match=r"04_evaluation\.ipynb, cell 3 .*alt text"):
        export(write("04_evaluation", markdown("## Loss"), code("plot()", output)))


@pytest.mark.parametrize("tags", [(), ("notebook-only",)])
def test_an_error_output_fails_with_its_place(write, export, tags):
    failed = new_output("error", ename="ValueError", evalue="too few images", traceback=[])
    with pytest.raises(MnistError, match=r"04\.ipynb, cell 2 ended in ValueError: too few images"):
        export(write("04", code("1 / 0", failed, tags=tags)))


def test_an_output_that_no_page_shows_fails(write, export):
    with pytest.raises(MnistError, match=r"cell 2 has an output .*image/svg\+xml"):
        export(write("04", code("1", new_output("display_data", {"image/svg+xml": "<svg/>"}))))


def test_an_image_outside_the_page_fails(write, export):
    with pytest.raises(MnistError, match=r"loss\.png"):
        export(write("04", markdown("![Loss](loss.png)")))


def test_tables_scroll_in_a_named_box(write, export):
    table = "<table><caption>Counts</caption><thead><tr><th scope=col>Digit</th></tr></thead></table>"
    page = export(write("04", code("1", display("text/html", table)), markdown("|a|b|\n|-|-|\n|1|2|")))
    boxes = [found.parent for found in page.select("table")]
    assert [box["aria-label"] for box in boxes] == ["Counts", "Table"]
    assert all((box["role"], box["tabindex"]) == ("group", "0") for box in boxes)


def test_export_depends_on_the_notebooks_alone(write, tmp_path, monkeypatch):
    notebook = write("04", markdown("## A"), code("1", printed("1")))
    first = export_report([notebook], tmp_path / "a" / "report.html", "Report")
    (tmp_path / "elsewhere" / "report_template").mkdir(parents=True)
    (tmp_path / "elsewhere" / "report_template" / "index.html.j2").write_text("wrong")
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = export_report([notebook], tmp_path / "b" / "report.html", "Report")
    assert first.read_bytes() == again.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["report.html"]


def test_a_failed_export_leaves_the_old_report(write, tmp_path):
    destination = tmp_path / "report.html"
    destination.write_text("old")
    with pytest.raises(MnistError):
        export_report([write("04", code("1", display("image/png", PNG)))], destination, "Report")
    assert destination.read_text() == "old"


def test_unreadable_and_untitled_notebooks_are_named(write, export, tmp_path):
    with pytest.raises(MnistError, match=r"Cannot read .*gone\.ipynb"):
        export(tmp_path / "gone.ipynb")
    for text in ("not json", "{}", "[]"):
        (tmp_path / "bad.ipynb").write_text(text)
        with pytest.raises(MnistError, match=r"bad\.ipynb"):
            export(tmp_path / "bad.ipynb")
    with pytest.raises(MnistError, match=r"04\.ipynb must start with .*# Title"):
        export(write("04", title="No title here"))


def test_links_to_headings_as_notebooks_write_them_lead_to_their_sections(write, export):
    page = export(
        write("04", code("1", display("text/html", '<a href="#Data-checks">see</a>')), markdown("## Data checks"))
    )
    (link,) = page.select(".output a")
    assert page.find(id=link["href"].removeprefix("#")).text == "Data checks"


def test_a_link_that_leads_nowhere_fails_the_export(write, export):
    with pytest.raises(MnistError, match="Nowhere"):
        export(write("04", code("1", display("text/html", '<a href="#Nowhere">see</a>'))))


def test_links_to_notebooks_lead_to_their_parts_and_those_to_files_are_words(write, export):
    links = "[a](03.ipynb) [b](03.ipynb#Curves) [c](https://arxiv.org/abs/1502.01852) [d](../mnist_helpers/paths.py)"
    page = export(write("04", markdown(links)), write("03", markdown("## Curves"), title="# Training"))
    ids = {link.text: link["href"].removeprefix("#") for link in page.select(".part a")}
    assert set(ids) == {"a", "b", "c"} and ids["c"] == "https://arxiv.org/abs/1502.01852"
    assert [page.find(id=ids[name]).text for name in "ab"] == ["Training", "Curves"]
    assert "d" in page.find(string=lambda text: text.strip() == "d")


HOSTILE = [
    '<meta http-equiv="refresh" content="0;url=http://example.org">',
    'text <meta http-equiv="refresh" content="0;url=http://example.org"> and text',
    "<form action=http://example.org><input name=password><button>Log in</button></form>",
    "<img src=http://example.org/x.png>",
    "<img src=x onerror=alert(1)>",
    "<svg><a href=http://example.org>x</a></svg>",
    "<!--><form>-->",
    "[x](javascript:alert(1))",
    "[x](http://example.org) and <http://example.org> and http://example.org",
    "[x]\n\n[x]: http://example.org",
    "![x](http://example.org/x.png)",
    "```mermaid\n<form>\n```",
    '```"><form>\nx\n```',
    "| a |\n| - |\n| <form> |",
    "$$<form>$$ \\begin{a}<form>\\end{a}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_text_that_is_shown_acts(write, export, hostile):
    page = export(
        write("04", code("1", display("text/markdown", f"Machine: {hostile}")), code("1", printed(hostile))),
        write("03", code("1", display("text/markdown", hostile)), title="# Training"),
    )
    assert not page.main.select("meta, form, input, button, img, svg, script, iframe, object, embed, base, link")
    assert all(link["href"].startswith("#") for link in page("a"))
    assert not [name for tag in page(True) for name in tag.attrs if name.startswith("on")]
    assert hostile.partition("<")[2].partition(">")[0] in page.main.text, "tags are shown as text"


def test_markdown_of_outputs_still_marks_up(write, export):
    text = "**Bold**, `a < b` and [more](#Data).\n\n```sh\nmnist-cnn report\n```\n\n|a|\n|-|\n|1|"
    page = export(write("04", code("1", display("text/markdown", text)), markdown("## Data")))
    output = page.select_one(".output")
    assert output.strong.text == "Bold" and output.code.text == "a < b" and output.td.text == "1"
    assert output.a["href"] == "#evaluation-data" and "mnist-cnn report" in output.select_one(".highlight").text


@pytest.mark.parametrize(
    ("html", "named"),
    [
        ('<meta http-equiv="refresh" content="0;url=x">', "<meta>"),
        ("<p>Log in<form action=x></form></p>", "<form>"),
        ("<iframe src='data:text/html,x'></iframe>", "<iframe>"),
        ("<object data=x></object>", "<object>"),
        ("<embed src=x>", "<embed>"),
        ("<base href=x>", "<base>"),
        ("<script>x</script>", "<script>"),
        ("<link rel=prefetch href=x>", "<link>"),
        ("<svg><animate></animate></svg>", "<animate>"),
        ("<svg><set></set></svg>", "<set>"),
        ("<svg><script>x</script></svg>", "<script>"),
        ("<svg><style>x</style></svg>", "<style>"),
        ("<svg><foreignObject><p>x</p></foreignObject></svg>", "<foreignobject>"),
        ("<svg onload='x'></svg>", "onload"),
        ("<svg><use href='http://example.org/x.svg#a'></use></svg>", "http://example.org"),
        ("<svg><use xlink:href='#a'></use></svg>", "xlink:href"),
        ("<svg><image href='http://example.org/x.png'></image></svg>", "http://example.org"),
        ("<svg><image href='data:image/svg+xml;base64,'></image></svg>", "data:image/svg"),
        ("<svg><path clip-path='url(http://example.org/x#a)'></path></svg>", "http://example.org"),
        ("<svg><path fill='url(x)'></path></svg>", "fill"),
        ("<p style='background: url(http://example.org)'>x</p>", "http://example.org"),
        ("<p style='background: URL(x)'>x</p>", "URL"),
        (r"<p style='background: u\72l(x)'>x</p>", "style"),
        ("<p style='background: image-set(\"x\" 1x)'>x</p>", "image-set"),
        ("<p onclick='x'>y</p>", "onclick"),
        ("<a href='javascript:x'>y</a>", "javascript:x"),
        ("<a href='http://example.org'>y</a>", "http://example.org"),
        ("<img alt=x src='http://example.org/x.png'>", "http://example.org"),
        ("<!--><form>-->", "comment"),
        ("<input>", "no radio button"),
        ("<input type=text name=password>", "no radio button"),
        ("<input type=Radio>", "no radio button"),
        ("<input type=image src='data:image/png;base64,'>", "no radio button"),
        ("<input type=radio form=x>", "form="),
        ("<input type=radio formaction='http://example.org'>", "formaction="),
        ("<input type=radio value=x>", "value="),
        ("<input type=radio autofocus>", "autofocus="),
        ("<input type=radio onchange=x>", "onchange="),
        ("<input type=radio style='position:fixed'>", "style="),
        ("<label style='position:fixed'>x</label>", "style="),
        ("<fieldset form=x></fieldset>", "form="),
        ("<fieldset disabled></fieldset>", "disabled="),
        ("<button>x</button>", "<button>"),
        ("<select><option>x</option></select>", "<select>"),
        ("<textarea></textarea>", "<textarea>"),
    ],
)
def test_what_could_act_is_named(html, named):
    assert named in active_part(BeautifulSoup(html, "html.parser"))


def test_an_output_with_an_active_part_fails_with_its_place(write, export):
    with pytest.raises(MnistError, match=r"04\.ipynb, cell 2 has an output with <form>"):
        export(write("04", code("1", display("text/html", "<p>Log in<form action=x></form></p>"))))


def test_a_choice_passes_and_its_type_is_the_one_that_was_checked(write, export):
    choice = "<fieldset><legend>Show</legend><input {} name=a id=b checked><label for=b>All</label></fieldset>"
    page = export(write("04", code("1", display("text/html", choice.format("type=radio")))))
    assert page.fieldset.input.attrs == {"type": "radio", "name": "a", "id": "b", "checked": ""}
    assert page.fieldset.label["for"] == "b" and page.legend.text == "Show"
    # Of a type given twice parsers disagree which counts.
    page = export(write("04", code("1", display("text/html", choice.format("type=text type=radio")))))
    assert page.input["type"] == "radio" and "type=text" not in str(page) and 'type="text"' not in str(page)
