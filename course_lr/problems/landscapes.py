"""Landscapes that are not convex, in one and two dimensions, with exact gradient and Hessian."""

import dataclasses
import functools

import numpy as np

from course_lr import checks
from course_lr.parameters import setting
from course_lr.problems.analytic import AnalyticProblem, above_0, noise_level, not_negative


def _matrices(a, b, c) -> np.ndarray:
    """The symmetric matrices [[a, b], [b, c]], shape ``(rows, 2, 2)``."""
    a, b, c = np.broadcast_arrays(a, b, c)
    return np.stack([a, b, b, c], axis=-1).reshape(-1, 2, 2)


class Valley(AnalyticProblem):
    """f(x, y) = ½ along·(x − centre)² + ½ across·(y − bend·x²)², the form of the two below."""

    along: float
    across: float
    bend: float
    centre = 0.0

    @property
    def minima(self) -> np.ndarray:
        """All minima, shape ``(k, 2)``."""
        return np.array([[self.centre, self.bend * self.centre**2]])

    def _formula(self, w):
        x, y = w.T
        pull, push = self.along * (x - self.centre), self.across * (y - self.bend * x * x)
        slope = np.stack([pull - 2 * self.bend * x * push, push], axis=-1)
        return 0.5 * (pull * (x - self.centre) + push * (y - self.bend * x * x)), slope

    def _hessian(self, w):
        x, y = w.T
        curve = 2 * self.bend * self.across
        return _matrices(self.along - curve * (y - 3 * self.bend * x * x), -curve * x, self.across)


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Rosenbrock(Valley):
    """f(x, y) = (1 − x)² + 100 (y − x²)²: a curved valley with a nearly flat floor.

    Start (−1.2, 1), minimum 0 at (1, 1), where the curvatures are 1001.6 and 0.4.
    Source: Rosenbrock, The Computer Journal 3 (1960).

    >>> Rosenbrock().loss([[-1.2, 1.0]]).round(1)
    array([24.2])
    """

    origin = (-1.2, 1.0)
    along, across, bend, centre = 2.0, 200.0, 1.0, 1.0
    noise: float = noise_level()


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Ravine(Valley):
    """f(x, y) = ½ along·x² + ½ across·(y − bend·x²)²: a valley, gentle along and steep across.

    ``along`` and ``across`` (> 0) are the curvatures at the minimum 0 at (0, 0); with ``bend`` 0
    the valley is straight, and this is ``Quadratic((along, across))``. Start (−4, 1).

    >>> Ravine(bend=0).gradient([[-4, 1]])
    array([[-4., 20.]])
    """

    origin = (-4.0, 1.0)
    along: float = setting(above_0, 1.0)
    across: float = setting(above_0, 20.0)
    bend: float = setting(not_negative, 0.1)
    noise: float = noise_level()


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Saddle(AnalyticProblem):
    """f(x, y) = x⁴/4 − x²/2 + y²/2: a saddle between two minima.

    At (0, 0) the slope is 0 and the curvatures are −1 and 1; the minima, −1/4, are (−1, 0) and
    (1, 0). Start (0.01, 2): close to the ridge x = 0, from where descent comes by the saddle first.
    Source: Nesterov, *Introductory Lectures on Convex Optimization* (2004), example 1.2.2.

    >>> Saddle().hessian([[0.0, 0.0]])
    array([[[-1.,  0.],
            [ 0.,  1.]]])
    """

    origin = (0.01, 2.0)
    noise: float = noise_level()

    @property
    def minima(self) -> np.ndarray:
        """All minima, shape ``(k, 2)``."""
        return np.array([[-1.0, 0.0], [1.0, 0.0]])

    def _formula(self, w):
        x, y = w.T
        square = x * x
        return square * (square / 4 - 0.5) + y * y / 2, np.stack([x * (square - 1), y], axis=-1)

    def _hessian(self, w):
        return _matrices(3 * w[:, 0] ** 2 - 1, 0.0, 1.0)


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Ripples(AnalyticProblem):
    """f(x) = bowl·x² + height·(1 − cos(frequency·x)): one bowl with many dents.

    The three parameters are > 0. The starts are uniform in [−4, 4], drawn from
    ``default_rng(seed)``; the global minimum is 0 at 0. A Rastrigin function (Rastrigin 1974) in
    one dimension, with a flatter bowl.

    >>> Ripples().minima[:3].ravel().round(3)
    array([ 0.   , -1.539,  1.539])
    """

    bowl: float = setting(above_0, 0.05)
    height: float = setting(above_0, 0.3)
    frequency: float = setting(above_0, 4.0)
    noise: float = noise_level()

    @property
    def n(self) -> int:
        return 1

    @functools.cached_property
    def minima(self) -> np.ndarray:
        """All minima, shape ``(k, 1)``, the deepest first."""
        period = 2 * np.pi / self.frequency
        last = int(self.height * self.frequency / (2 * self.bowl) / period) + 1
        guesses = period * np.arange(-last, last + 1.0)[:, None]
        return _minima(self, _newton(self, guesses, 50))

    def _formula(self, w):
        angle = self.frequency * w
        loss = self.bowl * w * w + self.height * (1 - np.cos(angle))
        slope = 2 * self.bowl * w + self.height * self.frequency * np.sin(angle)
        return loss[:, 0], slope

    def _hessian(self, w):
        wave = self.height * self.frequency**2 * np.cos(self.frequency * w)
        return (2 * self.bowl + wave)[:, :, None]


def _numbers(name: str, value: object) -> float | tuple[float, ...]:
    return checks.real(name, value, 0.0, np.inf, "finite numbers > 0, one a well", open_low=True)


