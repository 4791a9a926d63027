"""Exercises of chapter 05: searching for a rate."""

from typing import Any

import numpy as np

from course_lr import grid_search, log_uniform, mnist1d, random_search, successive_halving
from course_lr.search.ramp import smoothed
from course_lr.teaching.exercises import budget
from course_lr.teaching.exercises.budget import BEST_OF, JUDGES, NOT_BEST, ChooseRate
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.outcome import Box, code
from course_lr.teaching.exercises.pictured import Predict, panels
from course_lr.teaching.exercises.sandbox import SECONDS

DECADES, BAND, DRAWN = 6.0, 0.6, 12


def _hits() -> dict[str, dict[str, tuple]]:
    """Of 20,000 random searches, the per cent with a rate in the band, for 1 to 24 draws."""
    places = np.random.default_rng(5).uniform(0, DECADES, (20_000, 24))
    inside = (places > 4.5) & (places < 4.5 + BAND)
    share = 100 * np.logical_or.accumulate(inside, axis=1).mean(axis=0)
    every = (np.arange(1, 25), share)
    return {"": {"at random, 20,000 searches": every, "12 draws": ([DRAWN], share[[DRAWN - 1]])}}


def _share_of_hits(panel: dict) -> str:
    (share,) = panel[""]["12 draws"][1]
    return "a" if share > 95 else "b" if share > 60 else "c" if share > 40 else "d"


def _drawn(panel: dict):
    y = "searches with a rate in the band (%)"
    return panels(panel, "rates drawn", y, log=False, marker="o")


RANDOM_RATES = Predict(
    text="""05.1 Twelve rates at random

    Good rates fill a band of 0.6 decades, somewhere within the six decades that you search. You
    draw twelve rates at random, evenly on a log axis. (A grid of twelve over the same decades can't
    miss the band: its points stand 0.55 decades apart.) In how many of 100 searches does at least
    one of the twelve fall into the band?

    a) Nearly all: 97 or more.
    b) About 70.
    c) About 50.
    d) About 10, the band's share of the range.""",
    right='"b"',
    wrong={
        '"a"': "Twelve draws are more than the ten that fill the range on the mean, but they "
        "cluster and leave gaps.",
        '"c"': "With six or seven draws half of the searches would hit.",
        '"d"': "That is the chance of a single draw.",
    },
    hints=(
        "What is the chance that one draw misses the band?",
        "Each draw misses with a chance of 9 in 10, whatever the others do.",
        "All twelve miss with the chance 0.9 to the power of 12.",
    ),
    why="All twelve draws miss with the chance 0.9¹² = 0.28, so 72 of 100 searches hit. In one "
    "dimension an even grid covers better than chance; chance pays where there are more dimensions "
    "than matter.",
    curves=_hits,
    alt="Share of random searches that have a rate in the good band against the number of rates "
    "drawn: it rises more and more slowly, is about 72 per cent at 12 draws and still below "
    "95 per cent at 24.",
    draw=_drawn,
    measure=_share_of_hits,
)

LOG_GRID = Write(
    text='''05.2 A grid on a log axis

    Return the rates of a grid from `low` to `high`, both ends included, with `per_decade` steps in
    each decade, evenly spaced on a log axis. From `low` to `high` there are whole decades.

    def log_grid(low, high, per_decade):
        """Rates from low to high, per_decade steps a decade."""
        return ...
    ''',
    right="np.geomspace(low, high, round(np.log10(high / low)) * per_decade + 1)",
    wrong={
        "np.geomspace(low, high, round(np.log10(high / low)) * per_decade)": "One point short: "
        "between n points there are n − 1 steps, so these stand too far apart.",
        "np.linspace(low, high, round(np.log10(high / low)) * per_decade + 1)": "Evenly spaced on "
        "a linear axis: nine tenths of the points lie in the topmost decade.",
        "np.geomspace(low, high, round(np.log(high / low)) * per_decade + 1)": "The natural "
        "logarithm counts steps of e = 2.72; decades are steps of ten.",
        "np.geomspace(low, high, per_decade + 1)": "So many steps in the whole range; they are "
        "wanted in each decade.",
        "np.logspace(low, high, round(np.log10(high / low)) * per_decade + 1)": "`np.logspace` "
        "wants exponents, not rates: it goes from 10^low to 10^high.",
        "np.geomspace(high, low, round(np.log10(high / low)) * per_decade + 1)": "The order: from "
        "low to high.",
    },
    hints=(
        "How many decades lie between low and high? `np.log10` counts them.",
        "Steps in all: decades times `per_decade`. Points: one more than steps.",
        "`np.geomspace(low, high, points)` spaces them evenly on a log axis.",
    ),
    why="The number of points grows with the decades, not with the width: six decades at two steps "
    "each are 13 trainings. Rounding the logarithm saves you from 4.999999.",
    shown=[(1e-5, 0.1, 1), (0.01, 1.0, 2)],
    fresh=lambda rng: (
        low := float(10.0 ** -rng.integers(2, 6)),
        low * 10.0 ** int(rng.integers(1, 5)),
        int(rng.integers(2, 6)),
    ),
)

