"""Exercises that choose a rate under a budget, graded by running the trainings."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lr import checks, train
from course_lr.teaching.exercises import comparing
from course_lr.teaching.exercises.function_exercises import Asked
from course_lr.teaching.exercises.outcome import CORRECT, INCORRECT, Outcome, code
from course_lr.teaching.exercises.sandbox import Call, Unreadable, call


class Trial(NamedTuple):
    """What one training showed: mean loss on the training set, accuracy on the validation set."""

    training_loss: float
    validation_accuracy: float


class BudgetSpent(Exception):
    """One training more than the exercise allows."""


UNTRIED = (
    "Chosen without a training: a rate that suits one problem fails on another. Try rates, and "
    "return the one that did best."
)
BY_TRAINING_LOSS = (
    "Chosen by the training loss: it is lowest where the wrong labels were learnt by heart. "
    "Choose by the validation accuracy."
)
ON_THE_EDGE = (
    "On the edge of the grid: the best of your rates is the last one on its side, so better ones "
    "may lie beyond. Move or widen the grid."
)
TOO_FEW = (
    "Best of those that were tried, but these are too few or lie too far apart: spread all "
    "trainings evenly on a log axis."
)
NOT_BEST = "Not the best of your own: another rate that you tried had a higher validation accuracy."


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class ChooseRate(Asked):
    """Write a function that chooses a rate for several problems, with a budget of trainings.

    Args:
        problem: makes the problem of a scale; its loss is multiplied by the scale, so that a rate
            divided by the scale trains alike.
        scales: one a problem.
        reference: rates that hold the best one for scale 1.
        steps: of one training.
        trainings: how many may be run for a problem.
        margin: how far below the best rate's validation accuracy the chosen one's may lie, means
            over ``judges``, seeds that no trial used.
    """

    kind = "choose a rate under a budget"
    problem: Callable[[float], Any]
    scales: Sequence[float]
    reference: Sequence[float]
    steps: int
    trainings: int = 12
    margin: float = 0.03
    judges: Sequence[int] = range(100, 105)

    @property
    def cases(self) -> list[tuple]:
        return [(scale,) for scale in self.scales]

    def trained(self, scale: float, rates: Sequence[float], seeds: Sequence[int]) -> list[Trial]:
        """Mean :class:`Trial` of each rate over the seeds, from one training of them all."""
        history = train(
            self.problem(scale),
            list(rates),
            steps=self.steps,
            seeds=list(seeds),
            record=("train_loss", "validation_accuracy"),
            record_every=self.steps,
        )
        ends = (history.train_loss[-1].mean(-1), history.validation_accuracy[-1].mean(-1))
        return [Trial(*map(float, pair)) for pair in zip(*ends)]

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        """The value is the chosen rate and the trials that led to it, ``(rate, {rate: trial})``."""
        trials: dict[float, Trial] = {}

        def try_rate(eta):
            rate = checks.single("eta", checks.rate("eta", eta))
            if rate not in trials:
                if len(trials) == self.trainings:
                    raise BudgetSpent(f"all {self.trainings} trainings of this problem are spent")
                trials[rate] = self.trained(case[0], [rate], [0])[0]
            return trials[rate]

        made = call(answer, (try_rate,), _rate, seconds)
        made.value = (made.value, trials)
        return made

    @functools.cache  # noqa: B019, an exercise lives as long as the session
    def best(self, scale: float) -> tuple[float, float]:
        """Validation accuracy and rate of the best reference rate, over the judging seeds."""
        rates = [rate / scale for rate in self.reference]
        accuracy = [t.validation_accuracy for t in self.trained(scale, rates, self.judges)]
        return max(zip(accuracy, rates))

    def judged(self, calls: list[Call]) -> Outcome:
        for (scale,), made in zip(self.cases, calls):
            rate, trials = made.value
            reached = self.trained(scale, [rate], self.judges)[0].validation_accuracy
            best, at = self.best(scale)
            if reached < best - self.margin:
                text = (
                    f"{self.called((scale,))}\n\nChosen: {rate:.3g}. Over {len(self.judges)} other "
                    f"seeds it reaches a validation accuracy of {100 * reached:.1f} %; "
                    f"{at:.2g} reaches {100 * best:.1f} %, and {100 * self.margin:g} points less "
                    f"are accepted.\n\n{_diagnosis(rate, trials)}"
                )
                return self.outcome(INCORRECT, text, made)
        return self.outcome(CORRECT, self.why, calls[0])

    def called(self, case: tuple) -> str:
        return code(f"{self.name}(try_rate)  # the loss multiplied by {case[0]:g}")


def _rate(value: Any) -> float:
    made = comparing.numbers(value)
    if made.shape or not (np.isfinite(made) and made > 0):
        raise Unreadable(f"One rate above 0 is expected; got {comparing.written(made)}.")
    return float(made)


def _diagnosis(rate: float, trials: Mapping[float, Trial]) -> str:
    """What was wrong with the way the rate was chosen."""
    if not trials:
        return UNTRIED
    rates, shown = np.array(list(trials)), list(trials.values())
    by_loss = rates[np.argmin([trial.training_loss for trial in shown])]
    accuracy = np.array([trial.validation_accuracy for trial in shown])
    if rate not in rates[accuracy == accuracy.max()]:
        return BY_TRAINING_LOSS if rate == by_loss else NOT_BEST
    return ON_THE_EDGE if rate in (rates.min(), rates.max()) else TOO_FEW
