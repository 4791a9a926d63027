"""Chapter 07: cycles on fresh data sets, and snapshots at the ends of cycles."""

import functools

import numpy as np

from course_lr.problems import MLP, mnist1d
from course_lr.schedules import CosineDecay, CosineRestarts
from course_lr.teaching.evidence.ch03_sweeps import mnist1d_cosine
from course_lr.teaching.evidence.ch07 import CYCLES, DECAY, tuned
from course_lr.teaching.evidence.ch07_bounds import ended
from course_lr.teaching.evidence.ch07_sweeps import (
    decay,
    mnist1d_adamcycles,
    mnist1d_adamdecay,
    mnist1d_decay,
    mnist1d_restarts,
    mnist1d_sinusoidal,
    mnist1d_triangular,
    sinusoidal,
    triangular,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import begin
from course_lr.updates import SGD, Adam

FIRST_FRESH = 1000
"""Seed of the first fresh data set; the published one has 42."""
FRESH = dict(
    problem="20 fresh data sets of MNIST-1D or more, MLP 40-64-64-10, 920 steps of 64",
    threshold=1.0,
    condition="Peaks are those tuned on the published data; one data set and two runs a seed.",
    **CYCLES,
)
MADE = {
    "mnist1d_triangular": triangular(920),
    "mnist1d_sinusoidal": sinusoidal(920),
    "mnist1d_decay": decay(920),
    "mnist1d_cosine": lambda peaks: CosineDecay(peaks, 920),
    "mnist1d_adamcycles": triangular(920),
    "mnist1d_adamdecay": decay(920),
}


@claim(
    "S13-fresh",
    on=[(mnist1d_triangular, mnist1d_decay, mnist1d_cosine)],
    of="S13",
    statement="On fresh data sets, too, triangular cycles end at least one point of accuracy above "
    "a decay.",
    compared_with=f"{DECAY} on the published data",
    **FRESH,
)
@claim(
    "S14-fresh",
    on=[(mnist1d_sinusoidal, mnist1d_decay, mnist1d_cosine)],
    of="S14",
    statement="On fresh data sets, too, sinusoidal cycles end at least one point of accuracy above "
    "a decay.",
    compared_with=f"{DECAY} on the published data",
    **FRESH,
)
@claim(
    "S13-adamfresh",
    on=[(mnist1d_adamcycles, mnist1d_adamdecay)],
    of="S13",
    statement="On fresh data sets, too, with Adam triangular cycles end at least one point of "
    "accuracy above a decay.",
    compared_with="half a cosine to a tenth, with Adam, at the peak tuned on the published data",
    **FRESH,
)
def gain_on_fresh_data(trial: Trial) -> Effects:
    by, sweeps = "accuracy on the published data", range(len(trial.sweeps))
    choices = [trial.choose(of=i, by=by) for i in sweeps]
    pair = choices[0], max(choices[1:], key=tuned(trial))
    accuracy = []
    for name, choice in zip(("cycle", "decay"), pair):
        sweep = trial.of(choice.of).about["name"]
        found = [fresh(seed, sweep, choice.rate) for seed in trial.judging]
        trial.count(name, np.array([lost for _, lost in found]), 920)
        accuracy.append(np.array([value for value, _ in found]))
    facts = {"peak": pair[0].rate, "its accuracy, %": 100 * accuracy[0].mean()}
    facts |= {"decay's peak": pair[1].rate, "decay's accuracy, %": 100 * accuracy[1].mean()}
    return Effects(100 * (accuracy[0] - accuracy[1]), facts)


@functools.cache
def fresh(seed: int, sweep: str, peak: float) -> tuple[float, bool]:
    """Mean test accuracy of two runs on a fresh data set, and whether one is lost."""
    update = Adam() if "adam" in sweep else SGD()
    return ended(mnist1d(data_seed=FIRST_FRESH + seed), MADE[sweep](peak), 920, 2, update)


@claim(
    "S14-snapshot",
    on=[(mnist1d_restarts, mnist1d_decay, mnist1d_cosine)],
    of="S14",
    statement="The mean prediction of the snapshots at the ends of four cycles is at least one "
    "point more accurate than one network trained with a decay.",
    compared_with=f"{DECAY}; as many steps, but one network to ask instead of four",
    threshold=1.0,
    condition="Warm restarts at the peak that is best for the last snapshot.",
    **CYCLES,
)
def gain_of_snapshots(trial: Trial) -> Effects:
    choice = trial.choose()
    best = max((trial.choose(of=i) for i in (1, 2)), key=tuned(trial))
    last, other = trial.judge("last snapshot", choice), trial.judge("decay", best)
    problem = mnist1d()
    shots = snapshots(problem, CosineRestarts(choice.rate, period=230), 920, trial.judging)
    accuracy = voted(problem, shots, "test")
    facts = {"of the mean prediction, %": 100 * accuracy.mean()}
    facts |= {"of the last snapshot, %": 100 * last.test_accuracy.mean()}
    facts |= {"of the decay, %": 100 * other.test_accuracy.mean()}
    return Effects(100 * (accuracy - other.test_accuracy), facts)


def snapshots(problem: MLP, eta, steps: int, seeds, cycles: int = 4) -> np.ndarray:
    """The weights at the end of each cycle, ``(cycles, seeds, n)``."""
    run = begin(problem, eta, seeds=list(seeds))
    return np.array([run.advance(steps // cycles).w for _ in range(cycles)])


def voted(problem: MLP, shots: np.ndarray, split: str) -> np.ndarray:
    """Accuracy ``(seeds,)`` of the mean of the probabilities that the snapshots give."""
    images, total = problem.inputs[split].T[None], 0.0
    for weights in shots:
        logits = problem.forward(problem.matrices(weights), images)[-1]
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        total = total + power / power.sum(axis=1, keepdims=True)
    return np.mean(total.argmax(axis=1) == problem.labels[split], axis=1)
