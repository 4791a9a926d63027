"""Values, edges and forms of single schedules that a person would look up."""

import itertools

import numpy as np
import pytest

from course_lr import schedules
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
    Sinusoidal,
    StepDecay,
    Triangular,
    Warmup,
    WarmupStableDecay,
)

ETA = Constant(0.1)


@pytest.mark.parametrize(
    "eta, values",
    [
        (StepDecay(0.8, gamma=0.5, every=1), [0.8, 0.4, 0.2, 0.1]),
        (MultiStepDecay(0.8, [0, 2, 2], gamma=0.5), [0.4, 0.4, 0.1, 0.1]),
        (MultiStepDecay(0.8, [], gamma=0.5), [0.8, 0.8, 0.8, 0.8]),
        (LinearDecay(0.8, steps=1), [0.8, 0.0, 0.0, 0.0]),
        (CosineDecay(0.8, steps=1, eta_end=0.1), [0.8, 0.1, 0.1, 0.1]),
        (PolynomialDecay(0.8, steps=2, power=2.0), [0.8, 0.2, 0.0, 0.0]),
        (CosineRestarts(0.8, period=1), [0.8, 0.8, 0.8, 0.8]),
        (CosineRestarts(0.8, period=1, period_mult=2), [0.8, 0.8, 0.4, 0.8]),
        (Triangular(0.0, 0.8, half_cycle=1), [0.0, 0.8, 0.0, 0.8]),
        (Triangular(0.0, 0.8, 1, "halving"), [0.0, 0.8, 0.0, 0.4]),
        (Triangular(0.0, 0.8, 1, "exponential", 0.5), [0.0, 0.4, 0.0, 0.1]),
        (Sinusoidal(0.0, 0.8, half_cycle=2), [0.0, 0.4, 0.8, 0.4]),
        (Warmup(ETA, steps=0), [0.1, 0.1, 0.1, 0.1]),
        (Warmup(LinearDecay(0.8, 2), steps=1), [0.0, 0.8, 0.4, 0.0]),
        (WarmupStableDecay(0.8, 1, 1, 2), [0.0, 0.8, 0.8, 0.4]),
        (WarmupStableDecay(0.8, 0, 0, 0, eta_end=0.1), [0.1, 0.1, 0.1, 0.1]),
        (WarmupStableDecay(0.8, 2, 1, 0, eta_end=0.1), [0.0, 0.4, 0.8, 0.1]),
        (Join((ETA,)), [0.1, 0.1, 0.1, 0.1]),
        (Join(((ETA, 0), (Constant(0.2), 1), (ETA, 0), LinearDecay(0.8, 2))), [0.2, 0.8, 0.4, 0.0]),
        (PerEpoch(LinearDecay(0.8, steps=1), steps_per_epoch=2), [0.8, 0.8, 0.0, 0.0]),
        (2 * PerEpoch(ExponentialDecay(0.4, 0.5), 1), [0.8, 0.4, 0.2, 0.1]),
        (OneCycle(0.8, 1), [0.8, 0.8 / 25e4, 0.8 / 25e4, 0.8 / 25e4]),
        (OneCycle(0.8, 2, end_div=1), [0.8, 0.032, 0.032, 0.032]),
        (OneCycle(0.8, 2, warm_fraction=1, end_div=2), [0.032, 0.8, 0.016, 0.016]),
        (OneCycle(0.8, 3, warm_fraction=0, anneal="linear", end_div=1), [0.8, 0.416, 0.032, 0.032]),
    ],
    ids=repr,
)
def test_first_four_values(eta, values):
    assert np.allclose(eta(np.arange(4)), values, rtol=1e-14, atol=0)


def test_one_cycle_is_finite_and_ends_and_peaks():
    cases = itertools.product((1, 2, 3, 4, 10, 31), (0, 0.01, 0.3, 1), ("cosine", "linear"))
    for steps, warm, anneal in cases:
        rates = OneCycle(0.5, steps, warm, anneal=anneal)(np.arange(steps + 3))
        assert rates.max() == 0.5 and set(rates[steps:]) == {0.5 / 25 / 1e4}
        assert warm == 1 or steps == 1 or rates[steps - 1] == rates[steps]


