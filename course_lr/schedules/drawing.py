"""How a schedule shows itself in a notebook: its call, its formula and a small curve (inline SVG).

Colours come from the page (``currentColor``), there is no script, and coordinates are rounded to
0.1, so that the output of a notebook compares equal on another machine.
"""

import html as text
import re

import numpy as np

WIDTH, HEIGHT = 280, 90
LEFT, RIGHT, TOP, BOTTOM = 46.0, 272.0, 10.0, 70.0
POINTS = 121
CURVES = 5

PAGE = """<div class="course-lr-schedule"><code>{call}</code><br>
η(t) = {formula}<br>
{curve}</div>"""
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
viewBox="0 0 {width} {height}" role="img" font-size="10" fill="currentColor" \
stroke-linejoin="round"><title>{title}</title>
<path d="M46 10V70H272" fill="none" stroke="currentColor" stroke-opacity="0.4"/>
<text x="42" y="14" text-anchor="end">{top}</text><text x="42" y="73" text-anchor="end">0</text>
<text x="46" y="84" text-anchor="middle">0</text>
<text x="272" y="84" text-anchor="end">step {length}</text>
{lines}</svg>"""
LINE = '<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'


def html(schedule) -> str:
    """The schedule as a fragment of HTML; text from the caller is escaped."""
    call = repr(schedule)
    call = call if len(call) <= 200 else call[:190] + " …"
    return PAGE.format(
        call=text.escape(call), formula=typeset(schedule.formula), curve=svg(schedule)
    )


def typeset(formula: str) -> str:
    """A line of text as HTML, with η_end and γ^t as they are set in print.

    >>> typeset("η_end + η γ^⌊t / every⌋")
    'η<sub>end</sub> + η γ<sup>⌊t / every⌋</sup>'
    """
    lowered = re.sub(r"_(\w+)", r"<sub>\1</sub>", text.escape(formula))
    return re.sub(r"\^(\w+|⌊[^⌋]*⌋|\([^)]*\))", r"<sup>\1</sup>", lowered)


def svg(schedule) -> str:
    """The curve from step 0 to ``schedule.length``; of many runs at most five, evenly chosen."""
    steps = sampled(schedule.length)
    rates = schedule(steps).reshape(len(steps), -1)
    chosen = np.unique(np.linspace(0, rates.shape[1] - 1, CURVES).round().astype(int))
    top = rates.max() or 1.0
    lines = [LINE.format(points=points(steps, rates[:, run] / top)) for run in chosen]
    return PICTURE.format(
        width=WIDTH,
        height=HEIGHT,
        title=text.escape(title(schedule, rates)),
        top=f"{top:.3g}",
        length=schedule.length,
        lines="\n".join(lines),
    )


def title(schedule, rates: np.ndarray) -> str:
    """The picture in one sentence, for those who do not see it."""
    runs = "" if schedule.runs is None else f" of {schedule.runs} runs"
    return (
        f"{type(schedule).__name__}: rate{runs} against step 0 to {schedule.length}, "
        f"between {rates.min():.3g} and {rates.max():.3g}"
    )


def sampled(length: int) -> np.ndarray:
    """At most ``POINTS`` whole steps from 0 to ``length``, both included."""
    return np.unique(np.linspace(0, length, POINTS).round().astype(np.int64))


def points(steps: np.ndarray, heights: np.ndarray) -> str:
    """The points of a polyline: steps from the left to the right edge, heights 0 to 1 upwards."""
    x = LEFT + (RIGHT - LEFT) * steps / steps[-1]
    y = BOTTOM - (BOTTOM - TOP) * heights
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
