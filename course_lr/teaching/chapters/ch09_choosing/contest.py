"""Chapter 09's contest: the ways to choose a rate, the problems, and what came out.

``make contest`` measures it (``experiments/contest.py``) and writes the file that is read here.
"""

import dataclasses
import functools
import pathlib
import zipfile

import numpy as np

from course_lr import files
from course_lr.problems.data import Dataset

METHODS = (
    "best of four dense sweeps",
    "the recipe",
    "the recipe with Adam",
    "the recipe, constant rates",
    "random search",
    "five-point grid",
    "range test alone",
    "Adam 1e-3 constant",
    "Adam 1e-3 with warm-up + cosine",
    "Adam 1e-3 constant, equal cost",
    "Adam 1e-3 with warm-up + cosine, equal cost",
)
"""What a contest compares; the first is what the others are measured against. At *equal cost* a
default is trained for as many steps as the recipe may spend on search and training together."""
RECIPES = METHODS[1:4]
NEW = {
    "moons": "two moons, tanh",
    "rings": "three rings",
    "board": "checkerboard",
    "blobs": "blobs in mixed units",
    "parity": "parity of three bits, tanh",
    "squared": "digits, tanh, squared error",
    "six": "digits, six layers",
    "few": "digits, 200 examples, 20 % wrong",
    "tanh1d": "MNIST-1D, tanh, batch 128",
}
"""Problems on which nothing in the course was tuned: name -> words."""
OLD = {
    "wide": "digits, wide",
    "deep": "digits, deep",
    "labels": "digits, 30 % wrong labels",
    "raw": "digits, raw units",
    "badstart": "digits, bad start",
    "fresh": "MNIST-1D, two layers",
    "flat": "MNIST-1D, one layer",
    "small": "MNIST-1D, batch 32",
    "spirals": "three spirals",
}
"""Those that judged the earlier recipe; the present one was changed after they had been seen."""
FILE = pathlib.Path(__file__).parents[2] / "verdicts" / "contest.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class Contest:
    """What came out: P problems, the W ways of :data:`METHODS`, S searches.

    Attributes:
        problems: P names.
        accuracy: ``(P, W, S)``, shares of the test examples, of what each way chose, trained once.
        failed: ``(P, W, S)``, whether that training failed.
        kept: ``(P, 3, S)``, whether each of :data:`RECIPES` said "keep the default".
        price: ``(P, 3, S)``, trainings that its search cost.
        gains: ``(P, 3, S)``, what it said it gains, in points of validation accuracy.
        seconds, kernel, code: ``(P,)``, how long it took, under which BLAS kernel, and a hash of
            the code that it rests on.
    """

    problems: tuple[str, ...]
    accuracy: np.ndarray
    failed: np.ndarray
    kept: np.ndarray
    price: np.ndarray
    gains: np.ndarray
    seconds: np.ndarray
    kernel: np.ndarray
    code: np.ndarray

    def save(self, path: pathlib.Path) -> None:
        """Write all of it to ``path``: the old file or the new one, never half."""
        arrays = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        with files.replaced(path) as file:
            np.savez_compressed(file, methods=np.array(METHODS), **arrays)

    def of(self, method: str, arrays: np.ndarray | None = None) -> np.ndarray:
        """``(P, S)``: the accuracy of one way, or its part of ``failed``."""
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
        return (self.accuracy if arrays is None else arrays)[:, METHODS.index(method)]

    def regrets(self, method: str, against: str = METHODS[0]) -> np.ndarray:
        """``(P, S)``: how many points of test accuracy a way lies behind another, by search.

        Raises:
            ValueError: a name that is not in :data:`METHODS`.

        >>> load().regrets("the recipe").shape
        (18, 20)
        """
        return 100 * (self.of(against) - self.of(method))

    def cut(self, problems) -> "Contest":
        """The same for these problems only, in this order.

        >>> load().cut(["moons", "spirals"]).problems
        ('moons', 'spirals')
        """
        names = tuple(problems)
        if unknown := set(names) - set(self.problems):
            known = ", ".join(self.problems)
            raise ValueError(f"problems must be some of {known}, got {', '.join(sorted(unknown))}")
        rows = [self.problems.index(name) for name in names]
        arrays = {f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)[1:]}
        return Contest(names, **arrays)


@functools.cache
def load(path: pathlib.Path = FILE) -> Contest:
    """The contest as it was measured last.

    Raises:
        ValueError: the file is missing, damaged or of other ways, with the command that makes it.

    >>> len(load().problems)
    18
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if tuple(arrays.pop("methods")) != METHODS:
            raise KeyError("methods")
        names = tuple(map(str, arrays.pop("problems")))
        return Contest(names, **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is missing, damaged or stale: make contest ({error!r})") from None


def spirals_data(data_seed: int = 0, samples: int = 1500) -> Dataset:
    """Points on three spirals that wind round each other, one class per spiral, with noise.

    >>> spirals_data().inputs.shape
    (1500, 2)
    """
    rng = np.random.default_rng(data_seed)
    labels = rng.integers(3, size=samples)
    turn = rng.uniform(0.5, 3.0, samples)
    angle = turn * np.pi + 2 * np.pi * labels / 3
    inputs = turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inputs += rng.normal(0, 0.25 / np.sqrt(2), inputs.shape)
    return Dataset("spirals", inputs, labels, 3, "made here", "MIT")
