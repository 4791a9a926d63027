"""A schedule as an object of another framework, which then sets the rate of its optimizer."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from course_lr import checks
from course_lr.controllers import Controller
from course_lr.interop.modules import jax_numpy, keras_ops, needed
from course_lr.schedules import Schedule
from course_lr.schedules.base import schedule as a_schedule

if TYPE_CHECKING:
    import torch


def exported(schedule: object) -> Schedule:
    """A schedule, which knows its rates beforehand."""
    if isinstance(schedule, Controller):
        accepted = "a schedule (a controller answers to its training and has no rates beforehand)"
        checks.refuse("schedule", schedule, accepted, TypeError)
    return a_schedule("schedule", schedule)


def one_run(schedule: object) -> Schedule:
    """A schedule without arrays over runs: a framework trains one model."""
    schedule = exported(schedule)
    if schedule.runs is not None:
        accepted = "a schedule of one run; schedule.cut([i]) picks run i of an array"
        checks.refuse("schedule", schedule, accepted)
    return schedule


def to_torch(schedule: Schedule) -> "Callable[[torch.optim.Optimizer], Any]":
    """The schedule for PyTorch: ``to_torch(schedule)(optimizer)`` is a ``LambdaLR``.

    Call its ``step()`` once after each ``optimizer.step()``. The rate is that of the schedule,
    in float64, whatever rate the optimizer was made with or has loaded. Groups with different
    rates keep their ratio: a group's is scaled by its own rate over the optimizer's. A schedule
    with arrays over runs gives group i the rates of run i. To go on with a saved training, make
    the scheduler first and then load the states of both.

    Args:
        schedule: any schedule of this package.

    Raises:
        TypeError: no schedule, or no PyTorch optimizer.
        ValueError: the optimizer's rate is 0, or there are not as many runs as groups.
        ImportError: PyTorch is not installed.

    Source: torch.optim.lr_scheduler.LambdaLR, of which it is a subclass.

    >>> import torch
    >>> from course_lr import StepDecay
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    >>> scheduler = to_torch(StepDecay(0.1, gamma=0.5, every=2))(optimizer)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.1]
    [0.1]
    [0.05]
    """
    schedule = exported(schedule)
    torch = needed("torch", "PyTorch", "to_torch")

    class FollowingLR(torch.optim.lr_scheduler.LambdaLR):
        """Its functions give the rates themselves: a state that is loaded scales nothing."""

        def get_lr(self) -> list[float]:
            return [rate(self.last_epoch) for rate in self.lr_lambdas]

    def attach(optimizer: "torch.optim.Optimizer") -> Any:
        if not isinstance(optimizer, torch.optim.Optimizer):
            checks.refuse("optimizer", optimizer, "a torch.optim.Optimizer", TypeError)
        return FollowingLR(optimizer, _group_rates(schedule, optimizer))

    return attach


def _group_rates(schedule: Schedule, optimizer: Any) -> list[Callable[[int], float]]:
    """For each parameter group, its rate at a step (plain functions: nothing of them is saved)."""
    groups, base = optimizer.param_groups, float(optimizer.defaults["lr"])
    given = [float(group.get("initial_lr", group["lr"])) for group in groups]
    if min([base, *given]) <= 0:
        raise ValueError(f"the optimizer's lr must be > 0: groups keep their ratio; got {given}")
    if schedule.runs is None:
        scales = [1.0 if len(set(given)) == 1 else rate / base for rate in given]
        return [lambda step, scale=scale: schedule(step) * scale for scale in scales]
    if schedule.runs != len(groups):
        raise ValueError(
            f"a schedule with {schedule.runs} runs needs as many parameter groups, one a run; "
            f"the optimizer has {len(groups)}"
        )
    return [lambda step, run=run: float(schedule(step)[run]) for run in range(len(groups))]


def to_optax(schedule: Schedule) -> Callable[[Any], Any]:
    """The schedule for Optax: a function of the step that can be jitted, traced and vmapped.

    It computes in JAX's precision: float32 unless ``jax_enable_x64`` is on.

    Args:
        schedule: a schedule without arrays over runs.

    Raises:
        TypeError, ValueError: no schedule, or one of several runs.
        ImportError: JAX is not installed.

    >>> import jax
    >>> from course_lr import CosineDecay
    >>> f"{jax.jit(to_optax(CosineDecay(0.1, 4)))(2):.6f}"
    '0.050000'
    """
    schedule, xp = one_run(schedule), jax_numpy("to_optax")
    return lambda step: schedule.at(xp.asarray(step), xp) * 1.0


def to_keras(schedule: Schedule) -> Any:
    """The schedule for Keras 3: a ``LearningRateSchedule`` that can be saved with a model.

    It computes in float32, and its configuration is the schedule's ``to_dict()``: a model that is
    loaded needs this package, and :func:`keras_schedule` called before it, which registers the
    class; :func:`course_lr.interop.as_code` writes a schedule that does not.

    Args:
        schedule: a schedule without arrays over runs.

    Raises:
        TypeError, ValueError: no schedule, or one of several runs.
        ImportError: Keras is not installed.

    >>> import keras
    >>> from course_lr import CosineDecay
    >>> optimizer = keras.optimizers.SGD(to_keras(CosineDecay(0.1, 4)))
    >>> f"{float(optimizer.learning_rate):.6f}"
    '0.100000'
    """
    return keras_schedule()(one_run(schedule).to_dict())


@functools.cache
def keras_schedule() -> type:
    """The class behind :func:`to_keras`, made and registered with Keras when first asked for.

    >>> import keras
    >>> issubclass(keras_schedule(), keras.optimizers.schedules.LearningRateSchedule)
    True
    """
    keras = needed("keras", "Keras", "to_keras")

    @keras.saving.register_keras_serializable(package="course_lr")
    class CourseSchedule(keras.optimizers.schedules.LearningRateSchedule):
        """A schedule of course_lr."""

        def __init__(self, schedule: dict[str, Any]):
            self.schedule = Schedule.from_dict(schedule)

        def __call__(self, step: Any) -> Any:
            xp = keras_ops(keras)
            return xp.cast(self.schedule.at(xp.cast(step, "int32"), xp), "float32")

        def get_config(self) -> dict[str, Any]:
            return {"schedule": self.schedule.to_dict()}

    return CourseSchedule
