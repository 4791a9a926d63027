"""The quadratic bowl: everything about gradient descent on it can be worked out by hand."""

import dataclasses
import functools

import numpy as np

from course_lr import checks
from course_lr.parameters import setting
from course_lr.problems.analytic import AnalyticProblem, noise_level, quiet


def _curvatures(name: str, value: object) -> tuple[float, ...]:
    numbers = checks.real(name, value, -np.inf, np.inf, "finite real numbers, one a coordinate")
    return numbers if isinstance(numbers, tuple) else (numbers,)


def _rotation(name: str, value: object) -> float | tuple[tuple[float, ...], ...]:
    turn = checks.array(name, value, "an angle in radians or an orthogonal matrix")
    if turn.ndim not in (0, 2) or not np.all(np.isfinite(turn)):
        checks.refuse(name, value, "a finite angle in radians or an orthogonal matrix")
    return float(turn) if turn.ndim == 0 else tuple(map(tuple, turn.tolist()))


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Quadratic(AnalyticProblem):
    """f(w) = ½ Σ λᵢ uᵢ², where u are the coordinates of w along the principal axes.

    Gradient descent with the rate η multiplies uᵢ by 1 − ηλᵢ at every step: no overshoot up to
    η = 1/λ, no convergence from η = 2/λ on (for the largest λ). With gradient noise σ the mean
    loss along one axis settles at ησ²/(2(2 − ηλ)).

    Args:
        curvatures: λ, finite numbers, one a coordinate; a number alone makes a problem in one
            dimension, a negative one a direction that falls for ever.
        noise: σ ≥ 0, standard deviation of the noise in each coordinate of the gradient.
        rotation: how the principal axes are turned: an angle in radians (anti-clockwise, two
            curvatures only) or an orthogonal matrix ``(n, n)`` with the axes as its columns.

    The start is (1, …, 1). Source: Goh, "Why Momentum Really Works", Distill 2017.

    >>> bowl = Quadratic([1, 20])
    >>> bowl.loss([[-4, 1]]), bowl.gradient([[-4, 1]])
    (array([18.]), array([[-4., 20.]]))
    """

    origin = 1.0
    curvatures: float | tuple[float, ...] = setting(_curvatures)
    noise: float = noise_level()
    rotation: float | tuple[tuple[float, ...], ...] = setting(_rotation, 0.0)

    def __post_init__(self):
        super().__post_init__()
        _ = self._matrix  # a rotation that does not fit is refused here

    @property
    def n(self) -> int:
        return len(self.curvatures)

    @functools.cached_property
    def _axes(self) -> np.ndarray | None:
        """The principal axes as columns, ``None`` where they are the coordinate axes."""
        if self.rotation == 0.0:
            return None
        if isinstance(self.rotation, float):
            if self.n != 2:
                accepted = f"a matrix of shape {(self.n, self.n)} for {self.n} curvatures"
                checks.refuse("rotation", self.rotation, accepted)
            c, s = np.cos(self.rotation), np.sin(self.rotation)
            return np.array([[c, -s], [s, c]])
        axes = np.array(self.rotation)
        unit = np.eye(self.n)
        if axes.shape != unit.shape or not np.allclose(axes.T @ axes, unit, rtol=0, atol=1e-8):
            accepted = f"an orthogonal matrix of shape {unit.shape}, to 1e-8"
            checks.refuse("rotation", self.rotation, accepted)
        return axes

    @functools.cached_property
    def _matrix(self) -> np.ndarray:
        """The Hessian, ``(n, n)``, the same everywhere."""
        if self._axes is None:
            return np.diag(self.curvatures)
        return self._axes * np.array(self.curvatures) @ self._axes.T

    def _times(self, v: np.ndarray) -> np.ndarray:
        """The Hessian times each row of ``v``, without a product that spans rows."""
        if self._axes is None:
            return v * np.array(self.curvatures)
        return sum(v[:, i, None] * self._matrix[i] for i in range(self.n))

    def _formula(self, w):
        slope = self._times(w)
        return 0.5 * (w * slope).sum(-1), slope

    def _hessian(self, w):
        return np.tile(self._matrix, (len(w), 1, 1))

    @quiet
    def hvp(self, w: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The Hessian, which does not depend on ``w``, times each row of ``v``: ``(rows, n)``."""
        self._rows("w", w)
        return self._times(self._rows("v", v))
