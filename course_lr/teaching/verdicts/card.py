"""The card of a statement: its outcome and what was measured, read in ten seconds.

A notebook that is opened for the first time is untrusted: JupyterLab then removes SVG, scripts,
``currentColor`` and all but a list of tags, attributes and styles (a browser test asks it). So the
picture is made of empty elements with borders, and the words make sense without any style. A
border without a colour has that of the text, so that a card reads on light and dark alike. Dollars
are dollars: the class ``mathjax_ignore`` says so.
"""

import html
import math
from typing import Any

SHAPES = {
    "holds": ("✓", "#2477b3"),
    "in part": ("◐", "#1c8573"),
    "no effect": ("○", "#777777"),
    "reversed": ("←", "#c8501e"),
    "open": ("?", "#98701a"),
    "depends": ("≠", "#8060b8"),
}
"""Each outcome's sign, and a colour with a contrast of 4 or more on white and on black."""
FIRST, LAST = -1.5, 3.0
"""The ends of the shared axis, in sizes asked for: 0 is no effect, 1 the size asked."""
ASKED = "asked:\u00a0"
CARD = (
    "border:1px solid rgba(128,128,128,0.5);border-left:6px solid {};border-radius:4px;"
    "padding:0.5em 0.9em;margin:0.7em 0;max-width:860px;line-height:1.4;text-align:left"
)
BADGE = (
    "display:inline-block;border:2px solid {};border-radius:4px;padding:0 0.5em;"
    "margin-right:0.5em;font-size:1.15em"
)
ROW = "display:flex;flex-wrap:wrap"
SIDE = "flex:3 1 290px;min-width:0;padding:{} 1em {} 0"
TRACK = "flex:2 1 220px;min-width:0;position:relative;min-height:1.3em"
AT = "position:absolute;{}:{:.1f}%;{}"


class Card:
    """What was found about a statement; a notebook shows it as a card.

    Args:
        statement, measurements: entries of the report, the headline first.

    Attributes:
        name: the statement's id.
        statement, measurements: the entries that it shows.
    """

    def __init__(self, statement: dict[str, Any], measurements: list[dict[str, Any]]):
        self.name, self.statement, self.measurements = statement["id"], statement, measurements

    def __repr__(self) -> str:
        head = f"{self.name}: {self.statement['says']}"
        rows = [f"  {name(m, self.statement)}: {figures(m)}" for m in self.measurements]
        return "\n".join(
            [head, f"  {verdict(self.statement)}", *rows, f"  {self.statement['sentence']}"]
        )

    def _repr_html_(self) -> str:
        outcome, said = self.statement["outcome"], html.escape(self.statement["says"])
        badge = element("span", BADGE.format(colour(outcome)), escape(verdict(self.statement)))
        parts = [element("div", "padding-bottom:0.3em", f"<b>{badge} {said}</b>")]
        if self.measurements:
            parts += [
                legend(self.measurements),
                *(row(m, self.statement) for m in self.measurements),
            ]
        parts.append(element("div", "padding-top:0.3em", escape(self.statement["sentence"])))
        parts.append(details(self.name, self.measurements))
        style = CARD.format(colour(outcome))
        return f'<div class="clr-card mathjax_ignore" style="{style}">{"".join(parts)}</div>'


def escape(text: str) -> str:
    """Text for HTML."""
    return html.escape(text)


def element(tag: str, style: str, inner: str = "") -> str:
    """An element with a style; ``inner`` is HTML."""
    return f'<{tag} style="{style}">{inner}</{tag}>'


def colour(outcome: str) -> str:
    """The colour of an outcome."""
    return SHAPES[outcome][1]


def verdict(statement: dict[str, Any]) -> str:
    """A statement's outcome as sign and words.

    >>> verdict({"outcome": "depends", "depends_on": "the noise"}), verdict({"outcome": "holds"})
    ('≠ depends on the noise', '✓ holds')
    """
    outcome = statement["outcome"]
    on = statement.get("depends_on", "") if outcome == "depends" else ""
    return f"{SHAPES[outcome][0]} {outcome}" + (f" on {on}" if on else "")


