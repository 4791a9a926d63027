"""Chapter 02, too large (notes, section 2): overshooting, diverging, dying."""

import numpy as np

from course_lr.diagnostics import failed, sharpness
from course_lr.problems import MLP, digits
from course_lr.teaching.evidence.ch02 import BEST, BOWLS, NETWORKS, bowl, lost
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves, guessing
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import train

LARGE = dict(of="S3", chapter=2, notes="2, too large a rate")

EXACT = dict(
    problem=BOWLS,
    threshold=99.7,
    unit="% agreement",
    **LARGE,
)


@claim(
    "S3-overshoot",
    statement="On a quadratic the steps begin to jump over the lowest point at the rate 1/λ, where "
    "λ is the steepest curvature.",
    compared_with="1/λ, from the curvature that the bowl was made with",
    condition="To 0.3 %, on quadratics.",
    **EXACT,
)
def where_steps_overshoot(trial: Trial) -> Effects:
    def crossed(history, direction):
        place = history.path @ direction
        return place[1] * place[0] < 0

    return thresholds(trial, crossed, 1.0, steps=1, record=["path"])


@claim(
    "S3-divergence",
    statement="On a quadratic the loss begins to grow without end at the rate 2/λ, where λ is the "
    "steepest curvature.",
    compared_with="2/λ, from the curvature that the bowl was made with",
    condition="To 0.3 %, on quadratics.",
    **EXACT,
)
def where_runs_diverge(trial: Trial) -> Effects:
    def grows(history, direction):
        return ~(history.loss[-1] < history.loss[-2])

    return thresholds(trial, grows, 2.0, steps=600)


def thresholds(trial: Trial, seen, predicted: float, **settings) -> Effects:
    """How well the first of many rates at which something is seen agrees with the prediction."""
    found, failed = [], []
    for seed in trial.judging:
        problem, direction, steepest = bowl(seed, 1 / 10)
        rates = np.linspace(0.5, 3, 2001) / steepest
        history = train(problem, rates, **settings)
        found.append(rates[np.argmax(seen(history, direction))] * steepest / predicted)
        failed.append(history.diverged)
    trial.count("rates from 0.5/λ to 3/λ", np.array(failed), settings["steps"])
    found = np.array(found)
    return Effects(100 * np.minimum(found, 1 / found))


@claim(
    "S3",
    on=NETWORKS,
    statement="A rate half a decade above the best costs at least ten points of accuracy.",
    compared_with=BEST,
    threshold=10.0,
    unit=POINTS,
    condition="After the whole training.",
    **LARGE,
)
def lost_above_the_best(trial: Trial) -> Effects:
    return lost(trial, "half a decade above it", 0.5)


@claim(
    "S3-tenfold",
    on=NETWORKS,
    statement="A rate ten times the best costs at least ten points of accuracy.",
    compared_with=BEST,
    threshold=10.0,
    unit=POINTS,
    condition="After the whole training.",
    **LARGE,
)
def lost_at_ten_times_the_best(trial: Trial) -> Effects:
    return lost(trial, "ten times the best rate", 1)


@claim(
    "S3-blow-up",
    on=NETWORKS,
    statement="At ten times the best rate most networks end with a larger loss than they began.",
    compared_with="the loss of the first batch before any update",
    threshold=50.0,
    unit="% of the runs",
    condition="A run that left the finite numbers counts as one with a larger loss. The other "
    "failed runs have died at the loss of guessing: only the accuracy says so.",
    interval="Wilson, for a share",
    decimals=1,
    **LARGE,
)
def blown_up(trial: Trial) -> Effects:
    runs = trial.judge("ten times the best rate", trial.choose(), 1)
    facts = {"rate": runs.rate, "failed, %": 100 * runs.failed.mean()}
    facts["left the finite numbers, %"] = 100 * np.isinf(runs.loss[-1]).mean()
    return Effects(100.0 * ~(runs.loss[-1] < runs.start_loss), facts)


