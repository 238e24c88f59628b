"""The report as its readers meet it: in a browser, on a phone, in the dark, without scripts, on paper."""

import io
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import chromium
from PIL import Image

from mnist_helpers.evaluation import verdict_sentence
from mnist_helpers.paths import PROJECT_ROOT, run_paths

pytestmark = pytest.mark.browser

DESKTOP, PHONE = 1280, 390
A4_TEXT_WIDTH = 680  # CSS pixels: 210 mm less two margins of 15 mm
A4_TEXT_HEIGHT = 1001  # 297 mm less two margins of 16 mm
LONGEST = 10_000  # pixels at DESKTOP, some eleven screens
OVERFLOWS = "box => box.scrollWidth > box.clientWidth"
NAME = "box => box.getAttribute('aria-label')"
AXE_OPTIONS = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Report:
    """A report and the metrics that it was made from."""

    path: Path
    metrics: dict


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module", params=["digits", "reference"])
def report(request) -> Report:
    """The report of a run on the digits sample, and the one that is committed."""
    paths = request.getfixturevalue("digits_run") if request.param == "digits" else run_paths()
    if not paths.report.is_file():
        pytest.skip(f"{paths.report.relative_to(PROJECT_ROOT)} is not there")
    return Report(paths.report, json.loads(paths.metrics.read_text()))


@pytest.fixture
def open_report(browser, report):
    """Open the report in a fresh page of a given width."""

    @contextmanager
    def open_page(width: int = DESKTOP, **options):
        context = browser.new_context(viewport={"width": width, "height": 844}, **options)
        try:
            page = context.new_page()
            page.goto(report.path.as_uri())
            yield page
        finally:
            context.close()

    return open_page


def unfold(page) -> None:
    """Open everything that folds."""
    page.eval_on_selector_all("details", "folds => folds.forEach(fold => fold.open = true)")


