"""Curves that were computed already: one file a sweep in `build/evidence`, and what travels on."""

import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from course_lr.files import replaced
from course_lr.teaching.verdicts.curves import HERE, Curves, rounded
from experiments.freshness import CONTROLLERS, METHOD, ROOT, code_of
from experiments.sweep_table import SWEEPS
from experiments.sweeps import Sweep

CHUNK = 5
"""Seeds that are trained between two writings: what an interruption loses at most."""
CONTROLLED = ("watch", "plateau", "hypergradient", "bold driver")


def code_of_sweep(sweep: Sweep) -> str:
    """What a sweep rests on: its row without what figures want of it, and the method's code."""
    row = (sweep.problem, sweep.steps, sweep.rates, sweep.schedule, sweep.rule)
    rest = CONTROLLERS if sweep.schedule in CONTROLLED else ()
    return code_of(row, *METHOD, *rest, "experiments/problems.py", "experiments/sweeps.py")


def save(curves: Curves, path: pathlib.Path) -> None:
    """Write curves: the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as file:
        np.savez_compressed(file, **curves.arrays())


class Store:
    """Curves by sweep and seed, in a folder.

    Args:
        folder: of the files; every BLAS kernel has one of its own.
        kernel: the name of the BLAS kernel that computes.
    """

    def __init__(self, folder: pathlib.Path, kernel: str):
        self.folder, self.kernel = pathlib.Path(folder), kernel
        self.found: dict[str, Curves] = {}

    def path(self, sweep: Sweep) -> pathlib.Path:
        """The file of a sweep's curves; another code has another file."""
        return self.folder / f"{sweep.name}-{code_of_sweep(sweep)}.npz"

    def known(self, sweep: Sweep) -> Curves | None:
        """What is kept of a sweep, if anything."""
        if sweep.name not in self.found and self.path(sweep).is_file():
            self.found[sweep.name] = Curves.load(self.path(sweep))
        return self.found.get(sweep.name)

    def missing(self, sweep: Sweep, seeds: Iterable[int]) -> list[int]:
        """Those of the seeds that were not trained yet."""
        known = self.known(sweep)
        have = () if known is None else known.seeds
        return [seed for seed in seeds if seed not in have]

    def add(self, sweep: Sweep, curves: Curves) -> None:
        """Take in what was computed, and write it."""
        known = self.known(sweep)
        curves.about.update(kernel=self.kernel, code=code_of_sweep(sweep))
        curves.about.update(problem=sweep.problem, rule=sweep.rule, schedule=sweep.schedule)
        self.found[sweep.name] = curves if known is None else known.joined(curves)
        save(self.found[sweep.name], self.path(sweep))

    def curves(self, name: str, seeds: Sequence[int]) -> Curves:
        """The curves of a sweep for these seeds; what is missing is trained now."""
        sweep = SWEEPS[name]
        missing = self.missing(sweep, seeds)
        for part in chunks(missing):
            self.add(sweep, sweep.compute(part))
        return self.found[name].cut(seeds)

    def ship(self, name: str, folder: pathlib.Path = HERE / "curves") -> None:
        """Write what figures draw of a sweep: its first seeds, and the end of every run alone."""
        sweep, curves = SWEEPS[name], self.known(SWEEPS[name])
        seeds = range(10, sweep.seeds) if sweep.figure else range(sweep.seeds)
        if curves is None or not sweep.seeds or set(seeds) - set(curves.seeds.tolist()):
            return  # not all of it is here: what travels already stays
        curves = curves.cut(seeds)
        if not sweep.epochs:
            last = {"steps": curves.steps[-1:], "loss": curves.loss[-1:]}
            last["validation_accuracy"] = curves.validation_accuracy[-1:]
            curves = Curves(**{**vars(curves), **last})
        save(
            Curves(**{**vars(curves), "loss": rounded(curves.loss[-1:], 3)}), folder / f"{name}.npz"
        )


def chunks(seeds: Sequence[int], size: int = CHUNK) -> list[list[int]]:
    """The seeds in parts.

    >>> chunks([1, 2, 3, 4, 5, 6])
    [[1, 2, 3, 4, 5], [6]]
    """
    return [list(seeds[i : i + size]) for i in range(0, len(seeds), size)]


def folder_of(kernel: str) -> pathlib.Path:
    """Where curves that this BLAS kernel computed are kept."""
    return ROOT / "build" / "evidence" / kernel