@claim(
    "S3-fluctuation",
    on=NETWORKS,
    statement="Just above the best rate (a quarter of a decade) the loss fluctuates at least "
    "twice as much from step to step.",
    compared_with=BEST,
    threshold=2.0,
    unit="times the fluctuation",
    condition="The standard deviation of the step losses over the last three epochs.",
    interval="BCa bootstrap",
    **LARGE,
)
def fluctuation_above_the_best(trial: Trial) -> Effects:
    choice = trial.choose()
    best = trial.judge("best rate", choice)
    above = trial.judge("a quarter of a decade above it", choice, 0.25)
    return fluctuations(above, best)


@claim(
    "S3-calm",
    on=NETWORKS,
    statement="Among rates that train well the larger one fluctuates more: the best rate against a "
    "tenth of it.",
    compared_with="a tenth of the rate with the best validation accuracy",
    threshold=1.0,
    unit="times the fluctuation",
    condition={
        "digits_rates": "Here the larger rate ends near a loss of 0, where batches differ little.",
        "mnist1d_rates": "Here training ends far above a loss of 0.",
    },
    interval="BCa bootstrap",
    **LARGE,
)
def fluctuation_below_the_best(trial: Trial) -> Effects:
    choice = trial.choose()
    small = trial.judge("a tenth of it", choice, -1)
    return fluctuations(trial.judge("best rate", choice), small)


def fluctuations(large: Curves, small: Curves) -> Effects:
    """The ratio of the fluctuations of the loss."""
    facts = {"larger rate": large.rate, "smaller rate": small.rate}
    facts |= {
        "loss at the larger": np.mean(large.loss[-1]),
        "at the smaller": small.loss[-1].mean(),
    }
    return Effects(large.fluctuation / small.fluctuation, facts)


CURVED = dict(
    statement="The threshold of the quadratic holds for a network: rates fail from 2/λ on, where λ "
    "is the sharpness at the start (2/λ is at least 80 % of the first rate that fails).",
    compared_with="2/λ at the start, by exact Hessian-vector products",
    threshold=80.0,
    unit="% of the first failing rate",
    interval="BCa bootstrap",
    decimals=1,
    **LARGE,
)


@claim(
    "S3-sharpness-relu",
    problem="300 digits, MLP 64-32-10 with ReLU and cross-entropy, 100 full-batch steps",
    condition="The curvature at the start gives the size of the cliff's rate, not the rate: during "
    "training it is not the one of the start.",
    **CURVED,
)
def cliff_of_relu(trial: Trial) -> Effects:
    return cliff(trial, digits(batch_size=None, samples=300))


@claim(
    "S3-sharpness-tanh",
    problem="300 digits, MLP 64-32-10 with tanh and squared error, 100 full-batch steps",
    condition="As with ReLU and cross-entropy, but the cliff is nearer.",
    **CURVED,
)
def cliff_of_tanh(trial: Trial) -> Effects:
    settings = dict(activation="tanh", loss="squared_error")
    return cliff(trial, digits(batch_size=None, samples=300, **settings))


def cliff(trial: Trial, problem: MLP) -> Effects:
    """2/λ in % of the first failing rate among 37 that stand an eighth of an octave apart.

    A dead network still learns how frequent the classes are, which with full batches takes it just
    below the loss of guessing; hence the 1 %.
    """
    start = problem.start(np.array(trial.judging))
    limit, multiples = 2 / sharpness(problem, start), 2 ** np.arange(-0.5, 4.01, 0.125)
    history = train(
        problem,
        np.outer(multiples, limit).ravel(),
        start=np.tile(start, (len(multiples), 1)),
        steps=100,
    )
    loss = history.loss.reshape(101, len(multiples), len(start))
    lost = failed(loss, 0.99 * guessing(problem), 1)
    trial.count("rates from 0.7 to 16 times 2/λ", lost.T, 100)
    first = multiples[np.where(lost.any(axis=0), lost.argmax(axis=0), len(multiples) - 1)]
    facts = {"first failing rate, in 2/λ": first.mean(), "2/λ": np.median(limit)}
    return Effects(100 / first, facts)
