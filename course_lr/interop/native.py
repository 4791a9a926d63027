"""Schedules that a framework has itself, where it agrees at every step up to twice the length.

What is not here is computed from the formula: PyTorch's CosineAnnealingLR rises again after its
end, its OneCycleLR refuses to go on, its LinearLR misses an end of 0; Optax's and Keras's
exponential decays take a power of a rounded factor, and drift in float32; their polynomial decays,
once they are jitted, end at NaN or above their end where the power is no whole number; and the
factor that their cosines end with leaves float32 where a rate rises from almost 0.
"""

from course_lr import schedules
from course_lr.schedules import (
    Constant,
    CosineDecay,
    CosineRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    MultiStepDecay,
    PolynomialDecay,
    Schedule,
    StepDecay,
    Triangular,
)

Call = tuple[str, dict[str, object]] | None
"""A name in the framework and its arguments; ``None`` where it has no such schedule."""
MODES = {"constant": "triangular", "halving": "triangular2", "exponential": "exp_range"}


def _torch(s: Schedule) -> Call:
    match s:
        case Constant():
            return "ConstantLR", {"factor": 1.0}
        case StepDecay():
            return "StepLR", {"step_size": s.every, "gamma": s.gamma}
        case MultiStepDecay() if all(milestone > 0 for milestone in s.milestones):
            return "MultiStepLR", {"milestones": list(s.milestones), "gamma": s.gamma}
        case ExponentialDecay():
            return "ExponentialLR", {"gamma": s.gamma}
        case PolynomialDecay(eta_end=0) if s.power <= 4:
            return "PolynomialLR", {"total_iters": s.steps, "power": s.power}
        case LinearDecay() if 0 < 1e-3 * s.eta <= s.eta_end <= s.eta:
            # below, PyTorch, which multiplies step by step, rounds too much
            factors = {"start_factor": 1.0, "end_factor": s.eta_end / s.eta}
            return "LinearLR", factors | {"total_iters": s.steps}
        case CosineRestarts() if s.eta_end <= s.eta:
            settings = {"T_0": s.period, "T_mult": s.period_mult, "eta_min": s.eta_end}
            return "CosineAnnealingWarmRestarts", settings
        case Triangular() if s.eta_min > 0:  # PyTorch rounds at the bottom, where the rate is 0
            settings = {"base_lr": s.eta_min, "max_lr": s.eta_max, "step_size_up": s.half_cycle}
            settings |= {"mode": MODES[s.envelope], "gamma": s.gamma, "cycle_momentum": False}
            return "CyclicLR", settings


def _keras(s: Schedule) -> Call:
    settings = {"initial_learning_rate": getattr(s, "eta", 0.0)}
    match s:
        case CosineDecay() if s.eta_end <= s.eta > 0:
            return "CosineDecay", settings | {"decay_steps": s.steps, "alpha": s.eta_end / s.eta}
        case LinearDecay() | PolynomialDecay() if getattr(s, "power", 1.0) % 1 == 0:
            settings |= {"decay_steps": s.steps, "end_learning_rate": s.eta_end}
            return "PolynomialDecay", settings | {"power": getattr(s, "power", 1.0)}
        case InverseTimeDecay():
            return "InverseTimeDecay", settings | {"decay_steps": 1, "decay_rate": s.rate}


def _optax(s: Schedule) -> Call:
    match s:
        case Constant():
            return "constant_schedule", {"value": s.eta}
        case CosineDecay() if s.eta_end <= s.eta > 0:
            settings = {"init_value": s.eta, "decay_steps": s.steps, "alpha": s.eta_end / s.eta}
            return "cosine_decay_schedule", settings
        case LinearDecay() | PolynomialDecay() if getattr(s, "power", 1.0) % 1 == 0:
            settings = {"init_value": s.eta, "end_value": s.eta_end, "transition_steps": s.steps}
            if isinstance(s, LinearDecay):
                return "linear_schedule", settings
            return "polynomial_schedule", settings | {"power": s.power}


PLACES = {
    "torch": (_torch, "scheduler = torch.optim.lr_scheduler.{}(optimizer, {})"),
    "keras": (_keras, "schedule = keras.optimizers.schedules.{}({})"),
    "optax": (_optax, "schedule = optax.{}({})"),
}


def native(schedule: Schedule, framework: str) -> tuple[str, str, str] | None:
    """Import line, call and first rate of the framework's own schedule; ``None`` if it has none.

    >>> native(Constant(0.1), "optax")
    ('import optax', 'schedule = optax.constant_schedule(value=0.1)', '0.1')
    >>> native(CosineDecay(0.1, steps=10), "torch") is None
    True
    """
    ours = getattr(schedules, type(schedule).__name__, None) is type(schedule)
    twin, place = PLACES[framework]
    call = twin(schedule) if ours else None
    if call is None or (framework == "torch" and schedule(0) == 0):
        return None
    name, settings = call
    rate = schedule.eta_min if isinstance(schedule, Triangular) else schedule.eta
    arguments = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    return f"import {framework}", place.format(name, arguments), repr(rate)
