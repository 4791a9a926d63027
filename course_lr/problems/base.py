"""The protocol that every problem follows."""

from collections.abc import Callable

import numpy as np

Gradient = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
"""``(w, step) -> (loss, gradient)`` with shapes ``(rows, n)`` -> ``(rows,), (rows, n)``."""


class Problem:
    """What is descended. Every row of ``w`` is a run of its own and never sees its neighbours.

    A problem offers

    * ``start(seeds) -> w`` of shape ``(rows, n)``, one row a seed;
    * ``loss_and_grad(w, step, seeds) -> (loss, gradient)`` of shapes ``(rows,)`` and ``(rows, n)``,
      where ``seeds`` names each row's seed and ``step`` (counted from 0) the mini-batch or noise;
    * ``steps_per_epoch``: steps in a pass over the data, ``None`` where there are no epochs;
    * where it makes sense ``evaluate(w, split) -> {"loss": (rows,), "accuracy": (rows,)}`` and
      ``hvp(w, v) -> (rows, n)``, the exact product of the Hessian with ``v``.

    >>> class Quartic(Problem):
    ...     def loss_and_grad(self, w, step, seeds):
    ...         return w[:, 0] ** 4, 4 * w**3
    >>> from course_lr import train
    >>> train(Quartic(), 0.125, steps=1, start=[1.0]).loss
    array([1.    , 0.0625])
    """

    steps_per_epoch: int | None = None

    def start(self, seeds: np.ndarray) -> np.ndarray:
        """The weights at step 0, shape ``(rows, n)``, one row for each seed."""
        raise NotImplementedError(f"{type(self).__name__} has no start of its own: pass start=")

    def loss_and_grad(
        self, w: np.ndarray, step: int, seeds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss ``(rows,)`` and gradient ``(rows, n)`` of each row at ``step``."""
        raise NotImplementedError

    def bind(self, seeds: np.ndarray) -> Gradient:
        """The gradient for rows with these seeds, free to keep buffers from one step to the next.

        The training loop calls it once for each block of rows. What it returns must equal
        :meth:`loss_and_grad` to rounding; its arrays may be overwritten by the next call.
        """
        return lambda w, step: self.loss_and_grad(w, step, seeds)
