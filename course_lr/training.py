"""Training: ``train(problem, eta, steps=…)``, thousands of runs in one loop.

A :class:`Run` cuts a training into blocks of rows, ``advance`` drives them (the loop itself is
:meth:`course_lr.loop.RunBlock.advance`), ``history`` puts their records together. How rows are cut
into blocks, and how many threads there are, changes the speed and never a number.
"""

import contextlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_lr import arguments, checks, loop
from course_lr.controllers.base import Controller
from course_lr.controllers.driver import log_of
from course_lr.history import History, evaluations, record_names
from course_lr.loop import Plan, RunBlock, cut_rows, one_blas_thread
from course_lr.parameters import PerRun
from course_lr.problems.base import Problem
from course_lr.schedules import Schedule
from course_lr.updates import SGD, Update

MOST_BYTES = 10**9
"""A record larger than this is refused."""
WHOLE = ("step", "log")
"""What has no row axis in a state."""
INTERRUPTED = "this run was interrupted, its rows stand at different steps: begin it again"


class Run:
    """A training that has begun; made by :func:`begin`, moved on by :meth:`advance`.

    Attributes:
        step: updates made so far.
        schedule: gives the rates, at first ``plan.rates``. Between two advances another one may
            take its place, as when a learner drags a slider.
        controller: gives the rates instead, ``None`` where there is a schedule.
        plan: what is trained, a :class:`~course_lr.loop.Plan`.

    >>> from course_lr import Quadratic
    >>> run = begin(Quadratic([1.0]), 0.5, start=[4.0]).advance(1)
    >>> saved = run.state
    >>> run.advance(2).step, run.w, run.history.loss
    (3, array([0.5]), array([8.   , 2.   , 0.5  , 0.125]))
    >>> run.state = saved
    >>> run.step, run.w
    (1, array([2.]))
    """

    def __init__(self, plan: Plan):
        self.plan, self.schedule, self.controller = plan, plan.rates, plan.controller
        self.interrupted = False
        shape = (plan.runs, len(plan.seeds))
        with one_blas_thread():
            self.blocks = [RunBlock(plan, rows) for rows in cut_rows(shape, plan.start.shape[1])]

    @property
    def step(self) -> int:
        """Updates made so far."""
        return self.blocks[0].step

    def advance(self, steps: int, *, progress: bool = False) -> "Run":
        """Make ``steps`` more updates of every run; returns the run itself.

        Args:
            steps: >= 0.
            progress: show a bar (in a notebook or a terminal).

        Raises:
            ValueError: ``steps`` is no whole number >= 0, or a record would grow beyond 1 GB.
            KeyboardInterrupt: on Ctrl-C, within a step; the run can't go on after that.
        """
        steps = checks.whole("steps", steps)
        self._refuse_interrupted()
        self._reserve(steps)
        stop = threading.Event()
        try:
            with one_blas_thread():
                if len(self.blocks) == 1 and not progress:
                    self.blocks[0].advance(steps, self.schedule, stop)
                else:
                    self._advance_together(steps, stop, progress)
        except BaseException:
            self.interrupted = True
            raise
        return self

    def _advance_together(self, steps: int, stop: threading.Event, progress: bool) -> None:
        """Every block in a thread; the first exception, of a block or Ctrl-C, stops them all."""
        from concurrent.futures import ThreadPoolExecutor, wait  # not paid for at import

        begin = self.step
        threads = max(1, min(loop.THREADS, len(self.blocks)))
        with ThreadPoolExecutor(threads) as pool, _bar(steps, progress) as bar:
            try:
                waiting = {
                    pool.submit(block.advance, steps, self.schedule, stop) for block in self.blocks
                }
                while waiting:  # with a timeout, since Windows sees no Ctrl-C during a wait
                    done, waiting = wait(waiting, timeout=0.1, return_when="FIRST_EXCEPTION")
                    for job in done:
                        job.result()
                    if bar is not None:
                        done_steps = np.mean([block.step for block in self.blocks]) - begin
                        bar.update(int(done_steps) - bar.n)
            except BaseException:
                stop.set()
                raise

    def _refuse_interrupted(self) -> None:
        if self.interrupted:
            raise RuntimeError(INTERRUPTED)

    def _reserve(self, steps: int) -> None:
        rows = len(self.plan.start)
        for name, record in self.blocks[0].records.items():
            entries = steps // self.plan.record_every if name in self.plan.measures else steps
            size = record.bytes_for(entries) // len(self.blocks[0].rows) * rows
            if size > MOST_BYTES:
                raise ValueError(
                    f"record {name!r} would take {size / 1e9:.1f} GB for {rows} rows; at most "
                    f"{MOST_BYTES / 1e9:g} GB are kept: take fewer steps, runs or seeds"
                )
            for block in self.blocks:
                block.records[name].reserve(entries)

    def _joined(self, parts: Sequence[np.ndarray], axis: int = 0) -> np.ndarray:
        """Arrays with the rows of each block along ``axis``, put in the order of rows."""
        self._refuse_interrupted()
        shape = [*parts[0].shape]
        shape[axis] = len(self.plan.start)
        joined = np.empty(shape, parts[0].dtype)
        for block, part in zip(self.blocks, parts):
            joined[(slice(None),) * axis + (block.rows,)] = part
        return joined

    def _shaped(self, rows: np.ndarray, axis: int = 0) -> np.ndarray:
        """``(…, rows, …)`` -> ``(…, run, seed, …)`` without the axes that this training lacks."""
        all_sizes = {"run": self.plan.runs, "seed": len(self.plan.seeds)}
        sizes = [all_sizes[name] for name in self.plan.axes]
        return rows.reshape((*rows.shape[:axis], *sizes, *rows.shape[axis + 1 :]))

    @property
    def w(self) -> np.ndarray:
        """The weights now, ``(run, seed, n)`` without absent axes."""
        return self._shaped(self._joined([block.weights() for block in self.blocks]))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """All that resuming needs, as arrays by name (``np.savez(file, **run.state)`` keeps it).

        Setting it on a run begun with the same arguments resumes from there, bit for bit.
        """
        dumps = [block.dump() for block in self.blocks]
        joined = {name: self._joined([dump[name] for dump in dumps]) for name in dumps[0]}
        log = {"log": self._log()} if self.controller else {}
        return {"step": np.array(self.step)} | log | joined

    def _log(self) -> np.ndarray:
        """The entries of every block in the order of steps and rows."""
        return log_of([block.driver for block in self.blocks if block.driver is not None])

    @state.setter
    def state(self, state: Mapping[str, np.ndarray]) -> None:
        mine, state = self.state, {name: np.asarray(state[name]) for name in state}
        for name in {**mine, **state}:
            if name not in mine or name not in state:
                raise ValueError(f"state and run do not belong together: {name!r} is in one only")
            if _kind(name, mine[name]) != _kind(name, state[name]):
                kinds = f"{_kind(name, state[name])}, in this run {_kind(name, mine[name])}"
                raise ValueError(f"state belongs to another run: {name!r} is {kinds}")
        for block in self.blocks:
            rows = {name: a[block.rows] for name, a in state.items() if name not in WHOLE}
            block.load(int(state["step"]), rows)
        for block in self.blocks if self.controller else ():
            block.driver.events = [state["log"][np.isin(state["log"][:, 1], block.rows)]]

    @property
    def history(self) -> History:
        """What was recorded up to now, as a :class:`~course_lr.History` of its own."""
        plan, records, ends = self.plan, {}, self._ends()
        for name in plan.record:
            rows = self._joined([block.records[name].values for block in self.blocks], axis=1)
            rows = np.concatenate([rows, ends[name]]) if name in ends else rows
            records[name] = self._shaped(rows, axis=1)
        taken = list(range(plan.record_every, self.step + 1, plan.record_every))
        return History(
            records,
            axes=("step", *plan.axes),
            steps=self.step,
            seeds=plan.seeds,
            record_steps=taken + [self.step] * bool(ends) if plan.measures else [],
            diverged_at=self._shaped(self._joined([block.diverged_at for block in self.blocks])),
            w=self.w,
            **(self._controlled() if self.controller else {}),
        )

    def _controlled(self) -> dict[str, Any]:
        """What a history holds besides, where a controller gave the rates."""
        rescues = self._joined([block.driver.rescues for block in self.blocks])
        phrases = self.controller.phrases
        return {"rescues": self._shaped(rescues), "events": self._log(), "phrases": phrases}

    def _ends(self) -> dict[str, np.ndarray]:
        """Measures at the last step, where the regular ones have not fallen on it."""
        measures = self.plan.measures
        if not measures or (self.step and self.step % self.plan.record_every == 0):
            return {}
        with one_blas_thread(), np.errstate(all="ignore"):
            ends = [block.ends() for block in self.blocks]
        return {name: self._joined([part[name] for part in ends])[None] for name in measures}


