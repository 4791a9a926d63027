"""Exercises of chapter 04: methods that adapt the rate of each weight."""

import functools

import numpy as np

from course_lr import SGD, AdaGrad, Quadratic, RMSProp, train
from course_lr.teaching.chapters.ch04_adaptive import effective_rates
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, ReadCurves, panels

TURNS = {"along the axes": 0.0, "turned by 45°": np.pi / 4}
"""How the ravine of exercise 04.1 lies."""


def _both_ravines() -> dict[str, dict[str, np.ndarray]]:
    """The loss at each of 30 steps, ``(31,)``, of two rules in both ravines."""
    losses = {"SGD, η = 0.08": {}, "AdaGrad, η = 1": {}}
    for name, angle in TURNS.items():
        c, s = np.cos(angle), np.sin(angle)
        start = np.array([[c, -s], [s, c]]) @ [-4.0, 1.0]
        ravine = Quadratic([1.0, 20.0], rotation=angle)
        for rule, eta, panel in zip((SGD(), AdaGrad()), (0.08, 1.0), losses.values()):
            panel[name] = train(ravine, eta, update=rule, steps=30, start=start).loss
    return losses


def _what_a_turn_does(losses: dict) -> str:
    straight, turned = (loss[-1] for loss in losses["AdaGrad, η = 1"].values())
    if not np.isfinite(turned) or turned > 18:
        return "d"
    if np.isclose(straight, turned, rtol=1e-6):
        return "a"
    return "b" if turned > 10 * straight else "c"


TURNED = Predict(
    text="""04.1 The same ravine, turned

    A ravine has the curvatures 1 and 20 along w₁ and w₂; AdaGrad with η = 1 makes 30 steps in it
    from (−4, 1). Then ravine and start are turned by 45°, so that both weights share the steep
    direction and the flat one. With SGD nothing changes: it takes the same path, turned. What does
    AdaGrad with the same η do?

    a) It takes the same path, turned.
    b) It falls behind: its loss ends more than ten times as high.
    c) It ends at another place, but about as low.
    d) It diverges.""",
    right='"b"',
    wrong={
        '"a"': "It would if it had one rate for all. It has a rate for each weight, and a turn "
        "mixes the weights.",
        '"c"': "It is clearly worse off: what its rates could tell apart, they no longer can.",
        '"d"': "Its steps have the length η at most, and they shrink: it arrives, but slowly.",
    },
    hints=(
        "In the first ravine each weight has a direction of its own. And in the turned one?",
        "Turned by 45°, both weights see the steep direction: both have large gradients.",
        "So both get about the same small rate, and the flat direction has to be gone with it.",
    ),
    why="AdaGrad adapts a rate for each weight, not for each direction. Where the valley lies "
    "across the axes both weights have large gradients, both rates are small, and nothing is left "
    "of the advantage.",
    curves=_both_ravines,
    alt="The loss at each of 30 steps on a log axis, in the ravine along the axes and in the same "
    "ravine turned by 45 degrees. With SGD the two curves lie on each other. With AdaGrad the "
    "loss falls from 18 to about 0.0002 along the axes, and to about 0.2 in the turned ravine.",
    draw=functools.partial(panels, marker="."),
    measure=_what_a_turn_does,
)

ADAGRAD = Write(
    text='''04.2 Effective rates of AdaGrad

    `gradients` has one row a step and one column a weight. Return AdaGrad's effective rate of each
    weight in the last of these steps, η / √(sum of the squares so far). Leave ε out.

    def effective_rates(gradients, eta):
        """gradients (steps, n) -> the effective rate of each weight, (n,)."""
        gradients = np.array(gradients)
        return ...
    ''',
    right="eta / np.sqrt((gradients**2).sum(axis=0))",
    wrong={
        "eta / np.sqrt((gradients**2).sum())": "One rate for all weights: the squares are summed "
        "over the weights, too.",
        "eta / (gradients**2).sum(axis=0)": "The root is missing: the step would shrink when the "
        "gradient grows.",
        "eta / np.sqrt((gradients**2).mean(axis=0))": "A mean instead of a sum: that rate would "
        "not fall with time. RMSprop goes in this direction.",
        "eta / np.sqrt((gradients[:-1] ** 2).sum(axis=0))": "The last gradient is left out; it is "
        "added before the step is made.",
        "eta / np.abs(gradients.sum(axis=0))": "Gradients of both signs cancel in this sum: the "
        "squares must be summed.",
        "eta / np.abs(gradients[-1])": "Only the last gradient: without a history every step has "
        "the length η.",
        "eta / np.sqrt((gradients**2).sum(axis=1))": "Summed over the weights of each step; the "
        "sum goes over the steps, `axis=0`.",
    },
    hints=(
        "Each weight has a column of its own, and a sum of its own.",
        "`gradients**2` squares every number, `.sum(axis=0)` adds up each column.",
        "Divide eta by `np.sqrt` of that sum.",
    ),
    why="A weight with gradients ten times as large gets a tenth of the rate, and every step "
    "lowers all of them: a sum of squares never falls.",
    shown=[([[3.0, 0.3], [4.0, 0.4]], 1.0), ([[1.0, -2.0], [-1.0, 2.0], [1.0, 1.0]], 0.1)],
    fresh=lambda rng: (rng.normal(size=(4, 3)).round(2), rng.uniform(0.01, 1).__round__(2)),
)


