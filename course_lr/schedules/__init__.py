"""Schedules: the step in, the learning rate out. Closed form, no state, all runs at once."""

from course_lr.schedules.base import Scaled, Schedule
from course_lr.schedules.composition import Join, PerEpoch, Warmup
from course_lr.schedules.cycles import (
    CosineRestarts,
    OneCycle,
    Sinusoidal,
    Triangular,
    WarmupStableDecay,
)
from course_lr.schedules.decays import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    InverseSqrtDecay,
    InverseTimeDecay,
    LinearDecay,
    MultiStepDecay,
    PolynomialDecay,
    StepDecay,
)

__all__ = [
    "Constant",
    "CosineDecay",
    "CosineRestarts",
    "ExponentialDecay",
    "InverseSqrtDecay",
    "InverseTimeDecay",
    "Join",
    "LinearDecay",
    "MultiStepDecay",
    "OneCycle",
    "PerEpoch",
    "PolynomialDecay",
    "Scaled",
    "Schedule",
    "Sinusoidal",
    "StepDecay",
    "Triangular",
    "Warmup",
    "WarmupStableDecay",
]
