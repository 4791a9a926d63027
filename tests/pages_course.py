"""A course of two short chapters that holds everything that decks and pages treat in a way of its
own; written without a kernel."""

import base64
import functools
import pathlib

import nbformat
import numpy as np
import pytest

from course_lr.teaching import explorers
from course_lr.teaching.figures.style import canvas, png
from tests import verdict_cards
from tools import site
from tools.pages import cells

V4 = nbformat.v4
ALT = "A line that falls from left to right."
FORMULAS = 7  # in the second chapter, two of them in what the audience does not see
MATHEMATICS = r"""## The step

$$\begin{aligned} w_{t+1} &= w_t - \eta\, g_t \\ g_t &= \nabla L(w_t) \end{aligned}$$

with $w^* = \operatorname*{arg\,min}_w L(w)$, a price of \$5 and `$PATH`, stable where

\begin{align*}
|1 - \eta\lambda| < 1 \iff 0 < \eta < \frac{2}{\lambda}
\end{align*}"""
DETAILS = """### Predict

Which rate is the fastest?

<details><summary>Answer</summary>

The middle one, where $|1-\\eta\\lambda|$ is smallest.

</details>"""
TABLE = """## Who uses what

| library | argument | where the rate is kept between two calls of the optimiser |
|---|---|---|
| PyTorch | `lr` | `optimizer.param_groups[0]["lr"]` |
| Keras | `learning_rate`, $10^{-3}$ | `optimizer.learning_rate` |

See [the chapter before](01_first.ipynb#the-end), [the rules](../CONTRIBUTING.md) and
[Smith 2017](https://doi.org/10.1109/WACV.2017.58)."""
PLAN = "<details><summary>For the lecturer</summary>\n\nAsk *why* $\\eta$ first.\n\n</details>"
VERDICT = verdict_cards.card("S5")._repr_html_()


def picture() -> str:
    """A figure in the course's style, base64."""
    figure, axes = canvas()
    axes[0].plot(np.array([2.0, 1.0]))
    return base64.b64encode(png(figure)).decode() + "\n"


def text(source: str, slide: str | None = None, *tags: str):
    """A markdown cell."""
    return placed(V4.new_markdown_cell(source), slide, tags)


def code(source: str, slide: str | None = None, *tags: str, data=None, printed: str = ""):
    """A code cell that was run: it showed ``data``, or printed something."""
    outputs = []
    if data:
        metadata = {"image/png": {"alt": ALT}} if "image/png" in data else {}
        outputs.append(V4.new_output("display_data", data, metadata=metadata))
    if printed:
        outputs.append(V4.new_output("stream", name="stdout", text=printed))
    cell = V4.new_code_cell(source, outputs=outputs, execution_count=1)
    return placed(cell, slide, tags)


def placed(cell, slide, tags):
    if slide:
        cell.metadata["slideshow"] = {"slide_type": slide}
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def first() -> list:
    """The first chapter: nothing but text, the lecturer's plan before the first slide."""
    return [
        text("Before everything.", "notes"),
        text("# 01 · First\n\n**Why?** Because.", "slide"),
        text("## The end\n\nNothing more.", "slide"),
    ]


def second() -> list:
    """The second chapter: one of each."""
    figure = {"image/png": picture(), "text/plain": ALT}
    return [
        text("# 02 · What η does\n\n**How far** does one number carry?", "slide"),
        text(PLAN, "notes", "lecturer"),
        code("import numpy as np", "skip"),
        text(MATHEMATICS, "slide"),
        text("And only there.", "fragment"),
        text(DETAILS, "subslide"),
        text("## Loss against rate", "slide"),
        code(
            'rates = np.geomspace(1e-3, 1, 3)\ncourse_lr.show(\n    figure, alt="A line."\n)',
            data=figure,
        ),
        text("Read it from left to right."),
        code("print(rates)", printed="[0.001 0.0316 1.]\n"),
        text(TABLE, "slide"),
        code('course_lr.explore("parabola")', "slide", "explorer", data=figure),
        code('course_lr.verdict("S5")', "slide", "verdict", data={"text/html": VERDICT}),
        text("## Exercise 02.1\n\nWrite the update.", "skip", "exercise"),
        code('course_lr.exercise("02.1")', "skip", "exercise", printed="The task."),
        code("def update(w, gradient, eta): ...", "skip", "exercise"),
        code("ex.check(update)", "skip", "exercise", printed="02.1: not attempted"),
        text("## Summary\n\n1. Small is slow.\n2. Large diverges, $\\eta > 2/\\lambda$.", "slide"),
    ]


def write(folder: pathlib.Path, **chapters: list) -> pathlib.Path:
    """The chapters as notebooks in ``folder``; by default the two of this file."""
    chapters = chapters or {"01_first": first(), "02_second": second()}
    folder.mkdir(exist_ok=True)
    for name, chapter in chapters.items():
        nbformat.write(V4.new_notebook(cells=chapter), folder / f"{name}.ipynb")
    return folder


def build(folder: pathlib.Path, notebooks: pathlib.Path | None = None) -> pathlib.Path:
    """The site of ``notebooks``, by default of the two chapters here, with few frames a slider."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "static_html", static_html)
        report = verdict_cards.write(folder)
        site.build(notebooks or write(folder / "notebooks"), folder / "site", report)
    return folder / "site"


@functools.cache
def static_html(name: str, deck: bool) -> str:
    """As a build shows it, with the slider's ends, its start and the three positions after it."""
    explorer = explorers.get(name)
    control = explorer.control(explorer.static_control)
    start = control.values.index(control.default)
    some = {control.values[0], *control.values[start : start + 4], control.values[-1]}
    positions = [value for value in control.values if value in some]
    layouts = ("slide",) if deck else ("wide", "narrow")
    return explorers.frames(name, values=positions, fragment=True, layouts=layouts)
