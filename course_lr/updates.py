"""Update rules: ``(w, gradient, eta, state)`` -> the next ``w``, in place.

A rule says which way; the rate ``eta`` says how far. ``w`` and ``gradient`` have shape
``(rows, n)``, ``eta`` is a scalar or ``(rows,)``, and every hyper-parameter is a scalar or
``(rows,)``. The definitions and the defaults are PyTorch's; *Elsewhere* gives the names of the
parameters in PyTorch, Optax and Keras. ``w`` keeps its dtype and ``gradient`` is never written to.
"""

from dataclasses import dataclass

import numpy as np

from course_lr import checks
from course_lr.parameters import Parameters, PerRun, parameter

State = dict[str, np.ndarray]
"""What a rule remembers: arrays with one row a run."""


def column(w: np.ndarray, value: PerRun) -> np.ndarray:
    """``value`` (scalar or ``(rows,)``) in the dtype of ``w``, shaped to multiply its rows.

    >>> column(np.zeros((2, 3)), [0.1, 0.2]).shape
    (2, 1)
    """
    values = np.asarray(value, dtype=np.float64)
    return (values[:, None] if values.ndim else values).astype(w.dtype)


class Update(Parameters):
    """Base of the update rules: ``state = rule.start(w)``, then ``rule.apply(w, g, eta, state)``.

    >>> w = np.array([[1.0, 2.0]])
    >>> rule = SGD()
    >>> rule.apply(w, 2 * w, 0.25, rule.start(w))
    >>> w
    array([[0.5, 1. ]])
    """

    def start(self, w: np.ndarray) -> State:
        """The state before the first update, for weights of shape ``(rows, n)``."""
        return {}

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """Change ``w`` and ``state`` in place by one update at rate ``eta``."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False, eq=False)
class SGD(Update):
    """Plain gradient descent: w ← w − η g (Robbins & Monro 1951; Cauchy 1847).

    Elsewhere:
        PyTorch: SGD(lr=eta)
        Optax: sgd(learning_rate=eta)
        Keras: SGD(learning_rate=eta)

    >>> SGD()
    SGD()
    """

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """w ← w − η g."""
        w -= column(w, eta) * gradient


@dataclass(frozen=True, repr=False, eq=False)
class Momentum(Update):
    """Heavy-ball momentum (Polyak 1964), in PyTorch's form: the rate is outside the velocity.

    v ← β v + (1 − dampening) g, where the first v is g itself; w ← w − η v, or with ``nesterov``
    w ← w − η (g + β v) (Sutskever et al. 2013).

    Args:
        beta: 0 <= beta < 1, how much of the velocity is kept; scalar or ``(runs,)``.
        nesterov: look ahead; a bool or an array of bools over runs. Needs ``dampening`` 0.
        dampening: 0 <= dampening <= 1; scalar or ``(runs,)``.

    Elsewhere:
        PyTorch: SGD(momentum=beta, nesterov=nesterov, dampening=dampening)
        Optax: sgd(momentum=beta, nesterov=nesterov), without dampening
        Keras: SGD(momentum=beta, nesterov=nesterov), the same at a constant rate only

    >>> Momentum(0.95, nesterov=True)
    Momentum(beta=0.95, nesterov=True)
    """

    beta: PerRun = parameter(checks.below_one, 0.9)
    nesterov: bool = parameter(checks.flag, False)
    dampening: PerRun = parameter(checks.fraction, 0.0)

    def __post_init__(self):
        super().__post_init__()
        if np.any(np.asarray(self.nesterov) & (np.asarray(self.dampening) != 0)):
            checks.refuse("dampening", self.dampening, "0 where nesterov is on")

    def start(self, w: np.ndarray) -> State:
        """Velocity 0 and no update yet."""
        return {"velocity": np.zeros_like(w), "t": np.zeros(len(w), dtype=np.int64)}

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """v ← β v + (1 − dampening) g, then w ← w − η v."""
        beta, velocity = column(w, self.arrays["beta"]), state["velocity"]
        fresh = np.where(state["t"] == 0, 1.0, 1.0 - np.asarray(self.dampening))
        state["t"] += 1
        velocity *= beta
        velocity += gradient if self.dampening == 0 else column(w, fresh) * gradient
        step = velocity
        if np.any(self.nesterov):
            ahead = gradient + beta * velocity
            step = np.where(column(w, self.arrays["nesterov"]) > 0, ahead, velocity)
        w -= column(w, eta) * step


@dataclass(frozen=True, repr=False, eq=False)
class AdaGrad(Update):
    """Duchi, Hazan & Singer 2011: s ← s + g², w ← w − η g / (√s + ε), each coordinate by itself.

    Args:
        eps: > 0 (in the dtype of ``w``), keeps the division finite; scalar or ``(runs,)``.

    Elsewhere:
        PyTorch: Adagrad(eps=eps)
        Optax: adagrad(initial_accumulator_value=0.0, eps=eps), its ε under the root
        Keras: Adagrad(initial_accumulator_value=0.0, epsilon=eps), its ε under the root

    >>> AdaGrad()
    AdaGrad()
    """

    eps: PerRun = parameter(checks.positive, 1e-10)

    def start(self, w: np.ndarray) -> State:
        """The sum of squared gradients, 0."""
        return {"squares": np.zeros_like(w)}

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """s ← s + g², then w ← w − η g / (√s + ε)."""
        squares = state["squares"]
        squares += gradient * gradient
        w -= column(w, eta) * gradient / (np.sqrt(squares) + column(w, self.arrays["eps"]))


@dataclass(frozen=True, repr=False, eq=False)
class RMSProp(Update):
    """Tieleman & Hinton 2012 (lecture 6.5): s ← ρ s + (1 − ρ) g², w ← w − η g / (√s + ε).

    Args:
        rho: 0 <= rho < 1, how much of the mean of squares is kept; scalar or ``(runs,)``.
        eps: > 0; scalar or ``(runs,)``.

    Elsewhere:
        PyTorch: RMSprop(alpha=rho, eps=eps)
        Optax: rmsprop(decay=rho, eps=eps, eps_in_sqrt=False)
        Keras: RMSprop(rho=rho, epsilon=eps), its ε under the root

    >>> RMSProp(rho=0.9)
    RMSProp(rho=0.9)
    """

    rho: PerRun = parameter(checks.below_one, 0.99)
    eps: PerRun = parameter(checks.positive, 1e-8)

    def start(self, w: np.ndarray) -> State:
        """The running mean of squared gradients, 0."""
        return {"squares": np.zeros_like(w)}

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """s ← ρ s + (1 − ρ) g², then w ← w − η g / (√s + ε)."""
        rho, squares = self.arrays["rho"], state["squares"]
        squares *= column(w, rho)
        squares += column(w, 1 - np.asarray(rho)) * (gradient * gradient)
        w -= column(w, eta) * gradient / (np.sqrt(squares) + column(w, self.arrays["eps"]))


@dataclass(frozen=True, repr=False, eq=False)
class Adam(Update):
    """Kingma & Ba 2015, Algorithm 1: means of g and g², corrected for their start at 0.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²; with t counted from 1,
    w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).

    Args:
        beta1, beta2: in [0, 1); scalars or ``(runs,)``.
        eps: > 0; scalar or ``(runs,)``.

    Elsewhere:
        PyTorch: Adam(betas=(beta1, beta2), eps=eps)
        Optax: adam(b1=beta1, b2=beta2, eps=eps)
        Keras: Adam(beta_1=beta1, beta_2=beta2, epsilon=eps), its ε larger in the first steps

    >>> Adam(beta2=0.99)
    Adam(beta2=0.99)
    """

    beta1: PerRun = parameter(checks.below_one, 0.9)
    beta2: PerRun = parameter(checks.below_one, 0.999)
    eps: PerRun = parameter(checks.positive, 1e-8)

    def start(self, w: np.ndarray) -> State:
        """Both means 0, no update counted yet (the count is kept for each row)."""
        return {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": np.zeros(len(w), np.int64)}

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """One step of Algorithm 1."""
        m, v, t = state["m"], state["v"], state["t"]
        beta1, beta2 = np.asarray(self.arrays["beta1"]), np.asarray(self.arrays["beta2"])
        t += 1
        m += column(w, 1 - beta1) * (gradient - m)
        v *= column(w, beta2)
        v += column(w, 1 - beta2) * (gradient * gradient)
        scale = np.sqrt(v) / column(w, np.sqrt(1 - beta2**t)) + column(w, self.arrays["eps"])
        w -= column(w, np.asarray(eta) / (1 - beta1**t)) * m / scale


@dataclass(frozen=True, repr=False, eq=False)
class AdamW(Adam):
    """Loshchilov & Hutter 2019: Adam, with the weights shrunk apart from the gradient.

    w ← (1 − η · weight_decay) w before Adam's step.

    Args:
        beta1, beta2, eps: as for :class:`Adam`.
        weight_decay: >= 0; scalar or ``(runs,)``.

    Elsewhere:
        PyTorch: AdamW(betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)
        Optax: adamw(b1=beta1, b2=beta2, eps=eps, weight_decay=weight_decay)
        Keras: AdamW(beta_1=beta1, beta_2=beta2, epsilon=eps, weight_decay=weight_decay), with the
            ε of its Adam

    >>> AdamW(weight_decay=0.1)
    AdamW(weight_decay=0.1)
    """

    weight_decay: PerRun = parameter(checks.rate, 0.01)

    def apply(self, w: np.ndarray, gradient: np.ndarray, eta: PerRun, state: State) -> None:
        """Shrink the weights, then one step of Adam."""
        w *= column(w, 1 - np.asarray(eta) * np.asarray(self.arrays["weight_decay"]))
        super().apply(w, gradient, eta, state)
