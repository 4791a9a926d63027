"""Kept curves: what full sweeps found, for figures and explorers. How they came: `experiments/`."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# The arrays over seeds, with the place of that axis; the one before it is that of the rates.
SEEDS = {"loss": 2, "validation_accuracy": 2, "test_accuracy": 1, "failed": 1, "seeds": 0}
BY_RATE = [name for name, place in SEEDS.items() if place]


@dataclasses.dataclass(frozen=True, eq=False)
class Curves:
    """A problem trained at many rates with many seeds: ``R`` rates, ``S`` seeds, ``E`` epochs.

    Attributes:
        rates, seeds: ``(R,)``; ``(S,)``. Each seed has its own start, batches and data.
        steps: ``(E,)`` updates made at the end of each epoch; where only the end is kept, E is 1.
        loss: ``(E, R, S)``, mean training loss of the epoch; inf after a divergence.
        validation_accuracy: ``(E, R, S)``, shares; that of guessing after a divergence.
        test_accuracy: ``(R, S)``, after the last epoch.
        failed: ``(R, S)``, whether the run ends no better than guessing.
        about: ``problem`` and ``rule`` in words, ``code``, ``kernel``, ``seconds``.
    """

    rates: np.ndarray
    seeds: np.ndarray
    steps: np.ndarray
    loss: np.ndarray
    validation_accuracy: np.ndarray
    test_accuracy: np.ndarray
    failed: np.ndarray
    about: dict[str, Any]

    def cut(self, seeds: Sequence[int]) -> Self:
        """The same for these seeds only, in this order.

        Raises:
            ValueError: a seed is not among them.
        """
        places = {int(seed): place for place, seed in enumerate(self.seeds)}
        missing = [seed for seed in seeds if int(seed) not in places]
        if missing:
            raise ValueError(f"seeds must be among {sorted(places)}, got {missing[0]}")
        where = [places[int(seed)] for seed in seeds]
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

    def joined(self, other: Self) -> Self:
        """These curves and those of ``other``, which has other seeds, in the order of seeds."""
        order = np.argsort(np.concatenate([self.seeds, other.seeds]))
        changes: dict[str, Any] = {}
        for name, place in SEEDS.items():
            both = np.concatenate([getattr(self, name), getattr(other, name)], axis=place)
            changes[name] = both.take(order, axis=place)
        seconds = self.about["seconds"] + other.about["seconds"]
        return dataclasses.replace(self, **changes, about=self.about | {"seconds": seconds})

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file holds: all arrays by name, and ``about`` as JSON."""
        arrays = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return arrays | {"about": np.array(json.dumps(self.about))}

    @classmethod
    def load(cls, path: pathlib.Path) -> Self:
        """Read a file of :meth:`arrays`.

        Raises:
            ValueError: the file is missing or damaged; it is named.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return cls(**arrays | {"about": json.loads(str(arrays["about"]))})
        except Exception as error:
            what = f"{path} can't be read ({type(error).__name__})"
            raise ValueError(f"{what}: `course-lr evidence` writes it anew") from error


def sweep(name: str) -> Curves:
    """The kept curves of a full sweep, for figures (label them so).

    Raises:
        ValueError: there are no such curves; the message names those there are.

    >>> sweep("mnist1d_rates").test_accuracy.shape[1]
    30
    """
    known = sorted(path.stem for path in (HERE / "curves").glob("*.npz"))
    if name not in known:
        there = ", ".join(known) or "none yet"
        raise ValueError(f"name must be that of kept curves, {there}; got {name!r}")
    return Curves.load(HERE / "curves" / f"{name}.npz")


def decades(low: float, high: float, step: float = 1 / 8) -> list[float]:
    """Rates from 10^low to 10^high, ``step`` decades apart.

    >>> decades(-2, -1, 0.5)
    [0.01, 0.0316228, 0.1]
    """
    return [float(f"{10**x:.6g}") for x in np.arange(low, high + step / 2, step)]


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Float32 with that many significant digits, which compress well.

    >>> rounded(np.array([0.123456, np.inf]), 3).tolist()
    [0.12300000339746475, inf]
    """
    with np.errstate(all="ignore"):
        size = np.floor(np.log10(np.abs(values), where=values > 0, out=np.zeros(values.shape)))
        unit = 10.0 ** (digits - 1 - np.where(np.isfinite(size), size, 0))
        steps_of_unit = np.round(values * unit) / unit
    return np.where(np.isfinite(values), steps_of_unit, np.inf).astype(np.float32)
