"""Chapter 04, adaptive methods (notes, section 3.1): what they adapt, and how they generalise."""

import dataclasses
import functools

import numpy as np

from course_lr.problems import digits, mnist1d
from course_lr.teaching.evidence.ch02 import digits_rates, mnist1d_rates
from course_lr.teaching.evidence.ch04_sweeps import (
    digits_adagrad,
    digits_adam,
    digits_momentum,
    digits_rmsprop,
    mnist1d_adagrad,
    mnist1d_adam,
    mnist1d_momentum,
    mnist1d_rmsprop,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import begin, train
from course_lr.updates import SGD, AdaGrad, Adam, Momentum, RMSProp, Update

NOTES = "3.1, adaptive methods"
METHODS = {"adagrad": ("S7", AdaGrad()), "rmsprop": ("S8", RMSProp()), "adam": ("S9", Adam())}
PLAIN = {
    "adagrad": (digits_adagrad, mnist1d_adagrad),
    "rmsprop": (digits_rmsprop, mnist1d_rmsprop),
    "adam": (digits_adam, mnist1d_adam),
}
"""The sweeps of each method on the two problems as they are."""


def each(word: str, sweeps: dict[str, tuple], **words):
    """Register one experiment as a claim for every adaptive method, on that method's sweeps."""

    def register(experiment):
        for method, on in sweeps.items():
            of = METHODS[method][0]
            claim(f"{of}-{method}-{word}", on=on, of=of, chapter=4, notes=NOTES, **words)(
                experiment
            )
        return experiment

    return register


def method_of(trial: Trial, of: int = 0) -> str:
    """The name of the method that a sweep of the trial trained with."""
    return trial.of(of).about["name"].split("_")[-1]


def effective_rate(update: Update, state: dict[str, np.ndarray], eta: float) -> np.ndarray:
    """The factor between gradient (for Adam its mean) and step, a coordinate: ``(rows, n)``.

    >>> rule, w = AdaGrad(), np.zeros((1, 2))
    >>> state = rule.start(w)
    >>> rule.apply(w, np.array([[1.0, 20.0]]), 0.1, state)
    >>> effective_rate(rule, state, 0.1).round(4)
    array([[0.1  , 0.005]])
    """
    if isinstance(update, Adam):
        squares = state["v"] / (1 - update.beta2 ** state["t"][:, None])
    elif isinstance(update, (AdaGrad, RMSProp)):
        squares = state["squares"]
    else:
        return np.full_like(next(iter(state.values())), eta)
    return eta / (np.sqrt(squares) + update.eps)


# --- adapts the rate -----------------------------------------------------------------------------


@each(
    "differs",
    PLAIN,
    statement="In one network it gives the weights different rates: among the middle 80 % of them "
    "the largest effective rate is at least ten times the smallest.",
    compared_with="one rate for all, a ratio of 1",
    threshold=10.0,
    unit="times the smallest",
    condition="After the whole training at the tuned rate; weights that never had a gradient are "
    "left out.",
    interval="BCa bootstrap",
    decimals=1,
)
def spread_of_rates(trial: Trial) -> Effects:
    choice, method = trial.choose(), method_of(trial)
    problem = PLAIN[method][trial.curves.about["name"].startswith("mnist1d")].function()
    steps, update = int(trial.curves.steps[-1]), METHODS[method][1]
    run = begin(problem, choice.rate, update=update, seeds=list(trial.judging)).advance(steps)
    kept = {k.removeprefix("update."): v for k, v in run.state.items() if k.startswith("update.")}
    kept = {name: values.reshape(len(trial.judging), -1) for name, values in kept.items()}
    if "t" in kept:
        kept["t"] = kept["t"][:, 0]
    trial.count("tuned rate", run.history.diverged, steps)
    rates = effective_rate(update, kept, choice.rate).astype(np.float64)
    rates[kept.get("v", kept.get("squares")) == 0] = np.nan
    low, middle, high = np.nanquantile(rates, [0.1, 0.5, 0.9], axis=1)
    facts = {"tuned rate": choice.rate, "median effective rate": np.median(middle)}
    return Effects(high / low, facts)


QUIET, LOUD, AFTER = 1000, 1000, 5000
RECOVERS = dict(
    statement="When the gradients were ten times as large for 1,000 steps and are as small as "
    "before again, the effective rate is back to at least half of what it was within 5,000 steps.",
    problem="one weight whose gradients are noise: 1,000 steps with standard deviation 1, 1,000 "
    "steps with 10, 5,000 steps with 1",
    compared_with="the effective rate after the first 1,000 steps",
    threshold=50.0,
    unit="% of the rate before",
    chapter=4,
    notes=NOTES,
    decimals=1,
)


@claim(
    "S7-adagrad-recovers",
    of="S7",
    condition="A sum never falls: what AdaGrad has seen it never forgets.",
    **RECOVERS,
)
def adagrad_recovers(trial: Trial) -> Effects:
    return recovers(trial, AdaGrad())


@claim(
    "S8-rmsprop-recovers",
    of="S8",
    condition="With ρ = 0.99, which remembers about 100 steps.",
    **RECOVERS,
)
def rmsprop_recovers(trial: Trial) -> Effects:
    return recovers(trial, RMSProp())


@claim(
    "S9-adam-recovers",
    of="S9",
    condition="With β₂ = 0.999, which remembers about 1,000 steps; within 1,000 steps it is not.",
    **RECOVERS,
)
def adam_recovers(trial: Trial) -> Effects:
    return recovers(trial, Adam())


def recovers(trial: Trial, update: Update) -> Effects:
    """The effective rate after quiet, loud and again quiet gradients, in % of that before."""
    sizes = np.repeat([1.0, 10.0, 1.0], [QUIET, LOUD, AFTER])
    noise = [np.random.default_rng([4, seed]).normal(size=len(sizes)) for seed in trial.judging]
    gradients = (np.array(noise).T * sizes[:, None])[:, :, None]
    rates = effective_rates(update, gradients, 1.0)[..., 0]
    before, during, after = rates[QUIET - 1], rates[QUIET + LOUD - 1], rates[-1]
    trial.count("one run a seed", ~np.isfinite(after), len(sizes))
    facts = {"among the large gradients, %": 100 * (during / before).mean()}
    facts["1,000 steps later, %"] = 100 * (rates[QUIET + LOUD + 999] / before).mean()
    return Effects(100 * after / before, facts)


def effective_rates(update: Update, gradients: np.ndarray, eta: float) -> np.ndarray:
    """The effective rate that each of these gradients ``(steps, rows, n)`` is met with.

    >>> effective_rates(RMSProp(rho=0.0), np.array([[[2.0]], [[4.0]]]), 1.0).ravel().round(3)
    array([0.5 , 0.25])
    """
    w = np.zeros(gradients.shape[1:])
    state, found = update.start(w), np.empty(gradients.shape)
    for gradient, into in zip(gradients, found):
        update.apply(w, gradient, eta, state)
        into[...] = effective_rate(update, state, eta) if state else eta
    return found


# --- generalises ---------------------------------------------------------------------------------

EQUAL = {"digits": 0.98, "mnist1d": 0.75}
"""The training accuracy at which test accuracies are compared."""
GAP = dict(
    of="S9",
    statement="Adam generalises worse: when both have come to the same accuracy in training (98 % "
    "on digits, 75 % on MNIST-1D), its test accuracy is at least one point below plain SGD's.",
    compared_with="plain SGD, each at its own tuned rate, at the epoch that first gets there",
    threshold=1.0,
    unit=POINTS,
    chapter=4,
    notes=NOTES,
)


@claim(
    "S9-adam-gap",
    on=[
        (digits_adam, digits_rates, digits_momentum),
        (mnist1d_adam, mnist1d_rates, mnist1d_momentum),
    ],
    condition="Compare with momentum, which is no adaptive method and learns as fast as Adam.",
    **GAP,
)
def generalises_worse(trial: Trial) -> Effects:
    return gap(trial, trial.curves.about["name"].split("_")[0])


@claim(
    "S9-adam-gap-fresh",
    on=[(mnist1d_adam, mnist1d_rates)],
    problem="MNIST-1D, 920 steps of 64, a fresh data set for every seed",
    condition="Tuned on the published data set, judged on fresh ones.",
    **GAP,
)
def generalises_worse_on_fresh_data(trial: Trial) -> Effects:
    return gap(trial, "fresh")


def gap(trial: Trial, data: str) -> Effects:
    """Points by which SGD's test accuracy is above Adam's when both know the training set alike."""
    facts, found = {}, {}
    for number, name in zip(range(len(trial.sweeps)), ("Adam", "plain SGD", "momentum")):
        choice = trial.choose(of=number)
        if data == "fresh":  # without rivals, each of which would have to be trained on all of them
            choice = trial.choices[-1] = dataclasses.replace(choice, rivals=())
        found[name], known, unknown, diverged = learning(name, choice.rate, data, trial.judging)
        trial.count(name, diverged, int(trial.of(number).steps[-1]))
        facts[f"{name}: test accuracy then, %"] = 100 * found[name].mean()
        facts[f"{name}: train − test at the end, points"] = 100 * (known - unknown).mean()
    return Effects(100 * (found["plain SGD"] - found["Adam"]), facts)


@functools.lru_cache(maxsize=16)
def learning(method: str, rate: float, data: str, seeds: tuple[int, ...]) -> list[np.ndarray]:
    """A training with each seed; the arrays are ``(seeds,)``.

    Test accuracy when the training accuracy first reaches :data:`EQUAL` (the last one where it
    never does), training and test accuracy at the end, and which runs diverged.
    """
    update = {"plain SGD": SGD(), "momentum": Momentum(), "Adam": Adam()}[method]
    record, parts = ("train_accuracy", "test_accuracy"), []
    for problem, some, steps in trainings(data, seeds):
        made = train(problem, rate, update=update, steps=steps, seeds=some, record=record)
        known, unknown = made.train_accuracy, made.test_accuracy
        reached = known >= EQUAL["digits" if data == "digits" else "mnist1d"]
        first = np.where(reached.any(axis=0), reached.argmax(axis=0), len(known) - 1)
        then = unknown[first, np.arange(len(some))]
        parts.append(np.array([then, known[-1], unknown[-1], made.diverged], np.float64))
    return [*np.hstack(parts)]


def trainings(data: str, seeds: tuple[int, ...]) -> list[tuple]:
    """Problem, seeds and steps of each training of :func:`learning`."""
    if data == "digits":
        return [(digits(), list(seeds), 480)]
    if data == "mnist1d":
        return [(mnist1d(), list(seeds), 920)]
    return [(mnist1d(data_seed=1000 + seed), [seed], 920) for seed in seeds]