def _centres(name: str, value: object) -> tuple[tuple[float, ...], ...]:
    centres = checks.array(name, value, "an array of shape (wells, n)")
    centres = centres[:, None] if centres.ndim == 1 else centres
    if centres.ndim != 2 or centres.size == 0 or not np.all(np.isfinite(centres)):
        checks.refuse(name, value, "finite numbers of shape (wells, n), or (wells,) for n = 1")
    return tuple(map(tuple, centres.tolist()))


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Wells(AnalyticProblem):
    """f(w) = bowl·|w|² − Σ dᵢ exp(−|w − cᵢ|² / (2 sᵢ²)): wells in a wide bowl.

    The starts are uniform in [−4, 4]ⁿ, drawn from ``default_rng(seed)``.

    Args:
        depths: dᵢ > 0, one a well, or one for all.
        centres: cᵢ, finite, shape ``(wells, n)``; ``(wells,)`` makes a problem in one dimension.
        widths: sᵢ > 0, one a well, or one for all.
        bowl: ≥ 0.
        noise: standard deviation of the gradient noise, ≥ 0.

    >>> Wells(depths=1, centres=[-2, 2], widths=0.5).minima.ravel().round(2)
    array([-1.95,  1.95,  0.  ])
    """

    depths: float | tuple[float, ...] = setting(_numbers)
    centres: tuple[tuple[float, ...], ...] = setting(_centres)
    widths: float | tuple[float, ...] = setting(_numbers)
    bowl: float = setting(not_negative, 0.05)
    noise: float = noise_level()

    def __post_init__(self):
        super().__post_init__()
        for name in ("depths", "widths"):
            value, wells = getattr(self, name), len(self.centres)
            if isinstance(value, tuple) and len(value) != wells:
                checks.refuse(name, value, f"one number, or {wells} as there are {wells} centres")

    @property
    def n(self) -> int:
        return len(self.centres[0])

    @functools.cached_property
    def minima(self) -> np.ndarray:
        """The minima that descent from the centres and from 0 reaches, ``(k, n)``, deepest first.

        Two wells that overlap may share one, and a shallow one may have none.
        """
        guesses = np.vstack([self.centres, np.zeros(self.n)])
        depths, _, squares = self._arrays
        steepest = 2 * self.bowl + np.broadcast_to(depths / squares, len(self.centres)).sum()
        for _ in range(3000):
            guesses = guesses - self.gradient(guesses) / steepest
        return _minima(self, _newton(self, guesses, 10))

    @functools.cached_property
    def _arrays(self):
        """Depths, centres with the wells last, and squared widths."""
        centres = np.ascontiguousarray(np.array(self.centres).T)
        return np.asarray(self.depths), centres, np.asarray(self.widths) ** 2

    def _pulls(self, w):
        """w − cᵢ of shape ``(rows, n, wells)``, and the well's depth there, ``(rows, wells)``."""
        depths, centres, squares = self._arrays
        away = w[:, :, None] - centres
        return away, depths * np.exp(-0.5 * (away**2).sum(1) / squares)

    def _formula(self, w):
        away, pull = self._pulls(w)
        slope = 2 * self.bowl * w + (away * (pull / self._arrays[2])[:, None]).sum(-1)
        return self.bowl * (w**2).sum(-1) - pull.sum(-1), slope

    def _hessian(self, w):
        away, pull = self._pulls(w)
        squares = self._arrays[2]
        round_part = 2 * self.bowl + (pull / squares).sum(-1)
        outer = away[:, :, None] * away[:, None] * (pull / squares**2)[:, None, None]
        return round_part[:, None, None] * np.eye(self.n) - outer.sum(-1)


def wells(kind: str = "wide", noise: float = 0.0) -> Wells:
    """Seven wells in the plane: the deepest near (0.8, 0.5), six of depth 1 in a ring round 0.

    ``"wide"``: the deepest (depth 3) is wide, 1.2, and the others narrow, 0.35; ``"narrow"``: it is
    narrow, 0.35, and the others wide, 0.8; ``"equal"``: all are 0.5 wide, and its depth is 2. What
    a large rate does to local minima is answered differently by the first two.

    >>> wells("narrow").minima[0].round(2)
    array([0.81, 0.5 ])
    """
    shapes = {"wide": (3.0, 1.2, 0.35), "narrow": (3.0, 0.35, 0.8), "equal": (2.0, 0.5, 0.5)}
    depth, width, others = shapes[checks.one_of("kind", kind, tuple(shapes))]
    angles = np.arange(6) * np.pi / 3 + 0.3
    ring = 2.6 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    centres = np.vstack([[0.8, 0.5], ring])
    return Wells((depth,) + (1.0,) * 6, centres, (width,) + (others,) * 6, noise=noise)


def _newton(problem: AnalyticProblem, w: np.ndarray, steps: int) -> np.ndarray:
    """Newton's method from each row of ``w``; a flat direction is left as it is."""
    for _ in range(steps):
        w = w - (np.linalg.pinv(problem.hessian(w)) @ problem.gradient(w)[:, :, None])[:, :, 0]
    return w


def _minima(problem: AnalyticProblem, w: np.ndarray) -> np.ndarray:
    """The rows of ``w`` that are minima, each once, the deepest first."""
    w = w[np.abs(problem.gradient(w)).max(-1) < 1e-9]
    w = w[np.linalg.eigvalsh(problem.hessian(w))[:, 0] > 0]
    _, first = np.unique(w.round(6), axis=0, return_index=True)
    w = w[np.sort(first)]
    w = w[np.argsort(problem.loss(w).round(9), kind="stable")]
    w.setflags(write=False)
    return w
