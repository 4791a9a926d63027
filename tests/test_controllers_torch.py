"""``ReduceOnPlateau`` beside PyTorch's own, on losses that hypothesis finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lr import Quadratic, ReduceOnPlateau, train

torch = pytest.importorskip("torch")

losses = st.lists(
    st.one_of(
        st.sampled_from([1.0, 0.5, 0.999, 0.99, 0.9, 1e-3, 2.0]),
        st.floats(min_value=1e-30, max_value=1e30),
    ),
    min_size=1,
    max_size=60,
)
arguments = st.fixed_dictionaries(
    {
        "factor": st.sampled_from([0.1, 0.3, 0.5, 0.9, 0.999]),
        "patience": st.integers(0, 4),
        "threshold": st.sampled_from([0.0, 1e-4, 0.01, 0.3, 0.9]),
        "threshold_mode": st.sampled_from(["rel", "abs"]),
        "cooldown": st.integers(0, 4),
    }
)


def torch_rates(eta, eta_min, sequence, options):
    """PyTorch's rate after each loss, without its ``eps``."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=eta)
    rule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=eta_min, eps=0, **options)
    rates = []
    for loss in sequence:
        rule.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@settings(max_examples=400, deadline=None, derandomize=True)
@given(losses, arguments, st.sampled_from([0.0, 1e-3, 0.3, 0.7]))
def test_the_rates_are_pytorchs_to_the_last_bit(sequence, options, eta_min):
    rule = ReduceOnPlateau(0.7, eta_min=eta_min, **options)
    state, rates = rule.start(1), []
    for loss in sequence:
        rule.observe(np.array([loss]), state)
        rates.append(state["eta"][0])
    assert rates == torch_rates(0.7, eta_min, sequence, options)


@pytest.mark.parametrize("every", [1, 5])
def test_in_the_loop_as_beside_it(every):
    """A noisy parabola whose loss a PyTorch user would hand to the scheduler."""
    rule = ReduceOnPlateau([0.5, 0.1], [0.5, 0.2], patience=[0, 3], cooldown=[2, 0], every=every)
    history = train(
        Quadratic([1.0], noise=1.0), rule, steps=60 * every, seeds=3, record=("loss", "eta")
    )
    means = history.loss[: 60 * every].reshape(60, every, 2, 3).mean(axis=1)
    for run, seed in np.ndindex(2, 3):
        options = {"factor": [0.5, 0.2][run], "patience": [0, 3][run], "cooldown": [2, 0][run]}
        wanted = torch_rates([0.5, 0.1][run], 0.0, means[:, run, seed].tolist(), options)
        np.testing.assert_allclose(history.eta[every::every, run, seed], wanted[:-1], rtol=1e-15)
        assert wanted[-1] < wanted[0]


def test_what_is_different_on_purpose():
    """Negative losses, and the cuts below 1e-8 that PyTorch drops."""
    falling = [-1.0, -1.2, -1.4, -1.6]
    options = {"factor": 0.5, "patience": 0, "threshold": 0.1}
    rule = ReduceOnPlateau(1.0, **options)
    state = rule.start(1)
    for loss in falling:
        rule.observe(np.array([loss]), state)
    assert state["eta"][0] == 1.0
    assert torch_rates(1.0, 0.0, [-1.0, -0.95, -0.9], options)[-1] == 1.0  # worse, and no cut
    for loss in (-0.95, -0.9):
        rule.observe(np.array([loss]), state)
    assert state["eta"][0] == 0.25
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-8)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    scheduler.step(1.0)
    scheduler.step(1.0)
    assert optimizer.param_groups[0]["lr"] == 1e-8
