"""Chapter 03, decay on networks: each schedule at its own tuned peak (notes, section 3.1)."""

import numpy as np

from course_lr.teaching.evidence import ch03_sweeps as sweeps
from course_lr.teaching.evidence.ch02 import digits_rates, mnist1d_rates, reach
from course_lr.teaching.evidence.ch03_quadratic import DROPS, STEADY
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial

BEST = "the constant rate with the best validation accuracy"
CONSTANT = {
    "digits": digits_rates,
    "labels": sweeps.labels_constant,
    "mnist1d": mnist1d_rates,
    "fresh": sweeps.fresh_constant,
    "digits5x": sweeps.digits5x_constant,
    "labels5x": sweeps.labels5x_constant,
    "mnist1d5x": sweeps.mnist1d5x_constant,
}
SHORT = ("digits", "labels", "mnist1d")


# What tells the problems apart, for the claims on accuracy.
NOISE_LEFT = {
    "digits": "The network fits all its data: in the end no noise is left.",
    "labels": "Wrong labels contradict the others: noise is left.",
    "mnist1d": "Training ends far above a loss of 0: noise is left.",
    "fresh": "One point is the least that counts as a difference here.",
    "digits5x": "Five times the steps.",
    "labels5x": "Five times the steps: a small rate has time.",
    "mnist1d5x": "Five times the steps.",
}


def on_each(*problems: str) -> dict[str, str]:
    """The condition of each problem, by the name of its constant sweep."""
    return {CONSTANT[name].name: NOISE_LEFT[name] for name in problems}


def against(schedule: str, *problems: str) -> list[tuple]:
    """For each problem its constant rates and the sweep of a schedule."""
    return [(CONSTANT[name], getattr(sweeps, f"{name}_{schedule}")) for name in problems]


def both(trial: Trial) -> tuple[Curves, Curves]:
    """The judged runs of the constant rate and of the decay, each at its own tuned peak."""
    best = trial.judge("constant", trial.choose())
    return best, trial.judge("decay", trial.choose(of=1))


def peaks(constant: Curves, decay: Curves) -> dict[str, float]:
    return {"constant rate": constant.rate, "first rate of the decay": decay.rate}


def gain(trial: Trial) -> Effects:
    """Points of test accuracy by which the decay is ahead."""
    constant, decay = both(trial)
    facts = peaks(constant, decay)
    facts["accuracy at the constant rate, %"] = 100 * constant.test_accuracy.mean()
    facts["accuracy with decay, %"] = 100 * decay.test_accuracy.mean()
    return Effects(100 * (decay.test_accuracy - constant.test_accuracy), facts)


AHEAD = dict(compared_with=BEST, threshold=1.0, unit=POINTS)


@claim(
    "S5-better",
    on=against("exponential", *CONSTANT),
    statement="Decay by a constant factor at every step, to a tenth in all, ends at least one "
    "point of accuracy ahead.",
    condition=on_each(*CONSTANT),
    **AHEAD,
    **STEADY,
)
def constant_factor(trial: Trial) -> Effects:
    return gain(trial)


@claim(
    "S5-cosine",
    on=against("cosine", *SHORT, "fresh"),
    statement="A schedule that falls to 0 along half a cosine ends at least one point ahead.",
    condition=on_each(*SHORT, "fresh"),
    **AHEAD,
    **STEADY,
)
def half_a_cosine(trial: Trial) -> Effects:
    return gain(trial)


@claim(
    "S5-any-factor",
    on=against("nine", "digits", "labels"),
    statement="Any factor below 1 will do: with 0.9 at every step training ends at most one point "
    "behind.",
    compared_with=BEST,
    threshold=-1.0,
    unit=POINTS,
    condition="All rates together add up to only ten times the first.",
    **STEADY,
)
def any_factor(trial: Trial) -> Effects:
    return gain(trial)


@claim(
    "S6-epochs",
    on=against("epochs", *SHORT),
    statement="A tenth of the rate after every third of the epochs ends at least one point ahead.",
    condition=on_each(*SHORT),
    **AHEAD,
    **DROPS,
)
def drops_by_epochs(trial: Trial) -> Effects:
    return gain(trial)


