"""The verdict box of a notebook: every figure in it is read from the report.

The box is HTML with the picture as inline SVG, without script; its text says all that the picture
shows. Colours differ in lightness too, and each verdict has a sign and a word.
"""

import html
import re
from typing import Any

import numpy as np

from course_lr.teaching.evidence.claims import CONDITIONAL, CONFIRMED, STATEMENTS
from course_lr.teaching.evidence.reports import Report, combined, number

# Okabe & Ito's hues, darkened until white text on them and they on white are legible.
SIGNS = {
    "confirmed": ("✓", "#0072B2"),
    "conditional": ("≈", "#8A5A00"),
    "contradicted": ("✗", "#B3420A"),
}
OTHER = ("–", "#555555")
BOX = (
    "border:1px solid {0};border-left:6px solid {0};border-radius:4px;padding:8px 12px;"
    "margin:8px 0;max-width:860px;background:#fff;color:#222;line-height:1.4;text-align:left"
)
GROUP = "border-top:1px solid #ddd;margin-top:6px;padding-top:6px"
ROW = "display:flex;flex-wrap:wrap;gap:2px 16px;padding:4px 0"
BADGE = "background:{};color:#fff;border-radius:3px;padding:1px 8px;white-space:nowrap"
WIDTH, LEFT, RIGHT = 320, 16, 304
LATER = re.compile(
    r"S5-better-quadratic|S[789]-\w+-(sparse|rare-digits)|S16-\w+-adam-\w+|S17-tens-\w+"
)
"""Claims whose threshold was set after some results had been seen; all others came before."""


class Verdict:
    """What was found about a statement or about single claims; a notebook shows it as a box.

    Attributes:
        name: what was asked for.
        entries: the entries of the report that it shows.
        verdict: ``confirmed``, ``conditional`` or ``contradicted``.
        condition: on what it hangs, in words.
    """

    def __init__(self, names: tuple[str, ...], report: Report):
        found = {e["id"]: e for name in names for e in report.of(name)}
        self.name, self.entries = ", ".join(names), list(found.values())
        self.verdict, self.condition = combined(self.entries)
        if len(self.entries) == 1:
            self.condition = self.entries[0]["condition"]
        of = list(dict.fromkeys(e["of"] for e in self.entries))
        whole = names == tuple(of)
        self.statement = " ".join(STATEMENTS[s] for s in of) if whole else ""

    def __repr__(self) -> str:
        head = f"{self.name}: {self.verdict.upper()}. {self.statement} {self.condition}".strip()
        rows = [f"{sign(e)[0]} {e['id']}: {e['statement']} {figures(e)}" for e in self.entries]
        return "\n  ".join([head.replace("  ", " "), *rows])

    def _repr_html_(self) -> str:
        colour = SIGNS.get(self.verdict, OTHER)[1]
        parts = [f'<div style="{BOX.format(colour)}">']
        if len(self.entries) > 1 or self.statement:
            head = f"<b>{escape(self.name)}</b> <b>{escape(self.statement)}</b>"
            undecided = {e["verdict"] for e in self.entries} == {CONDITIONAL}
            sign_and_word = badge(self.verdict, undecided)
            parts.append(f"<div>{sign_and_word} {head} {escape(self.condition)}</div>")
        for statement in dict.fromkeys(e["statement"] for e in self.entries):
            same = [e for e in self.entries if e["statement"] == statement]
            rows = "".join(row(entry, whole=not self.statement) for entry in same)
            style = GROUP if len(parts) > 1 else ""
            parts.append(f'<div style="{style}"><div>{escape(statement)}</div>{rows}</div>')
        return "".join([*parts, "</div>"])


def escape(text: str) -> str:
    """Text for HTML; a dollar sign would start a formula in a notebook."""
    return html.escape(text).replace("$", "&#36;")


def sign(entry: dict[str, Any]) -> tuple[str, str]:
    """The sign and the colour of an entry's verdict."""
    return SIGNS.get(entry["verdict"], OTHER)


def badge(verdict: str, single: bool = False) -> str:
    """A verdict as a coloured word with its sign; a ``single`` claim in between is *open*."""
    mark, colour = SIGNS.get(verdict, OTHER)
    word = "open" if single and verdict == CONDITIONAL else escape(verdict)
    return f'<span style="{BADGE.format(colour)}">{mark} {word}</span>'


def figures(entry: dict[str, Any]) -> str:
    """Effect, interval and threshold in words."""
    if entry["effect"] is None:
        return "no figures"
    effect, low, high, least = (number(entry, n) for n in ("effect", "low", "high", "threshold"))
    unit = entry["unit"]
    return f"{effect} {unit} (95\u00a0% interval {low} to {high}; threshold {least})"