HALVING = Write(
    text='''05.3 What halving costs

    Successive halving trains all candidates for a few steps, keeps one part in `factor`, trains
    these on from where they stand until they have made `factor` times as many steps, and so
    forth. The last one left has then made `steps` steps. The number of candidates is a power of
    `factor`. Return how many gradients are computed in all.

    def gradients(candidates, steps, factor):
        """Gradient evaluations of a successive halving."""
        return ...
    ''',
    right="steps * (1 + round(np.log(candidates) / np.log(factor)) * (1 - 1 / factor))",
    wrong={
        "candidates * steps": "The full search: here most candidates stop early.",
        "steps * (1 + round(np.log(candidates) / np.log(factor)))": "As if each round began anew: "
        "the survivors go on from where they stand.",
        "steps * round(np.log(candidates) / np.log(factor)) * (1 - 1 / factor)": "The first round "
        "is missing: all candidates make their first steps, together `steps` of them.",
        "steps * (1 + np.log(candidates) * (1 - 1 / factor))": "The number of rounds is the "
        "logarithm to the base `factor`.",
        "steps": "The steps of the last one alone.",
    },
    hints=(
        "Write the rounds down for 9 candidates, 90 steps and factor 3: who makes how many steps?",
        "9 make 10 steps each; 3 of them 20 more; 1 of them 60 more.",
        "The first round costs `steps`, each further one `steps` · (1 − 1/factor). How many are "
        "there?",
    ),
    why="Each round costs about the same, so that the price grows with the logarithm of the number "
    "of candidates: 27 rates cost three trainings instead of 27.",
    shown=[(9, 90, 3), (27, 270, 3)],
    fresh=lambda rng: (
        (factor := int(rng.integers(2, 6))) ** (k := int(rng.integers(1, 5))),
        factor**k * int(rng.integers(11, 60)),
        factor,
    ),
)


def _table(rng: np.random.Generator) -> tuple:
    """Arguments of 05.4: validation and test accuracy ``(rates, seeds)``, which disagree."""
    while True:
        height = rng.uniform(0.5, 0.9, 5)[:, None]
        pair = [(height + rng.normal(0, 0.08, (5, 3))).clip(0, 1).round(3) for _ in range(2)]
        validation, test = (each.mean(axis=1).argmax() for each in pair)
        others = {validation, pair[0].max(axis=1).argmax(), pair[0][:, 0].argmax()}
        if test not in others and len(others) == 3:
            return tuple(pair)


