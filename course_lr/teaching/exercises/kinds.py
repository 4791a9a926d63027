"""The kinds of exercise: write it, find the bug, predict then run, read curves, choose a rate."""

import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lr import checks
from course_lr.teaching.exercises import comparing, kept
from course_lr.teaching.exercises.base import Draw, Exercise, seeded
from course_lr.teaching.exercises.calling import SECONDS, Call, Unreadable, call
from course_lr.teaching.exercises.outcome import (
    CORRECT,
    INCORRECT,
    NOT_ATTEMPTED,
    UNCHECKED,
    Box,
    Outcome,
    code,
    show_figure,
)

FRESH = 6
"""How many inputs are drawn besides the shown ones."""


class _Asked(Exercise):
    """An exercise whose answer is a function that the check calls."""

    how = "Check with `ex.check({name})`; `ex.hint()` helps, `ex.solution()` shows one."

    def grade(self, answer: Any, seconds: float) -> Outcome:
        if answer is ...:
            return self.outcome(NOT_ATTEMPTED, self.blank)
        if not callable(answer):
            kind = type(answer).__name__
            text = f"Hand over the function itself, `ex.check({self.name})`; this is of type {kind}."
            return self.outcome(UNCHECKED, text)
        return super().grade(answer, seconds)

    @functools.cached_property
    def names(self) -> list[str]:
        """The names of the function's arguments."""
        return list(inspect.signature(self.made(self.code)).parameters)


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Write(_Asked):
    """Write a function of numbers and arrays that returns numbers.

    Args:
        shown: arguments that the learner can see in the task, one tuple a call.
        fresh: draws further arguments from a generator.
    """

    kind = "write it"
    shown: Sequence[tuple]
    fresh: Draw

    @functools.cached_property
    def cases(self) -> list[tuple]:
        rng = seeded(self.number)
        return [*self.shown, *(self.fresh(rng) for _ in range(FRESH))]

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        return call(answer, case, comparing.numbers, seconds)

    def called(self, case: tuple) -> str:
        given = (f"{n}={comparing.written(value)}" for n, value in zip(self.names, case))
        return code(f"{self.name}({', '.join(given)})")

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        answers = f"came back: {comparing.written(got)}\nexpected:  {comparing.written(right)}"
        text = f"{self.called(case)}\n{code(answers)}"
        return f"{text}\n\n{comparing.difference(got, right)}".strip("\n")


class FindBug(Write):
    """Correct a function that runs and is wrong; ``given`` is the part of it that is at fault."""

    kind = "find the bug"
    blank = "The code still gives what it gave: find the line that is at fault and change it."


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class _Pictured(Exercise):
    """An exercise about a picture; the answer is a letter or several.

    Args:
        picture: makes the figure and its alternative text.
        measured: finds the right letters by running what the picture shows; a test compares.
    """

    picture: Callable[[], tuple[Any, str]]
    measured: Callable[[], str]

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        return call(lambda: answer, (), comparing.letters, seconds)


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Predict(_Pictured):
    """Say what will happen, then see it: the prediction is kept before the picture appears.

    ``check(answer)`` is ``predict(answer)`` followed by ``reveal()``.

    Args:
        options: what may happen, by letter.
    """

    kind = "predict, then run"
    how = 'First `ex.predict("a")` (or another letter), then `ex.reveal()`.'
    blank = "Predict first, `ex.predict(...)` with a letter; then `ex.reveal()` shows the picture."
    options: Mapping[str, str]

    def __post_init__(self):
        super().__post_init__()
        lines = "\n\n".join(f"{letter}) {text}" for letter, text in self.options.items())
        self.task = f"{textwrap.dedent(self.task).strip()}\n\n{lines}"

    def _entry(self) -> dict:
        return kept.known()[0].get(self.number, {})

    def _refused(self, made: Call) -> str:
        """Why what was read is no prediction; empty where it is one."""
        if made.value in self.options:
            return ""
        return made.trouble or f"The answers are {', '.join(self.options)}; got {made.value!r}."

    def predict(self, answer: Any) -> None:
        """Keep a prediction; it may be changed until the picture has been shown."""
        made, entry = self.ask(answer, (), SECONDS), self._entry()
        if not made.attempted:
            text = "Nothing predicted yet: hand over one of the letters in the task."
        elif self._refused(made):
            text = self._refused(made)
        elif entry.get("revealed"):
            text = f"The picture has been shown: {entry.get('prediction')}) was predicted and stays."
        else:
            note = kept.record(self.number, prediction=made.value)
            text = f"Kept: {made.value}) {self.options[made.value]}\n\n{note}"
        Box(f"Prediction {self.number}", text.strip()).show()

    def reveal(self, anyway: bool = False) -> Outcome:
        """Show the picture and how the prediction did; without a prediction only ``anyway``."""
        prediction, note = self._entry().get("prediction"), ""
        if prediction in self.options:
            outcome = self.grade(prediction, SECONDS)
            note = kept.record(self.number, outcome=outcome.status, revealed=True)
        else:
            outcome = self.outcome(NOT_ATTEMPTED, self.why if anyway else self.blank)
        if anyway or prediction in self.options:
            show_figure(*self.picture())
        outcome.box(note).show()
        return outcome

    def check(self, answer: Any, *, seconds: float = SECONDS) -> Outcome:
        """:meth:`predict`, then :meth:`reveal`."""
        made = self.ask(answer, (), seconds)
        if made.attempted and not self._refused(made):
            self.predict(made.value)
            return self.reveal()
        return super().check(answer, seconds=seconds)

    def grade(self, answer: Any, seconds: float) -> Outcome:
        made = self.ask(answer, (), seconds)
        if made.attempted and self._refused(made):
            return self.outcome(UNCHECKED, self._refused(made))
        return super().grade(answer, seconds)

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        return f"You predicted {got}) {self.options[got]}"


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class ReadCurves(_Pictured):
    """Say which of several curves, shuffled and lettered, belongs to which setting.

    Args:
        settings: what the letters are to be assigned to, in the order of the answer.
    """

    kind = "read curves"
    how = "`ex.show()` shows the picture. Then `ex.check(answer)`; `ex.hint()` helps."
    settings: Sequence[float]

    def show(self) -> None:
        """Show the picture that is to be read."""
        show_figure(*self.picture())

    @functools.cached_property
    def order(self) -> list[int]:
        """Which setting each letter shows: a permutation drawn for this exercise."""
        return seeded(self.number).permutation(len(self.settings)).tolist()

    def shuffled(self, items: Sequence) -> dict[str, Any]:
        """``items``, one a setting, by their letters."""
        return {"ABCDEFGH"[place]: items[i] for place, i in enumerate(self.order)}

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        if sorted(got) != sorted(right):
            return f"Your answer: {got.upper()!r}. Use each of {''.join(sorted(right)).upper()} once."
        hits = sum(g == r for g, r in zip(got, right))
        return f"Your answer: {got.upper()}. In the right place: {hits} of {len(right)}."


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
class ChooseRate(_Asked):
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
        from course_lr import train

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
        """The value is the chosen rate with the trials that led to it, ``(rate, {rate: trial})``."""
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
                    f"seeds it reaches a validation accuracy of {100 * reached:.0f} %; "
                    f"{at:.2g} reaches {100 * best:.0f} %, and {100 * self.margin:g} points less "
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
