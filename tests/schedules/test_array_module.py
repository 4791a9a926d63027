"""The formulas are written once: over ``jax.numpy`` they give the same rates, traced and jitted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lr.schedules import (
    CosineDecay,
    CosineRestarts,
    Join,
    MultiStepDecay,
    OneCycle,
    PerEpoch,
    Sinusoidal,
    Warmup,
    WarmupStableDecay,
)
from tests.schedules.cases import CASES, law, schedules

jax = pytest.importorskip("jax")


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
@law
@given(data=st.data())
def test_the_formula_runs_over_jax(kind, data):
    eta = data.draw(schedules(kind))
    steps = np.array([0, 1, 2, 5, 30, 121, 364, 10**6])
    with jax.enable_x64(True):
        rates = eta.at(jax.numpy.asarray(steps), xp=jax.numpy)
    assert np.allclose(np.broadcast_to(rates, steps.shape), eta(steps), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize(
    "eta",
    [
        CosineRestarts(0.1, period=1, period_mult=3),
        CosineRestarts(0.1, period=7),
        Warmup(2 * CosineDecay(0.1, 500), 50, 0.1, "exponential"),
        Join(((MultiStepDecay(0.1, [30, 80]), 100), Sinusoidal(0.0, 0.1, 16, "halving"))),
        PerEpoch(OneCycle(0.1, 100), 3),
        WarmupStableDecay(0.1, 10, 100, 30, shape="1-sqrt"),
    ],
    ids=repr,
)
def test_the_formula_can_be_compiled(eta, wide):
    with jax.enable_x64(wide):
        rate = jax.jit(lambda t: eta.at(t, xp=jax.numpy))
        compiled = [float(rate(jax.numpy.asarray(t))) for t in (0, 40, 121, 364, 999)]
    assert np.allclose(compiled, eta([0, 40, 121, 364, 999]), rtol=1e-10 if wide else 1e-4)
