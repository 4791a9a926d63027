"""Decks and pages in a real browser: nothing from outside, formulas set, nothing over an edge."""

import pathlib

import pytest

from tests import evidence_report
from tests import pages_course as course
from tests.conftest import browser_path
from tools import site, slides

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = {"small": None, "real": ROOT / "notebooks"}
SMALLEST = 24  # px of text on a slide of 1280 x 720
SMALLEST_IN_CARD = 18
LOWEST = 680  # px from the top: below stands the slide's number
FIGURE = 240  # px, the least height of a figure on a slide

# Text and pictures of a slide or page that a reader sees, each with its box and its size of text.
SEEN = """(root) => {
  const found = [], hidden = ".katex-mathml, .katex-html, aside, script, style, svg, [hidden]";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const sizeOf = (element) => parseFloat(getComputedStyle(element).fontSize);
  const add = (element, words, boxes, size) => boxes.forEach((box) => box.width > 0 && found.push({
    words: words.trim().slice(0, 60), left: box.left, right: box.right, top: box.top,
    bottom: box.bottom, size, scrolls: !!element.closest(".scroll, .output, .shown, pre, .display"),
    picture: element.matches("img"), card: !!element.closest(".clr-card") }));
  while (walker.nextNode()) {
    const node = walker.currentNode, above = node.parentElement, range = document.createRange();
    if (!node.data.trim() || above.closest(hidden)) continue;
    range.selectNodeContents(node);
    add(above, node.data, [...range.getClientRects()], sizeOf(above));
  }
  root.querySelectorAll("img, svg, input, .block, .katex-html > .base").forEach((element) => {
    if (element.closest(".katex") && !element.matches(".base")) return;
    const size = sizeOf(element.closest(".katex") ?? root);
    add(element, element.alt || element.textContent || element.tagName,
        [element.getBoundingClientRect()], element.matches(".base") ? size : Infinity);
  });
  return found;
}"""
COVERED = """() => [...Reveal.getCurrentSlide().querySelectorAll(".board > .block")].filter(
    (block) => block.scrollHeight > block.clientHeight + 18).map(
    (block) => block.innerText.trim().slice(0, 60))"""
FORMULAS = """() => ({
  written: document.querySelectorAll(".math").length,
  set: document.querySelectorAll(".math > .katex, .math > .katex-display > .katex").length,
  wrong: [...document.querySelectorAll(".katex-error")].map((each) => each.textContent),
  fonts: [...document.fonts].filter(
    (each) => each.family.startsWith("KaTeX") && each.status === "loaded").length })"""


