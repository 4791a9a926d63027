"""Exercises about a picture: predict what it will show, or say which curve is which."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lr.teaching.exercises import comparing, progress_file
from course_lr.teaching.exercises.base import Exercise, seeded
from course_lr.teaching.exercises.outcome import (
    NOT_ATTEMPTED,
    UNCHECKED,
    Box,
    Outcome,
    show_figure,
)
from course_lr.teaching.exercises.sandbox import SECONDS, Call, Unreadable, call


def panels(
    curves: Mapping[str, Any],
    x: str = "step",
    y: str = "loss (log scale)",
    *,
    log: bool = True,
    **line,
) -> Any:
    """A figure with one panel for each title, on a y axis that all share.

    Args:
        curves: title -> a curve, or several by their labels; a curve is its values at 0, 1, 2, …,
            or a pair of x and y.
        x, y: names of the axes.
        log: whether the y axis is logarithmic.
        line: options of every line.
    """
    from course_lr.teaching.figures import canvas
    from course_lr.teaching.figures.style import distinct, label

    size = (7.4, 4.1) if len(curves) == 1 else (2.9 * len(curves), 3.2)
    figure, axes = canvas(len(curves), size=size, sharey=True)
    for axis, (title, lines) in zip(axes, curves.items()):
        lines = lines if isinstance(lines, Mapping) else {"": lines}
        for (name, colour, style), curve in zip(distinct(list(lines)), lines.values()):
            places = curve if isinstance(curve, tuple) else (np.arange(len(curve)), curve)
            axis.plot(*places, color=colour, linestyle=style, label=name, **line)
        label(axis, x, "", title)
        if len(lines) > 1:
            axis.legend()
    axes[0].set(ylabel=y, yscale="log" if log else "linear")
    return figure


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Pictured(Exercise):
    """An exercise about a picture; the answer is a letter or several.

    Args:
        curves: computes what the picture shows; done once.
        alt: the picture's alternative text.
        draw: makes the figure of the curves.
        measure: reads the right answer off the curves; a test compares.
    """

    curves: Callable[[], Any]
    alt: str
    draw: Callable[[Mapping], Any] = panels
    measure: Callable[[Any], Any]

    def __post_init__(self):
        super().__post_init__()
        self.curves = functools.cache(self.curves)

    def picture(self) -> tuple[Any, str]:
        """The figure and its alternative text."""
        return self.draw(self.curves()), self.alt

    def measured(self) -> str:
        """The right letters, read off the curves."""
        return self.measure(self.curves())

    def ask(self, answer: Any, case: tuple, seconds: float) -> Call:
        return call(lambda: answer, (), self.read, seconds)

    def read(self, answer: Any) -> str:
        """The letters of an answer."""
        return comparing.letters(answer)


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Predict(Pictured):
    """Say what will happen, then see it: the prediction is kept before the picture appears.

    ``check(answer)`` is ``predict(answer)`` followed by ``reveal()``. The text ends with the
    options, one a line: ``a) …``.

    Attributes:
        options: what may happen, by letter.
    """

    kind = "predict, then run"
    how = 'First `ex.predict("a")` (or another letter), then `ex.reveal()`.'
    blank = "Predict first, `ex.predict(...)` with a letter; then `ex.reveal()` shows the picture."

    def __post_init__(self):
        super().__post_init__()
        question, _, listed = self.task.rpartition("\n\n")
        self.options = dict(option.split(") ", 1) for option in listed.split("\n"))
        self.task = "\n\n".join([question, *listed.split("\n")])

    def read(self, answer: Any) -> str:
        letter = super().read(answer)
        if letter not in self.options:
            raise Unreadable(f"The answers are {', '.join(self.options)}; got {letter!r}.")
        return letter

    def _entry(self) -> dict:
        return progress_file.read()[0].get(self.number, {})

    def predict(self, answer: Any) -> None:
        """Keep a prediction; it may be changed until the picture has been shown."""
        reply, entry = self.ask(answer, (), SECONDS), self._entry()
        if not reply.attempted:
            text = "Nothing predicted yet: hand over one of the letters in the task."
        elif reply.trouble:
            text = reply.trouble
        elif entry.get("revealed"):
            before = entry.get("prediction")
            text = f"The picture has been shown: {before}) was predicted before it, and stays."
        else:
            note = progress_file.record(self.number, prediction=reply.value)
            text = f"Kept: {reply.value}) {self.options[reply.value]}\n\n{note}"
        Box(f"Prediction {self.number}", text.strip("\n")).show()

    def reveal(self, anyway: bool = False) -> Outcome:
        """Show the picture and how the prediction did; without a prediction only ``anyway``."""
        prediction, note = self._entry().get("prediction"), ""
        predicted = prediction in list(self.options)
        if predicted:
            outcome = self.grade(prediction, SECONDS)
            note = progress_file.record(self.number, outcome=outcome.status, revealed=True)
        else:
            outcome = self.outcome(NOT_ATTEMPTED, self.why if anyway else self.blank)
        if anyway or predicted:
            show_figure(*self.picture())
        outcome.box(note).show()
        return outcome

    def check(self, answer: Any, *, seconds: float = SECONDS) -> Outcome:
        """:meth:`predict`, then :meth:`reveal`."""
        reply = self.ask(answer, (), seconds)
        if reply.attempted and not reply.trouble:
            self.predict(reply.value)
            return self.reveal()
        return super().check(answer, seconds=seconds)

    def grade(self, answer: Any, seconds: float) -> Outcome:
        reply = self.ask(answer, (), seconds)
        if reply.trouble:
            return self.outcome(UNCHECKED, reply.trouble)
        return super().grade(answer, seconds)

    def recognised(self, got: list) -> str:
        """The option's message, and what the picture shows: it has been seen by now."""
        return f"{super().recognised(got)}\n\n{self.why}"

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        return f"You predicted {got}) {self.options[got]}"


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class ReadCurves(Pictured):
    """Say which of several curves, shuffled and lettered, belongs to which setting.

    ``curves`` gives one a setting, ``measure`` gets them in the order of their letters and returns
    the place of each setting's curve, and ``{}`` in ``alt`` is where the looks of A, B, … are told.

    Args:
        settings: what the letters are to be assigned to, in the order of the answer -> how the
            curve of each looks.
    """

    kind = "read curves"
    how = "`ex.show()` shows the picture. Then `ex.check(answer)`; `ex.hint()` helps."
    settings: Mapping[Any, str]

    def show(self) -> None:
        """Show the picture that is to be read."""
        show_figure(*self.picture())

    def read(self, answer: Any) -> str:
        return comparing.letters(answer, "BADCFEHG"[: len(self.settings)])

    def shuffled(self, items: Sequence) -> dict[str, Any]:
        """``items``, one a setting, by their letters: an order drawn for this exercise."""
        order = seeded(self.number).permutation(len(self.settings))
        return {letter: items[place] for letter, place in zip("ABCDEFGH", order)}

    def picture(self) -> tuple[Any, str]:
        looks = self.shuffled(list(self.settings.values()))
        told = "; ".join(f"{letter} {look}" for letter, look in looks.items())
        return self.draw(self.shuffled(self.curves())), self.alt.format(told)

    def measured(self) -> str:
        places = self.measure(np.array(list(self.shuffled(self.curves()).values())))
        return "".join("ABCDEFGH"[place] for place in places)

    def compared(self, case: tuple, got: Any, right: Any) -> str:
        if sorted(got) != sorted(right):
            letters = "".join(sorted(right)).upper()
            return f"Your answer: {got.upper()}. Use each of the letters {letters} once."
        hits = sum(g == r for g, r in zip(got, right))
        return f"Your answer: {got.upper()}. In the right place: {hits} of {len(right)}."
