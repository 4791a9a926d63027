"""Trainings of the workbench: begun together, advanced in slices, read as what a picture shows."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lr.history import History
from course_lr.teaching.workbench.settings import Setup
from course_lr.training import Run, begin

SIGNALS = ("loss", "eta", "grad_norm", "update_ratio", "grad_cosine")
POINTS = 160
"""A curve has about so many; what lies between two is averaged."""
SLICE = 0.08
"""Seconds after which a long training looks up."""
KEPT = 12
"""So many finished runs are kept."""
Data = dict[str, Any]
_finished: dict[tuple, Run] = {}


def recorded(setup: Setup) -> dict[str, Any]:
    """What is recorded of each line, as arguments of :func:`~course_lr.train`."""
    network = hasattr(setup.loaded_problem, "chance")
    record = SIGNALS + (("validation_accuracy",) if network else ())
    return {"record": record, "record_every": max(1, setup.steps // 20)}


class Work:
    """The trainings of a setup. Each is a :class:`~course_lr.training.Run`; there is no other loop.

    Attributes:
        runs: the run of each line, by its letter.
    """

    def __init__(self, setup: Setup):
        self.setup, self.stride, problem = setup, 8, setup.loaded_problem
        settings = dict(seeds=range(setup.seeds), **recorded(setup))
        self.keys = {
            letter: (problem, *both, setup.steps, setup.seeds)
            for letter, both in setup.methods.items()
        }
        self.runs = {
            letter: _finished.get(key) or begin(problem, key[2], update=key[1], **settings)
            for letter, key in self.keys.items()
        }

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        done = sum(run.step for run in self.runs.values())
        return done / (self.setup.steps * len(self.runs))

    def advance(self) -> None:
        """One slice of the run that is furthest behind; how it is cut changes no number."""
        run: Run = min(self.runs.values(), key=lambda run: run.step)
        began = time.perf_counter()
        run.advance(min(self.stride, self.setup.steps - run.step))
        spent = time.perf_counter() - began
        self.stride = max(1, round(self.stride * min(4.0, SLICE / max(spent, 1e-6))))
        if run.step == self.setup.steps:
            self._keep(run)

    def _keep(self, run: Run) -> None:
        """Lines that were not changed are not trained again."""
        (key,) = (self.keys[letter] for letter, other in self.runs.items() if other is run)
        _finished[key] = run
        while len(_finished) > KEPT:
            del _finished[next(iter(_finished))]

    @property
    def data(self) -> Data:
        """What there is to see so far."""
        return gathered({letter: run.history for letter, run in self.runs.items()})


def compute(setup: Setup) -> Data:
    """Train every line, and say what there is to see.

    >>> from course_lr.teaching.workbench.settings import Line
    >>> data = compute(Setup("Quadratic([1])", steps=3, seeds=1, lines=[Line(eta=1.0)]))
    >>> data["lines"]["A"]["loss"][1].ravel()
    array([0.5, 0. , 0. , 0. ])
    """
    work = Work(setup)
    while work.share < 1:
        work.advance()
    return work.data


def gathered(histories: Mapping[str, History]) -> Data:
    """What a picture of some trainings shows: curves ``(x, values (points, seeds))`` by line.

    Every history has a seed axis and the records in ``SIGNALS``; where there are validation data,
    ``validation_accuracy`` too.
    """
    lines = {letter: _curves(history) for letter, history in histories.items()}
    first = next(iter(histories.values()))
    return {
        "lines": lines,
        "seeds": len(first.seeds),
        "steps": max(history.steps for history in histories.values()),
        "measure": "accuracy" if "accuracy" in next(iter(lines.values())) else "loss",
    }


def _curves(history: History) -> Data:
    curves: Data = {name: averaged(getattr(history, name)) for name in SIGNALS}
    curves |= {"diverged_at": history.diverged_at, "final": history.loss[-1]}
    if "validation_accuracy" in history.records:
        percent = 100 * history.validation_accuracy
        curves["accuracy"] = history.record_steps, percent
        curves["final"] = percent[-1] if len(percent) else np.full(len(history.seeds), np.nan)
    return curves


def averaged(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steps and the means of blocks of ``values`` ``(entries, seeds)``, about ``POINTS`` of
    them; the first entry stands for itself, a block with a value that is not finite is NaN.

    >>> averaged(np.arange(4.0)[:, None])[1].ravel()
    array([0., 1., 2., 3.])
    """
    size = -(-len(values) // POINTS)
    if size <= 1:
        return np.arange(len(values)), np.where(np.isfinite(values), values, np.nan)
    begins = np.concatenate([[0], np.arange(1, len(values), size)])
    lengths = np.diff([*begins, len(values)])
    with np.errstate(all="ignore"):
        means = np.add.reduceat(values, begins) / lengths[:, None]
    return begins + (lengths - 1) / 2, np.where(np.isfinite(means), means, np.nan)
