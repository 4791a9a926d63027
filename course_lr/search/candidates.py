"""The training of some candidates, which can be cut and sent to other processes.

Candidate i of a search is run i of the training.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from course_lr import arguments, checks
from course_lr.parameters import Parameters
from course_lr.schedules import Schedule
from course_lr.training import Run, begin

if TYPE_CHECKING:
    from concurrent.futures import Executor

ROWS = 64
"""Rows, candidates times seeds, that an executor gets at once."""


@dataclasses.dataclass(frozen=True, eq=False)
class CandidateBatch:
    """A training of R candidates with S seeds, at its start or under way.

    Attributes:
        problem: what is descended.
        options: what :func:`course_lr.begin` takes besides, checked.
        state: where the training stands; ``None`` at its start.
    """

    problem: Any
    options: dict[str, Any]
    state: dict[str, np.ndarray] | None = None

    @property
    def seeds(self) -> list[int]:
        """The S seeds."""
        return self.options["seeds"]

    @property
    def size(self) -> int | None:
        """R, how many candidates there are; ``None`` where nothing is an array over runs."""
        return arguments.runs(*(self.options[name] for name in ("eta", "update", "start")))

    def cut(self, chosen: np.ndarray, state: dict[str, np.ndarray] | None = None) -> Self:
        """The same for the candidates ``chosen``, ascending, at ``state``."""
        options = dict(self.options)
        options |= {name: options[name].cut(chosen) for name in ("eta", "update")}
        if np.ndim(options["start"]) == 2:
            options["start"] = options["start"][chosen]
        rows = (chosen[:, None] * len(self.seeds) + np.arange(len(self.seeds))).ravel()
        return CandidateBatch(self.problem, options, state and _cut(state, rows))

    def run(self) -> Run:
        """The training, begun or taken up again."""
        run = begin(self.problem, **self.options)
        if self.state is not None:
            run.state = self.state
        return run

    def after(self, steps: int) -> dict[str, np.ndarray]:
        """The state after so many more steps: what an executor is asked for."""
        return self.run().advance(steps).state

    def advance(self, steps: int, executor: "Executor | None", progress: bool) -> Run:
        """The training after so many more steps, made here or in parts by the executor."""
        if executor is None:
            return self.run().advance(steps, progress=progress)
        count = min(self.size, -(-self.size * len(self.seeds) // ROWS))
        chosen = np.array_split(np.arange(self.size), count)
        parts = [self.cut(numbers, self.state) for numbers in chosen]
        states = executor.map(CandidateBatch.after, parts, [steps] * count)
        if progress:
            from tqdm.auto import tqdm

            states = tqdm(states, total=count, unit="part", leave=False)
        run = self.run()
        run.state = _joined(list(states))
        return run

    def candidates(self, steps: int) -> dict[str, np.ndarray]:
        """What tells them apart, ``(R,)`` arrays by name, with ``"rate"`` as the first.

        The rate is the largest of a schedule over the steps, or what a controller begins with.
        """
        eta, start = self.options["eta"], self.options["start"]
        schedule = isinstance(eta, Schedule)
        rate = eta(np.arange(steps)).max(axis=0) if schedule else getattr(eta, "eta", np.nan)
        columns = {"rate": np.array(np.broadcast_to(rate, (self.size,)))}
        for name, values in [*_over_runs("", eta), *_over_runs("", self.options["update"])]:
            if not np.array_equal(values, columns["rate"]):
                columns[name if name not in columns else f"{name} {len(columns)}"] = values
        return columns | ({"start": np.arange(self.size)} if np.ndim(start) == 2 else {})


def _cut(state: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """A state with these rows alone, ascending; the log of a controller names its rows."""
    cut = {name: a if name in ("step", "log") else a[rows] for name, a in state.items()}
    if "log" in cut:
        cut["log"] = cut["log"][np.isin(cut["log"][:, 1], rows)]
        cut["log"][:, 1] = np.searchsorted(rows, cut["log"][:, 1])
    return cut


def _joined(states: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One state of all rows, those of each state after those of the one before."""
    before = np.cumsum([0, *(len(state["w"]) for state in states)])
    for state, first in zip(states, before):
        if "log" in state:
            state["log"][:, 1] += first
    joined = {n: np.concatenate([s[n] for s in states]) for n in states[0] if n != "step"}
    if "log" in joined:
        joined["log"] = joined["log"][np.lexsort(joined["log"].T[1::-1])]
    return joined | {"step": states[0]["step"]}


def executor_or_none(value: Any) -> "Executor | None":
    """An executor of ``concurrent.futures``, or one of its kind, or ``None``."""
    from concurrent.futures import Executor  # not paid for at import

    if value is not None and not isinstance(value, Executor):
        accepted = "None or a concurrent.futures.Executor (of a Dask client: get_executor())"
        checks.refuse("executor", value, accepted, TypeError)
    return value


def _over_runs(name: str, value: Any):
    """Pairs (name, array over runs) of the parameters in a value, however deep."""
    if isinstance(value, np.ndarray):
        yield name, value
    inner = value.arrays.items() if isinstance(value, Parameters) else ()
    inner = [(name, item) for item in value] if isinstance(value, tuple) else inner
    for name, item in inner:
        yield from _over_runs(name, item)