def _a_step_of_adam(rng: np.random.Generator) -> tuple:
    w, m, v, g = rng.normal(size=4).round(2).tolist()
    return w, m, abs(v), g, round(rng.uniform(0.01, 0.5), 2), int(rng.integers(1, 30))


ADAM = Write(
    text='''04.3 One step of Adam

    Write step number `t` of Adam, counted from 1, for one weight `w`: `m` and `v` are the means of
    gradient and squared gradient before this step, `g` is the gradient, which the cell takes into
    both. Return the new `w`, with both means corrected for their start at 0. Leave ε out.

    def adam_step(w, m, v, g, eta, t):
        """The weight after step t (1, 2, …) of Adam."""
        beta1, beta2 = 0.9, 0.999
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        return ...
    ''',
    right="w - eta * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t))",
    wrong={
        "w - eta * m / np.sqrt(v)": "The correction for the start at 0 is missing: early steps "
        "have the wrong size.",
        "w + eta * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t))": "The sign: the step goes "
        "down, against the mean gradient.",
        "w - eta * m / np.sqrt(v / (1 - beta2**t))": "Only v is corrected; m started at 0, too, so "
        "the first steps are too short.",
        "w - eta * m / (1 - beta1**t) / np.sqrt(v)": "Only m is corrected; v started at 0, too, "
        "and grows out of it more slowly.",
        "w - eta * m / (1 - beta1 ** (t + 1)) / np.sqrt(v / (1 - beta2 ** (t + 1)))": "t is "
        "counted from 1 already: the first step divides by 1 − β, not by 1 − β².",
        "w - eta * m / (1 - beta1**t) / (v / (1 - beta2**t))": "The root is missing.",
        "w - eta * g / np.sqrt(v / (1 - beta2**t))": "The gradient itself instead of its mean: "
        "that is RMSprop with a correction.",
        "w - eta * (m * (1 - beta1**t)) / np.sqrt(v * (1 - beta2**t))": "Multiplied instead of "
        "divided: a mean that started at 0 is too small and must be made larger.",
    },
    hints=(
        "m and v began at 0, so at first they are too small. By which factor at t = 1?",
        "Divide m by 1 − β₁ᵗ, and v by 1 − β₂ᵗ.",
        "w − η · (corrected m) / √(corrected v).",
    ),
    why="At t = 1, from m = v = 0, the corrected means are g and g², so the first step has the "
    "length η whatever the gradient. Without the correction it would be 3.2 times as long.",
    shown=[(1.0, 0.0, 0.0, 0.5, 0.1, 1), (1.0, 0.2, 0.04, 0.5, 0.1, 5)],
    fresh=_a_step_of_adam,
)

SIZES = np.repeat([1.0, 10.0, 1.0], [300, 100, 600])
"""Size of the gradients at each step of exercise 04.4."""
WAYS = {
    "SGD": "a level line",
    "AdaGrad": "falls all the time, drops where the gradients are large, and stays low",
    "RMSprop, ρ = 0.9": "jitters, drops where the gradients are large, and is back at once",
    "RMSprop, ρ = 0.99": "is smoother, drops as deep, and takes hundreds of steps to come back",
}


def _four_rates() -> list[np.ndarray]:
    """Effective rates ``(1000,)`` on gradients that are large for a while, one a method."""
    gradients = np.random.default_rng(4).normal(size=(len(SIZES), 1, 1)) * SIZES[:, None, None]
    rules = AdaGrad(), RMSProp(0.9), RMSProp(0.99)
    adapted = [effective_rates(rule, gradients, 1.0).ravel() for rule in rules]
    return [np.ones(len(SIZES)), *adapted]


def _shaded(rates: dict):
    figure = panels(rates, y="effective rate (log scale)")
    for axis in figure.axes:
        axis.axvspan(300, 400, color="#E69F00", alpha=0.3)
    return figure


def _by_memory(rates: np.ndarray) -> np.ndarray:
    """The level one, the one that stays low, then by how soon one is back."""
    level, low = np.ptp(rates, axis=1) == 0, rates[:, -1] / rates[:, 299] < 0.3
    return np.lexsort((-rates[:, 450] / rates[:, 299], ~low, ~level))


