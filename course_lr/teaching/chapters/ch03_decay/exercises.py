"""Exercises of chapter 03: decay, its units, its limits, and its fair comparison."""

import numpy as np

from course_lr import Constant, Quadratic, StepDecay, train
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict

CUT = 400  # where the rate of exercise 03.1 is cut


def _cut_losses() -> dict[str, np.ndarray]:
    """Mean loss of 400 noisy runs, ``(801,)``, at 0.2 throughout, and cut to 0.02 half-way."""
    schedules = {
        "η = 0.2 all the time": Constant(0.2),
        "η = 0.02 from step 400 on": StepDecay(0.2, gamma=0.1, every=CUT),
    }
    noisy, options = Quadratic(1.0, noise=1.0), dict(steps=2 * CUT, start=[10.0], seeds=400)
    return {name: train(noisy, eta, **options).loss.mean(axis=1) for name, eta in schedules.items()}


def _what_the_cut_does(losses: dict) -> str:
    loss = losses["η = 0.02 from step 400 on"]
    soon, late = loss[[CUT + 10, -1]] / loss[CUT - 100 : CUT].mean()
    if late > 1.5:
        return "d"
    if late > 0.7:
        return "a"
    return "b" if soon < 0.2 else "c"


LATE_CUT = Predict(
    text="""03.1 A cut after the loss has settled

    On the parabola ½w² with gradient noise the mean loss has settled. At step 400 the rate is cut
    from 0.2 to 0.02. What does the mean loss do?

    a) Nothing: it has settled.
    b) It falls at once to about a tenth.
    c) It falls to about a tenth, over a hundred steps or more.
    d) It rises: smaller steps can't follow the slope any more.""",
    right='"c"',
    wrong={
        '"a"': "It had settled at the floor of the old rate. The floor of the new one is lower.",
        '"b"': "That is where it goes, but not at once: at 0.02 a step takes only 2 % of the way.",
        '"d"': "A smaller stable rate never raises the mean loss here: less noise comes in.",
    },
    hints=(
        "At which height does the loss settle with 0.2, and at which with 0.02?",
        "The floor is η / (2(2 − η)). And how much of the way does one step make?",
        "The floor falls from 0.056 to 0.005. Each step multiplies the mean w by 1 − 0.02.",
    ),
    why="A cut lowers the floor, here to a tenth, and slows the way to it, here ten times. Both "
    "are why cuts are made late: the slow part should be short.",
    curves=_cut_losses,
    alt="Two mean loss curves of 800 steps on a log axis. Both fall from 50 and settle near 0.056. "
    "The first stays there; the second falls after step 400 within some hundred steps to a new "
    "level near 0.005, and stays there.",
    measure=_what_the_cut_does,
)

FACTOR = Write(
    text='''03.2 The factor for a given fall

    The rate is multiplied by the same γ after every step. After `steps` steps the share `left` of
    the first rate is to be left (0 < left < 1). Return γ.

    def factor(left, steps):
        """The factor a step, a number between 0 and 1."""
        return ...
    ''',
    right="left ** (1 / steps)",
    wrong={
        "left / steps": "Shared out by division: factors multiply, so take a root instead.",
        "1 - (1 - left) / steps": "That takes the same amount off in each step, as a line does. "
        "The factor works on what is left.",
        "left ** (1 / (steps - 1)) if steps > 1 else left": "One step short: after `steps` steps γ "
        "has been applied `steps` times.",
        "left ** steps": "Turned round: this is what is left if the factor a step is `left`.",
        "left": "The factor of the whole training. At every step it leaves left^steps.",
    },
    hints=(
        "What is left of the rate after two steps, if γ is the factor of each?",
        "After t steps γ to the power t is left. Solve that for γ.",
        "γ is the root of `left` of the order `steps`; a root is a power with 1/steps.",
    ),
    why="γ depends on the number of steps: a tenth in 480 steps is 0.9952, in 4800 it is 0.99952. "
    "A γ that is handed down without a number of steps says nothing.",
    shown=[(0.1, 480), (0.01, 2)],
    fresh=lambda rng: (round(float(rng.uniform(0.001, 0.9)), 3), int(rng.integers(2, 2000))),
)

