"""The training loop: rows of a training that go through all their steps together, in one thread.

The loop of every training is :meth:`RunBlock.advance`; a :class:`Plan` says what it is to do.
"""

import functools
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from course_lr import signals
from course_lr.controllers.base import Controller
from course_lr.controllers.driver import Driver
from course_lr.history import Record
from course_lr.parameters import Parameters
from course_lr.problems.base import Gradient, Problem
from course_lr.schedules import Schedule
from course_lr.updates import Update

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


@dataclass(frozen=True, eq=False)
class Plan:
    """What a training is to do: checked arguments, spread over its rows and shared by its blocks.

    Attributes:
        problem, update: what is descended, and by which rule.
        rates: the schedule or the controller that gives the rates.
        seeds: the seeds; row ``r`` has seed ``seeds[r % S]`` and belongs to run ``r // S``.
        runs: how many runs there are, at least 1.
        axes: which of ``"run"`` and ``"seed"`` a record has.
        start: the initial weights, ``(rows, n)``.
        record: what is recorded; ``measures`` are those of it that ``problem.evaluate`` gives.
        record_every: steps between two evaluations.
    """

    problem: Problem
    rates: Schedule | Controller
    update: Update
    seeds: tuple[int, ...]
    runs: int
    axes: tuple[str, ...]
    start: np.ndarray
    record: tuple[str, ...]
    measures: tuple[str, ...]
    record_every: int

    @property
    def controller(self) -> Controller | None:
        """What decides the rates while training; ``None`` where a schedule gives them."""
        return self.rates if isinstance(self.rates, Controller) else None

    def gradient_of(self, rows: np.ndarray) -> Gradient:
        """The gradient of these rows, ``(w, step) -> (loss, gradient)``."""
        seeds = np.asarray(self.seeds)[rows % len(self.seeds)]
        if hasattr(self.problem, "bind"):
            return self.problem.bind(seeds)
        return lambda w, step: self.problem.loss_and_grad(w, step, seeds)


