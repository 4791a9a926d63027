"""The training that is played, in a real JupyterLab: play, drag, pause, to the end, run again."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.jupyterlab import run, run_new, serving, watched, write_notebook
from tests.conftest import browser_path

CELLS = ("import course_lr", 'shown = course_lr.explore("controller")\nshown')
STATE = "import json; print(json.dumps([shown.run.step, shown.run.history.eta[:, 0].tolist()]))"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with a notebook that shows the explorer."""
    browser_path()
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "live.ipynb", CELLS)
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def lab(address, page):
    """The notebook, run; whatever the page says against it is an error."""
    wrong = watched(page)
    run(page, address, "live.ipynb")
    page.locator("img.widget-image").wait_for()
    yield page
    assert wrong == [] and page.locator("[role=alert]").count() == 0


def button(page, name):
    """The button with this text."""
    return page.get_by_role("button", name=name, exact=True)


def next_pictures(page, number):
    """Wait until the picture has changed so many times."""
    picture = page.locator("img.widget-image")
    for _ in range(number):
        expect(picture).not_to_have_attribute("src", picture.get_attribute("src"))


def printed(page, source):
    """What the kernel prints when it runs ``source``."""
    return "".join(output["text"] for output in run_new(page, source))


def state(page):
    """Steps made and the rate of each, asked of the kernel."""
    return json.loads(printed(page, STATE))


def test_play_drag_pause_and_play_on(lab):
    button(lab, "Play").click()
    next_pictures(lab, 5)
    slider = lab.locator(".widget-slider .noUi-handle")
    slider.focus()
    lab.keyboard.press("ArrowRight")
    lab.keyboard.press("ArrowRight")
    lab.locator(".widget-readout").get_by_text("0.0025", exact=True).wait_for()
    next_pictures(lab, 5)
    button(lab, "Pause").click()
    button(lab, "Play").wait_for()
    step, eta = state(lab)
    assert 0 < step == len(eta) < 480
    assert eta[0] == 0.001 and eta[-1] == 0.0025 and eta == sorted(eta)
    before = lab.locator("img.widget-image").get_attribute("src")
    button(lab, "One step").click()
    expect(lab.locator("img.widget-image")).not_to_have_attribute("src", before)
    assert state(lab)[0] == step + 1
    button(lab, "Play").click()
    status = lab.locator("[role=status]")
    status.get_by_text("Validation accuracy after 480 steps: you").first.wait_for(timeout=120_000)
    button(lab, "Play").wait_for()
    assert state(lab)[0] == 480


def test_running_the_cell_again_while_it_plays_leaves_one_at_rest(lab, address):
    button(lab, "Play").click()
    next_pictures(lab, 2)
    tasks = "import asyncio; print([t.get_coro().__qualname__ for t in asyncio.all_tasks()])"
    assert "LiveView._play" in printed(lab, tasks)
    run(lab, address, "live.ipynb")
    assert lab.locator("img.widget-image").count() == 1
    assert "LiveView._play" not in printed(lab, tasks)
    button(lab, "Play").wait_for()
