"""Exercises whose answer is a function: write it, or find the bug in a given one."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lr.teaching.exercises import comparing
from course_lr.teaching.exercises.base import Exercise, seeded
from course_lr.teaching.exercises.outcome import NOT_ATTEMPTED, UNCHECKED, Outcome, code
from course_lr.teaching.exercises.sandbox import Call, call

FRESH = 6
"""How many inputs are drawn besides the shown ones."""


class Asked(Exercise):
    """An exercise whose answer is a function that the check calls."""

    how = "Check with `ex.check({name})`; `ex.hint()` helps, `ex.solution()` shows one."

    def grade(self, answer: Any, seconds: float) -> Outcome:
        if answer is ...:
            return self.outcome(NOT_ATTEMPTED, self.blank)
        if not callable(answer):
            got = f"got something of type `{type(answer).__name__}`"
            text = f"Hand over the function itself, `ex.check({self.name})`; {got}."
            return self.outcome(UNCHECKED, text)
        return super().grade(answer, seconds)

    @functools.cached_property
    def names(self) -> list[str]:
        """The names of the function's arguments."""
        return list(inspect.signature(self.answer(self.given)).parameters)


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Write(Asked):
    """Write a function of numbers and arrays that returns numbers.

    Args:
        shown: arguments that the learner can see in the task, one tuple a call.
        fresh: draws further arguments from a generator.
    """

    kind = "write it"
    shown: Sequence[tuple]
    fresh: Callable[[np.random.Generator], tuple]

    @functools.cached_property
    def cases(self) -> list[tuple]:
        rng = seeded(self.number)
        return [*self.shown, *(self.fresh(rng) for _ in range(FRESH))]

    def example(self) -> str:
        case, gives = self.shown[0], comparing.written(self.values(self.right)[0])
        return f"For example:\n\n{self.called(case)}\n{code('should give ' + gives)}"

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        return call(answer, case, comparing.numbers, seconds)

    def called(self, case: tuple) -> str:
        given = (f"{n}={comparing.written(value)}" for n, value in zip(self.names, case))
        return code(f"{self.name}({', '.join(given)})")

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        answers = f"came back: {comparing.written(got)}\nexpected:  {comparing.written(right)}"
        text = f"{self.called(case)}\n{code(answers)}"
        return f"{text}\n\n{comparing.difference(got, right)}".strip("\n")


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class FindBug(Write):
    """Correct a function that runs and is wrong; ``given`` is the part of it that is at fault.

    Args:
        rewritten: said as well where the code was changed and still gives what it gave.
    """

    kind = "find the bug"
    blank = "The code still gives what it gave: find the line that is at fault and change it."
    rewritten: str = ""

    def grade(self, answer: Any, seconds: float) -> Outcome:
        outcome = super().grade(answer, seconds)
        if outcome.status == NOT_ATTEMPTED and self.rewritten and self._changed(answer):
            return self.outcome(NOT_ATTEMPTED, f"{self.blank} {self.rewritten}")
        return outcome

    def _changed(self, answer: Any) -> bool:
        """Whether a function has other code than the one that was given."""
        own, given = getattr(answer, "__code__", None), self.answer(self.given).__code__
        return own is not None and (own.co_code, own.co_names) != (given.co_code, given.co_names)
