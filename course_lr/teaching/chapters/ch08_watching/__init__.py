"""Chapter 08: what signals of the gradient tell, and what controllers make of a bad start."""

from collections.abc import Mapping

import numpy as np

from course_lr.controllers import Hypergradient
from course_lr.history import History
from course_lr.problems import MLP, digits
from course_lr.schedules import Constant, Join, Warmup
from course_lr.teaching import verdicts
from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.verdicts import Curves, decades
from course_lr.training import train

WINDOW = 8
RISE, OPPOSED = 1.1, -0.2  # a loss that rises by a tenth, a cosine below -0.2: what is an alarm
BATCHES = (16, 64, 256)
HEALTHY = (0.1, 0.3, 0.6)  # constant rates inside the band of chapter 02, on both data sets
SIGNALS = ("loss", "grad_norm", "update_ratio", "grad_cosine")


def windows(values: np.ndarray) -> np.ndarray:
    """Means of eight steps after another, ``(steps, …) -> (steps // 8, …)``.

    >>> windows(np.arange(17.0))
    array([ 3.5, 11.5])
    """
    count = len(values) // WINDOW
    return values[: count * WINDOW].reshape(count, WINDOW, *values.shape[1:]).mean(axis=1)


def growth(values: np.ndarray) -> np.ndarray:
    """Each entry over the one before it, 1 for the first; inf where that is not finite."""
    with np.errstate(all="ignore"):
        ratio = values[1:] / values[:-1]
    return np.concatenate([np.ones_like(values[:1]), np.where(np.isfinite(ratio), ratio, np.inf)])


# --- false alarms ---------------------------------------------------------------------------------


def alarms(history: History) -> dict[str, np.ndarray]:
    """Alarms in 1,000 steps of each rule, ``(seeds,)``: of steps and of windows of eight."""
    loss, cosine = history.loss[:-1], np.nan_to_num(history.grad_cosine)
    raised = {
        "loss, one step": growth(loss) > RISE,
        "loss, window of 8": growth(windows(loss)) > RISE,
        "cosine, one step": cosine < OPPOSED,
        "cosine, window of 8": windows(cosine) < OPPOSED,
    }
    return {name: 1000 * alarm.sum(axis=0) / len(loss) for name, alarm in raised.items()}


def alarms_by_batch(make, seeds) -> dict[str, np.ndarray]:
    """:func:`alarms` of each batch size at the rate 0.1, ``(batch sizes, seeds)`` by rule."""
    record = ("loss", "grad_cosine")
    runs = [train(make(batch_size=b), 0.1, steps=480, seeds=seeds, record=record)
            for b in BATCHES]  # fmt: skip
    counts = [alarms(history) for history in runs]
    return {name: np.stack([each[name] for each in counts]) for name in counts[0]}


# --- which signal warns first ---------------------------------------------------------------------


def levels(history: History) -> dict[str, np.ndarray]:
    """What each signal says in windows of eight, ``(windows, …)``; the larger, the worse.

    The loss and the gradient norm by their growth from one window to the next, since their size
    depends on the problem; the update ratio and the cosine, which have none, as they are.
    """
    means = {name: windows(getattr(history, name)[: history.steps]) for name in SIGNALS}
    return {
        "loss": growth(means["loss"]),
        "gradient norm": growth(means["grad_norm"]),
        "update ratio": means["update_ratio"],
        "cosine": -means["grad_cosine"],
    }


def ramp(steps: int) -> Join:
    """A rate of 0.3 for a third of the steps, then up to 30 in equal factors."""
    calm = steps // 3
    rising = Warmup(Constant(30.0), steps - calm, start=0.01, shape="exponential")
    return Join(((Constant(0.3), calm), rising))


def thresholds(problem: MLP, steps: int, seeds) -> dict[str, float]:
    """For each signal the level that healthy runs pass once in 1,000 steps.

    Healthy are constant rates inside the band; their first third, in which the loss falls fast, is
    left out, since the ramp begins after it.
    """
    history = train(problem, HEALTHY, steps=steps, seeds=seeds, record=SIGNALS)
    calm = steps // 3 // WINDOW
    return {name: float(np.quantile(level[calm:], 1 - WINDOW / 1000))
            for name, level in levels(history).items()}  # fmt: skip