RATE_PER_EPOCH = FindBug(
    text='''03.3 A rate per epoch, used per step

    The recipe says: "multiply the rate by γ after every epoch". This returns the rate of every
    update. Correct it.

    def rates(eta, gamma, epochs, steps_per_epoch):
        """The rate of each update, (epochs * steps_per_epoch,)."""
        t = np.arange(epochs * steps_per_epoch)
        return eta * gamma**t
    ''',
    given="gamma**t",
    right="gamma ** (t // steps_per_epoch)",
    wrong={
        "gamma ** (t / steps_per_epoch)": "Right at the beginning of each epoch; but within one "
        "the rate is to stay the same.",
        "gamma ** (t % steps_per_epoch)": "The remainder is the place within the epoch, so that "
        "the rate begins anew in each one. The number of whole epochs done is wanted.",
        "gamma ** (t // epochs)": "Divided by the number of epochs: what counts is how many "
        "updates an epoch has.",
        "(gamma / steps_per_epoch) ** t": "γ is shared out by division. It is not to be used at "
        "every step at all.",
        "np.tile(gamma ** np.arange(epochs), steps_per_epoch)": "`np.tile` repeats the whole row: "
        "the rate falls at every step and begins anew. `np.repeat` repeats each number.",
        "gamma ** ((t + 1) // steps_per_epoch)": "A step early: the last update of an epoch "
        "belongs to that epoch.",
        "gamma ** (t // steps_per_epoch + 1)": "An epoch early: in the first epoch the rate is "
        "still `eta`.",
    },
    hints=(
        "How often has γ been applied when the first epoch is over? How often should it have been?",
        "Write down the rate of the first and the last update of an epoch: they must be equal.",
        "The power is the number of whole epochs done: t divided by steps_per_epoch, rounded down.",
    ),
    why="With γ = 0.9 and 16 steps an epoch, ten epochs would leave 0.35 of the rate; used per "
    "step 5e-8. Every schedule has a unit: `PerEpoch(ExponentialDecay(eta, gamma), 16)` says it.",
    shown=[(0.1, 0.5, 2, 3), (1.0, 0.9, 3, 2)],
    fresh=lambda rng: (
        round(float(rng.uniform(0.01, 1)), 3),
        round(float(rng.uniform(0.4, 0.95)), 2),
        int(rng.integers(2, 5)),
        int(rng.integers(5, 8)),
    ),
)

DECAYED_TWICE = FindBug(
    text='''03.4 Decayed twice

    η γ^⌊t/every⌋ is wanted: the rate falls by γ every `every` steps. This returns the rate of every
    update, and falls much faster. Correct it.

    def rates(eta, gamma, every, steps):
        """The rate of each update, (steps,)."""
        used, now = [], eta
        for t in range(steps):
            now = now * gamma ** (t // every)
            used.append(now)
        return used
    ''',
    given="now * gamma ** (t // every)",
    right="eta * gamma ** (t // every)",
    wrong={
        "now * gamma": "Now it falls at every step instead of every `every` steps.",
        "now * (gamma if t % every == 0 else 1)": "Nearly: at t = 0 nothing has passed yet, so the "
        "first drop comes too early.",
        "now * gamma if t // every else now": "After the first drop it falls at every step.",
        "eta * gamma ** (t % every)": "The remainder instead of the quotient: the rate begins anew "
        "after each `every` steps.",
        "eta * gamma ** t": "The power counts steps, not drops.",
        "now\nused.append(now)\nnow = now * gamma if t % every == 0 else now\ncontinue": "Lowered "
        "after it is used, but at t = 0 as well: the first drop comes after a single step.",
        "now\nused.append(now)\nnow = now * gamma ** (t // every)\ncontinue": "The lowered rate is "
        "used a step later now, and is still lowered by all drops so far at every step.",
    },
    hints=(
        "What does the code give for every = 2 in steps 2 and 3? They should be equal.",
        "γ^⌊t/every⌋ already holds all drops up to t. To what is it applied?",
        "Either multiply the first rate by that power, or the present rate by γ at each drop.",
    ),
    why="A formula for η(t) and a rule from one η to the next are two ways to write a schedule; "
    "mixed, the decay is applied twice. The same happens when a framework's scheduler and one's "
    "own code both lower the rate.",
    shown=[(1.0, 0.5, 2, 6), (0.1, 0.1, 1, 3)],
    fresh=lambda rng: (
        round(float(rng.uniform(0.01, 1)), 3),
        round(float(rng.uniform(0.2, 0.9)), 2),
        int(rng.integers(2, 4)),
        int(rng.integers(8, 12)),
    ),
)

