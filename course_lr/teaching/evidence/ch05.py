"""Chapter 05, the grid (notes, section 3.2): what five rates find, and what lies between them."""

import numpy as np

from course_lr.problems import MLP, digits, mnist1d
from course_lr.teaching.evidence.ch02 import digits_rates, mnist1d_rates
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves, decades, swept
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.updates import Adam

NOTES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
ENDS = (1e-5, 10.0)
"""The widest range that is searched here: six decades."""
GRID = dict(of="S10", chapter=5, notes="3.2, grid search")
SIXTEENTH = "the best rate of a grid of sixteenths of a decade"


@swept("digits, MLP 64-32-10, 480 steps of 64", decades(-0.375, 0.125, 1 / 16), steps=480)
def digits_near() -> MLP:
    """The digits in sixteenths of a decade round the best rate."""
    return digits()


@swept("MNIST-1D, MLP 40-64-64-10, 920 steps of 64", decades(-0.375, 0.1875, 1 / 16), steps=920)
def mnist1d_near() -> MLP:
    """MNIST-1D in sixteenths of a decade round the best rate."""
    return mnist1d()


@swept(
    "digits, MLP 64-32-10, 480 steps of 64 with Adam",
    [*decades(-5, -3.5, 0.5), *decades(-3.25, -0.25), *decades(0, 1, 0.5)],
    steps=480,
    update=Adam(),
)
def digits_adam_search() -> MLP:
    """The digits with Adam at rates from 1e-5 to 10."""
    return digits()


@swept(
    "MNIST-1D, MLP 40-64-64-10, 920 steps of 64 with Adam",
    [*decades(-5, -3, 1.0), *decades(-2.5, -1.125), 0.1, 1.0],
    steps=920,
    update=Adam(),
)
def mnist1d_adam_search() -> MLP:
    """MNIST-1D with Adam: powers of ten, and eighths of a decade round the best rate."""
    return mnist1d()


SGD_NEAR = ((digits_rates, digits_near), (mnist1d_rates, mnist1d_near))
WITH_SGD = (digits_rates, mnist1d_rates)
WITH_ADAM = (digits_adam_search, mnist1d_adam_search)


def among(trial: Trial, grid, name: str = "grid") -> Curves:
    """The judging runs of the best of a grid, by the validation accuracy of the tuning seeds.

    The grid is what is tried here, so that it may be as coarse as it is; ``trial.choose`` is for
    what it is compared with.

    Args:
        grid: rates; each stands for the nearest one of the trial's first sweep.
        name: of these runs.
    """
    tuned, places = trial.curves.cut(trial.tuning), nearest(trial.curves.rates, grid)
    means = tuned.validation_accuracy[-1, places].mean(axis=1)
    judged = trial.curves.cut(trial.judging).at(places[means.argmax()])
    trial.count(name, judged.failed, int(judged.steps[-1]))
    return judged


def nearest(rates: np.ndarray, wanted) -> np.ndarray:
    """Places of the rates nearest to the wanted ones on a log axis; same shape as ``wanted``.

    >>> nearest(np.array([0.1, 1.0, 10.0]), [0.2, 9.0])
    array([0, 2])
    """
    return np.abs(np.log(rates) - np.log(np.asarray(wanted))[..., None]).argmin(axis=-1)


def behind(found: Curves, best: Curves, name: str) -> Effects:
    """Points of test accuracy of what was found minus those of the best, by judging seed."""
    facts = {name: found.rate, "its accuracy, %": 100 * found.test_accuracy.mean()}
    facts |= {"best rate": best.rate, "the best's, %": 100 * best.test_accuracy.mean()}
    return Effects(100 * (found.test_accuracy - best.test_accuracy), facts)


# --- the grid as it stands -----------------------------------------------------------------------

AS_IT_STANDS = dict(
    statement="The grid 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, judged on validation data, finds a rate "
    "within one point of the best.",
    threshold=-1.0,
    unit=POINTS,
    **GRID,
)


@claim(
    "S10-notes",
    on=SGD_NEAR,
    compared_with=SIXTEENTH,
    condition="With SGD, whose best rate lies above the whole grid: the grid's choice is its last "
    "rate.",
    **AS_IT_STANDS,
)
def the_notes_grid(trial: Trial) -> Effects:
    best = trial.judge("best rate", trial.choose(of=1))
    return behind(among(trial, NOTES), best, "the grid's rate")


@claim(
    "S10-notes-adam",
    on=WITH_ADAM,
    compared_with="the best rate of a grid of eighths of a decade",
    condition="With Adam, whose best rate lies inside the grid.",
    **AS_IT_STANDS,
)
def the_notes_grid_with_adam(trial: Trial) -> Effects:
    return behind(among(trial, NOTES), trial.judge("best rate", trial.choose()), "the grid's rate")


