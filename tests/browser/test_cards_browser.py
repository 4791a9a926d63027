"""Cards in a notebook that was never run: JupyterLab does not trust it and takes much away."""

import re

import bs4
import nbformat
import pytest

from tests import pages_course as course
from tests import verdict_cards
from tests.browser.contrast import CONTRAST
from tests.browser.jupyterlab import KERNEL, serving
from tests.conftest import browser_path

NAMES = [statement["id"] for statement in verdict_cards.STATED]
STYLES = """(card) => [card, ...card.querySelectorAll("*")].map((each) =>
    each.getAttribute("style"))"""


@pytest.fixture(scope="module")
def untrusted(browser, tmp_path_factory):
    """A notebook with a stored card of each kind and an SVG that will go, open and not run."""
    browser_path()
    folder = tmp_path_factory.mktemp("cards")
    shown = [verdict_cards.card(name)._repr_html_() for name in NAMES] + ["<svg>gone</svg>stays"]
    cells = [course.code("1", data={"text/html": html, "text/plain": ""}) for html in shown]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, folder / "cards.ipynb")
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        page = browser.new_page(viewport={"width": 1200, "height": 3000})
        page.goto(address.replace("/lab?", "/doc/tree/cards.ipynb?"))
        page.get_by_text("stays").wait_for(timeout=60_000)
        trusted = "[...jupyterapp.shell.currentWidget.content.model.cells].map((c) => c.trusted)"
        assert not any(page.evaluate(trusted))
        assert page.locator(".jp-OutputArea-output svg").count() == 0
        yield page
        page.close()


def visible(soup: bs4.BeautifulSoup) -> list[str]:
    """The words that a card shows with its fold closed, taken from its source."""
    summary = soup.details.summary.extract().get_text()
    soup.details.decompose()
    return f"{soup.get_text(' ')} {summary}".split()


def test_an_untrusted_card_says_what_the_report_says_in_all_of_its_styles(untrusted):
    cards = untrusted.locator(".clr-card").all()
    for name, shown in zip(NAMES, cards, strict=True):
        card, text = verdict_cards.card(name), shown.inner_text()
        soup = bs4.BeautifulSoup(card._repr_html_(), "html.parser")
        styles = [tag.get("style") for tag in soup.select(".clr-card, .clr-card *")]
        assert shown.evaluate(STYLES) == styles
        assert text.split() == visible(soup)
        assert all(card.statement[key] in text for key in ("says", "sentence", "outcome"))
        numbers = re.findall(r"[+−]?\d[\d.]*", text.replace("MNIST-1D", ""))
        numbers = [number.lstrip("+").replace("−", "-").rstrip(".") for number in numbers]
        for m in card.measurements:
            assert m["problem"] in text and m["unit"] in text
            for key in ("effect", "low", "high"):
                assert f"{m[key]:.{m['decimals']}f}" in numbers


def test_the_bars_of_an_untrusted_card_lie_where_the_words_say(untrusted):
    places = []
    for row in untrusted.locator(".clr-card").first.locator(".clr-row").all():
        lines = [line.bounding_box() for line in row.locator("> :last-child > div").all()]
        _, none, asked, bar = lines[:4]
        ends = bar["x"], bar["x"] + 1, bar["x"] + bar["width"]
        places.append((ends[0] > none["x"], ends[1] > asked["x"], ends[2] > asked["x"]))
    assert places == [(True,) * 3, (True,) * 3, (False,) * 3, (True, False, True)]


def test_a_card_is_legible_in_the_dark(untrusted):
    dark = "jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    untrusted.evaluate(dark)
    untrusted.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    for card in untrusted.locator(".clr-card").all():
        assert min(ratio for ratio, _ in card.evaluate(CONTRAST)) >= 3.5
