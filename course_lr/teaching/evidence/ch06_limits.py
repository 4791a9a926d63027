"""Chapter 06, warm-up: what it does to the largest rate, to lost runs, and to the best result."""

import numpy as np

from course_lr.teaching.evidence import ch06
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves
from course_lr.teaching.evidence.trial import POINTS, Choice, Effects, Trial

WARMUP = dict(of="S12", chapter=6, notes="3.3, learning rate warm-up")
COLD = "the same without a warm-up"
PLAIN = [
    (ch06.deep_cold, ch06.deep_warm),
    (ch06.hestart_cold, ch06.hestart_warm),
    (ch06.digits_cold, ch06.digits_warm),
    (ch06.mnist1d_cold, ch06.mnist1d_warm),
]
COSINE = [
    (ch06.deep_cold_cosine, ch06.deep_warm_cosine),
    (ch06.mnist1d_cold_cosine, ch06.mnist1d_warm_cosine),
]
FRESH = [(ch06.fresh_cold_cosine, ch06.fresh_warm_cosine)]
BATCHES = [(ch06.small_cold, ch06.small_warm), (ch06.large_cold, ch06.large_warm)]
MOMENTUM = [
    (ch06.deep_momentum_cold, ch06.deep_momentum_warm),
    (ch06.digits_momentum_cold, ch06.digits_momentum_warm),
]
ADAM = [
    (ch06.deep_adam_cold, ch06.deep_adam_warm),
    (ch06.digits_adam_cold, ch06.digits_adam_warm),
    (ch06.mnist1d_adam_cold, ch06.mnist1d_adam_warm),
]

WAYS = ("without", "with")

# --- the largest rate that holds -----------------------------------------------------------------


def bearable(curves: Curves, choice: Choice, floor: float) -> np.ndarray:
    """The largest rate below which no run is lost, from the chosen one up, ``(seeds,)``.

    A run is lost where it ends with a test accuracy below ``floor``. Where none is lost up to the
    end of the grid, the last rate counts, which is the least that can be said.
    """
    lost = curves.test_accuracy[choice.index :] < floor
    first = np.where(lost.any(axis=0), lost.argmax(axis=0), len(lost))
    return curves.rates[choice.index + first - 1]


def raised(trial: Trial, names: tuple[str, str] = WAYS) -> Effects:
    """By what factor the largest bearable rate of the second sweep exceeds that of the first."""
    choices = trial.choose(), trial.choose(of=1)
    cold, _ = trial.judge(names[0], choices[0]), trial.judge(names[1], choices[1])
    floor = cold.test_accuracy.mean() / 2
    found = [bearable(trial.of(c.of).cut(trial.judging), c, floor) for c in choices]
    facts = {f"largest rate, {name}": middle(rates) for name, rates in zip(names, found)}
    return Effects(found[1] / found[0], facts, statistic=middle)


def middle(values: np.ndarray) -> np.ndarray:
    """The geometric mean over the last axis.

    >>> float(middle(np.array([1.0, 4.0])).round(6))
    2.0
    """
    return np.exp(np.log(values).mean(axis=-1))


LARGER = dict(
    statement="With a warm-up over the first tenth of the steps, training bears at least twice the "
    "rate.",
    compared_with=f"{COLD}: the largest rate up to which no run ends below half of the accuracy of "
    "the best rate",
    threshold=2.0,
    unit="times the rate",
    interval="BCa bootstrap",
    **WARMUP,
)


@claim(
    "S12-limit",
    on=PLAIN,
    condition={
        "deep_cold": "From a start that is far too steep.",
        "hestart_cold": "From a start of the right size there is nothing to be saved from.",
        "digits_cold": "A shallow network from a start of the right size.",
        "mnist1d_cold": "Two hidden layers from a start of the right size.",
    },
    **LARGER,
)
@claim(
    "S12-limit-cosine",
    on=COSINE,
    condition="Before a cosine to 0; both reach their peak rate.",
    **LARGER,
)
@claim(
    "S12-limit-batch",
    on=BATCHES,
    condition={
        "small_cold": "Batches of 16; the start is far too steep.",
        "large_cold": "Batches of 256; the start is far too steep.",
    },
    **LARGER,
)
@claim(
    "S12-limit-momentum",
    on=MOMENTUM,
    condition="Momentum starts without speed, so that its first steps are short by themselves.",
    **LARGER,
)
@claim(
    "S12-limit-adam",
    on=ADAM,
    condition="Adam's first steps move every weight by the whole rate, however small its gradient.",
    **LARGER,
)
def largest_rate(trial: Trial) -> Effects:
    return raised(trial)


# --- runs that are lost --------------------------------------------------------------------------


