"""Makes the reference values of the schedules from the libraries themselves.

    python tools/reference_schedules.py > tests/data/schedules.json
    python tools/reference_schedules.py --library optax --every 7

Each record holds the library and its version, the name and arguments of its schedule, our schedule
for the same curve (``to_dict``), the steps, the library's rates at these steps in float64, and the
relative tolerance. Steps beyond a library's own end are left out where it does not hold its last
value (PyTorch's and Transformers' cosines rise again; OneCycleLR raises an error).
"""

import argparse
import contextlib
import importlib.metadata
import itertools
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

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
    Schedule,
    Sinusoidal,
    StepDecay,
    Triangular,
    Warmup,
    WarmupStableDecay,
)

FAR = (10**6, 2**30)
RTOL = 1e-10


@dataclass
class Reference:
    """One curve of one library, computed when :meth:`record` is called."""

    name: str
    ours: Schedule
    steps: list[int]
    rates: Callable[[list[int]], list[float]]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def record(self, library: str) -> dict[str, Any]:
        """The reference as it is stored."""
        return {
            "library": library,
            "version": importlib.metadata.version(library),
            "name": self.name,
            "kwargs": self.kwargs,
            "ours": self.ours.to_dict(),
            "steps": self.steps,
            "values": [float(rate) for rate in self.rates(self.steps)],
            "rtol": RTOL,
        }


