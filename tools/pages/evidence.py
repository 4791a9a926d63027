"""The evidence page: every statement and measurement of the report in one file that loads nothing.

The report is plain JSON (DESIGN § 3, *Evidence*); nothing here knows how it was measured.
"""

import collections
from collections.abc import Mapping, Sequence

import numpy as np

from course_lr.teaching.verdicts import Report, card
from tools.pages import assets

SHAPES = {word: sign for word, (sign, _) in card.SHAPES.items()}
"""As on the cards: an outcome is its word and a shape, its colour adds nothing."""


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values after Holm's step-down correction for as many tests, in the given order.

    The smallest is multiplied by their number n, the next by n − 1, …; none ends up below one
    that was smaller before, or above 1.

    Raises:
        ValueError: a p-value is not between 0 and 1.

    >>> holm([0.01, 0.25, 0.02])
    [0.03, 0.25, 0.04]
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p_values must lie between 0 and 1, got {p_values!r}")
    order = np.argsort(p_values, kind="stable")
    adjusted = np.sort(p_values) * np.arange(len(p_values), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted), 1.0)
    return adjusted.tolist()


def number(value: float, one: Mapping, digits: str = "") -> str:
    """``value`` as the measurement ``one`` prints it: differences from 0 with their sign.

    >>> number(1.72, {"scale": "linear", "none": 0, "decimals": 1})
    '+1.7'
    >>> number(1.72, {"scale": "log", "none": 1, "decimals": 2})
    '1.72'
    """
    signed = "+" if one["scale"] == "linear" and one["none"] <= 0 and value else ""
    return format(value, signed + (digits or f".{one['decimals']}f")).replace("-", "−")


def chance(p: float) -> str:
    """A p-value in words that a reader can compare.

    >>> chance(0.0312), chance(2.1e-8), chance(0.0)
    ('0.031', '2.1e-08', 'below 1e-16')
    """
    return "below 1e-16" if p < 1e-16 else f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def row(one: Mapping, adjusted: float) -> dict:
    """A measurement with what the page says of it in words."""
    ways = ("of what is measured", "of what it is compared with")
    words = ("id", "problem", "question", "against", "unit")
    survives = adjusted <= 1 - one["level"]
    return {
        **one,
        "value": number(one["effect"], one),
        "ends": [number(one["low"], one), number(one["high"], one)],
        "asks": number(one["asked"], one, "g"),
        "nothing": number(one["none"], one, "g"),
        "chance": chance(one["p"]),
        "adjusted": chance(adjusted),
        "survives": survives and one["outcome"] in ("holds", "in part", "reversed"),
        "failed": [f"{k} of {n} runs {way}" for (k, n), way in zip(one["failures"], ways)],
        "tuned": [r if isinstance(r, str) else f"{r:.3g}" for r in one["rates"]],
        "search": " ".join([*(one[word] for word in words), *one["replaces"]]).lower(),
    }


def counts(report: Report, rows: Sequence[Mapping]) -> dict:
    """The numbers at the head of the page."""
    decided = [one for one in rows if one["outcome"] != "open"]
    twice = [one for one in rows if len(one["kernels"]) > 1]
    return {
        "statements": len(report.statements),
        "of_statements": collections.Counter(one["outcome"] for one in report.statements),
        "measurements": len(rows),
        "outcomes": collections.Counter(one["outcome"] for one in rows),
        "decided": len(decided),
        "wrong": f"{sum(1 - one['level'] for one in decided):.1f}",
        "levels": [f"{100 * level:.3g} %" for level in sorted({one["level"] for one in rows})],
        "effects": sum(one["outcome"] in ("holds", "in part", "reversed") for one in rows),
        "survive": sum(one["survives"] for one in rows),
        "after": sum(one["asked_when"] == "after" for one in rows),
        "twice": len(twice),
        "fell": sum("kernel" in one["says_open"].lower() for one in twice),
    }


def sections(report: Report, rows: Sequence[Mapping]) -> list[dict]:
    """Each statement with its measurements, the headline first; then those that are on no card."""
    parts, by_name = [], {one["id"]: one for one in rows}
    for statement in report.statements:
        card = statement["measurements"]
        own = [one for one in rows if one["statement"] == statement["id"]]
        own.sort(key=lambda one: card.index(one["id"]) if one["id"] in card else len(card))
        shared = [name for name in card if by_name[name] not in own]
        headline = by_name[card[0]] if card else None
        parts.append({**statement, "rows": own, "shared": shared, "headline": headline})
    others = [one for one in rows if one["statement"] is None]
    return [*parts, {"id": "", "rows": others, "shared": []}]


def document(report: Report, pages: Mapping[int, str] | None = None) -> str:
    """The page of a report; ``pages`` names the page of each chapter."""
    adjusted = holm([one["p"] for one in report.measurements])
    rows = [row(one, p) for one, p in zip(report.measurements, adjusted)]
    return assets.fill(
        "evidence.html.j2",
        css=assets.text("evidence.css"),
        script=assets.text("evidence.js"),
        count=counts(report, rows),
        sections=sections(report, rows),
        chapters=sorted({each["chapter"] for each in report.statements}),
        pages=pages or {},
        removed=report.removed,
        shapes=SHAPES,
    )
