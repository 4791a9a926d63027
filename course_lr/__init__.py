"""course_lr: a course on the learning rate, and the small package that it runs on.

A rate, a schedule or a controller says how far; an update rule says which way; a problem says how
steep; one training loop drives thousands of such runs at once.
"""

import importlib
from typing import Any

from course_lr.controllers import (
    BoldDriver,
    Controller,
    Decision,
    GradientWatch,
    Hypergradient,
    ReduceOnPlateau,
)
from course_lr.diagnostics import (
    failed,
    gradient_cosine,
    gradient_noise_scale,
    gradient_norm,
    sharpness,
    update_ratio,
)
from course_lr.history import History
from course_lr.problems import (
    MLP,
    Function,
    Problem,
    Quadratic,
    Ravine,
    Ripples,
    Rosenbrock,
    Saddle,
    Wells,
    digits,
    mnist1d,
    wells,
)
from course_lr.recipe import Recipe, recommend
from course_lr.schedules import (
    Constant,
    CosineDecay,
    CosineRestarts,
    ExponentialDecay,
    InverseSqrtDecay,
    InverseTimeDecay,
    Join,
    LinearDecay,
    MultiStepDecay,
    OneCycle,
    PerEpoch,
    PolynomialDecay,
    Scaled,
    Schedule,
    Sinusoidal,
    StepDecay,
    Triangular,
    Warmup,
    WarmupStableDecay,
)
from course_lr.search import (
    Halving,
    RangeTest,
    Search,
    grid_search,
    log_uniform,
    random_search,
    range_test,
    successive_halving,
)
from course_lr.training import Run, begin, train
from course_lr.updates import SGD, AdaGrad, Adam, AdamW, Momentum, RMSProp, Update

__version__ = "0.1.0"

_TEACHING = {
    "exercise": "course_lr.teaching.exercises",
    "explore": "course_lr.teaching.explorers",
    "frames": "course_lr.teaching.explorers",
    "playground": "course_lr.teaching.workbench",
    "progress": "course_lr.teaching.exercises",
    "show": "course_lr.teaching.figures",
    "verdict": "course_lr.teaching.verdicts",
    "watch": "course_lr.interop.watching",
}
"""Names that are loaded when first used: what they need is not paid for at import."""


def __getattr__(name: str) -> Any:
    if name in _TEACHING:
        return getattr(importlib.import_module(_TEACHING[name]), name)
    raise AttributeError(f"module 'course_lr' has no attribute {name!r}")


def _exported() -> list[str]:
    """Everything that is imported above from the package's own modules, and what is loaded late."""
    own = (
        n for n, each in globals().items() if "course_lr." in str(getattr(each, "__module__", 0))
    )
    return sorted({*own, *_TEACHING})


__all__ = _exported()