def begin(
    problem: Problem,
    eta: PerRun | Schedule | Controller,
    *,
    update: Update = SGD(),
    seeds: int | Sequence[int] = 1,
    record: Sequence[str] = ("loss",),
    record_every: int | None = None,
    start: Any = None,
) -> Run:
    """Begin a training without making a step; see :func:`train` for the arguments.

    >>> from course_lr.problems import Quadratic
    >>> run = begin(Quadratic([1.0]), eta=0.5, start=[4.0])
    >>> run.advance(1).w, run.advance(1).w
    (array([2.]), array([1.]))
    """
    problem, update = arguments.problem(problem), arguments.update(update)
    rates, start = arguments.schedule(eta, problem), arguments.start(start)
    runs = arguments.runs(eta=rates, update=update, start=start)
    seeds, seed_axis = checks.seeds(seeds)
    start = arguments.rows(problem, start, (runs or 1, len(seeds)), seeds)
    record = record_names(record, problem)
    plan = Plan(
        problem=problem,
        rates=rates,
        update=update,
        seeds=seeds,
        runs=runs or 1,
        axes=("run",) * (runs is not None) + ("seed",) * seed_axis,
        start=start,
        record=record,
        measures=tuple(name for name in record if name in evaluations(problem)),
        record_every=arguments.record_every(record_every, problem),
    )
    return Run(plan)


