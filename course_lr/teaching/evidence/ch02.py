"""Chapter 02, too small and just right (notes, section 2): two sweeps and their claims."""

import numpy as np

from course_lr.problems import MLP, Quadratic, digits, mnist1d
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves, decades, swept
from course_lr.teaching.evidence.trial import POINTS, Choice, Effects, Trial
from course_lr.training import train

RATES = [*decades(-5, -3.25, 0.25), *decades(-3, 1.25)]
BOWLS = "random quadratic bowls in five dimensions, turned at random"
BEST = "the rate with the best validation accuracy"


@swept("digits, MLP 64-32-10, 480 steps of 64", RATES, steps=480)
def digits_rates() -> MLP:
    """The digits at rates from 1e-5 to 10."""
    return digits()


@swept("MNIST-1D, MLP 40-64-64-10, 920 steps of 64", RATES, steps=920)
def mnist1d_rates() -> MLP:
    """MNIST-1D at rates from 1e-5 to 10."""
    return mnist1d()


NETWORKS = (digits_rates, mnist1d_rates)
SMALL = dict(of="S2", chapter=2, notes="2, too small a rate")
RIGHT = dict(of="S4", chapter=2, notes="2, a suitable rate")


def bowl(seed: int, low: float) -> tuple[Quadratic, np.ndarray, float]:
    """A random bowl, its steepest direction ``(5,)`` and the curvature along it.

    The steepest curvature is between 1 and 10, the flattest is ``low`` times that.
    """
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    steepest = 10 ** rng.uniform(0, 1)
    curvatures = steepest * np.geomspace(1, low, 5)
    return Quadratic(curvatures, rotation=axes), axes[:, 0], steepest


# --- too small -----------------------------------------------------------------------------------


@claim(
    "S2-quadratic",
    statement="A tenth of the rate needs at least nine times as many steps to the same loss.",
    problem=BOWLS + ", flattest curvature a thirtieth of the steepest",
    compared_with="half of the inverse of the steepest curvature, a rate without overshoot",
    threshold=9.0,
    unit="times as many steps",
    condition="From the start down to a millionth of the first loss, below the threshold 1/λ.",
    **SMALL,
)
def steps_on_quadratics(trial: Trial) -> Effects:
    ratios, failed = [], []
    for seed in trial.judging:
        problem, _, steepest = bowl(seed, 1 / 30)
        history = train(problem, np.array([0.5, 0.05]) / steepest, steps=6000)
        reached = history.loss <= 1e-6 * history.loss[0]
        ratios.append(np.divide(*reached.argmax(axis=0)[::-1]))
        failed.append(~reached.any(axis=0))
    trial.count("both rates", np.array(failed), 6000)
    return Effects(np.array(ratios))


@claim(
    "S2",
    on=NETWORKS,
    statement="A tenth of the best rate needs at least five times as many steps to the same loss "
    "(half of what proportion would give).",
    compared_with=BEST,
    threshold=5.0,
    unit="times as many steps",
    condition="The loss is the one at which the tenth of the rate ends.",
    **SMALL,
)
def steps_beside_the_best(trial: Trial) -> Effects:
    choice = trial.choose()
    best, small = trial.judge("best rate", choice), trial.judge("a tenth of it", choice, -1)
    epochs = len(best.loss)
    needed = [reach(*pair) for pair in zip(best.loss.T, small.loss[-1])]
    return Effects(epochs / np.array(needed), {"best rate": best.rate, "a tenth": small.rate})


def reach(loss: np.ndarray, goal: float) -> float:
    """Epochs after which ``loss`` is down to ``goal``, between two epochs by its logarithm.

    Where it never gets there all epochs count, which is the least that can be said.
    """
    below = np.flatnonzero(loss <= goal)
    if len(below) == 0 or below[0] == 0:
        return 1.0 if len(below) else float(len(loss))
    last, first = np.log(loss[[below[0] - 1, below[0]]])
    return below[0] + (last - np.log(goal)) / (last - first)


@claim(
    "S2-budget",
    on=NETWORKS,
    statement="Within the same steps, a hundredth of the best rate ends at least ten points of "
    "accuracy behind.",
    compared_with=BEST,
    threshold=10.0,
    unit=POINTS,
    condition="Within the steps of this training; nothing is said of longer ones.",
    **SMALL,
)
def behind_at_a_hundredth(trial: Trial) -> Effects:
    return lost(trial, "a hundredth of it", -2)


