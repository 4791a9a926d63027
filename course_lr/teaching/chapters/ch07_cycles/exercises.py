"""Exercises of chapter 07: cycles, their length, their ends, and what to compare them with."""

import numpy as np

from course_lr import CosineRestarts, Quadratic, Triangular, mnist1d, train
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, ReadCurves
from course_lr.teaching.figures.curves import smoothed

PERIOD, CYCLES = 115, 4


def _restarted() -> dict[str, np.ndarray]:
    """Mean loss of ten seeds over 460 steps with three restarts, each value over 23 steps."""
    eta = CosineRestarts(1.0, period=PERIOD)
    loss = train(mnist1d(), eta, steps=PERIOD * CYCLES, seeds=10).loss.mean(axis=1)
    return {"three restarts, at 115, 230 and 345": smoothed(loss, 23)[1]}


def _what_restarts_do(losses: dict) -> str:
    (loss,) = losses.values()
    ends = loss[[PERIOD * n - 24 for n in range(1, CYCLES + 1)]]
    highs = [loss[PERIOD * n - 24 : PERIOD * n + 60].max() for n in range(1, CYCLES)]
    if not all(high > 1.02 * end for high, end in zip(highs, ends)):
        return "a"
    if min(highs) > 0.9 * loss[0]:
        return "c"
    return "b" if np.all(np.diff(ends) < 0) else "d"


RESTARTS = Predict(
    text="""07.1 Restarts

    MNIST-1D is trained with warm restarts: η falls from 1 to 0 in 115 steps, jumps back to 1, and
    so on, four times. What does the training loss (a mean of ten seeds) do?

    a) It falls all the way, as with a single decay: the restarts can't be seen.
    b) It rises after each restart, but each cycle ends lower than the one before.
    c) After each restart it is back near its value at the start: training begins anew.
    d) It rises after each restart, and each cycle ends about where the first one did.""",
    right='"b"',
    wrong={
        '"a"': "A rate of 1 shakes the weights more than a rate near 0: the loss shows it at once.",
        '"c"': "Only the rate is reset. The weights go on from where they are: hence *warm*.",
        '"d"': "It rises, but in each cycle training also goes on: the next end is lower.",
    },
    hints=(
        "What is reset at a restart, and what is not?",
        "A large rate keeps the loss on a higher floor; a small one lets it come down.",
        "The weights are kept, so the progress made is kept, too.",
    ),
    why="The loss rises as the rate jumps up and comes down with it; from cycle to cycle it gets "
    "lower. So look at a training with cycles at the ends of its cycles, and stop it only there.",
    curves=_restarted,
    alt="The mean loss of ten seeds over 460 steps with restarts at 115, 230 and 345. It falls in "
    "waves: after each restart it rises, and at the end of each cycle it is lower than at the "
    "end of the one before.",
    measure=_what_restarts_do,
)

HALVING = Write(
    text='''07.2 Halving

    The rate of triangular cycles with the envelope `halving`: it starts at `eta_min`, is at the top
    of the first cycle, `eta_max`, after `half_cycle` steps, and back at `eta_min` after two of
    them. Each further cycle reaches half as high above `eta_min` as the one before. `t` is an array
    of steps, counted from 0.

    def halving(t, eta_min, eta_max, half_cycle):
        """The rate at step t of triangular cycles; each reaches half as high above eta_min."""
        return ...
    ''',
    right="eta_min + (eta_max - eta_min) * (1 - abs(t / half_cycle % 2 - 1)) "
    "/ 2 ** (t // (2 * half_cycle))",
    wrong={
        "eta_min + (eta_max - eta_min) * (1 - abs(t / half_cycle % 2 - 1))": "All cycles are "
        "equally high: the envelope is missing.",
        "eta_min + (eta_max - eta_min) * (1 - abs(t / half_cycle % 2 - 1)) "
        "/ 2 ** (t // half_cycle)": "Halved after every half-cycle: the fall of a cycle must have "
        "the height of its rise.",
        "eta_min + (eta_max / 2 ** (t // (2 * half_cycle)) - eta_min) "
        "* (1 - abs(t / half_cycle % 2 - 1))": "The top itself is halved, so that it may come to "
        "lie below `eta_min`; what is halved is its height above `eta_min`.",
        "(eta_min + (eta_max - eta_min) * (1 - abs(t / half_cycle % 2 - 1))) "
        "/ 2 ** (t // (2 * half_cycle))": "All of it is halved, `eta_min` too: every cycle must "
        "end at `eta_min` itself.",
        "eta_min + (eta_max - eta_min) * abs(t / half_cycle % 2 - 1) "
        "/ 2 ** (t // (2 * half_cycle))": "Upside down: it starts at the top.",
        "eta_min + (eta_max - eta_min) * (1 - abs(2 * t / half_cycle % 2 - 1)) "
        "/ 2 ** (t // half_cycle)": "Twice as fast: after `half_cycle` steps a whole cycle is "
        "done.",
    },
    hints=(
        "How many cycles are done at step t? How far is the present one?",
        "`t // (2 * half_cycle)` cycles are done; `t / half_cycle % 2` goes from 0 to 2 in each.",
        "1 − |position − 1| is a triangle from 0 to 1 and back. Divide it by 2 to the power of the "
        "cycles done.",
    ),
    why="Smith calls this *triangular2*. The bounds come closer to each other, so it is a decay as "
    "well as a cycle.",
    shown=[(np.array([0, 10, 20, 30, 40]), 0.1, 0.5, 10)],
    fresh=lambda rng: (
        rng.integers(0, 400, 6),
        rng.uniform(0.01, 0.2).__round__(2),
        rng.uniform(0.5, 2.0).__round__(2),
        int(rng.integers(5, 40)),
    ),
)


