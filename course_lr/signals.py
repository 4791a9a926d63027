"""The signals of the gradient that the loop records: each defined once, for arrays ``(…, n)``.

Sums are taken in float64 whatever the dtype of the weights. :mod:`course_lr.diagnostics` offers
the same with checked arguments.
"""

import numpy as np


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Inner product along the last axis, ``(…, n) -> (…)``.

    >>> dot(np.array([[3.0, 4.0]]), np.array([[1.0, 2.0]]))
    array([11.])
    """
    return np.sum(a.astype(np.float64) * b, axis=-1)


def norm(a: np.ndarray) -> np.ndarray:
    """Euclidean length along the last axis, ``(…, n) -> (…)``.

    >>> norm(np.array([[3.0, 4.0]]))
    array([5.])
    """
    return np.sqrt(dot(a, a))


def ratio(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Length of the update relative to that of the weights before it, ``(…, n) -> (…)``."""
    return norm(after - before) / norm(before)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of the angle between ``a`` and ``b``, ``(…, n) -> (…)``, NaN where one is 0."""
    return dot(a, b) / (norm(a) * norm(b))