FOUR_RATES = ReadCurves(
    text="""04.4 Four effective rates

    The picture (`ex.show()`) has the effective rates of one weight for four methods, A to D. In
    the shaded steps the gradients are ten times as large as before and after. The methods were
    SGD, AdaGrad, RMSprop with ρ = 0.9 and RMSprop with ρ = 0.99. Which is which? Give the letters
    in this order, such as "BADC".""",
    settings=WAYS,
    right='"DCBA"',
    wrong={
        '"ABCD"': "Turned round: the level line belongs to the method that adapts nothing.",
        '"DCAB"': "The two of RMSprop are exchanged: the longer the memory, the later it is back.",
        '"DACB"': "AdaGrad is exchanged with RMSprop of the longer memory; it never comes back.",
    },
    hints=(
        "One of the methods does not look at the gradients at all.",
        "A sum of squares can only grow, a running mean forgets.",
        "With ρ = 0.9 ten steps are remembered, with ρ = 0.99 a hundred: how soon is it back?",
    ),
    why="Large gradients lower the effective rate of all three. What differs is how long: AdaGrad "
    "for ever, RMSprop for some multiples of 1/(1 − ρ) steps.",
    curves=_four_rates,
    alt="Four effective rates over 1,000 steps on one log axis; from step 300 to 400, shaded, the "
    "gradients are ten times as large. {}.",
    draw=_shaded,
    measure=_by_memory,
)


def _some_accuracies(rng: np.random.Generator) -> tuple:
    """A table (3 methods, 4 rates) of which the best entry is not in the best common column."""
    while True:
        table = rng.uniform(0.3, 0.99, (3, 4)).round(2)
        own, common = table.max(axis=1), table[:, table.mean(axis=0).argmax()]
        if own.argmax() != common.argmax() and np.ptp(np.sort(own)[-2:]) > 0.005:
            return (table,)


COMMON_RATE = FindBug(
    text='''04.5 One rate for all methods

    This compares methods on validation data: `accuracy` has one row a method and one column a
    learning rate. It gives all methods the rate that suits them best on average, as many published
    comparisons do. Correct it: the place of the method that is best when each has its own best
    rate.

    def best_method(accuracy):
        """accuracy (methods, rates) -> the row of the best method."""
        accuracy = np.array(accuracy)
        common = accuracy.mean(axis=0).argmax()
        return accuracy[:, common].argmax()
    ''',
    given="accuracy[:, common].argmax()",
    right="accuracy.max(axis=1).argmax()",
    wrong={
        "accuracy.mean(axis=1).argmax()": "A mean over the rates: that depends on which rates "
        "happen to be in the table, not on what a method can do.",
        "accuracy.max(axis=0).argmax()": "The axes are exchanged: this is the column of the best "
        "rate, not the row of the best method.",
        "accuracy.argmax()": "The place in the flattened table; the row is wanted.",
        "accuracy.min(axis=1).argmax()": "The worst rate of each method decides; nobody uses it.",
        "accuracy[:, 0].argmax()": "Another common rate, the first one: still the same for all.",
    },
    hints=(
        "Which number of a row says what its method can do?",
        "Take the largest of each row, then see which row has the largest of these.",
        "`accuracy.max(axis=1)` are the best accuracies of the methods.",
    ),
    why="At a common rate one compares how well that rate suits each method. With its own rate "
    "each method shows what it can do; choose it on validation data and judge on other data.",
    shown=[([[0.90, 0.50, 0.10], [0.80, 0.85, 0.10], [0.10, 0.80, 0.95]],)],
    fresh=_some_accuracies,
)

UNITS = Write(
    text='''04.6 Other units

    The rates `[SGD, momentum, AdaGrad, Adam]` were tuned. Then somebody takes the sum of the losses
    of a batch in place of their mean: the loss, and with it every gradient, is multiplied by `c`.
    Return the four rates that make each method train as before (ε is negligible).

    def new_rates(rates, c):
        """rates (4,) of SGD, momentum, AdaGrad, Adam -> rates (4,) for the loss times c."""
        rates = np.array(rates)
        return ...
    ''',
    right="rates / [c, c, 1, 1]",
    wrong={
        "rates / c": "AdaGrad and Adam divide by the size of the gradients themselves: for them "
        "the factor cancels.",
        "rates": "For SGD and momentum a step is η times gradients: it became c times as long.",
        "rates * [c, c, 1, 1]": "The wrong way: gradients became larger, the rate must become "
        "smaller.",
        "rates / [c, 1, 1, 1]": "Momentum's velocity is a sum of gradients: it grows by c, too.",
        "rates / [c, c, np.sqrt(c), 1]": "AdaGrad's root is taken of a sum of squares, which grows "
        "by c²: the factor cancels.",
        "rates / [c, c, c, 1]": "AdaGrad divides by the root of its sum of squares: the factor "
        "cancels.",
    },
    hints=(
        "Write the step of each method with c · g in place of g.",
        "In which of them does c cancel?",
        "Divide the rates of SGD and momentum by c, and leave the other two.",
    ),
    why="SGD's rate depends on the unit of the loss. Adam's rate has the unit of a weight and not "
    "of the loss: that is what adaptive methods do spare you.",
    shown=[([0.5, 0.1, 0.05, 0.01], 64.0)],
    fresh=lambda rng: (rng.uniform(0.01, 1, 4).round(3), float(rng.integers(2, 200))),
)

EXERCISES = (TURNED, ADAGRAD, ADAM, FOUR_RATES, COMMON_RATE, UNITS)
