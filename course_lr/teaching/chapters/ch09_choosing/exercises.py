"""Exercises of chapter 09: how to choose."""

import dataclasses
from typing import Any

import numpy as np

from course_lr import MLP
from course_lr.teaching.chapters.ch09_choosing import contest
from course_lr.teaching.exercises.budget import (
    BEST_OF,
    NOT_BEST,
    ON_THE_EDGE,
    UNTRIED,
    ChooseRate,
)
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.outcome import CORRECT, Box, Outcome
from course_lr.teaching.exercises.pictured import Predict
from course_lr.teaching.exercises.sandbox import SECONDS, Call

NEAR = 2.0
"""Points of regret up to which a way counts as good."""


def _default_regrets() -> dict[str, float]:
    """Mean regret in points of Adam at 1e-3 on each new problem of the contest, by its words."""
    regrets = contest.load().cut(contest.NEW).regrets("Adam 1e-3 constant")
    return dict(zip(contest.NEW.values(), regrets.mean(axis=1).tolist()))


def _bars(regrets: dict[str, float]):
    from course_lr.teaching.figures import canvas

    figure, (axis,) = canvas(size=(7.4, 4.0))
    axis.barh(list(regrets), list(regrets.values()), color="#0072B2")
    axis.axvline(NEAR, color="#D55E00", linestyle="--", label="two points")
    axis.invert_yaxis()
    axis.set_xlabel("regret of Adam at 1e-3 (points of test accuracy)")
    axis.legend(loc="lower right")
    return figure


def _how_many_are_near(regrets: dict[str, float]) -> str:
    count = sum(regret <= NEAR for regret in regrets.values())
    return "a" if count >= 7 else "b" if count >= 4 else "c" if count >= 1 else "d"


DEFAULT_RATE = Predict(
    text="""09.1 The default rate

    Nine small networks that this course has not seen before are trained with Adam at its default
    rate of 1e-3, for the 240 to 400 steps of the contest. On how many does that end within two
    points of test accuracy of the best tuned training?

    a) On seven or more: that is why it is the default.
    b) On four to six.
    c) On one to three.
    d) On none.""",
    right='"d"',
    wrong={
        '"a"': "It is the default for many kinds of training; these few hundred steps are too few.",
        '"b"': "Four or more would need longer trainings: 1e-3 is slow here.",
        '"c"': "Nearly: on two it ends between two and four points behind.",
    },
    hints=(
        "How many points did 1e-3 lose with Adam at the beginning of this chapter?",
        "It is slow rather than wrong. Are a few hundred steps enough for it anywhere?",
        "Even on the easiest of the nine, where nearly 100 % can be had, 400 steps are too few.",
    ),
    why="In a few hundred steps Adam's 1e-3 is too slow everywhere: between two and twenty-two "
    "points behind, and not only where the problem is hard. A default is a place to begin.",
    curves=_default_regrets,
    alt="Regret of Adam at 1e-3 on nine problems, one bar each, from a little above two to more "
    "than twenty points of test accuracy, with a line at two points.",
    draw=_bars,
    measure=_how_many_are_near,
)


def _short_training(rng: np.random.Generator) -> tuple:
    """Arguments of 09.2: a rate, three losses and a factor, each of the three cases."""
    first = round(rng.uniform(1, 3), 2)
    losses = [
        [first, float("inf"), float("inf")],
        [first, float("inf"), first * 0.5],
        [first, float("nan"), float("nan")],
        [first, first * 1.3, first * 0.4],
        [first, first * 1.2, first * 1.5],
        [first, first * 0.99, first * 0.985],
        [first, first * 0.6, first * 0.3],
    ][rng.integers(7)]
    return float(f"{10 ** rng.uniform(-4, 0):.2g}"), np.round(losses, 3), int(rng.integers(2, 11))


_CASES = """if not np.isfinite(losses).all() or losses[-1] > losses[0]:
    return {lower}
if losses[-1] > 0.9 * losses[0]:
    return {raised}
return rate"""

_AFTER = """if {}:
    return rate / factor
if losses[-1] > 0.9 * losses[0]:
    return rate * factor
return rate"""

