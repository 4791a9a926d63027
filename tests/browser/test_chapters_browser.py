"""Two chapters in a real JupyterLab: run, their explorers moved, an exercise solved."""

import pathlib
import re
import shutil

import pytest
from playwright.sync_api import expect

from course_lr.teaching import explorers
from tests.browser.jupyterlab import ROOT, run, run_new, serving, watched
from tests.conftest import browser_path

CHAPTERS = sorted((ROOT / "notebooks").glob("0[18]*.ipynb"))  # others: nbval, without a browser
CELLS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].filter(
    (cell) => cell.type === "code").map((cell) => cell.toJSON())"""
SHOW = """(source) => {
    const content = jupyterapp.shell.currentWidget.content;
    const number = [...content.model.cells].findIndex(
        (cell) => cell.sharedModel.source === source);
    content.activeCellIndex = number;
    return content.scrollToItem(number, "center");
}"""
WRONG = 'course_lr.exercise("01.2").check(lambda w, gradient, eta: w + eta * gradient)'
RIGHT = WRONG.replace("w + eta", "w - eta")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab over copies of the chapters."""
    browser_path()
    folder = tmp_path_factory.mktemp("chapters")
    for path in CHAPTERS:
        shutil.copy(path, folder)
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


def complaints(page) -> list[str]:
    """What the cells say against the chapter: not run, an error, anything on stderr."""
    sources = []
    for cell in page.evaluate(CELLS):
        kinds = [output.get("name", output["output_type"]) for output in cell["outputs"]]
        if cell["execution_count"] is None or {"error", "stderr"} & set(kinds):
            sources.append("".join(cell["source"]))
    return sources


def use_explorer(page, name: str) -> None:
    """Move a slider of the explorer's cell and reset it; test_explorers_browser moves them all."""
    source, explorer = f'course_lr.explore("{name}")', explorers.get(name)
    page.evaluate(SHOW, source)
    cell = page.locator(".jp-CodeCell", has_text=re.compile(re.escape(f'explore("{name}")')))
    picture, status = cell.locator("img.widget-image"), cell.locator("[role=status]")
    picture.wait_for()
    control = next(control for control in explorer.controls if control.slider)
    before = picture.get_attribute("src")
    cell.locator(".widget-slider", has_text=control.label).locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before)
    cell.get_by_role("button", name="Reset").click()
    status.get_by_text(explorer.state(explorer.data())).first.wait_for()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_a_chapter_runs_and_its_explorers_move(address, page, path: pathlib.Path):
    wrong = watched(page)
    run(page, address, path.name)
    assert complaints(page) == []
    shown = [name for name in explorers.names() if f'explore(\\"{name}\\")' in path.read_text()]
    assert shown
    for name in shown:
        use_explorer(page, name)
    assert complaints(page) == [] and wrong == []
    if path == CHAPTERS[0]:  # an exercise says what is wrong and what is right
        outcome = str(run_new(page, WRONG))
        assert "incorrect" in outcome and "climbs" in outcome
        outcome = str(run_new(page, RIGHT))
        assert "correct" in outcome and "incorrect" not in outcome