# --- how fine ------------------------------------------------------------------------------------


def between(trial: Trial, decades: float) -> Effects:
    """The better one of the two rates so many decades below and above the best, against it."""
    best = trial.choose()
    beside = among(trial, best.rate * 10 ** np.array([-decades, decades]), "neighbours")
    return behind(beside, trial.judge("best rate", best), "the better neighbour")


BETWEEN = dict(
    compared_with="the rate with the best validation accuracy, exactly in the middle",
    threshold=-1.0,
    unit=POINTS,
    **GRID,
)
POWERS = dict(
    statement="A grid of powers of ten is fine enough: with the best rate midway between two "
    "of its points, the better of them is within one point.",
    condition="Of the two neighbours half a decade away, the one better on validation data.",
    **BETWEEN,
)
HALVES = dict(
    statement="A grid of half decades is fine enough: with the best rate midway between two "
    "of its points, the better of them is within one point.",
    condition="Of the two neighbours a quarter decade away, the one better on validation data.",
    **BETWEEN,
)


@claim("S10-powers", on=WITH_SGD, **POWERS)
@claim("S10-powers-adam", on=WITH_ADAM, **POWERS)
def between_powers_of_ten(trial: Trial) -> Effects:
    return between(trial, 0.5)


@claim("S10-halves", on=WITH_SGD, **HALVES)
@claim("S10-halves-adam", on=WITH_ADAM, **HALVES)
def between_half_decades(trial: Trial) -> Effects:
    return between(trial, 0.25)


# --- the axis ------------------------------------------------------------------------------------

AXIS = dict(threshold=1.0, unit=POINTS, **GRID)


def log_against_linear(trial: Trial, low: float, high: float) -> Effects:
    """Five rates evenly spaced on a log axis, against five on a linear one, with the same ends."""
    log = among(trial, np.geomspace(low, high, 5), "log axis")
    linear = among(trial, np.linspace(low, high, 5), "linear axis")
    facts = {"log axis finds": log.rate, "linear axis finds": linear.rate}
    facts["best rate of all"] = trial.choose().rate
    return Effects(100 * (log.test_accuracy - linear.test_accuracy), facts)


@claim(
    "S10-linear",
    on=WITH_ADAM,
    statement="Adam, from 1e-5 to 0.1: five rates on a log axis find a better rate than five on a "
    "linear one, by at least a point.",
    compared_with="1e-5, 0.025, 0.05, 0.075 and 0.1 (each the nearest rate of the sweep)",
    condition="The top of the range is not far above the best rate.",
    **AXIS,
)
def linear_in_the_notes_range(trial: Trial) -> Effects:
    return log_against_linear(trial, NOTES[0], NOTES[-1])


@claim(
    "S10-linear-wide",
    on=WITH_SGD,
    statement="SGD, from 1e-5 to 10: five rates on a log axis find a better rate than five on a "
    "linear one, by at least a point.",
    compared_with="1e-5, 2.5, 5, 7.5 and 10 (each the nearest rate of the sweep)",
    condition="A range as wide as it has to be where the size of the best rate is not known.",
    **AXIS,
)
def linear_in_a_wide_range(trial: Trial) -> Effects:
    return log_against_linear(trial, *ENDS)


# --- how many seeds ------------------------------------------------------------------------------


@claim(
    "S10-one-seed",
    on=WITH_SGD,
    statement="One training a rate is enough: the rate chosen from single trainings is within one "
    "point of the one chosen from ten seeds.",
    compared_with="the rate with the best mean validation accuracy of ten tuning seeds",
    threshold=-1.0,
    unit=POINTS,
    condition="Each judging seed searches alone; its rate is judged by the mean test accuracy of "
    "the other judging seeds.",
    **GRID,
)
def one_training_a_rate(trial: Trial) -> Effects:
    best, curves = trial.choose(), trial.curves.cut(trial.judging)
    alone = curves.validation_accuracy[-1].argmax(axis=0)  # (seeds,)
    test = 100 * curves.test_accuracy.astype(np.float64)
    others = (test.sum(axis=1, keepdims=True) - test) / (len(trial.judging) - 1)
    seeds = np.arange(len(alone))
    trial.judge("ten seeds", best)
    trial.count("one seed", curves.failed[alone, seeds], int(curves.steps[-1]))
    chosen = curves.rates[alone]
    facts = {"rate of ten seeds": best.rate, "lowest rate of one seed": chosen.min()}
    facts |= {
        "highest": chosen.max(),
        "of one seed: the same, %": 100 * np.mean(alone == best.index),
    }
    return Effects(others[alone, seeds] - others[best.index, seeds], facts)