ADJUSTED = Write(
    text='''09.2 Slow, unstable, or fine?

    A common rule for a beginning: look at a short training, then adjust. `losses` are the losses
    at its start, middle and end. If one is not finite, or the last is above the first, the training
    was unstable: return the rate divided by `factor`. Otherwise, if the last is still above 0.9
    times the first, it was slow: return the rate times `factor`. Otherwise return the rate.

    def adjusted(rate, losses, factor):
        """The rate to try next."""
        return ...
    ''',
    right=_CASES.format(lower="rate / factor", raised="rate * factor"),
    wrong={
        _CASES.format(lower="rate * factor", raised="rate / factor"): "The directions: unstable "
        "means lower, slow means raise.",
        "if losses[-1] > 0.9 * losses[0]:\n    return rate * factor\nreturn rate": "A diverged "
        "training has a large last loss, too; ask for instability first.",
        "if losses[-1] > losses[0]:\n    return rate / factor\n"
        "if losses[-1] > 0.9 * losses[0]:\n    return rate * factor\n"
        "return rate * factor": "A training that is neither is fine: keep its rate.",
        _CASES.format(lower="rate - factor", raised="rate + factor"): "Rates are adjusted by a "
        "factor: their scale is logarithmic.",
        _AFTER.format(
            "losses[-1] > losses[0]"
        ): "A loss that is `inf` in the middle, or `nan` at the end, is not above the first: ask "
        "whether all are finite.",
        _AFTER.format("not np.isfinite(losses[-1]) or losses[-1] > losses[0]"): "Any loss that "
        "is not finite counts, not the last one alone.",
        _AFTER.format("not np.isfinite(losses).all() or max(losses) > losses[0]"): "The *last* "
        "loss decides: one in the middle may be higher, and the end fine.",
    },
    hints=(
        "Three cases; in which order do you have to ask?",
        "Unstable first: `np.isfinite(losses).all()` is False where a loss has diverged.",
        "Then slow: `losses[-1] > 0.9 * losses[0]`. What is left is fine.",
    ),
    why="Slow and unstable can look alike at the end: both have a large loss. Instability is seen "
    "by comparing with the start.",
    shown=[
        (0.001, [2.3, 2.29, 2.28], 10),
        (1.0, [2.3, 4.0, float("inf")], 10),
        (0.5, [2.3, float("inf"), 1.1], 5),
        (0.3, [2.3, float("nan"), float("nan")], 4),
        (0.1, [2.3, 3.0, 0.9], 10),
    ],
    fresh=_short_training,
)

_KEPT = "test.mean(axis=1)[validation.mean(axis=1).argmax()]"

REGRET = Write(
    text='''09.3 Regret

    Several rates were trained with several seeds. A search chooses the rate with the best mean
    validation accuracy. Its regret is what you lose by it: the best mean test accuracy of all
    rates, minus the mean test accuracy of the chosen one. Return it in points (hundredths).

    def regret(validation, test):
        """validation, test (rates, seeds), 0 to 1 -> points of test accuracy lost."""
        return ...
    ''',
    right=f"100 * (test.mean(axis=1).max() - {_KEPT})",
    wrong={
        f"test.mean(axis=1).max() - {_KEPT}": "In shares; a point is a hundredth.",
        f"100 * (validation.mean(axis=1).max() - {_KEPT})": "The promise of the winner "
        "against what it keeps; regret compares test accuracies.",
        f"100 * ({_KEPT} - test.mean(axis=1).max())": "The sign: regret is what is lost, never "
        "negative here.",
        f"100 * (test.max() - {_KEPT})": "The luckiest single run; compare means.",
        "0.0": "That is the regret of whoever chooses by the test data.",
    },
    hints=(
        "Which rate does the search choose? Only `validation` may decide that.",
        "`validation.mean(axis=1).argmax()` is its place.",
        "Take the means of `test` over the seeds; the largest minus the one at that place.",
    ),
    why="Regret says what a way to choose costs, whatever the problem's difficulty: an accuracy of "
    "60 % may be all that there is.",
    shown=[(np.array([[0.7, 0.8], [0.9, 0.8]]), np.array([[0.8, 0.9], [0.7, 0.8]]))],
    fresh=lambda rng: tuple(rng.uniform(0.3, 0.9, (2, 5, 3)).round(2)),
)

LARGER_BATCH = FindBug(
    text='''09.4 The batch has grown

    You have a good rate for one batch size, and train with another. This is meant to carry the rate
    over by a power of the ratio of the batches, such as the square root (`exponent=0.5`), but never
    beyond `limit`, where training is known to fail. Correct it.

    def carried_over(rate, old_batch, new_batch, exponent, limit):
        """The rate to begin with for the new batch size."""
        scaled = rate * (old_batch / new_batch) ** exponent
        return min(scaled, limit)
    ''',
    given="(old_batch / new_batch) ** exponent",
    right="(new_batch / old_batch) ** exponent",
    wrong={
        "(new_batch / old_batch) * exponent": "A power, not a product: `**`.",
        "(new_batch - old_batch) ** exponent": "The ratio of the batches counts, not their "
        "difference.",
        "new_batch**exponent / old_batch": "The power is taken of the ratio, not of one of them.",
        "new_batch / old_batch * exponent": "A power, not a product: `**`.",
        "(new_batch / old_batch)": "The exponent is missing: 0.5 would be the square root.",
    },
    hints=(
        "With a larger batch, should the rate grow or shrink?",
        "Try it: from 16 to 64 with exponent 0.5 the rate should double.",
        "The ratio is upside down.",
    ),
    why="A larger batch has less noise in its gradient and tolerates a larger rate, up to the "
    "limit that curvature sets. Carry it over as a start, then search round it.",
    shown=[(0.1, 16, 64, 0.5, 1.0), (0.5, 16, 256, 1.0, 1.0)],
    fresh=lambda rng: (
        round(rng.uniform(0.01, 0.5), 3),
        int(2 ** rng.integers(3, 6)),
        int(2 ** rng.integers(6, 9)),
        float(rng.choice([0.5, 1.0])),
        5.0,
    ),
)

