"""What a training is given: checked, and spread over rows."""

from typing import Any

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller
from course_lr.history import evaluations
from course_lr.problems.base import Problem
from course_lr.schedules import Constant, Schedule
from course_lr.updates import Update


def problem(value: Any) -> Problem:
    """A problem: an object, not a class or a function, that follows the protocol."""
    has_both = hasattr(value, "start") and hasattr(value, "loss_and_grad")
    if isinstance(value, type) or not has_both:
        accepted = "a problem such as digits(), with start and loss_and_grad"
        checks.refuse("problem", value, accepted, TypeError)
    return value


def schedule(value: Any, problem: Problem) -> Schedule | Controller:
    """A schedule or a controller; a rate or an array of rates becomes a constant schedule."""
    if isinstance(value, type):
        accepted = "a schedule or a controller, not its class (call it)"
        checks.refuse("eta", value, accepted, TypeError)
    looks_at = value.needs if isinstance(value, Controller) else ()
    if "validation_loss" in looks_at and "validation_loss" not in evaluations(problem):
        checks.refuse("problem", problem, f"one with evaluate(w, 'validation'), for {value!r}")
    return value if isinstance(value, (Schedule, Controller)) else Constant(value)


def update(value: Any) -> Update:
    """An update rule."""
    if not isinstance(value, Update):
        checks.refuse("update", value, "an update rule such as SGD() or Adam()", TypeError)
    return value


def start(value: Any) -> np.ndarray | None:
    """Finite weights ``(n,)`` or ``(runs, n)`` in float64, or ``None``: the problem's own."""
    if value is None:
        return None
    weights = checks.array("start", value, "weights of shape (n,) or (runs, n)")
    if weights.ndim not in (1, 2) or weights.size == 0 or not np.isfinite(weights).all():
        checks.refuse("start", value, "finite weights of shape (n,) or (runs, n)")
    return weights


def record_every(value: Any, problem: Problem) -> int:
    """Steps between two evaluations: by default an epoch; never, where there are no epochs."""
    if value is not None:
        return checks.whole("record_every", value, 1)
    return getattr(problem, "steps_per_epoch", None) or 2**62


def runs(eta: Schedule | Controller, update: Update, start: np.ndarray | None) -> int | None:
    """How many runs rate, rule and start describe together; ``None`` if there are no arrays."""
    several = len(start) if start is not None and start.ndim == 2 else None
    lengths = {"eta": eta.runs, "update": update.runs, "start": several}
    return checks.one_length({name: n for name, n in lengths.items() if n is not None})


def rows(
    problem: Problem, start: np.ndarray | None, shape: tuple[int, int], seeds: tuple[int, ...]
) -> np.ndarray:
    """The start of every row, ``(runs · seeds, n)``, in the dtype of the problem's own start."""
    own = _own_start(problem, start, seeds)
    if start is None:
        return np.tile(own, (shape[0], 1))
    if start.shape[-1] != own.shape[1]:
        checks.refuse("start", start, f"weights of width n = {own.shape[1]}")
    wide = np.broadcast_to(start, (shape[0], start.shape[-1]))
    with np.errstate(over="ignore"):  # what float32 can't hold has diverged at step 0
        return np.repeat(wide, shape[1], axis=0).astype(own.dtype)


def _own_start(problem, start, seeds) -> np.ndarray:
    """The problem's own start, a row a seed; where it has none, zeros as wide as ``start``."""
    try:
        own = np.asarray(problem.start(np.asarray(seeds)))
    except NotImplementedError:
        if start is None:
            raise
        return np.zeros((len(seeds), start.shape[-1]))
    if own.dtype not in (np.float32, np.float64):
        own = checks.array("problem.start(seeds)", own)
    if own.ndim != 2 or len(own) != len(seeds):
        accepted = f"shape (rows, n) with a row for each of {len(seeds)} seeds"
        raise ValueError(f"problem.start(seeds) must have {accepted}, got shape {own.shape}")
    return own
