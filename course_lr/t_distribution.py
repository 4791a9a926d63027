"""Student's t distribution, and the interval of a mean over a few seeds."""

import math

import numpy as np


def t_cdf(t: float, dof: int) -> float:
    """Student's distribution function for a whole number of degrees of freedom, exactly.

    The finite series of Abramowitz & Stegun 1964, 26.7.3 (odd) and 26.7.4 (even).

    >>> t_cdf(1.0, 1)
    0.75
    """
    angle = math.atan(t / math.sqrt(dof))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = dof % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for k in range(1 + odd, dof, 2):
        total += term
        term *= cosine**2 * k / (k + 1)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + inside / 2


def t_quantile(p: float, dof: int) -> float:
    """The ``t`` with ``t_cdf(t, dof) = p``, by bisection over the angle; 0 < p < 1.

    >>> round(t_quantile(0.975, 19), 4)
    2.093
    """
    low, high = -math.pi / 2, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        value = math.sqrt(dof) * math.tan(middle)
        low, high = (middle, high) if t_cdf(value, dof) < p else (low, middle)
    return math.sqrt(dof) * math.tan((low + high) / 2)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The ends of Student's interval of the mean along the last axis; NaN for a single value.

    Args:
        values: ``(…, n)``, n independent values of each mean; where one is not finite, neither
            end is.
        level: the share of such intervals that cover the mean, 0 < level < 1.

    Returns:
        Lower and upper ends, each of shape ``(…)``.

    >>> low, high = interval(np.array([[1.0, 3.0], [2.0, 2.0]]))
    >>> low.round(2), high.round(2)
    (array([-10.71,   2.  ]), array([14.71,  2.  ]))
    """
    n = values.shape[-1]
    with np.errstate(all="ignore"):
        mean, half = values.mean(axis=-1), np.nan
        if n > 1:
            quantile = t_quantile((1 + level) / 2, n - 1)
            half = quantile * (values.std(axis=-1, ddof=1) / math.sqrt(n))
        return mean - half, mean + half
