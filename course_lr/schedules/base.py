"""What every schedule shares: the call, scaling by a number, and the shapes formulas are made of.

A schedule is a frozen dataclass with a pure formula, ``curve(xp, t, ...)``, whose arguments after
``t`` are the names of its fields. ``xp`` is the array module (numpy here, ``jax.numpy`` in an
export), so that each formula is written once. Nothing is remembered from one call to the next.
"""

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from course_lr import checks
from course_lr.parameters import Parameters, PerRun, parameter, setting


@dataclass(frozen=True, repr=False, eq=False)
class Schedule(Parameters):
    """Open loop: a pure function from the step to the learning rate.

    Call it with a step or an array of steps, counted from 0: ``eta(0)`` is the rate of the first
    update. Every numeric parameter may be an array over runs. Steps are whole numbers from 0 to at
    least 2**53; each schedule says what it gives beyond its end. ``2 * schedule`` scales it.

    A new schedule defines its fields, ``curve``, and the ``formula`` that notebooks show. Under
    *Elsewhere* its docstring names the calls that give the same rates in PyTorch (where ``lr`` is
    the optimizer's), Optax and Keras.

    >>> from course_lr.schedules import CosineDecay
    >>> eta = CosineDecay(0.1, steps=4)
    >>> eta
    CosineDecay(0.1, steps=4)
    >>> eta(0), eta(4)
    (0.1, 0.0)
    >>> CosineDecay([0.1, 0.2], steps=4)([0, 2, 4])
    array([[0.1 , 0.2 ],
           [0.05, 0.1 ],
           [0.  , 0.  ]])
    """

    __array_ufunc__ = None  # so that ``np.array([1, 2]) * schedule`` comes to __rmul__

    formula: ClassVar[str] = ""
    """The formula as one line of text, shown in notebooks."""

    span: ClassVar[tuple[str, float]] = ("steps", 1)
    """The curve is drawn over this field times this number."""

    @staticmethod
    def curve(xp: ModuleType, t: Any, **fields: Any) -> Any:
        """The rate at whole steps ``t``, elementwise and without side effects."""
        raise NotImplementedError("a schedule defines curve(xp, t, ...) or at(t, xp)")

    def at(self, t: Any, xp: ModuleType = np) -> Any:
        """The rate at steps ``t`` by the array module ``xp``, unchecked; any broadcastable shape.

        Where the parameters are arrays over runs, ``t`` ends in an axis of length 1 (or ``runs``).
        """
        return self.curve(xp, t, **self.arrays)

    def __call__(self, step: Any) -> float | np.ndarray:
        """The rate at ``step``: float64 of ``step.shape``, then ``(runs,)`` if there are runs.

        Args:
            step: whole numbers >= 0, a scalar or an array of any shape.

        Raises:
            TypeError, ValueError: a step that is not a whole number >= 0.
            OverflowError: a rate too large for a float, possible only by scaling or dividing.
        """
        t = checks.steps(step)
        shape = t.shape
        if self.runs is not None:
            t, shape = t[..., None], (*shape, self.runs)
        with np.errstate(all="ignore"):
            rates = np.array(np.broadcast_to(self.at(t), shape), dtype=np.float64)
        if not np.isfinite(rates).all():
            raise OverflowError(f"{checks.shown(self)} exceeds the largest float")
        return rates if shape else float(rates)

    @property
    def length(self) -> int:
        """A whole number of steps in which the curve shows itself: to its end, or a few cycles."""
        name, times = self.span
        return whole_span(times * float(np.max(getattr(self, name, 100))))

    def __mul__(self, scale: PerRun) -> "Scaled":
        return Scaled(scale, self)

    __rmul__ = __mul__

    def _repr_html_(self) -> str:
        from course_lr.schedules import drawing  # needed in notebooks only

        return drawing.html(self)


def schedule(name: str, value: object) -> Schedule:
    """Check that ``value`` is a schedule; a number is refused with the hint to use Constant."""
    if not isinstance(value, Schedule):
        checks.refuse(name, value, "a schedule such as Constant(0.1)", TypeError)
    return value


@dataclass(frozen=True, repr=False, eq=False)
class Scaled(Schedule):
    """A schedule times a number: ``2 * schedule``.

        η(t) = scale · schedule(t)

    Args:
        scale: finite, >= 0; a number or an array over runs.
        schedule: the schedule to scale.

    >>> from course_lr.schedules import LinearDecay
    >>> eta = 2 * LinearDecay(0.1, steps=10)
    >>> eta
    2.0 * LinearDecay(0.1, steps=10)
    >>> eta(5)
    0.1
    """

    formula = "scale · schedule(t)"

    scale: PerRun = parameter(checks.real, low=0.0, high=np.inf, accepted="a finite number >= 0")
    schedule: Schedule = setting(schedule)

    def at(self, t: Any, xp: ModuleType = np) -> Any:
        """The scaled rate."""
        return self.arrays["scale"] * self.schedule.at(t, xp)

    @property
    def length(self) -> int:
        """As long as the schedule inside."""
        return self.schedule.length

    def __repr__(self) -> str:
        inner = f"({self.schedule!r})" if isinstance(self.schedule, Scaled) else repr(self.schedule)
        return f"{self.scale!r} * {inner}"


def whole_span(steps: float) -> int:
    """A number of steps to draw: whole, at least 1, at most 2**53."""
    return math.ceil(min(max(steps, 1), 2**53))


def progress(xp: ModuleType, t: Any, steps: Any) -> Any:
    """The part of a phase of ``steps`` steps that is done: 0 before it, t / steps, 1 from its end.

    A phase of 0 steps is done at t = 0.

    >>> progress(np, np.array([-5, 0, 1, 4, 9]), 4)
    array([0.  , 0.  , 0.25, 1.  , 1.  ])
    """
    inside = xp.maximum(t, 0) / xp.where(steps > 0, steps, 1)
    return xp.where(t >= steps, 1.0, inside)


def ease(xp: ModuleType, shape: str, done: Any) -> Any:
    """The share of the way covered when the part ``done`` of the time is over, both 0 to 1.

    ``linear`` is ``done``; ``cosine`` (1 − cos(π·done)) / 2; ``1-sqrt`` √done.

    >>> ease(np, "1-sqrt", np.array([0.0, 0.25, 1.0]))
    array([0. , 0.5, 1. ])
    """
    if shape == "cosine":
        return (1 - xp.cos(xp.pi * done)) / 2
    return xp.sqrt(done) if shape == "1-sqrt" else done


def blend(xp: ModuleType, start: Any, end: Any, share: Any) -> Any:
    """start + share·(end − start), with both ends exact and never outside them.

    >>> blend(np, 0.1, 0.3, np.array([0.0, 0.5, 1.0]))
    array([0.1, 0.2, 0.3])
    """
    near_start = start + (end - start) * share
    near_end = end - (end - start) * (1 - share)
    return xp.where(share < 0.5, near_start, near_end)


def power(xp: ModuleType, base: Any, exponent: Any) -> Any:
    """base^exponent, the same bits for one number as inside an array.

    ``np.power`` replaces a constant exponent of 2 by a product, and an array of exponents by a
    vector routine, which differ in the last bit; ``float_power`` has one routine for all.

    >>> power(np, 0.5, np.array([0, 1, 2]))
    array([1.  , 0.5 , 0.25])
    """
    return xp.float_power(base, exponent)
