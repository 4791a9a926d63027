"""Chapter 02: random bowls, the time to a goal, the end of a band."""

import numpy as np

from course_lr.problems import Quadratic


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
