"""Chapter 05, random search (notes, section 4): one parameter, and two."""

import functools
from collections.abc import Callable

import numpy as np

from course_lr.diagnostics import failed
from course_lr.problems import MLP, digits, mnist1d
from course_lr.teaching.evidence.ch02 import BEST
from course_lr.teaching.evidence.ch05 import ENDS, NOTES, WITH_SGD, nearest
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import guessing
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import train
from course_lr.updates import Momentum, Update

RANDOM = dict(of="S11", chapter=5, notes="4, random search")
DRAWS = 400
STEPS = {"digits": 480, "mnist1d": 920}
DIGITS = "digits, MLP 64-32-10, 480 steps of 64"
MNIST1D = "MNIST-1D, MLP 40-64-64-10, 920 steps of 64"


# --- one dimension, read off the sweeps ----------------------------------------------------------


def handed_over(trial: Trial, rates: np.ndarray, name: str) -> np.ndarray:
    """Test accuracy, in points, of the networks that searches of one training a rate hand over.

    Args:
        rates: ``(seeds, searches, candidates)``, of each judging seed's searches; each rate stands
            for the nearest one of the sweep.
        name: of these searches.

    Returns:
        ``(seeds, searches)``.
    """
    curves = trial.curves.cut(trial.judging)
    places, seeds = nearest(curves.rates, rates), np.arange(len(rates))[:, None]
    shown = curves.validation_accuracy[-1][places, seeds[..., None]]
    best = np.take_along_axis(places, shown.argmax(axis=2)[..., None], axis=2)[..., 0]
    trial.count(name, curves.failed[best, seeds], int(curves.steps[-1]))
    return 100 * curves.test_accuracy[best, seeds].astype(np.float64)


def drawn(seeds, low: float, high: float, candidates: int) -> np.ndarray:
    """Rates ``(seeds, DRAWS, candidates)``, evenly distributed on a log axis."""
    ends = np.log([low, high])
    logs = [np.random.default_rng([s, 5]).uniform(*ends, (DRAWS, candidates)) for s in seeds]
    return np.exp(logs)


def random_against_grid(trial: Trial, low: float, high: float, candidates: int) -> Effects:
    """The mean of many random searches minus the grid with as many points, by judging seed."""
    found = handed_over(trial, drawn(trial.judging, low, high, candidates), "random search")
    points = np.broadcast_to(np.geomspace(low, high, candidates), (len(found), 1, candidates))
    grid = handed_over(trial, points, "grid")
    facts = {"random search, %": found.mean(), "grid, %": grid.mean()}
    facts["searches over 5 points behind, %"] = 100 * np.mean(found < grid - 5)
    return Effects((found - grid).mean(axis=1), facts)


EQUAL = dict(threshold=-1.0, unit=POINTS, **RANDOM)
TABLE = "The mean of 400 draws a judging seed; a drawn rate stands for the nearest of the sweep. "


@claim(
    "S11-notes-range",
    on=WITH_SGD,
    statement="Between 1e-5 and 0.1, five rates drawn at random on a log axis find as good a rate "
    "as the grid's five, to a point.",
    compared_with="the grid 1e-5, 1e-4, 1e-3, 1e-2, 1e-1 with the same five trainings",
    condition=TABLE + "The best rate lies above the range: the grid has a point on the upper end, "
    "a draw seldom comes near it.",
    **EQUAL,
)
def five_in_the_notes_range(trial: Trial) -> Effects:
    return random_against_grid(trial, NOTES[0], NOTES[-1], 5)


@claim(
    "S11-line",
    on=WITH_SGD,
    statement="Between 1e-5 and 10, twelve rates drawn at random on a log axis find as good a rate "
    "as a grid of twelve, to a point.",
    compared_with="twelve rates evenly spaced on a log axis from 1e-5 to 10",
    condition=TABLE + "Both from single trainings.",
    **EQUAL,
)
def twelve_on_a_line(trial: Trial) -> Effects:
    return random_against_grid(trial, *ENDS, 12)


@claim(
    "S11-good",
    on=WITH_SGD,
    statement="Twelve rates drawn at random from 1e-5 to 10 hold one within a point of the best.",
    compared_with=BEST + " of ten tuning seeds, of the whole sweep",
    condition=TABLE + "The choice is made from single trainings.",
    **EQUAL,
)
def twelve_against_the_best(trial: Trial) -> Effects:
    found = handed_over(trial, drawn(trial.judging, *ENDS, 12), "random search")
    best = trial.judge("best rate", trial.choose())
    behind = found - 100 * best.test_accuracy[:, None]
    facts = {"random search, %": found.mean(), "best rate": best.rate}
    facts |= {"the best's, %": 100 * best.test_accuracy.mean()}
    facts["searches over 5 points behind, %"] = 100 * np.mean(behind < -5)
    return Effects(behind.mean(axis=1), facts)


