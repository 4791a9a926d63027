"""Another framework's own schedule as an array of rates, to be plotted beside ours."""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lr import checks
from course_lr.interop.modules import needed


def from_torch(scheduler: Any, steps: int) -> np.ndarray:
    """The rates of a PyTorch scheduler from its present step on: entry 0 is the current rate.

    A copy is stepped, on a copy of the optimizer's settings: scheduler, optimizer and model stay
    as they are.

    Args:
        scheduler: any scheduler of ``torch.optim.lr_scheduler`` that needs no metric.
        steps: updates, >= 1.

    Returns:
        ``(steps,)``, or ``(steps, groups)`` where the optimizer has several parameter groups.

    Raises:
        TypeError: no scheduler, or one that depends on a loss (ReduceLROnPlateau: train with
            :class:`course_lr.ReduceOnPlateau` to see it).
        ValueError: ``steps`` is no whole number >= 1, or the schedule ends before (OneCycleLR).
        ImportError: PyTorch is not installed.

    >>> import torch
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    >>> from_torch(torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5), 5)
    array([0.1  , 0.1  , 0.05 , 0.05 , 0.025])
    """
    torch = needed("torch", "PyTorch", "from_torch")
    kinds = torch.optim.lr_scheduler
    if not isinstance(scheduler, kinds.LRScheduler) or isinstance(
        scheduler, kinds.ReduceLROnPlateau
    ):
        accepted = "a scheduler of torch.optim.lr_scheduler that needs no metric"
        checks.refuse("scheduler", scheduler, accepted, TypeError)
    steps = checks.whole("steps", steps, 1)
    groups = scheduler.optimizer.param_groups
    groups = [group | {"params": [torch.zeros(1, requires_grad=True)]} for group in groups]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    copied = copy.deepcopy(scheduler, {id(scheduler.optimizer): optimizer})
    rates = [[group["lr"] for group in optimizer.param_groups]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there is no training: the optimizer never steps
        for step in range(1, steps):
            try:
                copied.step()
            except ValueError as error:
                raise ValueError(f"the scheduler ends before step {step}: {error}") from None
            rates.append([group["lr"] for group in optimizer.param_groups])
    table = np.array(rates, dtype=np.float64)
    return table[:, 0] if table.shape[1] == 1 else table


def from_optax(schedule: Callable, steps: int) -> np.ndarray:
    """The rates of an Optax schedule (a function of the step) at steps 0 to ``steps`` − 1.

    Args:
        schedule: a function from the step to the rate.
        steps: >= 1.

    Returns:
        ``(steps,)`` float64; computed by JAX, in float32 unless ``jax_enable_x64`` is on.

    Raises:
        TypeError: not a function, or it does not return one number a step.
        ImportError: JAX is not installed.

    >>> import optax
    >>> from_optax(optax.linear_schedule(0.5, 0.0, 4), 5)
    array([0.5  , 0.375, 0.25 , 0.125, 0.   ])
    """
    jax = needed("jax", "JAX", "from_optax")
    if not callable(schedule):
        checks.refuse("schedule", schedule, "a function of the step, as in optax", TypeError)
    steps = checks.whole("steps", steps, 1)
    rates = np.asarray(jax.vmap(lambda t: 1.0 * schedule(t))(np.arange(steps)), dtype=np.float64)
    if rates.shape != (steps,):
        accepted = "a function that returns one number a step"
        checks.refuse("schedule", schedule, accepted, TypeError)
    return rates
