"""Curves: what a full sweep found, kept in ``curves/`` for the figures.

Everything that is read from a sweep is rounded when it is computed, so that numbers from a kept
file equal those from a fresh training.
"""

import dataclasses
import json
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

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


def decades(low: float, high: float, step: float = 1 / 8) -> list[float]:
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
