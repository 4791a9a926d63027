"""Chapter 02: random bowls, the time to a goal, the end of a band."""

import numpy as np

from course_lr.problems import Quadratic
from course_lr.teaching.verdicts.curves import Curves


def bowl(seed: int, low: float) -> tuple[Quadratic, np.ndarray, float]:
    """A random bowl in five dimensions, turned at random.

    Args:
        seed: of the turn and of the curvatures.
        low: the flattest curvature as a part of the steepest, which lies between 1 and 10.

    Returns:
        The problem, its steepest direction ``(5,)``, and the curvature along it.

    >>> problem, direction, steepest = bowl(0, 0.1)
    >>> bool(np.allclose(problem.hvp(direction[None], direction[None])[0], steepest * direction))
    True
    """
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    steepest = 10 ** rng.uniform(0, 1)
    curvatures = steepest * np.geomspace(1, low, 5)
    return Quadratic(curvatures, rotation=axes), axes[:, 0], steepest


def reach(loss: np.ndarray, goal: float) -> float:
    """Epochs until ``loss`` ``(epochs,)`` is down to ``goal``, between two epochs by its logarithm.

    Where it never gets there all epochs count, which is the least that can be said.

    >>> reach(np.array([1.0, 0.1, 0.01]), 0.1), reach(np.array([1.0, 0.1]), 0.01)
    (2.0, 2.0)
    """
    below = np.flatnonzero(loss <= goal)
    if len(below) == 0 or below[0] == 0:
        return 1.0 if len(below) else float(len(loss))
    last, first = np.log(loss[[below[0] - 1, below[0]]])
    return float(below[0] + (last - np.log(goal)) / (last - first))


def edge(means: np.ndarray, logs: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Where ``means`` first fall below a floor, on the axis of ``logs``, between two of its points.

    Args:
        means: ``(samples, rates)``, from the best rate outwards.
        logs: ``(rates,)``.
        floor: ``(samples,)``.

    >>> edge(np.array([[1.0, 0.9, 0.7]]), np.array([0.0, 1.0, 2.0]), np.array([0.8]))
    array([1.5])
    """
    below = means < floor[:, None]
    after = np.where(below.any(axis=1), below.argmax(axis=1), len(logs) - 1)
    row = np.arange(len(means))
    high, low = means[row, after - 1], np.minimum(means[row, after], floor)
    share = (high - floor) / np.maximum(high - low, 1e-12)
    return logs[after - 1] + np.clip(share, 0, 1) * (logs[after] - logs[after - 1])


def good_band(curves: Curves, tuning: int = 10, within: float = 0.01) -> tuple[float, float, float]:
    """The best rate, and the ends of the band of rates around it that are nearly as accurate.

    Args:
        curves: kept curves, with more seeds than ``tuning``.
        tuning: so many seeds choose the best rate, by validation accuracy; the others judge.
        within: how far below the best rate's mean test accuracy the band reaches.

    >>> from course_lr.teaching import verdicts
    >>> best, low, high = good_band(verdicts.sweep("mnist1d_rates"))
    >>> low < best < high
    True
    """
    best = int(curves.validation_accuracy[-1, :, :tuning].mean(axis=1).argmax())
    mean = curves.test_accuracy[:, tuning:].mean(axis=1, dtype=float)[None]
    logs, floor = np.log10(curves.rates), mean[:, best] - within
    low, high = (edge(mean[:, side], logs[side], floor)[0]
                 for side in (slice(best, None, -1), slice(best, None)))  # fmt: skip
    return float(curves.rates[best]), float(10**low), float(10**high)
