"""A sweep: a problem trained at many rates with one rule and one schedule, seed by seed."""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence

import numpy as np

from course_lr.controllers import BoldDriver, GradientWatch, ReduceOnPlateau
from course_lr.diagnostics import failed
from course_lr.schedules import (
    Constant,
    CosineDecay,
    CosineRestarts,
    ExponentialDecay,
    OneCycle,
    PerEpoch,
    Sinusoidal,
    StepDecay,
    Triangular,
    Warmup,
)
from course_lr.search.scoring import guessing
from course_lr.teaching.chapters.ch07_cycles import PARTS, basins
from course_lr.teaching.chapters.ch08_watching import hypergradient
from course_lr.teaching.verdicts.curves import Curves, decades, rounded
from course_lr.training import train
from course_lr.updates import SGD, AdaGrad, Adam, Momentum, RMSProp
from experiments.problems import problem

RULES = {
    "SGD": SGD(),
    "momentum": Momentum(),
    "AdaGrad": AdaGrad(),
    "RMSprop": RMSProp(),
    "Adam": Adam(),
}
SHARE, LOW = 10, 0.1
"""A warm-up takes a tenth of the steps; a cycle's lower bound is a tenth of its peak."""


def _warm(after: Callable) -> Callable:
    return lambda peaks, steps, epoch: Warmup(after(peaks, steps - steps // SHARE), steps // SHARE)


def _map(places, steps: int, epoch: int) -> Triangular:
    """Two cycles between the bounds of a map: places number the pairs, parts within peaks."""
    peak, part = np.divmod(np.asarray(places, int) - 1, len(PARTS))
    upper = np.array(MAPPED[steps])[peak]
    return Triangular(np.array(PARTS)[part] * upper, upper, half_cycle=steps // 4)


SCHEDULES: dict[str, Callable] = {  # (peak rates, steps, steps of an epoch) -> schedule
    "constant": lambda peaks, steps, epoch: Constant(peaks),
    "× γ": lambda peaks, steps, epoch: ExponentialDecay(peaks, 0.1 ** (1 / steps)),
    "stairs": lambda peaks, steps, epoch: PerEpoch(
        StepDecay(peaks, 0.1, every=round(steps / epoch / 3)), epoch
    ),
    "cosine": lambda peaks, steps, epoch: CosineDecay(peaks, steps),
    "warm-up": _warm(lambda peaks, left: Constant(peaks)),
    "warm-up + cosine": _warm(CosineDecay),
    "triangular": lambda peaks, steps, epoch: Triangular(LOW * peaks, peaks, steps // 4),
    "sinusoidal": lambda peaks, steps, epoch: Sinusoidal(LOW * peaks, peaks, steps // 4),
    "one-cycle": lambda peaks, steps, epoch: OneCycle(peaks, steps),
    "restarts": lambda peaks, steps, epoch: CosineRestarts(peaks, steps // 4),
    "decay to a tenth": lambda peaks, steps, epoch: CosineDecay(peaks, steps, LOW * peaks),
    "map": _map,
    "watch": lambda peaks, steps, epoch: GradientWatch(peaks),
    "plateau": lambda peaks, steps, epoch: ReduceOnPlateau(peaks),
    "hypergradient": lambda peaks, steps, epoch: hypergradient(peaks),
    "bold driver": lambda peaks, steps, epoch: BoldDriver(peaks),
}
MAPPED = {480: decades(-1.25, 0.25, 0.25), 920: decades(-0.25, 0.5, 0.25)}
"""Upper bounds of the maps of chapter 07, by the steps of digits and of MNIST-1D."""
BALLS = 50
"""Balls that make up one seed of a landscape."""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """One row of the table.

    Attributes:
        name: of its curves.
        problem: a key of ``PROBLEMS``.
        steps: updates of each run.
        rates: the grid, ascending; its numbers stand for the pairs of bounds in a map.
        schedule, rule: keys of ``SCHEDULES`` and ``RULES``.
        epochs: whether every epoch is kept for the figures, and not the end alone.
        seeds: how many seeds a figure draws; 0 where the curves do not travel with the package.
        figure: whether only figures need it, so that ten judging seeds are enough.
    """

    name: str
    problem: str
    steps: int
    rates: tuple[float, ...]
    schedule: str = "constant"
    rule: str = "SGD"
    epochs: bool = False
    seeds: int = 0
    figure: bool = False

    def compute(self, seeds: Sequence[int]) -> Curves:
        """Train every rate with these seeds."""
        one = balls if self.problem in ("wide", "narrow", "ripples") else networks
        return functools.reduce(Curves.joined, (one(self, seed) for seed in seeds))


def networks(sweep: Sweep, seed: int) -> Curves:
    """A network at every rate of a sweep, with one seed and its data."""
    made, began = problem(sweep.problem, seed), time.process_time()
    epoch = made.steps_per_epoch
    history = train(
        made,
        SCHEDULES[sweep.schedule](np.array(sweep.rates), sweep.steps, epoch),
        update=RULES[sweep.rule],
        steps=sweep.steps,
        seeds=[seed],
        record=("loss", "validation_accuracy", "test_accuracy"),
    )
    losses = history.loss[1 : sweep.steps // epoch * epoch + 1]
    losses = losses.reshape(-1, epoch, *losses.shape[1:]).mean(axis=1)
    return Curves(
        np.array(sweep.rates),
        np.array([seed]),
        np.arange(1, len(losses) + 1) * epoch,
        rounded(losses, 4),
        rounded(history.validation_accuracy[: len(losses)], 4),
        rounded(history.test_accuracy[-1], 4),
        failed(history.loss, guessing(made), epoch),
        {"seconds": time.process_time() - began},
    )


def balls(sweep: Sweep, seed: int) -> Curves:
    """50 balls at every rate of a sweep; as accuracy the share in the deepest basin is kept."""
    made, began = problem(sweep.problem, seed), time.process_time()
    starts = [BALLS * seed + ball for ball in range(BALLS)]
    eta = SCHEDULES[sweep.schedule](np.array(sweep.rates), sweep.steps, 1)
    ends = train(made, eta, steps=sweep.steps, seeds=starts).w
    share = rounded((basins(made, ends) == 0).mean(axis=1), 4)[:, None]
    loss = made.loss(ends.reshape(-1, made.n)).reshape(ends.shape[:2]).mean(axis=1)
    lost = ~np.isfinite(ends).all(axis=(1, 2))[:, None]
    about = {"seconds": time.process_time() - began}
    rates, seeds, steps = np.array(sweep.rates), np.array([seed]), np.array([sweep.steps])
    return Curves(rates, seeds, steps, loss[None, :, None], share[None], share, lost, about)
