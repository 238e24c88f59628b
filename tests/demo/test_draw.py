"""The page to draw on as its users meet it: with mouse, finger and keyboard, on a phone, in the dark."""

import base64
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import chromium
from checkpoints import save, untrained_run

from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.data.splits import LabelledImages, load_test_data
from mnist_helpers.demo import in_eight_bits, write_page
from mnist_helpers.network.classify import predict
from mnist_helpers.network.model import MnistCNN
from mnist_helpers.network.prediction import Answer, Refusal, predict_files, read_image
from mnist_helpers.paths import run_paths
from mnist_helpers.settings import ModelSettings

pytestmark = pytest.mark.browser

DESKTOP, PHONE = 1280, 390
SEVERAL = [[[0.2, 0.2], [0.2, 0.8]], [[0.8, 0.2], [0.8, 0.8]]]
BUTTONS = ["Clear", "Undo", "Next example"]
CLASSIFY = """text => {
    const all = unpacked(text, Uint8Array);
    return Array.from({length: all.length / 784}, (_, at) => classify(all.subarray(784 * at, 784 * (at + 1))));
}"""
READ = """drawing => {
    strokes = drawing;
    const ink = inkOnSheet();
    try {
        const image = prepare(ink);
        return [sheet.toDataURL(), [...image], classify(image)];
    } catch (trouble) {
        return [sheet.toDataURL(), trouble.message, null];
    }
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """The page of the reference network."""
    return write_page(load_checkpoint(run_paths().checkpoint), tmp_path_factory.mktemp("demo") / "draw.html")


@pytest.fixture(scope="module")
def rounded() -> MnistCNN:
    return in_eight_bits(load_checkpoint(run_paths().checkpoint).model)


@pytest.fixture
def open_page(browser, path):
    """Open the page afresh at a given width; whatever it asks for or complains of fails the test."""

    @contextmanager
    def opened(width: int = DESKTOP, page_path: Path = path, **options):
        with browser.new_context(viewport={"width": width, "height": 844}, **options) as context:
            page = context.new_page()
            asked, said = [], []
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto(page_path.as_uri())
            yield page
            assert asked == [page_path.as_uri()]
            assert said == []

    return opened


def press_example(page, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name="Next example").click()


def settle(page) -> None:
    """Wait until the answer is final."""
    while page.evaluate("frame || rest"):
        page.wait_for_timeout(20)


def answer(page) -> tuple[str, str]:
    """Digit and remark, once they are final."""
    settle(page)
    return page.locator("#answer").inner_text(), page.locator("#remark").inner_text()


def draw(page, points, lift: bool = True) -> None:
    """Draw with the mouse through points given as parts of the drawing's sides."""
    box = page.locator("#drawing").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    if lift:
        page.mouse.up()


def answers(page, images: torch.Tensor) -> np.ndarray:
    """What the page says of uint8 images: probabilities (N, 10)."""
    return np.array(page.evaluate(CLASSIFY, base64.b64encode(images.numpy().tobytes()).decode()))


def drawings(page) -> list:
    """The examples in several sizes and places, a tap, short and long lines, and what is refused."""
    changed = [
        [[[0.5 + size * (x - 50) / 100 + shift, 0.5 + size * (y - 50) / 100] for x, y in points] for points in strokes]
        for strokes in page.evaluate("EXAMPLES")
        for size, shift in ((1, 0), (0.3, 0.3), (1.3, 0))
    ]
    level = [[[0.1, at], [0.9, at]] for at in (0.1, 0.4, 0.9)]
    lattice = level + [[[at, 0.1], [at, 0.9]] for at in (0.1, 0.4, 0.65, 0.9)]
    speck = [[[0.3, 0.1], [0.3, 0.9], [0.6, 0.9], [0.6, 0.1], [0.3, 0.1]], [[0.9, 0.9]]]
    return [*changed, [[[0.5, 0.5]]], [[[0.5, 0.4], [0.53, 0.55]]], [[[0, 0], [1, 1]]], speck, SEVERAL, lattice]


def test_each_example_is_read_as_its_digit_and_what_lies_between_two_as_unsure(open_page):
    with open_page() as page:
        assert answer(page) == ("–", "Nothing is drawn yet.")
        for digit in range(10):
            press_example(page)
            shown, remark = answer(page)
            assert (shown, "unsure" in remark) == (str(digit), False)
            assert page.locator("li").nth(digit).get_attribute("class") == "highest"
        press_example(page)
        assert re.fullmatch(r"[\d.]+ %\nunsure, else \d \([\d.]+ %\)", answer(page)[1])


