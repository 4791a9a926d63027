"""Explorers in a real browser: live in JupyterLab, and their twins without anybody to ask."""

import functools
import re

import pytest
from playwright.sync_api import expect

from course_lr.teaching import explorers
from tests.browser.jupyterlab import run, serving, write_notebook
from tests.conftest import browser_path

CELLS = ("import course_lr", *(f'course_lr.explore("{name}")' for name in explorers.names()))
HEAR_KEYS = """() => {
    window.keys = [];
    document.addEventListener("keydown", (event) => window.keys.push(event.key));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with a notebook for each explorer, and one that shows them all."""
    browser_path()
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "explorers.ipynb", CELLS)
    for name, cell in zip(explorers.names(), CELLS[1:]):
        write_notebook(folder / f"{name}.ipynb", (CELLS[0], cell))
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def lab(address, page, request):
    """The notebook, run; what the page's console says against it is an error.

    A test of one explorer, its parameter ``name``, gets a notebook with nothing else.
    """
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    notebook = f"{parameters.get('name', 'explorers')}.ipynb"
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    run(page, address, notebook)
    yield page
    assert wrong == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
    assert page.locator("[role=alert]").all_inner_texts() == []


def shown(page, name):
    """The output of the cell that shows this explorer."""
    cell = page.locator(".jp-CodeCell", has_text=f'explore("{name}")')
    return cell.locator(".jp-OutputArea-output")


def press(page, output, label, keys):
    """Focus the slider with this label and press the keys."""
    slider = output.locator(".widget-slider", has_text=label).locator(".noUi-handle")
    slider.focus()
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("name", explorers.names())
def test_every_slider_moves_and_every_button_answers(lab, name):
    explorer, output = explorers.get(name), shown(lab, name)
    picture, said = output.locator("img.widget-image"), output.locator("[role=status]")
    assert picture.count() == output.locator("img").count() == 1
    height = output.evaluate("(element) => element.offsetHeight")
    for button in output.get_by_role("button").all():
        assert button.evaluate("(b) => b.scrollWidth <= b.clientWidth"), button.inner_text()
    for control in (control for control in explorer.controls if control.slider):
        readout = output.locator(".widget-slider", has_text=control.label).locator(
            ".widget-readout"
        )
        expected = {"Home": 0, "ArrowRight": 1, "End": -1, "ArrowLeft": -2}
        for key, position in expected.items():
            before = picture.get_attribute("src")
            press(lab, output, control.label, [key])
            expect(picture).not_to_have_attribute("src", before)
            data = explorer.data(**{control.name: control.values[position]})
            said.get_by_text(explorer.state(data)).first.wait_for()
            assert readout.inner_text() == control.texts[position]
        output.get_by_role("button", name="Reset").click()
        said.get_by_text(explorer.state(explorer.data())).first.wait_for()
    for control in (control for control in explorer.controls if not control.slider):
        for value, text in zip(control.values, control.texts):
            group = output.locator(".widget-toggle-buttons", has_text=control.label)
            group.get_by_role("button", name=text, exact=True).click()
            state = explorer.state(explorer.data(**{control.name: value}))
            said.get_by_text(state).first.wait_for()
        output.get_by_role("button", name="Reset").click()
        said.get_by_text(explorer.state(explorer.data())).first.wait_for()
    assert output.evaluate("(element) => element.offsetHeight") == height


def test_a_burst_of_keys_ends_at_the_last_position_and_reaches_the_goal(lab):
    explorer, output = explorers.get("quadratic"), shown(lab, "quadratic")
    press(lab, output, "learning rate", ["ArrowRight"] * 40 + ["End"])
    state = explorer.state(explorer.data(eta=1.0))
    output.locator("[role=status]").get_by_text(state).first.wait_for()
    press(lab, output, "learning rate", ["ArrowLeft"] * 14)
    output.get_by_text("Reached!").wait_for()
    assert output.locator(".widget-readout").inner_text() == "0.2"


def test_what_is_chosen_during_a_training_is_shown_after_it(lab):
    explorer, output = explorers.get("digits"), shown(lab, "digits")
    output.get_by_role("button", name="128", exact=True).click()
    output.get_by_role("button", name="3", exact=True).click()
    output.locator(".progress-bar").wait_for()  # visible while the network trains
    press(lab, output, "marked rate", ["ArrowRight"] * 5)
    said = explorer.state(explorer.data(eta=0.1, batch_size=128, depth=3))
    output.locator("[role=status]").get_by_text(said).first.wait_for()
    output.locator(".progress-bar").wait_for(state="hidden")


def test_running_the_cells_again_leaves_one_picture_each(lab, address):
    run(lab, address, "explorers.ipynb")
    for name in explorers.names():
        assert shown(lab, name).locator("img").count() == 1
    press(lab, shown(lab, "parabola"), "learning rate", ["End"])
    shown(lab, "parabola").get_by_text("|1 − η| = 9").first.wait_for()


@pytest.fixture
def alone(page):
    """A page that may ask nobody; what it asked for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile(r"^(?!file:|data:)"), lambda route: route.abort())
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield asked
    assert wrong == []


@functools.cache
def twin(name):
    """The explorer's page, made once."""
    return explorers.frames(name)


@pytest.mark.parametrize("name", explorers.names())
def test_a_twin_moves_by_keyboard_and_asks_nobody(page, alone, tmp_path, name):
    explorer = explorers.get(name)
    control = explorer.control(explorer.twin)
    (tmp_path / "twin.html").write_text(twin(name), encoding="utf-8")
    page.goto((tmp_path / "twin.html").as_uri())
    page.evaluate(HEAR_KEYS)
    slider, picture = page.locator("input"), page.locator(".picture.wide img.moving")
    start = control.position(control.default)
    assert page.locator("output").inner_text() == control.texts[start]
    page.keyboard.press("Tab")
    for key, position in {"ArrowRight": start + 1, "End": -1, "Home": 0}.items():
        before = picture.get_attribute("src")
        page.keyboard.press(key)
        data = explorer.data(**{control.name: control.values[position]})
        assert page.locator("output").inner_text() == control.texts[position]
        assert page.locator(".state").inner_text() == explorer.state(data)
        assert picture.get_attribute("src") != before
        assert picture.get_attribute("alt") == explorer.alt(data)
        assert slider.get_attribute("aria-valuetext") == control.texts[position]
    assert page.evaluate("window.keys") == ["Tab"]  # a deck around it does not see the others
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 300")
    outside = [url for url in alone if not url.startswith(("file:", "data:"))]
    assert outside == []


@pytest.mark.parametrize("name", explorers.names())
def test_a_twin_fits_a_phone(page, alone, tmp_path, name):
    (tmp_path / "twin.html").write_text(twin(name), encoding="utf-8")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((tmp_path / "twin.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    narrow, wide = (page.locator(f".picture.{name} img.moving") for name in ("narrow", "wide"))
    assert narrow.is_visible() and not wide.is_visible()
    assert narrow.evaluate("(image) => image.offsetWidth") > 340
    page.locator("input").press("ArrowRight")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.locator("input").press("End")
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_fragments_share_a_page_without_meeting(page, alone, tmp_path):
    twins = [explorers.frames("parabola", fragment=True) for _ in range(2)]
    (tmp_path / "both.html").write_text("<meta charset=utf-8>" + "".join(twins), encoding="utf-8")
    page.goto((tmp_path / "both.html").as_uri())
    page.locator("input").first.press("End")
    assert page.locator("output").all_inner_texts() == ["10", "0.1"]
    assert page.locator("[id]").count() == 0
