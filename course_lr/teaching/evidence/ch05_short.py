"""Chapter 05, searches that train little: successive halving, and the range test's readings."""

import numpy as np

from course_lr.problems import digits, mnist1d
from course_lr.search import range_test, successive_halving
from course_lr.teaching.evidence.ch02 import BEST
from course_lr.teaching.evidence.ch05 import ENDS, GRID, WITH_ADAM, WITH_SGD, nearest
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.updates import SGD, Adam, Update

PROBLEMS = {"digits": digits, "mnist1d": mnist1d}
QUARTERS = np.geomspace(*ENDS, 25)
"""A quarter of a decade apart, from 1e-5 to 10."""


def problem_of(trial: Trial):
    """The problem that the trial's sweep was trained on."""
    return PROBLEMS[trial.curves.about["name"].split("_")[0]]()


@claim(
    "S10-halving",
    on=WITH_SGD,
    statement="Successive halving finds as good a network as the full search, to a point, with a "
    "quarter of the gradient evaluations.",
    compared_with="the full search of the same 25 rates from 1e-5 to 10 with the same seed",
    threshold=-1.0,
    unit=POINTS,
    condition="25 rates for a ninth of the steps, the best 8 to a third, the best 2 to the end.",
    **GRID,
)
def halving_against_full(trial: Trial) -> Effects:
    problem, curves = problem_of(trial), trial.curves.cut(trial.judging)
    places, steps = nearest(curves.rates, QUARTERS), int(curves.steps[-1])
    full = places[curves.validation_accuracy[-1, places].argmax(axis=0)]
    found, spent = [], []
    for seed in trial.judging:
        rates = curves.rates[places]
        search = successive_halving(problem, rates, steps=steps, seeds=[seed])
        found.append(nearest(curves.rates, search.best))
        spent.append(search.evaluations / (len(places) * steps))
    found, seeds = np.array(found), np.arange(len(full))
    for name, chosen in (("halving", found), ("full search", full)):
        trial.count(name, curves.failed[chosen, seeds], steps)
    test = 100 * curves.test_accuracy.astype(np.float64)
    facts = {"halving, %": test[found, seeds].mean(), "full search, %": test[full, seeds].mean()}
    facts |= {"share of its evaluations, %": 100 * np.mean(spent)}
    facts["same choice, %"] = 100 * np.mean(found == full)
    return Effects(test[found, seeds] - test[full, seeds], facts)


def read_off(trial: Trial, reading: str, update: Update = SGD()) -> Effects:
    """Test accuracy at the rate that each judging seed reads off its ladder, minus the best's."""
    problem, curves = problem_of(trial), trial.curves.cut(trial.judging)
    best = trial.judge("best rate", trial.choose())
    ladders = [range_test(problem, *ENDS, update=update, seed=seed) for seed in trial.judging]
    rates = np.array([ladder.readings[reading] for ladder in ladders])
    places, seeds = nearest(curves.rates, rates), np.arange(len(rates))
    trial.count(f"reading: {reading}", curves.failed[places, seeds], int(curves.steps[-1]))
    facts = {"rate read off, median": np.median(rates), "lowest": rates.min()}
    facts |= {"highest": rates.max(), "best rate of the full search": best.rate}
    test = curves.test_accuracy[places, seeds].astype(np.float64)
    return Effects(100 * (test - best.test_accuracy), facts)


READING = dict(
    of="S16",
    chapter=5,
    notes="3.2, finding the rate (the range test is not in the notes)",
    compared_with=f"the full search of the sweep: {BEST} of ten tuning seeds",
    threshold=-1.0,
    unit=POINTS,
    condition="A ladder of 100 steps from 1e-5 to 10; each judging seed reads off its own, and the "
    "rate stands for the nearest of the sweep.",
)
MINIMUM = "Read where the smoothed loss is smallest, a range test gives a rate within one point of "
THIRD = (
    "Read at a third of the rate where the smoothed loss is smallest, a range test gives a rate "
)
TENTH = (
    "Read at a tenth of the rate where the smoothed loss is smallest, a range test gives a rate "
)
STEEPEST = "Read where the smoothed loss falls most steeply, a range test gives a rate within one "


@claim("S16-minimum", on=WITH_SGD, statement=MINIMUM + "the full search.", **READING)
def at_the_minimum(trial: Trial) -> Effects:
    return read_off(trial, "minimum")


@claim(
    "S16-third", on=WITH_SGD, statement=THIRD + "within one point of the full search.", **READING
)
def at_a_third(trial: Trial) -> Effects:
    return read_off(trial, "third")


@claim(
    "S16-tenth", on=WITH_SGD, statement=TENTH + "within one point of the full search.", **READING
)
def at_a_tenth(trial: Trial) -> Effects:
    return read_off(trial, "tenth")


@claim("S16-steepest", on=WITH_SGD, statement=STEEPEST + "point of the full search.", **READING)
def at_the_steepest(trial: Trial) -> Effects:
    return read_off(trial, "steepest")


@claim("S16-minimum-adam", on=WITH_ADAM, statement=MINIMUM + "the full search.", **READING)
def at_the_minimum_with_adam(trial: Trial) -> Effects:
    return read_off(trial, "minimum", Adam())


@claim(
    "S16-third-adam",
    on=WITH_ADAM,
    statement=THIRD + "within one point of the full search.",
    **READING,
)
def at_a_third_with_adam(trial: Trial) -> Effects:
    return read_off(trial, "third", Adam())


@claim(
    "S16-tenth-adam",
    on=WITH_ADAM,
    statement=TENTH + "within one point of the full search.",
    **READING,
)
def at_a_tenth_with_adam(trial: Trial) -> Effects:
    return read_off(trial, "tenth", Adam())


@claim(
    "S16-steepest-adam", on=WITH_ADAM, statement=STEEPEST + "point of the full search.", **READING
)
def at_the_steepest_with_adam(trial: Trial) -> Effects:
    return read_off(trial, "steepest", Adam())