def name(measurement: dict[str, Any], statement: dict[str, Any]) -> str:
    """The problem in words, and the outcome there, where it is not that of the statement."""
    outcome, problem = measurement["outcome"], measurement["problem"]
    same = outcome == statement["outcome"]
    return problem if same else f"{problem}: {SHAPES[outcome][0]} {outcome}"


def number(measurement: dict[str, Any], key: str) -> str:
    """A figure of a measurement as it is printed; a gain over nothing has its sign.

    >>> number({"effect": 3.21, "decimals": 1, "none": 0}, "effect")
    '+3.2'
    >>> number({"low": -0.04, "decimals": 1, "none": 0}, "low")
    '0.0'
    """
    value = round(measurement[key], measurement["decimals"]) + 0.0  # + 0.0: no minus zero
    gain = key == "effect" and value > 0 and measurement["none"] <= 0
    return ("+" if gain else "") + f"{value:.{measurement['decimals']}f}".replace("-", "−")


def figures(measurement: dict[str, Any]) -> str:
    """Effect, interval, the size asked and the failures, in words."""
    effect, low, high = (number(measurement, key) for key in ("effect", "low", "high"))
    said = f"{effect} {measurement['unit']} ({low} to {high}; {wanted(measurement)})"
    return said + (f"; failed: {failures(measurement)}" if any(lost(measurement)) else "")


def wanted(measurement: dict[str, Any]) -> str:
    """The size asked for, in words.

    >>> wanted({"asked": -1, "none": -1, "noninferior": True, "scale": "linear"})
    'may cost at most\\xa01'
    """
    asked, none = measurement["asked"], measurement["none"]
    if measurement["noninferior"]:
        ratio = measurement["scale"] == "log"
        return f"at least\u00a0{asked:g}" if ratio else f"may cost at most\u00a0{-asked:g}"
    usual = 1 if measurement["scale"] == "log" else 0
    return f"{ASKED}{asked:g}" + ("" if none == usual else f"; no effect:\u00a0{none:g}")


def lost(measurement: dict[str, Any]) -> list[int]:
    """How many runs failed of what is measured, and of what it is compared with if anything."""
    return [pair[0] for pair in measurement["failures"] if pair]


def failures(measurement: dict[str, Any]) -> str:
    """The failed runs of each arm.

    >>> failures({"failures": [[0, 20], [3, 20]]})
    '0 of 20 runs, against 3 of 20'
    """
    first, *second = (f"{k} of {n}" for k, n in filter(None, measurement["failures"]))
    return f"{first} runs" + "".join(f", against {other}" for other in second)


def place(measurement: dict[str, Any], value: float) -> float:
    """Where a value lies on the shared axis: 0 is no effect, 1 the size asked, ratios by logarithm.

    Where something may cost at most so much, 0 is that limit and 1 no cost at all.

    >>> place({"none": 1, "asked": 2, "noninferior": False, "scale": "log"}, 8)
    3.0
    >>> place({"none": -2, "asked": -2, "noninferior": True, "scale": "linear"}, -1)
    0.5
    """
    ratio = measurement["scale"] == "log"
    one = float(ratio) if measurement["noninferior"] else measurement["asked"]
    begin, end, here = measurement["none"], one, value
    if ratio:
        begin, end = math.log(begin), math.log(end)
        here = math.log(value) if value > 0 else -math.inf
    return (here - begin) / (end - begin)


def percent(x: float) -> float:
    """A place on the axis as a share of its width, not beyond its ends."""
    return 100 * (min(max(x, FIRST), LAST) - FIRST) / (LAST - FIRST)


def legend(measurements: list[dict[str, Any]]) -> str:
    """What the two lines of the shared axis stand for."""
    kinds = {m["noninferior"] for m in measurements}
    pairs = {False: ("no effect", "asked"), True: ("limit", "no cost")}
    none, asked = (" / ".join(pairs[kind][end] for kind in sorted(kinds)) for end in (0, 1))
    left, right = 100 - percent(0), percent(1)
    solid = AT.format("right", left, "border-right:2px solid;margin-right:-2px;padding-right:5px")
    dashed = AT.format("left", right, "border-left:2px dashed;padding-left:5px")
    axis = f"{TRACK};white-space:nowrap;font-size:0.85em;line-height:1.53"
    labels = element("div", solid, none) + element("div", dashed, asked)
    return element("div", ROW, element("div", SIDE.format(0, 0)) + element("div", axis, labels))


