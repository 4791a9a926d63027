"""A search in words: why the best one is the best, and what speaks against taking it as it is."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lr.search.scoring import WORDS

if TYPE_CHECKING:
    from course_lr.search.result import Search

COARSE = 10**0.5
"""Rates that stand farther apart than by this factor are worth a warning."""


def named(winner: dict[str, Any]) -> str:
    """A candidate in words.

    >>> named({"rate": 0.1, "beta": 0.9})
    'rate 0.1, beta 0.9'
    """
    return ", ".join(f"{name} {value:.3g}" for name, value in winner.items())


def reason(search: "Search") -> str:
    """Why the best one is the best, or why there is none."""
    if search.index is None:
        return "there is no best one: every candidate diverged with at least one seed"
    seeds, mean = len(search.seeds), search.mean
    goal = "highest" if search.measure.endswith("accuracy") else "lowest"
    ties = np.isclose(mean[search.rounds[-1].order], mean[search.index], rtol=1e-12, atol=0).sum()
    said = f"{named(search.winner)} has the {goal} "
    said += f"mean {WORDS[search.measure]} over {seeds} seeds" * (seeds > 1)
    said += f"{WORDS[search.measure]} of one seed" * (seeds == 1)
    said += f", {search.shown(mean[search.index])}"
    if seeds > 1:
        low, high = map(search.shown, search.interval[search.index])
        said += f" (95 % interval {low} to {high})"
    said += f"; {ties} are tied, this is the smallest rate of them" * bool(ties > 1)
    return said + f"; it wins in {100 * search.certainty:.0f} % of re-drawn seeds" * (seeds > 1)


def edge(search: "Search") -> int:
    """-1 where the smallest rate is the best (or all diverged), 1 the largest, 0 in between."""
    low, high = search.rates.min(), search.rates.max()
    best = low if search.best is None else search.best
    return int(best == high) - int(best == low)


def extended(search: "Search") -> np.ndarray | None:
    """The grid, sorted, with a decade more (at least two rates) on the side of the edge."""
    known = np.unique(search.rates[search.rates > 0])
    if not edge(search) or len(known) < 2 or search.best == 0:
        return None
    step = (known[-1] / known[0]) ** (1 / (len(known) - 1))
    more = step ** np.arange(1, max(2, math.ceil(1 / math.log10(step) - 1e-9)) + 1)
    return np.sort([*known, *(known[-1] * more if edge(search) > 0 else known[0] / more)])


def warning(search: "Search") -> str:
    """What speaks against taking the choice as it is; empty where nothing does."""
    said = [_edge(search), *_other_edges(search), _spacing(search)]
    if search.failures.all():
        said.append("Every run failed: it diverged, or ended no better than guessing.")
    if len(search.seeds) == 1:
        said.append("A single seed: what looks better may be chance.")
    rows = np.stack([values.astype(float) for values in search.candidates.values()], axis=1)
    if len(np.unique(rows, axis=0)) < len(rows):
        said.append("Some candidates are the same.")
    return " ".join(filter(None, said))


def _edge(search) -> str:
    grid = extended(search)
    if grid is None:
        return "The best rate is 0: training gains nothing." if search.best == 0 else ""
    if edge(search) > 0:
        return f"The best rate is the largest tried: search on to {grid[-1]:.3g} (.extended)."
    what = "All diverged" if search.best is None else "The best rate is the smallest tried"
    return f"{what}: search on down to {grid[0]:.3g} (.extended)."


def _other_edges(search) -> list[str]:
    """The best of another parameter, tried at three values or more, is one of its ends; not 0."""
    return [
        f"The best {name}, {best:.3g}, is at an end of those tried."
        for name, best in (search.winner or {}).items()
        if name not in ("rate", "start") and best != 0
        if len(values := np.unique(search.candidates[name])) > 2 and best in values[[0, -1]]
    ]


def _spacing(search) -> str:
    known = np.unique(search.rates[search.rates > 0])
    if edge(search) or not search.best or len(known) < 2:
        return ""
    place = int(np.searchsorted(known, search.best))
    gap = np.max((known[1:] / known[:-1])[max(place - 1, 0) : place + 1])
    if gap <= COARSE * (1 + 1e-9):
        return ""
    return f"The next rate tried is a factor of {gap:.3g} away: a better one may lie between."
