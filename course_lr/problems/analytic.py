"""Problems given by a formula: loss, gradient and Hessian are exact, noise is added on request."""

from typing import Any, ClassVar

import numpy as np

from course_lr import checks
from course_lr.parameters import Parameters, setting
from course_lr.problems.base import Gradient, Problem
from course_lr.problems.noise import Noise

REACH = 4.0
"""Starts that are drawn lie in [−REACH, REACH] in every coordinate."""
quiet = np.errstate(over="ignore", invalid="ignore")
"""A run that overflows says so by its numbers, not by a warning."""


def not_negative(name: str, value: object) -> float:
    """A single number, finite and at least 0."""
    return checks.single(name, checks.real(name, value, 0.0, np.inf, "a finite number >= 0"))


def above_0(name: str, value: object) -> float:
    """A single number, finite and above 0."""
    return checks.single(name, checks.positive(name, value))


def noise_level() -> Any:
    """The field ``noise``: standard deviation of the gradient noise in every coordinate."""
    return setting(not_negative, 0.0)


class AnalyticProblem(Parameters, Problem):
    """Base of the problems given by a formula, in float64.

    A subclass has a field ``noise`` and, unless it has two weights, the width ``n``. It says where
    it begins by ``origin``, a point for all seeds or a number for all coordinates; without one the
    starts are drawn. It computes loss ``(rows,)`` and gradient ``(rows, n)`` in ``_formula(w)``,
    second derivatives ``(rows, n, n)`` in ``_hessian(w)``, every row from that row alone and in the
    same order: alone or in a crowd, the same bits.

    With ``noise`` > 0 the gradient that :meth:`loss_and_grad` returns is the exact one plus
    independent normal numbers of that standard deviation, fixed by the row's seed and the step;
    the loss stays the exact one. Rows with the same seed see the same noise.
    """

    noise: float
    origin: ClassVar[float | tuple[float, ...] | None] = None

    @property
    def n(self) -> int:
        """The number of weights of one run."""
        return 2

    def start(self, seeds: np.ndarray) -> np.ndarray:
        """One row per seed, shape ``(rows, n)``: the origin, or drawn by ``default_rng(seed)``.

        Starts that are drawn are uniform in [−4, 4] in every coordinate.
        """
        seeds, _ = checks.seeds(seeds)
        if self.origin is not None:
            return np.tile(np.broadcast_to(self.origin, self.n), (len(seeds), 1))
        return np.array([np.random.default_rng(s).uniform(-REACH, REACH, self.n) for s in seeds])

    def _rows(self, name: str, w: object) -> np.ndarray:
        rows = checks.array(name, w)
        if rows.ndim != 2 or rows.shape[1] != self.n:
            accepted = f"an array of shape (rows, {self.n})"
            raise ValueError(f"{name} must be {accepted}, got one of shape {rows.shape}")
        return np.ascontiguousarray(rows)

    @quiet
    def loss(self, w: np.ndarray) -> np.ndarray:
        """The exact loss of each row of ``w``, shape ``(rows,)``."""
        return self._formula(self._rows("w", w))[0]

    @quiet
    def gradient(self, w: np.ndarray) -> np.ndarray:
        """The exact gradient at each row of ``w``, without noise, shape ``(rows, n)``."""
        return self._formula(self._rows("w", w))[1]

    @quiet
    def hessian(self, w: np.ndarray) -> np.ndarray:
        """The exact matrix of second derivatives at each row, shape ``(rows, n, n)``."""
        return self._hessian(self._rows("w", w))

    @quiet
    def hvp(self, w: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The Hessian at each row of ``w`` times the same row of ``v``, shape ``(rows, n)``."""
        w, v = self._rows("w", w), self._rows("v", v)
        return (self._hessian(w) * v[:, None, :]).sum(-1)

    def evaluate(self, w: np.ndarray, split: str = "train") -> dict[str, np.ndarray]:
        """``{"loss": (rows,)}``, the exact loss; there are no data, so every split is the same."""
        checks.one_of("split", split, ("train", "validation", "test"))
        return {"loss": self.loss(w)}

    def loss_and_grad(
        self, w: np.ndarray, step: int, seeds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The exact loss ``(rows,)``, and the gradient ``(rows, n)`` with the noise of ``step``."""
        return self.bind(seeds)(w, step)

    def bind(self, seeds: np.ndarray) -> Gradient:
        """:meth:`loss_and_grad` for rows with these seeds; it keeps the noise of many steps."""
        noise = Noise(seeds, self.n) if self.noise else None

        @quiet
        def gradient(w, step):
            loss, slope = self._formula(self._rows("w", w))
            return loss, slope if noise is None else slope + self.noise * noise.at(step, len(w))

        return gradient
