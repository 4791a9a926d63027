"""A trial: what one measurement may use, and a record of what it did with it.

Each method is tuned by validation accuracy on ten seeds and judged on others. A rate on the edge of
its grid, a grid that is too coarse, unequal budgets and hidden failures are refused.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from course_lr.teaching.verdicts.curves import Curves
from experiments.statistics import Statistic
from experiments.store import Store

TUNING, JUDGING, MORE = range(10), range(10, 30), range(30, 50)
"""Seeds to tune on; to judge on; and those that are added where twenty leave it open."""
RIVAL = 0.1
"""A rate that wins in this share of re-drawn tuning seeds could have been chosen as well."""
COARSEST = 1 / 8
"""Decades that a tuned rate may stand from its neighbours."""
FEW = 0.05
"""The share of failed runs in either arm beyond which a difference is told among the others."""


class Refused(Exception):
    """There is no result, and the message says why."""


class Choice(NamedTuple):
    """A rate tuned on the tuning seeds: its place in the grid, and places that may win as well."""

    index: int
    rate: float
    rivals: tuple[int, ...]


@dataclasses.dataclass
class Effects:
    """What a measure found.

    Args:
        values: one row a judging seed: differences, ratios, or pairs of booleans.
        kind: ``"paired t"``, ``"ratio t"``, ``"Newcombe"`` or ``"bootstrap"``.
        statistic: what is estimated, for the bootstrap.
    """

    values: np.ndarray
    kind: str = "paired t"
    statistic: Statistic | None = None


class Trial:
    """Curves for the tuning and the judging seeds, and notes of what was done with them.

    Args:
        store: of the sweeps' curves.
        tuning, judging: seeds.
        instead: by sweep, the place of a rate that is taken for the tuned one.

    Attributes:
        choices: every tuned rate, by sweep.
        failures: of both arms, failed runs and all runs.
        among: whether runs that failed had to be left out of the difference.
    """

    def __init__(self, store: Store, tuning=TUNING, judging=JUDGING, instead=None):
        self.store, self.tuning, self.judging = store, list(tuning), list(judging)
        self.instead = instead or {}
        self.choices: dict[str, Choice] = {}
        self.failures: list[list[int]] = []
        self.among = False

    def curves(self, name: str) -> Curves:
        """A sweep's curves, for the judging seeds."""
        return self.store.curves(name, self.judging)

    def tuned(self, name: str) -> np.ndarray:
        """Mean validation accuracy of the tuning seeds at the end, ``(rates,)``."""
        return self.store.curves(name, self.tuning).validation_accuracy[-1].mean(axis=1)

    def choose(self, name: str) -> Choice:
        """The rate with the best validation accuracy on the tuning seeds; on a tie the smaller.

        Raises:
            Refused: it stands on the edge of the grid, or too far from a neighbour.
        """
        curves = self.store.curves(name, self.tuning)
        scores = curves.validation_accuracy[-1].astype(float)
        best = int(scores.mean(axis=1).argmax())
        rivals = tuple(place for place in winners(scores) if place != best)
        if name in self.instead:
            best, rivals = self.instead[name], ()
        elif best in (0, len(scores) - 1):
            raise Refused(f"{name}: the tuned rate {curves.rates[best]:.3g} is its grid's edge")
        near = curves.rates[max(best - 1, 0) : best + 2]
        if np.diff(np.log10(near)).max() > 1.01 * COARSEST:
            raise Refused(
                f"{name}: the grid is too coarse beside the rate {curves.rates[best]:.3g}"
            )
        self.choices[name] = Choice(best, float(curves.rates[best]), rivals)
        return self.choices[name]

    def best(self, name: str) -> Curves:
        """The judging runs at the sweep's tuned rate."""
        return self.curves(name).at(self.choose(name).index)

    def at(self, name: str, rate: float) -> Curves:
        """The judging runs at a rate of the grid.

        Raises:
            Refused: the grid has no such rate.
        """
        curves = self.curves(name)
        index = int(np.abs(np.log(curves.rates / rate)).argmin())
        if abs(np.log10(curves.rates[index] / rate)) > COARSEST / 10:
            raise Refused(
                f"{name} has no rate {rate:.3g}, its nearest is {curves.rates[index]:.3g}"
            )
        return curves.at(index)

    def fail(self, *arms: np.ndarray) -> None:
        """Note which runs of what is measured, and of what it is compared with, failed."""
        self.failures = [[int(np.sum(arm)), int(np.size(arm))] for arm in arms]

    def difference(self, one: Curves, other: Curves) -> Effects:
        """Points of test accuracy by which ``one`` is ahead of ``other``, by judging seed.

        Where either arm fails in more than a twentieth of its runs, among those that did not.

        Raises:
            Refused: unequal budgets, or fewer than ten pairs of runs that did not fail.
        """
        if one.steps[-1] != other.steps[-1]:
            raise Refused(f"unequal budgets: {one.steps[-1]} and {other.steps[-1]} steps")
        self.fail(one.failed, other.failed)
        lost = one.failed | other.failed
        self.among = bool(max(one.failed.mean(), other.failed.mean()) > FEW)
        if self.among and np.sum(~lost) < 10:
            raise Refused(f"only {np.sum(~lost)} pairs of runs did not fail")
        kept = ~lost if self.among else np.full(len(lost), True)
        values = one.test_accuracy.astype(float) - other.test_accuracy
        return Effects(100 * values[kept])

    def others(self) -> list[tuple[str, float, "Trial"]]:
        """For each rate that might have been tuned instead: its sweep, the rate, and a trial."""
        return [
            (name, float(self.store.found[name].rates[place]), self.with_rate(name, place))
            for name, choice in self.choices.items()
            for place in choice.rivals
        ]

    def with_rate(self, name: str, place: int) -> "Trial":
        """The same trial with this place taken for the tuned rate of a sweep."""
        return Trial(self.store, self.tuning, self.judging, {name: place})


def winners(scores: np.ndarray) -> list[int]:
    """Rates that have the best mean of ``(rates, seeds)`` in a tenth of re-drawn seeds or more.

    >>> winners(np.array([[1.0, 1.0], [0.0, 3.0], [0.0, 0.0]]))
    [0, 1]
    """
    drawn = np.random.default_rng(0).integers(scores.shape[1], size=(1000, scores.shape[1]))
    wins = np.bincount(scores[:, drawn].mean(axis=2).argmax(axis=0), minlength=len(scores))
    return np.flatnonzero(wins >= RIVAL * len(drawn)).tolist()
