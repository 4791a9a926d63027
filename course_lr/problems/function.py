"""Your own problem: a function that returns a loss and a gradient for many runs at once."""

from collections.abc import Callable

import numpy as np

from course_lr import checks
from course_lr.problems.base import Problem


class Function(Problem):
    """What a user's function computes, with its results checked at every call.

    Args:
        loss_and_grad: called as ``loss_and_grad(w, step)`` with ``w`` of shape ``(rows, n)``, one
            row a run, in float64 (a copy, which it may change) and the step counted from 0; returns
            ``(loss, gradient)`` of shapes ``(rows,)`` and ``(rows, n)``. How many rows come in one
            call is the loop's business, so a row's result may depend on that row alone.
        start: the weights at step 0, finite: ``(n,)`` for all runs, or a function of the seeds
            ``(rows,)`` that returns ``(rows, n)``.

    What is returned is converted to float64. Text, complex numbers and other shapes raise
    ``TypeError`` or ``ValueError``; what the function itself raises comes through.

    >>> bowl = Function(lambda w, step: ((w**2).sum(axis=-1), 2 * w), start=[3, 4])
    >>> w = bowl.start(seeds=[0])
    >>> bowl.loss_and_grad(w, step=0)
    (array([25.]), array([[6., 8.]]))
    """

    def __init__(self, loss_and_grad: Callable, start: Callable | np.ndarray):
        if not callable(loss_and_grad):
            accepted = "a function of (w, step)"
            checks.refuse("loss_and_grad", loss_and_grad, accepted, TypeError)
        self._function = loss_and_grad
        self._start = start if callable(start) else _point(start)

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", repr(self._function))
        return f"<Function {name}>"

    def start(self, seeds: np.ndarray) -> np.ndarray:
        """The weights at step 0, shape ``(rows, n)``, one row for each seed."""
        seeds, _ = checks.seeds(seeds)
        rows = len(seeds)
        if not callable(self._start):
            return np.tile(self._start, (rows, 1))
        start = checks.array("what start(seeds) returns", self._start(np.array(seeds)))
        if start.ndim != 2 or len(start) != rows or start.shape[1] == 0:
            accepted = f"shape ({rows}, n) for {rows} seeds"
            raise ValueError(f"start(seeds) must return {accepted}, got shape {start.shape}")
        if not np.all(np.isfinite(start)):
            checks.refuse("what start(seeds) returns", start, "finite numbers")
        return start

    def loss_and_grad(
        self, w: np.ndarray, step: int, seeds: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The function's loss ``(rows,)`` and gradient ``(rows, n)`` in float64, checked."""
        w = np.array(w, dtype=np.float64)
        shape = w.shape
        result = self._function(w, step)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            hint = "; is a return missing?" if result is None else ""
            accepted = f"a tuple (loss, gradient){hint}"
            checks.refuse("what loss_and_grad(w, step) returns", result, accepted, TypeError)
        loss = _checked("loss", result[0], shape[:1], shape)
        return loss, _checked("gradient", result[1], shape, shape)


def _point(start: object) -> np.ndarray:
    point = checks.array("start", start)
    if point.ndim != 1 or point.size == 0 or not np.all(np.isfinite(point)):
        checks.refuse("start", start, "finite numbers of shape (n,), or a function of the seeds")
    return point


def _checked(part: str, value: object, expected: tuple, shape: tuple) -> np.ndarray:
    name = f"the {part} that loss_and_grad(w, step) returns"
    array = checks.array(name, value)
    if array.shape != expected:
        why = f"as w has {shape[0]} runs of {shape[1]} weights each"
        raise ValueError(f"{name} must have shape {expected}, {why}; got shape {array.shape}")
    return array
