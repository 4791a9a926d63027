"""The range test on a PyTorch model: the same readings as ours, and nothing left changed."""

import copy
import random

import numpy as np
import pytest

import course_lr as c
from course_lr.interop.ramp import batches, range_test
from course_lr.search.ramp import RangeTest

torch = pytest.importorskip("torch")


def model(seed=0):
    """A network with dropout and batch statistics, so that mode, buffers and generators matter."""
    torch.manual_seed(seed)
    parts = (torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.2))
    return torch.nn.Sequential(*parts, torch.nn.Linear(8, 3))


def data(seed=1, count=6):
    draw = torch.Generator().manual_seed(seed)
    inputs = torch.randn(16 * count, 4, generator=draw)
    targets = inputs[:, :3].argmax(dim=1)
    return list(zip(inputs.split(16), targets.split(16)))


LOSS = torch.nn.CrossEntropyLoss()


def state(network, optimizer=None):
    """Everything that a range test must leave alone."""
    values = {name: value.clone() for name, value in network.state_dict().items()}
    values |= {f"grad {n}": p.grad for n, p in network.named_parameters()}
    values |= {f"mode {n}": m.training for n, m in network.named_modules()}
    values["generators"] = [torch.get_rng_state(), np.random.get_state()[1], random.getstate()]
    values["optimizer"] = None if optimizer is None else copy.deepcopy(optimizer.state_dict())
    return values


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(np.array_equal(a, b)) if hasattr(a, "shape") else a == b


@pytest.mark.parametrize("with_optimizer", [False, True])
def test_everything_is_put_back(with_optimizer):
    network = model()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01) if with_optimizer else None
    for inputs, targets in data()[:2]:
        LOSS(network(inputs), targets).backward()
        if optimizer is not None:
            optimizer.step()
    network[0].eval()
    before = state(network, optimizer)
    test = range_test(network, LOSS, data(), 1e-3, 1.0, 30, optimizer=optimizer)
    assert isinstance(test, RangeTest) and same(before, state(network, optimizer))
    assert test.rates[0] == pytest.approx(1e-3) and test.rates[-1] == pytest.approx(1.0)
    assert test.best == test.readings["third"] and len(test.loss) == 30


def test_everything_is_put_back_after_an_exception():
    network = model()
    before, losses = state(network), iter([LOSS] * 7)  # and at the eighth call it stops

    with pytest.raises(RuntimeError, match="no more"):
        range_test(network, lambda o, t: next(losses, stops)(o, t), data(), steps=20)
    assert same(before, state(network))


def stops(output, targets):
    raise RuntimeError("no more")


class Reassigning(torch.nn.Module):
    """A running mean that is a new tensor after each forward pass."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)
        self.register_buffer("mean", torch.zeros(1))

    def forward(self, inputs):
        outputs = self.layer(inputs)
        self.mean = 0.9 * self.mean + 0.1 * outputs.detach().mean().reshape(1)
        return outputs


def test_a_buffer_that_forward_replaces_and_a_head_that_the_loss_holds_are_put_back():
    network = Reassigning()
    before, buffer = state(network), network.mean
    range_test(network, LOSS, data(), steps=10)
    assert same(before, state(network)) and network.mean is buffer
    body, head = model(), torch.nn.Linear(3, 3)
    optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=0.01)
    before = state(body, optimizer), state(head)
    range_test(body, lambda out, y: LOSS(head(out), y), data(), steps=10, optimizer=optimizer)
    assert same(before, (state(body, optimizer), state(head)))


def test_what_cannot_test_this_model_is_refused():
    network, frozen, pairs = model(), model().requires_grad_(False), data()
    before, adam = state(network), torch.optim.Adam
    mean, one_by_one = torch.nn.CrossEntropyLoss, torch.nn.CrossEntropyLoss(reduction="none")
    lbfgs, stranger = torch.optim.LBFGS(network.parameters()), adam(model().parameters())
    for changes, message in (
        ({"model": 3}, "model must be a torch.nn.Module, got 3"),
        ({"model": LOSS, "loss": network}, "model must be a model with parameters"),
        ({"model": frozen}, "a model with parameters to train"),
        ({"loss": 3}, "loss must be"),
        ({"loss": mean}, "loss must be a function of the model's"),
        ({"loss": one_by_one}, "must be one number"),
        ({"data": 3}, "data must be"),
        ({"data": [3]}, "a batch of data must be"),
        ({"data": []}, "gave no batch"),
        ({"low": 1.0, "high": 0.1}, "low must be"),
        ({"steps": 1}, "steps must be"),
        ({"optimizer": adam}, "optimizer must be a torch.optim.Optimizer"),
        ({"optimizer": stranger}, "optimizer must be one that trains parameters of the model"),
        ({"optimizer": lbfgs}, "needs no closure, unlike LBFGS, got 'LBFGS'"),
    ):
        torch.set_rng_state(before["generators"][0])
        with pytest.raises((TypeError, ValueError), match=message):
            range_test(**{"model": network, "loss": LOSS, "data": pairs} | changes)
        assert same(before, state(network))


def test_it_reads_what_ours_reads():
    """The same bowl, from the same point."""
    network = torch.nn.Linear(2, 1, bias=False).double()
    curvatures, start = torch.tensor([1.0, 20.0], dtype=torch.float64), [[3.0, 1.0]]
    network.weight.data = torch.tensor(start, dtype=torch.float64)

    def bowl(output, target):
        return 0.5 * (curvatures * network.weight**2).sum()

    pair = (torch.ones(1, 2, dtype=torch.float64), torch.ones(1))
    theirs = range_test(network, bowl, [pair], 1e-3, 1.0, 60)
    ours = c.range_test(c.Quadratic([1.0, 20.0]), 1e-3, 1.0, 60, start=start[0])
    assert np.allclose(theirs.loss, ours.loss, rtol=1e-9)
    assert theirs.readings == pytest.approx(ours.readings)


def test_a_lost_model_ends_the_ramp_without_a_warning_and_data_that_end_begin_again():
    test = range_test(model(), lambda o, t: LOSS(o * 1e6, t), data(), 1.0, 1e30, 40)
    assert np.isinf(test.loss).any() and test.evaluations < 40
    pairs = batches(data(count=2))
    first = [next(pairs) for _ in range(4)]
    assert first[0][0] is first[2][0] and first[1][0] is first[3][0]
