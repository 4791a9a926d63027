"""Two rules that judge every single step: the bold driver and hypergradient descent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller, Decision, Memory, Seen, bounded
from course_lr.parameters import PerRun, parameter, setting


@dataclass(frozen=True, repr=False, eq=False)
class BoldDriver(Controller):
    """A little faster after each step that lowered the loss; a step that raised it is taken back.

    Where the loss rose (or is no longer finite) the row goes back to the weights before that step,
    its update rule starts afresh, and the rate is multiplied by ``down``; otherwise the step is
    accepted and the rate multiplied by ``up`` (Battiti 1989; Vogl et al. 1988). Made for full
    batches: two losses on different mini-batches can't be compared, and the rule brakes at every
    unlucky one.

    At ``eta_min`` a step is accepted even if it raised the loss; a run that leaves the finite
    numbers there is given up and frozen. A flat loss raises the rate to ``eta_max`` and no further.
    The log tells of the steps that were taken back.

    Args:
        eta: the rate at first, inside the bounds.
        up: >= 1. down: 0 < down < 1.
        eta_min, eta_max: bounds of the rate, finite and >= 0.

    >>> from course_lr import Quadratic, train
    >>> history = train(Quadratic([1.0]), BoldDriver(3.0), steps=3, record=("loss", "eta"))
    >>> history.loss  # the first step is taken back
    array([0.5       , 0.5       , 0.125     , 0.04132813])
    >>> history.eta
    array([3.   , 1.5  , 1.575])
    """

    restores: ClassVar[bool] = True
    phrases: ClassVar[tuple[str, ...]] = (
        *Controller.phrases,
        "the loss rose to {value:.4g}",
        "the loss rose to {value:.4g}, but the rate is at its lower bound",
    )

    eta: PerRun = parameter(checks.rate)
    up: PerRun = parameter(checks.growing, 1.05)
    down: PerRun = parameter(checks.shrinking, 0.5)
    eta_min: PerRun = parameter(checks.rate, 1e-8)
    eta_max: PerRun = parameter(checks.rate, 10.0)

    def start(self, rows: int) -> Memory:
        """The rate, and the loss of the last step that was accepted."""
        return {"eta": np.full(rows, self.arrays["eta"], np.float64), "last": np.full(rows, np.inf)}

    def next(self, step: int, seen: Seen, state: Memory) -> Decision:
        """Accept the step or take it back."""
        eta, last = state["eta"], state["last"]
        rose = (seen.loss > last) | (seen.diverged & (step > 0))
        at_bound = eta <= self.arrays["eta_min"]
        back = rose & ~at_bound
        if step:
            factor = np.where(rose, self.arrays["down"], self.arrays["up"])
            eta[:] = bounded(factor * eta, self.arrays)
        last[:] = np.where(back, last, seen.loss)
        why = np.select([back, rose], [1, 2], -1)
        return Decision(eta, restore=back, why=why, value=seen.loss)


@dataclass(frozen=True, repr=False, eq=False)
class Hypergradient(Controller):
    """Descend the loss along the rate as well (Baydin et al. 2018).

    With u the direction of the last update, w ← w + η u, the derivative of the loss by the rate is
    g · u, where g is the gradient after that update. For plain gradient descent u is minus the last
    gradient: successive gradients that point the same way raise the rate.

        additive           η ← η − β g·u                       the paper's main form
        multiplicative     η ← η (1 − β g·u / (|g| |u|))      its normalised form

    The additive form changes the rate by steps of a fixed unit: with small gradients nothing
    happens, with large ones it explodes, and with full batches, whose gradients stay parallel, it
    only ever rises. The multiplicative form changes it by at most a share β a step. Both keep
    within their bounds (where ``eta_min`` is 0, a rate that has come to 0 stays there); a run that
    diverges is frozen. The log tells when a bound is reached.

    Args:
        eta: the rate at first, inside the bounds.
        beta: the rate's own rate: finite and >= 0, and < 1 for the multiplicative form.
        form: ``"additive"`` or ``"multiplicative"``; never over runs.
        eta_min, eta_max: bounds of the rate, finite and >= 0.

    >>> from course_lr import Quadratic, train
    >>> history = train(Quadratic([1.0]), Hypergradient(0.1, beta=0.1), steps=3, record=("eta",))
    >>> history.eta.round(4)
    array([0.1   , 0.19  , 0.2556])
    """

    phrases: ClassVar[tuple[str, ...]] = (
        *Controller.phrases,
        "the gradient along the last update is {value:.3g}, and the rate reaches its bound",
    )

    eta: PerRun = parameter(checks.rate)
    beta: PerRun = parameter(checks.rate)
    form: str = setting(checks.one_of, "additive", options=("additive", "multiplicative"))
    eta_min: PerRun = parameter(checks.rate, 1e-8)
    eta_max: PerRun = parameter(checks.rate, 10.0)

    def __post_init__(self):
        super().__post_init__()
        if self.form == "multiplicative" and np.any(np.asarray(self.beta) >= 1):
            checks.refuse("beta", self.beta, "a share < 1 with form='multiplicative'")

    @property
    def needs(self) -> tuple[str, ...]:
        """The last update."""
        return ("update",)

    def start(self, rows: int) -> Memory:
        """The rate."""
        return {"eta": np.full(rows, self.arrays["eta"], np.float64)}

    def next(self, step: int, seen: Seen, state: Memory) -> Decision:
        """One step of descent along the rate."""
        eta, before = state["eta"], state["eta"].copy()
        if step == 0:
            return Decision(eta)
        slope = self._slope(seen, eta)
        slope = np.where(np.isfinite(slope), slope, 0.0)
        scale = eta if self.form == "multiplicative" else 1.0
        eta[:] = bounded(eta - scale * self.arrays["beta"] * slope, self.arrays)
        ends = (eta == self.arrays["eta_min"]) | (eta == self.arrays["eta_max"])
        return Decision(eta, why=np.where(ends & (eta != before), 1, -1), value=slope)

    def _slope(self, seen: Seen, eta: np.ndarray) -> np.ndarray:
        """g·u, or the cosine of the two."""
        product = np.vecdot(seen.gradient, seen.update).astype(np.float64)
        if self.form == "additive":
            return product / eta
        squares = [np.vecdot(a, a).astype(np.float64) for a in (seen.gradient, seen.update)]
        return product / np.sqrt(squares[0] * squares[1])
