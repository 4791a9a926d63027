"""The chapters themselves in a real JupyterLab: run, every explorer moved, an exercise solved."""

import pathlib
import re
import shutil

import pytest
from playwright.sync_api import expect

from course_lr.teaching import explorers
from tests.browser.jupyterlab import ROOT, serving
from tests.conftest import browser_path

CHAPTERS = sorted((ROOT / "notebooks").glob("0[1-9]*.ipynb"))
CELLS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].filter(
    (cell) => cell.type === "code").map((cell) => cell.toJSON())"""
SHOW = """(source) => {
    const content = jupyterapp.shell.currentWidget.content;
    const number = [...content.model.cells].findIndex(
        (cell) => cell.sharedModel.source === source);
    content.activeCellIndex = number;
    return content.scrollToItem(number, "center");
}"""
RUN_NEW = """async (source) => {
    const content = jupyterapp.shell.currentWidget.content;
    const number = content.model.cells.length;
    content.model.sharedModel.insertCell(number, {cell_type: "code", source});
    content.activeCellIndex = number;
    await jupyterapp.commands.execute("notebook:run-cell");
    return JSON.stringify(content.model.cells.get(number).toJSON().outputs);
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


def open_and_run(page, address: str, name: str) -> None:
    """Open a chapter, restart nothing, run all of it and wait until the last cell has run."""
    page.goto(address.replace("/lab?", f"/doc/tree/{name}?"))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.evaluate("""async () => {
        await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
        window.ran = false;
        jupyterapp.commands.execute("notebook:run-all-cells").then(() => { window.ran = true; });
    }""")
    page.wait_for_function("() => window.ran", timeout=180_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def complaints(page) -> list[str]:
    """What the cells say against the chapter: not run, an error, anything on stderr."""
    found = []
    for cell in page.evaluate(CELLS):
        kinds = [output.get("name", output["output_type"]) for output in cell["outputs"]]
        if cell["execution_count"] is None or {"error", "stderr"} & set(kinds):
            found.append("".join(cell["source"]))
    return found


def use_explorer(page, name: str) -> None:
    """Move a slider of the explorer's cell and reset it; test_explorers_browser moves them all."""
    source, explorer = f'course_lr.explore("{name}")', explorers.get(name)
    page.evaluate(SHOW, source)
    cell = page.locator(".jp-CodeCell", has_text=re.compile(re.escape(f'explore("{name}")')))
    picture, said = cell.locator("img.widget-image"), cell.locator("[role=status]")
    picture.wait_for()
    control = next(control for control in explorer.controls if control.slider)
    before = picture.get_attribute("src")
    cell.locator(".widget-slider", has_text=control.label).locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before)
    cell.get_by_role("button", name="Reset").click()
    said.get_by_text(explorer.state(explorer.data())).first.wait_for()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_a_chapter_runs_and_its_explorers_move(address, page, path: pathlib.Path):
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    open_and_run(page, address, path.name)
    assert complaints(page) == []
    shown = [name for name in explorers.names() if f'explore(\\"{name}\\")' in path.read_text()]
    assert shown
    for name in shown:
        use_explorer(page, name)
    assert complaints(page) == [] and wrong == []


def test_an_exercise_says_what_is_wrong_and_what_is_right(address, page):
    open_and_run(page, address, CHAPTERS[0].name)
    said = page.evaluate(RUN_NEW, WRONG)
    assert "incorrect" in said and "climbs" in said
    said = page.evaluate(RUN_NEW, RIGHT)
    assert "correct" in said and "incorrect" not in said
    assert complaints(page) == []