def around(*marks: int, end: int | None = None, far: tuple[int, ...] = ()) -> list[int]:
    """The steps worth comparing: the first, those beside the marks, some between; up to ``end``."""
    steps = {0, 1, 2, 3, *far}
    for mark in marks:
        steps |= {mark - 1, mark, mark + 1, mark // 2, mark // 3, (2 * mark) // 3, mark + 7}
    return sorted(t for t in steps if t >= 0 and (end is None or t <= end))


# --------------------------------------------------------------------------------------- PyTorch


def torch_rates(make: Callable, lr: float, steps: list[int], epoch: int = 1) -> list[float]:
    """The rate before each update; the scheduler moves on after every ``epoch`` updates."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr)
    scheduler, rates = make(optimizer), []
    for t in range(max(steps) + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (t + 1) % epoch == 0 and t < max(steps):
            scheduler.step()
    return [rates[t] for t in steps]


def by_torch(
    name: str, ours: Schedule, steps: list[int], lr: float = 0.1, epoch: int = 1, **kwargs
) -> Reference:
    """A scheduler of ``torch.optim.lr_scheduler`` called with ``kwargs``."""

    def make(optimizer):
        from torch.optim import lr_scheduler

        return getattr(lr_scheduler, name)(optimizer, **kwargs)

    shown = {"lr": lr, **kwargs} | ({"updates per scheduler step": epoch} if epoch > 1 else {})
    return Reference(name, ours, steps, lambda s: torch_rates(make, lr, s, epoch), shown)


def by_lambda(formula: str, ours: Schedule, steps: list[int], lr: float = 0.1) -> Reference:
    """PyTorch's LambdaLR with a factor written out as text."""

    def make(optimizer):
        from torch.optim import lr_scheduler

        factor = eval(f"lambda t: {formula}", {"math": math, "min": min})
        return lr_scheduler.LambdaLR(optimizer, factor)

    shown = {"lr": lr, "lr_lambda": formula}
    return Reference("LambdaLR", ours, steps, lambda s: torch_rates(make, lr, s), shown)


def by_sequence(
    stages: list[tuple[str, dict]], milestones: list[int], ours: Schedule, steps: list[int]
) -> Reference:
    """PyTorch's SequentialLR of the named schedulers."""

    def make(optimizer):
        from torch.optim import lr_scheduler as s

        parts = [getattr(s, name)(optimizer, **kwargs) for name, kwargs in stages]
        return s.SequentialLR(optimizer, parts, milestones)

    shown = {"lr": 0.1, "schedulers": stages, "milestones": milestones}
    return Reference("SequentialLR", ours, steps, lambda s: torch_rates(make, 0.1, s), shown)


def torch_drops() -> Iterator[Reference]:
    """StepLR, MultiStepLR, ExponentialLR, ConstantLR."""
    for every, gamma in itertools.product((1, 7, 30), (0.1, 0.5, 1.0)):
        ours = StepDecay(0.1, gamma=gamma, every=every)
        steps = around(every, 2 * every, 5 * every, end=300)
        yield by_torch("StepLR", ours, steps, step_size=every, gamma=gamma)
    yield by_torch("StepLR", StepDecay(3.0), around(30, 600), lr=3.0, step_size=30)
    for milestones in ([30, 80], [0], [0, 10], [5, 5, 9], [], [1, 2, 3]):
        for gamma in (0.1, 0.7, 1.0):
            ours = MultiStepDecay(0.1, milestones, gamma)
            steps = around(*milestones, far=(500,))
            yield by_torch("MultiStepLR", ours, steps, milestones=milestones, gamma=gamma)
    for gamma in (0.1, 0.9, 0.999, 1.0):
        ours, steps = ExponentialDecay(0.1, gamma), around(10, 100, end=150)
        yield by_torch("ExponentialLR", ours, steps, gamma=gamma)
    for factor, n in itertools.product((0.25, 1.0), (1, 5)):
        ours = Join(((Constant(0.1 * factor), n), Constant(0.1)))
        yield by_torch("ConstantLR", ours, around(n, 200), factor=factor, total_iters=n)


def torch_ramps() -> Iterator[Reference]:
    """LinearLR up and down, PolynomialLR, CosineAnnealingLR up to its end."""
    for start, n in itertools.product((1.0, 1 / 3, 1e-3), (1, 5, 100)):
        ours = Warmup(Constant(0.1), steps=n, start=start)
        steps = around(n, 300)
        yield by_torch("LinearLR", ours, steps, start_factor=start, total_iters=n)
    for end, n in itertools.product((0.0, 0.1), (1, 10, 100)):
        ours, steps = LinearDecay(0.1, n, eta_end=0.1 * end), around(n, 200)
        kwargs = {"start_factor": 1.0, "end_factor": end, "total_iters": n}
        yield by_torch("LinearLR", ours, steps, **kwargs)
    for power, n in itertools.product((0.5, 1.0, 2.0, 3.0), (1, 10, 100)):
        ours, steps = PolynomialDecay(0.1, n, power), around(n, 200)
        yield by_torch("PolynomialLR", ours, steps, total_iters=n, power=power)
    for end, n in itertools.product((0.0, 0.01), (1, 10, 100, 501)):
        ours, steps = CosineDecay(0.1, n, end), around(n, end=n)
        yield by_torch("CosineAnnealingLR", ours, steps, T_max=n, eta_min=end)
    for end, n in itertools.product((0.0, 0.01), (1, 12, 50)):
        yield torch_half_period_later(end, n)


def torch_half_period_later(end: float, n: int) -> Reference:
    """CosineAnnealingLR begins at the top; seen from its first low it is a Sinusoidal."""

    def make(optimizer):
        from torch.optim import lr_scheduler

        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=n, eta_min=end)

    def rates(steps):
        return torch_rates(make, 0.1, [t + n for t in steps])

    shown = {"lr": 0.1, "T_max": n, "eta_min": end, "seen from step": n}
    steps = around(n, 2 * n, 3 * n, 4 * n, end=6 * n)
    return Reference("CosineAnnealingLR", Sinusoidal(end, 0.1, n), steps, rates, shown)


