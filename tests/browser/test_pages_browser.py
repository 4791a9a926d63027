"""The site in a real browser: nothing from outside, formulas set, nothing over an edge, legible."""

import pathlib

import pytest

from tests import pages_course as course
from tests.browser.contrast import CONTRAST
from tests.conftest import browser_path
from tests.verdict_cards import MEASURED
from tools import slides

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[2] / "notebooks"
SMALLEST = 24  # px of text on a slide of 1280 x 720
SMALLEST_IN_CARD = 18
LOWEST = 680  # px from the top: below stands the slide's number
FIGURE = 240  # px, the least height of a figure on a slide

# Text and pictures of a slide or page that a reader sees, each with its box and its size of text.
SEEN = """(root) => {
  const found = [], hidden = ".katex-mathml, .katex-html, aside, script, style, svg, [hidden]";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const sizeOf = (element) => parseFloat(getComputedStyle(element).fontSize);
  const scrolling = ".scroll, .output, .shown, pre, .display, .attr, nav";
  const add = (element, words, boxes, size) => boxes.forEach((box) => box.width > 0 && found.push({
    words: words.trim().slice(0, 60), left: box.left, right: box.right, top: box.top,
    bottom: box.bottom, size, scrolls: !!element.closest(scrolling),
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
SET = ".math:has(> .katex, > .katex-display > .katex):not(:has(.katex-error))"
TURN = """(number) => { const { h, v } = Reveal.getIndices(Reveal.getSlides()[number]);
    Reveal.slide(h, v, Infinity); }"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The site of the small course."""
    browser_path()
    return course.build(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The site of the real course, with few frames a slider."""
    return course.build(tmp_path_factory.mktemp("real"), NOTEBOOKS)


class Window:
    """A page of the browser that lets nothing out and keeps what was asked and complained about."""

    def __init__(self, page):
        self.page, self.asked, self.messages = page, [], []
        page.route("**/*", self.route)
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))

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
    window = Window(page)
    yield window
    assert (window.asked, window.messages) == ([], [])


def turned(page):
    """Each slide of the open deck in turn, all of its fragments shown: its number and title."""
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(TURN, number)
        page.wait_for_function("getComputedStyle(Reveal.getCurrentSlide()).opacity === '1'")
        title = page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2, h3')?.innerText")
        yield f"slide {number + 1} ({title})"


def troubles(page, name: str) -> list[str]:
    """What is wrong with the slide that is shown, in words."""
    wrong = [f"{name}: runs over what follows: {words!r}" for words in page.evaluate(COVERED)]
    for seen in page.evaluate(f"({SEEN})(Reveal.getCurrentSlide().querySelector('.board'))"):
        inside = seen["left"] >= 0 and seen["right"] <= 1280 and seen["top"] >= 0
        if not inside or seen["bottom"] > LOWEST:
            wrong.append(f"{name}: runs over the edge: {seen['words']!r}")
        if seen["size"] < (SMALLEST_IN_CARD if seen["card"] else SMALLEST):
            wrong.append(f"{name}: text of {seen['size']:.0f} px: {seen['words']!r}")
        if seen["picture"] and seen["bottom"] - seen["top"] < FIGURE:
            wrong.append(f"{name}: too little room for the picture: {seen['words']!r}")
    return wrong


def sideways(page, width: int) -> list[str]:
    """Text and pictures of the open page beyond its width, unless they scroll in their own box."""
    page.set_viewport_size({"width": width, "height": 844})
    seen = page.evaluate(f"({SEEN})(document.body)")
    beyond = [part["words"] for part in seen if part["right"] > width and not part["scrolls"]]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        beyond.append("the page scrolls sideways")
    return beyond


def formulas_are_set(page) -> bool:
    loaded = "[...document.fonts].some((f) => /^KaTeX/.test(f.family) && f.status === 'loaded')"
    written = page.locator(".math").count()
    return page.locator(SET).count() == written and (not written or page.evaluate(loaded))


# --- decks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["small", "real"])
def test_decks_fit_and_ask_nobody(request, window, site):
    wrong, paths = [], sorted((request.getfixturevalue(site) / "slides").iterdir())
    for path in paths:
        page = window.open(path)
        for name in turned(page):
            wrong += [f"{path.stem}: {trouble}" for trouble in troubles(page, name)]
        assert formulas_are_set(page), path.stem
        if site == "real":
            assert page.evaluate("Reveal.getTotalSlides()") >= 5
            assert page.locator("aside.notes").count()
    assert "\n".join(dict.fromkeys(wrong)) == "" and len(paths) >= 2


def test_what_does_not_fit_is_found(tmp_path, window, monkeypatch):
    monkeypatch.setattr(slides, "ROOM", 10_000)
    figure = {"image/png": course.picture(), "text/plain": course.ALT}
    squeezed = course.code("1", "slide", data=figure)
    squeezed.metadata["jupyter"] = {"source_hidden": True}
    wide = '<p style="white-space: nowrap">' + "m" * 200 + "</p>"
    cells = {
        "runs over the edge: 'word": course.text("word " * 400, "slide"),
        "runs over the edge: ": course.text(f"$$ {'x + ' * 60} x $$", "slide"),
        "text of 12 px: 'small'": course.text('<p style="font-size: 12px">small</p>', "slide"),
        "runs over the edge: 'mmm": course.text(wide, "slide"),
        "too little room for the picture": squeezed,
    }
    bad = [course.first()[1], *cells.values(), course.text("long " * 320)]
    (path,) = slides.build(course.write(tmp_path / "notebooks", **{"01_bad": bad}), tmp_path)
    page = window.open(path)
    first, *others = [troubles(page, name) for name in turned(page)]
    assert first == [] and len(others) == len(cells)
    for number, (words, wrong) in enumerate(zip(cells, others), 2):
        assert any(line.startswith(f"slide {number} (") and words in line for line in wrong), words


def test_what_asks_outside_is_counted(tmp_path, page):
    window, path = Window(page), tmp_path / "page.html"
    path.write_text('<p>text</p><script>fetch("https://example.org/a")</script>', encoding="utf-8")
    with page.expect_event("requestfailed"):
        window.open(path)
    assert window.asked == ["https://example.org/a"]


def test_a_deck_has_numbers_notes_a_card_as_large_as_its_slide_and_sliders_with_keys(small, window):
    page = window.open(small / "slides/02_second.html")
    number = page.locator(".slide-number")
    assert number.inner_text().split() == ["1", "/", "10"]
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert number.evaluate(size) >= SMALLEST
    assert not page.locator("aside.notes").first.is_visible()
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes")
    notes.get_by_text("first.").wait_for()
    assert notes.locator("math").count() == 1 and "For the lecturer" in notes.inner_text()
    opened.value.close()
    page.keyboard.press("Space")
    assert number.inner_text().split() == ["2", "/", "10"]
    show = """(element) => { const { h, v } = Reveal.getIndices(element.closest("section"));
        Reveal.slide(h, v, Infinity); }"""
    card = page.locator(".board .clr-card")
    card.evaluate(show)
    box = card.bounding_box()
    assert box["width"] > 0.9 * 1280 and box["height"] > 0.75 * 720
    slider, image = page.locator("input[type=range]"), page.locator("img.moving")
    slider.evaluate(show)
    slider.focus()

    def state():
        return slider.input_value(), image.get_attribute("src"), image.get_attribute("alt")

    place, before = page.evaluate("Reveal.getIndices()"), state()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert int(state()[0]) == int(before[0]) + 3
    assert all(new != old for new, old in zip(state(), before))
    assert page.evaluate("Reveal.getIndices()") == place
    slider.blur()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == place["h"] + 1


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["small", "real"])
def test_pages_fit_are_legible_and_ask_nobody(request, window, site):
    built = request.getfixturevalue(site)
    paths = sorted(built.rglob("*.html") if site == "small" else built.glob("[0-9]*.html"))
    for path in paths:
        if path.parent.name == "slides":
            continue
        page, dark = window.open(path), "api" in path.parts or path.stem == "evidence"
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        for width in (390, 1280):
            assert sideways(page, width) == [], (path.stem, width)
            for scheme in ("light", "dark") if dark else ():
                page.emulate_media(color_scheme=scheme)
                texts = page.locator("body").evaluate(CONTRAST)
                assert len(texts) > 50, path.stem
                assert not [words for ratio, words in texts if ratio < 4.5], (path.stem, scheme)
        assert formulas_are_set(page), path.stem
        assert page.locator("img:not([alt])").count() == 0
        for explorer in page.locator(".clr-static").all():
            slider, image = (
                explorer.locator("input[type=range]"),
                explorer.locator("img.moving").first,
            )
            before = image.get_attribute("src"), explorer.locator("output").inner_text()
            slider.press("End")
            assert image.get_attribute("src") != before[0]
            assert explorer.locator("output").inner_text() != before[1]


def test_what_is_too_wide_for_a_phone_is_found(small, window):
    page = window.open(small / "01_first.html")
    wide = f"<p style='white-space: nowrap'>{'wide ' * 40}</p>"
    page.locator("main").evaluate("(main, html) => { main.innerHTML += html; }", wide)
    beyond = sideways(page, 390)
    assert beyond[0].startswith("wide wide") and beyond[-1] == "the page scrolls sideways"


def test_a_reader_walks_from_the_index_to_the_last_page_its_slides_and_the_reference(small, window):
    page = window.open(small / "index.html")
    page.get_by_role("link", name="01 · First").click()
    page.locator("a[rel=next]").first.click()
    assert page.locator("h1").inner_text() == "02 · What η does"
    page.get_by_role("link", name="All chapters").first.click()
    page.get_by_role("link", name="Slides").last.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert page.evaluate("Reveal.getTotalSlides()") == 10
    window.open(small / "index.html", 390, 844)
    page.get_by_role("link", name="The API reference").click()
    page.locator("#navtoggle").click()
    page.get_by_role("link", name="course_lr.interop").click()
    page.locator("#navtoggle").click()
    page.get_by_role("link", name="to_torch").first.click()
    assert 0 <= page.locator("#to_torch").bounding_box()["y"] < 844
    page.get_by_role("link", name="All chapters").click()
    assert page.get_by_role("link", name="The evidence").count()


# --- the evidence page -----------------------------------------------------------------------


def rows(page) -> list[str]:
    """The measurements that are shown."""
    visible = page.locator("tbody[data-outcome]:visible")
    return visible.evaluate_all("(all) => all.map((row) => row.id)")


def test_measurements_are_filtered_and_found_by_their_address(small, window):
    page = window.open(small / "evidence.html")
    everything = [measured["id"] for measured in MEASURED]
    part, outcome, words = (page.locator(f"[name={name}]") for name in ("part", "outcome", "words"))
    assert rows(page) == everything
    outcome.select_option("reversed")
    assert rows(page) == ["S8-costs", "S9-lost", "S9-slow"]
    assert not page.locator("#S5").is_visible()
    assert "3 of 13 measurements" in page.locator("output").inner_text()
    part.select_option("chapter 2")
    assert rows(page) == ["S9-lost", "S9-slow"]
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("!document.querySelector('tbody[hidden]')")
    assert rows(page) == everything
    part.select_option("S9")
    assert rows(page) == ["S9-share", "S9-lost", "S9-slow"]
    part.select_option("")
    outcome.select_option("depends")
    assert rows(page) == everything[:8]  # of S5 and S8
    outcome.select_option("")
    for typed, names in {
        "Calmer TIMES": ["S5-calm", "S9-slow"],
        "old-part": ["S5-part"],
        "<i>digits": ["X1-markup"],
        "spares costs": ["S8-costs"],
        "nowhere": [],
    }.items():
        words.fill(typed)
        assert rows(page) == names, typed
    page.evaluate("location.hash = '#S5-better'")
    page.locator("#S5-better dl").wait_for(state="visible")
    assert rows(page) == everything


def test_the_keyboard_reaches_and_moves_every_control(small, window):
    page = window.open(small / "evidence.html")
    reached = []
    page.locator("body").press("Tab")
    active = "document.activeElement.name || document.activeElement.tagName"
    while (name := page.evaluate(active)) != "BODY":
        reached.append(name)
        if name == "words":
            page.keyboard.type("S5-none")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", name
        if name == "SUMMARY":
            page.keyboard.press("Enter")
            assert page.locator("#S5-none dl").is_visible()
        page.keyboard.press("Tab")
    controls = [name for name in reached if name.islower() or name == "BUTTON"]
    assert controls == ["part", "outcome", "words", "BUTTON"]
    assert reached.count("SUMMARY") == 1  # of the one row that is left


def test_a_phone_stacks_the_cells_and_paper_shows_what_is_folded(small, window):
    page = window.open(small / "evidence.html")
    tops = "(all) => all.map((cell) => cell.getBoundingClientRect().top)"
    for width, lines in ((390, 4), (1280, 1)):
        page.set_viewport_size({"width": width, "height": 844})
        cells = page.locator("#S5-better tr").first.locator("> *").evaluate_all(tops)
        assert len(cells) == 4 and len(set(cells)) == lines
    page.pdf()
    assert not page.locator("details[open]").count()  # as it was before
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#S9-slow code").first.is_visible()
    assert not page.locator("#filters").is_visible()


def test_without_a_script_everything_stands_there(browser, small):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((small / "evidence.html").as_uri())
    assert page.locator("tbody[data-outcome]:visible").count() == 13
    assert not page.locator("form").is_visible()
    page.locator("#S5-part summary").click()
    assert page.get_by_text("course-lr evidence --claim S5-part").is_visible()
    page.context.close()
