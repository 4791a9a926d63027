"""``watch`` sees what plain PyTorch says, changes no bit, and keeps nothing alive."""

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

import course_lr
from course_lr.interop import watching

torch = pytest.importorskip("torch")


def digits_model(dtype=torch.float32, hidden=16):
    torch.manual_seed(3)
    return torch.nn.Sequential(
        torch.nn.Linear(64, hidden, dtype=dtype),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(hidden, 10, dtype=dtype),
    )


OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "Adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "AdamW, fused": lambda p: torch.optim.AdamW(p, lr=1e-3, fused=True),
    "one by one": lambda p: torch.optim.SGD(p, lr=0.1, foreach=False),
    "all at once": lambda p: torch.optim.Adam(p, lr=1e-3, foreach=True),
}


def pair(name="SGD"):
    """A model and the optimizer that trains it."""
    model = digits_model()
    return model, OPTIMIZERS[name](model.parameters())


def train(model, optimizer, steps, *, set_to_none=True, clip=None):
    """A usual loop on random batches; gradients and weights, before and after, of each step."""
    generator, look = torch.Generator().manual_seed(0), []
    criterion, dtype = torch.nn.CrossEntropyLoss(), next(model.parameters()).dtype
    for _ in range(steps):
        x = torch.randn(32, 64, generator=generator).to(dtype)
        y = torch.randint(0, 10, (32,), generator=generator)
        optimizer.zero_grad(set_to_none=set_to_none)
        criterion(model(x), y).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        before = [p.detach().clone() for p in model.parameters()]
        gradients = [p.grad.clone() for p in model.parameters()]
        optimizer.step()
        look.append((gradients, before, [p.detach().clone() for p in model.parameters()]))
    return look


