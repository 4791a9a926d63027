"""Chapter 01, what the rate does: claims about the length of updates (notes, section 1)."""

import numpy as np

from course_lr.block import norm
from course_lr.problems import MLP, Quadratic, digits, mnist1d
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import decades
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train

TENFOLD = dict(
    of="S1",
    chapter=1,
    notes="1, role of the rate",
    compared_with="the same run at a tenth of the rate",
    unit="% of tenfold",
)


def tenfold(distance: np.ndarray) -> np.ndarray:
    """How near distances at rates ten times apart, ``(rates, …)``, come to growing tenfold, in %.

    The worst pair of neighbours counts, whether the growth is too small or too large.
    """
    growth = distance[1:] / distance[:-1]
    return 100 * np.minimum(growth / 10, 10 / growth).min(axis=0)


@claim(
    "S1-quadratic",
    statement="At one and the same point, ten times the rate moves the weights ten times as far.",
    problem="random quadratic bowls in five dimensions, curvatures 0.1 to 10",
    threshold=99.0,
    condition="One update from one point, at rates from 1e-5 to 1.",
    **TENFOLD,
)
def first_step_on_quadratics(trial: Trial) -> Effects:
    effects, failed, rates = [], [], decades(-5, 0, 1)
    for seed in trial.judging:
        rng = np.random.default_rng(seed)
        bowl, start = Quadratic(10 ** rng.uniform(-1, 1, 5)), rng.normal(size=5)
        history = train(bowl, rates, steps=1, start=start)
        effects.append(tenfold(norm(history.w - start)))
        failed.append(history.diverged)
    trial.count("first updates", np.array(failed), 1)
    return Effects(np.array(effects))


@claim(
    "S1-digits",
    statement="Also in a network, ten times the rate makes the first update ten times as long.",
    problem="digits, MLP 64-32-10, first batch of 64",
    threshold=99.0,
    condition="One update from one point, at rates from 1e-4 to 10.",
    **TENFOLD,
)
def first_step_on_digits(trial: Trial) -> Effects:
    return moved(trial, digits(), decades(-4, 1, 1), 1)


@claim(
    "S1-training",
    statement="After a whole training, ten times the rate ends ten times as far from the start.",
    problem="digits, MLP 64-32-10, 480 steps of 64",
    threshold=90.0,
    condition="The proportion holds for one update from one point; here 480 updates at rate 0.1 "
    "are set beside 480 at 0.01, and the points part.",
    **TENFOLD,
)
def whole_training_on_digits(trial: Trial) -> Effects:
    return moved(trial, digits(), [0.01, 0.1], 480)


def moved(trial: Trial, problem: MLP, rates: list[float], steps: int) -> Effects:
    """The effect :func:`tenfold` of the distances between the start and the last weights."""
    history = train(problem, rates, steps=steps, seeds=trial.judging)
    start = problem.start(np.array(trial.judging)).astype(np.float64)
    distance = np.sqrt(((history.w - start) ** 2).sum(axis=-1))
    trial.count("all rates", history.diverged.T, steps)
    longest = {f"distance at rate {r:g}": d for r, d in zip(rates, distance.mean(axis=1))}
    return Effects(tenfold(distance), longest)


LENGTHS = dict(
    of="S1",
    chapter=1,
    notes="1, role of the rate",
    statement="At a constant rate all updates of a training are about equally long: without the "
    "shortest and the longest tenth, none is less than half as long as another.",
    compared_with="updates of the same run",
    threshold=50.0,
    unit="% of the longer updates' length",
)


@claim(
    "S1-lengths-digits",
    problem="digits, MLP 64-32-10, 480 steps of 64 at rate 0.1",
    condition="An update is the rate times the slope, and here the slope changes during training.",
    **LENGTHS,
)
def lengths_on_digits(trial: Trial) -> Effects:
    return lengths(trial, digits(), 480)


@claim(
    "S1-lengths-mnist1d",
    problem="MNIST-1D, MLP 40-64-64-10, 920 steps of 64 at rate 0.1",
    condition="Here the slope of a batch stays about as steep for all 920 steps.",
    **LENGTHS,
)
def lengths_on_mnist1d(trial: Trial) -> Effects:
    return lengths(trial, mnist1d(), 920)


def lengths(trial: Trial, problem: MLP, steps: int) -> Effects:
    """The 10 % quantile of the lengths of all updates, in % of the 90 % quantile."""
    history = train(problem, 0.1, steps=steps, seeds=trial.judging, record=("eta", "grad_norm"))
    trial.count("rate 0.1", history.diverged, steps)
    short, long = np.quantile(history.eta * history.grad_norm, [0.1, 0.9], axis=0)
    return Effects(100 * short / long, {"longer update": long.mean(), "shorter": short.mean()})
