"""A schedule as source text for another framework, to be pasted: no dependency on this package.

Where the framework has the schedule and agrees at every step, its own class is named. Elsewhere the
text holds the source of the package's formula and of what that calls, so that there is no second
version of it that could drift.
"""

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable

from course_lr import checks
from course_lr.interop.live import one_run
from course_lr.interop.modules import ArrayModule
from course_lr.interop.native import native
from course_lr.interop.optimizers import optimizer
from course_lr.schedules import CosineDecay, Join, PerEpoch, Scaled, Schedule, Warmup
from course_lr.updates import SGD, Update

PASTED = "# no class of the framework gives these rates at every step; here they are computed"
COSINE = """
# (up to step {schedule.steps} CosineAnnealingLR(optimizer, T_max={schedule.steps}, \
eta_min={schedule.eta_end}) does;
# after it that rises again, and this stays)"""
STEPPED = "# after each optimizer.step(): scheduler.step()"
TEXTS = {
    "torch": """import numpy as np
import torch

xp = np


{functions}


def eta(step):
    return {name}(np.asarray(step))


# LambdaLR multiplies the rate of the optimizer, so that is 1
{optimizer}
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: float(eta(step)))
# after each optimizer.step(): scheduler.step()""",
    "keras": """import math
from numbers import Real

import keras
import numpy as np
from keras import ops


{array_module}

xp = ArrayModule(ops, asarray=ops.convert_to_tensor, iinfo=lambda dtype: np.iinfo(np.int32))


{functions}


class Eta(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return ops.cast({name}(ops.cast(step, "int32")), "float32")

    def get_config(self):
        return {{}}


schedule = Eta()
{optimizer}""",
    "optax": """import math
from numbers import Real

import jax.numpy as jnp
import numpy as np
import optax


{array_module}

xp = ArrayModule(jnp)


{functions}


def schedule(step):
    return {name}(jnp.asarray(step))


{optimizer}""",
}
"""The text of a schedule that the framework lacks; formulas name the framework's arrays ``xp``."""


def as_code(schedule: Schedule, framework: str, update: Update = SGD()) -> str:
    """The schedule, and an update rule with its settings, as text for another framework.

    Args:
        schedule: a schedule without arrays over runs.
        framework: ``"torch"``, ``"keras"`` or ``"optax"``.
        update: the rule; its settings are written out, since each framework has other defaults.

    Raises:
        TypeError, ValueError: no schedule or rule, one of several runs, an unknown framework.

    >>> from course_lr import StepDecay
    >>> print(as_code(StepDecay(0.1, gamma=0.5, every=30), "torch"))
    # StepDecay(0.1, gamma=0.5), by course_lr
    import torch
    <BLANKLINE>
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.5)
    # after each optimizer.step(): scheduler.step()
    """
    schedule = one_run(schedule)
    checks.one_of("framework", framework, tuple(TEXTS))
    if not isinstance(update, Update) or update.runs is not None:
        checks.refuse("update", update, "an update rule without arrays over runs", TypeError)
    lines = [f"# {schedule!r}, by course_lr"]
    if twin := native(schedule, framework):
        imports, call, rate = twin
        if framework == "torch":
            lines += [imports, "", optimizer(update, framework, rate), call, STEPPED]
        else:
            lines += [imports, "", call, optimizer(update, framework, "schedule")]
    else:
        nearly = framework == "torch" and type(schedule) is CosineDecay
        note = COSINE.format(schedule=schedule) if nearly else ""
        lines += [PASTED + note, _pasted(schedule, framework, update)]
    return "\n".join(lines)


def _pasted(schedule: Schedule, framework: str, update: Update) -> str:
    functions = Functions()
    name = functions.rate(schedule)
    rate = "1.0" if framework == "torch" else "schedule"
    return TEXTS[framework].format(
        array_module=inspect.getsource(ArrayModule),
        functions="\n\n\n".join(functions.sources.values()),
        name=name,
        optimizer=optimizer(update, framework, rate),
    )


class Functions:
    """The functions that a schedule's rate is computed by, each after those that it calls.

    Attributes:
        sources: the text of each function, by its name.
    """

    def __init__(self):
        self.sources: dict[str, str] = {}

    def rate(self, schedule: Schedule) -> str:
        """Add a function of the step ``t``, with the parameters written in; returns its name."""
        body = textwrap.indent("\n".join(self._body(schedule)), "    ")
        name = f"rate_{sum(name.startswith('rate_') for name in self.sources) + 1}"
        self.sources[name] = f"def {name}(t):  # {schedule!r}\n{body}"
        return name

    def _body(self, schedule: Schedule) -> list[str]:
        match schedule:
            case Scaled(scale=scale):
                return [f"return {scale!r} * {self.rate(schedule.schedule)}(t)"]
            case PerEpoch(steps_per_epoch=steps):
                return [f"return {self.rate(schedule.schedule)}(t // {steps})"]
            case Warmup(after=after, steps=steps, start=start, shape=shape):
                self._paste(Warmup.ramp, "ramp")
                factor = f'ramp(t, {steps}, {start!r}, "{shape}")'
                return [f"return {factor} * {self.rate(after)}(xp.maximum(t - {steps}, 0))"]
            case Join():
                return self._joined(schedule)
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(schedule).__name__).lower()
        self._paste(type(schedule).curve, name)
        values = {f.name: getattr(schedule, f.name) for f in dataclasses.fields(schedule)}
        arguments = ", ".join(f"{key}={value!r}" for key, value in values.items())
        return [f"return {name}(t, {arguments})".replace("'", '"')]

    def _joined(self, schedule: Join) -> list[str]:
        """One part after another, from the last, which never ends, to the first."""
        begins = [0]
        for _, steps in schedule.parts[:-1]:
            begins.append(begins[-1] + steps)
        parts = [*(part for part, _ in schedule.parts[:-1]), schedule.parts[-1]]
        rates = [
            f"{self.rate(part)}(xp.maximum(t - {begin}, 0))" for part, begin in zip(parts, begins)
        ]
        lines = [f"rate = {rates[-1]}"]
        for rate, end in reversed(list(zip(rates, begins[1:]))):
            lines.append(f"rate = xp.where(t < {end}, {rate}, rate)")
        return [*lines, "return rate"]

    def _paste(self, function: Callable, name: str) -> None:
        """Add the source of a function of ``xp`` and of those that it calls.

        ``xp`` is a global name in the text; of a docstring the first line comes along.
        """
        for called in function.__code__.co_names:
            if inspect.isfunction(function.__globals__.get(called)):
                self._paste(function.__globals__[called], called)
        arguments = ", ".join(list(inspect.signature(function).parameters)[1:])
        source = textwrap.dedent(inspect.getsource(function)).replace("(xp, ", "(")
        source = re.sub(r".*?:\n", f"def {name}({arguments}):\n", source, count=1, flags=re.S)
        source = re.sub(r'"""(.*)(\n(?s:.*))?"""', r'"""\1"""', source, count=1)
        self.sources.setdefault(name, source.strip())
