"""What every exercise is: texts that a learner reads, and a check that names mistakes.

The solution and every typical wrong answer are the code of the notebook's cell with ``given``
replaced, so what is shown is what was tested.
"""

import dataclasses
import functools
import inspect
import zlib
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from course_lr.teaching.exercises import comparing, progress_file
from course_lr.teaching.exercises.outcome import (
    CORRECT,
    INCORRECT,
    NOT_ATTEMPTED,
    UNCHECKED,
    Box,
    Outcome,
    code,
)
from course_lr.teaching.exercises.sandbox import SECONDS, Call


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Exercise:
    """Base of all kinds; a kind says how an answer is read and called.

    Args:
        text: number (chapter and place, such as ``02.1``) and title; below them the task, in the
            text form of :mod:`~course_lr.teaching.exercises.outcome`; and last the function of
            the notebook's cell, from ``def`` on. Without one the cell is ``answer = ...``.
        given: the part of the code that the learner replaces; it occurs once. An answer that
            returns by itself replaces ``return ...``.
        right: what solves the exercise in its place.
        wrong: typical wrong answers in its place, each with the message that it gets.
        hints: three, from a nudge to nearly there.
        why: what a correct answer shows, one or two sentences.

    Attributes:
        number, title, task: what stands in the text.
        code: the stub, as it stands in the notebook.
        name: what the code makes: a function's name, or ``answer``.
    """

    text: str
    given: str = "..."
    right: str
    wrong: Mapping[str, str]
    hints: tuple[str, str, str]
    why: str

    kind: ClassVar[str]
    how: ClassVar[str]
    blank: ClassVar[str] = "Replace the `...` in the cell above, run it, and check again."

    def __post_init__(self):
        heading, _, text = inspect.cleandoc(self.text).partition("\n\n")
        self.number, _, self.title = heading.partition(" ")
        self.task, _, function = text.partition("\n\ndef ")
        self.code = f"def {function}" if function else "answer = ..."
        self.name = function.partition("(")[0] or "answer"
        self.values = functools.cache(self.values)  # a cache that goes with the exercise
        self._hints_shown = 0
        if self.code.count(self.given) != 1:
            raise ValueError(f"{self.number}: given must occur once in code, got {self.given!r}")

    # --- what a learner calls -----------------------------------------------------------------

    def check(self, answer: Any, *, seconds: float = SECONDS) -> Outcome:
        """Say whether ``answer`` is right, and if not, what is wrong with it.

        Args:
            answer: the function that the exercise asks for, or the value; never changed.
            seconds: how long one call of the learner's function may take.
        """
        try:
            outcome = self.grade(answer, seconds)
        except Exception as error:  # whatever was handed over, no traceback of ours
            reason = f"Looking at the answer raised {type(error).__name__}."
            outcome = self.outcome(UNCHECKED, reason)
        note = ""
        if outcome.status in (CORRECT, INCORRECT):
            note = progress_file.record(self.number, outcome=outcome.status)
        outcome.box(note).show()
        return outcome

    def hint(self) -> None:
        """Show the next of three hints."""
        shown = min(self._hints_shown, len(self.hints) - 1)
        text = self.hints[shown]
        if self._hints_shown > shown:
            text += "\n\nThere are no more hints; `ex.solution()` shows a solution."
        Box(f"Hint {shown + 1} of {len(self.hints)}", text).show()
        self._hints_shown += 1

    def solution(self) -> None:
        """Show a solution, the one that the course's tests run, and what it teaches."""
        text = f"{code(self.source(self.right))}\n\n{self.why}"
        Box(f"A solution of {self.number}", text).show()

    def __repr__(self) -> str:
        return repr(self._box())

    def _repr_html_(self) -> str:
        return self._box()._repr_html_()

    def _box(self) -> Box:
        heading = f"Exercise {self.number} · {self.title} ({self.kind})"
        parts = (self.task, self.example(), self.how.format(name=self.name))
        return Box(heading, "\n\n".join(filter(None, parts)))

    # --- the stub and what may stand in its place ---------------------------------------------

    def source(self, fill: str) -> str:
        """The code with ``fill`` in the place of ``given``, indented as the line it begins in."""
        if fill == self.given:
            return self.code
        returns = self.given == "..." and "return " in fill
        before, after = self.code.split("return ..." if returns else self.given)
        line = before.rpartition("\n")[2]
        indent = line[: len(line) - len(line.lstrip())]
        return before + fill.replace("\n", "\n" + indent) + after

    def answer(self, fill: str) -> Any:
        """The function or the value that the code makes with ``fill`` in it."""
        names = {"np": np}
        exec(compile(self.source(fill), f"<exercise {self.number}>", "exec"), names)  # our own text
        return names[self.name]

    # --- grading ------------------------------------------------------------------------------

    @property
    def cases(self) -> list[tuple]:
        """The arguments of each call that a check makes; a value is read once."""
        return [()]

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        """What ``answer`` gives for a case."""
        raise NotImplementedError

    def grade(self, answer: Any, seconds: float) -> Outcome:
        """The outcome for an answer, without showing or keeping it."""
        calls = []
        for case in self.cases:
            call = self.ask(answer, case, seconds)
            if not call.attempted:
                return self.outcome(NOT_ATTEMPTED, self.blank)
            if call.trouble:
                text = f"{self.called(case)}\n\n{_with_code(call.trouble)}"
                return self.outcome(INCORRECT, text, call)
            calls.append(call)
        return self.judge(calls)

    def judge(self, calls: list[Call]) -> Outcome:
        """The outcome of calls that all came back."""
        got, right = [call.value for call in calls], self.values(self.right)
        if self.given != "..." and self.alike(got, self.values(self.given)):
            return self.outcome(NOT_ATTEMPTED, self.blank)
        fits = [comparing.same(g, r) for g, r in zip(got, right)]
        if all(fits):
            return self.outcome(CORRECT, self.why, calls[0])
        at = fits.index(False)
        text = self.compared(self.cases[at], got[at], right[at])
        return self.outcome(INCORRECT, f"{text}\n\n{self.recognised(got)}", calls[at])

    def recognised(self, got: list) -> str:
        """The message of the typical wrong answer that gives the same values; else empty."""
        for fill, message in self.wrong.items():
            if self.alike(got, self.values(fill)):
                return message
        return ""

    def values(self, fill: str) -> list:
        """What the code with ``fill`` gives for every case."""
        with np.errstate(all="ignore"):
            answer = self.answer(fill)
            return [self.ask(answer, case, SECONDS).value for case in self.cases]

    def alike(self, got: list, other: list) -> bool:
        """Whether two answers give the same values for every case."""
        return all(comparing.same(g, o) for g, o in zip(got, other))

    def example(self) -> str:
        """What a right answer gives, as a part of the task; empty where that would tell it."""
        return ""

    def called(self, case: tuple) -> str:
        """The call that was made, as a paragraph; empty where nothing was called."""
        return ""

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        """What came back, and what should have."""
        return f"Your answer: `{comparing.written(got)}`."

    def outcome(self, status: str, text: str, call: Call | None = None) -> Outcome:
        """An outcome of this exercise, with what was printed during the call."""
        if call and call.printed.strip():
            text += f"\n\nYour code printed:\n\n{code(call.printed)}"
        return Outcome(self.number, status, text.strip("\n"))


def seeded(number: str) -> np.random.Generator:
    """The generator that an exercise's fresh inputs and shuffles are drawn from."""
    return np.random.default_rng(zlib.crc32(number.encode()))


def _with_code(trouble: str) -> str:
    """The error as text, the line it came from as code."""
    first, _, rest = trouble.partition("\n")
    where, colon, line = rest.partition(": ")
    return f"{first}\n\n{where}{colon.strip()}\n\n{code(line)}" if line else trouble
