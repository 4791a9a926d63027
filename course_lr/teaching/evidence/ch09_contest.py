"""Chapter 09, the contest: eight ways to choose a rate on ten problems new to the course.

Nothing of the recipe was tuned on these problems. Each way has ten trainings for its search, at
most; what it chooses is then trained once more, with a seed that no search has seen, and compared
with the best of four dense sweeps.
"""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from course_lr.diagnostics import failed
from course_lr.problems import MLP, Problem, Quadratic, digits, mnist1d
from course_lr.problems.data import Dataset
from course_lr.recipe import cosine, recommend
from course_lr.schedules import Constant
from course_lr.search import grid_search, log_uniform, random_search, range_test
from course_lr.teaching.evidence.ch05 import NOTES
from course_lr.teaching.evidence.sweeps import Curves, Sweep, guessing, rounded
from course_lr.training import train
from course_lr.updates import SGD, Adam, Update

BUDGET = 10
"""Trainings of full length that each search may spend."""
METHODS = ("best of four sweeps", "the recipe", "the recipe with Adam", "the recipe, constant rate")
METHODS += ("random search", "the notes' grid", "range test alone", "always 1e-3", "Adam at 1e-3")
"""What a contest compares; the first is what the others are measured against."""
TUNED = range(5000, 5010)
"""Seeds of the dense sweeps."""
FIRST = 10
"""The first seed that judges. A contest has nothing to tune on those before it: nothing is trained
with them."""
COARSE, FINE = 10 ** np.arange(-3, 1.25, 0.5), 10 ** (np.arange(-3, 4) / 8)
"""Their rates: half decades first, then eighths round the best of these."""


class Way(NamedTuple):
    """A rate, the rule that it goes with, and whether it warms up and decays."""

    rate: float
    adam: bool = False
    decay: bool = False

    @property
    def rule(self) -> Update:
        """The update rule."""
        return Adam() if self.adam else SGD()

    def schedule(self, rates, steps: int):
        """The schedule for these rates."""
        return cosine(rates, steps) if self.decay else Constant(rates)


FAMILIES = [Way(0.0, adam, decay) for adam in (False, True) for decay in (False, True)]


def ends(problem: Problem, way: Way, rates, steps: int, seeds: Sequence[int], split="test"):
    """How trainings end, ``(rates, seeds)``: accuracy (if any), last loss, diverged, failed."""
    networks = isinstance(problem, MLP)
    name = f"{split}_accuracy"
    history = train(
        problem,
        way.schedule(np.asarray(rates, float), steps),
        update=way.rule,
        steps=steps,
        seeds=list(seeds),
        record=("loss", name) if networks else ("loss",),
        record_every=steps if networks else None,
    )
    bar = guessing(problem) if networks else history.loss[0]
    lost = failed(history.loss, bar, problem.steps_per_epoch or 1)
    accuracy = history.records[name][-1] if networks else np.zeros(lost.shape)
    return accuracy, history.loss[-1], history.diverged, lost


def goodness(problem: Problem, found) -> np.ndarray:
    """What the better run has more of: accuracy, or where there is none the negative log10 loss."""
    if isinstance(problem, MLP):
        return found[0]
    with np.errstate(all="ignore"):
        return -np.log10(np.where(found[2], 1e300, found[1]))


@functools.cache
def best_of_sweeps(function: Callable[[], Problem], steps: int) -> Way:
    """The best of four families, each on a dense grid, by ten seeds of its own."""
    problem, found = function(), {}
    for way in FAMILIES:
        seeds = TUNED
        rough = goodness(problem, ends(problem, way, COARSE, steps, seeds[:3], "validation"))
        rates = COARSE[rough.mean(axis=1).argmax()] * FINE
        fine = goodness(problem, ends(problem, way, rates, steps, seeds, "validation"))
        best = int(fine.mean(axis=1).argmax())
        found[way._replace(rate=float(rates[best]))] = fine[best].mean()
    return max(found, key=found.get)


def chosen(function: Callable[[], Problem], steps: int, seed: int) -> list[Way]:
    """What each way chooses in one search, in the order of ``METHODS``.

    A search has seeds of its own, twenty for each ``seed``.
    """
    problem, own = function(), 10_000 + 20 * seed
    options = dict(steps=steps, record_every=steps)
    recipes = []
    for way in (Way(0.0, decay=True), Way(0.0, adam=True, decay=True), Way(0.0)):
        given = dict(update=way.rule, decay=way.decay, steps=steps, seed=own)
        recipes.append(way._replace(rate=recommend(problem, BUDGET, **given).rate))
    drawn = random_search(
        problem, log_uniform(1e-5, 10), BUDGET, sample_seed=own, seeds=[own], **options
    )
    grid = grid_search(problem, NOTES, seeds=[own, own + 1], **options)
    ladder = range_test(problem, steps=min(100, steps), seed=own)
    rates = [drawn.best or 1e-3, grid.best or 1e-3, ladder.best or 1e-3, 1e-3]
    return [
        best_of_sweeps(function, steps),
        *recipes,
        *map(Way, rates),
        Way(1e-3, adam=True),
    ]


