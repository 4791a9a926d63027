"""Sweeps: the trainings that claims and figures read, computed once and kept in ``curves/``.

A sweep is one problem at many rates with many seeds. Everything that is read from it is rounded
when it is computed, so that numbers from a kept file equal those from a fresh training.
"""

import dataclasses
import importlib
import json
import os
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from course_lr.diagnostics import failed
from course_lr.problems import MLP
from course_lr.schedules import Constant
from course_lr.search.rounds import guessing
from course_lr.training import train
from course_lr.updates import SGD, Update

# Decades between two rates where a comparison hangs on the best one.
FINEST = 1 / 8
# Rates by which a grid grows on the side where its best one stands on the edge.
GROWTH = 4
# Epochs at the end over which the fluctuation of the loss is taken.
WINDOW = 3
# The arrays over seeds, with the place of that axis; the one before it is that of the rates.
SEEDS = {"loss": 2, "validation_accuracy": 2, "test_accuracy": 1, "fluctuation": 1}
SEEDS |= {"diverged": 1, "failed": 1, "start_loss": 0, "seeds": 0}
BY_RATE = [name for name, place in SEEDS.items() if place]


@dataclasses.dataclass
class Curves:
    """What a sweep found; ``R`` rates, ``S`` seeds, ``E`` epochs.

    Attributes:
        rates, seeds, steps: ``(R,)``; ``(S,)``; ``(E,)`` updates made at the end of each epoch.
        loss: ``(E, R, S)``, mean training loss of each epoch; inf after a divergence.
        validation_accuracy: ``(E, R, S)``, shares; that of guessing after a divergence.
        test_accuracy: ``(R, S)``, after the last epoch.
        fluctuation: ``(R, S)``, standard deviation of the step losses in the last three epochs.
        diverged: ``(R, S)``, whether the run left the finite numbers.
        failed: ``(R, S)``, whether it ends no better than guessing (:func:`course_lr.failed`).
        start_loss: ``(S,)``, the loss of the first batch before any update.
        guessing: the loss of giving every class the same chance.
        about: name, problem, code and seconds of the sweep.
    """

    rates: np.ndarray
    seeds: np.ndarray
    steps: np.ndarray
    loss: np.ndarray
    validation_accuracy: np.ndarray
    test_accuracy: np.ndarray
    fluctuation: np.ndarray
    diverged: np.ndarray
    failed: np.ndarray
    start_loss: np.ndarray
    guessing: float
    about: dict[str, Any]

    def joined(self, other: Self) -> Self:
        """These curves and those of ``other``, which has other seeds."""
        order = np.argsort(np.concatenate([self.seeds, other.seeds]))
        changes = {}
        for name, place in SEEDS.items():
            both = np.concatenate([getattr(self, name), getattr(other, name)], axis=place)
            changes[name] = both.take(order, axis=place)
        seconds = self.about["seconds"] + other.about["seconds"]
        return dataclasses.replace(self, **changes, about=self.about | {"seconds": seconds})

    def cut(self, seeds: Sequence[int]) -> Self:
        """The same for these seeds only, in this order."""
        where = [int(np.flatnonzero(self.seeds == seed)[0]) for seed in seeds]
        parts = {name: getattr(self, name).take(where, axis=place) for name, place in SEEDS.items()}
        return dataclasses.replace(self, **parts)

    def at(self, index: int) -> Self:
        """The same for one rate: ``loss`` has shape ``(E, S)``, ``failed`` ``(S,)``, and so on."""
        parts = {name: getattr(self, name).take(index, axis=SEEDS[name] - 1) for name in BY_RATE}
        return dataclasses.replace(self, rates=self.rates[index], **parts)

    @property
    def rate(self) -> float:
        """The rate, where there is only one."""
        return float(self.rates)

    def save(self, folder: pathlib.Path) -> None:
        """Write ``curves/NAME.npz`` below a folder: the old file or the new one, never half."""
        arrays = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        arrays["about"] = np.array(json.dumps(self.about))
        path = folder / "curves" / f"{self.about['name']}.npz"
        replace(path, lambda file: np.savez_compressed(file, **arrays))

    @classmethod
    def load(cls, folder: pathlib.Path, name: str) -> Self | None:
        """Read what :meth:`save` wrote; ``None`` where there is no such file."""
        path = folder / "curves" / f"{name}.npz"
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        return cls(**arrays | {"guessing": float(arrays["guessing"]), "about": about})


