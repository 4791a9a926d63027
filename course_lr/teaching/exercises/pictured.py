"""Exercises about a picture: predict what it will show, or say which curve is which."""

import dataclasses
import functools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lr.teaching.exercises import comparing
from course_lr.teaching.exercises import progress_file as kept
from course_lr.teaching.exercises.base import Exercise, seeded
from course_lr.teaching.exercises.outcome import (
    NOT_ATTEMPTED,
    UNCHECKED,
    Box,
    Outcome,
    show_figure,
)
from course_lr.teaching.exercises.sandbox import SECONDS, Call, call


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
        return call(lambda: answer, (), self.read, seconds)

    def read(self, answer: Any) -> str:
        """The letters of an answer."""
        return comparing.letters(answer)


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
            before = entry.get("prediction")
            text = f"The picture has been shown: {before}) was predicted before it, and stays."
        else:
            note = kept.record(self.number, prediction=made.value)
            text = f"Kept: {made.value}) {self.options[made.value]}\n\n{note}"
        Box(f"Prediction {self.number}", text.strip("\n")).show()

    def reveal(self, anyway: bool = False) -> Outcome:
        """Show the picture and how the prediction did; without a prediction only ``anyway``."""
        prediction, note = self._entry().get("prediction"), ""
        predicted = prediction in list(self.options)
        if predicted:
            outcome = self.grade(prediction, SECONDS)
            note = kept.record(self.number, outcome=outcome.status, revealed=True)
        else:
            outcome = self.outcome(NOT_ATTEMPTED, self.why if anyway else self.blank)
        if anyway or predicted:
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

    def recognised(self, got: list) -> str:
        """The option's message, and what the picture shows: it has been seen by now."""
        return f"{super().recognised(got)}\n\n{self.why}"

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

    def read(self, answer: Any) -> str:
        return comparing.letters(answer, "BADCFEHG"[: len(self.settings)])

    @functools.cached_property
    def order(self) -> list[int]:
        """Which setting each letter shows: a permutation drawn for this exercise."""
        return seeded(self.number).permutation(len(self.settings)).tolist()

    def shuffled(self, items: Sequence) -> dict[str, Any]:
        """``items``, one a setting, by their letters."""
        return {"ABCDEFGH"[place]: items[i] for place, i in enumerate(self.order)}

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        if sorted(got) != sorted(right):
            letters = "".join(sorted(right)).upper()
            return f"Your answer: {got.upper()}. Use each of the letters {letters} once."
        hits = sum(g == r for g, r in zip(got, right))
        return f"Your answer: {got.upper()}. In the right place: {hits} of {len(right)}."


def panels(losses: Mapping[str, np.ndarray]):
    """One panel a name: the loss ``(steps + 1,)`` of one run on a log axis that all share."""
    from course_lr.teaching.figures import canvas
    from course_lr.teaching.figures.style import colour, label

    figure, axes = canvas(len(losses), size=(2.9 * len(losses), 3.2), sharey=True)
    for axis, (name, loss) in zip(axes, losses.items()):
        axis.semilogy(loss, color=colour(0))
        label(axis, "step", "", name)
    axes[0].set_ylabel("loss (log scale)")
    return figure
