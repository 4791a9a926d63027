"""What a search found: the table, the choice, its reason in words and what speaks against it."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from course_lr.history import History
from course_lr.search import drawing
from course_lr.search.scoring import WORDS, Round, wins
from course_lr.t_distribution import interval

COARSE = 10**0.5
"""A gap between rates wider than this factor is worth a warning."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Search:
    """What a search over R candidates with S seeds found.

    Attributes:
        candidates: what tells them apart, ``(R,)`` arrays by name; ``"rate"`` is always there.
        seeds: the seeds, in the order of their axis.
        measure: the record that they are judged by: ``"validation_accuracy"`` (a share; larger is
            better), ``"validation_loss"``, or ``"loss"``, the last loss of the training, where
            there are no data to validate on.
        rounds: how they were judged; one :class:`Round`, or those of a halving.
        history: what was recorded of the candidates that were trained to the end.

    >>> from course_lr import Quadratic, grid_search
    >>> found = grid_search(Quadratic([1.0, 20.0]), [0.02, 0.05, 0.09, 0.5], steps=50, seeds=1)
    >>> found.winner, found.best, found.index, found.evaluations
    ({'rate': 0.09}, 0.09, 2, 200)
    >>> found.reason
    'rate 0.09 has the lowest final loss of one seed, 4.01e-05'
    >>> print(found.warning)
    The next rate tried is a factor of 5.56 away: a better one may lie between. A single seed: ...
    >>> found.columns()["failures"]
    array([0, 0, 0, 1])
    """

    candidates: dict[str, np.ndarray]
    seeds: tuple[int, ...]
    measure: str
    rounds: tuple[Round, ...]
    history: History

    @property
    def rates(self) -> np.ndarray:
        """``(R,)``, the largest rate that each candidate uses."""
        return self.candidates["rate"]

    @functools.cached_property
    def validation(self) -> np.ndarray:
        """``(R, S)``, what each run is judged by, at the end of its training."""
        return self._last_seen("validation")

    @functools.cached_property
    def failures(self) -> np.ndarray:
        """``(R, S)``, whether the run diverged or ended no better than guessing."""
        return self._last_seen("failures")

    def _last_seen(self, name: str) -> np.ndarray:
        """An attribute of each candidate's last round; all candidates are in the first."""
        values = np.empty_like(getattr(self.rounds[0], name))
        for round in self.rounds:
            values[round.candidates] = getattr(round, name)
        return values

    @functools.cached_property
    def mean(self) -> np.ndarray:
        """``(R,)``, the mean of ``validation`` over the seeds, failed runs included."""
        with np.errstate(all="ignore"):
            return self.validation.mean(axis=1)

    @functools.cached_property
    def interval(self) -> np.ndarray:
        """``(R, 2)``, Student's 95 % interval of the mean over seeds; NaN with a single seed."""
        return np.stack(interval(self.validation), axis=1)

    @property
    def evaluations(self) -> int:
        """Gradient evaluations spent by all runs; one that diverged counts in full."""
        return sum(round.evaluations for round in self.rounds)

    @property
    def index(self) -> int | None:
        """The number of the best candidate; ``None`` where each has a run that diverged."""
        order = self.rounds[-1].order
        return int(order[0]) if len(order) else None

    @property
    def best(self) -> float | None:
        """The rate of the best candidate, on a tie the smaller one."""
        return None if self.index is None else float(self.rates[self.index])

    @property
    def winner(self) -> dict[str, Any] | None:
        """All that tells the best candidate from the others, by name."""
        if self.index is None:
            return None
        return {name: values[self.index].item() for name, values in self.candidates.items()}

    @functools.cached_property
    def wins(self) -> np.ndarray:
        """``(R,)``, in which share of re-drawn seeds each candidate wins; NaN with a single one."""
        if len(self.seeds) == 1 or self.index is None:
            return np.full(len(self.rates), np.nan)
        return wins(self.measure, self.rounds, self.rates)

    @property
    def certainty(self) -> float:
        """``wins`` of the best candidate; NaN with a single seed, or where there is none."""
        return math.nan if self.index is None else float(self.wins[self.index])

    @property
    def reason(self) -> str:
        """Why the best one is the best, or why there is none."""
        if self.index is None:
            return "there is no best one: every candidate diverged with at least one seed"
        seeds, best = len(self.seeds), self.mean[self.index]
        goal = "highest" if self.measure.endswith("accuracy") else "lowest"
        text = f"{in_words(self.winner)} has the {goal} "
        if seeds == 1:
            text += f"{self._word} of one seed, {self.shown(best)}"
        else:
            low, high = map(self.shown, self.interval[self.index])
            text += f"mean {self._word} over {seeds} seeds, {self.shown(best)}"
            text += f" (95 % interval {low} to {high})"
        ties = np.isclose(self.mean[self.rounds[-1].order], best, rtol=1e-12, atol=0).sum()
        if ties > 1:
            text += f"; {ties} are tied, this is the smallest rate of them"
        if seeds > 1:
            text += f"; it wins in {100 * self.certainty:.0f} % of re-drawn seeds"
        return text

    @property
    def warning(self) -> str:
        """What speaks against taking the choice as it is; empty where nothing does."""
        warnings = [self._edge_warning(), *self._other_edges(), self._spacing_warning()]
        if self.failures.all():
            warnings.append("Every run failed: it diverged, or ended no better than guessing.")
        if len(self.seeds) == 1:
            warnings.append("A single seed: what looks better may be chance.")
        rows = np.stack([values.astype(float) for values in self.candidates.values()], axis=1)
        if len(np.unique(rows, axis=0)) < len(rows):
            warnings.append("Some candidates are the same.")
        return " ".join(filter(None, warnings))

    @property
    def extended(self) -> np.ndarray | None:
        """The rates, sorted, going on by a decade where the best is on the edge; else ``None``.

        At least two rates are added, at the mean ratio of those tried.
        """
        known = self._positive_rates
        if not self._edge or len(known) < 2 or self.best == 0:
            return None
        step = (known[-1] / known[0]) ** (1 / (len(known) - 1))
        more = step ** np.arange(1, max(2, math.ceil(1 / math.log10(step) - 1e-9)) + 1)
        return np.sort([*known, *(known[-1] * more if self._edge > 0 else known[0] / more)])

    @property
    def _word(self) -> str:
        return WORDS[self.measure]

    @property
    def _positive_rates(self) -> np.ndarray:
        return np.unique(self.rates[self.rates > 0])

    @property
    def _edge(self) -> int:
        """-1 where the smallest rate is the best (or all diverged), 1 the largest, 0 in between."""
        low, high = self.rates.min(), self.rates.max()
        best = low if self.best is None else self.best
        return int(best == high) - int(best == low)

    def _edge_warning(self) -> str:
        grid = self.extended
        if grid is None:
            return "The best rate is 0: training gains nothing." if self.best == 0 else ""
        if self._edge > 0:
            return f"The best rate is the largest tried: search on to {grid[-1]:.3g} (.extended)."
        what = "All diverged" if self.best is None else "The best rate is the smallest tried"
        return f"{what}: search on down to {grid[0]:.3g} (.extended)."

    def _other_edges(self) -> list[str]:
        """The best of another parameter, of three values or more, is one of the ends; not 0."""
        return [
            f"The best {name}, {best:.3g}, is at an end of those tried."
            for name, best in (self.winner or {}).items()
            if name not in ("rate", "start") and best != 0
            if len(values := np.unique(self.candidates[name])) > 2 and best in values[[0, -1]]
        ]

    def _spacing_warning(self) -> str:
        known = self._positive_rates
        if self._edge or not self.best or len(known) < 2:
            return ""
        place = int(np.searchsorted(known, self.best))
        gap = np.max((known[1:] / known[:-1])[max(place - 1, 0) : place + 1])
        if gap <= COARSE * (1 + 1e-9):
            return ""
        return f"The next rate tried is a factor of {gap:.3g} away: a better one may lie between."

    def columns(self) -> dict[str, np.ndarray]:
        """The table, one row per candidate: columns ``(R,)`` by name."""
        low, high = self.interval.T
        failures = self.failures.sum(axis=1)
        judged = {"mean": self.mean, "low": low, "high": high, "failures": failures}
        return self.candidates | judged | {"wins": self.wins}

    def shown(self, value: float) -> str:
        """A value of ``validation`` as it is printed."""
        return f"{100 * value:.1f} %" if self.measure.endswith("accuracy") else f"{value:.3g}"

    def __repr__(self) -> str:
        size = f"{len(self.rates)} candidates × {len(self.seeds)} seeds"
        best = "none" if self.winner is None else in_words(self.winner)
        return f"<{type(self).__name__} of {size}, by {self._word}: best {best}>"

    def _repr_html_(self) -> str:
        return drawing.search(self)