def torch_cycles() -> Iterator[Reference]:
    """CosineAnnealingWarmRestarts and CyclicLR."""
    for period, mult, end in [(1, 1, 0.0), (10, 1, 0.0), (10, 1, 0.02), (5, 2, 0.0), (5, 2, 0.02)]:
        ours, steps = CosineRestarts(0.1, period, mult, end), around(period, 35, 75, 155, 400)
        kwargs = {"T_0": period, "T_mult": mult, "eta_min": end}
        yield by_torch("CosineAnnealingWarmRestarts", ours, steps, **kwargs)
    for period, mult, marks in [(1, 2, (3, 7, 1023)), (1, 3, (40, 121, 364, 1093)), (2, 4, (682,))]:
        ours, steps = CosineRestarts(0.1, period, mult), around(period, *marks)
        yield by_torch("CosineAnnealingWarmRestarts", ours, steps, T_0=period, T_mult=mult)
    modes = {"triangular": "constant", "triangular2": "halving", "exp_range": "exponential"}
    for (mode, envelope), half in itertools.product(modes.items(), (1, 4, 25)):
        gamma = 0.99 if mode == "exp_range" else 1.0
        ours = Triangular(0.01, 0.1, half, envelope, gamma)
        steps = around(half, 2 * half, 3 * half, 4 * half, 20 * half)
        kwargs = {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": half, "mode": mode}
        yield by_torch("CyclicLR", ours, steps, gamma=gamma, cycle_momentum=False, **kwargs)
    ours = Triangular(0.0, 3.0, 10, "exponential", 1.0)
    kwargs = {"base_lr": 0.0, "max_lr": 3.0, "step_size_up": 10, "mode": "exp_range"}
    yield by_torch("CyclicLR", ours, around(10, 40), cycle_momentum=False, **kwargs)


def torch_far() -> Iterator[Reference]:
    """The cycles at steps too far to walk to, by asking PyTorch's object for one step directly."""

    def restart(steps, **kwargs):
        return torch_asked("CosineAnnealingWarmRestarts", steps, lambda s, t: s.step(t), **kwargs)

    def jump(scheduler, t):
        scheduler.last_epoch = t - 1
        scheduler.step()

    def cyclic(steps, **kwargs):
        return torch_asked("CyclicLR", steps, jump, **kwargs)

    steps = [5, *FAR, 10**9 + 7]
    for period, mult in ((10, 1), (10, 2), (7, 3)):
        kwargs = {"T_0": period, "T_mult": mult}
        yield Reference("CosineAnnealingWarmRestarts", CosineRestarts(0.1, period, mult), steps,
                        partial(restart, **kwargs), kwargs)  # fmt: skip
    kwargs = {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "cycle_momentum": False}
    yield Reference("CyclicLR", Triangular(0.01, 0.1, 4), [5, *FAR, 10**6 + 3],
                    partial(cyclic, **kwargs), kwargs)  # fmt: skip


def torch_asked(name: str, steps: list[int], ask: Callable, **kwargs) -> list[float]:
    """The rates of a fresh scheduler after ``ask(scheduler, step)``."""
    import torch

    rates = []
    for t in steps:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        ask(getattr(torch.optim.lr_scheduler, name)(optimizer, **kwargs), t)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def torch_one_cycle() -> Iterator[Reference]:
    """OneCycleLR wherever it is defined and reaches its peak, up to its last step."""
    for n, warm in itertools.product((2, 7, 10, 20, 40, 100, 1000), (0.1, 0.3, 0.5, 0.77, 1.0)):
        if warm * n <= 1 or abs(warm * n - round(warm * n)) > 1e-9:
            continue
        for ours_anneal, anneal in (("cosine", "cos"), ("linear", "linear")):
            ours = OneCycle(0.1, n, warm, anneal=ours_anneal)
            steps = around(int(warm * n), n - 1, end=n - 1)
            kwargs = {"max_lr": 0.1, "total_steps": n, "pct_start": warm}
            yield by_torch(
                "OneCycleLR", ours, steps, anneal_strategy=anneal, cycle_momentum=False, **kwargs
            )
    for start_div, end_div in ((1.0, 1.0), (10.0, 100.0), (2.0, 0.5)):
        ours = OneCycle(3.0, 50, start_div=start_div, end_div=end_div)
        kwargs = {"max_lr": 3.0, "total_steps": 50, "div_factor": start_div}
        yield by_torch(
            "OneCycleLR", ours, around(15, 49, end=49), final_div_factor=end_div,
            cycle_momentum=False, **kwargs,
        )  # fmt: skip


def torch_compositions() -> Iterator[Reference]:
    """SequentialLR, LambdaLR, and a scheduler that moves once an epoch."""
    up = {"start_factor": 0.1, "total_iters": 10}
    steps = around(10, 60, end=110)
    after = [
        ("CosineAnnealingLR", {"T_max": 100}, CosineDecay(0.1, 100)),
        ("ExponentialLR", {"gamma": 0.97}, ExponentialDecay(0.1, 0.97)),
        ("StepLR", {"step_size": 20, "gamma": 0.5}, StepDecay(0.1, 0.5, 20)),
        ("PolynomialLR", {"total_iters": 100, "power": 2.0}, PolynomialDecay(0.1, 100, 2.0)),
    ]
    for name, kwargs, ours in after:
        stages = [("LinearLR", up), (name, kwargs)]
        yield by_sequence(stages, [10], Warmup(ours, 10, start=0.1), steps)
    three = [("StepLR", {"step_size": 4, "gamma": 0.5}), ("ExponentialLR", {"gamma": 0.9})]
    parts = ((StepDecay(0.1, 0.5, 4), 13), (ExponentialDecay(0.1, 0.9), 20), Constant(0.1))
    stages = [*three, ("StepLR", {"step_size": 4, "gamma": 1.0})]
    yield by_sequence(stages, [13, 33], Join(parts), around(13, 33, 99))
    for every, updates in ((1, 5), (3, 8), (2, 1)):
        ours = PerEpoch(StepDecay(0.1, 0.5, every), updates)
        steps = around(updates, every * updates, 4 * every * updates)
        yield by_torch("StepLR", ours, steps, epoch=updates, step_size=every, gamma=0.5)
    milestones = [2, 5]
    ours = PerEpoch(MultiStepDecay(0.1, milestones), 8)
    yield by_torch("MultiStepLR", ours, around(16, 40), epoch=8, milestones=milestones)
    ours = PerEpoch(CosineDecay(0.1, 10), 8)
    yield by_torch("CosineAnnealingLR", ours, around(8, 40, 80, end=87), epoch=8, T_max=10)


def torch_lambdas() -> Iterator[Reference]:
    """What PyTorch has no class for, as a LambdaLR."""
    for rate in (0.0, 0.01, 1.0):
        ours = InverseTimeDecay(0.1, rate)
        yield by_lambda(f"1 / (1 + {rate} * t)", ours, around(10, 1000))
    for offset in (1, 100):
        ours = InverseSqrtDecay(0.1, offset)
        yield by_lambda(f"math.sqrt({offset} / (t + {offset}))", ours, around(offset, 1000))
    wave = "(0.5 - 0.5 * math.cos(math.pi * t / 20))"
    for envelope, height in (("constant", "1"), ("halving", "0.5 ** (t // 40)")):
        ours = Sinusoidal(0.01, 0.1, 20, envelope)
        yield by_lambda(f"0.1 + 0.9 * {wave} * {height}", ours, around(20, 40, 80, 400))
    ours = Sinusoidal(0.01, 0.1, 20, "exponential", 0.99)
    yield by_lambda(f"0.1 + 0.9 * {wave} * 0.99 ** t", ours, around(20, 40, 80, 400))
    half = "(0.5 - 0.5 * math.cos(math.pi * min(t, 30) / 30))"
    ours = Warmup(Constant(0.1), 30, start=0.2, shape="cosine")
    yield by_lambda(f"0.2 + 0.8 * {half}", ours, around(30, 100))
    for start, n in ((0.01, 30), (0.5, 1), (1.0, 10)):
        ours = Warmup(Constant(0.1), n, start=start, shape="exponential")
        yield by_lambda(f"{start} ** (1 - min(t, {n}) / {n})", ours, around(n, 100))


def pytorch() -> Iterator[Reference]:
    """All of PyTorch's."""
    yield from torch_drops()
    yield from torch_ramps()
    yield from torch_cycles()
    yield from torch_far()
    yield from torch_one_cycle()
    yield from torch_compositions()
    yield from torch_lambdas()


# ----------------------------------------------------------------------------------------- Optax


def double_precision():
    """JAX in float64 while the block runs."""
    import jax

    return jax.enable_x64(True)


def by_optax(name: str, ours: Schedule, steps: list[int], **kwargs) -> Reference:
    """A schedule of Optax called with ``kwargs``."""

    def rates(steps):
        import jax.numpy as jnp
        import optax

        with double_precision():
            made = getattr(optax, name)(**kwargs)
            return [float(made(jnp.asarray(t))) for t in steps]

    return Reference(name, ours, steps, rates, kwargs)


def by_optax_join(
    stages: list[tuple[str, dict]], boundaries: list[int], ours: Schedule, steps: list[int]
) -> Reference:
    """Optax's join_schedules of the named ones."""

    def rates(steps):
        import jax.numpy as jnp
        import optax

        with double_precision():
            parts = [getattr(optax, name)(**kwargs) for name, kwargs in stages]
            return optax.join_schedules(parts, boundaries)(jnp.asarray(steps)).tolist()

    shown = {"schedules": stages, "boundaries": boundaries}
    return Reference("join_schedules", ours, steps, rates, shown)


def optax_decays() -> Iterator[Reference]:
    """Constant, polynomial, linear, exponential, cosine, piecewise constant."""
    yield by_optax("constant_schedule", Constant(0.1), around(10, far=FAR), value=0.1)
    for n, power, end in itertools.product((1, 20), (0.5, 1.0, 3.0), (0.0, 0.02)):
        ours, steps = PolynomialDecay(0.1, n, power, end), around(n, far=FAR)
        kwargs = {"init_value": 0.1, "end_value": end, "power": power, "transition_steps": n}
        yield by_optax("polynomial_schedule", ours, steps, **kwargs)
    ours = Join(((Constant(0.1), 9), PolynomialDecay(0.1, 20, 2.0)))
    kwargs = {"init_value": 0.1, "end_value": 0.0, "power": 2.0, "transition_steps": 20}
    yield by_optax("polynomial_schedule", ours, around(9, 29), transition_begin=9, **kwargs)
    for n, end in ((1, 0.0), (40, 0.0), (40, 0.3)):
        ours, steps = LinearDecay(0.1, n, end), around(n, far=FAR)
        kwargs = {"init_value": 0.1, "end_value": end, "transition_steps": n}
        yield by_optax("linear_schedule", ours, steps, **kwargs)
    for n, end in itertools.product((1, 30, 500), (0.0, 0.02)):
        ours, steps = CosineDecay(0.1, n, end), around(n, far=FAR)
        yield by_optax("cosine_decay_schedule", ours, steps, init_value=0.1, decay_steps=n,
                       alpha=end / 0.1)  # fmt: skip
    ours, kwargs = 2 * CosineDecay(0.1, 30, 0.01), {"init_value": 0.2, "decay_steps": 30}
    yield by_optax("cosine_decay_schedule", ours, around(30, far=FAR), alpha=0.1, **kwargs)
    yield by_optax("constant_schedule", 0 * Constant(0.1), around(10, far=FAR), value=0.0)
    for n, gamma in itertools.product((1, 30), (0.5, 1.0)):
        ours, steps = StepDecay(0.1, gamma, n), around(n, 5 * n, far=(2**30,))
        kwargs = {"init_value": 0.1, "transition_steps": n, "decay_rate": gamma}
        yield by_optax("exponential_decay", ours, steps, staircase=True, **kwargs)
    for gamma in (0.1, 0.999, 1.0):
        ours, steps = ExponentialDecay(0.1, gamma), around(30, 100, far=(2**30,))
        kwargs = {"init_value": 0.1, "transition_steps": 1, "decay_rate": gamma}
        yield by_optax("exponential_decay", ours, steps, **kwargs)
    for milestones in ([10, 25], [1], []):
        ours, steps = MultiStepDecay(0.1, milestones, 0.2), around(*milestones, far=FAR)
        scales = {m: 0.2 for m in milestones}
        kwargs = {"init_value": 0.1, "boundaries_and_scales": scales}
        yield by_optax("piecewise_constant_schedule", ours, steps, **kwargs)


def optax_warmups() -> Iterator[Reference]:
    """Warm-ups from ``start`` of the peak, and one that is exponential."""
    for n, start in itertools.product((1, 12), (0.0, 0.25)):
        ours, steps = Warmup(Constant(0.4), n, start), around(n, far=FAR)
        kwargs = {"init_value": 0.4 * start, "peak_value": 0.4, "warmup_steps": n}
        yield by_optax("warmup_constant_schedule", ours, steps, **kwargs)
    for n, start, end in itertools.product((0, 1, 12), (0.0, 0.25), (0.0, 0.04)):
        ours, steps = Warmup(CosineDecay(0.4, 60, end), n, start), around(n, 60, 60 + n, far=FAR)
        kwargs = {"init_value": 0.4 * start, "peak_value": 0.4, "end_value": end}
        yield by_optax("warmup_cosine_decay_schedule", ours, steps, warmup_steps=n,
                       decay_steps=60 + n, **kwargs)  # fmt: skip
    for n, staircase in itertools.product((0, 12), (True, False)):
        after = StepDecay(0.4, 0.5, 10) if staircase else ExponentialDecay(0.4, 0.5**0.1)
        kwargs = {"init_value": 0.1, "peak_value": 0.4, "transition_steps": 10, "decay_rate": 0.5}
        yield by_optax("warmup_exponential_decay_schedule", Warmup(after, n, 0.25), around(n, 80),
                       warmup_steps=n, staircase=staircase, **kwargs)  # fmt: skip
    for n, start in itertools.product((1, 30), (0.01, 0.5)):
        ours = Warmup(Constant(0.1), n, start, shape="exponential")
        kwargs = {"init_value": 0.1 * start, "decay_rate": 1 / start, "end_value": 0.1}
        steps = around(n, 100)
        yield by_optax("exponential_decay", ours, steps, transition_steps=n, **kwargs)


def optax_cycles() -> Iterator[Reference]:
    """Restarts, one-cycle policies (whose peak is one step later than PyTorch's), and joins."""
    for period, mult, end in ((5, 1, 0.0), (5, 2, 0.0), (1, 3, 0.02), (4, 2, 0.02)):
        lengths = [period * mult**n for n in range(5)]
        cycles = [{"init_value": 0.1, "peak_value": 0.1, "warmup_steps": 0, "decay_steps": length,
                   "end_value": end} for length in lengths]  # fmt: skip
        marks = list(itertools.accumulate(lengths))
        ours, steps = CosineRestarts(0.1, period, mult, end), around(*marks, end=marks[-1] - 1)
        yield by_optax("sgdr_schedule", ours, steps, cosine_kwargs=cycles)
    for n, warm in ((10, 0.3), (100, 0.5)):
        up = int(warm * n)
        down = CosineDecay(0.1, n - up, 0.1 / 25 / 1e4)
        ours, steps = Warmup(down, up, start=1 / 25, shape="cosine"), around(up, n, far=FAR)
        kwargs = {"transition_steps": n, "peak_value": 0.1, "pct_start": warm}
        yield by_optax("cosine_onecycle_schedule", ours, steps, **kwargs)
    down = ((LinearDecay(0.1, 55, 0.004), 55), LinearDecay(0.004, 15, 0.004 / 1e4))
    ours, steps = Warmup(Join(down), 30, start=1 / 25), around(30, 85, 100, far=FAR)
    kwargs = {"transition_steps": 100, "peak_value": 0.1}
    yield by_optax("linear_onecycle_schedule", ours, steps, **kwargs)
    yield from optax_joins()


def optax_joins() -> Iterator[Reference]:
    """Warm-up, stable, decay as Optax would join it; and a join of three others."""
    for warmup, stable, decay, end in ((10, 50, 20, 0.0), (0, 5, 1, 0.01), (3, 0, 7, 0.01)):
        stages = [
            ("linear_schedule", {"init_value": 0.0, "end_value": 0.1, "transition_steps": warmup}),
            ("constant_schedule", {"value": 0.1}),
            ("linear_schedule", {"init_value": 0.1, "end_value": end, "transition_steps": decay}),
        ]
        ours = WarmupStableDecay(0.1, warmup, stable, decay, end)
        ends = [warmup, warmup + stable]
        yield by_optax_join(stages, ends, ours, around(*ends, ends[1] + decay, far=FAR))
    stages = [
        ("cosine_decay_schedule", {"init_value": 0.1, "decay_steps": 20}),
        ("exponential_decay", {"init_value": 0.2, "transition_steps": 1, "decay_rate": 0.9}),
        ("constant_schedule", {"value": 0.05}),
    ]
    parts = ((CosineDecay(0.1, 20), 15), (ExponentialDecay(0.2, 0.9), 30), Constant(0.05))
    yield by_optax_join(stages, [15, 45], Join(parts), around(15, 45, far=FAR))
    parts = ((CosineDecay(0.1, 20), 0), (ExponentialDecay(0.2, 0.9), 30), Constant(0.05))
    yield by_optax_join(stages, [0, 30], Join(parts), around(30, far=FAR))


def optax() -> Iterator[Reference]:
    """All of Optax's."""
    yield from optax_decays()
    yield from optax_warmups()
    yield from optax_cycles()


# ----------------------------------------------------------------------------------------- Keras


def by_keras(name: str, ours: Schedule, steps: list[int], **kwargs) -> Reference:
    """A Keras LearningRateSchedule in float64 (JAX as its backend), one step after the other.

    Keras's own ``ops.cos`` rounds to float32 whatever floatx says; JAX's takes its place.
    """

    def rates(steps):
        os.environ["KERAS_BACKEND"] = "jax"
        with double_precision():
            import jax.numpy as jnp
            import keras
            from keras.src.optimizers.schedules import learning_rate_schedule

            keras.config.set_floatx("float64")
            made = getattr(keras.optimizers.schedules, name)(**kwargs)
            with mock.patch.object(learning_rate_schedule.ops, "cos", jnp.cos):
                return [float(made(t)) for t in steps]

    return Reference(name, ours, steps, rates, kwargs)


def keras_cosines() -> Iterator[Reference]:
    """CosineDecay with and without warm-up, CosineDecayRestarts off its restarts.

    Keras finds the growing cycle by a logarithm and misses some restarts (step 243-like ones), so
    for t_mul > 1 the steps at a restart are left out.
    """
    for n, alpha in itertools.product((1, 30), (0.0, 0.2)):
        ours, steps = CosineDecay(0.1, n, 0.1 * alpha), around(n, far=FAR)
        kwargs = {"initial_learning_rate": 0.1, "decay_steps": n, "alpha": alpha}
        yield by_keras("CosineDecay", ours, steps, **kwargs)
    for n, start in itertools.product((1, 12), (0.0, 0.25)):
        ours, steps = Warmup(CosineDecay(0.4, 30, 0.04), n, start), around(n, 30 + n, far=FAR)
        kwargs = {"initial_learning_rate": 0.4 * start, "decay_steps": 30, "alpha": 0.1}
        yield by_keras("CosineDecay", ours, steps, warmup_target=0.4, warmup_steps=n, **kwargs)
    for period, mult, alpha in ((10, 1, 0.0), (10, 1, 0.2), (10, 2, 0.0), (9, 3, 0.2)):
        begins = {0, *itertools.accumulate(period * mult**n for n in range(6))}
        steps = [t for t in around(5, 25, 55, 300) if mult == 1 or t not in begins]
        ours = CosineRestarts(0.1, period, mult, 0.1 * alpha)
        kwargs = {"initial_learning_rate": 0.1, "first_decay_steps": period, "alpha": alpha}
        yield by_keras("CosineDecayRestarts", ours, steps, t_mul=float(mult), **kwargs)


def keras_decays() -> Iterator[Reference]:
    """ExponentialDecay, InverseTimeDecay, PolynomialDecay, PiecewiseConstantDecay."""
    for n, gamma, stairs in itertools.product((1, 10), (0.5, 1.0), (True, False)):
        ours = StepDecay(0.1, gamma, n) if stairs else ExponentialDecay(0.1, gamma ** (1 / n))
        kwargs = {"initial_learning_rate": 0.1, "decay_steps": n, "decay_rate": gamma}
        steps = around(n, 5 * n, far=(10**6,))
        yield by_keras("ExponentialDecay", ours, steps, staircase=stairs, **kwargs)
    for n, rate, stairs in itertools.product((1, 10), (0.5, 2.0), (True, False)):
        ours = PerEpoch(InverseTimeDecay(0.1, rate), n)
        ours = ours if stairs else InverseTimeDecay(0.1, rate / n)
        kwargs = {"initial_learning_rate": 0.1, "decay_steps": n, "decay_rate": rate}
        steps = around(n, 5 * n, far=(10**6,))
        yield by_keras("InverseTimeDecay", ours, steps, staircase=stairs, **kwargs)
    for n, power, end in itertools.product((1, 20), (0.5, 2.0), (0.0, 0.02)):
        ours, steps = PolynomialDecay(0.1, n, power, end), around(n, far=FAR)
        kwargs = {"initial_learning_rate": 0.1, "decay_steps": n, "end_learning_rate": end}
        yield by_keras("PolynomialDecay", ours, steps, power=power, **kwargs)
    for last in ([9, 24], [0], [5]):  # a boundary is the last step of its value, ours the first
        ours = MultiStepDecay(0.1, [boundary + 1 for boundary in last], 0.5)
        values = [0.1 * 0.5**n for n in range(len(last) + 1)]
        kwargs = {"boundaries": last, "values": values}
        yield by_keras("PiecewiseConstantDecay", ours, around(*last, far=FAR), **kwargs)


def keras() -> Iterator[Reference]:
    """All of Keras's."""
    yield from keras_cosines()
    yield from keras_decays()


# ---------------------------------------------------------------------------------- Transformers


def by_transformers(
    name: str, ours: Schedule, steps: list[int], lr: float = 0.1, **kwargs
) -> Reference:
    """A ``get_..._schedule`` of Transformers: a LambdaLR, whose factor is asked directly."""

    def rates(steps):
        import torch
        import transformers

        optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr)
        factor = getattr(transformers, name)(optimizer, **kwargs).lr_lambdas[0]
        return [lr * factor(t) for t in steps]

    return Reference(name, ours, steps, rates, {"lr": lr, **kwargs})