def test_drawings_are_prepared_and_answered_as_predict_does_it(open_page, rounded, tmp_path):
    file = tmp_path / "sheet.png"
    refused = 0
    with open_page() as page:
        for drawing in drawings(page):
            sheet, image, probabilities = page.evaluate(READ, drawing)
            file.write_bytes(base64.b64decode(sheet.partition(",")[2]))
            (expected,) = predict_files(rounded, [file])
            if isinstance(expected, Refusal):
                assert probabilities is None, expected.reason
                refused += 1
                continue
            assert abs(read_image(file).ravel().astype(int) - image).max() <= 1
            found = Answer(file, tuple(probabilities))
            assert found.probabilities == pytest.approx(expected.probabilities, abs=0.01)
            assert (found.digit, found.unsure) == (expected.digit, expected.unsure)
    assert refused >= 2


@pytest.mark.parametrize("settings", [ModelSettings("plain", 5), ModelSettings("deep", 3, batch_norm=False)])
def test_every_architecture_answers_as_its_8_bits_do_in_python(open_page, digits, tmp_path, settings):
    save(tmp_path / "network.pth", untrained_run(settings))
    checkpoint = load_checkpoint(tmp_path / "network.pth")
    images = digits[2][:50]
    with open_page(page_path=write_page(checkpoint, tmp_path / "draw.html")) as page:
        found = answers(page, images.images)
    np.testing.assert_allclose(found, predict(in_eight_bits(checkpoint.model), images).probabilities, atol=1e-4)


@pytest.mark.mnist
def test_all_test_images_get_the_answers_of_the_8_bits_in_python(open_page, rounded, mnist_source):
    images = load_test_data(mnist_source).images
    expected = predict(rounded, LabelledImages(images, torch.zeros(len(images), dtype=torch.int64)))
    with open_page() as page:
        found = np.concatenate([answers(page, part) for part in images.split(500)])
    np.testing.assert_array_equal(found.argmax(axis=1), expected.predicted)
    np.testing.assert_allclose(found, expected.probabilities, atol=1e-3)


def test_the_mouse_draws_and_the_probabilities_follow(open_page):
    with open_page() as page:
        settle(page)
        draw(page, [(0.5, 0.1), (0.5, 0.5), (0.5, 0.9)], lift=False)
        settle(page)
        before = page.locator("li").all_inner_texts()
        assert page.locator("#said").inner_text() == "Nothing is drawn yet.", "nothing is said aloud while one draws"
        page.mouse.move(*centre(page))
        page.mouse.up()
        draw(page, [(0.5, 0.1), (0.8, 0.1), (0.8, 0.5), (0.5, 0.5)])
        digit, remark = answer(page)
        assert page.locator("li").all_inner_texts() != before
        assert page.locator("#said").text_content() == f"{digit}: {remark}"
        page.keyboard.press("Control+z")
        settle(page)
        assert page.evaluate("strokes.length") == 1
        page.get_by_role("button", name="Undo").click()
        assert answer(page) == ("–", "Nothing is drawn yet.")


def centre(page) -> tuple[float, float]:
    box = page.locator("#drawing").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_second_digit_is_refused_and_clear_takes_all_away(open_page):
    with open_page() as page:
        for points in SEVERAL:
            draw(page, points)
        assert answer(page) == ("–", "Several digits side by side: draw one.")
        page.get_by_role("button", name="Clear").click()
        assert answer(page) == ("–", "Nothing is drawn yet.")
        ink = "[...drawing.getContext('2d').getImageData(0, 0, drawing.width, drawing.height).data].some(Boolean)"
        assert not page.evaluate(ink)


def test_a_finger_draws_on_a_phone_and_does_not_scroll(open_page):
    with open_page(PHONE, has_touch=True) as page:
        touch = page.context.new_cdp_session(page)
        x, y = centre(page)
        for down in range(-120, 121, 20):
            kind = "touchStart" if down == -120 else "touchMove"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y + down}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert answer(page)[0] == "1"
        assert page.evaluate("scrollY") == 0


def test_a_keyboard_reaches_everything_and_sees_where_it_is(open_page):
    with open_page() as page:
        for name in BUTTONS:
            page.keyboard.press("Tab")
            focus = page.locator(":focus")
            assert focus.inner_text() == name
            assert focus.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        digit, remark = answer(page)
        assert digit == "0"
        assert page.get_by_role("status").text_content() == f"{digit}: {remark}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_axe_finds_no_barrier(open_page, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()
    # The content security policy lets nobody else's script in.
    with open_page(width, color_scheme=scheme, bypass_csp=True) as page:
        for examples in (0, 11):
            press_example(page, examples)
            answer(page)
            found = axe.run(page, options={"resultTypes": ["violations"]})
            assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ink_follows_the_theme(open_page):
    ink = {}
    for scheme in ("light", "dark"):
        with open_page(color_scheme=scheme) as page:
            draw(page, [(0.5, 0.3), (0.5, 0.7)])
            answer(page)
            middle = "[...drawing.getContext('2d').getImageData(drawing.width / 2, drawing.height / 2, 1, 1).data]"
            ink[scheme] = sum(page.evaluate(middle)[:3])
    assert ink["light"] < 200 < 500 < ink["dark"]
