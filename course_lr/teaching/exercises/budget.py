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

JUDGES = tuple(range(100, 105))
"""Seeds that no trial uses: a chosen rate is judged by its mean over them."""


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
GAP = "Between {:.2g} and {:.2g} you tried nothing: spread the rates evenly on a log axis."
TOO_FEW = (
    "Best of those that were tried, but these are too few or lie too far apart: spread all "
    "trainings evenly on a log axis."
)
NOT_BEST = "Not the best of your own: another rate that you tried had a higher validation accuracy."
BEST_OF = "rates = {}\nreturn max(rates, key=lambda eta: try_rate(eta).validation_accuracy)"
"""An answer that tries all of some rates and returns the best."""


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
            over :data:`JUDGES`.
        too_few: what is said where the best of those that were tried is not good enough.
    """

    kind = "choose a rate under a budget"
    problem: Callable[[float], Any]
    scales: Sequence[float]
    reference: Sequence[float]
    steps: int
    trainings: int = 12
    margin: float = 0.03
    too_few: str = TOO_FEW

    def __post_init__(self):
        super().__post_init__()
        self.trial = functools.cache(self.trial)

    @property
    def cases(self) -> list[tuple]:
        return [(scale,) for scale in self.scales]

    def trial(self, scale: float, rate: float, seeds: tuple[int, ...]) -> Trial:
        """The mean :class:`Trial` of a rate over the seeds; each is trained once."""
        history = train(
            self.problem(scale),
            rate,
            steps=self.steps,
            seeds=list(seeds),
            record=("train_loss", "validation_accuracy"),
            record_every=self.steps,
        )
        ends = history.train_loss[-1], history.validation_accuracy[-1]
        return Trial(*(float(end.mean()) for end in ends))

    def accuracy(self, scale: float, rate: float) -> float:
        """The mean validation accuracy of a rate over the judging seeds."""
        return self.trial(scale, rate, JUDGES).validation_accuracy

    def best(self, scale: float) -> tuple[float, float]:
        """Validation accuracy and rate of the best reference rate, over the judging seeds."""
        rates = [float(rate / scale) for rate in self.reference]
        return max((self.accuracy(scale, rate), rate) for rate in rates)

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        """The value is the chosen rate and the trials that led to it, ``(rate, {rate: trial})``."""
        trials: dict[float, Trial] = {}

        def try_rate(eta):
            rate = checks.single("eta", checks.rate("eta", eta))
            if rate not in trials:
                if len(trials) == self.trainings:
                    raise BudgetSpent(f"all {self.trainings} trainings of this problem are spent")
                trials[rate] = self.trial(case[0], rate, (0,))
            return trials[rate]

        reply = call(answer, (try_rate,), _rate, seconds)
        reply.value = (reply.value, trials)
        return reply

    def chosen(self, answer: Any, seconds: float) -> list[float]:
        """The rate that ``answer`` chooses for each problem; empty where it does not."""
        calls = [self.ask(answer, case, seconds) for case in self.cases] if callable(answer) else []
        done = all(reply.attempted and not reply.trouble for reply in calls)
        return [reply.value[0] for reply in calls] if done else []

    def judge(self, calls: list[Call]) -> Outcome:
        for (scale,), reply in zip(self.cases, calls):
            rate, trials = reply.value
            reached, (best, at) = self.accuracy(scale, rate), self.best(scale)
            if reached < best - self.margin:
                text = (
                    f"{self.called((scale,))}\n\nChosen: {rate:.3g}. Over {len(JUDGES)} other "
                    f"seeds it reaches a validation accuracy of {100 * reached:.1f} %; "
                    f"{at:.2g} reaches {100 * best:.1f} %, and {100 * self.margin:g} points less "
                    f"are accepted.\n\n{self.diagnosis(rate, trials)}"
                )
                return self.outcome(INCORRECT, text, reply)
        return self.outcome(CORRECT, self.why, calls[0])

    def diagnosis(self, rate: float, trials: Mapping[float, Trial]) -> str:
        """What was wrong with the way the rate was chosen."""
        if not trials:
            return UNTRIED
        rates = np.sort(list(trials))
        loss, accuracy = np.array([trials[tried] for tried in rates]).T
        if rate not in rates[accuracy == accuracy.max()]:
            return BY_TRAINING_LOSS if rate == rates[loss.argmin()] else NOT_BEST
        decades = np.diff(np.log10(rates))
        if decades.max(initial=0) > max(1, decades.sum() / 2 + 1e-9):
            return GAP.format(*rates[decades.argmax() :][:2])
        return ON_THE_EDGE if rate in (rates[0], rates[-1]) else self.too_few

    def called(self, case: tuple) -> str:
        return code(f"{self.name}(try_rate)  # the loss multiplied by {case[0]:g}")


def _rate(value: Any) -> float:
    rate = comparing.numbers(value)
    if rate.shape or not (np.isfinite(rate) and rate > 0):
        raise Unreadable(f"One rate above 0 is expected; got {comparing.written(rate)}.")
    return float(rate)