# --- two dimensions, trained ---------------------------------------------------------------------

HIGHEST = 0.99  # of the momentum


def corners(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates and momenta of a grid that reaches from end to end, ``(points²,)`` each.

    >>> corners(3)[1][:3]
    array([0.   , 0.495, 0.99 ])
    """
    return mesh(np.geomspace(*ENDS, points), np.linspace(0, HIGHEST, points))


def middles(points: int) -> tuple[np.ndarray, np.ndarray]:
    """The same with each point in the middle of its cell.

    >>> middles(3)[0][::3].round(6)
    array([1.e-04, 1.e-02, 1.e+00])
    """
    middle = (np.arange(points) + 0.5) / points
    return mesh(ENDS[0] * (ENDS[1] / ENDS[0]) ** middle, HIGHEST * middle)


def mesh(rates: np.ndarray, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every rate with every momentum, flattened."""
    return tuple(each.ravel() for each in np.meshgrid(rates, betas, indexing="ij"))


def points(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates, log-uniform over six decades, and momenta, uniform from 0 to 0.99; ``(number,)``."""
    share = np.random.default_rng([seed, 6]).uniform(size=(2, number))
    return ENDS[0] * (ENDS[1] / ENDS[0]) ** share[0], HIGHEST * share[1]


def best_networks(problem: MLP, rates, update: Update, steps: int, seeds) -> tuple:
    """Test accuracy, in points, and failure of each seed's best network; ``(seeds,)`` each."""
    record = ("loss", "validation_accuracy", "test_accuracy")
    settings = dict(update=update, steps=steps, seeds=list(seeds), record=record)
    history = train(problem, rates, record_every=steps, **settings)
    best = history.validation_accuracy[-1].argmax(axis=0), np.arange(len(seeds))
    lost = failed(history.loss, guessing(problem), problem.steps_per_epoch)
    return 100 * history.test_accuracy[-1][best], lost[best]


@functools.cache
def at_random(made: Callable[[], MLP], steps: int, seed: int) -> tuple:
    """:func:`best_networks` of nine random settings, drawn and trained with one seed."""
    rates, betas = points(seed, 9)
    return best_networks(made(), rates, Momentum(betas), steps, [seed])


def plane(trial: Trial, made: Callable[[], MLP], steps: int, grid) -> Effects:
    """Nine random settings of rate and momentum against a 3 × 3 grid, by judging seed."""
    rates, betas = grid(3)
    regular, lost = best_networks(made(), rates, Momentum(betas), steps, trial.judging)
    trial.count("grid", lost, steps)
    found = [at_random(made, steps, seed) for seed in trial.judging]
    random, lost = (np.concatenate(each) for each in zip(*found))
    trial.count("random", lost, steps)
    facts = {"random search, %": random.mean(), "its worst, %": random.min()}
    facts |= {"grid, %": regular.mean(), "the grid's worst, %": regular.min()}
    return Effects(random - regular, facts)


PLANE = dict(threshold=0.0, unit=POINTS, **RANDOM)
NINE = "Rate from 1e-5 to 10 on a log axis and momentum from 0 to 0.99; one training a setting. "
EFFECTIVE = "Momentum multiplies the rate by up to a hundred: a grid of three rates tries more."
CORNERS = dict(
    statement="Nine random settings of rate and momentum find at least as good a network as a grid "
    "of 3 × 3 that reaches from end to end.",
    compared_with="rates 1e-5, 0.01, 10 with momenta 0, 0.495, 0.99",
    **PLANE,
)
MIDDLES = dict(
    statement="Nine random settings of rate and momentum find at least as good a network as a grid "
    "of 3 × 3 whose points stand in the middles of nine equal cells.",
    compared_with="rates 1e-4, 0.01, 1 with momenta 0.165, 0.495, 0.825",
    **PLANE,
)


@claim("S11-plane-digits", problem=DIGITS, condition=NINE + EFFECTIVE, **CORNERS)
def corners_on_digits(trial: Trial) -> Effects:
    return plane(trial, digits, STEPS["digits"], corners)


@claim(
    "S11-plane-mnist1d",
    problem=MNIST1D,
    condition=NINE + EFFECTIVE,
    **CORNERS,
)
def corners_on_mnist1d(trial: Trial) -> Effects:
    return plane(trial, mnist1d, STEPS["mnist1d"], corners)


@claim("S11-middles-digits", problem=DIGITS, condition=NINE + EFFECTIVE, **MIDDLES)
def middles_on_digits(trial: Trial) -> Effects:
    return plane(trial, digits, STEPS["digits"], middles)


@claim(
    "S11-middles-mnist1d",
    problem=MNIST1D,
    condition=NINE + EFFECTIVE,
    **MIDDLES,
)
def middles_on_mnist1d(trial: Trial) -> Effects:
    return plane(trial, mnist1d, STEPS["mnist1d"], middles)
