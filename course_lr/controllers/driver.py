"""A controller at work: the rates of a block's rows, and what is remembered of them."""

from collections.abc import Sequence

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller, Decision, Seen
from course_lr.problems.base import Problem

COLUMNS = ("step", "row", "why", "value", "before", "after", "back", "frozen")
"""What is kept of each entry of the log, as float64."""


def log_of(drivers: Sequence["Driver"]) -> np.ndarray:
    """The entries ``(entries, 8)`` that drivers have written, in the order of steps and rows."""
    table = np.concatenate([part for driver in drivers for part in driver.events])
    return table[np.lexsort((table[:, 1], table[:, 0]))]


class Driver:
    """What a controller has done to the rows of a block, and what it needs to go on.

    Arrays of all the block's rows: ``eta`` (the rate of the next update) and ``rescues`` (how often
    a row was taken back). Arrays of the rows that are still running: ``state`` (the controller's
    own), ``good`` (weights to go back to), ``w`` and ``gradient`` (those before the last update).
    """

    def __init__(self, controller: Controller, problem: Problem, rows: np.ndarray, w: np.ndarray):
        self.controller, self.problem, self.rows = controller, problem, rows
        self.alive = np.arange(len(rows))
        self.state = controller.start(len(rows))
        self.eta, self.rescues = np.full(len(rows), np.nan), np.zeros(len(rows), np.int64)
        self.good = w.copy() if controller.restores else None
        self.events = [np.empty((0, len(COLUMNS)))]
        self.w = np.full_like(w, np.nan) if "update" in controller.needs else None
        self.gradient = np.full_like(w, np.nan) if "last_gradient" in controller.needs else None

    def remember(self, w: np.ndarray, gradient: np.ndarray) -> None:
        """Store what the next decision looks back at, just before an update."""
        if self.w is not None:
            self.w[...] = w
        if self.gradient is not None:
            self.gradient[...] = gradient

    def drop_rows(self, finite: np.ndarray, controller: Controller) -> None:
        """Go on with the ``finite`` rows only, and with the controller's parameters for them."""
        self.controller, self.alive = controller, self.alive[finite]
        self.state = {name: value[finite] for name, value in self.state.items()}
        for name in ("good", "w", "gradient"):
            if getattr(self, name) is not None:
                setattr(self, name, getattr(self, name)[finite])

    def decide(
        self,
        step: int,
        w: np.ndarray,
        loss: np.ndarray,
        gradient: np.ndarray,
        finite: np.ndarray,
    ) -> Decision:
        """What the controller answers to what is seen at weights ``w``, with all arrays filled."""
        seen = Seen(
            loss=np.where(finite, loss.astype(np.float64), np.inf),
            gradient=gradient,
            diverged=~finite,
            update=None if self.w is None else w - self.w,
            last_gradient=self.gradient,
            epoch=getattr(self.problem, "steps_per_epoch", None) or 1,
            evaluate=lambda: self.problem.evaluate(w, "validation")["loss"].astype(np.float64),
        )
        answer = self.controller.next(step, seen, self.state)
        eta, restore, keep, why, value = Decision(
            *(answer if isinstance(answer, tuple) else (answer,))
        )
        nowhere = np.zeros(len(finite), bool)
        back = nowhere if restore is None or self.good is None else nowhere | restore
        why = np.where(finite, -1 if why is None else why, 0)
        return Decision(eta, back, True if keep is None else keep, why, value)

    def carry_out(self, decision: Decision, step: int, w: np.ndarray, finite: np.ndarray) -> None:
        """Set the rates, keep good weights, and write the log; rows not ``finite`` are frozen."""
        eta, back, keep, why, value = decision
        before = self.eta[self.alive]
        self.eta[self.alive] = after = self._checked(eta, finite)
        self.rescues[self.alive[back]] += 1
        if self.good is not None:
            good = finite & ~back & keep
            self.good[good] = w[good]
        told = np.flatnonzero(why >= 0)
        if len(told):
            columns = (step, self.rows[self.alive], why, value, before, after, back, ~finite)
            table = np.stack([np.broadcast_to(c, len(why)) for c in columns], axis=1)
            self.events.append(table[told])

    # --- what resuming needs -----------------------------------------------------------------

    def dump(self) -> dict[str, np.ndarray]:
        """Arrays of the rows that are still running."""
        state = {f"control.{name}": value for name, value in self.state.items()}
        return state if self.good is None else state | {"driver.good": self.good}

    def load(self, state: dict[str, np.ndarray], alive: np.ndarray, controller: Controller) -> None:
        """Restore a :meth:`dump` in which the rows ``alive`` were still running."""
        self.controller, self.alive = controller, alive
        self.eta, self.rescues = state["driver.eta"], state["driver.rescues"]
        self.state = {name: state[f"control.{name}"][alive] for name in self.state}
        if self.good is not None:
            self.good = state["driver.good"][alive]
        self.w, self.gradient = (
            None if array is None else array[: len(alive)] for array in (self.w, self.gradient)
        )

    def _checked(self, eta: object, finite: np.ndarray) -> np.ndarray:
        """The rates as an array ``(rows,)``; those of rows that are frozen may be anything."""
        rates = np.asarray(eta, dtype=np.float64)
        if rates.shape not in ((), finite.shape):
            accepted = f"a number or an array of shape {finite.shape}, one rate a row"
            checks.refuse(f"the rate of {self.controller!r}", rates, accepted)
        rates = np.broadcast_to(rates, finite.shape)
        if not np.all(np.isfinite(rates) & (rates >= 0) | ~finite):
            checks.refuse(f"the rate of {self.controller!r}", rates, "finite and >= 0")
        return rates
