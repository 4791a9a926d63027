"""Chapter 07, cycles on landscapes with several basins: where do balls end that start anywhere?

A sweep trains a crowd of balls. Its seeds name groups of :data:`STARTS` random starts; what it
keeps as accuracy is the share of a group that ends in the deepest basin.
"""

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from course_lr.problems import Ripples, Wells, wells
from course_lr.problems.exact import Exact
from course_lr.schedules import Constant, CosineDecay, Sinusoidal, Triangular
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves, Sweep, decades, rounded
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train

STARTS = 50
STEPS = 300
HALF_CYCLE = 75
"""Two cycles; as good as any of 25, 50, 75 and 150 on the tuning starts."""
SMALL = 0.0562341
"""A rate that jumps over no rim."""
WIDELY = (SMALL, *decades(-0.375, 0.375))
NARROWLY = (*decades(-1.25, -0.5), 1.0)
NOISE = (*decades(0.25, 0.75),)
"""Peaks for each landscape, and levels of noise."""


def basins(problem: Exact, w: np.ndarray) -> np.ndarray:
    """In which basin each point of ``w`` ``(…, n)`` lies: the place of its minimum, ``(…)``.

    Small steps without noise go downhill from each point; the nearest of the problem's minima is
    where they go to. Place 0 is the deepest minimum.

    >>> basins(wells("wide"), np.array([[0.8, 0.4], [2.5, 0.9]])).tolist()
    [0, 1]
    """
    calm = dataclasses.replace(problem, noise=0.0)
    ends = train(calm, np.full(w[..., 0].size, SMALL), steps=150, start=w.reshape(-1, problem.n)).w
    away = np.linalg.norm(ends[:, None] - problem.minima, axis=2)
    return away.argmin(axis=1).reshape(w.shape[:-1])


@dataclasses.dataclass(frozen=True, eq=False)
class Balls(Sweep):
    """A sweep of a landscape: 50 balls for each seed, whose starts no other seed has.

    Attributes:
        called: the sweep's name, which is that of the variable that holds it.
    """

    called: str = ""

    @property
    def name(self) -> str:
        return self.called

    def ends(self, rates: np.ndarray, starts: list[int]) -> np.ndarray:
        """Where balls from ``starts`` end, ``(rates, starts, n)``."""
        return train(self.function(), self.eta(rates), steps=self.steps, seeds=starts).w

    def compute(self, seeds: Sequence[int], rates: Sequence[float] | None = None) -> Curves:
        """Let the balls of these seeds go at every rate, and see in which basin they end."""
        problem, began = self.function(), time.perf_counter()
        rates = np.array(self.rates if rates is None else rates)
        starts = [STARTS * seed + ball for seed in seeds for ball in range(STARTS)]
        ends = self.ends(rates, starts)
        groups = (len(rates), len(seeds), STARTS)
        share = rounded((basins(problem, ends) == 0).reshape(groups).mean(axis=2), 4)
        loss = problem.loss(ends.reshape(-1, problem.n)).reshape(groups).mean(axis=2)
        lost = ~np.isfinite(ends).reshape(*groups, -1).all(axis=(2, 3))
        about = {"name": self.name, "problem": repr(problem)}
        return Curves(
            rates,
            np.array(seeds),
            np.array([self.steps]),
            loss[None].round(3),
            share[None],
            share,
            np.zeros(groups[:2]),
            lost,
            lost,
            np.zeros(len(seeds)),
            0.0,
            about | {"seconds": time.perf_counter() - began},
        )


class Shaken(Balls):
    """Balls at one small constant rate; what is swept is the noise of the gradient."""

    def ends(self, rates: np.ndarray, starts: list[int]) -> np.ndarray:
        """Where balls from ``starts`` end, ``(levels of noise, starts, n)``."""
        ends = []
        for noise in rates:
            problem = dataclasses.replace(self.function(), noise=float(noise))
            ends.append(train(problem, SMALL, steps=self.steps, seeds=starts).w)
        return np.array(ends)


def wide() -> Wells:
    """Seven wells, the deepest of them wide."""
    return wells("wide")


def narrow() -> Wells:
    """Seven wells, the deepest of them narrow."""
    return wells("narrow")


def ripples() -> Ripples:
    """A bowl with dents, in one dimension."""
    return Ripples()


def decay(peaks: np.ndarray) -> CosineDecay:
    """From the peak to a tenth of it, once."""
    return CosineDecay(peaks, STEPS, eta_end=peaks / 10)


def triangular(peaks: np.ndarray) -> Triangular:
    """Two cycles between a tenth of the peak and the peak."""
    return Triangular(peaks / 10, peaks, half_cycle=HALF_CYCLE)


def sinusoidal(peaks: np.ndarray) -> Sinusoidal:
    """Two cycles between a tenth of the peak and the peak."""
    return Sinusoidal(peaks / 10, peaks, half_cycle=HALF_CYCLE)


WIDE = "seven wells, the deepest one wide, 300 steps"
NARROW = "seven wells, the deepest one narrow, 300 steps"
RIPPLES = "a bowl with dents (ripples), 300 steps"

wide_constant = Balls(wide, WIDE, WIDELY, STEPS, Constant, called="wide_constant")
wide_decay = Balls(wide, WIDE, WIDELY, STEPS, decay, called="wide_decay")
wide_triangular = Balls(wide, WIDE, WIDELY, STEPS, triangular, called="wide_triangular")
wide_sinusoidal = Balls(wide, WIDE, WIDELY, STEPS, sinusoidal, called="wide_sinusoidal")
wide_noise = Shaken(wide, WIDE, NOISE, STEPS, called="wide_noise")

