"""Chapter 07: both bounds of a cycle, and a range test for them."""

import dataclasses
import functools

import numpy as np

from course_lr.diagnostics import failed
from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import Triangular
from course_lr.search import range_test
from course_lr.teaching.evidence.ch02 import digits_rates, edge, mnist1d_rates
from course_lr.teaching.evidence.ch07_sweeps import digits_triangular, mnist1d_triangular
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Sweep, decades, guessing
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import train
from course_lr.updates import SGD, Update

PARTS = (0.01, 0.1, 0.3, 1.0)
"""Lower bounds of the maps below, as parts of the upper one; the last is a constant rate."""
WITHIN = 0.95


# --- both bounds ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Map(Sweep):
    """A sweep over both bounds: its rates number the pairs of a grid from 1, parts within peaks.

    Attributes:
        peaks: upper bounds; the lower ones are :data:`PARTS` of each.
    """

    peaks: tuple[float, ...] = ()

    def wider(self, curves, tuning) -> None:
        """Numbers have no edge to grow at."""
        return None


def mapped(words: str, steps: int, peaks: list[float]):
    """Make a :class:`Map` of the decorated function, which returns a problem."""
    upper, lower = (axis.ravel() for axis in bounds(peaks))
    numbers = tuple(1.0 + np.arange(len(upper)))

    def cycles(rates: np.ndarray) -> Triangular:
        pairs = np.asarray(rates, int) - 1
        return Triangular(lower[pairs], upper[pairs], half_cycle=steps // 4)

    return lambda function: Map(function, words, numbers, steps, cycles, peaks=tuple(peaks))


def bounds(peaks) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower bounds of a map, each ``(peaks, parts)``."""
    upper, part = np.meshgrid(peaks, PARTS, indexing="ij")
    return upper, upper * part


@mapped(
    "digits, MLP 64-32-10, 480 steps of 64, two triangular cycles", 480, decades(-1.25, 0.25, 0.25)
)
def digits_map() -> MLP:
    """The digits over both bounds."""
    return digits()


@mapped(
    "MNIST-1D, MLP 40-64-64-10, 920 steps of 64, two triangular cycles",
    920,
    decades(-0.25, 0.5, 0.25),
)
def mnist1d_map() -> MLP:
    """MNIST-1D over both bounds."""
    return mnist1d()


BOUNDS = dict(chapter=7, notes="3.4, cyclical rates", interval="BCa bootstrap")


@claim(
    "S13-lower",
    on=[digits_map, mnist1d_map],
    of="S13",
    statement="The lower bound hardly matters: with any from a hundredth to 0.3 of the upper one, "
    "cycles come within 5 % of the best accuracy.",
    compared_with="the best pair of bounds of the map",
    threshold=100 * WITHIN,
    unit="% of the best",
    condition="The upper bound is the best one for each lower bound.",
    **BOUNDS,
)
def worst_of_the_lower_bounds(trial: Trial) -> Effects:
    curves = trial.curves.cut(trial.judging)
    for part, name in enumerate(PARTS):
        failures = curves.failed[part :: len(PARTS)].T
        trial.count(f"η_min = {name:g} η_max", failures, int(curves.steps[-1]))

    def worst(samples):
        means = samples.mean(axis=1).reshape(len(samples), -1, len(PARTS))
        best = means.max(axis=1)  # of each part
        return 100 * best[:, :-1].min(axis=1) / best.max(axis=1)

    return Effects(curves.test_accuracy.T.astype(np.float64), statistic=worst)


@claim(
    "S13-explore",
    on=[(digits_triangular, digits_rates), (mnist1d_triangular, mnist1d_rates)],
    of="S13",
    statement="Since cycles try many rates, theirs is easier to choose: the band of peaks within "
    "5 % of the best accuracy is at least a quarter of a decade wider than that of constant rates.",
    compared_with="the band of constant rates within 5 % of the best constant",
    threshold=0.25,
    unit="decades",
    condition="A quarter of a decade is two steps of the grid. Each band is of its own best.",
    **BOUNDS,
)
def width_beyond_the_constants(trial: Trial) -> Effects:
    parts, ends = [], [0]
    for place in (0, 1):
        choice, curves = trial.choose(of=place), trial.of(place).cut(trial.judging)
        trial.judge(("cycle", "constant")[place], choice)
        parts.append((choice.index, np.log10(curves.rates)))
        ends.append(ends[-1] + len(curves.rates))
    both = [trial.of(place).cut(trial.judging).test_accuracy for place in (0, 1)]

    def difference(samples):
        means = samples.mean(axis=1)
        widths = [width(means[:, ends[i] : ends[i + 1]], *parts[i]) for i in (0, 1)]
        return widths[0] - widths[1]

    return Effects(np.concatenate(both).T.astype(np.float64), statistic=difference)


def width(means: np.ndarray, best: int, logs: np.ndarray) -> np.ndarray:
    """Decades round place ``best`` over which ``means`` ``(samples, rates)`` keep 95 % of it."""
    floor = WITHIN * means[:, best]
    return edge(means[:, best:], logs[best:], floor) - edge(
        means[:, best::-1], logs[best::-1], floor
    )


@claim(
    "S16-bounds",
    on=[digits_triangular, mnist1d_triangular],
    of="S16",
    chapter=7,
    notes="3.4, cyclical rates",
    statement="The bounds that one range test reads are good enough: cycles between them end at "
    "most one point below cycles with a tuned peak.",
    compared_with="cycles at their tuned peak, six or more peaks with ten seeds each",
    threshold=-1.0,
    unit=POINTS,
    condition="A ladder of 160 steps from 1e-5 to 10, one for each seed: from a tenth of the fall "
    "to the smoothed minimum. Its steps come on top.",
)
def with_bounds_of_a_range_test(trial: Trial) -> Effects:
    best = trial.judge("tuned peak", trial.choose())
    name, steps = trial.curves.about["name"].split("_")[0], int(best.steps[-1])
    found = [cycled(name, steps, seed) for seed in trial.judging]
    accuracy, lost, upper = (np.array(each) for each in zip(*found))
    trial.count("bounds of a range test", lost, steps)
    facts = {"tuned peak": best.rate, "its accuracy, %": 100 * best.test_accuracy.mean()}
    facts |= {"upper bound, median": np.median(upper), "accuracy, %": 100 * accuracy.mean()}
    return Effects(100 * (accuracy - best.test_accuracy), facts)


@functools.cache
def cycled(name: str, steps: int, seed: int) -> tuple[float, bool, float]:
    """Test accuracy of cycles between the bounds of a range test, whether lost, the upper bound."""
    problem = {"digits": digits, "mnist1d": mnist1d}[name]()
    low, high = range_test(problem, low=1e-5, high=10.0, steps=160, seed=seed).range
    cycles = Triangular(low, high, half_cycle=steps // 4)
    return *ended(problem, cycles, steps, [seed]), high


def ended(problem: MLP, eta, steps: int, seeds, update: Update = SGD()) -> tuple[float, bool]:
    """Mean test accuracy at the end, and whether a run is lost."""
    record = ("loss", "test_accuracy")
    settings = dict(steps=steps, seeds=seeds, record=record, record_every=steps)
    history = train(problem, eta, update=update, **settings)
    lost = failed(history.loss, guessing(problem), problem.steps_per_epoch)
    return float(history.test_accuracy[-1].mean()), bool(np.any(lost))
