"""Read what came back as plain numbers or letters, compare it, and write it down."""

import inspect
from typing import Any

import numpy as np

from course_lr import checks
from course_lr.teaching.exercises.sandbox import NotAttempted, Unreadable

TOLERANCE = 1e-4
"""How far a number may be off, as a share of the right one: float32 is good enough."""
MOST_WRITTEN = 300
"""Characters of a value that a message quotes."""


def numbers(value: Any) -> np.ndarray:
    """A number, or a list, tuple or array of them in any precision, as a float64 array.

    >>> numbers([np.float32(0.5), 2])
    array([0.5, 2. ])
    """
    placeholder(value)
    if value is None:
        raise Unreadable("Nothing came back (`None`): is a `return` missing?")
    if inspect.isgenerator(value):
        raise Unreadable("A generator came back, and numbers are expected: make a list of it.")
    if inspect.isroutine(value):
        raise Unreadable("A function came back, and numbers are expected: call it.")
    try:
        return checks.array("What came back", value, "numbers")
    except (TypeError, ValueError) as error:
        raise Unreadable(f"{error}.") from None


def letters(value: Any, example: str = "a") -> str:
    """A choice such as ``"b"``, or an order such as ``"BADC"`` or ``["b", "a", "d", "c"]``.

    Args:
        example: an answer of the right form, quoted where ``value`` has another.
    """
    placeholder(value)
    items = value.tolist() if isinstance(value, np.ndarray) else value
    if isinstance(items, (list, tuple)) and all(isinstance(item, str) for item in items):
        items = "".join(items)
    if not isinstance(items, str):
        raise Unreadable(f"Letters are expected, such as `{example!r}`; got {checks.shown(value)}.")
    return "".join(letter for letter in items.lower() if letter.isalnum())


def placeholder(value: Any) -> None:
    """Raise :class:`NotAttempted` where ``value`` is the stub's ``...``, or holds one."""
    blank = value is ... or (type(value) in (list, tuple) and any(item is ... for item in value))
    if blank:
        raise NotAttempted


def same(got: Any, expected: Any) -> bool:
    """Equal letters, or numbers of one shape of which none is further off than the tolerance.

    A number may be off by :data:`TOLERANCE` times the right one, and by a thousandth of that times
    the largest right one.
    """
    if not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray):
        return type(got) is type(expected) and got == expected
    if got.shape != expected.shape:
        return False
    largest = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    return np.allclose(got, expected, TOLERANCE, 1e-3 * TOLERANCE * largest, equal_nan=True)


def written(value: Any) -> str:
    """A value as the learner would write it: numbers to six digits, arrays as lists.

    >>> written(np.array([[1, 0.25]])), written(1 / 3)
    ('[[1, 0.25]]', '0.333333')
    """
    if isinstance(value, np.ndarray) and value.ndim:
        formatter = {"float": lambda x: f"{x:.6g}"}
        text = np.array2string(value, separator=", ", threshold=30, formatter=formatter)
        return " ".join(text.split())
    if isinstance(value, (float, int, np.ndarray)):
        return f"{float(value):.6g}"
    text = repr(value)
    return text if len(text) <= MOST_WRITTEN else f"{text[:MOST_WRITTEN]} …"


def difference(got: np.ndarray, expected: np.ndarray) -> str:
    """What is wrong with ``got``, in one sentence; empty where only the numbers differ."""
    if got.shape != expected.shape:
        return f"The shape is {got.shape}, and {expected.shape} is expected."
    if np.isnan(got).any():
        return "A number is `nan`: not a number, such as 0/0 or the logarithm of a negative one."
    return ""