def replace(path: pathlib.Path, write: Callable) -> None:
    """Let ``write(file)`` fill a temporary file, which then takes the place of ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(unfinished, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True, eq=False)
class Sweep:
    """A problem trained at many rates; made by :func:`swept`.

    Attributes:
        function: returns the problem.
        words: what is trained, and how long.
        rates: the grid, ascending; at most 1/8 decade apart where the best one is expected.
        steps: updates of each run.
        eta: makes the schedule from an array of peak rates.
        update: the update rule.
    """

    function: Callable[[], MLP]
    words: str
    rates: tuple[float, ...]
    steps: int
    eta: Callable = Constant
    update: Update = SGD()

    @property
    def name(self) -> str:
        return self.function.__name__

    def __reduce__(self):
        return _named, (self.function.__module__, self.name)

    def compute(self, seeds: Sequence[int], rates: Sequence[float] | None = None) -> Curves:
        """Train every rate with these seeds."""
        problem, began = self.function(), time.perf_counter()
        rates = np.array(self.rates if rates is None else rates)
        history = train(
            problem,
            self.eta(rates),
            update=self.update,
            steps=self.steps,
            seeds=list(seeds),
            record=("loss", "validation_accuracy", "test_accuracy"),
        )
        epoch = problem.steps_per_epoch
        losses = history.loss[1 : self.steps // epoch * epoch + 1]
        losses = losses.reshape(-1, epoch, *losses.shape[1:])
        with np.errstate(all="ignore"):
            fluctuation = losses[-WINDOW:].reshape(-1, *losses.shape[2:]).std(axis=0)
        return Curves(
            rates,
            np.array(seeds),
            np.arange(1, len(losses) + 1) * epoch,
            rounded(losses.mean(axis=1), 4),
            rounded(history.validation_accuracy[: len(losses)], 4),
            rounded(history.test_accuracy[-1], 4),
            rounded(fluctuation, 5),
            history.diverged,
            failed(history.loss, guessing(problem), epoch),
            rounded(history.loss[0, 0], 4),
            guessing(problem),
            {"name": self.name, "problem": repr(problem), "seconds": time.perf_counter() - began},
        )

    def wider(self, curves: Curves, tuning: Sequence[int]) -> tuple[float, ...] | None:
        """A grid that goes on where the best of the tuning seeds is on the edge, else ``None``."""
        scores = curves.cut(tuning).validation_accuracy[-1].mean(axis=1)
        step, best = 10 ** (FINEST * np.arange(1, GROWTH + 1)), int(np.argmax(scores))
        if best == 0:
            return (*(curves.rates[0] / step[::-1]), *curves.rates)
        return (*curves.rates, *(curves.rates[-1] * step)) if best == len(scores) - 1 else None


def swept(words: str, rates: Sequence[float], steps: int, **settings) -> Callable:
    """Make a sweep of the decorated function, which returns a problem.

    Claims on a sweep add the first part of its name, up to ``_``, to their id.
    """
    return lambda function: Sweep(function, words, tuple(map(float, rates)), steps, **settings)


def _named(module: str, name: str) -> Sweep:
    return getattr(importlib.import_module(module), name)


def decades(low: float, high: float, step: float = FINEST) -> list[float]:
    """Rates from 10^low to 10^high, ``step`` decades apart.

    >>> decades(-2, -1, 0.5)
    [0.01, 0.0316228, 0.1]
    """
    return [float(f"{10**x:.6g}") for x in np.arange(low, high + step / 2, step)]


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Float32 with that many significant digits, which compress well."""
    with np.errstate(all="ignore"):
        size = np.floor(np.log10(np.abs(values), where=values > 0, out=np.zeros(values.shape)))
        unit = 10.0 ** (digits - 1 - np.where(np.isfinite(size), size, 0))
        made = np.round(values * unit) / unit
    return np.where(np.isfinite(values), made, np.inf).astype(np.float32)