def _whole_cycles(rng: np.random.Generator) -> tuple:
    """Arguments of 07.3 for which whole cycles fit, with a short last batch."""
    cycles, batch = int(rng.integers(2, 6)), int(rng.choice([32, 50, 64]))
    epochs = 2 * cycles * int(rng.integers(1, 5))
    return epochs, batch * int(rng.integers(8, 60)) + int(rng.integers(1, batch)), batch, cycles


WHOLE_CYCLES = Write(
    text='''07.3 Whole cycles

    A training makes `epochs` passes over `samples` examples in batches of `batch_size`; a short
    last batch is dropped. Return the `half_cycle` in steps with which `cycles` whole cycles fill
    it. (The numbers given fit.)

    def half_cycle(epochs, samples, batch_size, cycles):
        """Steps of half a cycle, so that so many whole cycles fill the training."""
        return ...
    ''',
    right="samples // batch_size * epochs // (2 * cycles)",
    wrong={
        "samples // batch_size * epochs // cycles": "The length of a whole cycle: half of it is "
        "asked for. With this one half of the cycles fit.",
        "epochs // (2 * cycles)": "Epochs, not steps: a cycle this short lasts a few batches.",
        "samples * epochs // (2 * cycles)": "Examples, not steps: an update is made once a batch.",
        "-(-samples // batch_size) * epochs // (2 * cycles)": "The short last batch is counted; "
        "it is dropped, so the last cycle would stop before its end.",
        "epochs * samples // batch_size // (2 * cycles)": "All examples are divided by the batch "
        "at once, so that the left-over examples of the epochs make batches, too. They are "
        "dropped in each epoch: first the whole batches of an epoch, then times `epochs`.",
        "samples // batch_size // (2 * cycles)": "The cycles of one epoch: the whole training has "
        "`epochs` of them.",
    },
    hints=(
        "How many updates does one epoch make? And the whole training?",
        "`samples // batch_size` updates an epoch. A cycle consists of two halves.",
        "All steps, divided by twice the number of cycles.",
    ),
    why="A training that stops in the middle of a cycle stops with a large rate, and loses the "
    "descent that the cycle was to end with.",
    shown=[(20, 3000, 64, 2)],
    fresh=_whole_cycles,
)

HALVES = {
    30: "has eight of them",
    60: "has four of them",
    120: "has two of them",
    240: "has one of them",
}
"""The half-cycles of exercise 07.4 and how many waves the loss of each has."""


def _waves() -> np.ndarray:
    """Mean loss of 480 steps on a noisy parabola, ``(4, 481)``, one row a half-cycle."""
    cycles = Triangular(0.02, 0.8, half_cycle=list(HALVES))
    return train(Quadratic([1.0], noise=1.0), cycles, steps=480, seeds=200).loss.mean(axis=2).T


def _most_alike(waves: np.ndarray) -> list[int]:
    """The curve of each half-cycle is the one that goes most with its rate."""
    rates = [Triangular(0.02, 0.8, half_cycle=half)(np.arange(50, 480)) for half in HALVES]
    return [np.argmax([np.corrcoef(rate, wave[50:-1])[0, 1] for wave in waves]) for rate in rates]


FOUR_WAVES = ReadCurves(
    text="""07.4 Which length?

    A noisy parabola is descended in 480 steps with triangular cycles; the picture (`ex.show()`) has
    the mean loss of four such trainings, A to D. Half a cycle took 30, 60, 120 and 240 steps. Which
    curve belongs to which? Give the letters in this order, such as "BADC".""",
    settings=HALVES,
    right='"ACDB"',
    wrong={
        '"BDCA"': "Turned round: this goes from the longest half-cycle to the shortest.",
    },
    hints=(
        "With noise, the loss follows the rate: high rate, high floor.",
        "Count the waves. A whole cycle is twice the half-cycle.",
        "480 steps hold 8, 4, 2 and 1 cycles of these lengths.",
    ),
    why="Where gradients are noisy the loss stands on a floor that is higher the larger the rate "
    "is, so the cycles can be seen in it. The low points are at the ends of the cycles.",
    curves=_waves,
    alt="Four loss curves of 480 steps on one log axis, which rise and fall in waves: {}.",
    measure=_most_alike,
)