FLATTERY = FindBug(
    text='''05.4 A number that flatters

    This takes the accuracies of a search, one row a rate and one column a seed, and returns which
    rate to use and the accuracy to expect. The accuracy that it reports is not kept on new data.
    Correct it: what is chosen, and by which data?

    def chosen(validation, test):
        """validation, test (rates, seeds) -> place of the rate, accuracy to report."""
        best = np.argmax(test.mean(axis=1))
        return best, test[best].mean()
    ''',
    given="np.argmax(test.mean(axis=1))",
    right="np.argmax(validation.mean(axis=1))",
    wrong={
        "np.argmax((validation + test).mean(axis=1))": "Half of the choice is still made by test "
        "data: whatever chooses may not judge.",
        "np.argmax(validation.max(axis=1))": "The luckiest run of each rate decides: take the mean "
        "over the seeds.",
        "np.argmax(validation[:, 0])": "One seed decides: take the mean over all of them.",
        "np.argmin(validation.mean(axis=1))": "The smallest one: that suits a loss, and this is an "
        "accuracy.",
        "np.argmax(validation.mean(axis=1))\nreturn best, validation[best].mean()": "The number "
        "that chose is too high: report the test accuracy.",
    },
    hints=(
        "Which data were seen when the rate was chosen?",
        "The maximum of noisy numbers is too high. Take the maximum of one set, report the other.",
        "The second line is right. The first one must not see `test`.",
    ),
    why="The test data judge, so they must not choose. The winner's validation accuracy is too "
    "high, since it won partly by luck; a test accuracy that chose is just as flattering.",
    shown=[
        (
            np.array([[0.70, 0.72], [0.79, 0.77], [0.74, 0.82]]),
            np.array([[0.71, 0.69], [0.73, 0.77], [0.78, 0.76]]),
        )
    ],
    fresh=_table,
)


def _ladder(rng: np.random.Generator) -> tuple:
    """Arguments of 05.5: a loss that falls and rises, with noise that has a minimum of its own."""
    rates = np.geomspace(1e-4, 1.0, 40)
    while True:
        valley = (np.log10(rates) + rng.uniform(0.8, 2)) ** 2
        loss = (1 + valley + rng.normal(0, 0.25, 40)).round(3)
        lowest = smoothed(loss, 3).argmin()
        if 8 < lowest < 34 and loss.argmin() != lowest:
            return rates, loss, 3


_READ = """smooth = [np.{}(loss[max(i - width, 0) : i + {}]) for i in range(len(loss))]
return rates[np.argmin(smooth)] / 3"""
_RIGHT = _READ.format("mean", "width + 1")

RANGE_TEST = Write(
    text='''05.5 Read a range test

    A range test has climbed through `rates` and seen `loss`, one value a rate. Smooth it: replace
    each value by the mean of itself and of up to `width` neighbours on each side (fewer at the
    ends). Return a third of the rate at which the smoothed loss is smallest.

    def read_off(rates, loss, width):
        """A third of the rate where the smoothed loss is smallest."""
        return ...
    ''',
    right=_RIGHT,
    wrong={
        _RIGHT.removesuffix(" / 3"): "The rate of the minimum itself: a third of it is asked for.",
        _RIGHT.replace("/ 3", "/ 10"): "A tenth of the rate; a third is asked for.",
        "return rates[np.argmin(loss)] / 3": "Not smoothed: one lucky batch decides.",
        _READ.format("mean", "1"): "Only what came before: such a mean lags behind, and its "
        "minimum stands too far to the right.",
        _READ.format("mean", "width"): "The last neighbour on the right is missing: a slice ends "
        "before its end.",
        _READ.format("sum", "width + 1"): "A sum: at the ends it has fewer terms and is small for "
        "that reason alone.",
        _READ.format("max", "width + 1"): "The largest of the neighbours; their mean is wanted.",
    },
    hints=(
        "For each place i take the mean of a slice of `loss` round it.",
        "The slice begins at `max(i - width, 0)`: a negative begin would count from the end.",
        "It ends before `i + width + 1`; beyond the end of the list a slice simply stops.",
    ),
    why="Each loss of a range test comes from another batch, so its raw minimum is luck. What is "
    "read then still depends on the length of the ladder: it is where a search begins.",
    shown=[([0.01, 0.03, 0.1, 0.3, 1.0], [2.0, 1.5, 0.7, 1.2, 3.0], 1)],
    fresh=_ladder,
)

_TWO_LOOKS = """first = np.geomspace(1e-6, 100, 6)
best = max(first, key=lambda eta: try_rate(eta).validation_accuracy)
rates = [best, *(best * 10 ** np.array([-1.2, -0.8, -0.4, 0.4, 0.8, 1.2]))]
return max(rates, key=lambda eta: try_rate(eta).validation_accuracy)"""
TOO_COARSE = (
    "The best of those that were tried, but they lie too far apart. Twelve trainings are too few "
    "for all decades at once: keep some for a second look, round the best of the first."
)

