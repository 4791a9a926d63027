"""The learning-rate range test: one short training whose rate climbs from step to step."""

import dataclasses
import functools
from typing import Any

import numpy as np

from course_lr import arguments, checks
from course_lr.problems.base import Problem
from course_lr.schedules import Constant, Warmup
from course_lr.search import drawing
from course_lr.training import train
from course_lr.updates import SGD, Update

TAKEN = "third"
"""The reading that :attr:`RangeTest.best` takes: of the four that comes nearest to a full search on
the worst of four problems (claims S16-third-… of chapter 05)."""
BEGUN = 0.1
"""A cycle's lower end is where this share of the whole fall is done."""
READINGS = {
    "minimum": "the rate where the smoothed loss is smallest",
    "third": "a third of the rate where the smoothed loss is smallest",
    "tenth": "a tenth of the rate where the smoothed loss is smallest",
    "steepest": "the rate where the smoothed loss falls most steeply",
}
"""The usual readings, in words."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RangeTest:
    """What a range test of T steps saw.

    Attributes:
        rates: ``(T,)``, the ladder; the rate of each update.
        loss: ``(T,)``, after the update at that rate, on the next batch; inf after a divergence.
        smoothed: ``(T,)``, the mean of ``loss`` and its neighbours.
        level: the loss before the first update, smoothed in the same way.
        evaluations: gradients computed, up to a divergence.

    >>> from course_lr import Quadratic
    >>> found = range_test(Quadratic([1.0, 20.0]), low=1e-4, high=1.0)
    >>> {name: round(rate, 3) for name, rate in found.readings.items()}
    {'minimum': 0.359, 'third': 0.12, 'tenth': 0.036, 'steepest': 0.002}
    >>> found.best == found.readings["third"], found.warning
    (True, '')
    >>> [f"{bound:.2g}" for bound in found.range]
    ['0.00037', '0.36']
    """

    rates: np.ndarray
    loss: np.ndarray
    smoothed: np.ndarray
    level: float
    evaluations: int

    @functools.cached_property
    def bottom(self) -> int | None:
        """Where on the ladder the smoothed loss is smallest; ``None`` where it never falls."""
        lowest = int(np.argmin(self.smoothed))
        return lowest if self.smoothed[lowest] < self.level else None

    @functools.cached_property
    def readings(self) -> dict[str, float]:
        """The rates that are usually read off, by name: see ``READINGS``; empty without a fall."""
        if self.bottom is None:
            return {}
        at = float(self.rates[self.bottom])
        fallen = np.diff(self.smoothed[: self.bottom + 1], prepend=self.level)
        steepest = float(self.rates[np.argmin(fallen)])
        return {"minimum": at, "third": at / 3, "tenth": at / 10, "steepest": steepest}

    @property
    def best(self) -> float | None:
        """The reading that is taken; ``None`` where the loss never falls."""
        return self.readings.get(TAKEN)

    @property
    def range(self) -> tuple[float, float] | None:
        """Bounds for a cycle: where a tenth of the fall is done for good, and the minimum.

        Smith 2017, section 3.3: from where the training begins to improve to where it ends to.
        """
        if self.bottom is None:
            return None
        before = self.smoothed[: self.bottom]
        still = before > self.level - BEGUN * (self.level - self.smoothed[self.bottom])
        begun = np.flatnonzero(still)[-1] + 1 if still.any() else 0
        return float(self.rates[begun]), float(self.rates[self.bottom])

    @property
    def reason(self) -> str:
        """How ``best`` was read, and on what it depends."""
        steps = f"a ladder of {len(self.rates)} steps; another number of steps moves the readings"
        if self.best is None:
            return f"there is no best one: the smoothed loss never falls on {steps}"
        return f"{self.best:.3g} is {READINGS[TAKEN]} ({self.readings['minimum']:.3g}), on {steps}"

    @property
    def warning(self) -> str:
        """What speaks against taking the reading as it is; empty where nothing does."""
        low, high = self.rates[[0, -1]]
        if self.bottom is None:
            return f"The loss never falls: begin below low = {low:.3g}, or take more steps."
        if self.bottom == len(self.rates) - 1:
            return f"The loss still falls at the end: go on beyond high = {high:.3g}."
        return ""

    def __repr__(self) -> str:
        low, high = self.rates[[0, -1]]
        best = "none" if self.best is None else f"{self.best:.3g}, {READINGS[TAKEN]}"
        return f"<RangeTest of {len(self.rates)} steps from {low:.3g} to {high:.3g}: best {best}>"

    def _repr_html_(self) -> str:
        return drawing.range_test(self)


def range_test(
    problem: Problem,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    *,
    update: Update = SGD(),
    seed: int = 0,
    smooth: int | None = None,
    start: Any = None,
) -> RangeTest:
    """Train once while the rate climbs by the same factor at every step, and read the loss.

    Smith 2017, section 3.3, with the geometric ladder and the readings of later practice. The
    training is one of its own: neither the problem nor any generator is changed by it.

    Args:
        problem: what is descended.
        low, high: both ends of the ladder, 0 < low < high.
        steps: updates, >= 2. What is read depends on it.
        update: the update rule, without arrays over runs.
        seed: of the start and the batches, a whole number >= 0.
        smooth: how many losses on either side are averaged with each, >= 0; by default a
            thirtieth of the steps.
        start: weights ``(n,)``; by default the problem's own.

    >>> from course_lr.problems import Quadratic
    >>> found = range_test(Quadratic([1.0, 20.0]), low=1e-4, high=1.0)
    >>> found.readings["tenth"] < 2 / 20 < found.best  # on a steep bowl the loss bends up late
    True
    """
    eta, seed = exponential_ramp(low, high, steps), checks.whole("seed", seed)
    smooth = steps // 30 if smooth is None else checks.whole("smooth", smooth)
    for name, runs in (("update", arguments.update(update).runs), ("start", _runs(start))):
        if runs is not None:
            raise ValueError(f"a range test is a single run, got {name} with {runs} runs")
    history = train(
        problem, eta, update=update, steps=steps, seeds=[seed], record=("loss",), start=start
    )
    loss, diverged_at = history.loss[:, 0], int(history.diverged_at[0])
    level, *means = smoothed(loss, smooth)
    spent = steps if diverged_at < 0 else diverged_at
    return RangeTest(eta(np.arange(steps)), loss[1:], np.array(means), float(level), spent)


def exponential_ramp(low: float, high: float, steps: int) -> Warmup:
    """Rates from ``low`` to ``high``, each the same factor above the last.

    >>> exponential_ramp(0.01, 1.0, 3)([0, 1, 2])
    array([0.01, 0.1 , 1.  ])
    """
    steps = checks.whole("steps", steps, 2)
    low, high = checks.ends(low, high)
    return Warmup(Constant(high), steps - 1, start=low / high, shape="exponential")


def _runs(start: Any) -> int | None:
    made = arguments.start(start)
    return None if made is None or made.ndim == 1 else len(made)


def smoothed(loss: np.ndarray, neighbours: int) -> np.ndarray:
    """The mean of each value and at most so many neighbours on either side.

    >>> smoothed(np.array([4.0, 2.0, 0.0, 4.0]), 1)
    array([3., 2., 2., 2.])
    """
    k, at = neighbours, range(len(loss))
    with np.errstate(all="ignore"):
        return np.array([loss[max(i - k, 0) : i + k + 1].mean() for i in at])