def warmups_of_transformers() -> Iterator[Reference]:
    """Constant, linear, polynomial, cosine, hard restarts, inverse square root after a warm-up."""
    for w in (0, 1, 20):
        kwargs, total = {"num_warmup_steps": w}, w + 80
        held, short = around(w, total, far=FAR), around(w, total, end=total)
        ours = Warmup(Constant(0.1), w)
        yield by_transformers("get_constant_schedule_with_warmup", ours, held, **kwargs)
        for scale in (4, 100):
            ours = Warmup(InverseSqrtDecay(0.1, scale), w)
            yield by_transformers("get_inverse_sqrt_schedule", ours, held, timescale=scale,
                                  **kwargs)  # fmt: skip
        kwargs |= {"num_training_steps": total}
        ours = Warmup(LinearDecay(0.1, 80), w)
        yield by_transformers("get_linear_schedule_with_warmup", ours, held, **kwargs)
        ours = Warmup(CosineDecay(0.1, 80), w)
        yield by_transformers("get_cosine_schedule_with_warmup", ours, short, **kwargs)
        ours = Warmup(CosineDecay(0.1, 80, 0.02), w)
        name = "get_cosine_with_min_lr_schedule_with_warmup"
        yield by_transformers(name, ours, short, min_lr_rate=0.2, **kwargs)
        for power, end in ((1.0, 1e-7), (2.0, 0.01)):
            ours = Warmup(PolynomialDecay(0.1, 80, power, end), w)
            name = "get_polynomial_decay_schedule_with_warmup"
            yield by_transformers(name, ours, held, power=power, lr_end=end, **kwargs)
        for cycles in (1, 4):
            restarts = Warmup(CosineRestarts(0.1, 80 // cycles), w)
            ours = Join(((restarts, total), Constant(0.0)))
            name = "get_cosine_with_hard_restarts_schedule_with_warmup"
            yield by_transformers(name, ours, held, num_cycles=cycles, **kwargs)


def stable_of_transformers() -> Iterator[Reference]:
    """Warm-up, stable, decay in every shape, with phases of length 0, down to a minimum."""
    phases = ((10, 50, 20), (0, 10, 5), (4, 0, 6), (5, 7, 0), (0, 0, 10), (1, 1, 1))
    for (w, s, d), shape in itertools.product(phases, ("linear", "cosine", "1-sqrt")):
        kwargs = {"num_warmup_steps": w, "num_stable_steps": s, "num_decay_steps": d}
        ours, steps = WarmupStableDecay(0.1, w, s, d, shape=shape), around(w, w + s, w + s + d)
        yield by_transformers("get_wsd_schedule", ours, steps, decay_type=shape, **kwargs)
        least = WarmupStableDecay(0.1, 0, s, d, eta_end=0.02, shape=shape)
        for warm in ("linear", "cosine"):
            ours = Warmup(least, w, start=0.2, shape=warm)
            yield by_transformers("get_wsd_schedule", ours, steps, decay_type=shape,
                                  warmup_type=warm, min_lr_ratio=0.2, **kwargs)  # fmt: skip


def transformers() -> Iterator[Reference]:
    """All of Transformers'."""
    ours = Constant(0.1)
    yield by_transformers("get_constant_schedule", ours, around(10, far=FAR))
    yield from warmups_of_transformers()
    yield from stable_of_transformers()


LIBRARIES = {"torch": pytorch, "optax": optax, "keras": keras, "transformers": transformers}


def records(library: str, every: int = 1) -> Iterator[dict[str, Any]]:
    """Every ``every``-th record of one library, computed now."""
    for reference in itertools.islice(LIBRARIES[library](), 0, None, every):
        yield reference.record(library)


def main() -> None:
    """Print the records as a JSON list, one a line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", choices=LIBRARIES, action="append")
    parser.add_argument("--every", type=int, default=1)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = []
    with contextlib.redirect_stdout(sys.stderr):
        for library in chosen.library or LIBRARIES:
            for record in records(library, chosen.every):
                lines.append(json.dumps(record, separators=(",", ":"), allow_nan=False))
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
