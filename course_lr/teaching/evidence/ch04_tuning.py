"""Chapter 04, adaptive methods (notes, section 3.1): do they spare tuning, do they end better?"""

from collections.abc import Sequence

import numpy as np

from course_lr.teaching.evidence.ch02 import digits_rates, edge, mnist1d_rates
from course_lr.teaching.evidence.ch04 import NOTES, PLAIN, each, method_of
from course_lr.teaching.evidence.ch04_sweeps import (
    digits_inputs10_adagrad,
    digits_inputs10_adam,
    digits_inputs10_rmsprop,
    digits_inputs10_sgd,
    digits_loss100_adagrad,
    digits_loss100_adam,
    digits_loss100_rmsprop,
    digits_loss100_sgd,
    digits_momentum,
    digits_rare_adagrad,
    digits_rare_momentum,
    digits_scaled_adagrad,
    digits_scaled_adam,
    digits_scaled_momentum,
    digits_scaled_rmsprop,
    digits_scaled_sgd,
    mnist1d_momentum,
    mnist1d_scaled_adagrad,
    mnist1d_scaled_adam,
    mnist1d_scaled_momentum,
    mnist1d_scaled_rmsprop,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import decades
from course_lr.teaching.evidence.trial import POINTS, Choice, Effects, Trial
from course_lr.updates import SGD, AdaGrad, Adam, RMSProp, Update

DEFAULTS = {"adagrad": 1e-2, "rmsprop": 1e-2, "adam": 1e-3}
HEAVY = (digits_momentum, mnist1d_momentum)
"""What the adaptive methods are compared with: SGD with momentum, tuned like them."""

# --- needs no tuning -----------------------------------------------------------------------------


@each(
    "band",
    {m: ((s[0], digits_rates), (s[1], mnist1d_rates)) for m, s in PLAIN.items()},
    statement="Its rate needs less care: the band of rates within one point of its best accuracy "
    "is at least half a decade wider than that of plain SGD.",
    compared_with="the band of plain SGD, in the same steps",
    threshold=0.5,
    unit="decades wider",
    condition="In a problem whose units suit SGD; half a decade is a factor of 3.",
    interval="BCa bootstrap",
)
def wider_band(trial: Trial) -> Effects:
    choices = [trial.choose(), trial.choose(of=1)]
    samples = [trial.of(i).cut(trial.judging).test_accuracy.T.astype(np.float64) for i in (0, 1)]
    for name, choice in zip(("tuned rate", "SGD's tuned rate"), choices):
        trial.judge(name, choice)
    logs = [np.log10(trial.of(i).rates) for i in (0, 1)]

    def difference(values):
        parts = np.split(values.mean(axis=1), [len(logs[0])], axis=1)
        return np.subtract(*(width(m, lo, c) for m, lo, c in zip(parts, logs, choices)))

    facts = {}
    for name, each_, log, choice in zip(("its band", "SGD's band"), samples, logs, choices):
        facts[f"{name}, decades"] = width(each_.mean(axis=0)[None], log, choice)[0]
    return Effects(np.hstack(samples), facts, statistic=difference)


def width(means: np.ndarray, logs: np.ndarray, choice: Choice) -> np.ndarray:
    """Decades that the rates within a point of the chosen one span, ``(samples, rates)``."""
    floor, at = means[:, choice.index] - 0.01, choice.index
    up = edge(means[:, at:], logs[at:], floor)
    return up - edge(means[:, at::-1], logs[at::-1], floor)


@each(
    "default",
    PLAIN,
    statement="Its default rate (1e-2 for AdaGrad and RMSprop, 1e-3 for Adam, as in PyTorch) will "
    "do: it ends at most one point behind its tuned rate.",
    compared_with="its rate with the best validation accuracy",
    threshold=-1.0,
    unit=POINTS,
    condition="Within the steps of this training; a rate that is too small has time in more steps.",
)
def default_rate(trial: Trial) -> Effects:
    choice = trial.choose()
    default = DEFAULTS[method_of(trial)]
    return beside(trial, choice, "the default", default, "the tuned rate")


def beside(trial: Trial, choice: Choice, name: str, rate: float, tuned: str) -> Effects:
    """Points by which another rate of the same sweep is ahead of the chosen one."""
    best = trial.judge(tuned, choice)
    other = trial.judge(name, choice, np.log10(rate / choice.rate))
    facts = {tuned: best.rate, "its accuracy, %": 100 * best.test_accuracy.mean()}
    facts |= {name: other.rate, "the other's accuracy, %": 100 * other.test_accuracy.mean()}
    return Effects(100 * (other.test_accuracy - best.test_accuracy), facts)


UNITS = dict(
    compared_with="its rate tuned in the new units; plain SGD, too, keeps its rate",
    threshold=-1.0,
    unit=POINTS,
)
LOSS100 = {
    "adagrad": digits_loss100_adagrad,
    "rmsprop": digits_loss100_rmsprop,
    "adam": digits_loss100_adam,
}
INPUTS10 = {
    "adagrad": digits_inputs10_adagrad,
    "rmsprop": digits_inputs10_rmsprop,
    "adam": digits_inputs10_adam,
}


def in_new_units(new: dict, sgd) -> dict[str, tuple]:
    """The sweeps that :func:`keeps_its_rate` reads, by method."""
    return {m: ((new[m], PLAIN[m][0], sgd, digits_rates),) for m in PLAIN}


@each(
    "loss100",
    in_new_units(LOSS100, digits_loss100_sgd),
    statement="When the loss is multiplied by 100 the tuned rate may stay as it is: it ends at "
    "most one point behind one that was tuned anew.",
    condition="As long as the gradients are far larger than ε. Plain SGD's rate must be divided by "
    "100: the failed runs are those of SGD with its old rate.",
    **UNITS,
)
@each(
    "inputs10",
    in_new_units(INPUTS10, digits_inputs10_sgd),
    statement="When the inputs are multiplied by 10 the tuned rate may stay as it is: it ends at "
    "most one point behind one that was tuned anew.",
    condition="The first layer's start is too large for the new inputs, whichever the method. The "
    "failed runs are those of SGD with its old rate.",
    **UNITS,
)
def keeps_its_rate(trial: Trial) -> Effects:
    new, old, sgd, sgd_old = (trial.choose(of=i) for i in range(4))
    kept = trial.judge("SGD: the old rate", sgd, np.log10(sgd_old.rate / sgd.rate))
    lost = trial.judge("SGD: tuned anew", sgd).test_accuracy - kept.test_accuracy
    effects = beside(trial, new, "the old rate", old.rate, "tuned anew")
    effects.facts |= {"SGD's old rate": sgd_old.rate, "SGD's tuned anew": sgd.rate}
    effects.facts["SGD loses with its old rate, points"] = 100 * lost.mean()
    return effects


# --- ends better ---------------------------------------------------------------------------------


@each(
    "ends",
    {m: tuple(zip(s, HEAVY, (digits_rates, mnist1d_rates))) for m, s in PLAIN.items()},
    statement="Each at its own tuned rate, it ends at least one point better than SGD with "
    "momentum.",
    compared_with="SGD with momentum 0.9 at its own tuned rate, in the same steps",
    threshold=1.0,
    unit=POINTS,
    condition="In units that suit SGD.",
)
@each(
    "scaled",
    {
        "adagrad": (
            (digits_scaled_adagrad, digits_scaled_momentum, digits_scaled_sgd),
            (mnist1d_scaled_adagrad, mnist1d_scaled_momentum),
        ),
        "rmsprop": (
            (digits_scaled_rmsprop, digits_scaled_momentum, digits_scaled_sgd),
            (mnist1d_scaled_rmsprop, mnist1d_scaled_momentum),
        ),
        "adam": (
            (digits_scaled_adam, digits_scaled_momentum, digits_scaled_sgd),
            (mnist1d_scaled_adam, mnist1d_scaled_momentum),
        ),
    },
    statement="On badly scaled inputs, each at its own tuned rate, it ends at least one point "
    "better than SGD with momentum.",
    compared_with="SGD with momentum 0.9 at its own tuned rate, in the same steps",
    threshold=1.0,
    unit=POINTS,
    condition="Scales of the inputs that differ by up to a hundred and were not put right before.",
)
@each(
    "rare",
    {"adagrad": ((digits_rare_adagrad, digits_rare_momentum),)},
    statement="On rare inputs, each at its own tuned rate, it ends at least one point better than "
    "SGD with momentum.",
    compared_with="SGD with momentum 0.9 at its own tuned rate, in the same steps",
    threshold=1.0,
    unit=POINTS,
    condition="A pixel that is not seen is 0, which in the digits is nothing unusual.",
)
def ahead_of_momentum(trial: Trial) -> Effects:
    own, heavy = trial.judge("tuned rate", trial.choose()), trial.choose(of=1)
    heavy = trial.judge("momentum", heavy)
    facts = {"tuned rate": own.rate, "its accuracy, %": 100 * own.test_accuracy.mean()}
    facts |= {"momentum's rate": heavy.rate}
    facts["momentum's accuracy, %"] = 100 * heavy.test_accuracy.mean()
    if len(trial.sweeps) > 2:
        plain = trial.judge("plain SGD", trial.choose(of=2))
        facts["plain SGD's accuracy, %"] = 100 * plain.test_accuracy.mean()
    return Effects(100 * (own.test_accuracy - heavy.test_accuracy), facts)


# --- rare features, where the best rate of each weight is known -----------------------------------

SHARES, STEPS = np.geomspace(1, 0.01, 20), 1000
RATES = decades(-4, 1)
SPARSE = dict(
    statement="Where features are rare it learns more: each at its own tuned rate, it ends at most "
    "at half the loss of plain SGD.",
    problem="20 weights with curvature 1 and gradient noise 1, of which each is seen in a share "
    "of the 1,000 steps only, 1 to 100 %",
    compared_with="plain SGD at its own tuned rate, in the same steps",
    threshold=2.0,
    unit="times lower",
    condition="Here a weight that was seen n times wants a rate near 1/n; tuned by the loss.",
    chapter=4,
    notes=NOTES,
    interval="BCa bootstrap",
)


@claim("S7-adagrad-sparse", of="S7", **SPARSE)
def adagrad_on_rare_features(trial: Trial) -> Effects:
    return lower_than_sgd(trial, AdaGrad())


@claim("S8-rmsprop-sparse", of="S8", **SPARSE)
def rmsprop_on_rare_features(trial: Trial) -> Effects:
    return lower_than_sgd(trial, RMSProp())


@claim("S9-adam-sparse", of="S9", **SPARSE)
def adam_on_rare_features(trial: Trial) -> Effects:
    return lower_than_sgd(trial, Adam())


def lower_than_sgd(trial: Trial, update: Update) -> Effects:
    """The ratio of the losses of tuned SGD and another tuned rule; failed runs are counted."""
    ends, facts = [], {}
    for name, rule in (("SGD", SGD()), ("its", update)):
        choice = tuned(trial, rare_features(rule, RATES, trial.tuning))
        loss = rare_features(rule, [choice.rate], trial.judging)[0]
        trial.count(f"{name} tuned rate", ~np.isfinite(loss), STEPS)
        ends.append(loss)
        facts |= {f"{name} tuned rate": choice.rate, f"{name} loss": loss.mean()}
    both = np.array(ends).T
    return Effects(both, facts, statistic=lambda s: s[..., 0].mean(1) / s[..., 1].mean(1))


def tuned(trial: Trial, loss: np.ndarray) -> Choice:
    """The rate with the lowest mean of ``loss`` ``(rates, seeds)``, noted in the trial."""
    best = int(np.argmin(loss.mean(axis=1)))
    edge_of_grid, spacing = best in (0, len(loss) - 1), np.log10(RATES[1] / RATES[0])
    made = Choice(best, RATES[best], 0, trial.tuning, "loss", edge_of_grid, spacing, 0.0, ())
    trial.choices.append(made)
    return made


def rare_features(update: Update, rates: Sequence[float], seeds: Sequence[int]) -> np.ndarray:
    """The loss ``(rates, seeds)`` after 1,000 steps from (1, …, 1), each weight seen now and then.

    Weight i is seen with probability ``SHARES[i]``: its gradient is then w plus normal noise, and
    0 otherwise. The loss is half the mean of w² over what is seen; inf where a run diverged.
    """
    draws = [np.random.default_rng([5, seed]) for seed in seeds]
    seen = [rng.random((STEPS, len(SHARES))) < SHARES for rng in draws]
    noise = [rng.normal(size=(STEPS, len(SHARES))) for rng in draws]
    seen, noise = (np.tile(each_, (len(rates), 1, 1)) for each_ in (seen, noise))
    w, eta = np.ones((len(seen), len(SHARES))), np.repeat(rates, len(draws))
    state = update.start(w)
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            update.apply(w, seen[:, step] * (w + noise[:, step]), eta, state)
        loss = 0.5 * (SHARES * w**2).sum(axis=1)
    return np.where(np.isfinite(loss), loss, np.inf).reshape(len(rates), len(draws))
