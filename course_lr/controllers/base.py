"""What every controller shares: what it sees, what it answers, and bounds that are checked.

A controller is a frozen dataclass, like a schedule. What it remembers is not in it but in the run,
so the same object used twice begins afresh, and a resumed run goes on with what it knew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from course_lr import checks
from course_lr.parameters import Parameters

Memory = dict[str, np.ndarray]
"""What a controller remembers: arrays with one entry per row along their first axis."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a controller is shown of every row that is still running, where it stands now.

    Attributes:
        loss: ``(rows,)`` in float64, on the batch of the next update; ``inf`` where diverged.
        gradient: ``(rows, n)``, at the same place on the same batch; not to be written to.
        diverged: ``(rows,)`` bools: the loss or a weight is not finite. Such a row is frozen
            unless the controller takes it back.
        update: ``(rows, n)``, what the last update added to the weights; NaN before the first.
        last_gradient: ``(rows, n)``, the gradient that the last update used; NaN before the first.
            Both are ``None`` unless the controller ``needs`` them.
        epoch: steps in an epoch, 1 where the data have none.
    """

    loss: np.ndarray
    gradient: np.ndarray
    diverged: np.ndarray
    update: np.ndarray | None
    last_gradient: np.ndarray | None
    epoch: int
    evaluate: Callable[[], np.ndarray]

    @property
    def validation_loss(self) -> np.ndarray:
        """``(rows,)``: the loss on all validation data, computed when it is asked for."""
        return self.evaluate()


class Decision(NamedTuple):
    """What a controller answers; one that only sets rates may return the rates alone.

    Attributes:
        eta: ``(rows,)`` or a number, the rate of the next update: finite and >= 0.
        restore: ``(rows,)`` bools, rows to take back to their last good weights before that.
        keep: ``(rows,)`` bools, rows whose weights are good now; by default all that are neither
            diverged nor taken back.
        why: ``(rows,)``, for the log: the index of one of the controller's ``phrases``, -1 where
            there is nothing to tell.
        value: ``(rows,)``, the number that the phrase quotes.

    >>> Decision(eta=0.1, restore=np.array([True, False]), why=np.array([0, -1])).eta
    0.1
    """

    eta: np.ndarray | float
    restore: np.ndarray | None = None
    keep: np.ndarray | None = None
    why: np.ndarray | None = None
    value: np.ndarray | float = np.nan


class Controller(Parameters):
    """Closed loop: what was seen -> the next rate, for every row at once.

    The loop asks :meth:`next` wherever the rows stand: before the first update, and after each.
    A new controller defines its fields, :meth:`start` and :meth:`next`; it never sees a row's
    neighbours.

    >>> from dataclasses import dataclass
    >>> from course_lr import Quadratic, train
    >>> @dataclass(frozen=True, repr=False, eq=False)
    ... class Polyak(Controller):  # Polyak 1969: where the smallest loss, 0, is known
    ...     def next(self, step, seen, state):
    ...         return seen.loss / np.vecdot(seen.gradient, seen.gradient)
    >>> train(Quadratic([1.0]), Polyak(), start=[4.0], steps=2).loss
    array([8. , 2. , 0.5])
    """

    restores: ClassVar[bool] = False
    """Whether it takes rows back: only then good weights are kept."""

    phrases: ClassVar[tuple[str, ...]] = ("the loss or a weight is no longer finite",)
    """What the log says was seen, with ``{value}`` where a number belongs; the first of them
    wherever a row has diverged."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Which of ``update``, ``last_gradient``, ``validation_loss`` it looks at."""
        return ()

    def start(self, rows: int) -> Memory:
        """What is remembered before the first step: arrays of length ``rows``."""
        return {}

    def next(self, step: int, seen: Seen, state: Memory) -> Decision | np.ndarray | float:
        """The rate of update number ``step`` (the first is 0); may change ``state`` in place."""
        raise NotImplementedError(f"{type(self).__name__} must define next(step, seen, state)")

    def __post_init__(self):
        super().__post_init__()
        if hasattr(self, "eta_min"):
            self._check_bounds()

    def _check_bounds(self) -> None:
        """Refuse rates outside ``[eta_min, eta_max]``, and bounds that are reversed."""
        eta, low = np.asarray(self.eta), np.asarray(self.eta_min)
        high = np.asarray(getattr(self, "eta_max", np.inf))
        if np.any(low > high):
            checks.refuse("eta_min", self.eta_min, f"at most eta_max = {self.eta_max!r}")
        if np.any(eta < low):
            checks.refuse("eta", self.eta, f"at least eta_min = {self.eta_min!r}")
        if np.any(eta > high):
            checks.refuse("eta", self.eta, f"at most eta_max = {self.eta_max!r}")


def bounded(eta: np.ndarray, bounds: dict) -> np.ndarray:
    """``eta`` inside ``[eta_min, eta_max]``, given the ``arrays`` of a controller.

    >>> bounded(np.array([0.1, 100.0]), {"eta_min": 0.0, "eta_max": 10.0})
    array([ 0.1, 10. ])
    """
    return np.clip(eta, bounds["eta_min"], bounds["eta_max"])