class RunBlock:
    """Some rows of a training: their weights, their rule, their rates and their records.

    Args:
        plan: of the training that the rows belong to.
        rows: which rows, ``row = run · S + seed``.
    """

    def __init__(self, plan: Plan, rows: np.ndarray):
        self.plan, self.rows, self.step = plan, rows, 0
        self.frozen_w = plan.start[rows]
        self.diverged_at = np.full(len(rows), -1)
        chance = getattr(plan.problem, "chance", 0.0)
        self.records = {name: Record.of(name, self.frozen_w, chance) for name in plan.record}
        self._select_rows(np.arange(len(rows)), self.frozen_w.copy())
        self.state = self.update.start(self.w)
        self.driver = None
        if plan.controller is not None:
            self.driver = Driver(self._cut(plan.controller), plan.problem, rows, self.w)
        self.last_gradient = np.full_like(self.w, np.nan) if "grad_cosine" in plan.record else None
        with np.errstate(all="ignore"):
            self._evaluate()
            self._record_point()

    def _select_rows(self, alive: np.ndarray, w: np.ndarray) -> None:
        """Let the rows numbered by ``alive`` go on, with weights ``w``."""
        self.alive, self.w = alive, w
        self.update = self._cut(self.plan.update)
        self.gradient_of = self.plan.gradient_of(self.rows[alive])

    def _cut(self, parameters: Parameters) -> Parameters:
        """Parameters for the runs of the rows that go on."""
        rows = self.rows[self.alive] if len(self.alive) else self.rows[:1]  # no empty array
        return parameters.cut(rows // len(self.plan.seeds))

    def advance(self, steps: int, schedule: Schedule, stop: threading.Event) -> None:
        """The loop: ``steps`` updates of every row that has not diverged."""
        with np.errstate(all="ignore"):
            for eta in self._rates(steps, schedule):
                if stop.is_set():
                    return
                eta = eta[self.alive]
                before = self.w.copy() if "update_ratio" in self.records else None
                if self.driver is not None:
                    self.driver.remember(self.w, self.gradient)
                self.update.apply(self.w, self.gradient, eta, self.state)  # w -= eta * g
                self._record_update(eta, before)
                self.step += 1
                self._evaluate()
                self._record_point()

    def _rates(self, steps: int, schedule: Schedule) -> Iterator[np.ndarray]:
        """The rate of each update for all rows of the block, ``(rows,)``."""
        end = self.step + steps
        if self.driver is not None:
            while self.step < end:
                yield self.driver.eta  # decided where the rows are now
            return
        schedule = schedule.cut(self.rows // len(self.plan.seeds))
        for begin in range(self.step, end, CHUNK):
            eta = schedule(np.arange(begin, min(begin + CHUNK, end)))
            eta = eta if eta.ndim == 2 else eta[:, None]
            yield from np.broadcast_to(eta, (len(eta), len(self.rows)))

    def _evaluate(self, decide: bool = True) -> None:
        """Loss and gradient where the rows are; rows that left the finite numbers are frozen."""
        if len(self.alive) == 0:
            self.loss, self.gradient = np.empty(0), self.w  # nothing to do, in the right shapes
            return
        self.loss, self.gradient = self.gradient_of(self.w, self.step)
        finite = self.finite()
        if self.driver is not None and decide:
            finite = self._drive(finite)
        if finite.all():
            return
        self.diverged_at[self.alive[~finite]] = self.step
        self.frozen_w[self.alive[~finite]] = self.w[~finite]
        self._drop_rows(finite)

    def _drive(self, finite: np.ndarray) -> np.ndarray:
        """Let the controller set rates and take rows back; return which are finite afterwards."""
        decision = self.driver.decide(self.step, self.w, self.loss, self.gradient, finite)
        if decision.restore.any():
            finite = self._restore(decision.restore)
        self.driver.carry_out(decision, self.step, self.w, finite)
        return finite

    def _restore(self, back: np.ndarray) -> np.ndarray:
        """Put the rows ``back`` on their last good weights, with their update rule reset."""
        self.w[back] = self.driver.good[back]
        for name, fresh in self.update.start(self.w).items():
            self.state[name][back] = fresh[back]
        self.loss, self.gradient = self.gradient_of(self.w, self.step)
        return self.finite()

    def finite(self) -> np.ndarray:
        """Which rows have a finite loss and finite weights, ``(rows,)``."""
        good = np.isfinite(self.loss) & np.isfinite(np.vecdot(self.w, self.w))
        if np.count_nonzero(good) < len(good):  # |w|² alone may have overflowed
            good |= np.isfinite(self.loss) & np.isfinite(self.w).all(axis=1)
        return good

    def _drop_rows(self, finite: np.ndarray) -> None:
        """Go on with the ``finite`` rows only."""
        self.loss, self.gradient = self.loss[finite], self.gradient[finite]
        self.state = {name: value[finite] for name, value in self.state.items()}
        if self.last_gradient is not None:
            self.last_gradient = self.last_gradient[finite]
        self._select_rows(self.alive[finite], self.w[finite])
        if self.driver is not None:
            self.driver.drop_rows(finite, self._cut(self.plan.controller))

    def weights(self) -> np.ndarray:
        """The weights ``(rows, n)`` now; those of diverged rows as they were when frozen."""
        self.frozen_w[self.alive] = self.w
        return self.frozen_w

    def _record(self, name: str, value: np.ndarray) -> None:
        if name in self.records:
            self.records[name].append(self.alive, value)

    def _record_point(self) -> None:
        """Record what belongs to the point that the rows stand on."""
        self._record("loss", self.loss)
        self._record("path", self.w)
        if self.plan.measures and self.step and self.step % self.plan.record_every == 0:
            self.measure()

    def _record_update(self, eta: np.ndarray, before: np.ndarray | None) -> None:
        """Record what belongs to the update just made at rate ``eta`` from ``before``."""
        self._record("eta", eta)
        if "grad_norm" in self.records:
            self._record("grad_norm", signals.norm(self.gradient))
        if before is not None:
            self._record("update_ratio", signals.ratio(before, self.w))
        if self.last_gradient is not None:
            self._record("grad_cosine", signals.cosine(self.gradient, self.last_gradient))
            self.last_gradient[...] = self.gradient

    def measure(self) -> None:
        """Record the validation, training and test measures at the present weights."""
        for name, values in self.measured().items():
            self.records[name].append(self.alive, values)

    def measured(self) -> dict[str, np.ndarray]:
        """The measures by name, each of the rows alive."""
        places = {name: name.split("_") for name in self.plan.measures}
        splits = dict.fromkeys(split for split, _ in places.values())
        values = {split: self.plan.problem.evaluate(self.w, split) for split in splits}
        return {name: values[split][measure] for name, (split, measure) in places.items()}

    def ends(self) -> dict[str, np.ndarray]:
        """The measures of all rows; a diverged run counts as loss inf and as guessing."""
        ends = {}
        for name, values in self.measured().items():
            ends[name] = np.full(len(self.rows), self.records[name].missing)
            ends[name][self.alive] = values
        return ends

    # --- what resuming needs -------------------------------------------------------------------

    def dump(self) -> dict[str, np.ndarray]:
        """Arrays with the block's rows along their first axis, records along their second."""
        state = {"w": self.weights(), "diverged_at": self.diverged_at}
        running = {f"update.{name}": value for name, value in self.state.items()}
        if self.last_gradient is not None:
            running["last_gradient"] = self.last_gradient
        if self.driver is not None:
            state |= {"driver.eta": self.driver.eta, "driver.rescues": self.driver.rescues}
            running |= self.driver.dump()
        for name, value in running.items():
            state[name] = np.zeros((len(self.rows), *value.shape[1:]), value.dtype)
            state[name][self.alive] = value
        return state | {f"record.{n}": r.values.swapaxes(0, 1) for n, r in self.records.items()}

    def load(self, step: int, state: dict[str, np.ndarray]) -> None:
        """Restore a :meth:`dump`: ``state`` holds the arrays of this block's rows."""
        self.step, self.frozen_w = step, state["w"]
        self.diverged_at = state["diverged_at"]
        alive = np.flatnonzero(self.diverged_at < 0)
        self._select_rows(alive, self.frozen_w[alive])
        self.state = {name: state[f"update.{name}"][alive] for name in self.state}
        if self.last_gradient is not None:
            self.last_gradient = state["last_gradient"][alive]
        if self.driver is not None:
            self.driver.load(state, alive, self._cut(self.plan.controller))
        for name, record in self.records.items():
            record.values = state[f"record.{name}"].swapaxes(0, 1)
        with np.errstate(all="ignore"):
            self._evaluate(decide=False)


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
