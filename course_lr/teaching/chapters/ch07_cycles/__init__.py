"""Chapter 07: basins of landscapes, snapshots that vote."""

import dataclasses

import numpy as np

from course_lr.problems import MLP
from course_lr.problems.analytic import AnalyticProblem
from course_lr.teaching.figures.curves import smoothed
from course_lr.training import begin, train

PARTS = (0.01, 0.1, 0.3, 1.0)
"""Lower bounds of the maps, as parts of the upper one; the last is a constant rate."""
SMALL = 0.0562341
"""A rate that jumps over no rim of the landscapes."""


def basins(problem: AnalyticProblem, w: np.ndarray) -> np.ndarray:
    """In which basin each point of ``w`` ``(…, n)`` lies: the place of its minimum, ``(…)``.

    Small steps without noise go downhill from each point; the nearest of the problem's minima is
    where they end. Place 0 is the deepest minimum.

    >>> from course_lr import wells
    >>> basins(wells("wide"), np.array([[0.8, 0.4], [2.5, 0.9]])).tolist()
    [0, 1]
    """
    calm = dataclasses.replace(problem, noise=0.0)
    ends = train(calm, np.full(w[..., 0].size, SMALL), steps=150, start=w.reshape(-1, problem.n)).w
    away = np.linalg.norm(ends[:, None] - problem.minima, axis=2)
    return away.argmin(axis=1).reshape(w.shape[:-1])


def snapshots(problem: MLP, eta, steps: int, seeds) -> np.ndarray:
    """The weights at the end of each of four cycles, ``(4, seeds, n)``.

    >>> from course_lr import CosineRestarts, digits
    >>> snapshots(digits(), CosineRestarts(0.5, period=2), 8, [0, 1]).shape
    (4, 2, 2410)
    """
    run = begin(problem, eta, seeds=list(seeds))
    return np.array([run.advance(steps // 4).w for _ in range(4)])


def voted(problem: MLP, shots: np.ndarray, split: str) -> np.ndarray:
    """Accuracy ``(seeds,)`` of the mean of the probabilities that the snapshots give."""
    images, total = problem.inputs[split].T[None], 0.0
    for weights in shots:
        logits = problem.forward(problem.matrices(weights), images)[-1]
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        total = total + power / power.sum(axis=1, keepdims=True)
    return np.mean(total.argmax(axis=1) == problem.labels[split], axis=1)


def trailing(loss: np.ndarray, window: int) -> np.ndarray:
    """At each step the mean of ``loss`` over the last ``window`` steps; NaN where there are fewer.

    >>> trailing(np.array([1.0, 3.0, 5.0]), 2)
    array([nan,  2.,  4.])
    """
    _, means = smoothed(loss, window)
    return np.concatenate([np.full(window - 1, np.nan), means])
