"""One row for each schedule: what its parameters may be. Every law is tested over this table."""

import dataclasses
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

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

law = settings(max_examples=30, deadline=None, derandomize=True, database=None)
"""How often a law is tried: the same examples on every run."""


def numbers(low: float, high: float):
    """Floats between two bounds, both included."""
    return st.floats(low, high, allow_subnormal=False)


RATES = numbers(0.0, 10.0)
POSITIVE = numbers(1e-3, 1e3)
FACTORS = numbers(1e-3, 1.0)
FRACTIONS = numbers(1e-6, 1.0)
LENGTHS = st.integers(1, 200)
PHASES = st.integers(0, 60)
PARTS = st.one_of(
    st.builds(Constant, RATES),
    st.builds(CosineDecay, RATES, steps=LENGTHS, eta_end=RATES),
    st.builds(StepDecay, RATES, gamma=FACTORS, every=LENGTHS),
)
WAVE = dict(
    eta_min=numbers(0.0, 1.0), eta_max=numbers(1.0, 10.0), half_cycle=LENGTHS,
    envelope=st.sampled_from(["constant", "halving", "exponential"]), gamma=FACTORS,
)  # fmt: skip
MILESTONES = st.lists(PHASES, max_size=4).map(sorted).map(tuple)

CASES: dict[type[Schedule], dict[str, Any]] = {
    Constant: dict(eta=RATES),
    StepDecay: dict(eta=RATES, gamma=FACTORS, every=LENGTHS),
    MultiStepDecay: dict(eta=RATES, milestones=MILESTONES, gamma=FACTORS),
    ExponentialDecay: dict(eta=RATES, gamma=FACTORS),
    InverseTimeDecay: dict(eta=RATES, rate=RATES),
    InverseSqrtDecay: dict(eta=RATES, offset=POSITIVE),
    PolynomialDecay: dict(eta=RATES, steps=LENGTHS, power=POSITIVE, eta_end=RATES),
    LinearDecay: dict(eta=RATES, steps=LENGTHS, eta_end=RATES),
    CosineDecay: dict(eta=RATES, steps=LENGTHS, eta_end=RATES),
    CosineRestarts: dict(eta=RATES, period=LENGTHS, period_mult=st.integers(1, 4), eta_end=RATES),
    Triangular: WAVE,
    Sinusoidal: WAVE,
    OneCycle: dict(
        eta_max=RATES, steps=LENGTHS, warm_fraction=numbers(0.0, 1.0), start_div=numbers(1.0, 1e3),
        end_div=numbers(1.0, 1e6), anneal=st.sampled_from(["cosine", "linear"]),
    ),
    WarmupStableDecay: dict(
        eta=RATES, warmup=PHASES, stable=PHASES, decay=PHASES, eta_end=RATES,
        shape=st.sampled_from(["linear", "cosine", "1-sqrt"]),
    ),
    Warmup: dict(
        after=PARTS, steps=PHASES, start=FRACTIONS,
        shape=st.sampled_from(["linear", "cosine", "exponential"]),
    ),
    Join: dict(parts=st.tuples(st.tuples(PARTS, PHASES), st.tuples(PARTS, PHASES), PARTS)),
    PerEpoch: dict(schedule=PARTS, steps_per_epoch=LENGTHS),
    Scaled: dict(scale=RATES, schedule=PARTS),
}  # fmt: skip


def schedules(kind: type[Schedule]):
    """Schedules of one kind with numbers as parameters."""
    return st.builds(kind, **CASES[kind])


@st.composite
def crowds(draw, kind: type[Schedule], runs: int = 3):
    """A schedule with some parameters over runs, and the same runs as schedules of their own."""
    may_vary = [f.name for f in dataclasses.fields(kind) if f.metadata["runs"]]
    varied = draw(st.sets(st.sampled_from(may_vary), min_size=1)) if may_vary else set()
    values = {name: draw(strategy) for name, strategy in CASES[kind].items()}
    for name in sorted(varied):
        values[name] = draw(st.lists(CASES[kind][name], min_size=runs, max_size=runs))
    crowd = kind(**values)
    single = [
        kind(**{n: v[run] if n in varied else v for n, v in values.items()}) for run in range(runs)
    ]
    return crowd, single


def highest(schedule: Schedule) -> float:
    """An upper bound of the rate, read off the parameters."""
    if isinstance(schedule, Warmup):
        return highest(schedule.after)
    if isinstance(schedule, Join):
        return max(highest(schedule.parts[-1]), *(highest(part) for part, _ in schedule.parts[:-1]))
    if isinstance(schedule, (PerEpoch, Scaled)):
        return getattr(schedule, "scale", 1.0) * highest(schedule.schedule)
    return max(value for name, value in vars(schedule).items() if name.startswith("eta"))
