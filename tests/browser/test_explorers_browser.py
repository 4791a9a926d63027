"""Explorers in a real browser: live in JupyterLab, and as pages that have no kernel to ask."""

import re

import pytest
from playwright.sync_api import expect

from course_lr.teaching import explorers
from tests.browser.jupyterlab import run, serving, watched, write_notebook
from tests.conftest import browser_path

NAMES = ("quadratic", "digits", "decay", "cycles")  # a training, long texts, many controls
HEAR_KEYS = """() => {
    window.keys = [];
    document.addEventListener("keydown", (event) => window.keys.push(event.key));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with a notebook that shows these explorers."""
    browser_path()
    folder = tmp_path_factory.mktemp("notebooks")
    cells = ("import course_lr", *(f'course_lr.explore("{name}")' for name in NAMES))
    write_notebook(folder / "explorers.ipynb", cells)
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def lab(address, page):
    """The notebook, run; what the page's console says against it is an error."""
    wrong = watched(page)
    run(page, address, "explorers.ipynb")
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
    output.locator(".widget-slider", has_text=label).locator(".noUi-handle").focus()
    for key in keys:
        page.keyboard.press(key)


def says(output, explorer, **settings):
    """Wait until the output says what there is to be seen at these settings."""
    state = explorer.state(explorer.data(**settings))
    output.locator("[role=status]").get_by_text(state).first.wait_for()


@pytest.mark.parametrize("name", ["decay", "cycles"])
def test_every_slider_moves_and_every_button_answers(lab, name):
    explorer, output = explorers.get(name), shown(lab, name)
    picture = output.locator("img.widget-image")
    assert picture.count() == output.locator("img").count() == 1
    height = output.evaluate("(element) => element.offsetHeight")
    for button in output.get_by_role("button").all():
        assert button.evaluate("(b) => b.scrollWidth <= b.clientWidth"), button.inner_text()
    for control in explorer.controls:
        if control.slider:
            slider = output.locator(".widget-slider", has_text=control.label)
            keys = {"Home": 0, "ArrowRight": 1, "End": -1, "ArrowLeft": -2}
            for key, position in keys.items():
                before = picture.get_attribute("src")
                press(lab, output, control.label, [key])
                expect(picture).not_to_have_attribute("src", before)
                says(output, explorer, **{control.name: control.values[position]})
                readout = slider.locator(".widget-readout").inner_text()
                assert readout == control.texts[position]
        else:
            group = output.locator(".widget-toggle-buttons", has_text=control.label)
            for value, text in zip(control.values, control.texts):
                group.get_by_role("button", name=text, exact=True).click()
                says(output, explorer, **{control.name: value})
        output.get_by_role("button", name="Reset").click()
        says(output, explorer)
    assert output.evaluate("(element) => element.offsetHeight") == height


def test_the_last_of_many_positions_is_shown(lab, address):
    explorer, output = explorers.get("quadratic"), shown(lab, "quadratic")
    press(lab, output, "learning rate", ["ArrowRight"] * 40 + ["End"])
    says(output, explorer, eta=1.0)
    press(lab, output, "learning rate", ["ArrowLeft"] * 14)
    output.get_by_text("Reached!").wait_for()
    assert output.locator(".widget-readout").inner_text() == "0.2"
    explorer, output = explorers.get("digits"), shown(lab, "digits")
    output.get_by_role("button", name="128", exact=True).click()
    output.get_by_role("button", name="3", exact=True).click()
    output.locator(".progress-bar").wait_for()  # visible while the network trains
    press(lab, output, "marked rate", ["ArrowRight"] * 5)
    says(output, explorer, eta=0.1, batch_size=128, depth=3)
    output.locator(".progress-bar").wait_for(state="hidden")
    run(lab, address, "explorers.ipynb")  # again, which leaves one picture each
    for name in NAMES:
        expect(shown(lab, name).locator("img")).to_have_count(1)
    press(lab, shown(lab, "quadratic"), "learning rate", ["End"])
    says(shown(lab, "quadratic"), explorers.get("quadratic"), eta=1.0)


@pytest.fixture
def alone(page):
    """A page that may ask nobody, and did not."""
    asked, wrong = [], watched(page)
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile(r"^(?!file:|data:)"), lambda route: route.abort())
    yield page
    assert wrong == [] and all(url.startswith(("file:", "data:")) for url in asked)


def open_text(page, folder, text):
    """Open this text as a page."""
    (folder / "static.html").write_text(text, encoding="utf-8")
    page.goto((folder / "static.html").as_uri())


@pytest.mark.parametrize("name", ["parabola", "search"])
def test_static_html_moves_by_keyboard_and_asks_nobody(alone, tmp_path, name):
    explorer = explorers.get(name)
    control = explorer.control(explorer.static_control)
    open_text(alone, tmp_path, explorers.frames(name))
    alone.evaluate(HEAR_KEYS)
    slider, picture = alone.locator("input"), alone.locator(".picture.wide img.moving")
    start = control.position(control.default)
    assert alone.locator("output").inner_text() == control.texts[start]
    alone.keyboard.press("Tab")
    for key, position in {"ArrowRight": start + 1, "End": -1, "Home": 0}.items():
        before = picture.get_attribute("src")
        alone.keyboard.press(key)
        data = explorer.data(**{control.name: control.values[position]})
        assert alone.locator("output").inner_text() == control.texts[position]
        assert alone.locator(".state").inner_text() == explorer.state(data)
        assert picture.get_attribute("src") != before
        assert picture.get_attribute("alt") == explorer.alt(data)
        assert slider.get_attribute("aria-valuetext") == control.texts[position]
    assert alone.evaluate("window.keys") == ["Tab"]  # a deck around it does not see the others
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 300")


def test_static_html_fits_a_phone(alone, tmp_path):
    alone.set_viewport_size({"width": 390, "height": 844})
    for name in explorers.names():
        explorer = explorers.get(name)
        values = explorer.control(explorer.static_control).values
        open_text(alone, tmp_path, explorers.frames(name, values=[*values[:2], values[-1]]))
        assert alone.evaluate("document.documentElement.scrollWidth") <= 390
        narrow, wide = (alone.locator(f".picture.{kind} img.moving") for kind in ("narrow", "wide"))
        assert narrow.is_visible() and not wide.is_visible()
        assert narrow.evaluate("(image) => image.offsetWidth") > 340
        heights = set()
        for key in ("Home", "ArrowRight", "End"):
            alone.locator("input").press(key)
            heights.add(alone.evaluate("document.documentElement.scrollHeight"))
        assert len(heights) == 1, name


def test_fragments_share_a_page_without_meeting(alone, tmp_path):
    fragment = explorers.frames("parabola", "eta", [0.1, 10.0], fragment=True)
    open_text(alone, tmp_path, f"<meta charset=utf-8>{fragment}{fragment}")
    alone.locator("input").first.press("End")
    assert alone.locator("output").all_inner_texts() == ["10", "0.1"]
    assert alone.locator("[id]").count() == 0