FLOOR = Write(
    text='''03.5 The largest rate for a floor

    The loss is ½λw², the gradient has noise of standard deviation σ. A constant rate η settles at
    the mean loss ησ²/(2(2 − ηλ)). Return the rate whose floor is `floor`.

    def rate_for(floor, curvature, sigma):
        """The rate that settles at the mean loss `floor`."""
        return ...
    ''',
    right="4 * floor / (sigma**2 + 2 * floor * curvature)",
    wrong={
        "4 * floor / sigma**2": "Right for small ηλ only, where the floor is proportional to η. It "
        "may even be above 2/λ.",
        "4 * floor / (sigma + 2 * floor * curvature)": "σ is not squared: the formula has the "
        "variance of the noise.",
        "2 * floor / (sigma**2 + floor * curvature)": "A factor of 2 is lost: multiply both sides "
        "by 2(2 − ηλ), the outer 2 included.",
        "4 * floor / (sigma**2 - 2 * floor * curvature)": "A sign: −2·floor·ηλ goes to the other "
        "side, where it is added.",
        "2 / curvature": "The limit of convergence. There the floor is infinitely high.",
    },
    hints=(
        "Write the formula with `floor` on the left and solve for η.",
        "Multiply out: floor · 2 · (2 − ηλ) = ησ². η stands on both sides.",
        "4·floor = η(σ² + 2·floor·λ).",
    ),
    why="For small floors the rate is 4·floor/σ². A floor ten times lower costs a rate ten times "
    "lower, and ten times the steps; decay pays that price only at the end.",
    shown=[(0.05, 1.0, 1.0), (3.0, 2.0, 0.5)],
    fresh=lambda rng: tuple(rng.uniform([0.01, 0.2, 0.3], [4, 5, 3]).round(2).tolist()),
)


def _tables(rng: np.random.Generator) -> tuple:
    """Arguments of 03.6: accuracies of two schedules at five rates; no two best ones coincide."""
    while True:
        validation = {name: rng.uniform(50, 60, 5).round(1).tolist() for name in SCHEDULES}
        test = {name: rng.uniform(50, 60, 5).round(1).tolist() for name in SCHEDULES}
        best = [np.argmax(table[name]) for table in (validation, test) for name in SCHEDULES]
        if len(set(best)) == 4:
            return validation, test


SCHEDULES = ("constant", "decay")
_EXAMPLE = (
    {"constant": [50.0, 58.0, 56.0], "decay": [48.0, 55.0, 59.0]},
    {"constant": [51.0, 57.0, 57.5], "decay": [47.0, 54.0, 58.0]},
)

_AHEAD = 'test["decay"][best] - '

UNFAIR_BASELINE = FindBug(
    text='''03.6 An advantage that the rate makes

    Both schedules were trained at the same grid of rates; `validation[name]` and `test[name]` hold
    the accuracies, one a rate. The function should say by how many points of test accuracy decay
    is ahead when each of the two is tuned on validation data. Correct it.

    def advantage(validation, test):
        """Points of test accuracy that "decay" is ahead of "constant"."""
        best = np.argmax(validation["decay"])
        return test["decay"][best] - test["constant"][best]
    ''',
    given='test["decay"][best] - test["constant"][best]',
    right=_AHEAD + 'test["constant"][np.argmax(validation["constant"])]',
    wrong={
        _AHEAD + 'np.max(test["constant"])': "The constant rate is chosen on test data now, and "
        "decay on validation data: unfair to the other side.",
        _AHEAD + 'test["constant"][np.argmax(test["decay"])]': "Still the rate of the other "
        "method, and chosen on test data besides.",
        _AHEAD + 'np.mean(test["constant"])': "The mean over all rates: nobody would train with "
        "most of them.",
        _AHEAD
        + 'validation["constant"][np.argmax(validation["constant"])]': "The right rate, but the "
        "accuracy on the data that chose it, which flatters.",
        _AHEAD + 'test["constant"][0]': "The first rate of the grid, whatever it does.",
        'np.max(test["decay"]) - np.max(test["constant"])': "Both are chosen on test data: equal, "
        "but both flattered, since what judges has chosen.",
        'test["constant"][np.argmax(validation["constant"])] - test["decay"][best]': "The sign: "
        "this is by how much the constant rate is ahead.",
    },
    hints=(
        "At which rate is the constant one judged? Who chose it?",
        "Decay is judged at the rate that suits it best. Do the same for the constant rate.",
        '`np.argmax(validation["constant"])` is the place of its own best rate.',
    ),
    why="A method looks good beside a baseline at the wrong rate. The grid is part of the "
    "baseline as well: where one method's best rate lies between two points of it, the other one "
    "seems ahead.",
    shown=[_EXAMPLE],
    fresh=_tables,
)

EXERCISES = (LATE_CUT, FACTOR, RATE_PER_EPOCH, DECAYED_TWICE, FLOOR, UNFAIR_BASELINE)
