"""From an arrow key to the new picture painted: an explorer beside plain ``interact``.

    python benchmarks/explorer_latency.py            measure and print
    python benchmarks/explorer_latency.py --write    also put the table into benchmarks/README.md

A real JupyterLab, a real kernel, a real Chromium. Two cells of one notebook show the same picture
of the same descent: our explorer, and ``interact`` with a function that draws it anew and calls
``plt.show()``. The keys go to both in turn, each after the last answer has settled. *Settled*: the
last change that the key made to the picture is on the screen (its image is decoded and a frame has
been painted after it) and nothing more comes for 0.6 s.
"""

import argparse
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
    figure = plt.figure(figsize=(7.4, 4.4), dpi=110, layout="constrained")
    explorer.draw(figure, explorer.data(eta=eta))
    plt.show()
slider = SelectionSlider(options=list(zip(eta.texts, eta.values)), value=eta.default)
_ = interact(plain, eta=slider)
"""
CELLS = ('import course_lr\ncourse_lr.explore("quadratic")', PLAIN)
WATCH = """() => {
    const log = window.painted = [];
    for (const [number, cell] of [...document.querySelectorAll(".jp-CodeCell")].entries()) {
        const seen = () => {
            const image = cell.querySelector(".jp-OutputArea-output img");
            const paint = () => requestAnimationFrame(() => setTimeout(
                () => log.push([number, performance.now()])));
            if (!image) paint(); else image.decode().then(paint, paint);
        };
        const pictures = (records) => records.some((record) =>
            record.type === "attributes" ? record.target.tagName === "IMG"
            : [...record.addedNodes, ...record.removedNodes].some((node) => node.nodeType === 1 &&
                (node.tagName === "IMG" || node.querySelector("img"))));
        new MutationObserver((records) => { if (pictures(records)) seen(); }).observe(cell,
            {subtree: true, childList: true, attributes: true, attributeFilter: ["src"]});
    }
    document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
}"""
SETTLED = """async (number) => {
    const mine = () => window.painted.filter(
        ([cell, when]) => cell === number && when > window.pressed);
    const pause = (time) => new Promise((done) => setTimeout(done, time));
    for (let i = 0; i < 200 && mine().length === 0; i++) await pause(50);
    let count = 0;
    while (mine().length > count) { count = mine().length; await pause(600); }
    const times = mine().map(([cell, when]) => when - window.pressed);
    return [times[0], times[times.length - 1]];
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


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of them do not exceed."""
    return sorted(values)[max(0, round(share * len(values)) - 1)]


def table(taken, lags, load: str) -> str:
    """The figures as Markdown."""
    lines = [
        f"{MOVES} moves of each; milliseconds. {machine()}, load while measuring {load}.",
        "",
        "| | first paint, median | settled, median | settled, 95 % | behind after "
        f"{BURST} keys in {BURST * GAP / 1000:g} s |",
        "|---|---|---|---|---|",
    ]
    settled = {}
    for number, name in enumerate(("`course_lr.explore`", "`interact` + `plt.show`")):
        first, settled[number] = map(list, zip(*taken[number]))
        middle, high = statistics.median(settled[number]), percentile(settled[number], 0.95)
        numbers = (statistics.median(first), middle, high, lags[number])
        lines.append(f"| {name} | " + " | ".join(f"{value:.0f}" for value in numbers) + " |")
    ratio = statistics.median(settled[1]) / statistics.median(settled[0])
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
