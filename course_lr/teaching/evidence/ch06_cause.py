"""Chapter 06, warm-up: why. Distance, curvature, length and shape, Adam's second moment."""

import numpy as np

from course_lr.diagnostics import failed, sharpness
from course_lr.problems import MLP, Function, digits, mnist1d
from course_lr.schedules import Constant, Warmup
from course_lr.teaching.evidence.ch02 import BOWLS, bowl
from course_lr.teaching.evidence.ch06 import (
    DEEP,
    LONGER,
    ON_DEEP,
    ON_MNIST1D,
    SHARE,
    STEPS,
    deep,
)
from course_lr.teaching.evidence.ch06_limits import WARMUP, middle
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import guessing
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train

FAR = 100  # times as far from the minimum
HIGH = {"deep": 0.2, "mnist1d": 1.0}  # rates above the best one without a warm-up

# --- is it the distance? -------------------------------------------------------------------------

DISTANT = dict(
    statement="The farther from the minimum a run starts, the smaller the rate that it bears: a "
    "hundred times as far costs at least a tenth of it.",
    compared_with="a start at distance 1, in the same direction",
    threshold=10.0,
    unit="% of the rate",
    **WARMUP,
)


def first_unstable(problem, start: np.ndarray, rates: np.ndarray, trial_rows: list) -> float:
    """The first of ascending ``rates`` at which the loss has grown after 200 steps."""
    history = train(problem, rates, steps=200, start=start)
    trial_rows.append(history.diverged)
    return rates[np.argmax(~(history.loss[-1] < history.loss[0]))]


@claim(
    "S12-distance-quadratic",
    problem=BOWLS,
    condition="On a quadratic each step multiplies the distance by a factor that does not depend "
    "on it: the limit is 2/λ from everywhere.",
    **DISTANT,
)
def distance_on_quadratics(trial: Trial) -> Effects:
    found, lost = [], []
    for seed in trial.judging:
        problem, _, steepest = bowl(seed, 1 / 10)
        direction = np.random.default_rng([seed, 1]).normal(size=5)
        near, rates = direction / np.linalg.norm(direction), np.linspace(1.9, 2.1, 201) / steepest
        found.append([first_unstable(problem, far * near, rates, lost) for far in (1, FAR)])
    trial.count("near and far", np.array(lost).reshape(len(found), -1), 200)
    near, far = np.array(found).T
    return Effects(100 * (1 - far / near))


@claim(
    "S12-distance-quartic",
    problem="the loss ¼ Σ aᵢ wᵢ⁴ in five dimensions with random aᵢ between 1 and 10",
    condition="Here the curvature grows with the square of the distance, and the limit falls by "
    "the same factor.",
    **DISTANT,
)
def distance_on_quartics(trial: Trial) -> Effects:
    found, lost = [], []
    for seed in trial.judging:
        rng = np.random.default_rng([seed, 2])
        problem, near = quartic(10 ** rng.uniform(0, 1, 5)), rng.normal(size=5)
        near /= np.linalg.norm(near)
        rates = np.geomspace(1e-6, 100, 401)
        found.append([first_unstable(problem, far * near, rates, lost) for far in (1, FAR)])
    trial.count("near and far", np.array(lost).reshape(len(found), -1), 200)
    near, far = np.array(found).T
    return Effects(100 * (1 - far / near))


def quartic(strengths: np.ndarray) -> Function:
    """The loss ¼ Σ aᵢ wᵢ⁴; its curvature along axis i is 3 aᵢ wᵢ²."""

    def loss_and_grad(w, step):
        return (strengths * w**4).sum(axis=1) / 4, strengths * w**3

    return Function(loss_and_grad, np.ones(len(strengths)))


NETWORKS = dict(
    problem="digits, MLP 64-6×32-10, 240 steps of 64 at a hundredth",
    compared_with="the start of He et al., which bears a larger rate",
    threshold=2.0,
    unit="times",
    interval="BCa bootstrap",
    **WARMUP,
)
GENTLE = 0.01


