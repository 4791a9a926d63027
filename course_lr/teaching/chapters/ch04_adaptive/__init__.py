"""Chapter 04: the effective rate of a weight, and inputs that are each in a unit of their own."""

import numpy as np

from course_lr.problems.data import Dataset
from course_lr.updates import AdaGrad, Adam, RMSProp, Update


def effective_rate(update: Update, state: dict[str, np.ndarray], eta: float) -> np.ndarray:
    """The factor between gradient (for Adam its mean) and step, a coordinate: ``(rows, n)``.

    >>> rule, w = AdaGrad(), np.zeros((1, 2))
    >>> state = rule.start(w)
    >>> rule.apply(w, np.array([[1.0, 20.0]]), 0.1, state)
    >>> effective_rate(rule, state, 0.1).round(4)
    array([[0.1  , 0.005]])
    """
    if isinstance(update, Adam):
        squares = state["v"] / (1 - update.beta2 ** state["t"][:, None])
    elif isinstance(update, (AdaGrad, RMSProp)):
        squares = state["squares"]
    else:
        return np.full_like(next(iter(state.values())), eta)
    return eta / (np.sqrt(squares) + update.eps)


def effective_rates(update: Update, gradients: np.ndarray, eta: float) -> np.ndarray:
    """The effective rate that each of these gradients ``(steps, rows, n)`` is met with.

    >>> effective_rates(RMSProp(rho=0.0), np.array([[[2.0]], [[4.0]]]), 1.0).ravel().round(3)
    array([0.5 , 0.25])
    """
    w = np.zeros(gradients.shape[1:])
    state, found = update.start(w), np.empty(gradients.shape)
    for gradient, into in zip(gradients, found):
        update.apply(w, gradient, eta, state)
        into[...] = effective_rate(update, state, eta) if state else eta
    return found


def badly_scaled(data: Dataset, seed: int = 0) -> Dataset:
    """The data with input j multiplied by 10 to the power u_j, uniform in [−1, 1].

    >>> from course_lr.problems.data import digits_data
    >>> badly_scaled(digits_data()).name
    'digits, badly scaled'
    """
    powers = np.random.default_rng(seed).uniform(-1, 1, data.inputs.shape[1])
    return Dataset(f"{data.name}, badly scaled", data.inputs * 10**powers, data.labels, 10)
