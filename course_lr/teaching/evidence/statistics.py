"""Intervals for the mean effect over seeds: paired t, BCa bootstrap, and Wilson's for a share.

All take effects with one row a seed and give an :class:`Interval` that covers in 95 of 100 cases;
a test simulates how often each does.
"""

import math
import statistics
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_lr.student import t_quantile

NORMAL = statistics.NormalDist()
LEVEL = 0.95
RESAMPLES = 5000
# ``(samples, seeds, …) -> (samples,)``: what is estimated from each sample of seeds.
Statistic = Callable[[np.ndarray], np.ndarray]


class Interval(NamedTuple):
    """An effect and the ends of its 95 % interval."""

    effect: float
    low: float
    high: float


def mean(samples: np.ndarray) -> np.ndarray:
    """The mean over the seeds of each sample, ``(samples, seeds) -> (samples,)``."""
    return samples.mean(axis=1)


def paired_t(effects: np.ndarray) -> Interval:
    """Student's interval for the mean of ``(seeds,)`` paired differences (Student 1908).

    >>> [round(x, 2) for x in paired_t(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.48, 4.48]
    """
    centre, n = float(np.mean(effects)), len(effects)
    half = t_quantile((1 + LEVEL) / 2, n - 1) * float(np.std(effects, ddof=1)) / math.sqrt(n)
    return Interval(centre, centre - half, centre + half)


def bca(effects: np.ndarray, statistic: Statistic = mean) -> Interval:
    """Bias-corrected and accelerated bootstrap over the seeds (Efron 1987), seeded.

    Args:
        effects: ``(seeds, …)``.
        statistic: what is estimated; by default the mean of ``(seeds,)`` effects.

    >>> bca(np.array([5.0, 5.0, 5.0]))
    Interval(effect=5.0, low=5.0, high=5.0)
    """
    n, rng = len(effects), np.random.default_rng(0)
    centre = float(statistic(effects[None])[0])
    drawn = np.concatenate(
        [statistic(effects[rng.integers(n, size=(500, n))]) for _ in range(RESAMPLES // 500)]
    )
    if np.ptp(drawn) == 0:
        return Interval(centre, centre, centre)
    below = np.mean(drawn < centre) + np.mean(drawn == centre) / 2
    bias = NORMAL.inv_cdf(float(np.clip(below, 1 / RESAMPLES, 1 - 1 / RESAMPLES)))
    left_out = np.array([np.delete(np.arange(n), i) for i in range(n)])
    gaps = statistic(effects[left_out])
    gaps = gaps.mean() - gaps
    acceleration = (gaps**3).sum() / (6 * max((gaps**2).sum(), 1e-300) ** 1.5)
    ends = []
    for z in (NORMAL.inv_cdf((1 - LEVEL) / 2), NORMAL.inv_cdf((1 + LEVEL) / 2)):
        ends.append(NORMAL.cdf(bias + (bias + z) / (1 - acceleration * (bias + z))))
    low, high = np.quantile(drawn, ends)
    return Interval(centre, float(low), float(high))


def wilson(effects: np.ndarray) -> Interval:
    """Wilson's interval for a share in per cent (Wilson 1927); ``effects`` are 0 or 100.

    It has a width even where all seeds agree, which t and bootstrap have not.

    >>> [round(x, 1) for x in wilson(np.array([0.0] * 20))]
    [0.0, 0.0, 16.1]
    """
    if not np.isin(effects, (0.0, 100.0)).all():
        raise ValueError(f"effects must be 0 or 100 for the interval of a share, got {effects}")
    n, p, z = len(effects), float(np.mean(effects)) / 100, NORMAL.inv_cdf((1 + LEVEL) / 2)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(100 * p, max(0.0, 100 * (centre - half)), min(100.0, 100 * (centre + half)))


INTERVALS = {"paired t": paired_t, "BCa bootstrap": bca, "Wilson, for a share": wilson}
