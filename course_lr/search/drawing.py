"""How a search shows itself in a notebook: its reason, a picture (inline SVG) and a table.

As for schedules, colours come from the page, there is no script, and coordinates are rounded to
0.1.
"""

import html as text

import numpy as np

from course_lr.search.scoring import WORDS

LEFT, RIGHT, TOP, BOTTOM = 56.0, 408.0, 12.0, 140.0
ROWS = 12
"""Candidates in the table: the best of them."""
POINTS = 201
"""Points of a curve."""

PAGE = """<div class="course-lr-search"><code>{call}</code><br>
{said}<br>
<svg xmlns="http://www.w3.org/2000/svg" width="420" height="165" viewBox="0 0 420 165" \
role="img" font-size="10" fill="currentColor" stroke-opacity="0.5"><title>{title}</title>
<path d="M56 12V140H408" fill="none" stroke="currentColor"/>
<text x="52" y="16" text-anchor="end">{top}</text>
<text x="52" y="143" text-anchor="end">{bottom}</text>
<text x="56" y="155" text-anchor="middle">{left:.3g}</text>
<text x="408" y="155" text-anchor="middle">{right:.3g}</text>
{marks}</svg>
<table>{rows}</table>{below}</div>"""
CURVE = '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="{}"/>'
BAR = '<path d="M{:.1f} {:.1f}V{:.1f}" stroke="currentColor"{}/>'
DASHED = ' stroke-dasharray="3"'
DOT = '<circle cx="{:.1f}" cy="{:.1f}" r="{}"/>'
LABEL = '<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'


def search(found) -> str:
    """A search: mean and interval of each candidate against the rate, and the best as a table.

    Args:
        found: a :class:`~course_lr.search.result.Search`.
    """
    order = dict.fromkeys(i for r in reversed(found.rounds) for i in (*r.order, *r.candidates))
    best = sorted(list(order)[:ROWS], key=lambda i: found.rates[i])
    columns, more = found.columns(), len(found.rates) - len(best)
    own = [name for name in columns if name in found.candidates or name == "steps"]
    table = [[*own, "mean", "95 % interval", "failures", "wins"]]
    for i in best:
        table.append([f"{columns[name][i]:.4g}" for name in own] + _judged(found, i))
    below = f"The {len(best)} best; {more} more in <code>columns()</code>." if more else ""
    chosen = [best.index(found.index)] if found.index is not None else []
    title = f"{WORDS[found.measure]} against the rate; × diverged, the large dot is the best"
    return _page(found, title, *_candidates(found), table, chosen, below)


def _judged(found, i: int) -> list[str]:
    cells = [
        found.shown(found.mean[i]),
        " to ".join(map(found.shown, found.interval[i])),
        f"{found.failures[i].sum()} of {len(found.seeds)}",
        f"{100 * found.wins[i]:.0f} %",
    ]
    return ["–" if "nan" in cell else cell for cell in cells]


def _candidates(found) -> tuple[str, str, list[str]]:
    """The labels of the upper and the lower end, and the marks."""
    x, accuracy = _across(found.rates), found.measure.endswith("accuracy")
    lost = np.concatenate([round.candidates[round.out] for round in found.rounds])
    good = np.setdiff1d(np.arange(len(x)), lost)
    kept = found.mean[good] if len(good) else np.array([0.0, 1.0])
    log = not accuracy and kept.min() > 0
    scale, back = (np.log, np.exp) if log else (np.asarray, float)
    low, high = scale(kept.min()), scale(kept.max())
    with np.errstate(all="ignore"):
        y, ends = (_upwards(scale(a), low, high) for a in (found.mean, found.interval))
    marks = [BAR.format(x[i], *ends[i], "") for i in good if np.isfinite(found.interval[i]).all()]
    marks += [DOT.format(x[i], y[i], 5 if i == found.index else 2) for i in good]
    marks += [LABEL.format(x[i], 3 + (BOTTOM if accuracy else TOP), "middle", "×") for i in lost]
    return found.shown(back(high)), found.shown(back(low)), marks


def range_test(found) -> str:
    """A range test: the loss against the rate, and its readings as a table.

    Args:
        found: a :class:`~course_lr.search.ramp.RangeTest`.
    """
    x, low = _across(found.rates), min(found.level, found.smoothed.min())
    high = found.level + 0.3 * ((found.level - low) or abs(found.level) or 1.0)
    at, marks = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int)), []
    for values, width in ((found.loss, 0.5), (found.smoothed, 1.5)):
        y = _upwards(values[at], low, high)
        marks.append(CURVE.format(" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[at], y)), width))
    table, chosen = [["reading", "rate"]], []
    for row, (name, rate) in enumerate(found.readings.items()):
        place = np.interp(np.log(rate), np.log(found.rates), x)
        chosen += [row] if rate == found.best else []
        marks.append(BAR.format(place, TOP, BOTTOM, "" if row in chosen else DASHED))
        marks.append(LABEL.format(place - 2, 20 + 10 * row, "end", name))
        table.append([name, f"{rate:.3g}"])
    if found.range is not None:
        table.append(["bounds of a cycle", "{:.3g} to {:.3g}".format(*found.range)])
    title = "loss against the rate of a climbing ladder, thin, and smoothed, with its readings"
    return _page(found, title, f"{high:.3g}", f"{low:.3g}", marks, table, chosen, "")


def _page(found, title, top, bottom, marks, table, chosen: list[int], below: str) -> str:
    rows = ["".join(f"<th>{text.escape(cell)}</th>" for cell in table[0])]
    for i, cells in enumerate(table[1:]):
        cell = "<td><b>{}</b></td>" if i in chosen else "<td>{}</td>"
        rows.append("".join(cell.format(text.escape(item)) for item in cells))
    return PAGE.format(
        call=text.escape(repr(found)),
        said=text.escape(f"{found.reason}. {found.warning}".strip()),
        title=title,
        top=top,
        bottom=bottom,
        left=found.rates.min(),
        right=found.rates.max(),
        marks="\n".join(marks),
        rows="\n".join(f"<tr>{row}</tr>" for row in rows),
        below=below,
    )


def _across(rates: np.ndarray) -> np.ndarray:
    """Places of rates from the left to the right edge, on a log axis if all are above 0."""
    scaled = np.log(rates) if rates.min() > 0 else rates
    return LEFT + (RIGHT - LEFT) * (scaled - scaled.min()) / (np.ptp(scaled) or 1.0)


def _upwards(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Places of values from the bottom to the top, those beyond at the edges."""
    with np.errstate(all="ignore"):
        share = (np.nan_to_num(values, nan=high, posinf=high) - low) / ((high - low) or 1.0)
    return BOTTOM - (BOTTOM - TOP) * np.clip(share, 0.0, 1.0)
