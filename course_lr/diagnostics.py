"""What can be read off a problem or a training: signals of the gradient, curvature, failures.

The loop records three of the signals at each step (``grad_norm``, ``update_ratio``,
``grad_cosine``); the functions here give the same for arrays of any shape ``(…, n)``.
"""

import numpy as np

from course_lr import checks, signals
from course_lr.loop import one_blas_thread
from course_lr.signals import norm


def gradient_norm(gradient: np.ndarray) -> np.ndarray:
    """Euclidean length of each gradient, ``(…, n) -> (…)``.

    How steep it is where the weights stand. Where it explodes it may be cut off (Pascanu, Mikolov &
    Bengio 2013); with mini-batches it does not vanish at a minimum, since what is left is noise.

    Raises:
        ValueError: a gradient has no axis.

    >>> gradient_norm(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([5., 0.])
    """
    return norm(_vectors("gradient", gradient))


def update_ratio(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Length of an update beside the length of the weights it changes, ``(…, n) -> (…)``.

    |after − before| / |before|, ``inf`` from weights 0. A rule of thumb for plain networks is
    about 1e-3 (Karpathy, CS231n notes, "Ratio of weights:updates"): far below it nothing happens,
    and an update as long as the weights forgets them.

    Raises:
        ValueError: the shapes differ, or there is no axis.

    >>> update_ratio(np.array([3.0, 4.0]), np.array([3.0, 4.5])).item()
    0.1
    """
    before = _vectors("before", before)
    after = _vectors("after", after, before)
    with np.errstate(divide="ignore", invalid="ignore"):
        return signals.ratio(before, after)


def gradient_cosine(gradient: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Cosine of the angle between two successive gradients, ``(…, n) -> (…)``, NaN where one is 0.

    Near 1 the way is straight and a larger rate would do; near −1 the steps leap to and fro across
    a valley; near 0 noise, or a bend, decides. Its sign drives the delta-bar-delta rule (Jacobs
    1988), its size hypergradient descent (Baydin et al. 2018).

    Raises:
        ValueError: the shapes differ, or there is no axis.

    >>> gradient_cosine(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[-2.0, 0.0], [1.0, 0.0]]))
    array([-1.        ,  0.70710678])
    """
    gradient = _vectors("gradient", gradient)
    last = _vectors("last", last, gradient)
    with np.errstate(invalid="ignore"):
        return signals.cosine(gradient, last)


def gradient_noise_scale(
    problem: object, w: np.ndarray, *, batches: int | None = None, seed: int = 0
) -> np.ndarray:
    """The simple noise scale at each row of ``w``, in examples, ``(rows, n) -> (rows,)``.

    tr Σ / |G|², where G is the mean gradient and Σ the covariance of one example's (McCandlish,
    Kaplan, Amodei et al. 2018, eq. 2.9): about the batch size up to which twice the batch saves
    nearly half of the steps. Both parts are estimated without bias from batches of two sizes (their
    appendix A.1): single batches of size B, and all k of them together, of size kB:

        |G|² ≈ (kB |ḡ|² − B · mean |g|²) / (kB − B)
        tr Σ  ≈ (mean |g|² − |ḡ|²) / (1/B − 1/(kB))

    with g a batch's gradient and ḡ the mean of them all. Their ratio is not free of bias, and where
    noise leaves nothing of the gradient (the first comes out <= 0) the scale is ``inf``.

    Args:
        problem: batches of ``problem.batch_size`` examples; without that attribute the unit is one
            call of ``loss_and_grad``.
        w: weights ``(rows, n)`` or ``(n,)``.
        batches: how many successive batches, >= 2; by default those of the first epoch, so that
            every training example is seen once. Without epochs it must be given.
        seed: whose batches.

    Raises:
        ValueError: ``w`` is not finite or has a wrong shape, or there are fewer than two batches
            (a full batch has no noise to measure).

    >>> from course_lr import Quadratic
    >>> noisy = Quadratic([1.0, 1.0], noise=3.0)  # tr Σ = 18, |G|² = 100
    >>> gradient_noise_scale(noisy, [8.0, 6.0], batches=100_000).round(2).item()
    0.18
    """
    w = _weights(w)
    size, epoch = getattr(problem, "batch_size", 1), getattr(problem, "steps_per_epoch", None)
    if batches is None and (epoch is None or epoch < 2):
        checks.refuse("batches", batches, "given where the data have no epochs of 2 batches")
    batches = epoch if batches is None else checks.whole("batches", batches, 2)
    rows, total, squares = np.atleast_2d(w), 0.0, 0.0
    seeds = np.full(len(rows), checks.whole("seed", seed))
    with one_blas_thread():
        for step in range(batches):
            gradient = np.asarray(problem.loss_and_grad(rows, step, seeds)[1], np.float64)
            total, squares = total + gradient, squares + norm(gradient) ** 2
    single, together = squares / batches, norm(total / batches) ** 2
    signal = (batches * together - single) / (batches - 1)
    noise = size * batches / (batches - 1) * (single - together)
    scale = np.where(signal > 0, np.maximum(noise, 0) / np.where(signal > 0, signal, 1), np.inf)
    return scale if w.ndim == 2 else scale[0]


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
    w = _weights(w)
    iterations = checks.whole("iterations", iterations, 1)
    tolerance = checks.single("tolerance", checks.positive("tolerance", tolerance))
    with one_blas_thread():
        largest = _lanczos(problem.hvp, np.atleast_2d(w), iterations, tolerance)
    return largest if w.ndim == 2 else largest[0]


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


def _weights(w: object) -> np.ndarray:
    weights = checks.array("w", w)
    if weights.ndim not in (1, 2) or weights.size == 0 or not np.isfinite(weights).all():
        checks.refuse("w", weights, "finite weights of shape (rows, n) or (n,)")
    return weights


def _vectors(name: str, value: object, other: np.ndarray | None = None) -> np.ndarray:
    """``value`` in float64 with an axis at least, of the shape of ``other`` if that is given."""
    vectors = checks.array(name, value)
    if vectors.ndim == 0 or other is not None and vectors.shape != other.shape:
        accepted = "(…, n)" if other is None else str(other.shape)
        checks.refuse(name, vectors, f"an array of shape {accepted}")
    return vectors


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
