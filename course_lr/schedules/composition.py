"""Schedules made of schedules: a warm-up before one, several in a row, epochs instead of steps.

``2 * schedule`` is :class:`course_lr.schedules.Scaled`.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from course_lr import checks
from course_lr.parameters import PerRun, parameter, setting
from course_lr.schedules.base import Schedule, blend, ease, power, progress, schedule, whole_span


@dataclass(frozen=True, repr=False, eq=False)
class Warmup(Schedule):
    """Rise to the first rate of another schedule, then follow it.

        η(t) = ramp(t) · after(0)        for t < steps, with ramp from ``start`` to 1
               after(t − steps)          from t = steps on
        ramp: a line, half a cosine, or start^(1 − t / steps) (exponential)

    Args:
        after: the schedule that follows, counted from its own 0.
        steps: the length of the warm-up, a whole number >= 0; 0 means none.
        start: the first rate as a fraction of after(0), 0 to 1 (not a rate); the exponential
            shape needs more than 0.
        shape: "linear", "cosine" or "exponential".

    >>> from course_lr.schedules import Constant
    >>> eta = Warmup(Constant(0.1), steps=4)
    >>> eta([0, 1, 2, 4, 99])
    array([0.   , 0.025, 0.05 , 0.1  , 0.1  ])

    Elsewhere:
        PyTorch: LinearLR(start_factor=start, total_iters=steps), then the other in SequentialLR
        Optax: warmup_constant_schedule(init_value=start * after.eta, peak_value=after.eta,
            warmup_steps=steps), likewise warmup_cosine_decay_schedule
        Keras: CosineDecay(initial_learning_rate=start * after.eta, warmup_target=after.eta,
            warmup_steps=steps) before a cosine

    Source: Goyal et al. 2017, section 2.2.
    """

    formula = "ramp(t) · after(0) for t < steps, then after(t − steps)"

    after: Schedule = setting(schedule)
    steps: int | PerRun = parameter(checks.length, least=0)
    start: PerRun = parameter(checks.fraction, 0.0)
    shape: str = setting(checks.one_of, "linear", options=("linear", "cosine", "exponential"))

    def __post_init__(self):
        super().__post_init__()
        if self.shape == "exponential" and np.any(np.equal(self.start, 0)):
            checks.refuse("start", self.start, "a fraction > 0 with shape='exponential'")

    @staticmethod
    def ramp(xp: ModuleType, t: Any, steps: Any, start: Any, shape: str) -> Any:
        """The factor before ``after``: from ``start`` at t = 0 to 1 at t = steps."""
        done = progress(xp, t, steps)
        if shape == "exponential":
            return power(xp, start, 1 - done)
        return blend(xp, start, 1.0, ease(xp, shape, done))

    def at(self, t: Any, xp: ModuleType = np) -> Any:
        """ramp(t) · after(max(t − steps, 0))."""
        steps, start = self.arrays["steps"], self.arrays["start"]
        after = self.after.at(xp.maximum(t - steps, 0), xp)
        return self.ramp(xp, t, steps, start, self.shape) * after

    @property
    def length(self) -> int:
        """The warm-up and what follows it."""
        return whole_span(np.max(self.steps) + self.after.length)


def joined(name: str, value: object) -> tuple:
    """Check the parts of :class:`Join`: ((schedule, steps), …, schedule)."""
    accepted = "((schedule, steps), …, schedule)"
    if not isinstance(value, (list, tuple)) or len(value) == 0:
        checks.refuse(name, value, accepted, TypeError)
    if isinstance(value[-1], (list, tuple)):
        checks.refuse(name, value, f"{accepted}, the last without steps since it does not end")
    parts = []
    for position, part in enumerate(value[:-1]):
        if not isinstance(part, (list, tuple)) or len(part) != 2:
            checks.refuse(f"{name}[{position}]", part, "a pair (schedule, steps)", TypeError)
        first = schedule(f"the schedule in {name}[{position}]", part[0])
        parts.append((first, part_length(f"the steps in {name}[{position}]", part[1])))
    return (*parts, schedule(f"{name}[{len(value) - 1}]", value[-1]))


def part_length(name: str, value: object) -> int:
    """Check the length of one part: a single whole number >= 0, never an array over runs."""
    steps = checks.length(name, value, least=0)
    if isinstance(steps, tuple):
        checks.refuse(name, value, "one whole number >= 0, the same for all runs")
    return steps


@dataclass(frozen=True, repr=False, eq=False)
class Join(Schedule):
    """One schedule after another, each counted from its own 0.

        η(t) = first(t)                   for t < steps of the first
               second(t − begin)          for the steps of the second, which begins there
               …
               last(t − begin)            for ever

    Args:
        parts: ((schedule, steps), …, schedule). The steps are whole numbers >= 0, the same for all
            runs; 0 means that the part is left out. The last part has none.

    >>> from course_lr.schedules import Constant, LinearDecay
    >>> eta = Join(((Constant(0.1), 10), LinearDecay(0.1, steps=4)))
    >>> eta([0, 9, 10, 12, 14])
    array([0.1 , 0.1 , 0.1 , 0.05, 0.  ])

    Elsewhere:
        PyTorch: SequentialLR(schedulers, milestones), the steps at which parts begin
        Optax: join_schedules(schedules, boundaries), the same steps
    """

    formula = "each part counted from its own 0, the last for ever"

    parts: tuple = setting(joined)

    def at(self, t: Any, xp: ModuleType = np) -> Any:
        """The part that holds t, at the steps since it began."""
        ends = np.cumsum([steps for _, steps in self.parts[:-1]], dtype=np.int64).tolist()
        begins = [0, *ends]
        rates = self.parts[-1].at(xp.maximum(t - begins[-1], 0), xp)
        for (part, _), begin, end in reversed(list(zip(self.parts, begins, ends, strict=False))):
            rates = xp.where(t < end, part.at(xp.maximum(t - begin, 0), xp), rates)
        return rates

    @property
    def length(self) -> int:
        """All parts, the last as long as it is by itself."""
        return whole_span(sum(steps for _, steps in self.parts[:-1]) + self.parts[-1].length)


@dataclass(frozen=True, repr=False, eq=False)
class PerEpoch(Schedule):
    """A schedule whose unit is the epoch: the rate stays the same within one.

        η(t) = schedule(⌊t / steps_per_epoch⌋)

    Args:
        schedule: the schedule, its steps read as epochs.
        steps_per_epoch: updates in a pass over the data, a whole number >= 1.

    >>> from course_lr.schedules import StepDecay
    >>> eta = PerEpoch(StepDecay(0.1, gamma=0.5, every=2), steps_per_epoch=20)
    >>> eta([0, 39, 40, 80])
    array([0.1  , 0.1  , 0.05 , 0.025])

    Elsewhere:
        PyTorch: any scheduler whose step() is called once an epoch
    """

    formula = "schedule(⌊t / steps per epoch⌋)"

    schedule: Schedule = setting(schedule)
    steps_per_epoch: int | PerRun = parameter(checks.length)

    def at(self, t: Any, xp: ModuleType = np) -> Any:
        """The schedule at the number of whole epochs done."""
        return self.schedule.at(t // self.arrays["steps_per_epoch"], xp)

    @property
    def length(self) -> int:
        """The schedule's length in updates."""
        return whole_span(self.schedule.length * float(np.max(self.steps_per_epoch)))