def row(measurement: dict[str, Any], statement: dict[str, Any]) -> str:
    """One measurement: named by its problem, its figures in words and on the axis."""
    said = f"<div><b>{escape(name(measurement, statement))}</b></div>"
    said += f"<div>{escape(figures(measurement))}</div>"
    words = element("div", SIDE.format("0.2em", "0.2em"), said)
    return f'<div class="clr-row" style="{ROW}">{words}{track(measurement)}</div>'


def track(measurement: dict[str, Any]) -> str:
    """The interval and the effect on the shared axis; an arrow head where they go beyond it."""
    low, effect, high = (place(measurement, measurement[k]) for k in ("low", "effect", "high"))
    ink = colour(measurement["outcome"])
    begin, end = percent(min(low, LAST - 0.2)), percent(max(high, FIRST + 0.2))
    bar = f"width:{end - begin:.1f}%;top:50%;margin-top:-0.13em;border-top:0.26em solid {ink}"
    marks = [
        element("div", "position:absolute;left:0;right:0;top:50%;border-top:1px solid #888"),
        element("div", AT.format("left", percent(0), "top:0;bottom:0;border-left:2px solid")),
        element("div", AT.format("left", percent(1), "top:0;bottom:0;border-left:2px dashed")),
        element("div", AT.format("left", begin, bar)),
    ]
    if FIRST <= effect <= LAST:
        dot = f"top:50%;margin:-0.4em 0 0 -0.4em;border:0.4em solid {ink};border-radius:50%"
        marks.append(element("div", AT.format("left", percent(effect), dot)))
    head = "top:50%;margin-top:-0.5em;border:0.5em solid transparent;border-{0}:0.7em solid {1}"
    if low < FIRST:
        marks.append(
            element("div", AT.format("left", 0, head.format("right", ink) + ";border-left:0"))
        )
    if high > LAST:
        marks.append(
            element("div", AT.format("right", 0, head.format("left", ink) + ";border-right:0"))
        )
    return element("div", TRACK, "".join(marks))


def details(name: str, measurements: list[dict[str, Any]]) -> str:
    """How it was measured, folded; it leads on to the evidence page."""
    items = "".join(f"<li>{how(m)}</li>" for m in measurements)
    page = '<span class="clr-evidence">the evidence page (<code>make site</code>)</span>'
    last = f"<div>{escape(name)} beside all other statements and measurements: {page}.</div>"
    return f"<details><summary>How it was measured</summary><ul>{items}</ul>{last}</details>"


def how(measurement: dict[str, Any]) -> str:
    """The settings of one measurement, as HTML."""
    m = measurement
    when = "fixed before looking" if m["asked_when"] == "before" else "set after looking"
    rates = ", ".join(f"{rate:.3g}" for rate in m["rates"])
    said = [
        m["question"],
        f"Compared with: {m['against']}.",
        f"Size asked, {when}: {wanted(m).removeprefix(ASKED)}; {m['reason']}",
        f"Interval: {m['interval']}, {100 * m['level']:.3g} %, over {m['seeds']} seeds.",
        f"Each seed draws {m['draws']}.",
        f"Tuned rates: {rates}." if rates else "",
        f"Failed: {failures(m)}." if any(m["failures"]) else "",
        f"Outcome: {m['outcome']}" + (f", since {m['says_open']}." if m["says_open"] else "."),
        f"BLAS kernels: {', '.join(m['kernels'])}." if m["kernels"] else "",
    ]
    text = " ".join(each if each.endswith((".", "?")) else f"{each}." for each in said if each)
    again = f"Again: <code>{escape(m['command'])}</code>"
    return f"<b>{escape(m['problem'])}.</b> {escape(text)} {again}"
