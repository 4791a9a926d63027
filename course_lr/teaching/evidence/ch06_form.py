"""Chapter 06, warm-up: how long, from what start, in what shape; Adam's second moment."""

import numpy as np

from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import Constant, Schedule, Warmup
from course_lr.teaching.evidence.ch06 import ON_DEEP, ON_DIGITS, STEPS, deep
from course_lr.teaching.evidence.ch06_limits import WARMUP
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train
from course_lr.updates import SGD, Adam, Update

SGD_AT, ADAM_AT = 0.2, 0.5  # rates that few runs bear without a warm-up
HALF = 0.45  # half of the accuracy of the best rates of these networks

# --- how long, in what shape ---------------------------------------------------------------------

FORM = dict(unit="% of the runs", **WARMUP)
ON_SGD, ON_ADAM = f"{ON_DEEP}, η = 0.2", f"{ON_DIGITS}, Adam, η = 0.5"
SHARED = FORM | dict(threshold=10.0, interval="Wilson, for a share", decimals=1)
LONG = SHARED | dict(
    statement="Longer is safer: at least a tenth of the runs are lost with a warm-up of 12 steps "
    "and not with one of 48.",
    compared_with="a warm-up of 12 steps, a twentieth of the training",
)
SHORT = SHARED | dict(
    statement="Two steps are not enough: at least a tenth of the runs are lost with them and not "
    "with a warm-up of 12 steps.",
    compared_with="a warm-up of 2 steps, less than a hundredth of the training",
)
SHAPE = FORM | dict(
    statement="The shape counts: a line from 1 % of the rate saves at least ten per cent more of "
    "the runs than an exponential from there.",
    compared_with="an exponential warm-up of 12 steps",
    threshold=10.0,
)


def lost(trial: Trial, name: str, problem: MLP, eta: Schedule, update: Update) -> np.ndarray:
    """Which runs end below half of the accuracy of the best rates, ``(seeds,)``."""
    record = ("loss", "test_accuracy")
    seeds = list(trial.judging)
    settings = dict(update=update, steps=STEPS, seeds=seeds, record=record, record_every=STEPS)
    history = train(problem, eta, **settings)
    below = history.test_accuracy[-1] < HALF
    trial.count(name, below, STEPS)
    return below


def lengths(trial: Trial, few: int, many: int, adam: bool = False) -> Effects:
    """Which runs are lost with ``few`` steps of warm-up and not with ``many``."""
    problem, update, peak = case(adam)
    short, long = (
        lost(trial, f"{steps} steps", problem, Warmup(Constant(peak), steps=steps), update)
        for steps in (few, many)
    )
    return Effects(100.0 * (short & ~long), shares({f"{few} steps": short, f"{many} steps": long}))


def case(adam: bool) -> tuple[MLP, Update, float]:
    """Problem, rule and high rate: Adam on the shallow network, or SGD on the deep one."""
    return (digits(), Adam(), ADAM_AT) if adam else (deep(), SGD(), SGD_AT)


def shares(lost: dict[str, np.ndarray]) -> dict[str, float]:
    """The share of lost runs in each group, in %."""
    return {f"lost with {name}, %": 100 * runs.mean() for name, runs in lost.items()}


@claim("S12-short-deep", problem=ON_SGD, condition="At one high rate.", **SHORT)
def short_on_deep(trial: Trial) -> Effects:
    return lengths(trial, 2, 12)


@claim("S12-short-adam", problem=ON_ADAM, condition="At one high rate.", **SHORT)
def short_with_adam(trial: Trial) -> Effects:
    return lengths(trial, 2, 12, adam=True)


@claim("S12-longer-deep", problem=ON_SGD, condition="At one high rate.", **LONG)
def longer_on_deep(trial: Trial) -> Effects:
    return lengths(trial, 12, 48)


@claim("S12-longer-adam", problem=ON_ADAM, condition="At one high rate.", **LONG)
def longer_with_adam(trial: Trial) -> Effects:
    return lengths(trial, 12, 48, adam=True)


def shapes(trial: Trial, adam: bool) -> Effects:
    problem, update, peak = case(adam)
    found = {}
    for shape in ("exponential", "linear"):
        eta = Warmup(Constant(peak), steps=12, start=0.01, shape=shape)
        found[shape] = lost(trial, shape, problem, eta, update)
    return Effects(100.0 * found["exponential"] - 100.0 * found["linear"], shares(found))


