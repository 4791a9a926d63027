"""Chapter 08, watching the gradient: what the signals tell (notes, section 3.5)."""

import numpy as np

from course_lr.diagnostics import sharpness
from course_lr.history import History
from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import Constant, Join, Warmup
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import begin, train

WATCHING = dict(of="S15", chapter=8, notes="3.5, observing the gradient and adjusting")
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


def alarms_by_batch(make, seeds, steps: int = 480) -> dict[str, np.ndarray]:
    """:func:`alarms` of each batch size at the rate 0.1, ``(batch sizes, seeds)`` by rule."""
    record = ("loss", "grad_cosine")
    runs = [train(make(batch_size=b), 0.1, steps=steps, seeds=seeds, record=record)
            for b in BATCHES]  # fmt: skip
    found = [alarms(history) for history in runs]
    return {name: np.stack([each[name] for each in found]) for name in found[0]}


SINGLE = dict(
    statement="A single step tells nothing: in a healthy run the loss rises by a tenth from one "
    "step to the next in at least one step of ten.",
    compared_with="a healthy run, in which every alarm is false",
    threshold=100.0,
    unit="false alarms in 1,000 steps",
    condition="Batches of 64 at the rate 0.1; with larger batches there are fewer.",
    decimals=0,
    **WATCHING,
)
FEWER = dict(
    statement="Means over windows of eight steps give at least nine tenths fewer false alarms "
    "than single steps, at each of the batch sizes 16, 64 and 256.",
    compared_with="the same rule, a loss that rises by a tenth, on single steps",
    threshold=90.0,
    unit="% fewer alarms",
    interval="BCa bootstrap",
    condition="Seven eighths would follow from asking an eighth as often; the rest is averaging. "
    "The worst of the three batch sizes counts.",
    decimals=1,
    **WATCHING,
)
SETTING = "480 steps at the rate 0.1"


@claim("S15-single-digits", problem=f"digits, MLP 64-32-10, {SETTING}", **SINGLE)
def single_alarms_on_digits(trial: Trial) -> Effects:
    return single_alarms(trial, digits())


@claim("S15-single-mnist1d", problem=f"MNIST-1D, MLP 40-64-64-10, {SETTING}", **SINGLE)
def single_alarms_on_mnist1d(trial: Trial) -> Effects:
    return single_alarms(trial, mnist1d())


def single_alarms(trial: Trial, problem: MLP) -> Effects:
    """False alarms of single steps in 1,000, at the rate 0.1."""
    record = ("loss", "grad_cosine")
    history = train(problem, 0.1, steps=480, seeds=trial.judging, record=record)
    trial.count("rate 0.1", history.diverged, 480)
    found = alarms(history)
    return Effects(found["loss, one step"], {f"{name}, in 1,000": n.mean()
                                             for name, n in found.items()})  # fmt: skip


@claim("S15-window-digits", problem=f"digits, MLP 64-32-10, {SETTING}", **FEWER)
def window_alarms_on_digits(trial: Trial) -> Effects:
    return window_alarms(trial, digits)


@claim("S15-window-mnist1d", problem=f"MNIST-1D, MLP 40-64-64-10, {SETTING}", **FEWER)
def window_alarms_on_mnist1d(trial: Trial) -> Effects:
    return window_alarms(trial, mnist1d)


def window_alarms(trial: Trial, make) -> Effects:
    """How many alarms of single steps windows save, at the batch size where they save least."""
    found = alarms_by_batch(make, trial.judging)
    one, eight = found["loss, one step"], found["loss, window of 8"]
    trial.count("three batch sizes", ~np.isfinite(one.T), 480)

    def saved(samples):  # (samples, seeds, sizes, 2)
        single, window = np.moveaxis(samples.sum(axis=1), -1, 0)
        return 100 * (1 - window / single).min(axis=-1)

    facts = {f"in windows, batch {b}": n.mean() for b, n in zip(BATCHES, eight)}
    facts |= {f"in single steps, batch {b}": n.mean() for b, n in zip(BATCHES, one)}
    return Effects(np.stack([one.T, eight.T], axis=-1), facts, statistic=saved)


# --- which signal warns first ---------------------------------------------------------------------


