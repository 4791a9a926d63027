"""Calls such as ``Warmup(Constant(eta), steps // 10)`` as text, made without ``eval``.

What is allowed: the names that the caller lists, numbers, texts, lists, and + − × / of numbers.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from course_lr import checks
from course_lr.schedules import Schedule

LONGEST = 300
"""Characters of an expression."""
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
}  # fmt: skip


def evaluated(
    name: str, text: object, calls: Mapping[str, Callable], known: Mapping[str, float]
) -> object:
    """The object that ``text`` describes.

    Args:
        name: what an error calls it.
        text: an expression of at most 300 characters.
        calls: the functions and classes that it may call, by name.
        known: the numbers that it may name.

    Raises:
        ValueError: in one sentence, whatever is wrong.

    >>> from course_lr import Constant
    >>> evaluated("schedule", "Constant(eta / 2)", {"Constant": Constant}, {"eta": 0.1})
    Constant(0.05)
    """
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        accepted = f"a text of 1 to {LONGEST} characters such as {next(iter(calls))}(…)"
        checks.refuse(name, text, accepted)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        what = getattr(error, "msg", None) or type(error).__name__
        raise ValueError(f"{name} {checks.shown(text)} can't be read: {what}") from None
    try:
        return _value(tree, calls, known)
    except Exception as error:
        raise ValueError(f"{name} {checks.shown(text)}: {error}") from None


def _value(node: ast.AST, calls: Mapping[str, Callable], known: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value) if isinstance(value, (int, float, str, bool)) or value is None:
            return value
        case ast.Name(name):
            options = tuple(known) or tuple(f"{call}()" for call in calls)
            return known[checks.one_of("a name in it", name, options)]
        case ast.Tuple(items) | ast.List(items):
            return tuple(_value(item, calls, known) for item in items)
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, calls, known)
        case ast.BinOp(left, sign, right) if type(sign) in OPERATORS:
            return _combined(sign, _value(left, calls, known), _value(right, calls, known))
        case ast.Call(ast.Name(name), items, named) if all(each.arg for each in named):
            make = calls[checks.one_of("a call in it", name, tuple(calls))]
            values = [_value(item, calls, known) for item in items]
            return make(*values, **{each.arg: _value(each.value, calls, known) for each in named})
    raise ValueError("only calls, names, numbers, texts, lists and + - * / may stand in it")


def _combined(sign: ast.operator, left: Any, right: Any) -> Any:
    scaled = isinstance(sign, ast.Mult) and isinstance(right, Schedule)
    if not isinstance(left, (int, float)) or not (scaled or isinstance(right, (int, float))):
        raise ValueError("only numbers can be added or multiplied, and number * schedule")
    return OPERATORS[type(sign)](left, right)