def edge(picture: bytes) -> list[tuple]:
    """The outermost pixels at the right of a screenshot, where a shadow is or is not, below its caption."""
    with Image.open(io.BytesIO(picture)) as image:
        return [image.getpixel((image.width - 2, row)) for row in range(image.height // 2, image.height)]


def texts(page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_text_contents()]


def table(page, caption: str) -> list[dict[str, str]]:
    """The rows of the table whose caption begins so; of columns with the same name the first counts."""
    found = page.locator("table").filter(has=page.locator("caption", has_text=re.compile(f"^{caption}")))
    head = texts(found, "thead th")
    rows = [texts(row, "th, td") for row in found.locator("tbody tr").all()]
    return [dict(reversed(list(zip(head, row, strict=True)))) for row in rows]


def test_it_asks_for_nothing_and_says_nothing(browser, report):
    with browser.new_context() as context:
        page = context.new_page()
        requests, messages = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(report.path.as_uri())
        unfold(page)
        page.wait_for_load_state("networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [report.path.as_uri()]
    assert not messages


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_axe_finds_no_barrier(open_report, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()
    with open_report(width, color_scheme=scheme) as page:
        closed = axe.run(page, options=AXE_OPTIONS)
        unfold(page)
        opened = axe.run(page, options=AXE_OPTIONS)
    assert closed.violations_count == 0, closed.generate_report()
    assert opened.violations_count == 0, opened.generate_report()


def test_a_phone_never_scrolls_sideways(open_report):
    width = "document.documentElement.scrollWidth"
    with open_report(PHONE) as page:
        assert page.evaluate(width) <= PHONE
        unfold(page)
        assert page.evaluate(width) <= PHONE


@pytest.mark.parametrize(("width", "most"), [(DESKTOP, 900), (PHONE, 2 * 844)])
def test_the_decision_card_is_one_screen_and_two_on_a_phone(open_report, width, most):
    with open_report(width) as page:
        assert page.eval_on_selector(".lead", "lead => lead.getBoundingClientRect().bottom") <= most


def test_it_reads_without_scripts(open_report):
    with open_report(java_script_enabled=False) as page:
        assert page.locator(".headline").is_visible()
        assert page.locator("table").count() >= 5
        assert all(table.is_visible() for table in page.locator("table:not(.appendix table):not(.fold table)").all())
        appendix = page.locator(".appendix").first
        assert not appendix.locator("table").first.is_visible(), "what is no evaluation is an appendix, closed"
        appendix.locator("> summary").click()
        assert appendix.locator("table").first.is_visible()
        fold = page.locator(".fold:not(.appendix .fold)").first
        assert not fold.locator("> :not(summary)").first.is_visible()
        fold.locator("summary").click()
        assert fold.locator("> :not(summary)").first.is_visible()


def test_everything_has_a_name(open_report, report):
    with open_report() as page:
        images = page.eval_on_selector_all("img", "found => found.map(image => [image.alt.trim(), image.naturalWidth])")
        assert all(alt and width > 0 for alt, width in images)
        assert page.locator("figure").count() >= 8
        assert page.locator("figure:not(:has(> img, > svg[role=img][aria-label]))").count() == 0
        assert all(texts(page, "caption")) and page.locator("table:not(:has(> caption))").count() == 0
        assert page.locator("table:not(:has(th[scope=col])), tbody tr:not(:has(th[scope=row]))").count() == 0
        assert page.locator("h1").count() == 1
        targets = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        ids = page.eval_on_selector_all("[id]", "found => found.map(element => element.id)")
    assert len(ids) == len(set(ids))
    beside = {target for target in targets if not target.startswith(("https://", "#"))}
    assert beside <= {"draw.html"} and all(report.path.with_name(name).is_file() for name in beside)
    inside = {target.removeprefix("#") for target in targets if target.startswith("#")}
    assert inside and inside <= set(ids)


def test_the_numbers_are_those_of_the_metrics(open_report, report):
    metrics = report.metrics
    with open_report() as page:
        headline = page.locator(".headline").inner_text()
        facts = dict(zip(texts(page, ".facts dt"), texts(page, ".facts dd"), strict=True))
        gates = table(page, "Gates")
        scores = table(page, "Scores by digit")
        confused = table(page, "Most confused pairs")
    assert headline == verdict_sentence(metrics)
    assert facts["How sure"].startswith(f"{metrics['errors']} errors; 95% interval")
    assert [(row["Gate"], row["Found"], row["Result"]) for row in gates] == [
        (gate["name"], gate["shown"], "pass" if gate["passed"] else "fail") for gate in metrics["gates"]
    ]
    wanted = [(str(row["digit"]), row, row["support"]) for row in metrics["per_class"]]
    wanted += [("Macro average", metrics["macro_avg"], metrics["n_test"])]
    wanted += [("Weighted average", metrics["weighted_avg"], metrics["n_test"])]
    assert [tuple(row[name] for name in ("Digit", "Precision", "Recall", "F1", "Images")) for row in scores] == [
        (name, *(f"{row[score]:.4f}" for score in ("precision", "recall", "f1")), f"{images:,}")
        for name, row, images in wanted
    ]
    pairs = [tuple(str(pair[key]) for key in ("true", "predicted", "count")) for pair in metrics["most_confused"]]
    found = [(row["True digit"], row["Predicted"], row["Images"]) for row in confused]
    assert bool(found) == bool(pairs) and found == pairs[: len(found)]


def test_it_prints_on_a_few_sheets_of_a4(open_report):
    with open_report(A4_TEXT_WIDTH, color_scheme="dark") as page:
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= A4_TEXT_WIDTH
        assert page.eval_on_selector_all(".scroll, pre", "boxes => boxes.every(b => b.scrollWidth <= b.clientWidth)")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.eval_on_selector(".lead", "lead => lead.getBoundingClientRect().bottom") <= A4_TEXT_HEIGHT
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}
    sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 3 <= sheets <= 10
    assert 50_000 < len(pdf) < 3_000_000


def test_errors_are_filtered_without_a_script_and_printed_whole(open_report):
    with open_report(java_script_enabled=False) as page:
        explorer, errors = page.locator(".explorer"), page.locator(".explorer li")
        if not explorer.count():
            pytest.skip("this report has no explorer of errors")
        words = {label: int(re.search(r"\((\d+)\)$", label)[1]) for label in texts(explorer, "label")}
        shown = page.locator(".explorer li:visible")
        assert errors.count() == shown.count() == words[next(iter(words))]
        for label, count in words.items():
            explorer.get_by_label(label, exact=True).check()
            assert shown.count() == count, label
        page.emulate_media(media="print")
        assert shown.count() == errors.count() and not explorer.locator("fieldset").is_visible()
        page.emulate_media(media="screen")
        explorer.get_by_role("radio").first.focus()
        page.keyboard.press("ArrowRight")
        assert explorer.get_by_role("radio").nth(1).is_checked()


def test_it_is_short(open_report, report):
    with open_report() as page:
        assert page.evaluate("document.documentElement.scrollHeight") < LONGEST
    assert report.path.stat().st_size < 800_000


def test_no_table_is_wider_than_its_box_on_a_desk(open_report):
    with open_report() as page:
        unfold(page)
        assert not page.eval_on_selector_all(".scroll", f"boxes => boxes.filter({OVERFLOWS}).map({NAME})")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_box_that_goes_on_shows_it_until_its_end(open_report, scheme):
    with open_report(PHONE, color_scheme=scheme) as page:
        unfold(page)
        boxes = page.locator(".scroll")
        wide = boxes.evaluate_all(f"boxes => boxes.flatMap((box, at) => ({OVERFLOWS})(box) ? [at] : [])")
        assert wide
        box = boxes.nth(wide[0])
        before = box.screenshot()
        box.evaluate("box => box.scrollLeft = box.scrollWidth")
        assert edge(before) != edge(box.screenshot())


def test_figures_follow_the_theme(open_report):
    ink = {}
    for scheme in ("light", "dark"):
        with open_report(color_scheme=scheme) as page:
            ink[scheme] = page.locator("figure svg text").first.evaluate("text => getComputedStyle(text).fill")
            assert ink[scheme] == page.evaluate("getComputedStyle(document.body).color")
    assert ink["light"] != ink["dark"]


def test_the_alternative_text_is_said_nowhere_else(open_report):
    with open_report() as page:
        names = page.eval_on_selector_all("figure > *", "all => all.map(a => a.getAttribute('aria-label') || a.alt)")
        text = " ".join(texts(page, "p, caption, figcaption"))
    said = [sentence for name in names for sentence in re.split(r"(?<=[.;]) ", name) if len(sentence) > 30]
    assert said and not [sentence for sentence in said if sentence in text]
