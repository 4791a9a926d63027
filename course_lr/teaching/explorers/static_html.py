"""An explorer without a kernel: a slider over pictures that were made beforehand, in one file.

What most positions share is kept once; each keeps only the pixels that differ from that, so that
sixty positions stay small. The HTML asks no other address for anything, and needs no ids: a page
may hold as many of them as it likes.
"""

import base64
import html
import json
import math
import os
import pathlib
from collections.abc import Sequence
from string import Template
from typing import Any

from course_lr import checks
from course_lr.teaching.explorers.declaration import Explorer
from course_lr.teaching.explorers.discovery import get
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
{explorer}
</body>
</html>
"""


def frames(
    explorer: str | Explorer,
    control: str | None = None,
    values: Sequence[Any] | None = None,
    path: str | os.PathLike | None = None,
    *,
    fragment: bool = False,
    layouts: tuple[str, ...] | None = None,
    **fixed: Any,
) -> str:
    """The explorer without a kernel: one HTML text with a slider over pictures made beforehand.

    Args:
        explorer: its name, or the explorer itself.
        control: the control that the slider moves; by default the explorer's own choice.
        values: its positions, each one of the control's; by default all of them.
        path: also write the text to this file.
        fragment: a piece to put into a page or a slide, as often as wanted, instead of a page.
        layouts: any of ``"wide"``, ``"narrow"`` (shown up to 600 px) and ``"slide"``; by default
            the first two for a page and ``("slide",)`` for a fragment.
        fixed: the positions of the other controls; by default their start.

    Raises:
        ValueError, TypeError: naming the argument, its value and what is accepted.

    >>> page = frames("quadratic", "eta", [0.1, 0.2], layouts=("wide",))
    >>> page.startswith("<!DOCTYPE html>"), "http" in page
    (True, False)
    """
    explorer = get(explorer)
    moved = explorer.control(explorer.static_control if control is None else control)
    positions = list(moved.values if values is None else values)
    if len(positions) < 2:
        checks.refuse("values", values, f"at least two positions of {moved.name}")
    for value in positions:
        moved.position(value)
    if moved.name in fixed:
        checks.refuse(moved.name, fixed[moved.name], "left to the slider, which moves it")
    for name, value in fixed.items():
        explorer.control(name).position(value)
    if layouts is None:
        layouts = ("slide",) if fragment else ("wide", "narrow")
    for layout in layouts:
        checks.one_of("a layout", layout, tuple(LAYOUTS))
    data = [explorer.data(**fixed, **{moved.name: value}) for value in positions]
    text = _filled(explorer, moved, positions, data, layouts)
    if not fragment:
        text = PAGE.format(title=html.escape(f"Explorer: {explorer.title}"), explorer=text)
    if path is not None:
        pathlib.Path(path).write_text(text, encoding="utf-8")
    return text


def _filled(explorer, control, positions, data, layouts) -> str:
    """The template with everything in it."""
    stills, moving = zip(*(_pictures(explorer, layout, data) for layout in layouts))
    reachable = any(map(explorer.met, data))
    frames = [
        {
            "readout": control.show(value),
            "state": explorer.state(seen),
            "png": pngs,
            "goal": explorer.goal_line(seen) if reachable else f"In the notebook: {explorer.goal}",
            "alt": explorer.alt(seen),
        }
        for value, seen, pngs in zip(positions, data, zip(*moving))
    ]
    start = positions.index(control.default) if control.default in positions else 0
    words = {"title": explorer.title, "label": control.label, "tooltip": control.tooltip}
    words |= {name: frames[start][name] for name in ("goal", "readout", "state")}
    alt, pngs = frames[start]["alt"], frames[start]["png"]
    template = pathlib.Path(__file__).with_name("static_html.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        {name: html.escape(text) for name, text in words.items()},
        kind="both" if {"wide", "narrow"} <= set(layouts) else layouts[0],
        width=max(round(LAYOUTS[layout][0] * LAYOUTS[layout][2]) for layout in layouts),
        last=len(positions) - 1,
        start=start,
        pictures="\n".join(_images(*shown, alt) for shown in zip(layouts, stills, pngs)),
        frames=json.dumps(frames, ensure_ascii=False).replace("</", "<\\/"),
    )


def _pictures(explorer: Explorer, layout: str, data: list[Any]) -> tuple[str, list[str]]:
    """What most positions share, and what each one shows on top of it, as addresses of PNGs."""
    picture = Picture(explorer.make, explorer.draw, layout)
    pictures = [picture.pixels(shown).copy() for shown in data]
    still = common(pictures[:: math.ceil(len(pictures) / 11)])
    return _address(small_png(still)), [_address(small_png(shown, still)) for shown in pictures]


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _images(layout: str, still: str, png: str, alt: str) -> str:
    """What most positions share, and the picture of the start above it."""
    width, height, dpi = LAYOUTS[layout]
    size = f'width="{round(width * dpi)}" height="{round(height * dpi)}"'
    below = f'<img src="{still}" alt="" {size}>'
    above = f'<img class="moving" src="{png}" alt="{html.escape(alt)}" {size}>'
    return f'<div class="picture {layout}">{below}{above}</div>'
