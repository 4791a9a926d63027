"""The evidence page in a real browser: filters, keyboard, a phone, the dark, paper, no script."""

import pytest

from tests import evidence_report as small
from tests.conftest import browser_path
from tools.pages import evidence

VISIBLE = "tbody[data-outcome]:visible"
# The least contrast of any text that is seen, with its words; the page's backgrounds are opaque.
CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((c) => c / 255).map(
    (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
    (sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? ground(element.parentElement) : colour; };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const pair = [light(getComputedStyle(element).color), light(ground(element))];
    found.push([(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05),
      walker.currentNode.data.trim().slice(0, 40)]);
  }
  return [found.length, found.filter(([ratio]) => ratio < 4.5)];
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the page of the small report lies."""
    browser_path()
    path = tmp_path_factory.mktemp("evidence") / "evidence.html"
    path.write_text(evidence.document(small.report()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def quiet(page, address):
    """The open page; afterwards, whether it asked for anything else or complained."""
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text))
    page.goto(address)
    yield page
    assert {each.split("#")[0] for each in asked if not each.startswith("data:")} == {address}
    assert said == []


def shown(page) -> list[str]:
    return [row.get_attribute("id") for row in page.locator(VISIBLE).all()]


def test_rows_are_filtered_by_statement_outcome_and_words(quiet):
    everything = [one["id"] for one in small.report()["measurements"]]
    part, outcome, words = (
        quiet.locator(f"[name={name}]") for name in ("part", "outcome", "words")
    )
    assert shown(quiet) == everything
    outcome.select_option("holds")
    assert shown(quiet) == ["S1-far", "S1-cheap", "S5-calm", "S5-alone"]
    assert not quiet.locator("#C1").is_visible()
    assert "4 of 8 measurements" in quiet.locator("output").inner_text()
    part.select_option("chapter 3")
    assert shown(quiet) == ["S5-calm"]
    quiet.get_by_role("button", name="Show all").click()
    quiet.wait_for_function("!document.querySelector('tbody[hidden]')")
    assert shown(quiet) == everything
    part.select_option("S1")
    assert shown(quiet) == ["S1-far", "S1-cheap"]
    part.select_option("")
    outcome.select_option("depends")
    assert shown(quiet) == ["S5-calm", "S5-part", "S5-none", "S5-back"]
    outcome.select_option("")
    for typed, found in {
        "Calmer TIMES": ["S5-back"],
        "old-s5-part": ["S5-part"],
        "<b>digits": ["S5-calm"],
        "C1 says": ["C1-wide"],
        "nowhere": [],
    }.items():
        words.fill(typed)
        assert shown(quiet) == found, typed


def test_the_keyboard_reaches_and_moves_every_control(quiet):
    reached = []
    quiet.locator("body").press("Tab")
    while (
        name := quiet.evaluate("document.activeElement.name || document.activeElement.tagName")
    ) != "BODY":
        reached.append(name)
        if name == "words":
            quiet.keyboard.type("S5-none")
        ring = quiet.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", name
        if name == "SUMMARY" and reached.count("SUMMARY") == 1:
            quiet.keyboard.press("Enter")
            assert quiet.locator("#S5-none dl").is_visible()
        quiet.keyboard.press("Tab")
    controls = [name for name in reached if name.islower() or name == "BUTTON"]
    assert controls == ["part", "outcome", "words", "BUTTON"]
    assert reached.count("SUMMARY") == 2  # of the one row that is left, and of what was taken out


def test_an_address_opens_its_measurement_even_where_a_filter_hid_it(quiet):
    quiet.locator("[name=outcome]").select_option("reversed")
    quiet.evaluate("location.hash = '#S1-far'")
    quiet.locator("#S1-far dl").wait_for(state="visible")
    assert len(shown(quiet)) == 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_legible_on_every_screen(quiet, width, scheme):
    quiet.set_viewport_size({"width": width, "height": 844})
    quiet.emulate_media(color_scheme=scheme)
    quiet.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert quiet.evaluate("document.documentElement.scrollWidth") <= width
    texts, faint = quiet.evaluate(CONTRAST)
    assert texts > 200 and faint == []
    edges = quiet.eval_on_selector_all(
        "td, th, dd, dt, p, h3", "all => all.map((each) => each.getBoundingClientRect().right)"
    )
    assert max(edges) <= width
    cells = quiet.eval_on_selector_all(
        "#S1-far tr:first-child > *", "all => all.map((each) => each.getBoundingClientRect().top)"
    )
    assert len(cells) == 4 and len(set(cells)) == (4 if width == 390 else 1)  # a phone stacks them


def test_paper_shows_what_is_folded(quiet):
    quiet.pdf()
    assert not quiet.locator("details[open]").count()  # as it was before
    quiet.emulate_media(media="print")
    quiet.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert quiet.locator("#S5-back code").first.is_visible()
    assert not quiet.locator("#filters").is_visible()


def test_without_a_script_everything_stands_there(browser, address):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    assert page.locator(VISIBLE).count() == 8 and not page.locator("form").is_visible()
    page.locator("#S5-part summary").click()
    assert page.get_by_text("course-lr evidence --claim S5-part").is_visible()
    page.context.close()