def levels(history: History) -> dict[str, np.ndarray]:
    """What each signal says in windows of eight, ``(windows, …)``; the larger, the worse.

    The loss and the gradient norm by their growth from one window to the next, since their size
    depends on the problem; the update ratio and the cosine, which have none, as they are.
    """
    found = {name: windows(getattr(history, name)[: history.steps]) for name in SIGNALS}
    return {
        "loss": growth(found["loss"]),
        "gradient norm": growth(found["grad_norm"]),
        "update ratio": found["update_ratio"],
        "cosine": -found["grad_cosine"],
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


FIRST = dict(
    statement="The cosine between successive gradients warns earlier than the loss: at least two "
    "windows (16 steps) before it.",
    compared_with="the growth of the loss; both with one false alarm in 1,000 healthy steps",
    threshold=16.0,
    unit="steps earlier",
    decimals=1,
    **WATCHING,
)


@claim(
    "S15-first-digits",
    problem="digits, MLP 64-32-10, 480 steps of 64, the rate rising from 0.3 to 30",
    condition="On a rate that doubles every 48 steps.",
    **FIRST,
)
def first_on_digits(trial: Trial) -> Effects:
    return first_warning(trial, digits(), 480)


@claim(
    "S15-first-mnist1d",
    problem="MNIST-1D, MLP 40-64-64-10, 920 steps of 64, the rate rising from 0.3 to 30",
    condition="On a rate that doubles every 92 steps.",
    **FIRST,
)
def first_on_mnist1d(trial: Trial) -> Effects:
    return first_warning(trial, mnist1d(), 920)


@claim(
    "S15-first-full",
    problem="300 digits, MLP 64-32-10, 480 full-batch steps, the rate rising from 0.3 to 30",
    condition="Without batches there is no noise, and hardly a false alarm to allow for.",
    **FIRST,
)
def first_on_full(trial: Trial) -> Effects:
    return first_warning(trial, digits(batch_size=None, samples=300), 480)


def first_warning(trial: Trial, problem: MLP, steps: int) -> Effects:
    """By how many steps the cosine's warning comes before that of the loss."""
    limits = thresholds(problem, steps, trial.tuning)
    found, explosion, history = leads(problem, steps, limits, trial.judging)
    trial.count("ramp", history.diverged, steps)
    facts = {f"steps of warning by the {name}": lead.mean() for name, lead in found.items()}
    facts |= {f"alarm of the {name} above": limit for name, limit in limits.items()}
    facts["rate at the explosion"] = np.exp(np.mean(np.log(0.3 * 100 ** (
        np.maximum(explosion - steps // 3, 0) / (steps - steps // 3)))))  # fmt: skip
    return Effects((found["cosine"] - found["loss"]).astype(float), facts)


# --- the edge of stability ------------------------------------------------------------------------

EDGE = dict(
    statement="In the last thousand of 2,000 full-batch steps the sharpness is within a tenth of "
    "2/η (agreement at least 90 %).",
    compared_with="2/η, for two rates",
    threshold=90.0,
    unit="% agreement",
    decimals=1,
    **WATCHING,
)


@claim(
    "S15-edge-tanh",
    problem="300 digits, MLP 64-32-10 with tanh and squared error, weights at the start 0.3 times "
    "the usual, rates 0.2 and 0.5",
    condition="The sharpness rises until it is there, and then stays while the loss falls on.",
    **EDGE,
)
def edge_of_tanh(trial: Trial) -> Effects:
    return edge(trial, flat_start(activation="tanh", loss="squared_error"))


@claim(
    "S15-edge-relu",
    problem="300 digits, MLP 64-32-10 with ReLU and cross-entropy, weights at the start 0.3 times "
    "the usual, rates 0.2 and 0.5",
    condition="With cross-entropy the curvature goes to 0 with the loss: a network that is sure "
    "of every example is flat.",
    **EDGE,
)
def edge_of_relu(trial: Trial) -> Effects:
    return edge(trial, flat_start())


def flat_start(**settings) -> MLP:
    """300 digits in one batch, from small weights, so that the sharpness begins below 2/η."""
    return digits(batch_size=None, samples=300, init_gain=0.3, **settings)


def edge(trial: Trial, problem: MLP, rates=(0.2, 0.5)) -> Effects:
    """How well the sharpness agrees with 2/η over the last thousand steps, mean of the rates."""
    run, measured = begin(problem, rates, seeds=trial.judging).advance(1000), []
    for _ in range(4):
        run.advance(250)
        now = sharpness(problem, run.w.reshape(-1, problem.n), tolerance=1e-2)
        measured.append(now.reshape(run.shape) * np.array(rates)[:, None] / 2)
    ratio = np.mean(measured, axis=0)
    trial.count("both rates", run.history.diverged.T, 2000)
    facts = {f"sharpness in units of 2/η, at {r:g}": m for r, m in zip(rates, ratio.mean(axis=1))}
    return Effects(100 * np.minimum(ratio, 1 / ratio).mean(axis=0), facts)
