"""The range test on a PyTorch model: the same ladder, readings and picture as in chapter 05."""

import contextlib
import copy
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lr import checks
from course_lr.interop.modules import needed
from course_lr.interop.watching import trained_layers
from course_lr.search.ramp import RangeTest, exponential_ramp, smoothed

if TYPE_CHECKING:
    import torch


def range_test(
    model: "torch.nn.Module",
    loss: Callable,
    data: Iterable,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    *,
    optimizer: "torch.optim.Optimizer | None" = None,
    smooth: int | None = None,
) -> RangeTest:
    """Train the model a little while the rate climbs, read the loss, and put everything back.

    Weights, buffers, gradients, the optimizer's state, the random generators of torch, numpy and
    Python, and every module's training mode are afterwards as they were, also after an exception.
    What the data keep is theirs: a DataLoader with a generator of its own has moved on.

    Args:
        model: trained in training mode.
        loss: ``loss(model(inputs), targets) -> scalar tensor``.
        data: pairs (inputs, targets), such as a DataLoader; begun again when it ends.
        low, high: both ends of the ladder, 0 < low < high.
        steps: updates, >= 2. What is read depends on it.
        optimizer: whose rule is used, all groups at one rate; by default SGD on all parameters.
        smooth: how many losses on either side are averaged with each, >= 0; by default a
            thirtieth of the steps.

    Raises:
        TypeError: no model, no function, no pairs, an optimizer whose step needs a closure.
        ValueError: bounds or steps that make no ladder; data without a batch; nothing of the model
            that is trained.
        ImportError: PyTorch is not installed.

    Source: Smith 2017, section 3.3.

    >>> import torch
    >>> model, inputs = torch.nn.Linear(2, 1), torch.eye(2)
    >>> data = [(inputs, inputs.sum(1, keepdim=True))]
    >>> found = range_test(model, torch.nn.functional.mse_loss, data, low=1e-3, high=10, steps=50)
    >>> 1e-3 < found.best < found.readings["minimum"] < 10
    True
    """
    torch = needed("torch", "PyTorch", "range_test")
    if not isinstance(model, torch.nn.Module):
        checks.refuse("model", model, "a torch.nn.Module", TypeError)
    if not callable(loss) or isinstance(loss, type):
        checks.refuse("loss", loss, "a function of the model's output and the targets", TypeError)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        checks.refuse("model", model, "a model with parameters to train (is it the loss?)")
    if optimizer is not None:
        trained_layers(torch, model, optimizer)
    if isinstance(optimizer, torch.optim.LBFGS):
        accepted = "one whose step() needs no closure, unlike LBFGS"
        checks.refuse("optimizer", type(optimizer).__name__, accepted, TypeError)
    eta = exponential_ramp(low, high, steps)
    rates = eta(np.arange(steps))
    smooth = steps // 30 if smooth is None else checks.whole("smooth", smooth)
    rule = torch.optim.SGD(model.parameters(), lr=low) if optimizer is None else optimizer
    with untouched(torch, model, rule):
        losses = climbed(model.train(), loss, batches(data), rates, rule)
    level, *means = smoothed(losses, smooth)
    spent = int(np.isfinite(losses[:-1]).sum())
    return RangeTest(rates, losses[1:], np.array(means), float(level), spent)


def climbed(model, loss, pairs: Iterator, rates: np.ndarray, rule: Any) -> np.ndarray:
    """The loss before each update and after the last, ``(steps + 1,)``; inf once it is lost."""
    losses = np.full(len(rates) + 1, np.inf)
    for step in range(len(rates) + 1):
        inputs, targets = next(pairs)
        value = loss(model(inputs), targets)
        if getattr(value, "ndim", None) != 0:
            checks.refuse("loss(model(inputs), targets)", value, "one number, as a tensor")
        losses[step] = float(value.detach())
        if not np.isfinite(losses[step]):
            losses[step] = np.inf
            break
        if step < len(rates):
            for group in rule.param_groups:
                group["lr"] = float(rates[step])
            rule.zero_grad()
            value.backward()
            rule.step()
    return losses


def batches(data: Iterable) -> Iterator[tuple[Any, Any]]:
    """The pairs of ``data`` again and again.

    >>> list(itertools.islice(batches([(1, 2), (3, 4)]), 3))
    [(1, 2), (3, 4), (1, 2)]
    """
    if not isinstance(data, Iterable):
        checks.refuse("data", data, "pairs (inputs, targets), such as a DataLoader", TypeError)
    for _ in itertools.count():
        empty = True
        for pair in data:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                checks.refuse("a batch of data", pair, "a pair (inputs, targets)", TypeError)
            empty = False
            yield tuple(pair)
        if empty:
            again = "a list or a DataLoader can be begun again, an iterator that is used up can't"
            raise ValueError(f"data gave no batch: {again}")


@contextlib.contextmanager
def untouched(torch, model, optimizer):
    """Within the block anything may be trained; afterwards everything is as it was before."""
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    # a loss may hold parameters too, such as those of a head
    parameters = list({id(p): p for p in [*model.parameters(), *trained]}.values())
    tensors = [(t, t.detach().clone()) for t in [*parameters, *model.buffers()]]
    gradients = [(p, None if p.grad is None else p.grad.clone()) for p in parameters]
    modules = [(m, m.training, dict(m._buffers)) for m in model.modules()]
    settings = copy.deepcopy(optimizer.state_dict())
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    generators = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in tensors:
                tensor.copy_(value)
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for module, mode, buffers in modules:
            module.training = mode
            module._buffers.update(buffers)  # forward may have put new tensors in their place
        optimizer.load_state_dict(settings)
        torch.set_rng_state(generators[0])
        np.random.set_state(generators[1])
        random.setstate(generators[2])
        if cuda:
            torch.cuda.set_rng_state_all(cuda)