def leads(
    problem: MLP, steps: int, limits: dict[str, float], seeds
) -> tuple[dict[str, np.ndarray], np.ndarray, History]:
    """Steps of warning before the loss explodes on the ramp, ``(seeds,)`` by signal.

    The loss has exploded at the first step of the ramp at which it is above the mean loss at the
    start. A warning is the end of the first window on the ramp above the signal's limit; where
    there is none before the explosion, it is 0.
    """
    history = train(problem, ramp(steps), steps=steps, seeds=seeds, record=SIGNALS)
    calm = steps // 3
    above = ~(history.loss[calm:] <= history.loss[0].mean())
    explosion = calm + np.where(above.any(axis=0), above.argmax(axis=0), steps - calm)
    first = -(-calm // WINDOW)
    ends = WINDOW * (1 + np.arange(first, steps // WINDOW))[:, None]
    found = {}
    for name, level in levels(history).items():
        raised = ~(level[first:] <= limits[name]) & (ends <= explosion)
        at = np.where(raised.any(axis=0), ends[raised.argmax(axis=0), 0], explosion)
        found[name] = explosion - at
    return found, explosion, history


# --- the edge of stability ------------------------------------------------------------------------


def flat_start(**settings) -> MLP:
    """300 digits in one batch, from small weights, so that the sharpness begins below 2/η."""
    return digits(batch_size=None, samples=300, init_gain=0.3, **settings)


# --- from a bad start -----------------------------------------------------------------------------

STARTS = decades(-5, 1, 0.5)  # thirteen rates, from far too small to far too large
GOOD = STARTS[9]  # 0.316, inside the band of all three problems
NEAR = 0.02  # two points of accuracy
PROBLEMS = {"digits": "digits", "mnist1d": "MNIST-1D", "full": "full batch"}
CONTROLLERS = {
    "none": "rates",
    "plateau": "plateau",
    "watch": "watch",
    "hypergradient": "hypergradient",
    "bold driver": "bold",
}
"""What the kept sweeps of each controller are called; ``"none"`` are constant rates."""


def hypergradient(rates) -> Hypergradient:
    """The additive form with β = 0.01, the best of 1e-4 to 1 on the tuning seeds of digits."""
    return Hypergradient(rates, beta=0.01)


def at_starts(curves: Curves) -> list[int]:
    """Where the thirteen starts stand among the rates of a sweep."""
    return nearest(curves.rates, STARTS).tolist()


def rescued(accuracy: np.ndarray, goal: float | np.ndarray) -> np.ndarray:
    """Which runs end within two points of the accuracy ``goal``, one or ``(seeds,)``.

    >>> rescued(np.array([0.5, 0.9, 0.95]), 0.92).tolist()
    [False, True, True]
    """
    return accuracy >= goal - NEAR


def beside(best: float, high: bool) -> np.ndarray:
    """Which of the thirteen starts are too large beside the best constant, or too small.

    >>> [STARTS[i] for i in np.flatnonzero(beside(1.0, high=True))]
    [3.16228, 10.0]
    """
    decades_off = np.log10(np.array(STARTS) / best)
    return decades_off > 0.49 if high else decades_off < -0.99


def kept() -> dict[str, dict[str, Curves]]:
    """The kept curves of three problems: controller -> its sweep, first ``"none"``.

    The bold driver, which compares two losses of the same data, has full batches only.
    """
    return {
        name: {
            controller: verdicts.sweep(f"{problem}_{called}")
            for controller, called in CONTROLLERS.items()
            if called != "bold" or problem == "full"
        }
        for problem, name in PROBLEMS.items()
    }


def table(curves: Mapping[str, Mapping[str, Curves]], tuning: int = 10) -> dict[str, dict]:
    """What became of the thirteen starts, by problem and controller, from kept curves.

    Args:
        curves: problem -> controller -> its sweep; the first controller of each is ``"none"``,
            constant rates, the best of which is chosen on the first ``tuning`` seeds.

    Returns:
        problem -> controller -> ``accuracy`` ``(13, seeds)``, ``best``, the mean accuracy of the
        best constant, ``share`` (per cent of all its runs that end within two points of the best
        constant with the same seed) and ``cost`` (points lost at the good rate).
    """
    tables = {}
    for problem, sweeps in curves.items():
        none = sweeps["none"]
        best = int(none.validation_accuracy[-1, :, :tuning].mean(axis=1).argmax())
        shared = set.intersection(*({*sweep.seeds.tolist()} for sweep in sweeps.values()))
        judged = sorted(shared - {*none.seeds[:tuning].tolist()})
        goal = none.cut(judged).test_accuracy[best]
        ends = {name: sweep.cut(judged).test_accuracy[at_starts(sweep)]
                for name, sweep in sweeps.items()}  # fmt: skip
        tables[problem] = {
            name: {
                "accuracy": accuracy,
                "best": float(goal.mean()),
                "share": 100 * float(rescued(accuracy, goal).mean()),
                "cost": 100 * float((ends["none"] - accuracy)[STARTS.index(GOOD)].mean()),
            }
            for name, accuracy in ends.items()
        }
    return tables
