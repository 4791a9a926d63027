"""From an arrow key to the new picture painted: an explorer beside plain ``interact``.

    python benchmarks/explorer_latency.py            measure and print
    python benchmarks/explorer_latency.py --write    also put the table into benchmarks/README.md

A real JupyterLab, a real kernel, a real Chromium. Two cells of one notebook show the same picture
of the same descent: our explorer, and ``interact`` with a function that draws it anew and calls
``plt.show()``. The keys go to both in turn, each after the last answer has settled. *Painted*: the
new picture is decoded and a frame has been drawn with it. *Settled*: the same after the last change
of anything in the cell's output but the slider itself (texts, heights held and released); nothing
more comes for 0.6 s.
"""

import argparse
import math
import os
import pathlib
import platform
import statistics
import sys
import tempfile

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.jupyterlab import run, serving, write_notebook  # noqa: E402
from tests.conftest import QUIET, browser_path  # noqa: E402

README = ROOT / "benchmarks" / "README.md"
BEGIN, END = "<!-- explorer_latency -->", "<!-- end of explorer_latency -->"
MOVES, BURST, GAP = 50, 40, 50  # moves of each, keys in the burst, milliseconds between them
PLAIN = """
import matplotlib.pyplot as plt
from ipywidgets import SelectionSlider, interact
from course_lr.teaching.explorers import get
explorer = get("quadratic")
eta = explorer.control("eta")
def plain(eta):
    figure = plt.figure(figsize=(7.4, 4.4), dpi=100, layout="constrained")
    explorer.draw(explorer.make(figure), explorer.data(eta=eta))
    plt.show()
slider = SelectionSlider(options=list(zip(eta.texts, eta.values)), value=eta.default)
_ = interact(plain, eta=slider)
"""
CELLS = ('import course_lr\ncourse_lr.explore("quadratic")', PLAIN)
WATCH = """() => {
    window.painted = [];
    const holds = (node) => node.nodeType === 1
        && (node.tagName === "IMG" || node.querySelector("img") !== null);
    const picture = (record) => record.type === "attributes"
        ? record.target.tagName === "IMG" : [...record.addedNodes].some(holds);
    const slider = (record) => {
        const node = record.target.nodeType === 1 ? record.target : record.target.parentElement;
        return node.closest(".widget-slider") !== null;
    };
    document.querySelectorAll(".jp-CodeCell").forEach((cell, number) => {
        const output = cell.querySelector(".jp-Cell-outputWrapper");
        new MutationObserver((records) => {
            const news = records.filter((record) => !slider(record));
            if (news.length === 0) return;
            const shows = news.some(picture), image = output.querySelector("img");
            const paint = () => requestAnimationFrame(() => setTimeout(
                () => window.painted.push({number, shows, time: performance.now()})));
            if (shows) image.decode().then(paint, paint); else paint();
        }).observe(output, {subtree: true, childList: true, attributes: true, characterData: true});
    });
    document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
}"""
SETTLED = """async (number) => {
    const pause = (time) => new Promise((done) => setTimeout(done, time));
    const mine = () => window.painted.filter(
        (each) => each.number === number && each.time > window.pressed);
    for (let i = 0; i < 200 && !mine().some((each) => each.shows); i++) await pause(50);
    let count = 0;
    while (mine().length > count) { count = mine().length; await pause(600); }
    const changes = mine();
    const first = changes.find((each) => each.shows), last = changes[changes.length - 1];
    return [first.time - window.pressed, last.time - window.pressed];
}"""


def press(page, number: int, key: str) -> tuple[float, float]:
    """Milliseconds from the key to the first change painted and to the last."""
    page.locator(".jp-CodeCell").nth(number).locator(".noUi-handle").focus()
    page.keyboard.press(key)
    first, last = page.evaluate(SETTLED, number)
    return first, last


def moves(page) -> dict[int, list[tuple[float, float]]]:
    """Both contestants in turn, there and back over the slider."""
    taken: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    for move in range(MOVES):
        key = "ArrowRight" if move % 20 < 10 else "ArrowLeft"
        for number in taken:
            taken[number].append(press(page, number, key))
    return taken


def burst(page, number: int) -> float:
    """Milliseconds that the picture lags behind after many keys in quick succession."""
    page.locator(".jp-CodeCell").nth(number).locator(".noUi-handle").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(3000)
    for _ in range(BURST):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(GAP)
    return page.evaluate(SETTLED, number)[1]


def measure() -> tuple[dict[int, list[tuple[float, float]]], list[float]]:
    """Every move of both, and what each lags behind after a burst."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = pathlib.Path(folder)
        write_notebook(path / "latency.ipynb", CELLS)
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=[*QUIET, "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        with serving(path, path) as address:
            run(page, address, "latency.ipynb")
            page.wait_for_timeout(3000)
            page.evaluate(WATCH)
            taken = moves(page)
            lags = [burst(page, number) for number in taken]
            browser.close()
    return taken, lags


middle = statistics.median


def high(values: list[float]) -> float:
    """The smallest value that 95 % of them do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def table(taken, lags, load: str) -> str:
    """The figures as Markdown."""
    lines = [
        f"{MOVES} moves of each; milliseconds. {machine()}, load while measuring {load}.",
        "",
        "| | picture painted, median | 95 % | settled, median | settled, 95 % | behind after "
        f"{BURST} keys in {BURST * GAP / 1000:g} s |",
        "|---|---|---|---|---|---|",
    ]
    settled = {}
    for number, name in enumerate(("`course_lr.explore`", "`interact` + `plt.show`")):
        first, settled[number] = map(list, zip(*taken[number]))
        numbers = [f(times) for times in (first, settled[number]) for f in (middle, high)]
        numbers.append(lags[number])
        lines.append(f"| {name} | " + " | ".join(f"{value:.0f}" for value in numbers) + " |")
    ratio = middle(settled[1]) / middle(settled[0])
    return "\n".join([*lines, "", f"Ratio of the settled medians: {ratio:.1f}."])


def machine() -> str:
    """Processors, system, Python."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Measure, print, and where asked write the table into the README."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    taken, lags = measure()
    text = table(taken, lags, f"{os.getloadavg()[0]:.1f}")
    print(text)
    if options.write:
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