def same_as(look, seen, every=1):
    """Whether ``seen`` holds the norms of what was looked at."""

    def norms(tensors):
        return np.array([float(torch.linalg.vector_norm(t.double())) for t in tensors])

    assert seen.steps == -(-len(look) // every)
    for row, (gradients, before, after) in enumerate(look[::every]):
        changes = [a.double() - b.double() for a, b in zip(after, before)]
        np.testing.assert_allclose(seen.grad_norm[row], norms(gradients), rtol=2e-6)
        np.testing.assert_allclose(seen.weight_norm[row], norms(before), rtol=2e-6)
        ratio = norms(changes) / norms(before)
        np.testing.assert_allclose(seen.update_ratio[row], ratio, rtol=1e-4)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_not_a_bit_changes(name, every):
    (plain, rule), (watched, watched_rule) = pair(name), pair(name)
    torch.manual_seed(7)
    train(plain, rule, 20)
    expected = torch.get_rng_state()
    torch.manual_seed(7)
    with course_lr.watch(watched, watched_rule, every=every) as seen:
        train(watched, watched_rule, 20)
    assert torch.equal(torch.get_rng_state(), expected)
    for a, b in zip(plain.parameters(), watched.parameters()):
        assert torch.equal(a, b) and torch.equal(a.grad, b.grad)
    assert str(rule.state_dict()["state"]) == str(watched_rule.state_dict()["state"])
    assert seen.steps == -(-20 // every)


@pytest.mark.parametrize("rows", [1, 7, 1000])
@pytest.mark.parametrize(("name", "every"), [("SGD", 1), ("Adam", 1), ("SGD", 2), ("Adam", 5)])
def test_norms_and_ratios_are_pytorchs(name, every, rows, monkeypatch):
    """However many steps are put aside before their norms are taken."""
    model, optimizer = pair(name)
    monkeypatch.setattr(watching, "AT_ONCE", rows * sum(p.numel() for p in model.parameters()))
    with course_lr.watch(model, optimizer, every=every) as seen:
        look = train(model, optimizer, 33)
    same_as(look, seen, every)
    assert seen.layers == ("0.weight", "0.bias", "3.weight", "3.bias")
    assert seen.grad_norm.shape == seen.update_ratio.shape == (-(-33 // every), 4)


@pytest.mark.parametrize("every", [1, 4])
def test_reading_on_the_way_changes_nothing(every):
    (model, optimizer), look = pair(), []
    with course_lr.watch(model, optimizer, every=every) as seen:
        for steps in (0, 1, 2, 5, 9):
            look += train(model, optimizer, steps)
            same_as(look, seen, every)
            seen.grad_norm[...] = 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_kinds_of_floats(dtype):
    model, small = digits_model(dtype), dtype == torch.float64
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-9 if small else 0.1)
    with course_lr.watch(model, optimizer, every=1) as seen:
        look = train(model, optimizer, 6)
    same_as(look, seen)
    assert (0 < seen.update_ratio.max() < 1e-8) == small  # updates that are not rounded away


def test_gradients_set_to_zero_instead_of_none_and_clipped():
    model, optimizer = pair()
    with course_lr.watch(model, optimizer, every=1) as seen:
        look = train(model, optimizer, 9, set_to_none=False, clip=0.01)
    same_as(look, seen)
    np.testing.assert_allclose(np.linalg.norm(seen.grad_norm, axis=1), 0.01, rtol=1e-3)


def after_a_step(model, inputs, lr=0.5, steps=1):
    """What is seen while the sum of the outputs falls."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with course_lr.watch(model, optimizer, every=1) as seen:
        for _ in range(steps):
            optimizer.zero_grad()
            model(inputs).sum().backward()
            optimizer.step()
    return seen


def test_a_layer_without_gradient_is_nan_and_one_that_is_frozen_does_not_move():
    model = digits_model()
    model[3].requires_grad_(False)
    seen = after_a_step(model, torch.ones(2, 64))
    assert np.isnan(seen.grad_norm[0]).tolist() == [False, False, True, True]
    assert seen.update_ratio[0, 2] == 0 and seen.update_ratio[0, 0] > 0


def test_weights_that_are_zero_and_a_sparse_gradient():
    model = torch.nn.Linear(2, 1)
    torch.nn.init.zeros_(model.bias)
    ratio = after_a_step(model, torch.ones(1, 2), lr=1.0, steps=2).update_ratio
    assert np.isposinf(ratio[0, 1]) and ratio[1, 1] == 1
    seen = after_a_step(torch.nn.Embedding(5, 3, sparse=True), torch.tensor([1, 1, 4]))
    assert seen.grad_norm[0, 0] == pytest.approx((3 * 2**2 + 3) ** 0.5)


def test_weights_that_lie_elsewhere_all_of_a_sudden():
    """Another tensor in the parameter's place, as when averaged weights are swapped in."""
    model, optimizer = pair()
    with course_lr.watch(model, optimizer, every=3) as seen:
        train(model, optimizer, 4)
        for p in model.parameters():
            p.data = 2 * p.data
        train(model, optimizer, 5)
    assert seen.steps == 3 and seen.weight_norm[2, 0] > 1.5 * seen.weight_norm[1, 0]
    assert seen.update_ratio[2, 0] < 0.5


def test_only_what_the_optimizer_trains_is_watched():
    model = digits_model()
    optimizer = torch.optim.SGD(model[3].parameters(), lr=0.1)
    assert course_lr.watch(model, optimizer).layers == ("3.weight", "3.bias")
    groups = [{"params": model[0].parameters()}, {"params": model[3].parameters(), "lr": 0.2}]
    assert len(course_lr.watch(model, torch.optim.SGD(groups, lr=0.1)).layers) == 4


def test_stopped_it_sees_nothing_more_and_keeps_what_it_saw():
    model, optimizer = pair()
    with course_lr.watch(model, optimizer, every=1) as seen:
        train(model, optimizer, 3)
        assert repr(seen) == "<Watch of 4 layers, 3 steps, watching>"
    kept = seen.update_ratio
    train(model, optimizer, 2)
    seen.stop()
    assert repr(seen) == "<Watch of 4 layers, 3 steps, stopped>"
    np.testing.assert_array_equal(seen.update_ratio, kept)
    assert not optimizer._optimizer_step_post_hooks and not optimizer._optimizer_step_pre_hooks


def test_two_at_once_and_one_after_another():
    model, optimizer = pair()
    with course_lr.watch(model, optimizer, every=1) as outer:
        train(model, optimizer, 2)
        with course_lr.watch(model, optimizer, every=1) as inner:
            train(model, optimizer, 3)
    assert (outer.steps, inner.steps) == (5, 3)
    np.testing.assert_array_equal(outer.grad_norm[2:], inner.grad_norm)


def test_a_step_that_fails_is_not_seen_and_an_exception_ends_the_watch():
    def half_way():
        raise RuntimeError("half-way")

    model, optimizer = pair()
    with pytest.raises(ZeroDivisionError), course_lr.watch(model, optimizer, every=1) as seen:
        look = train(model, optimizer, 2)
        with pytest.raises(RuntimeError, match="half-way"):
            optimizer.step(half_way)
        look += train(model, optimizer, 2)
        raise ZeroDivisionError
    same_as(look, seen)
    assert not optimizer._optimizer_step_post_hooks


@pytest.mark.parametrize("stopped", [True, False])
def test_neither_model_nor_optimizer_is_kept_alive(stopped):
    model, optimizer = pair("momentum")
    seen = course_lr.watch(model, optimizer, every=2)
    train(model, optimizer, 5)
    if stopped:
        seen.stop()
    gone = [weakref.ref(x) for x in (model, optimizer, *model.parameters())]
    del model, optimizer
    gc.collect()
    assert not any(reference() is not None for reference in gone)
    assert seen.steps == 3 and np.isfinite(seen.update_ratio).all()
    seen.stop()


def test_optimizers_that_are_watched_can_be_copied_and_saved():
    model, optimizer = pair("Adam")
    with course_lr.watch(model, optimizer) as seen:
        train(model, optimizer, 2)
        pickle.loads(pickle.dumps(optimizer.state_dict()))
        copy.deepcopy(model)
    assert seen.steps == 1


def test_the_figure_is_that_of_the_signals():
    from course_lr.teaching.figures.curves import smoothed

    model, optimizer = pair()
    with course_lr.watch(model, optimizer, every=2) as seen:
        train(model, optimizer, 60)
    figure = seen.figure(window=5)

    lines = {axes.get_title(): axes.get_lines() for axes in figure.axes}
    assert list(lines) == ["gradient norm", "update / weights"]
    for title, values in zip(lines, (seen.grad_norm, seen.update_ratio)):
        assert tuple(line.get_label() for line in lines[title][:4]) == seen.layers
        for line, column in zip(lines[title], values.T):
            x, y = smoothed(column, 5)
            np.testing.assert_allclose(line.get_xdata(), 2 * x)
            np.testing.assert_allclose(line.get_ydata(), y)
    with pytest.raises(ValueError, match="no step of the optimizer was seen"):
        course_lr.watch(model, optimizer).figure()
    with pytest.raises(ValueError, match="window must be .* >= 1, got 0"):
        seen.figure(window=0)


def test_what_can_not_be_watched_is_refused(monkeypatch):
    model, optimizer = pair()
    for arguments, every, error, message in (
        ((model.parameters(), optimizer), 1, TypeError, "model must be a torch.nn.Module"),
        ((model, 0.1), 1, TypeError, "optimizer must be a torch.optim.Optimizer"),
        ((digits_model(), optimizer), 1, ValueError, "optimizer must be one that trains param"),
        ((model, optimizer), 0, ValueError, "every must be .* >= 1, got 0"),
    ):
        with pytest.raises(error, match=message):
            course_lr.watch(*arguments, every=every)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="^watch needs PyTorch, which .* pip install torch"):
        course_lr.watch(model, optimizer)
