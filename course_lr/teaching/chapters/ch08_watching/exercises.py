"""Exercises of chapter 08: watching the gradient."""

import numpy as np

from course_lr import digits, train
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, ReadCurves, panels
from course_lr.teaching.figures.curves import smoothed


def _good_run() -> dict[str, dict]:
    """Batch losses ``(481,)`` of the digits network at the good rate 0.5, and their means."""
    loss = train(digits(), 0.5, steps=480).loss
    return {"": {"each step": loss, "mean of 16 steps": smoothed(loss, 16)}}


def _pale_steps(panel: dict):
    figure = panels(panel)
    figure.axes[0].lines[0].set(alpha=0.4, linewidth=0.9)
    return figure


def _how_often_it_rises(panel: dict) -> str:
    share = np.mean(np.diff(panel[""]["each step"]) > 0)
    return "a" if share < 0.1 else "b" if share < 0.35 else "c" if share < 0.65 else "d"


GOOD_RUN = Predict(
    text="""08.1 A good run, step by step

    The digits network trains with batches of 64 at η = 0.5, one of its best rates, for 480 steps.
    In how many of the steps is the batch loss higher than at the step before?

    a) Hardly ever, in fewer than a tenth: the rate is good.
    b) In about a fifth of them.
    c) In about half of them.
    d) In most of them, but the falls are larger.""",
    right='"c"',
    wrong={
        '"a"': "That holds for full batches. Here each step's loss is of another 64 examples.",
        '"b"': "More often. Two batches differ by more than one step gains.",
        '"d"': "Rises and falls are about equally many, and of similar size.",
    },
    hints=(
        "The loss at a step is that of its own batch. How much do two batches differ?",
        "The loss falls from 2.4 to below 0.1 in 480 steps: how much is that a step?",
        "If a step gains almost nothing beside the noise, a rise is a matter of chance.",
    ),
    why="A rule that cuts the rate whenever the loss rises would cut at every second step. Signals "
    "are read over windows of several steps, or on the same examples every time.",
    curves=_good_run,
    alt="The loss of 480 steps at the rate 0.5 on a log axis. From step to step it jumps up about "
    "as often as down, by a factor of two and more; the mean of 16 steps falls steadily.",
    draw=_pale_steps,
    measure=_how_often_it_rises,
)

_RATIO = "eta * np.linalg.norm(gradient) / np.linalg.norm(w)"
_COSINE = (
    "np.dot(gradient, last_gradient) / (np.linalg.norm(gradient) * np.linalg.norm(last_gradient))"
)


def _vectors(rng: np.random.Generator) -> tuple:
    """Weights, two gradients and a rate for 08.2."""
    n = int(rng.integers(3, 6))
    w, gradient, last = (rng.normal(size=n).round(1) + 0.05 for _ in range(3))
    return w, gradient, last, float(rng.choice([0.01, 0.1, 0.5]))


TWO_SIGNALS = Write(
    text='''08.2 Two signals

    Return two numbers for a step of plain gradient descent: the update-to-weight ratio, the
    length of the update over that of the weights before it, and the cosine of the angle between
    this gradient and the last one.

    def ratio_and_cosine(w, gradient, last_gradient, eta):
        """Arrays (n,), (n,), (n,) and a rate -> two numbers."""
        return ...
    ''',
    right=f"{_RATIO}, {_COSINE}",
    wrong={
        f"np.linalg.norm(gradient) / np.linalg.norm(w), {_COSINE}": "The update is η times the "
        "gradient: the rate is missing.",
        f"eta * np.sum(gradient**2) / np.sum(w**2), {_COSINE}": "Squares: a length is the root of "
        "the sum of squares.",
        f"eta * np.linalg.norm(gradient / w), {_COSINE}": "Divided weight by weight: it is the "
        "length of the update over the length of all weights.",
        f"eta * np.linalg.norm(gradient) / np.linalg.norm(w - eta * gradient), {_COSINE}": "The "
        "weights after the update: those before it are meant.",
        f"{_RATIO}, np.dot(gradient, last_gradient)": "A dot product depends on both lengths: "
        "divide it by them to get the cosine.",
        f"{_RATIO}, -{_COSINE}": "The sign: gradients that point the same way have the cosine 1.",
        f"{_COSINE}, {_RATIO}": "The order: the ratio first, then the cosine.",
    },
    hints=(
        "`np.linalg.norm(v)` is the length of `v`; `np.dot(a, b)` is the product of two vectors.",
        "The update is w_new − w = −η · gradient. How long is it?",
        "cos = a·b / (|a| |b|), between −1 (against each other) and 1 (the same way).",
    ),
    why="Neither has a unit: rescaling the loss, with a rate that makes the same steps, changes "
    "neither, while a gradient norm of 3 may become any number. Which value is healthy still "
    "depends on the batch and the network.",
    shown=[(np.array([3.0, 4.0]), np.array([0.0, 2.0]), np.array([1.0, 1.0]), 0.1)],
    fresh=_vectors,
)

