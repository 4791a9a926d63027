"""Chapter 02: the band of good rates, and where it ends."""

import numpy as np

from course_lr.teaching.verdicts.curves import Curves


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