WON_BY_FAR = FindBug(
    text='''07.5 Won by far

    This says by how much cycles end higher than constant rates. It gets the accuracy of both, each
    of shape (rates, seeds), as shares from 0 to 1, at the same rates (for the cycles: peaks). It
    says that cycles win by 0.3, which is 30 points. Correct it: each method at its own best rate,
    by the mean over the seeds.

    def gain(cycle, constant):
        """How much higher cycles end; accuracies (rates, seeds) at the same rates."""
        best = np.argmax(cycle.mean(axis=1))
        return cycle[best].mean() - constant[best].mean()
    ''',
    given="cycle[best].mean() - constant[best].mean()",
    right="cycle[best].mean() - constant.mean(axis=1).max()",
    wrong={
        "cycle[best].mean() - constant.max()": "The luckiest single run of the constant "
        "rates against a mean of the cycles: now it is unfair the other way.",
        "cycle.max() - constant.max()": "The luckiest single run of each: it takes the largest "
        "of all seeds, where the mean over the seeds is asked for.",
        "cycle[best].mean() - constant.mean(axis=0).max()": "The wrong axis: this takes the mean "
        "over the rates for each seed, and then the best seed. The seeds are the second axis.",
        "constant.mean(axis=1).max() - cycle[best].mean()": "The sign: how much higher *cycles* "
        "end is cycles minus constant.",
        "100 * (cycle[best].mean() - constant.mean(axis=1).max())": "In points; the accuracies "
        "are shares from 0 to 1, and so is the gain.",
        "cycle[best].mean() - constant.mean()": "The mean over all rates, poor ones "
        "included, against the best peak.",
        "cycle[best].mean() - constant.max(axis=1).mean()": "The luckiest seed at each "
        "rate, and then a mean over rates: both in the wrong place.",
        "cycle[best].mean() - constant[0].mean()": "The first rate of the list has nothing "
        "to do with the best.",
    },
    hints=(
        "At which rate does the code look at the constant ones?",
        "A peak that is best for cycles is above the best constant rate: half of the time a cycle "
        "is below half its height.",
        "Take the mean over seeds at every constant rate, and of these means the largest.",
    ),
    why="The best peak of a cycle is a rate at which a constant one may already fail. Compared "
    "there, cycles win by far, and nothing is learnt.",
    shown=[
        (
            np.array([[0.50, 0.52], [0.60, 0.62], [0.62, 0.64]]),
            np.array([[0.56, 0.58], [0.50, 0.52], [0.10, 0.55]]),
        )
    ],
    fresh=lambda rng: (rng.uniform(0.4, 0.7, (5, 3)).round(3), rng.uniform(0.1, 0.7, (5, 3))),
)

SNAPSHOTS = Write(
    text='''07.6 When to take a snapshot

    With warm restarts the first cycle takes `period` steps and each further one `mult` times as
    many as the one before. Return how many updates have been made at the end of each of the first
    `cycles` cycles: these are the moments for snapshots.

    def snapshot_steps(period, mult, cycles):
        """Updates made at the end of each cycle, a list of ``cycles`` numbers."""
        return ...
    ''',
    right="np.cumsum(period * mult ** np.arange(cycles))",
    wrong={
        "period * np.arange(1, cycles + 1)": "All cycles equally long: `mult` is not used.",
        "period * mult ** np.arange(cycles)": "These are the lengths of the cycles; their ends "
        "are the sums of the lengths so far.",
        "np.cumsum(period * mult ** np.arange(1, cycles + 1))": "The first cycle has `period` "
        "steps: it is not multiplied yet.",
        "np.cumsum(period * mult ** np.arange(cycles)) - 1": "The step of the last update, counted "
        "from 0; asked for is how many updates have been made, one more.",
        "np.cumsum(period * mult ** np.arange(cycles)) - period * mult ** np.arange(cycles)": "The "
        "beginnings of the cycles, not their ends: there the rate has just jumped up.",
    },
    hints=(
        "Write down the lengths of the first three cycles, then where each ends.",
        "The lengths are period, period · mult, period · mult² …",
        "Add them up: `np.cumsum` does so.",
    ),
    why="A snapshot one step too late is taken after the jump. With mult = 2 each cycle is as "
    "long as all before it together, plus one period, so that few snapshots fit.",
    shown=[(10, 2, 3), (25, 1, 4)],
    fresh=lambda rng: tuple(rng.integers([5, 2, 2], [50, 4, 6]).tolist()),
)

EXERCISES = (RESTARTS, HALVING, WHOLE_CYCLES, FOUR_WAVES, WON_BY_FAR, SNAPSHOTS)
