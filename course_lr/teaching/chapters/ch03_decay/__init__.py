"""Chapter 03: the noisy quadratic, where the mean loss of a training can be computed."""

import numpy as np


def noise_floor(eta, curvature: float = 1.0, noise: float = 1.0):
    """The mean loss at which a constant rate settles: ησ²/(2(2 − ηλ)), for 0 < ηλ < 2.

    >>> noise_floor(1.0)
    0.5
    """
    return eta * noise**2 / (2 * (2 - eta * curvature))


def expected_loss(rates: np.ndarray, start: float = 10.0) -> np.ndarray:
    """The mean of ½w² over the noise, before each update and after the last, for λ = σ = 1.

    E w² becomes (1 − η)² E w² + η² with every step.

    Args:
        rates: ``(steps, …)``.
        start: the weight before the first step.

    Returns:
        ``(steps + 1, …)``.

    >>> expected_loss(np.array([1.0, 0.5]), start=2.0)
    array([2.  , 0.5 , 0.25])
    """
    squares = [np.full(rates.shape[1:], start**2)]
    for eta in rates:
        squares.append((1 - eta) ** 2 * squares[-1] + eta**2)
    return np.array(squares) / 2