TOO_COARSE = (
    "The best of those that were tried, but they lie too far apart for twenty trainings: a first "
    "look over all decades, then the rest of them round its best."
)


def unknown(scale: float) -> MLP:
    """Three noisy spirals of other data than the chapter's, with the loss in other units."""
    return MLP(contest.spirals_data(data_seed=77), hidden=(32, 32), loss_scale=scale)


class Unknown(ChooseRate):
    """Choose a rate for an unknown problem; what is graded is the regret."""

    def judge(self, calls: list[Call]) -> Outcome:
        outcome = super().judge(calls)
        if outcome.status == CORRECT:
            return outcome
        regrets = self.regrets([reply.value[0] for reply in calls])
        return dataclasses.replace(outcome, text=f"{outcome.text}\n\n{regrets}")

    def regrets(self, rates: list[float]) -> str:
        """The regret on each problem, in words."""
        points = [
            f"{100 * (self.best(scale)[0] - self.accuracy(scale, rate)):.0f}"
            for scale, rate in zip(self.scales, rates)
        ]
        return f"Regret in points, by problem: {', '.join(points)}."

    def compare(self, answer: Any, *, seconds: float = SECONDS) -> None:
        """Show the regret of what ``answer`` chooses."""
        rates = self.chosen(answer, seconds)
        text = self.regrets(rates) if rates else "It is told when `choose` returns a rate."
        Box("Regret", text).show()


_TWO_LOOKS = """first = np.geomspace(1e-5, 1e3, 11)
best = max(first, key=lambda eta: try_rate(eta).validation_accuracy)
rates = [best, *(best * 10 ** np.array([-0.6, -0.45, -0.3, -0.15, 0.15, 0.3, 0.45, 0.6]))]
return max(rates, key=lambda eta: try_rate(eta).validation_accuracy)"""

UNKNOWN = Unknown(
    text='''09.5 An unknown problem, twenty trainings

    The last one. `try_rate(eta)` trains a network with SGD on data that you know nothing about, and
    returns `.training_loss` and `.validation_accuracy`. You have 20 trainings for each of two
    problems, which differ in their units; good rates lie somewhere between 1e-5 and 1e3. Return the
    rate that you would use. It is graded by regret: at most ten points below the best rate of a
    dense grid, over five other seeds. Then `ex.compare(choose)` shows your regret.

    def choose(try_rate):
        """A good rate for an unknown problem; at most 20 calls of try_rate(eta)."""
        return ...
    ''',
    right=_TWO_LOOKS,
    wrong={
        "return 0.001": UNTRIED,
        BEST_OF.format("[1e-5, 1e-4, 1e-3, 1e-2, 1e-1]"): ON_THE_EDGE,
        BEST_OF.format("np.geomspace(1e-5, 1e3, 5)"): TOO_COARSE,
        "rates = np.geomspace(1e-5, 1e3, 12)\n"
        "return min(eta for eta in rates if try_rate(eta).validation_accuracy > 0.4)": NOT_BEST,
    },
    hints=(
        "Eight decades and twenty trainings: how far apart would an even grid stand?",
        "Eleven for all decades stand 0.8 decades apart. The other nine go round the best of them.",
        "If the best of the second look is on its edge, go on there. You have all that chapters 05 "
        "and 09 teach.",
    ),
    why="Coarse, then fine, judged on validation data: with it you have a good chance on any "
    "problem that you can afford to train twenty times.",
    problem=unknown,
    scales=(1.0, 0.01),
    reference=np.geomspace(0.2, 1.6, 10),
    steps=420,
    trainings=20,
    margin=0.1,
    too_few=TOO_COARSE,
)

EXERCISES = (DEFAULT_RATE, ADJUSTED, REGRET, LARGER_BATCH, UNKNOWN)