class Halving(Search):
    """What successive halving found; ``rounds`` are its rounds, the last one first trained in full.

    ``validation`` is what each candidate had when its training ended: compare it within a round.
    ``wins`` is the share of re-drawn seeds under which a candidate passes every round.

    >>> from course_lr import Quadratic, successive_halving
    >>> rates = [0.1, 0.2, 0.4, 0.8]
    >>> found = successive_halving(Quadratic([1.0]), rates, steps=8, seeds=1, factor=2)
    >>> found.best, found.steps, found.evaluations
    (0.8, array([2, 2, 4, 8]), 16)
    """

    @property
    def steps(self) -> np.ndarray:
        """``(R,)``, for how many steps each candidate was trained."""
        steps = np.empty(len(self.rates), int)
        for round in self.rounds:
            steps[round.candidates] = round.steps
        return steps

    def columns(self) -> dict[str, np.ndarray]:
        """The table, with the steps that each candidate was trained for."""
        return super().columns() | {"steps": self.steps}


def in_words(candidate: dict[str, Any]) -> str:
    """A candidate in words.

    >>> in_words({"rate": 0.1, "beta": 0.9})
    'rate 0.1, beta 0.9'
    """
    return ", ".join(f"{name} {value:.3g}" for name, value in candidate.items())