def lost(trial: Trial, name: str, tens: float) -> Effects:
    """Points of test accuracy that the best rate times ten to the power ``tens`` lies behind."""
    choice = trial.choose()
    best, other = trial.judge("best rate", choice), trial.judge(name, choice, tens)
    facts = {"best rate": best.rate, "its accuracy, %": 100 * best.test_accuracy.mean()}
    facts |= {"other rate": other.rate, "the other's accuracy, %": 100 * other.test_accuracy.mean()}
    return Effects(100 * (best.test_accuracy - other.test_accuracy), facts)


# --- just right ----------------------------------------------------------------------------------


@claim(
    "S4-band",
    on=NETWORKS,
    statement="The band of rates within one point of the best accuracy is at least a decade wide, "
    "so that a grid of whole decades can't miss it.",
    compared_with=f"the mean accuracy at {BEST}",
    threshold=1.0,
    unit="decades",
    condition={
        "digits_rates": "One point, twice the least that counts as a difference on digits.",
        "mnist1d_rates": "One point, the least that counts as a difference on MNIST-1D.",
    },
    interval="BCa bootstrap",
    **RIGHT,
)
def width_of_the_band(trial: Trial) -> Effects:
    choice = trial.choose()
    best, curves = trial.judge("best rate", choice), trial.curves.cut(trial.judging)
    accuracy, logs = curves.test_accuracy.T.astype(np.float64), np.log10(curves.rates)

    def width(samples):
        means = samples.mean(axis=1)
        floor = means[:, choice.index] - 0.01
        up = edge(means[:, choice.index :], logs[choice.index :], floor)
        down = edge(means[:, choice.index :: -1], logs[choice.index :: -1], floor)
        return up - down

    return Effects(accuracy, {"best rate": best.rate}, statistic=width)


def edge(means: np.ndarray, logs: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Where ``means`` ``(samples, rates)`` first falls below ``floor``, between two rates."""
    below = means < floor[:, None]
    after = np.where(below.any(axis=1), below.argmax(axis=1), len(logs) - 1)
    row = np.arange(len(means))
    high, low = means[row, after - 1], np.minimum(means[row, after], floor)
    share = (high - floor) / np.maximum(high - low, 1e-12)
    return logs[after - 1] + np.clip(share, 0, 1) * (logs[after] - logs[after - 1])


@claim(
    "S4-fast",
    on=NETWORKS,
    statement="Fast and good go together: the rate that first gets to nine tenths of the best "
    "accuracy ends at most one point below the best.",
    compared_with=BEST,
    threshold=-1.0,
    unit=POINTS,
    condition="With a constant rate; the fastest is chosen on the tuning seeds like the best.",
    **RIGHT,
)
def cost_of_the_fastest(trial: Trial) -> Effects:
    choice = trial.choose()
    fastest = trial.choose(lambda curves: -epochs_to(curves, choice), by="fewest epochs")
    best, fast = trial.judge("best rate", choice), trial.judge("fastest rate", fastest)
    facts = {"best rate": best.rate, "fastest rate": fast.rate}
    return Effects(100 * (fast.test_accuracy - best.test_accuracy), facts)


def epochs_to(curves: Curves, choice: Choice) -> np.ndarray:
    """Epochs ``(rates, seeds)`` to nine tenths of the best accuracy; one more where never."""
    accuracy = curves.validation_accuracy
    reached = accuracy >= 0.9 * accuracy[-1, choice.index].mean()
    return np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, len(accuracy) + 1)


@claim(
    "S4-cliff",
    on=NETWORKS,
    statement="The band ends in a cliff: half a decade too high costs at least ten points more "
    "than half a decade too low.",
    compared_with=f"half a decade below {BEST}",
    threshold=10.0,
    unit=POINTS,
    condition="After the whole training.",
    **RIGHT,
)
def too_high_against_too_low(trial: Trial) -> Effects:
    choice = trial.choose()
    low = trial.judge("half a decade below the best", choice, -0.5)
    high = trial.judge("half a decade above the best", choice, 0.5)
    facts = {"lower rate": low.rate, "its accuracy, %": 100 * low.test_accuracy.mean()}
    facts |= {"higher rate": high.rate, "the other's accuracy, %": 100 * high.test_accuracy.mean()}
    return Effects(100 * (low.test_accuracy - high.test_accuracy), facts)