def test_halving_is_exact_after_a_million_cycles():
    eta = Triangular(0.1, 0.2, half_cycle=5, envelope="halving")
    assert eta(10**7 + 5) == 0.1 and eta(5) == 0.2


@pytest.mark.parametrize(
    "eta, text",
    [
        (CosineDecay(np.float32(0.5), np.int8(5), 0.0), "CosineDecay(0.5, steps=5)"),
        (CosineDecay(0.1, 500.0, 0.01), "CosineDecay(0.1, steps=500, eta_end=0.01)"),
        (StepDecay([0.1, 1], every=[2, 3]), "StepDecay((0.1, 1.0), every=(2, 3))"),
        (MultiStepDecay(1, np.array([3, 9])), "MultiStepDecay(1.0, milestones=(3, 9))"),
        (3 * ([1, 2] * ETA), "3.0 * ((1.0, 2.0) * Constant(0.1))"),
        (3 * (ETA * np.float32(2)), "3.0 * (2.0 * Constant(0.1))"),
        (np.array([1, 2]) * ETA, "(1.0, 2.0) * Constant(0.1)"),
        (2 * Warmup(3 * ETA, 5), "2.0 * Warmup(3.0 * Constant(0.1), steps=5)"),
        (Join([[ETA, 3], ETA]), "Join(((Constant(0.1), 3), Constant(0.1)))"),
    ],
)
def test_prints_as_the_call_that_makes_it(eta, text):
    assert repr(eta) == text and eval(text, vars(schedules)) == eta


def test_scaling_scales_by_numbers_and_over_runs():
    decay = LinearDecay(0.1, steps=4)
    assert isinstance(2 * decay, Scaled) and 2 * decay == decay * 2
    assert np.array_equal((2 * decay)([0, 1]), 2 * decay([0, 1]))
    assert np.array_equal(([1, 3] * decay)([0, 1]), np.outer(decay([0, 1]), [1, 3]))


def test_equal_only_to_the_same_schedule_with_the_same_values():
    assert Triangular(0.1, 1, 5) == Triangular(0.1, 1, 5) != Sinusoidal(0.1, 1, 5)
    decay = CosineDecay(0.1, 5)
    assert decay != CosineDecay(0.1, 6) and decay != CosineDecay([0.1], 5)
    assert len({decay, CosineDecay(0.1, 5.0), CosineDecay(np.array(0.1), 5)}) == 1


def test_the_callers_array_is_copied_and_the_result_is_writable():
    rates = np.array([0.1, 0.2])
    eta = CosineDecay(rates, steps=5)
    rates[:] = 9
    result = eta(0)
    result *= 0
    assert eta(0).tolist() == [0.1, 0.2]
    assert Constant(np.array([0.1, 1], dtype=object)).eta == (0.1, 1.0)
    with pytest.raises(AttributeError):
        eta.eta = 3


@pytest.mark.parametrize(
    "eta, length",
    [
        (CosineDecay([0.1, 0.2], steps=[5, 9]), 9),
        (Constant(0.1), 100),
        (StepDecay(0.1, every=30), 150),
        (MultiStepDecay(0.1, []), 150),
        (MultiStepDecay(0.1, [0]), 1),
        (ExponentialDecay(0.1, gamma=[0.2, 0.01]), 3),
        (ExponentialDecay(0.1, gamma=1), 100),
        (InverseTimeDecay(0.1, rate=0), 100),
        (InverseTimeDecay(0.1, rate=0.5), 18),
        (WarmupStableDecay(0.1, [1, 2], 3, 4), 9),
        (WarmupStableDecay(0.1, 0, 0, 0), 1),
        (2 * Warmup(CosineDecay(0.1, 50), 10), 60),
        (Join(((ETA, 5), (ETA, 6), CosineDecay(0.1, 50))), 61),
        (PerEpoch(CosineDecay(0.1, 50), 20), 1000),
        (InverseSqrtDecay(0.1), 24),
        (InverseSqrtDecay(0.1, offset=10), 240),
        (InverseSqrtDecay(0.1, offset=1e308), 2**53),
        (InverseTimeDecay(0.1, rate=1e-308), 100),
        (PerEpoch(CosineDecay(0.1, 2**53), 2**53), 2**53),
    ],
)
def test_the_length_that_is_drawn(eta, length):
    assert eta.length == length
    assert "<polyline" in eta._repr_html_()
