"""Exercises that grade and explain: ``exercise("01.2")``, and ``progress()``.

To add one, copy a declaration in the file of its chapter (``ch01.py`` has the shortest) and change
it; it registers itself, and every test of exercises runs on it.
"""

import difflib
import importlib
import pkgutil
import re

from course_lr import checks
from course_lr.teaching.exercises import kept
from course_lr.teaching.exercises.base import REGISTRY, Exercise
from course_lr.teaching.exercises.outcome import CORRECT, Box, Outcome, code

__all__ = ["Exercise", "Outcome", "exercise", "progress"]

for _module in pkgutil.iter_modules(__path__):
    if re.fullmatch(r"ch\d\d", _module.name):
        importlib.import_module(f"{__name__}.{_module.name}")


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
    if wanted not in REGISTRY:
        near = max(REGISTRY, key=lambda n: difflib.SequenceMatcher(None, n, wanted).ratio())
        checks.refuse("number", number, f"that of an exercise; the nearest is {near!r}")
    return REGISTRY[wanted]


def progress() -> Box:
    """What is done of each chapter, and which exercise is next.

    A prediction counts as done once its picture has been shown, whether it came true or not.

    >>> print(progress())
    Exercises: ... done
    ...
    Next: ...
    """
    entries, note = kept.known()
    marks = {number: _mark(entries.get(number, {})) for number in sorted(REGISTRY)}
    lines = []
    for chapter in sorted({number[:2] for number in marks}):
        own = {number: mark for number, mark in marks.items() if number.startswith(chapter)}
        count = f"{list(own.values()).count('✓')} of {len(own)}"
        each = "  ".join(f"{mark} {number}" for number, mark in own.items())
        lines.append(f"chapter {chapter}   {count:8}{each}")
    open_ones = [number for number, mark in marks.items() if mark != "✓"]
    ahead = f"Next: {open_ones[0]} · {REGISTRY[open_ones[0]].title}" if open_ones else "All done."
    heading = f"Exercises: {list(marks.values()).count('✓')} of {len(marks)} done"
    parts = (code("\n".join(lines)), "✓ done   ○ tried   · not yet", ahead, note)
    return Box(heading, "\n\n".join(filter(None, parts)))


def _mark(entry: dict) -> str:
    if entry.get("outcome") == CORRECT or entry.get("revealed"):
        return "✓"
    return "○" if entry else "·"
