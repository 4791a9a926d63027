"""Exercises that grade and explain: ``exercise("01.2")``, and ``progress()``.

An exercise is an instance of one of the kinds (:class:`~.function_exercises.Write`,
:class:`~.function_exercises.FindBug`, :class:`~.pictured.Predict`, :class:`~.pictured.ReadCurves`,
:class:`~.budget.ChooseRate`). To add one, copy the shortest, ``01.2``, in the ``exercises.py`` of
its chapter, change it, and name it in the ``EXERCISES`` at the end of that file. Every test of
exercises then runs on it, and the notebook's cell is ``course_lr.exercise("01.2")``.
"""

import difflib
import importlib
import re
from pathlib import Path

from course_lr import checks
from course_lr.teaching import chapters
from course_lr.teaching.exercises import progress_file
from course_lr.teaching.exercises.base import Exercise
from course_lr.teaching.exercises.outcome import CORRECT, Box, Outcome, code

__all__ = ["Exercise", "Outcome", "every_exercise", "exercise", "progress"]

MODULES = {
    path.parent.name[2:4]: f"{chapters.__name__}.{path.parent.name}.exercises"
    for path in sorted(Path(chapters.__file__).parent.glob("ch*/exercises.py"))
}
"""The module that holds a chapter's exercises, by the chapter's number."""


def every_exercise(chapter: str = "") -> dict[str, Exercise]:
    """The exercises of one chapter, such as ``"03"``, or of all of them, by their numbers."""
    modules = [name for number, name in MODULES.items() if chapter in ("", number)]
    each = [one for name in modules for one in importlib.import_module(name).EXERCISES]
    return {one.number: one for one in sorted(each, key=lambda one: one.number)}


def exercise(number: str) -> Exercise:
    """The exercise with this number; it shows its task, and has check, hint and solution.

    Args:
        number: chapter and place as text, ``"02.1"`` (``"2.1"`` will do).

    Raises:
        TypeError: not text.
        ValueError: there is no such exercise; the nearest one is named.

    >>> exercise("01.2").title
    'One update'
    """
    if not isinstance(number, str):
        checks.refuse("number", number, "text such as '01.2'", TypeError)
    wanted = re.sub(r"^(\d)\.", r"0\1.", number.strip())
    in_chapter = every_exercise(wanted[:2]) if wanted[:2] in MODULES else {}
    if wanted not in in_chapter:
        near = max(every_exercise(), key=lambda n: difflib.SequenceMatcher(None, n, wanted).ratio())
        checks.refuse("number", number, f"that of an exercise; the nearest is {near!r}")
    return in_chapter[wanted]


def progress() -> Box:
    """What is done of each chapter, and which exercise is next.

    A prediction counts as done once its picture has been shown, whether it came true or not.

    >>> print(progress())
    Exercises: ... done
    ...
    Next: ...
    """
    entries, note = progress_file.read()
    exercises = every_exercise()
    marks = {number: _mark(entries.get(number, {})) for number in exercises}
    lines = []
    for chapter in MODULES:
        own = {number: mark for number, mark in marks.items() if number.startswith(chapter)}
        count = f"{list(own.values()).count('✓')} of {len(own)}"
        listed = "  ".join(f"{mark} {number}" for number, mark in own.items())
        lines.append(f"chapter {chapter}   {count:8}{listed}")
    ahead = [exercises[number] for number, mark in marks.items() if mark != "✓"]
    following = f"Next: {ahead[0].number} · {ahead[0].title}" if ahead else "All done."
    heading = f"Exercises: {len(marks) - len(ahead)} of {len(marks)} done"
    parts = (code("\n".join(lines)), "✓ done   ○ tried   · not yet", following, note)
    return Box(heading, "\n\n".join(filter(None, parts)))


def _mark(entry: dict) -> str:
    if entry.get("outcome") == CORRECT or entry.get("revealed"):
        return "✓"
    return "○" if entry else "·"
