"""What can be read off a problem or a training: curvature, and which runs have failed."""

import numpy as np

from course_lr import checks
from course_lr.block import norm, one_blas_thread


def sharpness(
    problem: object, w: np.ndarray, *, iterations: int = 100, tolerance: float = 1e-6
) -> np.ndarray:
    """The largest eigenvalue of the Hessian at each row of ``w``, ``(rows, n) -> (rows,)``.

    Gradient descent near ``w`` is stable along its steepest direction while eta < 2 / sharpness.
    Lanczos iteration (Lanczos 1950; Golub & Van Loan, section 10.1) with full
    re-orthogonalisation on ``problem.hvp``. It finds the largest eigenvalue also where the most
    negative one is larger in size, which plain power iteration misses.

    Args:
        problem: has ``hvp(w, v)``, exact; a network's is that of the whole training set.
        w: weights ``(rows, n)`` or ``(n,)``.
        iterations: at most this many products a row, >= 1; where they do not suffice, what is
            returned lies below the largest eigenvalue.
        tolerance: > 0; stop when every row's residual is below this share of its eigenvalue.

    Raises:
        TypeError: the problem has no ``hvp``.
        ValueError: ``w`` is not finite or has a wrong shape.

    >>> from course_lr.problems import Quadratic
    >>> sharpness(Quadratic([1.0, 20.0]), [[3.0, 4.0]]).round(6)
    array([20.])
    """
    if not hasattr(problem, "hvp"):
        checks.refuse("problem", problem, "a problem with an exact hvp(w, v)", TypeError)
    w = checks.array("w", w)
    if w.ndim not in (1, 2) or w.size == 0 or not np.isfinite(w).all():
        checks.refuse("w", w, "finite weights of shape (rows, n) or (n,)")
    iterations = checks.whole("iterations", iterations, 1)
    tolerance = checks.single("tolerance", checks.positive("tolerance", tolerance))
    with one_blas_thread():
        found = _lanczos(problem.hvp, np.atleast_2d(w), iterations, tolerance)
    return found if w.ndim == 2 else found[0]


def failed(losses: np.ndarray, guessing: float, last: int) -> np.ndarray:
    """Which runs end no better than guessing, ``(steps + 1, …) -> (…)``.

    A run has failed when it diverged, or when its mean loss over the last entries is not below the
    loss of giving every class the same chance. A rate that is far too small fails as well: it has
    not begun to learn.

    Args:
        losses: ``(steps + 1, …)``, as in ``history.loss``; ``inf`` after a divergence.
        guessing: the loss of guessing, ln 10 for ten classes and cross-entropy.
        last: how many of the last entries are averaged, >= 1; an epoch is a good choice.

    >>> failed(np.array([[2.5, 2.5], [1.0, 2.5]]), guessing=np.log(10), last=1)
    array([False,  True])
    """
    last = checks.whole("last", last, 1)
    return ~(np.mean(losses[-last:], axis=0) < guessing)


def _lanczos(hvp, w: np.ndarray, iterations: int, tolerance: float) -> np.ndarray:
    """Largest Ritz value of each row; row r's tridiagonal matrix is ``t[r]``."""
    rows, n = w.shape
    v = np.tile(np.random.default_rng(0).normal(size=n), (rows, 1))
    basis = [v / norm(v)[:, None]]
    t, last_beta = np.zeros((rows, 0, 0)), np.zeros(rows)
    for k in range(min(iterations, n)):
        u = hvp(w, basis[k])
        alpha = np.sum(u * basis[k], axis=1)
        for _ in range(2):  # twice is enough (Parlett 1980)
            for b in basis:
                u = u - np.sum(u * b, axis=1)[:, None] * b
        beta = norm(u)
        t = np.pad(t, ((0, 0), (0, 1), (0, 1)))
        t[:, k, k] = alpha
        if k:
            t[:, k, k - 1] = t[:, k - 1, k] = last_beta
            t[:, k, k] = np.where(last_beta > 0, alpha, t[:, 0, 0])  # an ended row adds nothing
        values, vectors = np.linalg.eigh(t)
        size = np.maximum(np.abs(values).max(axis=1), 1e-300)
        goal = tolerance * np.maximum(np.abs(values[:, -1]), 1e-10 * size)
        if np.all(beta * np.abs(vectors[:, -1, -1]) <= goal):
            break
        last_beta = np.where(beta > 1e-12 * size, beta, 0.0)
        basis.append(np.where(last_beta[:, None] > 0, u / np.maximum(beta, 1e-300)[:, None], 0.0))
    return values[:, -1]
