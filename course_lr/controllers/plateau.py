"""Cut the rate when the loss has stopped falling."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller, Decision, Memory, Seen
from course_lr.parameters import PerRun, parameter, setting


def _every(name: str, value: object) -> int | None:
    return None if value is None else checks.whole(name, value, 1)


@dataclass(frozen=True, repr=False, eq=False)
class ReduceOnPlateau(Controller):
    """Multiply the rate by ``factor`` when the loss has made no progress for a while.

    **Which loss, and how often.** An *observation* is made every ``every`` steps: the mean of the
    losses of the updates since the last one (what a PyTorch user sums up during an epoch), or with
    ``monitor="validation_loss"`` the loss on all validation data at that moment. It sets the rate
    from the next update on. A single mini-batch loss is the wrong thing to observe: its noise hides
    all progress. What is recorded in the history has no influence.

    **What patience counts.** Observations in a row without progress that are put up with; the cut
    comes at the next one. ``patience=2`` and the losses 1, 0.5, 0.6, 0.7, 0.8, 0.9:

    ============  ====  ====  ====  ====  =======  ====
    observation   1     2     3     4     5        6
    loss          1     0.5   0.6   0.7   0.8      0.9
    best so far   1     0.5   0.5   0.5   0.5      0.5
    in a row      0     0     1     2     3 → 0    1
    rate          η     η     η     η     η·factor η·factor
    ============  ====  ====  ====  ====  =======  ====

    With ``patience=0`` each observation without progress cuts. The first is always progress. During
    ``cooldown`` observations after a cut, nothing is counted.

    **Beside PyTorch's ReduceLROnPlateau**: the same rates for losses > 0. Different on purpose: a
    relative threshold is a share of the size of the best loss, so that progress is progress for
    negative losses too; there is no ``eps`` (PyTorch drops cuts smaller than 1e-8) and no
    ``mode="max"``; and a loss that is not a number is written to the log, where PyTorch merely
    counts it as bad. A run that diverges is frozen: this rule takes nothing back.

    Args:
        eta: the rate at first, >= ``eta_min``; it never rises, so it is the upper bound as well.
        factor: 0 < factor < 1 (1 would never cut).
        patience: a whole number >= 0.
        threshold: how much better than the best counts as progress, >= 0: with
            ``threshold_mode="rel"`` a share of its size, < 1; with ``"abs"`` a difference.
        threshold_mode: ``"rel"`` or ``"abs"``; never over runs.
        cooldown: a whole number >= 0.
        eta_min: the lower bound, finite and >= 0; there the rate stays.
        every: steps between two observations, >= 1; ``None`` is an epoch where the data have
            epochs, otherwise 1. Never over runs.
        monitor: ``"loss"`` or ``"validation_loss"``; never over runs.

    Elsewhere:
        PyTorch: ReduceLROnPlateau(factor=factor, patience=patience, threshold=threshold,
            threshold_mode=threshold_mode, cooldown=cooldown, min_lr=eta_min)
        Optax: contrib.reduce_on_plateau(factor=factor, patience=patience, rtol=threshold,
            cooldown=cooldown, min_scale=eta_min / eta, accumulation_size=every)
        Keras: the callback ReduceLROnPlateau(monitor="loss", factor=factor, patience=patience,
            cooldown=cooldown, min_lr=eta_min), whose min_delta is a difference

    >>> from course_lr import Quadratic, train
    >>> eta = ReduceOnPlateau(2.5, factor=0.5, patience=0)
    >>> train(Quadratic([1.0]), eta, steps=5, record=("eta",)).eta
    array([2.5  , 2.5  , 1.25 , 0.625, 0.625])
    """

    phrases: ClassVar[tuple[str, ...]] = (
        *Controller.phrases,
        "no progress: the loss observed is {value:.4g}",
        "no progress, and the rate is at its lower bound: the loss observed is {value:.4g}",
        "the loss observed is {value}, no progress",
    )

    eta: PerRun = parameter(checks.rate)
    factor: PerRun = parameter(checks.shrinking, 0.1)
    patience: int | PerRun = parameter(checks.count, 10, least=0)
    threshold: PerRun = parameter(checks.rate, 1e-4)
    threshold_mode: str = setting(checks.one_of, "rel", options=("rel", "abs"))
    cooldown: int | PerRun = parameter(checks.count, 0, least=0)
    eta_min: PerRun = parameter(checks.rate, 0.0)
    every: int | None = setting(_every, None)
    monitor: str = setting(checks.one_of, "loss", options=("loss", "validation_loss"))

    def __post_init__(self):
        super().__post_init__()
        if self.threshold_mode == "rel" and np.any(np.asarray(self.threshold) >= 1):
            checks.refuse("threshold", self.threshold, "a share < 1 with threshold_mode='rel'")

    @property
    def needs(self) -> tuple[str, ...]:
        """The validation loss, if that is what it monitors."""
        return (self.monitor,)

    def start(self, rows: int) -> Memory:
        """The rate, the best observation, the counters, and the sum of losses since the last."""
        counters = {name: np.zeros(rows, np.int64) for name in ("bad", "resting")}
        eta = np.full(rows, self.arrays["eta"], np.float64)
        return {"eta": eta, "best": np.full(rows, np.inf), "sum": np.zeros(rows), **counters}

    def next(self, step: int, seen: Seen, state: Memory) -> Decision:
        """The rate, after an observation where one is due."""
        every = self.every or seen.epoch
        why, value = np.full(len(seen.loss), -1), np.nan
        if step and step % every == 0:
            value = seen.validation_loss if self.monitor != "loss" else state["sum"] / every
            why = self.observe(value, state)
            state["sum"][:] = 0
        state["sum"] += seen.loss
        return Decision(state["eta"], why=why, value=value)

    def observe(self, loss: np.ndarray, state: Memory) -> np.ndarray:
        """Count one observation ``(rows,)`` and cut where it is due; what to tell of each row."""
        best, bad, resting = state["best"], state["bad"], state["resting"]
        better = loss < self._goal(best)
        np.copyto(best, loss, where=better)
        bad[:] = np.where(better, 0, bad + 1)
        bad[resting > 0] = 0
        resting -= resting > 0
        cut = bad > self.arrays["patience"]
        lower = np.maximum(state["eta"] * self.arrays["factor"], self.arrays["eta_min"])
        stays = cut & (lower == state["eta"])
        np.copyto(state["eta"], lower, where=cut)
        np.copyto(resting, np.broadcast_to(self.arrays["cooldown"], resting.shape), where=cut)
        bad[cut] = 0
        return np.select([np.isnan(loss), stays, cut], [3, 2, 1], -1)

    def _goal(self, best: np.ndarray) -> np.ndarray:
        """Below this an observation is progress."""
        threshold = np.asarray(self.arrays["threshold"])
        if self.threshold_mode == "abs":
            return best - threshold
        return best * (1 - threshold * np.sign(best))