@pytest.fixture(scope="module", params=NOTEBOOKS)
def built(request, tmp_path_factory):
    """The site with its decks, of the small course and of the real one."""
    browser_path()
    folder = tmp_path_factory.mktemp(request.param)
    notebooks = NOTEBOOKS[request.param] or course.write(folder / "notebooks")
    site.build(notebooks, folder / "site", evidence_report.write(folder / "report.json"))
    return folder / "site"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small course alone, for what one chapter can show."""
    browser_path()
    folder = tmp_path_factory.mktemp("one")
    report = evidence_report.write(folder / "report.json")
    site.build(course.write(folder / "notebooks"), folder / "site", report)
    return folder / "site"


class Window:
    """A page of the browser that lets nothing out and keeps what was asked and complained about."""

    def __init__(self, page):
        self.page, self.asked, self.said = page, [], []
        page.route("**/*", self.route)
        page.on("console", lambda told: self.said.append(told.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def route(self, route):
        if route.request.url.startswith(("file:", "data:")):
            return route.continue_()
        self.asked.append(route.request.url)
        return route.abort()

    def open(self, path: pathlib.Path, width: int = 1280, height: int = 720):
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(path.as_uri())
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page


@pytest.fixture
def window(page):
    return Window(page)


def turned(page):
    """Each slide of the open deck in turn, all of its fragments shown: its number and title."""
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(
            """(number) => { const { h, v } = Reveal.getIndices(Reveal.getSlides()[number]);
            Reveal.slide(h, v, Infinity); }""",
            number,
        )
        page.wait_for_function("getComputedStyle(Reveal.getCurrentSlide()).opacity === '1'")
        title = page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2, h3')?.innerText")
        yield f"slide {number + 1} ({title})"


def troubles(page, name: str) -> list[str]:
    """What is wrong with the slide that is shown, in words."""
    found = [f"{name}: runs over what follows: {words!r}" for words in page.evaluate(COVERED)]
    for seen in page.evaluate(f"({SEEN})(Reveal.getCurrentSlide().querySelector('.board'))"):
        inside = seen["left"] >= 0 and seen["right"] <= 1280 and seen["top"] >= 0
        if not inside or seen["bottom"] > LOWEST:
            found.append(f"{name}: runs over the edge: {seen['words']!r}")
        if seen["size"] < (SMALLEST_IN_CARD if seen["card"] else SMALLEST):
            found.append(f"{name}: text of {seen['size']:.0f} px: {seen['words']!r}")
        if seen["picture"] and seen["bottom"] - seen["top"] < FIGURE:
            found.append(f"{name}: too little room for the picture: {seen['words']!r}")
    return found


def sideways(page, width: int) -> list[str]:
    """Text and pictures of the open page beyond its width, unless they scroll in their own box."""
    seen = page.evaluate(f"({SEEN})(document.body)")
    beyond = [each["words"] for each in seen if each["right"] > width and not each["scrolls"]]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        beyond.append("the page scrolls sideways")
    return beyond


# --- decks -----------------------------------------------------------------------------------


def test_decks_fit_and_ask_nobody(built, window):
    wrong = []
    for path in sorted((built / "slides").iterdir()):
        page = window.open(path)
        for name in turned(page):
            wrong += [f"{path.stem}: {trouble}" for trouble in troubles(page, name)]
        formulas = page.evaluate(FORMULAS)
        assert formulas["wrong"] == [] and formulas["set"] == formulas["written"], path.stem
        assert formulas["fonts"] > 0 or not formulas["written"]
    assert "\n".join(dict.fromkeys(wrong)) == ""
    assert (window.asked, window.said) == ([], [])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (course.text("word " * 400, "slide"), "runs over the edge: 'word"),
        (course.text(f"$$ {'x + ' * 60} x $$", "slide"), "runs over the edge"),
        (course.text('<p style="font-size: 12px">small</p>', "slide"), "text of 12 px: 'small'"),
        (course.text('<p style="white-space: nowrap">' + "m" * 200 + "</p>", "slide"), "the edge"),
    ],
    ids=["long", "formula", "small", "wide"],
)
def test_what_does_not_fit_is_found(tmp_path, window, cell, said):
    folder = course.write(tmp_path / "notebooks", **{"01_bad": [course.first()[1], cell]})
    (path,) = slides.build(folder, tmp_path)
    page = window.open(path)
    first, second = [troubles(page, name) for name in turned(page)]
    assert first == [] and second and second[0].startswith("slide 2 (") and said in second[0]


def test_a_squeezed_picture_is_found(tmp_path, window, monkeypatch):
    monkeypatch.setattr(slides, "ROOM", 10_000)
    figure = {"image/png": course.picture(), "text/plain": course.ALT}
    bad = [course.first()[1], course.code("1", "slide", data=figure), course.text("long " * 320)]
    bad[1].metadata["jupyter"] = {"source_hidden": True}
    (path,) = slides.build(course.write(tmp_path / "notebooks", **{"01_bad": bad}), tmp_path)
    page = window.open(path)
    (_, second) = [troubles(page, name) for name in turned(page)]
    assert any("too little room for the picture" in trouble for trouble in second)


def test_a_card_fills_its_slide(small, window):
    page = window.open(small / "slides/02_second.html")
    for _ in turned(page):
        cards = page.locator("section.present section.present .clr-card")
        if cards.count():
            break
    box = cards.bounding_box()
    assert box["width"] > 0.9 * 1280 and box["height"] > 0.75 * 720


def test_what_asks_outside_is_counted(tmp_path, window):
    path = tmp_path / "page.html"
    path.write_text('<p>text</p><script>fetch("https://example.org/a")</script>', encoding="utf-8")
    with window.page.expect_event("requestfailed"):
        window.open(path)
    assert window.asked == ["https://example.org/a"]


def test_the_arrow_keys_belong_to_the_slider_of_an_explorer(small, window):
    page = window.open(small / "slides/02_second.html")
    slider = page.locator("input[type=range]")
    page.evaluate(
        """() => { const { h, v } = Reveal.getIndices(
        document.querySelector("input[type=range]").closest("section")); Reveal.slide(h, v); }"""
    )
    state = """() => [document.querySelector("input[type=range]").value,
        document.querySelector("img.moving").src, document.querySelector("img.moving").alt]"""
    place = page.evaluate("Reveal.getIndices()")
    slider.focus()
    before = page.evaluate(state)
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    after = page.evaluate(state)
    assert int(after[0]) == int(before[0]) + 3 and after[1] != before[1] and after[2] != before[2]
    assert page.evaluate("Reveal.getIndices()") == place
    slider.blur()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == place["h"] + 1


def test_slides_are_numbered(small, window):
    page = window.open(small / "slides/02_second.html")
    number = page.locator(".slide-number")
    assert number.inner_text().split() == ["1", "/", "10"]
    page.keyboard.press("Space")
    assert number.inner_text().split() == ["2", "/", "10"]
    assert (
        page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.slide-number')).fontSize)"
        )
        >= SMALLEST
    )


def test_the_speaker_sees_the_notes(small, window):
    page = window.open(small / "slides/02_second.html")
    assert not page.locator("aside.notes").first.is_visible()
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes")
    notes.get_by_text("first.").wait_for()
    assert notes.locator("math").count() == 1 and "For the lecturer" in notes.inner_text()
    assert (window.asked, window.said) == ([], [])


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_and_ask_nobody(built, window, width):
    wrong = {}
    for path in sorted(built.glob("*.html")):
        page = window.open(path, width, 844)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        wrong[path.stem] = sideways(page, width)
        formulas = page.evaluate(FORMULAS)
        assert formulas["wrong"] == [] and formulas["set"] == formulas["written"], path.stem
        assert page.locator("img:not([alt])").count() == 0
    assert not {name: found for name, found in wrong.items() if found}
    assert (window.asked, window.said) == ([], [])


def test_what_is_too_wide_for_a_phone_is_found(small, window, tmp_path):
    for name in ("course.css", "course.js"):
        (tmp_path / name).write_text((small / name).read_text(encoding="utf-8"), encoding="utf-8")
    page = (small / "01_first.html").read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    wide = f'<p style="white-space: nowrap">{"wide " * 40}</p>'
    path.write_text(page.replace("</main>", f"{wide}</main>"), encoding="utf-8")
    found = sideways(window.open(path, 390, 844), 390)
    assert found[0].startswith("wide wide") and found[-1] == "the page scrolls sideways"


def test_every_explorer_moves(built, window):
    for path in sorted(built.glob("*.html")):
        page = window.open(path)
        for explorer in page.locator(".clr-static").all():
            slider, image = (
                explorer.locator("input[type=range]"),
                explorer.locator("img.moving").first,
            )
            before = image.get_attribute("src"), explorer.locator("output").inner_text()
            slider.press("End")
            assert image.get_attribute("src") != before[0]
            assert explorer.locator("output").inner_text() != before[1]
    assert (window.asked, window.said) == ([], [])


def test_a_reader_walks_from_the_index_to_the_last_page_and_its_slides(small, window):
    page = window.open(small / "index.html")
    page.get_by_role("link", name="01 · First").click()
    page.locator("a[rel=next]").first.click()
    assert page.locator("h1").inner_text() == "02 · What η does"
    page.get_by_role("link", name="All chapters").first.click()
    page.get_by_role("link", name="Slides").last.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert page.evaluate("Reveal.getTotalSlides()") == 10
    assert (window.asked, window.said) == ([], [])
