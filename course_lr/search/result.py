"""What a search found: the table, the choice and its reason in words."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from course_lr.history import History
from course_lr.search import advice
from course_lr.search.rounds import WORDS, Round, wins
from course_lr.student import t_quantile


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
        return self._last_seen(lambda round: round.validation)

    @functools.cached_property
    def failures(self) -> np.ndarray:
        """``(R, S)``, whether the run diverged or ended no better than guessing."""
        return self._last_seen(lambda round: round.failures) > 0

    def _last_seen(self, values) -> np.ndarray:
        found = np.empty((len(self.rates), len(self.seeds)))
        for round in self.rounds:
            found[round.candidates] = values(round)
        return found

    @functools.cached_property
    def mean(self) -> np.ndarray:
        """``(R,)``, the mean of ``validation`` over the seeds, failed runs included."""
        with np.errstate(all="ignore"):
            return self.validation.mean(axis=1)

    @functools.cached_property
    def interval(self) -> np.ndarray:
        """``(R, 2)``, Student's 95 % interval of the mean over seeds; NaN with a single seed."""
        seeds = len(self.seeds)
        if seeds == 1:
            return np.full((len(self.rates), 2), np.nan)
        with np.errstate(all="ignore"):
            spread = self.validation.std(axis=1, ddof=1) / math.sqrt(seeds)
            half = t_quantile(0.975, seeds - 1) * spread
            return np.stack([self.mean - half, self.mean + half], axis=1)

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
        return advice.reason(self)

    @property
    def warning(self) -> str:
        """What speaks against taking the choice as it is; empty where nothing does."""
        return advice.warning(self)

    @property
    def extended(self) -> np.ndarray | None:
        """The rates, sorted, going on by a decade where the best is on the edge; else ``None``."""
        return advice.extended(self)

    def columns(self) -> dict[str, np.ndarray]:
        """The table, a row a candidate: columns ``(R,)`` by name."""
        low, high = self.interval.T
        found = {"mean": self.mean, "low": low, "high": high}
        failures = self.failures.sum(axis=1)
        return self.candidates | found | {"failures": failures, "wins": self.wins}

    def to_dataframe(self):
        """The table as a ``pandas.DataFrame``, a row a candidate (pandas is no dependency)."""
        return dataframe(self.columns())

    def shown(self, value: float) -> str:
        """A value of ``validation`` as it is printed."""
        return f"{100 * value:.1f} %" if self.measure.endswith("accuracy") else f"{value:.3g}"

    def __repr__(self) -> str:
        size = f"{len(self.rates)} candidates × {len(self.seeds)} seeds"
        best = "none" if self.winner is None else advice.named(self.winner)
        return f"<{type(self).__name__} of {size}, by {WORDS[self.measure]}: best {best}>"

    def _repr_html_(self) -> str:
        from course_lr.search import drawing  # needed in notebooks only

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
        found = np.empty(len(self.rates), int)
        for round in self.rounds:
            found[round.candidates] = round.steps
        return found

    def columns(self) -> dict[str, np.ndarray]:
        """The table, with the steps that each candidate was trained for."""
        return super().columns() | {"steps": self.steps}


def dataframe(columns: dict[str, np.ndarray]):
    """Columns as a ``pandas.DataFrame``."""
    try:
        import pandas
    except ImportError:
        raise ImportError("to_dataframe needs pandas: install it by pip install pandas") from None
    return pandas.DataFrame(columns)