@dataclasses.dataclass(frozen=True, eq=False)
class Contest(Sweep):
    """A sweep whose rates are not rates but the places of :data:`METHODS`.

    What it keeps for a seed is one training with what each way has chosen in a search of its own.
    """

    def compute(self, seeds: Sequence[int], rates: Sequence[float] | None = None) -> Curves:
        """Let every way search, and train what it chooses once with each seed from ``FIRST`` on."""
        problem, began = self.function(), time.perf_counter()
        none = np.full((4, len(METHODS)), np.nan)
        found = [self.one(problem, seed) if seed >= FIRST else none for seed in seeds]
        accuracy, loss, diverged, lost = (np.stack(each, axis=1) for each in zip(*found))
        none = np.zeros(accuracy.shape)
        return Curves(
            np.arange(len(METHODS), dtype=float),
            np.array(seeds),
            np.array([self.steps]),
            rounded(loss, 5)[None],
            none[None],
            rounded(accuracy, 4),
            none,
            diverged == 1,
            lost == 1,
            np.zeros(len(seeds)),
            guessing(problem) if isinstance(problem, MLP) else 0.0,
            {
                "name": self.name,
                "problem": repr(problem),
                "seconds": time.perf_counter() - began,
            },
        )

    def one(self, problem: Problem, seed: int) -> list[np.ndarray]:
        """Accuracy, loss, diverged and failed of every way, ``(methods,)``, with one seed."""
        ways = chosen(self.function, self.steps, seed)
        made = np.zeros((4, len(ways)))
        for family in FAMILIES:
            own = [i for i, way in enumerate(ways) if way._replace(rate=0.0) == family]
            if own:
                rates = [ways[i].rate for i in own]
                made[:, own] = [
                    each[:, 0] for each in ends(problem, family, rates, self.steps, [seed])
                ]
        return list(made)

    def wider(self, curves: Curves, tuning: Sequence[int]) -> None:
        """There is no edge to grow beyond."""


def contest(words: str, steps: int) -> Callable:
    """Make a contest of the decorated function, which returns a problem."""
    places = tuple(map(float, range(len(METHODS))))
    return lambda function: Contest(function, words, places, steps)


def spirals_data(data_seed: int = 0, arms: int = 3, samples: int = 1500, noise: float = 0.25):
    """Points on ``arms`` spirals that wind round each other, one class an arm, with noise.

    >>> spirals_data().inputs.shape
    (1500, 2)
    """
    rng = np.random.default_rng(data_seed)
    labels = rng.integers(arms, size=samples)
    turn = rng.uniform(0.5, 3.0, samples)
    angle = turn * np.pi + 2 * np.pi * labels / arms
    inputs = turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inputs += rng.normal(0, noise / np.sqrt(2), inputs.shape)
    return Dataset("spirals", inputs, labels, arms, "made here", "MIT")


@contest("digits, one wide layer (64-96-10), 320 steps of 64", 320)
def wide_contest() -> Problem:
    return digits(hidden=(96,))


@contest("digits, four layers of 24, 320 steps of 64", 320)
def deep_contest() -> Problem:
    return digits(hidden=(24,) * 4)


@contest("digits, 30 % wrong training labels, hidden layer of 48, 320 steps of 64", 320)
def labels_contest() -> Problem:
    return digits(hidden=(48,), label_noise=0.3)


@contest("digits in raw units (0 to 16), two layers of 24, 320 steps of 64", 320)
def raw_contest() -> Problem:
    return digits(hidden=(24, 24), input_scale=16.0)


@contest("digits, four layers of 32 with start weights twice too large, 320 steps of 64", 320)
def badstart_contest() -> Problem:
    return digits(hidden=(32,) * 4, init_gain=2.0)


@contest("MNIST-1D, a fresh data set (seed 9), two layers of 48, 460 steps of 64", 460)
def fresh_contest() -> Problem:
    return mnist1d(hidden=(48, 48), data_seed=9)


@contest("MNIST-1D, one layer (40-100-10), 460 steps of 64", 460)
def flat_contest() -> Problem:
    return mnist1d(hidden=(100,))


@contest("MNIST-1D, four layers of 32, batches of 32, 460 steps", 460)
def small_contest() -> Problem:
    return mnist1d(hidden=(32,) * 4, batch_size=32)


@contest("three spirals, a data set new to the course, two layers of 32, 420 steps of 64", 420)
def spirals_contest() -> Problem:
    return MLP(spirals_data(), hidden=(32, 32))


@contest("noisy quadratic in ten dimensions, curvatures 0.05 to 20, noise 0.5, 400 steps", 400)
def bowl_contest() -> Problem:
    return Quadratic(tuple(np.geomspace(0.05, 20, 10)), noise=0.5)


NETWORKS = (wide_contest, deep_contest, labels_contest, raw_contest, badstart_contest)
NETWORKS += (fresh_contest, flat_contest, small_contest, spirals_contest)
CONTESTS = (*NETWORKS, bowl_contest)


def judged(curves: Curves) -> Curves:
    """The kept curves of a contest, for the seeds that judge."""
    return curves.cut(curves.seeds[curves.seeds >= FIRST])


def behind(curves: Curves, method: str, loss: bool = False) -> np.ndarray:
    """By seed, how far a way is ahead of the best of four sweeps (negative: its regret).

    Points of test accuracy; with ``loss`` decades of the loss at the end.
    """
    values = 100 * curves.test_accuracy.astype(float)
    if loss:
        values = -np.log10(np.minimum(curves.loss[-1].astype(float), 1e6))
    return values[METHODS.index(method)] - values[0]