_PLATEAU = """rates, best, bad = [], np.inf, 0
for loss in losses:
    if loss < best:
        best, bad = loss, 0
    else:
        bad += 1
    if bad > patience:
        eta, bad = eta * factor, 0
    rates.append(eta)
return rates"""


def _observed(rng: np.random.Generator) -> tuple:
    """Arguments of 08.3: losses that stop falling."""
    losses = np.concatenate([np.sort(rng.uniform(0.5, 2, 3))[::-1], rng.uniform(0.45, 0.9, 9)])
    return losses.round(2).tolist(), 0.1, int(rng.integers(1, 3)), float(rng.choice([0.1, 0.5]))


PATIENCE = Write(
    text='''08.3 What patience counts

    `losses` are validation losses, one an epoch. Progress is a loss below the best so far. Write
    the plateau rule: `patience` epochs in a row without progress are put up with; at the next one
    the rate is multiplied by `factor`, and the count begins again at 0. Return the rate after each
    epoch.

    def plateau(losses, eta, patience, factor):
        """The rate after each of the epochs, a list as long as losses."""
        return ...
    ''',
    right=_PLATEAU,
    wrong={
        _PLATEAU.replace("bad > patience", "bad >= patience"): "One epoch early: with patience 2, "
        "two epochs without progress are put up with, and the third cuts.",
        _PLATEAU.replace("eta, bad = eta * factor, 0", "eta = eta * factor"): "The count goes on "
        "after a cut, so every further epoch without progress cuts again. It begins again at 0.",
        _PLATEAU.replace("best, bad = loss, 0", "best, bad = loss, 0", 1).replace(
            "else:\n        bad += 1", "else:\n        best, bad = loss, bad + 1"
        ): "Compared with the epoch before: progress is a loss below the best so far.",
        _PLATEAU.replace("    rates.append(eta)\n", "").replace(
            "for loss in losses:\n", "for loss in losses:\n    rates.append(eta)\n"
        ): "The rate before each epoch: the one after it is asked for.",
        _PLATEAU.replace("best, bad = loss, 0", "best = loss"): "The count is not set back by "
        "progress: only epochs in a row count.",
    },
    hints=(
        "Go through the losses one by one and remember two things: the best so far, and how many "
        "in a row were not better.",
        "After progress the count is 0. Otherwise it grows by one, and a count above `patience` "
        "cuts the rate.",
        "In the loop: compare, count, then `if bad > patience: eta, bad = eta * factor, 0`, and "
        "append the rate.",
    ),
    why="With `patience=10`, PyTorch's default, the first cut comes eleven epochs after the last "
    "progress. On a training of 30 epochs that may be too late to matter.",
    shown=[([1.0, 0.5, 0.6, 0.7, 0.8, 0.9], 0.1, 2, 0.1)],
    fresh=_observed,
)

COSINES = {
    0.003: "falls slowly from 0.6 to 0.4, far above 0",
    0.05: "begins near 0.5 and falls to about 0",
    0.3: "begins near 0.3, falls to −0.3 within 60 steps, and stays below 0",
    1.0: "is below 0 from the beginning, near −0.5 at first",
}


def _four_cosines() -> list[np.ndarray]:
    """Mean cosine of windows of 16 over five seeds on the digits, ``(465,)``, one a rate."""
    history = train(digits(), list(COSINES), steps=480, seeds=5, record=("grad_cosine",))
    means = np.nan_to_num(history.grad_cosine.mean(axis=2))
    return [smoothed(cosine, 16)[1] for cosine in means.T]