def train(
    problem: Problem,
    eta: PerRun | Schedule | Controller,
    *,
    update: Update = SGD(),
    steps: int,
    seeds: int | Sequence[int] = 1,
    record: Sequence[str] = ("loss",),
    record_every: int | None = None,
    start: Any = None,
    progress: bool = False,
) -> History:
    """Train every run of ``eta``, ``update`` and ``start``, each with every seed, in one loop.

    Args:
        problem: what is descended, see :class:`~course_lr.problems.Problem`.
        eta: the rate: a number >= 0, an array ``(runs,)``, a schedule, or a controller, which
            also writes ``history.log`` and ``history.rescues``.
        update: the update rule. Arrays in it, in ``eta`` and in ``start`` are zipped.
        steps: updates, >= 0; 0 gives the loss at the start.
        seeds: how many (0 … n - 1), or which. Each run is trained with each seed.
        record: any of ``loss`` and ``path`` (``steps + 1`` entries: before each update and after
            the last, ``loss`` on the batch that would come next), ``eta``, ``grad_norm``,
            ``update_ratio``, ``grad_cosine`` (``steps`` entries), and ``validation_loss``,
            ``validation_accuracy``, ``train_…``, ``test_…`` where the problem can evaluate.
        record_every: steps between two evaluations; by default an epoch, without epochs only at
            the end. The last step is always evaluated.
        start: weights ``(n,)`` or ``(runs, n)``; by default the problem's own.
        progress: show a bar.

    Raises:
        ValueError, TypeError: naming the argument, its value and what is accepted.

    >>> from course_lr.problems import Quadratic
    >>> history = train(Quadratic([1.0]), eta=[0.5, 1.0, 1.5], steps=1, start=[4.0])
    >>> history.loss
    array([[8., 8., 8.],
           [2., 0., 2.]])
    """
    steps = checks.whole("steps", steps)
    run = begin(
        problem,
        eta,
        update=update,
        seeds=seeds,
        record=record,
        record_every=record_every,
        start=start,
    )
    return run.advance(steps, progress=progress).history


def _kind(name: str, a: np.ndarray) -> str:
    """The dtype and shape of an array in a state, without the entries that a record has by now."""
    if name == "log":
        return f"{a.dtype}{a.shape[1:]}"
    return f"{a.dtype}{a.shape[:1] + a.shape[2:] if name.startswith('record.') else a.shape}"


def _bar(steps: int, progress: bool):
    """A context with a tqdm bar, or with None."""
    if not progress:
        return contextlib.nullcontext()
    from tqdm.auto import tqdm

    return tqdm(total=steps, unit="step", leave=False)