WHY = "An exponential from 1 % spends most of its steps at small rates and rises in the last ones."


@claim("S12-shape-deep", problem=ON_SGD, condition=WHY, **SHAPE)
def shape_on_deep(trial: Trial) -> Effects:
    return shapes(trial, adam=False)


@claim("S12-shape-adam", problem=ON_ADAM, condition=WHY, **SHAPE)
def shape_with_adam(trial: Trial) -> Effects:
    return shapes(trial, adam=True)


# --- Adam's second moment ------------------------------------------------------------------------

BATCHES = 240
MOMENT = dict(unit="times the spread", interval="BCa bootstrap", **WARMUP)
EARLY = MOMENT | dict(
    statement="The scale that Adam gives each weight spreads at least five times as widely in the "
    "first step as after 100.",
    compared_with="the same after 100 steps at the same weights",
    threshold=5.0,
    condition="At the weights of the start, against the mean of 240 batches; β2 = 0.999.",
)
SHORT_MEMORY = MOMENT | dict(
    statement="A short memory keeps the scale from settling: after 100 steps it spreads at least "
    "one and a half times as widely with β2 = 0.9.",
    compared_with="β2 = 0.999",
    threshold=1.5,
    condition="At fixed weights; in the first step the two are equal.",
)


def spreads(problem: MLP, seed: int, beta2: float, steps: tuple[int, ...]) -> np.ndarray:
    """How far Adam's scale 1/√v̂ of a weight is off after these steps: a standard deviation.

    It is that of ½ ln(v̂ / its mean over 240 batches) over the weights whose gradient is never 0;
    the weights are those of the start, and do not move.
    """
    w, seeds = problem.start(np.array([seed])), np.array([seed])
    batches = [problem.loss_and_grad(w, step, seeds)[1][0] for step in range(BATCHES)]
    squares = np.square(np.array(batches, np.float64))
    squares = squares[:, (squares > 0).all(axis=0)]
    moments = second_moments(squares, beta2)[np.array(steps) - 1]
    return np.std(np.log(moments / squares.mean(axis=0)) / 2, axis=1)


def second_moments(squares: np.ndarray, beta2: float) -> np.ndarray:
    """Adam's bias-corrected second moment after each step, ``(steps, n) -> (steps, n)``.

    Kingma & Ba 2015, algorithm 1.

    >>> second_moments(np.array([[4.0], [4.0]]), 0.9).round(6).ravel().tolist()
    [4.0, 4.0]
    """
    v, found = np.zeros(squares.shape[1]), []
    for step, square in enumerate(squares, 1):
        v = beta2 * v + (1 - beta2) * square
        found.append(v / (1 - beta2**step))
    return np.array(found)


def early_spread(trial: Trial, problem: MLP) -> Effects:
    found = np.array([spreads(problem, seed, 0.999, (1, 100)) for seed in trial.judging])
    trial.count("gradients at the start", np.zeros(len(found), bool), BATCHES)
    facts = {"spread in the first step": found[:, 0].mean(), "after 100": found[:, 1].mean()}
    return Effects(found[:, 0] / found[:, 1], facts)


def spread_of_a_short_memory(trial: Trial, problem: MLP) -> Effects:
    found = [[spreads(problem, s, b, (100,))[0] for b in (0.9, 0.999)] for s in trial.judging]
    trial.count("gradients at the start", np.zeros(len(found), bool), BATCHES)
    short, long = np.array(found).T
    return Effects(short / long, {"spread, β2 = 0.9": short.mean(), "β2 = 0.999": long.mean()})


@claim("S12-moment-digits", problem="digits, MLP 64-32-10, its start", **EARLY)
def early_on_digits(trial: Trial) -> Effects:
    return early_spread(trial, digits())


@claim("S12-moment-mnist1d", problem="MNIST-1D, MLP 40-64-64-10, its start", **EARLY)
def early_on_mnist1d(trial: Trial) -> Effects:
    return early_spread(trial, mnist1d())


@claim("S12-memory-digits", problem="digits, MLP 64-32-10, its start", **SHORT_MEMORY)
def memory_on_digits(trial: Trial) -> Effects:
    return spread_of_a_short_memory(trial, digits())


@claim("S12-memory-mnist1d", problem="MNIST-1D, MLP 40-64-64-10, its start", **SHORT_MEMORY)
def memory_on_mnist1d(trial: Trial) -> Effects:
    return spread_of_a_short_memory(trial, mnist1d())
