"""The workbench in a real JupyterLab at two widths: typed into, stopped, saved, opened again."""

import json

import pytest
from playwright.sync_api import expect

from course_lr.teaching.workbench import Setup, from_text
from tests.browser.jupyterlab import run, serving, write_notebook
from tests.conftest import browser_path

CELLS = ("import course_lr", "course_lr.playground()")
SMALL = '{"problem": "Quadratic([1, 20])", "steps": 60, "seeds": 2, "lines": [{"eta": 0.05}]}'


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with a notebook that shows the workbench."""
    browser_path()
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "bench.ipynb", CELLS)
    rows = "".join(f"{i % 7},{-(i % 5)},{i % 2}\n" for i in range(80))
    (folder / "mine.csv").write_text(rows, encoding="utf-8")
    with serving(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def bench(address, page):
    """The notebook, run; whatever the page says against it is an error."""
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.set_viewport_size({"width": 1024, "height": 1100})
    run(page, address, "bench.ipynb")
    page.locator("img.widget-image").wait_for()
    yield page
    assert wrong == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0


def field(page, label, number=0):
    """The text field with this label."""
    return page.locator(".widget-text", has_text=label).locator("input").nth(number)


def type_into(page, label, text, number=0):
    """Type and leave the field, as a person does."""
    place = page.locator(".widget-text", has_text=label).nth(number).locator("input")
    place.fill(text)
    place.press("Enter")


def tab(page, name):
    """Open a tab below the picture."""
    page.locator(".lm-TabBar-tab:visible", has_text=name).click()


def shared(page):
    """The configuration that *Save and share* shows."""
    return from_text(page.locator("textarea:visible").input_value())


def open_text(page, text):
    """Paste a configuration and open it."""
    page.locator("textarea:visible").fill(text)
    page.get_by_role("button", name="Open this text").click()


def test_everything_fits_the_page(bench):
    output = bench.locator(".jp-OutputArea-output").last
    assert output.get_by_text("cannot be told apart with 5 seeds").first.is_visible()
    for width in (1600, 1024):
        bench.set_viewport_size({"width": width, "height": 1100})
        bench.wait_for_timeout(500)  # JupyterLab lays its panels out anew
        assert output.evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
        right = output.evaluate("(e) => e.getBoundingClientRect().right")
        for part in ("input", "select", "img.widget-image", ".noUi-handle"):
            for element in output.locator(part).all():
                if element.is_visible():
                    box = element.bounding_box()
                    assert box["x"] + box["width"] <= right + 1
        rates = [output.locator("select").nth(i).bounding_box()["y"] for i in (1, 2)]
        assert abs(rates[0] - rates[1]) < 2  # a line of fields stays one line


def test_a_change_is_answered_and_an_error_said(bench):
    tab(bench, "Save and share")
    open_text(bench, SMALL)
    message = bench.locator("[role=status], [role=alert]")
    expect(message).to_contain_text("Switch on a second line")
    before = bench.locator("img.widget-image").get_attribute("src")
    type_into(bench, "η", "0.02")
    expect(bench.locator("img.widget-image")).not_to_have_attribute("src", before)
    assert shared(bench).lines[0].eta == 0.02
    knob = bench.locator(".widget-slider .noUi-handle").first
    type_into(bench, "η", "0.003")
    expect(knob).to_have_attribute("aria-valuenow", "25.0")
    knob.focus()
    bench.keyboard.press("ArrowRight")  # one position further, not away from where the knob was
    expect(field(bench, "η")).to_have_value("0.004")
    expect(bench.locator(".widget-dropdown select").nth(2)).to_be_enabled()
    expect(bench.locator(".widget-dropdown select").nth(3)).to_be_disabled()
    for text in ("", "fast", "-1", "1e999", "½", "0.1; drop", "x" * 200):
        type_into(bench, "η", text)
        expect(bench.locator("[role=alert]")).to_contain_text(f"got '{text[:40]}'")
    type_into(bench, "steps", "1e9")
    type_into(bench, "η", "0.03")
    expect(bench.locator("[role=alert]")).to_contain_text("steps must be a whole number")
    type_into(bench, "steps", "50")
    expect(bench.locator("[role=status]")).to_contain_text("Switch on a second line")
    bench.locator("input[type=checkbox]").nth(1).check()
    expect(bench.locator("[role=status]")).to_contain_text("better than")
    bench.locator(".widget-slider .noUi-handle").first.focus()
    bench.keyboard.press("ArrowRight")
    expect(field(bench, "η")).not_to_have_value("0.03")


def test_saved_text_opened_again_gives_the_same_picture(bench):
    tab(bench, "Save and share")
    picture = bench.locator("img.widget-image")
    text = bench.locator("textarea:visible").input_value()
    assert from_text(text) == Setup()

    def pixels():
        return picture.evaluate(
            """async (image) => {
                const bytes = await (await fetch(image.src)).arrayBuffer();
                const hash = await crypto.subtle.digest("SHA-256", bytes);
                return Array.from(new Uint8Array(hash)).join(" ");
            }"""
        )

    first, source = pixels(), picture.get_attribute("src")
    open_text(bench, SMALL)
    expect(picture).not_to_have_attribute("src", source)
    assert pixels() != first
    source = picture.get_attribute("src")
    open_text(bench, text)
    expect(picture).not_to_have_attribute("src", source)
    assert pixels() == first
    open_text(bench, "{")
    expect(bench.locator("[role=alert]")).to_contain_text("no strict JSON")
    assert pixels() == first
    tab(bench, "Show me the code")
    bench.get_by_text("problem = course_lr.digits(hidden=(32,), batch_size=64)").first.wait_for()
    tab(bench, "The same in PyTorch")
    bench.get_by_text("torch.optim.SGD(model.parameters(), lr=0.5)").first.wait_for()
    bench.locator(".widget-toggle-button:visible", has_text="B").click()
    bench.get_by_text("torch.optim.Adam(model.parameters(), lr=0.01").first.wait_for()


def test_a_long_training_shows_its_progress_and_stops_and_own_data_are_read(bench):
    type_into(bench, "steps", "20000")
    bench.locator(".progress-bar:visible").wait_for()
    status, alert = bench.locator("[role=status]"), bench.locator("[role=alert]")
    expect(status).to_contain_text("Training …")
    picture = bench.locator("img.widget-image")
    expect(picture).to_have_css("opacity", "0.4")
    bench.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_contain_text("Stopped when")
    bench.locator(".progress-bar").wait_for(state="hidden")
    expect(picture).to_have_css("opacity", "1")
    bench.get_by_text("at step, not a ranking").wait_for()
    type_into(bench, "steps", "100")
    expect(status).to_contain_text("with 5 seeds")  # its end sets the text of the last tab
    tab(bench, "Save and share")
    open_text(bench, json.dumps({"problem": "data", "file": "nowhere.csv"}))
    expect(alert).to_contain_text("nowhere.csv' can't be read")
    bench.locator(".widget-dropdown select").first.select_option(label="your own data")
    type_into(bench, "batch", "16")
    expect(alert).to_contain_text("file must name a .csv")
    type_into(bench, "file", "mine.csv")
    described = "80 examples, 2 columns, 2 classes (48 to train, 16 to validate)"
    expect(status).to_contain_text(described)