narrow_constant = Balls(narrow, NARROW, NARROWLY, STEPS, Constant, called="narrow_constant")
narrow_decay = Balls(narrow, NARROW, NARROWLY, STEPS, decay, called="narrow_decay")
narrow_triangular = Balls(narrow, NARROW, NARROWLY, STEPS, triangular, called="narrow_triangular")
narrow_sinusoidal = Balls(narrow, NARROW, NARROWLY, STEPS, sinusoidal, called="narrow_sinusoidal")
narrow_noise = Shaken(narrow, NARROW, NOISE, STEPS, called="narrow_noise")

ripples_constant = Balls(ripples, RIPPLES, WIDELY, STEPS, Constant, called="ripples_constant")
ripples_decay = Balls(ripples, RIPPLES, WIDELY, STEPS, decay, called="ripples_decay")
ripples_triangular = Balls(ripples, RIPPLES, WIDELY, STEPS, triangular, called="ripples_triangular")
ripples_sinusoidal = Balls(ripples, RIPPLES, WIDELY, STEPS, sinusoidal, called="ripples_sinusoidal")

TRIANGULAR = (
    (wide_triangular, wide_constant, wide_decay),
    (narrow_triangular, narrow_constant, narrow_decay),
    (ripples_triangular, ripples_constant, ripples_decay),
)
SINUSOIDAL = (
    (wide_sinusoidal, wide_constant, wide_decay),
    (narrow_sinusoidal, narrow_constant, narrow_decay),
    (ripples_sinusoidal, ripples_constant, ripples_decay),
)
SHARE = "share in the deepest basin"
BALLS = dict(
    chapter=7,
    notes="3.4, cyclical rates",
    threshold=5.0,
    unit="% of the starts",
)


@claim(
    "S13-leave",
    on=TRIANGULAR,
    of="S13",
    statement="Triangular cycles lead at least 5 % more of the starts to the deepest basin than a "
    "small constant rate does.",
    compared_with=f"the constant rate {SMALL:.2g}, which jumps over no rim",
    condition="A seed is a group of 50 starts, uniform round the middle; no noise.",
    **BALLS,
)
@claim(
    "S14-leave",
    on=SINUSOIDAL,
    of="S14",
    statement="Sinusoidal cycles lead at least 5 % more of the starts to the deepest basin than a "
    "small constant rate does.",
    compared_with=f"the constant rate {SMALL:.2g}, which jumps over no rim",
    condition="A seed is a group of 50 starts, uniform round the middle; no noise.",
    **BALLS,
)
def more_than_a_small_rate(trial: Trial) -> Effects:
    cycle = trial.judge("cycle", trial.choose(by=SHARE))
    curves = trial.of(1).cut(trial.judging)
    small = curves.at(int(np.abs(np.log(curves.rates / SMALL)).argmin()))
    trial.count("small constant rate", small.failed, STEPS)
    return gained(cycle, small, "small constant")


@claim(
    "S13-escape",
    on=TRIANGULAR,
    of="S13",
    statement="Triangular cycles lead at least 5 % more of the starts to the deepest basin than "
    "the best rate without cycles.",
    compared_with="the better of constant and decay, each at its tuned rate",
    condition="A seed is a group of 50 starts. Peaks of at most 2.4 (narrow: 1); no noise.",
    **BALLS,
)
@claim(
    "S14-escape",
    on=SINUSOIDAL,
    of="S14",
    statement="Sinusoidal cycles lead at least 5 % more of the starts to the deepest basin than "
    "the best rate without cycles.",
    compared_with="the better of constant and decay, each at its tuned rate",
    condition="A seed is a group of 50 starts. Peaks of at most 2.4 (narrow: 1); no noise.",
    **BALLS,
)
def more_than_the_best_without(trial: Trial) -> Effects:
    cycle = trial.judge("cycle", trial.choose(by=SHARE))
    scores = {}
    for place, name in ((1, "constant"), (2, "decay")):
        choice = trial.choose(of=place, by=SHARE)
        tuned = trial.of(place).cut(trial.tuning).validation_accuracy[-1, choice.index]
        scores[name] = (tuned.mean(), choice)
    name = max(scores, key=lambda each: scores[each][0])
    return gained(cycle, trial.judge(name, scores[name][1]), name)


@claim(
    "S13-noise",
    on=[(wide_noise, wide_triangular), (narrow_noise, narrow_triangular)],
    of="S13",
    statement="Noise alone, at a small constant rate, leads at least 5 % more of the starts to "
    "the deepest basin than triangular cycles without noise.",
    compared_with="triangular cycles at their tuned peak",
    condition=f"A seed is a group of 50 starts. The rate is {SMALL:.2g}, the noise is tuned.",
    **BALLS,
)
def noise_against_cycles(trial: Trial) -> Effects:
    noise = trial.judge("noise", trial.choose(by=SHARE))
    cycle = trial.judge("cycle", trial.choose(of=1, by=SHARE))
    return gained(noise, cycle, "cycle")


def gained(one: Curves, other: Curves, name: str) -> Effects:
    """Starts, in per cent, that end in the deepest basin with ``one`` and not with ``other``."""
    shares = 100 * one.test_accuracy.astype(float), 100 * other.test_accuracy.astype(float)
    facts = {"tuned value": one.rate, "its share, %": shares[0].mean()}
    facts |= {name: other.rate, "the other's share, %": shares[1].mean()}
    return Effects(shares[0] - shares[1], facts)