@claim(
    "S6-batches",
    on=against("batches", *SHORT),
    statement="Half of the rate after every eighth of the batches ends at least one point ahead.",
    condition=on_each(*SHORT),
    **AHEAD,
    **DROPS,
)
def drops_by_batches(trial: Trial) -> Effects:
    return gain(trial)


# --- steadier, smoother, more efficient -----------------------------------------------------------


def steadiness(trial: Trial) -> Effects:
    """How many times more the loss fluctuates at the constant rate."""
    constant, decay = both(trial)
    facts = peaks(constant, decay)
    facts["loss at the constant rate"] = constant.loss[-1].mean()
    facts["loss with decay"] = decay.loss[-1].mean()
    return Effects(constant.fluctuation / decay.fluctuation, facts)


HALF = dict(
    compared_with=BEST,
    threshold=2.0,
    unit="times the decay's fluctuation at the constant rate",
    interval="BCa bootstrap",
)
FLUCTUATION = "In the last three epochs. It includes the differences between batches."


@claim(
    "S5-steady",
    on=against("exponential", *SHORT, "fresh"),
    statement="A constant factor steadies late training: the loss fluctuates at most half as much.",
    condition=FLUCTUATION,
    **HALF,
    **STEADY,
)
def steadier_by_a_factor(trial: Trial) -> Effects:
    return steadiness(trial)


@claim(
    "S6-steady",
    on=against("epochs", *SHORT),
    statement="Drops by epochs steady late training: the loss fluctuates at most half as much.",
    condition=FLUCTUATION,
    **HALF,
    **DROPS,
)
def steadier_by_drops(trial: Trial) -> Effects:
    return steadiness(trial)


CHANGES = dict(
    compared_with=BEST,
    threshold=2.0,
    unit="times the decay's change at the constant rate",
    interval="BCa bootstrap",
    condition="Root mean square. The examples are always the same.",
)


@claim(
    "S5-smooth",
    on=against("exponential", *SHORT, "fresh"),
    statement="A constant factor makes late training smoother: in the last third the validation "
    "accuracy changes at most half as much from one epoch to the next.",
    **CHANGES,
    **STEADY,
)
def smoother_by_a_factor(trial: Trial) -> Effects:
    return smoothness(trial)


@claim(
    "S6-smooth",
    on=against("epochs", *SHORT),
    statement="Drops by epochs make late training smoother: in the last third the validation "
    "accuracy changes at most half as much from one epoch to the next.",
    **CHANGES,
    **DROPS,
)
def smoother_by_drops(trial: Trial) -> Effects:
    return smoothness(trial)


def smoothness(trial: Trial) -> Effects:
    """How many times more the validation accuracy changes at the constant rate, over all seeds."""
    pair = both(trial)
    squares = np.stack([late_changes(each.validation_accuracy) for each in pair], axis=1)
    facts = peaks(*pair)
    for name, mean in zip(("constant", "decay"), np.sqrt(squares.mean(axis=0))):
        facts[f"change with {name}, points"] = 100 * mean

    def ratio(samples):
        means = samples.mean(axis=1)
        return np.sqrt(means[:, 0] / means[:, 1])

    return Effects(squares, facts, statistic=ratio)


def late_changes(accuracy: np.ndarray) -> np.ndarray:
    """Mean square change from epoch to epoch in the last third, ``(epochs, seeds) -> (seeds,)``."""
    late = accuracy[-(len(accuracy) // 3) - 1 :].astype(np.float64)
    return (np.diff(late, axis=0) ** 2).mean(axis=0)


@claim(
    "S5-efficient",
    on=against("exponential", *SHORT),
    statement="Training is more efficient: a quarter of the epochs is saved on the way to the loss "
    "at which the constant rate ends.",
    compared_with=BEST,
    threshold=1.33,
    unit="times the decay's epochs at the constant rate",
    condition="Where decay never gets there all epochs count.",
    **STEADY,
)
def more_efficient(trial: Trial) -> Effects:
    constant, decay = both(trial)
    needed = [reach(loss, goal) for loss, goal in zip(decay.loss.T, constant.loss[-1])]
    return Effects(len(decay.loss) / np.array(needed), peaks(constant, decay))