def failures(entry: dict[str, Any]) -> str:
    """How many of all runs failed, in words."""
    failed, of = (sum(run[name] for run in entry["runs"]) for name in ("failed", "of"))
    return f"{failed} of {of} runs failed"


def row(entry: dict[str, Any], whole: bool) -> str:
    """One claim: its verdict, figures and picture; its condition if ``whole`` or not confirmed."""
    said = f"{badge(entry['verdict'], True)} <b>{escape(entry['id'])}</b> "
    said += f"{escape(figures(entry))}; "
    said += escape(f"{entry['seeds']} seeds, {failures(entry)}.")
    if whole or entry["verdict"] != CONFIRMED:
        said += f"<div>{escape(entry['condition'])}</div>"
    left = f'<div style="flex:3 1 300px">{said}{details(entry)}</div>'
    right = f'<div style="flex:2 1 240px;max-width:360px">{picture(entry)}</div>'
    return f'<div style="{ROW}">{left}{right}</div>'


def details(entry: dict[str, Any]) -> str:
    """How it was measured, folded."""
    late = LATER.fullmatch(entry["id"])
    when = "set after some results had been seen" if late else "fixed before looking"
    lines = [
        f"Problem: {entry['problem']}.",
        f"Condition: {entry['condition']}",
        f"Compared with: {entry['compared_with']}.",
        f"Threshold, {when}: {number(entry, 'threshold')} {entry['unit']}.",
        f"Interval: {entry['interval']}, over {entry['seeds']} seeds.",
    ]
    lines += [chosen(choice, entry["tuning_seeds"]) for choice in entry["choices"]]
    if entry["evaluations"]:
        lines.append(f"Budget: {entry['evaluations']} gradient evaluations a run.")
    failed = [f"{run['failed']} of {run['of']} ({run['name']})" for run in entry["runs"]]
    meant = "overflowed, or a loss no better than guessing"
    lines.append(f"Failed runs ({meant}): {', '.join(failed) or 'none counted'}.")
    lines += [f"{name}: {value:g}." for name, value in entry["facts"].items()]
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<details><summary>How this was measured</summary><ul>{items}</ul></details>"


def chosen(choice: dict[str, Any], seeds: int) -> str:
    """How a rate was chosen, and which others might have been."""
    of = f" of {choice['of']}" if "of" in choice else ""
    text = f"Rate {choice['rate']:.3g}{of} was chosen by {choice['by']} on {seeds} other seeds"
    rivals = ", ".join(f"{rate:.3g}" for rate in choice["rivals"])
    return text + (f"; others might have chosen {rivals}." if rivals else ".")


def picture(entry: dict[str, Any]) -> str:
    """The effect with its interval and the threshold on an axis, as inline SVG."""
    if entry["effect"] is None:
        return ""
    low, high, least = entry["low"], entry["high"], entry["threshold"]
    ends = [low, high, least]
    pad = 0.12 * (max(ends) - min(ends)) or max(1.0, 0.1 * abs(least))
    begin, end = min(ends) - pad, max(ends) + pad
    x = {v: f"{np.interp(v, (begin, end), (LEFT, RIGHT)):.1f}" for v in (*ends, entry["effect"])}
    a, b, t, e = x[low], x[high], x[least], x[entry["effect"]]
    colour = sign(entry)[1]
    alt = escape(f"{entry['id']}: {figures(entry)}")
    marks = (
        f'<rect x="{t}" y="17" width="{RIGHT - float(t):.1f}" height="24" fill="#eee"/>'
        f'<path d="M{LEFT} 41H{RIGHT}" stroke="#888"/>'
        f'<path d="M{t} 13V45" stroke="#222" stroke-width="1.5" stroke-dasharray="4 3"/>'
        f'<path d="M{a} 29H{b}M{a} 23V35M{b} 23V35" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{e}" cy="29" r="5" fill="{colour}"/>'
    )
    texts = _text(t, 57, "threshold " + number(entry, "threshold"), "#222")
    texts += _text(e, 11, number(entry, "effect"), colour, "bold")
    frame = f'viewBox="0 0 {WIDTH} 62" style="width:100%;display:block"'
    return f'<svg role="img" aria-label="{alt}" {frame}>{marks}{texts}</svg>'


def _text(x: str, y: int, words: str, colour: str, weight: str = "normal") -> str:
    """Words centred at a mark, but inside the picture."""
    half = 3.6 * len(words)
    place = min(max(float(x), half), WIDTH - half)
    style = f'font-size="13" font-family="sans-serif" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{place:.1f}" y="{y}" text-anchor="middle" {style}>{escape(words)}</text>'
