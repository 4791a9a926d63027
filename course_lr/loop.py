"""A block: rows of a training that go through all their steps together, in one thread.

Here is the only training loop of the package, :meth:`Block.advance`.
"""

import functools
import math
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from course_lr.controllers.driver import Driver
from course_lr.history import Record

if TYPE_CHECKING:
    from course_lr.training import Run

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = int(os.environ.get("COURSE_LR_THREADS", 0)) or CORES
"""How many blocks may run at once."""
BLOCK_SIZE = 2**18
"""Numbers of ``w`` in a block: what is touched at each step should stay in the cache."""
LEAST = 24
"""Rows of a block: with fewer, the interpreter costs more than the arithmetic."""
SMALL = 2**15
"""A training with no more numbers than this is one block: threads would wait for each other."""
CHUNK = 256
"""Steps whose rates are computed at once."""


class Block:
    """Some rows of a training: their weights, their rule, their rates and their records.

    Args:
        run: the training that the rows belong to.
        rows: which rows, ``row = run · S + seed``.
    """

    def __init__(self, run: "Run", rows: np.ndarray):
        self.run, self.rows, self.step = run, rows, 0
        self.final = run.start[rows]
        self.diverged_at = np.full(len(rows), -1)
        chance = getattr(run.problem, "chance", 0.0)
        self.records = {name: Record.of(name, self.final, chance) for name in run.record}
        self._settle(np.arange(len(rows)), self.final.copy())
        self.state = self.update.start(self.w)
        self.driver = Driver(self.controller, self.w) if run.controller else None
        self.last_gradient = np.full_like(self.w, np.nan) if "grad_cosine" in run.record else None
        with np.errstate(all="ignore"):
            self._look()
            self._note_point()

    def _settle(self, alive: np.ndarray, w: np.ndarray) -> None:
        """Let the rows numbered by ``alive`` go on, with weights ``w``."""
        run, rows = self.run, self.rows[alive]
        self.alive, self.w = alive, w
        runs = (rows if len(rows) else self.rows[:1]) // len(run.seeds)  # no array without entries
        self.update = run.update.cut(runs)
        self.controller = run.controller and run.controller.cut(runs)
        self.gradient_of = run.gradient_of(np.asarray(run.seeds)[rows % len(run.seeds)])

    def advance(self, steps: int, stop: threading.Event) -> None:
        """The loop: ``steps`` updates of every row that has not diverged."""
        with np.errstate(all="ignore"):
            for eta in self._rates(steps):
                if stop.is_set():
                    return
                eta = eta[self.alive]
                before = self.w.copy() if "update_ratio" in self.records else None
                if self.driver is not None:
                    self.driver.remember(self.w, self.gradient)
                self.update.apply(self.w, self.gradient, eta, self.state)  # w -= eta * g
                self._note_update(eta, before)
                self.step += 1
                self._look()
                self._note_point()

    def _rates(self, steps: int) -> Iterator[np.ndarray]:
        """The rate of each update for all rows of the block, ``(rows,)``."""
        end = self.step + steps
        while self.driver is not None and self.step < end:
            yield self.driver.eta  # decided where the rows stand now
        schedule = self.run.schedule.cut(self.rows // len(self.run.seeds))
        for begin in range(self.step, end, CHUNK):
            eta = schedule(np.arange(begin, min(begin + CHUNK, end)))
            eta = eta if eta.ndim == 2 else eta[:, None]
            yield from np.broadcast_to(eta, (len(eta), len(self.rows)))

    def _look(self, decide: bool = True) -> None:
        """Loss and gradient where the rows stand; rows that left the finite numbers are frozen."""
        if len(self.alive) == 0:
            self.loss, self.gradient = np.empty(0), self.w  # nothing to do, in the right shapes
            return
        self.loss, self.gradient = self.gradient_of(self.w, self.step)
        good = self.finite()
        if self.driver is not None and decide:
            good = self.driver.decide(self, good)
        if good.all():
            return
        self.diverged_at[self.alive[~good]] = self.step
        self.final[self.alive[~good]] = self.w[~good]
        self._keep(good)

    def finite(self) -> np.ndarray:
        """Which rows have a finite loss and finite weights, ``(rows,)``."""
        good = np.isfinite(self.loss) & np.isfinite(np.vecdot(self.w, self.w))
        if np.count_nonzero(good) < len(good):  # |w|² alone may have overflowed
            good |= np.isfinite(self.loss) & np.isfinite(self.w).all(axis=1)
        return good

    def _keep(self, good: np.ndarray) -> None:
        """Go on with the rows marked in ``good`` only."""
        self.loss, self.gradient = self.loss[good], self.gradient[good]
        self.state = {name: value[good] for name, value in self.state.items()}
        if self.last_gradient is not None:
            self.last_gradient = self.last_gradient[good]
        if self.driver is not None:
            self.driver.keep(good)
        self._settle(self.alive[good], self.w[good])

    def weights(self) -> np.ndarray:
        """The weights ``(rows, n)`` now; those of diverged rows as they were when frozen."""
        self.final[self.alive] = self.w
        return self.final

    def _note(self, name: str, value: np.ndarray) -> None:
        if name in self.records:
            self.records[name].append(self.alive, value)

    def _note_point(self) -> None:
        """Record what belongs to the point that the rows stand on."""
        self._note("loss", self.loss)
        self._note("path", self.w)
        if self.run.measures and self.step and self.step % self.run.record_every == 0:
            self.measure()

    def _note_update(self, eta: np.ndarray, before: np.ndarray | None) -> None:
        """Record what belongs to the update just made at rate ``eta`` from ``before``."""
        self._note("eta", eta)
        if "grad_norm" in self.records:
            self._note("grad_norm", norm(self.gradient))
        if before is not None:
            self._note("update_ratio", norm(self.w - before) / norm(before))
        if self.last_gradient is not None:
            product = norm(self.gradient) * norm(self.last_gradient)
            self._note("grad_cosine", _dot(self.gradient, self.last_gradient) / product)
            self.last_gradient[...] = self.gradient

    def measure(self) -> None:
        """Record the validation, training and test measures at the present weights."""
        for name, values in self.measured().items():
            self.records[name].append(self.alive, values)

    def measured(self) -> dict[str, np.ndarray]:
        """The measures by name, each of the rows alive."""
        splits = dict.fromkeys(name.split("_")[0] for name in self.run.measures)
        found = {split: self.run.problem.evaluate(self.w, split) for split in splits}
        return {
            name: found[split][m] for name in self.run.measures for split, m in [name.split("_")]
        }

    def ends(self) -> dict[str, np.ndarray]:
        """The measures of all rows of the block; a diverged run has loss inf and guesses."""
        found = {}
        for name, values in self.measured().items():
            found[name] = np.full(len(self.rows), self.records[name].missing)
            found[name][self.alive] = values
        return found

    # --- what resuming needs -------------------------------------------------------------------

    def dump(self) -> dict[str, np.ndarray]:
        """Arrays with the block's rows along their first axis, records along their second."""
        found = {"w": self.weights(), "diverged_at": self.diverged_at}
        inner = {f"update.{name}": value for name, value in self.state.items()}
        if self.last_gradient is not None:
            inner["last_gradient"] = self.last_gradient
        if self.driver is not None:
            found |= {"driver.eta": self.driver.eta, "driver.rescues": self.driver.rescues}
            inner |= self.driver.dump()
        for name, value in inner.items():
            found[name] = np.zeros((len(self.rows), *value.shape[1:]), value.dtype)
            found[name][self.alive] = value
        return found | {f"record.{n}": r.values.swapaxes(0, 1) for n, r in self.records.items()}

    def load(self, step: int, state: dict[str, np.ndarray]) -> None:
        """Stand where :meth:`dump` was taken: ``state`` holds the arrays of this block's rows."""
        self.step, self.final = step, state["w"]
        self.diverged_at = state["diverged_at"]
        alive = np.flatnonzero(self.diverged_at < 0)
        self._settle(alive, self.final[alive])
        self.state = {name: state[f"update.{name}"][alive] for name in self.state}
        if self.last_gradient is not None:
            self.last_gradient = state["last_gradient"][alive]
        if self.driver is not None:
            self.driver.load(state, alive)
        for name, record in self.records.items():
            record.values = state[f"record.{name}"].swapaxes(0, 1)
        with np.errstate(all="ignore"):
            self._look(decide=False)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum(a.astype(np.float64) * b, axis=1)


def norm(a: np.ndarray) -> np.ndarray:
    """Euclidean norm of each row, ``(rows, n) -> (rows,)``, in float64.

    >>> norm(np.array([[3.0, 4.0]]))
    array([5.])
    """
    return np.sqrt(_dot(a, a))


def cut_rows(shape: tuple[int, int], n: int) -> list[np.ndarray]:
    """The rows of each block: those of one seed together, since they share their batches."""
    runs, seeds = shape
    if runs * seeds * n <= SMALL:
        return [np.arange(runs * seeds)]
    most = max(LEAST, BLOCK_SIZE // n)
    by_seed = np.arange(runs * seeds).reshape(runs, seeds).T
    groups = list(by_seed) if 2 * runs >= most else [by_seed.ravel()]
    parts = math.ceil(len(groups[0]) / most)
    while parts * len(groups) % THREADS and len(groups[0]) >= LEAST * (parts + 1):
        parts += 1
    return [rows for group in groups for rows in np.array_split(group, parts) if len(rows)]


@functools.lru_cache(maxsize=1)
def _blas():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread():
    """A context in which matrix products use one thread: the blocks are the threads."""
    return _blas().limit(limits=1, user_api="blas")
