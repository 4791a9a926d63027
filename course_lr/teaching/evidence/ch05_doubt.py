"""Chapter 05, what a search does not tell: the winner's luck, and what it was chosen by."""

import functools
from collections.abc import Callable

import numpy as np

from course_lr.diagnostics import failed
from course_lr.problems import MLP, digits, mnist1d
from course_lr.teaching.evidence.ch05 import GRID
from course_lr.teaching.evidence.ch05_random import DIGITS, MNIST1D, STEPS
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import guessing
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import train

# --- the winner's promise ------------------------------------------------------------------------


def own_split(seed: int) -> MLP:
    """The digits, split in a way of the seed's own."""
    return digits(split_seed=seed)


def own_data(seed: int) -> MLP:
    """MNIST-1D, made anew for the seed."""
    return mnist1d(data_seed=1000 + seed)


@functools.cache
def winner(made: Callable[[int], MLP], steps: int, seed: int) -> tuple[float, float, bool]:
    """Of twelve trainings: validation minus test accuracy of the winner, and the mean of all.

    The third one says whether the winner failed.
    """
    problem, record = made(seed), ("loss", "validation_accuracy", "test_accuracy")
    settings = dict(steps=steps, seeds=[seed], record=record, record_every=steps)
    history = train(problem, np.geomspace(0.1, 1, 12), **settings)
    gaps = 100 * (history.validation_accuracy - history.test_accuracy)[-1, :, 0]
    best = history.validation_accuracy[-1, :, 0].argmax()
    lost = failed(history.loss, guessing(problem), problem.steps_per_epoch)[best, 0]
    return gaps[best], gaps.mean(), lost


def promise(trial: Trial, made: Callable[[int], MLP], steps: int) -> Effects:
    """Validation minus test accuracy of the winner of twelve, by judging seed."""
    gaps, plain, lost = np.array([winner(made, steps, seed) for seed in trial.judging]).T
    trial.count("winner", lost > 0, steps)
    return Effects(gaps, {"the same gap, mean of all twelve": plain.mean()})


OPTIMISM = dict(compared_with="the test accuracy of the same network", unit=POINTS, **GRID)
TWELVE = "One training at each of twelve rates from 0.1 to 1, "


@claim(
    "S10-optimism-digits",
    statement="The validation accuracy of the winner of twelve promises at least half a point more "
    "than the test data keep.",
    problem=DIGITS,
    threshold=0.5,
    condition=TWELVE + "each seed with a split of its own, since one split's validation examples "
    "may be harder than its test examples.",
    **OPTIMISM,
)
def promise_on_digits(trial: Trial) -> Effects:
    return promise(trial, own_split, STEPS["digits"])


@claim(
    "S10-optimism-mnist1d",
    statement="The validation accuracy of the winner of twelve promises at least one point more "
    "than the test data keep.",
    problem=MNIST1D,
    threshold=1.0,
    condition=TWELVE + "each seed with a fresh data set of its own.",
    **OPTIMISM,
)
def promise_on_mnist1d(trial: Trial) -> Effects:
    return promise(trial, own_data, STEPS["mnist1d"])


# --- by loss or by accuracy ----------------------------------------------------------------------


def by_loss(trial: Trial, problem: MLP, steps: int) -> Effects:
    """Test accuracy at the rate of the lowest validation loss minus that of the best accuracy."""
    rates, seeds = 10 ** np.arange(-1.5, 0.2501, 0.25), trial.tuning + trial.judging
    record = ("loss", "validation_loss", "validation_accuracy", "test_accuracy")
    settings = dict(steps=steps, seeds=list(seeds), record=record, record_every=steps)
    history = train(problem, rates, **settings)
    tuning, judging = slice(len(trial.tuning)), slice(len(trial.tuning), None)
    loss = history.validation_loss[-1, :, tuning].mean(axis=1).argmin()
    accuracy = history.validation_accuracy[-1, :, tuning].mean(axis=1).argmax()
    lost = failed(history.loss, guessing(problem), problem.steps_per_epoch)[:, judging]
    trial.count("by loss", lost[loss], steps)
    trial.count("by accuracy", lost[accuracy], steps)
    test = 100 * history.test_accuracy[-1, :, judging]
    facts = {"rate by loss": rates[loss], "rate by accuracy": rates[accuracy]}
    return Effects(test[loss] - test[accuracy], facts)


LOSS = dict(
    statement="It does not matter whether the rate is chosen by validation loss or by validation "
    "accuracy: the test accuracy is the same to a point.",
    compared_with="the choice by validation accuracy, from the same trainings",
    threshold=-1.0,
    unit=POINTS,
    **GRID,
)


@claim(
    "S10-loss-digits",
    problem=DIGITS,
    condition="Both choices from ten tuning seeds, rates a quarter of a decade apart.",
    **LOSS,
)
def by_loss_on_digits(trial: Trial) -> Effects:
    return by_loss(trial, digits(), STEPS["digits"])


@claim(
    "S10-loss-mnist1d",
    problem=MNIST1D,
    condition="Both choices from ten tuning seeds, rates a quarter of a decade apart.",
    **LOSS,
)
def by_loss_on_mnist1d(trial: Trial) -> Effects:
    return by_loss(trial, mnist1d(), STEPS["mnist1d"])