LOW, HIGH = 1e-6, 100.0
SEARCHES = 5


class Race(ChooseRate):
    """Choose a rate under a budget, and compare with what the searches of the chapter find."""

    def compare(self, answer: Any, *, seconds: float = SECONDS) -> None:
        """Show the mean validation accuracy of what ``answer`` and the searches choose."""
        rates, reached = self.chosen(answer, seconds), self.rivals()
        if rates:
            own = [self.accuracy(scale, rate) for scale, rate in zip(self.scales, rates)]
            reached = {"your function": own} | reached
        table = "\n".join(
            f"{name:<34}{100 * np.mean(values):5.1f} %" for name, values in reached.items()
        )
        what = f"Validation accuracy over {len(JUDGES)} other seeds, mean of three problems:"
        more = "" if rates else "Your function joins the table when it returns a rate."
        Box("The race", f"{what}\n\n{code(table)}\n\n{more}".strip()).show()

    def rivals(self) -> dict[str, list[float]]:
        """For each search, the accuracy that its choices reach, one or more a problem."""
        reached = {"a grid of 12": [], "12 at random (mean of 5 searches)": []}
        reached["halving of 27 (costs 3 trainings)"] = []
        for scale in self.scales:
            problem, options = self.problem(scale), dict(steps=self.steps, seeds=[0])
            draw = log_uniform(LOW, HIGH)
            searches = (
                [grid_search(problem, np.geomspace(LOW, HIGH, 12), **options)],
                [random_search(problem, draw, 12, sample_seed=k, **options)
                 for k in range(SEARCHES)],
                [successive_halving(problem, np.geomspace(LOW, HIGH, 27), **options)],
            )  # fmt: skip
            for values, results in zip(reached.values(), searches):
                values += [self.accuracy(scale, float(result.best)) for result in results]
        return reached


RACE = Race(
    text='''05.6 The race: twelve trainings, eight decades

    As in exercise 02.6, but harder. `try_rate(eta)` trains a small network on MNIST-1D and returns
    `.training_loss` and `.validation_accuracy`; you have 12 trainings. The check calls your
    function for three problems that differ in the units of the loss; the best rate of each lies
    between 1e-6 and 1e2, and you must come within 2.5 points of it. Asking again for a rate costs
    nothing. Then `ex.compare(choose)` shows you beside a grid of 12, random search and halving.

    def choose(try_rate):
        """A good rate for a problem; at most 12 calls of try_rate(eta)."""
        return ...
    ''',
    right=_TWO_LOOKS,
    wrong={
        "return 0.1": budget.UNTRIED,
        BEST_OF.format("[1e-5, 1e-4, 1e-3, 1e-2, 1e-1]"): budget.ON_THE_EDGE,
        BEST_OF.format("np.geomspace(1e-6, 100, 12)"): TOO_COARSE,
        BEST_OF.format("np.geomspace(1e-6, 100, 6)"): TOO_COARSE,
        "rates = np.geomspace(1e-6, 100, 12)\n"
        "return min(eta for eta in rates if try_rate(eta).validation_accuracy > 0.2)": NOT_BEST,
    },
    hints=(
        "Twelve points over eight decades stand 0.7 decades apart. Where are more of them needed?",
        "Take six for all decades. How far from the best of these can the best rate lie?",
        "The other six go to both sides of the best of the first, within one step of it.",
    ),
    why="Coarse, then fine: the first look finds the decade, the second the place in it. A step of "
    "the second look is a quarter of one of the first.",
    problem=lambda scale: mnist1d(hidden=(32,), loss_scale=scale),
    scales=(1.0, 0.03, 30.0),
    reference=np.geomspace(0.4, 1.8, 6),
    steps=200,
    margin=0.025,
    too_few=TOO_COARSE,
)

EXERCISES = (RANDOM_RATES, LOG_GRID, HALVING, FLATTERY, RANGE_TEST, RACE)
