"""``ReduceOnPlateau`` beside PyTorch's own, on losses that hypothesis finds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lr import ReduceOnPlateau
from tests.test_controllers import observed

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
    """PyTorch's rate after each loss, by default without its ``eps``."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=eta)
    arguments = {"min_lr": eta_min, "eps": 0} | options
    rule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **arguments)
    rates = []
    for loss in sequence:
        rule.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@settings(max_examples=400, deadline=None, derandomize=True)
@given(losses, arguments, st.sampled_from([0.0, 1e-3, 0.3, 0.7]))
def test_the_rates_are_pytorchs_to_the_last_bit(sequence, options, eta_min):
    rates, _ = observed(ReduceOnPlateau(0.7, eta_min=eta_min, **options), sequence)
    assert rates == torch_rates(0.7, eta_min, sequence, options)


def test_what_is_different_on_purpose():
    """Negative losses, and the cuts below 1e-8 that PyTorch drops."""
    worse, options = [-1.0, -0.95, -0.9], {"factor": 0.5, "patience": 0, "threshold": 0.1}
    assert torch_rates(1.0, 0.0, worse, options) == [1.0, 1.0, 1.0]
    assert observed(ReduceOnPlateau(1.0, **options), worse)[0] == [1.0, 0.5, 0.25]
    assert torch_rates(1e-8, 0.0, [1.0, 1.0], {"patience": 0, "eps": 1e-8}) == [1e-8, 1e-8]
    assert observed(ReduceOnPlateau(1e-8, patience=0), [1.0, 1.0])[0] == [1e-8, 1e-9]
