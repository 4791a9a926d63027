"""How a block of the training loop lets a controller drive its rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller, Decision, Seen

if TYPE_CHECKING:
    from course_lr.loop import Block

COLUMNS = ("step", "row", "why", "value", "before", "after", "back", "frozen")
"""What is kept of each entry of the log, as float64."""


def log_of(drivers: Sequence["Driver"]) -> np.ndarray:
    """The entries ``(entries, 8)`` that drivers have written, in the order of steps and rows."""
    table = np.concatenate([part for driver in drivers for part in driver.events])
    return table[np.lexsort((table[:, 1], table[:, 0]))]


class Driver:
    """What a controller has done to the rows of a block, and what it needs to go on.

    Arrays of the block's rows: ``eta`` (the rate of the next update) and ``rescues`` (how often a
    row was taken back). Arrays of the rows that are still running: ``state`` (the controller's own)
    and ``good`` (weights to go back to).
    """

    def __init__(self, controller: Controller, w: np.ndarray):
        self.state = controller.start(len(w))
        self.eta, self.rescues = np.full(len(w), np.nan), np.zeros(len(w), np.int64)
        self.good = w.copy() if controller.restores else None
        self.events = [np.empty((0, len(COLUMNS)))]
        self.w = np.full_like(w, np.nan) if "update" in controller.needs else None
        self.gradient = np.full_like(w, np.nan) if "last_gradient" in controller.needs else None

    def remember(self, w: np.ndarray, gradient: np.ndarray) -> None:
        """What the next decision looks back at, taken just before an update."""
        if self.w is not None:
            self.w[...] = w
        if self.gradient is not None:
            self.gradient[...] = gradient

    def keep(self, good: np.ndarray) -> None:
        """Go on with the rows marked in ``good`` only."""
        self.state = {name: value[good] for name, value in self.state.items()}
        for name in ("good", "w", "gradient"):
            if getattr(self, name) is not None:
                setattr(self, name, getattr(self, name)[good])

    def decide(self, block: "Block", finite: np.ndarray) -> np.ndarray:
        """Ask for the rates of the next update and take rows back; which rows are finite then."""
        controller, before = block.controller, self.eta[block.alive]
        answer = controller.next(block.step, self._seen(block, ~finite), self.state)
        answer = answer if isinstance(answer, tuple) else (answer,)
        eta, restore, keep, why, value = Decision(*answer)
        rows = np.zeros(len(finite), bool)
        back = rows if restore is None or self.good is None else rows | restore
        why = np.where(finite, -1 if why is None else why, 0)
        if back.any():
            finite = self._restore(block, back)
        self.eta[block.alive] = after = self._checked(controller, eta, finite)
        if self.good is not None:
            kept = finite & ~back & (True if keep is None else keep)
            self.good[kept] = block.w[kept]
        told = np.flatnonzero(why >= 0)
        if len(told):
            columns = (block.step, block.rows[block.alive], why, value, before, after, back)
            table = np.stack([np.broadcast_to(c, len(rows)) for c in (*columns, ~finite)], axis=1)
            self.events.append(table[told])
        return finite

    # --- what resuming needs -----------------------------------------------------------------

    def dump(self) -> dict[str, np.ndarray]:
        """Arrays of the rows that are still running."""
        found = {f"control.{name}": value for name, value in self.state.items()}
        return found if self.good is None else found | {"driver.good": self.good}

    def load(self, state: dict[str, np.ndarray], alive: np.ndarray) -> None:
        """Stand where :meth:`dump` was taken, with the rows ``alive`` still running."""
        self.eta, self.rescues = state["driver.eta"], state["driver.rescues"]
        self.state = {name: state[f"control.{name}"][alive] for name in self.state}
        if self.good is not None:
            self.good = state["driver.good"][alive]
        self.w, self.gradient = (_first(a, len(alive)) for a in (self.w, self.gradient))

    def _seen(self, block: "Block", diverged: np.ndarray) -> Seen:
        problem = block.run.problem
        return Seen(
            loss=np.where(diverged, np.inf, block.loss.astype(np.float64)),
            gradient=block.gradient,
            diverged=diverged,
            update=None if self.w is None else block.w - self.w,
            last_gradient=self.gradient,
            epoch=getattr(problem, "steps_per_epoch", None) or 1,
            evaluate=lambda: problem.evaluate(block.w, "validation")["loss"].astype(np.float64),
        )

    def _restore(self, block: "Block", back: np.ndarray) -> np.ndarray:
        """Put the rows ``back`` on their last good weights, with their update rule as at first."""
        block.w[back] = self.good[back]
        for name, fresh in block.update.start(block.w).items():
            block.state[name][back] = fresh[back]
        self.rescues[block.alive[back]] += 1
        block.loss, block.gradient = block.gradient_of(block.w, block.step)
        return block.finite()

    def _checked(self, controller: Controller, eta: object, finite: np.ndarray) -> np.ndarray:
        made = np.asarray(eta, dtype=np.float64)
        if made.shape not in ((), finite.shape):
            accepted = f"a number or an array of shape {finite.shape}, one rate a row"
            checks.refuse(f"the rate of {controller!r}", made, accepted)
        made = np.broadcast_to(made, finite.shape)
        if not np.all(np.isfinite(made) & (made >= 0) | ~finite):
            checks.refuse(f"the rate of {controller!r}", made, "finite and >= 0")
        return made


def _first(a: np.ndarray | None, rows: int) -> np.ndarray | None:
    return None if a is None else a[:rows]
