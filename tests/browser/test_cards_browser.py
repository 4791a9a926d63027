"""Cards in a notebook that was never run: JupyterLab does not trust it and takes much away."""

import re

import bs4
import nbformat
import pytest

from tests import pages_course as course
from tests import verdict_cards
from tests.browser.jupyterlab import KERNEL, serving
from tests.conftest import browser_path

NAMES = [statement["id"] for statement in verdict_cards.STATED]
STYLES = """() => [...document.querySelectorAll(".clr-card")].map((card) =>
    [card, ...card.querySelectorAll("*")].map((each) => each.getAttribute("style")))"""
# Of each element with a border or text: the colours that it is drawn with, and what is behind it.
INKS = """(card) => [card, ...card.querySelectorAll("*")].flatMap((each) => {
    const style = getComputedStyle(each);
    const sides = ["Left", "Right", "Top", "Bottom"].filter(
        (side) => style[`border${side}Style`] !== "none");
    return [style.color, ...sides.map((side) => style[`border${side}Color`])]; })"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A JupyterLab over a notebook with a stored card of each kind, and an SVG that will go."""
    browser_path()
    folder = tmp_path_factory.mktemp("cards")
    shown = [verdict_cards.card(name)._repr_html_() for name in NAMES] + ["<svg>gone</svg>stays"]
    cells = [course.code("1", data={"text/html": html, "text/plain": ""}) for html in shown]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, folder / "cards.ipynb")
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address.replace("/lab?", "/doc/tree/cards.ipynb?")


@pytest.fixture
def untrusted(opened, page):
    """The notebook, open and not run."""
    page.set_viewport_size({"width": 1200, "height": 3000})
    page.goto(opened)
    page.get_by_text("stays").wait_for(timeout=60_000)
    cells = "[...jupyterapp.shell.currentWidget.content.model.cells]"
    assert not any(page.evaluate(f"{cells}.map((cell) => cell.trusted)"))
    assert page.locator(".jp-OutputArea-output svg").count() == 0
    return page


def visible(html: str) -> list[str]:
    """The words that a card shows with its fold closed, taken from its source."""
    soup = bs4.BeautifulSoup(html, "html.parser")
    summary = soup.details.summary.extract().get_text()
    soup.details.decompose()
    return f"{soup.get_text(' ')} {summary}".split()


def numbers(text: str) -> list[str]:
    return re.findall(r"[+−]?\d[\d.]*", text.replace("MNIST-1D", ""))


def test_an_untrusted_card_says_what_the_report_says(untrusted):
    cards = untrusted.locator(".clr-card").all()
    assert len(cards) == len(NAMES)
    for name, card in zip(NAMES, cards, strict=True):
        made, seen = verdict_cards.card(name), card.inner_text()
        assert seen.split() == visible(made._repr_html_())
        assert made.statement["says"] in seen and made.statement["sentence"] in seen
        assert made.statement["outcome"] in seen
        told = [f"{m[key]:.{m['decimals']}f}" for m in made.measurements for key in
                ("effect", "low", "high")]  # fmt: skip
        shown = [each.lstrip("+").replace("−", "-").rstrip(".") for each in numbers(seen)]
        assert [float(each) for each in told if each not in shown] == []
        assert all(m["problem"] in seen and m["unit"] in seen for m in made.measurements)


def test_an_untrusted_card_keeps_all_of_its_styles(untrusted):
    for name, kept in zip(NAMES, untrusted.evaluate(STYLES), strict=True):
        soup = bs4.BeautifulSoup(verdict_cards.card(name)._repr_html_(), "html.parser")
        written = [each.get("style") for each in soup.select(".clr-card, .clr-card *")]
        assert kept == written


def test_the_bars_of_an_untrusted_card_lie_where_the_words_say(untrusted):
    rows = untrusted.locator(".clr-card").first.locator(".clr-row").all()
    places = []
    for row in rows:
        lines = [each.bounding_box() for each in row.locator("> :last-child > div").all()]
        _, none, asked, bar = lines[:4]
        places.append((bar["x"] > none["x"], bar["x"] + 1 > asked["x"],
                       bar["x"] + bar["width"] > asked["x"]))  # fmt: skip
    assert places == [(True, True, True), (True, True, True), (False, False, False),
                      (True, False, True)]  # fmt: skip


def test_a_card_is_legible_in_the_dark(untrusted):
    done = "jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    untrusted.evaluate(done)
    untrusted.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    for card in untrusted.locator(".clr-card").all():
        inks = {ink for ink in card.evaluate(INKS) if not ink.startswith("rgba")}
        behind = card.evaluate(
            """(each) => { const colour = (e) => getComputedStyle(e).backgroundColor;
            while (colour(each) === "rgba(0, 0, 0, 0)") each = each.parentElement;
            return colour(each); }"""
        )
        assert min(contrast(ink, behind) for ink in inks) >= 3.5


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours such as ``rgb(0, 0, 0)``."""

    def lightness(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
                            for p in parts)  # fmt: skip
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted([lightness(one), lightness(other)])
    return (high + 0.05) / (low + 0.05)
