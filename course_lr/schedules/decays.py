"""Schedules that fall once: by drops, by a power, along a line or half a cosine.

Each class is a definition: the fields are the parameters, ``curve`` is the formula.
"""

import math
from dataclasses import dataclass

import numpy as np

from course_lr import checks
from course_lr.parameters import PerRun, parameter, setting
from course_lr.schedules.base import Schedule, blend, ease, power, progress, whole_span


@dataclass(frozen=True, repr=False, eq=False)
class Constant(Schedule):
    """The same rate at every step.

        η(t) = η

    Args:
        eta: the rate, finite and >= 0.

    Elsewhere:
        PyTorch: ConstantLR(lr=eta, factor=1.0)
        Optax: constant_schedule(value=eta)

    >>> Constant(0.1)(1000)
    0.1
    """

    formula = "η"

    eta: PerRun = parameter(checks.rate)

    @staticmethod
    def curve(xp, t, eta):
        """η."""
        return eta + 0.0 * t


@dataclass(frozen=True, repr=False, eq=False)
class StepDecay(Schedule):
    """Drop the rate by the same factor every so many steps.

        η(t) = η γ^⌊t / every⌋        before the first drop η; the drops never end

    Args:
        eta: the rate of the first ``every`` steps, finite and >= 0.
        gamma: the factor of each drop, 0 < γ <= 1.
        every: the steps between two drops, a whole number >= 1.

    >>> eta = StepDecay(0.1, gamma=0.5, every=30)
    >>> eta([0, 29, 30, 60])
    array([0.1  , 0.1  , 0.05 , 0.025])

    Elsewhere:
        PyTorch: StepLR(lr=eta, step_size=every, gamma=gamma)
        Optax: exponential_decay(init_value=eta, transition_steps=every, decay_rate=gamma,
            staircase=True)
        Keras: ExponentialDecay(initial_learning_rate=eta, decay_steps=every, decay_rate=gamma,
            staircase=True)

    Source: the notes' "drop by a fixed part every so many epochs".
    """

    formula = "η γ^⌊t / every⌋"
    span = ("every", 5)

    eta: PerRun = parameter(checks.rate)
    gamma: PerRun = parameter(checks.factor, 0.1)
    every: int | PerRun = parameter(checks.length, 30)

    @staticmethod
    def curve(xp, t, eta, gamma, every):
        """η γ^⌊t / every⌋."""
        return eta * power(xp, gamma, t // every)


@dataclass(frozen=True, repr=False, eq=False)
class MultiStepDecay(Schedule):
    """Drop the rate by the same factor at chosen steps.

        η(t) = η γ^(number of milestones <= t)        after the last milestone constant

    Args:
        eta: the rate before the first milestone, finite and >= 0.
        milestones: whole numbers >= 0 in ascending order, never over runs. A milestone at 0 counts
            from the first step on, one named twice drops twice, none at all leaves η.
        gamma: the factor of each drop, 0 < γ <= 1.

    >>> eta = MultiStepDecay(0.1, milestones=[30, 80], gamma=0.5)
    >>> eta([29, 30, 80, 1000])
    array([0.1  , 0.05 , 0.025, 0.025])

    Elsewhere:
        PyTorch: MultiStepLR(lr=eta, milestones=milestones, gamma=gamma)
        Optax: piecewise_constant_schedule(init_value=eta,
            boundaries_and_scales={m: gamma for m in milestones})
        Keras: PiecewiseConstantDecay(boundaries=[m - 1 for m in milestones],
            values=[eta * gamma**n for n in range(len(milestones) + 1)])
    """

    formula = "η γ^(number of milestones ≤ t)"

    eta: PerRun = parameter(checks.rate)
    milestones: tuple[int, ...] = setting(checks.ordered)
    gamma: PerRun = parameter(checks.factor, 0.1)

    @staticmethod
    def curve(xp, t, eta, milestones, gamma):
        """η γ^(milestones <= t)."""
        passed = xp.sum(t[..., None] >= xp.asarray(milestones), axis=-1)
        return eta * power(xp, gamma, passed)

    @property
    def length(self) -> int:
        """Half as long again as to the last milestone."""
        return whole_span(1.5 * max(self.milestones, default=100))


@dataclass(frozen=True, repr=False, eq=False)
class ExponentialDecay(Schedule):
    """Multiply the rate by the same factor at every step.

        η(t) = η γ^t        for ever; it underflows to 0 in the end

    Args:
        eta: the rate at step 0, finite and >= 0.
        gamma: the factor a step, 0 < γ <= 1.

    >>> eta = ExponentialDecay(0.1, gamma=0.5)
    >>> eta([0, 1, 2])
    array([0.1  , 0.05 , 0.025])

    Elsewhere:
        PyTorch: ExponentialLR(lr=eta, gamma=gamma)
        Optax: exponential_decay(init_value=eta, transition_steps=1, decay_rate=gamma)
        Keras: ExponentialDecay(initial_learning_rate=eta, decay_steps=1, decay_rate=gamma)

    Source: the notes' formula.
    """

    formula = "η γ^t"

    eta: PerRun = parameter(checks.rate)
    gamma: PerRun = parameter(checks.factor)

    @staticmethod
    def curve(xp, t, eta, gamma):
        """η γ^t."""
        return eta * power(xp, gamma, t)

    @property
    def length(self) -> int:
        """Until the slowest run has fallen to a hundredth; 100 where γ is 1."""
        fall = -math.log(np.max(self.gamma))
        return whole_span(math.log(100) / fall) if fall > 0 else 100


@dataclass(frozen=True, repr=False, eq=False)
class InverseTimeDecay(Schedule):
    """Fall as one over time.

        η(t) = η / (1 + rate · t)        for ever

    Args:
        eta: the rate at step 0, finite and >= 0.
        rate: how fast it falls, finite and >= 0; η is halved at step 1 / rate.

    >>> eta = InverseTimeDecay(0.1, rate=0.25)
    >>> eta([0, 4, 12])
    array([0.1  , 0.05 , 0.025])

    Elsewhere:
        Keras: InverseTimeDecay(initial_learning_rate=eta, decay_steps=1, decay_rate=rate)

    Source: Robbins and Monro 1951 (the sum of such rates diverges, that of their squares does
    not).
    """

    formula = "η / (1 + rate · t)"

    eta: PerRun = parameter(checks.rate)
    rate: PerRun = parameter(checks.rate)

    @staticmethod
    def curve(xp, t, eta, rate):
        """η / (1 + rate · t)."""
        return eta / (1 + rate * t)

    @property
    def length(self) -> int:
        """Until the slowest falling run is down to a tenth; 100 where the rate is 0."""
        slowest = float(np.min(self.rate))
        return whole_span(9 / slowest) if slowest > 1e-300 else 100


@dataclass(frozen=True, repr=False, eq=False)
class InverseSqrtDecay(Schedule):
    """Fall as one over the square root of time.

        η(t) = η √(offset / (t + offset))        for ever

    Args:
        eta: the rate at step 0, finite and >= 0.
        offset: the steps after which η has fallen by √2, finite and > 0.

    >>> eta = InverseSqrtDecay(0.1, offset=100)
    >>> eta([0, 300])
    array([0.1 , 0.05])

    Source: Vaswani et al. 2017, equation 3 (there after a warm-up); Transformers'
    get_inverse_sqrt_schedule, whose ``timescale`` is the offset.
    """

    formula = "η √(offset / (t + offset))"
    span = ("offset", 24)

    eta: PerRun = parameter(checks.rate)
    offset: PerRun = parameter(checks.positive, 1.0)

    @staticmethod
    def curve(xp, t, eta, offset):
        """η √(offset / (t + offset))."""
        return eta * xp.sqrt(offset / (t + offset))


@dataclass(frozen=True, repr=False, eq=False)
class PolynomialDecay(Schedule):
    """Fall to an end value along a power of the time that is left.

        η(t) = (η − η_end) (1 − t / steps)^power + η_end        for t < steps
               η_end                                            from t = steps on

    Args:
        eta: the rate at step 0, finite and >= 0.
        steps: the step at which η_end is reached, a whole number >= 1.
        power: finite and > 0; 1 is a line, 2 a parabola that lands flat.
        eta_end: the rate at the end, finite and >= 0; above η the curve rises.

    >>> eta = PolynomialDecay(0.1, steps=10, power=2.0)
    >>> eta([0, 5, 10, 99])
    array([0.1  , 0.025, 0.   , 0.   ])

    Elsewhere:
        PyTorch: PolynomialLR(lr=eta, total_iters=steps, power=power), where eta_end is 0
        Optax: polynomial_schedule(init_value=eta, transition_steps=steps, power=power,
            end_value=eta_end)
        Keras: PolynomialDecay(initial_learning_rate=eta, decay_steps=steps, power=power,
            end_learning_rate=eta_end)
    """

    formula = "(η − η_end) (1 − min(t, steps) / steps)^power + η_end"

    eta: PerRun = parameter(checks.rate)
    steps: int | PerRun = parameter(checks.length)
    power: PerRun = parameter(checks.positive, 1.0)
    eta_end: PerRun = parameter(checks.rate, 0.0)

    @staticmethod
    def curve(xp, t, eta, steps, power, eta_end):
        """(η − η_end) · left^power + η_end."""
        left = 1 - progress(xp, t, steps)
        return blend(xp, eta_end, eta, xp.float_power(left, power))


@dataclass(frozen=True, repr=False, eq=False)
class LinearDecay(Schedule):
    """Fall to an end value along a line.

        η(t) = η + (η_end − η) t / steps        for t < steps
               η_end                            from t = steps on

    Args:
        eta: the rate at step 0, finite and >= 0.
        steps: the step at which η_end is reached, a whole number >= 1.
        eta_end: the rate at the end, finite and >= 0; above η the line rises.

    >>> eta = LinearDecay(0.1, steps=4)
    >>> eta([0, 1, 2, 4, 99])
    array([0.1  , 0.075, 0.05 , 0.   , 0.   ])

    Elsewhere:
        PyTorch: LinearLR(lr=eta, start_factor=1.0, end_factor=eta_end / eta, total_iters=steps)
        Optax: linear_schedule(init_value=eta, end_value=eta_end, transition_steps=steps)
        Keras: PolynomialDecay(initial_learning_rate=eta, decay_steps=steps, power=1.0,
            end_learning_rate=eta_end)
    """

    formula = "η + (η_end − η) min(t, steps) / steps"

    eta: PerRun = parameter(checks.rate)
    steps: int | PerRun = parameter(checks.length)
    eta_end: PerRun = parameter(checks.rate, 0.0)

    @staticmethod
    def curve(xp, t, eta, steps, eta_end):
        """η + (η_end − η) t / steps."""
        return blend(xp, eta, eta_end, progress(xp, t, steps))


@dataclass(frozen=True, repr=False, eq=False)
class CosineDecay(Schedule):
    """Fall to an end value along half a cosine: flat, steep, flat.

        η(t) = η_end + (η − η_end) (1 + cos(π t / steps)) / 2        for t < steps
               η_end                                                 from t = steps on

    Args:
        eta: the rate at step 0, finite and >= 0.
        steps: the step at which η_end is reached, a whole number >= 1.
        eta_end: the rate at the end, finite and >= 0.

    >>> eta = CosineDecay(0.1, steps=500)
    >>> eta([0, 250, 500, 501])
    array([0.1 , 0.05, 0.  , 0.  ])

    Elsewhere:
        PyTorch: CosineAnnealingLR(lr=eta, T_max=steps, eta_min=eta_end); it rises after its end
        Optax: cosine_decay_schedule(init_value=eta, decay_steps=steps, alpha=eta_end / eta)
        Keras: CosineDecay(initial_learning_rate=eta, decay_steps=steps, alpha=eta_end / eta)

    Source: Loshchilov and Hutter 2017, equation 5 without restarts.
    """

    formula = "η_end + (η − η_end) (1 + cos(π min(t, steps) / steps)) / 2"

    eta: PerRun = parameter(checks.rate)
    steps: int | PerRun = parameter(checks.length)
    eta_end: PerRun = parameter(checks.rate, 0.0)

    @staticmethod
    def curve(xp, t, eta, steps, eta_end):
        """η_end + (η − η_end) (1 + cos(π t / steps)) / 2."""
        return blend(xp, eta, eta_end, ease(xp, "cosine", progress(xp, t, steps)))
