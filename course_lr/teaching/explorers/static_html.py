"""An explorer without a kernel: a slider over pictures that were made beforehand, in one file.

What most positions share is kept once; each keeps only the pixels that differ from that, so that
sixty positions stay small. The HTML asks no other address for anything, and needs no ids: a page
may hold as many of them as it likes.
"""

import base64
import html
import json
import math
import pathlib
from string import Template
from typing import Any

from course_lr import checks
from course_lr.teaching.explorers.base import Control, Explorer
from course_lr.teaching.explorers.picture import LAYOUTS, Picture, common, small_png

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 16px; background: white; }}</style>
</head>
<body>
{twin}
</body>
</html>
"""
IMAGE = '<div class="picture {layout}">{still}{moving}</div>'


def frames_of(
    explorer: Explorer,
    control: str | None,
    values: Any,
    path: Any,
    fragment: bool,
    layouts: tuple[str, ...] | None,
    fixed: dict[str, Any],
) -> str:
    """See :func:`course_lr.teaching.explorers.frames`."""
    moved = explorer.control(explorer.twin if control is None else control)
    positions = _positions(moved, values)
    if moved.name in fixed:
        checks.refuse(moved.name, fixed[moved.name], "left to the slider, which moves it")
    if layouts is None:
        layouts = ("slide",) if fragment else ("wide", "narrow")
    chosen = [checks.one_of("a layout", layout, tuple(LAYOUTS)) for layout in layouts]
    data = [explorer.data(**fixed, **{moved.name: value}) for value in positions]
    twin = _filled(explorer, moved, positions, data, chosen)
    title = html.escape(f"Explorer: {explorer.title}")
    text = twin if fragment else PAGE.format(title=title, twin=twin)
    if path is not None:
        pathlib.Path(path).write_text(text, encoding="utf-8")
    return text


def _positions(control: Control, values: Any) -> list[Any]:
    positions = list(control.values if values is None else values)
    if len(positions) < 2:
        checks.refuse("values", values, f"at least two positions of {control.name}")
    for value in positions:
        control.position(value)
    return positions


def _filled(explorer, control, positions, data, layouts) -> str:
    """The template with everything in it."""
    stills, moving = zip(*(_pictures(explorer, layout, data) for layout in layouts))
    goal, kept = explorer.goal, []
    reachable = any(goal.met(each) for each in data)
    for value, each, pngs in zip(positions, data, zip(*moving)):
        frame = {"readout": control.show(value), "state": explorer.state(each), "png": pngs}
        frame["goal"] = goal.line(each) if reachable else f"In the notebook: {goal.text}"
        kept.append(frame | {"alt": explorer.alt(each)})
    start = positions.index(control.default) if control.default in positions else 0
    words = {"title": explorer.title, "label": control.label, "tooltip": control.tooltip}
    words |= {name: kept[start][name] for name in ("goal", "readout", "state")}
    return _template().substitute(
        {name: html.escape(text) for name, text in words.items()},
        kind="both" if {"wide", "narrow"} <= set(layouts) else layouts[0],
        width=max(round(LAYOUTS[layout][0] * LAYOUTS[layout][2]) for layout in layouts),
        last=len(positions) - 1,
        start=start,
        pictures="\n".join(_images(layouts, stills, kept[start])),
        frames=json.dumps(kept, ensure_ascii=False).replace("</", "<\\/"),
    )


def _template() -> Template:
    return Template(
        pathlib.Path(__file__).with_name("static_html.html").read_text(encoding="utf-8")
    )


def _pictures(explorer: Explorer, layout: str, data: list[Any]) -> tuple[str, list[str]]:
    """What most positions share, and what each one shows on top of it, as addresses of PNGs."""
    picture = Picture(explorer.draw, layout)
    shown = [picture.pixels(each).copy() for each in data]
    still = common(shown[:: math.ceil(len(shown) / 11)])
    return _address(small_png(still)), [_address(small_png(each, still)) for each in shown]


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _images(layouts, stills, frame) -> list[str]:
    """For each layout, what most positions share and the one of the start above it."""
    images = []
    for layout, still, png in zip(layouts, stills, frame["png"]):
        width, height, dpi = LAYOUTS[layout]
        size = f'width="{round(width * dpi)}" height="{round(height * dpi)}"'
        below = f'<img src="{still}" alt="" {size}>'
        above = f'<img class="moving" src="{png}" alt="{html.escape(frame["alt"])}" {size}>'
        images.append(IMAGE.format(layout=layout, still=below, moving=above))
    return images
