"""Watch the gradient: cut the rate where training is unstable, raise it where it is slow."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_lr import checks
from course_lr.controllers.base import Controller, Decision, Memory, Seen, bounded
from course_lr.parameters import PerRun, parameter

EXPLODES = 1.0
"""A window has exploded where its mean loss is larger than the last one's by this share, ..."""
LEAPS = 0.5
"""... or one of its losses larger than the first loss of all."""
WHY = NONE, ROSE, AGAINST, SLOW, EXPLODED = -1, 1, 2, 3, 4


@dataclass(frozen=True, repr=False, eq=False)
class GradientWatch(Controller):
    """The rule "unstable: cut, smooth but slow: raise", in quantities that can be measured.

    Single steps say nothing: at a good rate half of all mini-batch steps raise the loss. So what is
    judged are *windows* of ``window`` steps, by three numbers: the mean loss compared with that of
    the window before (at first, with the loss at the start), the standard error of that difference
    (from differences of successive losses), and the mean cosine of successive gradients. In this
    order:

    ==========  ==============================================================  ==================
    verdict     what is seen                                                    what is done
    ==========  ==============================================================  ==================
    exploded    the mean loss more than doubled, or a loss was more than half   × ``restart``,
                above the first of all, or is not finite (noticed at once)      and back
    rose        mean loss up by more than the share ``rise``, and by more than  × ``down``
                ``sigmas`` standard errors
    against     cosine < ``cosine_low``: the steps leap to and fro across a     × ``down``
                valley, and the loss does not fall
    slow        cosine > ``cosine_high``, and the loss fell by less than the    × ``up``, later
                share ``fall`` (or rose by less than ``rise``)                  ``up_after_alarm``
    ==========  ==============================================================  ==================

    *Back* means to the weights at the end of the last window that was not unstable, or to the
    start: lowering the rate does not bring back a network that one huge step has wrecked. It
    happens at most ``rescues`` times; later a run that diverges is frozen. Once a run has been
    unstable its rate is raised by ``up_after_alarm`` only, since the limit can't be far away.

    With batches noise hides the cosine: about 0 says that noise dominates, so raising goes on down
    to ``cosine_high`` < 0. With ``sigmas=0`` an unlucky window counts as a rise. The rule knows
    nothing of a network that dies without its loss ever rising: a start at about the largest useful
    rate can end so. The defaults were chosen on the digits and on MNIST-1D with plain gradient
    descent; cosines mean less where the update rule rescales or averages the gradient.

    Args:
        eta: the rate at first, inside the bounds.
        window: steps in a window, >= 1.
        down, restart: factors > 0 and < 1.
        up, up_after_alarm: factors >= 1.
        rise, sigmas: >= 0. fall: a share >= 0 and < 1.
        cosine_low, cosine_high: cosines from -1 to 1.
        rescues: a whole number >= 0.
        eta_min, eta_max: bounds of the rate, finite and >= 0.

    >>> from course_lr import Quadratic, train
    >>> history = train(Quadratic([1.0, 20.0]), GradientWatch([1e-4, 1.0]), steps=200)
    >>> bool(np.all(history.loss[-1] < 1e-3))
    True
    >>> print(history.log[0])
    step 8, run 0, seed 0: smooth and slow: the loss fell by 1.7%; rate 0.0001 → 0.00025
    """

    restores: ClassVar[bool] = True
    phrases: ClassVar[tuple[str, ...]] = (
        *Controller.phrases,
        "unstable: the loss rose by {value:.2g} times itself",
        "unstable: successive gradients point against each other, cosine {value:.2f}",
        "smooth and slow: the loss fell by {value:.1%}",
        "exploded: the loss rose by {value:.2g} times itself",
    )

    eta: PerRun = parameter(checks.rate)
    window: int | PerRun = parameter(checks.count, 8)
    down: PerRun = parameter(checks.shrinking, 0.5)
    restart: PerRun = parameter(checks.shrinking, 0.1)
    up: PerRun = parameter(checks.growing, 2.5)
    up_after_alarm: PerRun = parameter(checks.growing, 1.2)
    rise: PerRun = parameter(checks.rate, 0.1)
    sigmas: PerRun = parameter(checks.rate, 2.0)
    fall: PerRun = parameter(checks.below_one, 0.3)
    cosine_low: PerRun = parameter(checks.cosine, -0.5)
    cosine_high: PerRun = parameter(checks.cosine, -0.1)
    rescues: int | PerRun = parameter(checks.count, 20, least=0)
    eta_min: PerRun = parameter(checks.rate, 1e-8)
    eta_max: PerRun = parameter(checks.rate, 10.0)

    @property
    def needs(self) -> tuple[str, ...]:
        """The last gradient."""
        return ("last_gradient",)

    def start(self, rows: int) -> Memory:
        """The rate, the losses to compare with, the sums of the present window, and counts."""
        names = ("first", "last", "before", "noise", "loss", "change", "worst", "cosine")
        sums = {name: np.zeros(rows) for name in names}
        counts = {name: np.zeros(rows, np.int64) for name in ("steps", "alarms", "restored")}
        return {"eta": np.full(rows, self.arrays["eta"], np.float64), **sums, **counts}

    def next(self, step: int, seen: Seen, state: Memory) -> Decision:
        """Add what was seen to the windows, and judge those that are full."""
        if step == 0:
            for name in ("first", "last", "before"):
                state[name][:] = seen.loss
            return Decision(state["eta"])
        self._add(seen, state)
        full = (state["steps"] >= self.arrays["window"]) | seen.diverged
        if not full.any():
            return Decision(state["eta"], keep=full)
        why, value = self._judge(full, seen.diverged, state)
        back = (why == EXPLODED) & (state["restored"] < self.arrays["rescues"])
        told = self._set_rate(why, back, state)
        self._begin_window(full, back, state)
        keep = full & np.isin(why, (NONE, SLOW))
        return Decision(state["eta"], restore=back, keep=keep, why=told, value=value)

    def _add(self, seen: Seen, state: Memory) -> None:
        """One more step in the window."""
        cosine = cosines(seen.gradient, seen.last_gradient)
        change = seen.loss - state["last"]  # NaN after a restart
        state["steps"] += 1
        state["loss"] += seen.loss
        state["change"] += np.where(np.isfinite(change), change, 0.0) ** 2 / 2
        state["cosine"] += np.where(np.isfinite(cosine), cosine, 0.0)
        state["worst"] = np.maximum(state["worst"], seen.loss - state["first"])
        state["last"][:] = seen.loss

    def _judge(self, full: np.ndarray, diverged: np.ndarray, state: Memory):
        """The verdict on each row, and the number that the log quotes for it."""
        limits, steps, size = self.arrays, np.maximum(state["steps"], 1), np.abs(state["before"])
        cosine, rise = state["cosine"] / steps, state["loss"] / steps - state["before"]
        error = np.sqrt((state["change"] / steps + state["noise"]) / steps)
        leaps = state["worst"] > LEAPS * np.abs(state["first"])
        exploded = (rise > EXPLODES * size) | leaps | diverged
        rose = (rise > limits["rise"] * size) & (rise > limits["sigmas"] * error)
        against = (cosine < limits["cosine_low"]) & (rise >= 0)
        slow = (cosine > limits["cosine_high"]) & (rise > -limits["fall"] * size)
        slow &= rise <= limits["rise"] * size
        verdicts = [~full, exploded, rose, against, slow]
        why = np.select(verdicts, [NONE, EXPLODED, ROSE, AGAINST, SLOW], NONE)
        share = rise / np.maximum(size, np.finfo(float).tiny)
        return why, np.select([why == AGAINST, why == SLOW], [cosine, -share], share)

    def _set_rate(self, why: np.ndarray, back: np.ndarray, state: Memory) -> np.ndarray:
        """Change the rates; what the log is told: every alarm, and what did change."""
        limits, before = self.arrays, state["eta"].copy()
        unstable = np.isin(why, (ROSE, AGAINST, EXPLODED))
        up = np.where(state["alarms"] > 0, limits["up_after_alarm"], limits["up"])
        factors = [limits["restart"], limits["down"], up]
        factor = np.select([back, unstable, why == SLOW], factors, 1.0)
        state["eta"][:] = bounded(before * factor, limits)
        state["alarms"] += unstable
        return np.where(unstable | (state["eta"] != before), why, NONE)

    def _begin_window(self, full: np.ndarray, back: np.ndarray, state: Memory) -> None:
        """Remember what the next window is compared with, and empty the sums."""
        steps, kept = np.maximum(state["steps"], 1), full & ~back
        np.copyto(state["before"], state["loss"] / steps, where=kept)
        np.copyto(state["noise"], state["change"] / steps, where=kept)
        state["last"][back] = np.nan
        state["restored"] += back
        for name in ("loss", "change", "worst", "cosine", "steps"):
            state[name][full] = 0


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of the angle between the rows of two arrays ``(rows, n)``; NaN where one is 0.

    Quicker than :func:`course_lr.signals.cosine`, since it is needed at every step: the sums are
    taken in the dtype of the weights.

    >>> cosines(np.array([[1.0, 0.0]]), np.array([[-2.0, 0.0]]))
    array([-1.])
    """
    product, *squares = (np.vecdot(x, y).astype(np.float64) for x, y in ((a, b), (a, a), (b, b)))
    return product / np.sqrt(squares[0] * squares[1])