def _about_zero(cosines: dict):
    figure = panels(cosines, y="cosine (mean of 16)", log=False)
    for axis in figure.axes:
        axis.axhline(0, color="#666666", linewidth=0.8)
    return figure


FOUR_COSINES = ReadCurves(
    text="""08.5 Four cosines

    The picture (`ex.show()`) has four curves, A to D, of the cosine between successive gradients
    while the digits network trains. The rates were 0.003, 0.05, 0.3 and 1. Which curve belongs to
    which? Give the letters in this order of the rates, such as "BADC".""",
    settings=COSINES,
    right='"DACB"',
    wrong={
        '"BCAD"': "Turned round: this goes from the largest rate to the smallest.",
        '"ADCB"': "The two highest are exchanged: the smaller the rate, the longer the gradients "
        "agree.",
        '"DABC"': "The two lowest are exchanged: a larger rate jumps over the valley from the "
        "first step on.",
    },
    hints=(
        "A tiny step hardly changes the place. How does the gradient look there?",
        "A step that jumps over a valley meets the opposite slope: the cosine is negative.",
        "The larger the rate, the lower the curve.",
    ),
    why="Gradients that agree say that the step could be longer; gradients that oppose say that it "
    "jumps over the valley. At the best rates of this network they oppose already.",
    curves=_four_cosines,
    alt="Four curves of the cosine between successive gradients. {}.",
    draw=_about_zero,
    measure=lambda cosines: (-cosines.mean(axis=1)).argsort(),
)


def _two_windows(rng: np.random.Generator) -> tuple:
    """Arguments of 08.4; now and then a loss that is not a number."""
    before = round(rng.uniform(0.5, 2), 2)
    factor = rng.choice([0.4, 0.85, 1.05, 1.3, np.nan], p=[0.2, 0.2, 0.2, 0.2, 0.2])
    return 0.1, before, float(before * factor), float(rng.choice([-0.4, 0.0, 0.3]))


OVERLOOKED = FindBug(
    text='''08.4 The watch that overlooks a wreck

    A watch compares the mean losses of two windows, `before` and `now`, and the mean `cosine` of
    successive gradients. It halves the rate where training is unstable and multiplies it by 2.5
    where it is smooth and slow. When the loss has become `nan`, it does nothing. Correct it: a
    loss that is not a number is as unstable as can be; everything else stays as it is.

    def next_rate(eta, before, now, cosine):
        """The rate of the next window."""
        if now > 1.1 * before or cosine < -0.2:
            return 0.5 * eta
        if now > 0.7 * before and cosine > 0.1:
            return 2.5 * eta
        return eta
    ''',
    given="now > 1.1 * before or cosine < -0.2",
    right="not now <= 1.1 * before or cosine < -0.2",
    wrong={
        "np.isnan(now)": "Now only `nan` cuts: a loss that rises, and gradients that oppose each "
        "other, no longer do.",
        "np.isnan(now) or now > 1.1 * before": "The cosine is left out: opposing gradients no "
        "longer cut.",
        "not now <= before or cosine < -0.2": "Every rise cuts, even one of 5 %, which is noise.",
        "now > 1.1 * before or not cosine < -0.2": "The cosine is turned round: it cuts where the "
        "gradients agree.",
        "not now <= 1.1 * before or cosine < 0.2": "The limit of the cosine has lost its sign.",
    },
    hints=(
        "What is `float('nan') > 1.1`? Try it.",
        "Every comparison with `nan` is false, so a test for trouble overlooks it. Turn the test "
        "round: what is good?",
        "A loss is good if `now <= 1.1 * before`; anything else, `nan` included, is not.",
    ),
    rewritten="If you compare with `nan`, as in `now == np.nan`: nan equals nothing, not even "
    "itself.",
    why="Comparisons with `nan` are false, so ask whether all is well, not whether something is "
    "wrong. The package's controllers treat a loss that is not finite as a divergence, and say so "
    "in their log.",
    shown=[(0.1, 1.0, np.nan, 0.3), (0.1, 1.0, 1.3, 0.3)],
    fresh=_two_windows,
)

EXERCISES = (GOOD_RUN, TWO_SIGNALS, PATIENCE, OVERLOOKED, FOUR_COSINES)