@claim(
    "S12-distance-deep",
    statement="The start that is 1.5 times too large, which needs the warm-up, lies at least twice "
    "as far from where training ends.",
    condition="Distance from the weights at the start to those at the end.",
    **NETWORKS,
)
def distance_of_networks(trial: Trial) -> Effects:
    ways = []
    for name, problem in starts().items():
        history = train(problem, GENTLE, steps=STEPS, seeds=list(trial.judging))
        trial.count(name, failed(history.loss, guessing(problem), 16), STEPS)
        ways.append(np.linalg.norm(history.w - problem.start(trial.judging), axis=1))
    facts = {f"distance from the {name}": x.mean() for name, x in zip(starts(), ways)}
    return Effects(ways[1] / ways[0], facts, statistic=middle)


@claim(
    "S12-steepness-deep",
    statement="The start that is 1.5 times too large, which needs the warm-up, is at least twice "
    "as steep.",
    condition="Sharpness at the start, on the whole training set.",
    **NETWORKS,
)
def steepness_of_networks(trial: Trial) -> Effects:
    steep = [sharpness(p, p.start(trial.judging), tolerance=1e-2) for p in starts().values()]
    facts = {f"sharpness of the {name}": middle(x) for name, x in zip(starts(), steep)}
    trial.count("both starts", np.zeros(len(trial.judging), bool), 0)
    return Effects(steep[1] / steep[0], facts, statistic=middle)


def starts() -> dict[str, MLP]:
    """The deep network from both starts."""
    return {"good start": digits(hidden=DEEP), "bad start": deep()}


# --- does it lead to flatter ground? -------------------------------------------------------------

FLAT = dict(interval="BCa bootstrap", **WARMUP)
FLATTER = FLAT | dict(
    statement="After a warm-up the ground is at least twice as flat as after as many steps at a "
    "tenth of the target rate.",
    compared_with="a constant rate of a tenth of the target: the sharpness when the warm-up ends",
    threshold=2.0,
    unit="times as flat",
    condition="It is the rate that flattens: the same steps with a small one do not.",
)
FITTING = FLAT | dict(
    statement="When the warm-up ends, the ground has become flat enough for the target rate η: 2/η "
    "is at least the sharpness.",
    compared_with="2/η, the limit on a quadratic",
    threshold=1.0,
    unit="times the sharpness",
    condition="The sharpness of the whole training set; the steps are made on batches.",
)


def sharpness_after(trial: Trial, problem: MLP, target: float, steps: int) -> np.ndarray:
    """Sharpness ``(2, seeds)`` after a warm-up, and after as many steps at a tenth of its rate."""
    schedules = [Warmup(Constant(target), steps=steps), Constant(target / 10)]
    found = []
    for name, eta in zip(("warm-up", "a tenth of the rate"), schedules):
        history = train(problem, eta, steps=steps, seeds=list(trial.judging))
        trial.count(name, history.diverged, steps)
        alive = np.where(history.diverged[:, None], problem.start(trial.judging), history.w)
        found.append(sharpness(problem, alive, tolerance=1e-2))
    return np.array(found)


def flatter(trial: Trial, problem: MLP, target: float, steps: int) -> Effects:
    warm, slow = sharpness_after(trial, problem, target, steps)
    facts = {"sharpness after warm-up": middle(warm), "after a tenth of the rate": middle(slow)}
    return Effects(slow / warm, facts, statistic=middle)


def fitting(trial: Trial, problem: MLP, target: float, steps: int) -> Effects:
    warm, _ = sharpness_after(trial, problem, target, steps)
    facts = {"sharpness after warm-up": middle(warm), "2/η": 2 / target}
    return Effects(2 / target / warm, facts, statistic=middle)


@claim("S12-flatter-deep", problem=f"{ON_DEEP}, η = 0.2", **FLATTER)
def flatter_on_deep(trial: Trial) -> Effects:
    return flatter(trial, deep(), HIGH["deep"], STEPS // SHARE)


@claim("S12-flatter-mnist1d", problem=f"{ON_MNIST1D}, η = 1", **FLATTER)
def flatter_on_mnist1d(trial: Trial) -> Effects:
    return flatter(trial, mnist1d(), HIGH["mnist1d"], LONGER // SHARE)


@claim("S12-fits-deep", problem=f"{ON_DEEP}, η = 0.2", **FITTING)
def fits_on_deep(trial: Trial) -> Effects:
    return fitting(trial, deep(), HIGH["deep"], STEPS // SHARE)


@claim("S12-fits-mnist1d", problem=f"{ON_MNIST1D}, η = 1", **FITTING)
def fits_on_mnist1d(trial: Trial) -> Effects:
    return fitting(trial, mnist1d(), HIGH["mnist1d"], LONGER // SHARE)
