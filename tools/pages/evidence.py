"""The evidence page: every statement and measurement of the report in one file that loads nothing.

The report is plain JSON (DESIGN § 3, *Evidence*); nothing here knows how it was measured.
"""

import collections
import json
import pathlib
from collections.abc import Mapping, Sequence

from course_lr.teaching.verdicts import card
from tools.pages import assets

SHAPES = {word: sign for word, (sign, _) in card.SHAPES.items()}
"""As on the cards: an outcome is its word and a shape, its colour adds nothing."""
AGAIN = "run `make evidence`"
STATEMENT = set("id of chapter says outcome depends_on sentence measurements".split())
MEASUREMENT = set(
    "id statement problem against effect low high interval level p unit none asked asked_when "
    "reason outcome draws seeds failures rates kernels code command seconds replaces decimals "
    "question scale noninferior says_open".split()
)


def read(path: pathlib.Path) -> dict:
    """The report at ``path``.

    Raises:
        ValueError: it is missing or damaged; the sentence names the file and the command.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: {AGAIN}") from None
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): {AGAIN}") from None
    absent = {"statements", "measurements", "removed"} - set(report)
    if absent:
        raise ValueError(f"{path} has no {sorted(absent)[0]!r}: {AGAIN}")
    for part, fields in (("statements", STATEMENT), ("measurements", MEASUREMENT)):
        for one in report[part]:
            if fields - set(one):
                name = f"{path}: {one.get('id', 'one of the ' + part)}"
                raise ValueError(f"{name} has no {min(fields - set(one))!r}: {AGAIN}")
            if one["outcome"] not in SHAPES:
                raise ValueError(f"{path}: {one['id']} has the outcome {one['outcome']!r}: {AGAIN}")
    known = {one["id"] for one in report["measurements"]}
    for one in report["statements"]:
        if not one["measurements"] or set(one["measurements"]) - known:
            raise ValueError(f"{path} has no measurement of {one['id']}: {AGAIN}")
    return report


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values after Holm's step-down correction for as many tests, in the given order.

    The smallest is multiplied by their number n, the next by n − 1, …; none ends up below one
    that was smaller before, or above 1.

    Raises:
        ValueError: a p-value is not between 0 and 1.

    >>> holm([0.01, 0.25, 0.02])
    [0.03, 0.25, 0.04]
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"p_values must lie between 0 and 1, got {p!r}")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


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


def counts(report: Mapping, rows: Sequence[Mapping]) -> dict:
    """The numbers at the head of the page."""
    decided = [one for one in rows if one["outcome"] != "open"]
    twice = [one for one in rows if len(one["kernels"]) > 1]
    return {
        "statements": len(report["statements"]),
        "of_statements": collections.Counter(one["outcome"] for one in report["statements"]),
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


def sections(report: Mapping, rows: Sequence[Mapping]) -> list[dict]:
    """Each statement with its measurements, the headline first; then those that are on no card."""
    found, named = [], {one["id"]: one for one in rows}
    for each in report["statements"]:
        card = each["measurements"]
        own = [one for one in rows if one["statement"] == each["id"]]
        own.sort(key=lambda one: card.index(one["id"]) if one["id"] in card else len(card))
        shared = [name for name in card if named[name] not in own]
        found.append({**each, "rows": own, "shared": shared, "headline": named[card[0]]})
    others = [one for one in rows if one["statement"] is None]
    return found + [{"id": "", "rows": others, "shared": []}]


def document(report: Mapping, pages: Mapping[int, str] | None = None) -> str:
    """The page of a ``report`` (as ``read`` gives it); ``pages``: the page of each chapter."""
    adjusted = holm([one["p"] for one in report["measurements"]])
    rows = [row(one, p) for one, p in zip(report["measurements"], adjusted)]
    return assets.fill(
        "evidence.html.j2",
        css=assets.text("evidence.css"),
        script=assets.text("evidence.js"),
        count=counts(report, rows),
        sections=sections(report, rows),
        chapters=sorted({each["chapter"] for each in report["statements"]}),
        pages=pages or {},
        removed=report["removed"],
        shapes=SHAPES,
    )
