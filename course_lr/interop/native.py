"""Schedules that a framework has itself, where it agrees at every step up to twice the length.

What is not here is computed from the formula: PyTorch's CosineAnnealingLR rises again after its
end, its OneCycleLR refuses to go on, its LinearLR misses an end of 0; Optax's and Keras's
exponential decays take a power of a rounded factor, and drift in float32; their polynomial decays
with a power below 1 stay above their end once they are jitted.
"""

from collections.abc import Callable

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

Twin = tuple[str, dict[str, object], float] | None
MODES = {"constant": "triangular", "halving": "triangular2", "exponential": "exp_range"}


def _torch_constant(s: Constant) -> Twin:
    return "ConstantLR", {"factor": 1.0}, s.eta


def _torch_step(s: StepDecay) -> Twin:
    return "StepLR", {"step_size": s.every, "gamma": s.gamma}, s.eta


def _torch_multi(s: MultiStepDecay) -> Twin:
    settings = {"milestones": list(s.milestones), "gamma": s.gamma}
    return ("MultiStepLR", settings, s.eta) if all(m > 0 for m in s.milestones) else None


def _torch_exponential(s: ExponentialDecay) -> Twin:
    return "ExponentialLR", {"gamma": s.gamma}, s.eta


def _torch_polynomial(s: PolynomialDecay) -> Twin:
    settings = {"total_iters": s.steps, "power": s.power}
    return ("PolynomialLR", settings, s.eta) if s.eta_end == 0 and s.power <= 4 else None


def _torch_linear(s: LinearDecay) -> Twin:
    if not 0 < 1e-3 * s.eta <= s.eta_end <= s.eta:  # PyTorch multiplies step by step, and rounds
        return None
    settings = {"start_factor": 1.0, "end_factor": s.eta_end / s.eta, "total_iters": s.steps}
    return "LinearLR", settings, s.eta


def _torch_restarts(s: CosineRestarts) -> Twin:
    if s.eta_end > s.eta:
        return None
    settings = {"T_0": s.period, "T_mult": s.period_mult, "eta_min": s.eta_end}
    return "CosineAnnealingWarmRestarts", settings, s.eta


def _torch_triangular(s: Triangular) -> Twin:
    if s.eta_min == 0:  # PyTorch rounds at the bottom, where the rate is 0
        return None
    settings = {"base_lr": s.eta_min, "max_lr": s.eta_max, "step_size_up": s.half_cycle}
    settings |= {"mode": MODES[s.envelope], "gamma": s.gamma, "cycle_momentum": False}
    return "CyclicLR", settings, s.eta_min


def _alpha(s: CosineDecay) -> float | None:
    return s.eta_end / s.eta if s.eta > 0 else None


def _steep(s: PolynomialDecay | LinearDecay) -> bool:
    """Whether a rounding error before the last step, once jitted, is a rate of its own after it."""
    return getattr(s, "power", 1.0) < 1


def _optax_constant(s: Constant) -> Twin:
    return "constant_schedule", {"value": s.eta}, s.eta


def _optax_polynomial(s: PolynomialDecay | LinearDecay) -> Twin:
    if _steep(s):
        return None
    settings = {"init_value": s.eta, "end_value": s.eta_end, "transition_steps": s.steps}
    if isinstance(s, LinearDecay):
        return "linear_schedule", settings, s.eta
    return "polynomial_schedule", settings | {"power": s.power}, s.eta


def _optax_cosine(s: CosineDecay) -> Twin:
    if _alpha(s) is None:
        return None
    settings = {"init_value": s.eta, "decay_steps": s.steps, "alpha": _alpha(s)}
    return "cosine_decay_schedule", settings, s.eta


def _keras_cosine(s: CosineDecay) -> Twin:
    if _alpha(s) is None:
        return None
    settings = {"initial_learning_rate": s.eta, "decay_steps": s.steps, "alpha": _alpha(s)}
    return "CosineDecay", settings, s.eta


def _keras_polynomial(s: PolynomialDecay | LinearDecay) -> Twin:
    if _steep(s):
        return None
    settings = {"initial_learning_rate": s.eta, "decay_steps": s.steps}
    settings |= {"end_learning_rate": s.eta_end, "power": getattr(s, "power", 1.0)}
    return "PolynomialDecay", settings, s.eta


def _keras_inverse(s: InverseTimeDecay) -> Twin:
    settings = {"initial_learning_rate": s.eta, "decay_steps": 1, "decay_rate": s.rate}
    return "InverseTimeDecay", settings, s.eta


TWINS: dict[str, dict[type[Schedule], Callable]] = {
    "torch": {
        Constant: _torch_constant,
        StepDecay: _torch_step,
        MultiStepDecay: _torch_multi,
        ExponentialDecay: _torch_exponential,
        PolynomialDecay: _torch_polynomial,
        LinearDecay: _torch_linear,
        CosineRestarts: _torch_restarts,
        Triangular: _torch_triangular,
    },
    "keras": {
        CosineDecay: _keras_cosine,
        PolynomialDecay: _keras_polynomial,
        LinearDecay: _keras_polynomial,
        InverseTimeDecay: _keras_inverse,
    },
    "optax": {
        Constant: _optax_constant,
        PolynomialDecay: _optax_polynomial,
        LinearDecay: _optax_polynomial,
        CosineDecay: _optax_cosine,
    },
}
PLACES = {
    "torch": ("import torch", "scheduler = torch.optim.lr_scheduler.{}(optimizer, {})"),
    "keras": ("import keras", "schedule = keras.optimizers.schedules.{}({})"),
    "optax": ("import optax", "schedule = optax.{}({})"),
}


def native(schedule: Schedule, framework: str) -> tuple[str, str, str] | None:
    """Import line, call and first rate of the framework's own schedule; ``None`` if it has none.

    >>> native(Constant(0.1), "optax")
    ('import optax', 'schedule = optax.constant_schedule(value=0.1)', '0.1')
    >>> native(CosineDecay(0.1, steps=10), "torch") is None
    True
    """
    twin = TWINS[framework].get(type(schedule), lambda _: None)(schedule)
    if twin is None or (framework == "torch" and schedule(0) == 0):
        return None
    name, settings, rate = twin
    imports, call = PLACES[framework]
    shown = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    return imports, call.format(name, shown), repr(rate)