@claim(
    "S12-rescue",
    on=PLAIN,
    statement="At the rate that half of the runs do not bear without a warm-up, at least three "
    "quarters bear it with one, so that half of the losses are avoided.",
    compared_with=f"{COLD}, at the smallest rate above the best at which half of the tuning runs "
    "end below half of the best accuracy",
    threshold=75.0,
    unit="% of the runs",
    condition="At this rate, which is above the best one.",
    interval="Wilson, for a share",
    decimals=1,
    **WARMUP,
)
def runs_that_bear(trial: Trial) -> Effects:
    choice, tuned = trial.choose(), trial.curves.cut(trial.tuning)
    floor = tuned.test_accuracy[choice.index].mean() / 2
    share = (tuned.test_accuracy[choice.index :] < floor).mean(axis=1)
    rate = tuned.rates[choice.index + int(np.argmax(share >= 0.5))]
    lost = []
    for number, name in enumerate(WAYS):
        curves = trial.of(number).cut(trial.judging)
        runs = curves.at(int(np.argmin(np.abs(np.log(curves.rates / rate)))))
        trial.count(f"{name}, at {rate:.2g}", runs.failed, int(runs.steps[-1]))
        lost.append(runs.test_accuracy < floor)
    facts = {"rate": rate} | {f"lost {n}, %": 100 * x.mean() for n, x in zip(WAYS, lost)}
    return Effects(100.0 * ~lost[1], facts)


# --- each tuned ----------------------------------------------------------------------------------

TUNED = "the same without a warm-up, each at its own best rate, with the same number of steps"
SMALL = dict(
    statement="Tuned with a warm-up, a run ends at least half a point better than tuned without.",
    threshold=0.5,
    unit=POINTS,
    compared_with=TUNED,
    **WARMUP,
)
BIG = SMALL | dict(
    statement="Tuned with a warm-up, a run ends at least a point better than tuned without.",
    threshold=1.0,
)


@claim("S12-best", on=PLAIN[:3], condition="A constant rate after the warm-up.", **SMALL)
@claim("S12-best", on=PLAIN[3:], condition="A constant rate after the warm-up.", **BIG)
@claim("S12-best-cosine", on=COSINE[:1], condition="A cosine to 0 after the warm-up.", **SMALL)
@claim(
    "S12-best-cosine",
    on=COSINE[1:] + FRESH,
    condition={
        "mnist1d_cold_cosine": "A cosine to 0 after the warm-up.",
        "fresh_cold_cosine": "The same on a data set that was made with another seed.",
    },
    **BIG,
)
@claim(
    "S12-best-momentum",
    on=MOMENTUM,
    condition="A constant rate after the warm-up, momentum 0.9.",
    **SMALL,
)
@claim("S12-best-adam", on=ADAM[:2], condition="A constant rate after the warm-up.", **SMALL)
@claim("S12-best-adam", on=ADAM[2:], condition="A constant rate after the warm-up.", **BIG)
def best_with_and_without(trial: Trial) -> Effects:
    cold = trial.judge("without", trial.choose())
    warm = trial.judge("with", trial.choose(of=1))
    facts = {}
    for name, runs in zip(WAYS, (cold, warm)):
        facts |= {f"best rate {name}": runs.rate}
        facts |= {f"accuracy {name}, %": 100 * runs.test_accuracy.mean()}
    return Effects(100 * (warm.test_accuracy - cold.test_accuracy), facts)


# --- Adam: its second moment, and beta2 ----------------------------------------------------------


@claim(
    "S12-waiting",
    on=[(ch06.digits_adam_cold, ch06.digits_adam_waiting)],
    statement="Adam bears at least twice the rate when it gathers its second moment over a tenth "
    "of the steps before it moves.",
    compared_with="Adam that moves at once: the largest rate up to which no run ends below half "
    "of the accuracy of the best rate",
    threshold=2.0,
    unit="times the rate",
    interval="BCa bootstrap",
    condition="The rate is 0 in these steps, so the moments are those of the start.",
    **WARMUP,
)
def adam_that_waits(trial: Trial) -> Effects:
    return raised(trial, ("moving at once", "waiting"))


@claim(
    "S12-beta2",
    on=[(ch06.digits_adam_cold, ch06.digits_adam_forgetful)],
    statement="Without a warm-up Adam bears at least one and a half times the rate with β2 = 0.9.",
    compared_with="Adam with β2 = 0.999: the largest rate up to which no run ends below half of "
    "the accuracy of the best rate",
    threshold=1.5,
    unit="times the rate",
    interval="BCa bootstrap",
    condition="With the bias correction the first steps are the same for every β2.",
    **WARMUP,
)
def adam_that_forgets(trial: Trial) -> Effects:
    return raised(trial, ("β2 = 0.999", "β2 = 0.9"))
