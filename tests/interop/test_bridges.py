"""The same schedule in PyTorch, Keras and Optax: equal at every step, alive and as pasted text."""

import json
import os
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lr as c
from course_lr.interop import (
    as_code,
    from_optax,
    from_torch,
    keras_schedule,
    to_keras,
    to_optax,
    to_torch,
)
from course_lr.interop.native import native
from tests.schedules.cases import CASES, schedules

os.environ.setdefault("KERAS_BACKEND", "jax")
some = settings(max_examples=3, deadline=None, derandomize=True, database=None)
every_kind = pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
EDGES = [
    c.Constant(0.0),
    c.StepDecay(0.1, gamma=1.0, every=1),
    c.MultiStepDecay(0.1, [0, 3, 9, 9], gamma=0.5),
    c.MultiStepDecay(0.1, []),
    c.ExponentialDecay(0.1, 0.9999),
    c.InverseTimeDecay(0.1, 0.0),
    c.PolynomialDecay(0.1, steps=1),
    c.LinearDecay(0.0, steps=10, eta_end=0.1),
    c.CosineDecay(0.0, steps=7),
    c.CosineDecay(0.1, steps=1, eta_end=0.2),
    c.CosineRestarts(0.1, period=1, period_mult=3),
    c.CosineRestarts(0.1, period=1),
    c.Triangular(0.1, 0.1, half_cycle=1),
    c.Triangular(0.01, 0.1, half_cycle=3, envelope="halving"),
    c.Sinusoidal(0.0, 0.1, half_cycle=1, envelope="exponential", gamma=0.999),
    c.OneCycle(0.1, steps=1),
    c.OneCycle(0.1, steps=25, warm_fraction=1.0),
    c.WarmupStableDecay(0.1, 0, 0, 0),
    c.Warmup(c.Warmup(c.CosineDecay(0.1, 40), 5), 5, start=1.0),
    c.Warmup(c.Constant(0.1), 0),
    c.Join(((c.Constant(0.1), 0), (c.PerEpoch(c.StepDecay(0.2, every=2), 3), 11), c.Constant(0.3))),
    0.0 * c.CosineDecay(0.1, 5),
]


def steps_of(schedule):
    """The first 400 steps and the end of twice the length: of one shape, so compiled once."""
    last = 2 * min(schedule.length, 10**6)
    return np.append(np.arange(400), [last - 1, last])


def assert_narrow(rates, schedule, steps):
    """Within a millionth of the peak, what float32 allows; its numbers end near 1e-38."""
    expected = schedule(steps)
    allowed = max(1e-6 * expected.max(), np.finfo(np.float32).tiny)
    assert np.abs(np.asarray(rates, np.float64) - expected).max() <= allowed


def assert_wide(rates, schedule, first=0):
    """Equal but for roundings; below 1e-300 numbers lose digits."""
    expected = schedule(np.arange(first, first + len(rates)))
    assert np.allclose(rates, expected, rtol=1e-10, atol=1e-300)


def ran(text, **names):
    """The names that a pasted text defines."""
    exec(compile(text, "<pasted>", "exec"), names)
    return names


def optimizer_of(*rates, **options):
    torch = pytest.importorskip("torch")
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=rates[0], **options)


def stepped(optimizer, scheduler, steps):
    """The rates of each group before each of ``steps`` updates, ``(steps, groups)``, or of one."""
    rates = []
    for _ in range(steps):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return np.squeeze(rates)


# --- every schedule, and every framework ----------------------------------------------------------


def check_torch(schedule):
    torch = pytest.importorskip("torch")
    optimizer = optimizer_of(0.3)
    pasted = ran(as_code(schedule, "torch"), model=torch.nn.Linear(1, 1))
    for pair in (
        (optimizer, to_torch(schedule)(optimizer)),
        (pasted["optimizer"], pasted["scheduler"]),
    ):
        assert_wide(stepped(*pair, min(2 * schedule.length, 600) + 1), schedule)


def check_optax(schedule):
    pytest.importorskip("optax")
    import jax

    steps = steps_of(schedule)
    for rate in (to_optax(schedule), ran(as_code(schedule, "optax"))["schedule"]):
        assert_narrow(jax.jit(jax.vmap(rate))(steps.astype(np.int32)), schedule, steps)
    with jax.enable_x64(True):
        rates = np.asarray(jax.vmap(to_optax(schedule))(steps))
    expected = schedule(steps)
    assert np.allclose(rates, expected, rtol=1e-10, atol=max(1e-13 * expected.max(), 1e-300))


def check_keras(schedule):
    keras = pytest.importorskip("keras")
    steps = steps_of(schedule)
    tensor = keras.ops.convert_to_tensor(steps.astype(np.int32))
    assert_narrow(keras.ops.convert_to_numpy(to_keras(schedule)(tensor)), schedule, steps)
    pasted = ran(as_code(schedule, "keras"))["schedule"]
    if native(schedule, "keras"):  # Keras's own take one step at a time
        few = steps[:: 1 + len(steps) // 20]
        assert_narrow([float(pasted(keras.ops.cast(t, "int32"))) for t in few], schedule, few)
    else:
        assert_narrow(keras.ops.convert_to_numpy(pasted(tensor)), schedule, steps)


CHECKS = {"torch": check_torch, "keras": check_keras, "optax": check_optax}


@pytest.mark.parametrize("framework", CHECKS)
@every_kind
@some
@given(data=st.data())
def test_alive_and_as_text_a_schedule_has_our_rates(framework, kind, data):
    CHECKS[framework](data.draw(schedules(kind)))


@pytest.mark.parametrize("framework", CHECKS)
@pytest.mark.parametrize("schedule", EDGES, ids=repr)
def test_at_the_edges_too(framework, schedule):
    CHECKS[framework](schedule)


def alone(text, monkeypatch, **modules):
    """What a pasted text defines where of these modules only those given can be imported."""
    for name in ("torch", "jax", "jax.numpy", "optax", "course_lr"):
        monkeypatch.setitem(sys.modules, name, modules.get(name))
    return ran(text)


@every_kind
@some
@given(data=st.data())
def test_without_this_package_the_text_has_the_same_bits(kind, data):
    """The formulas alone, where neither the framework nor course_lr can be imported."""
    schedule = data.draw(schedules(kind))
    steps, nothing = steps_of(schedule), SimpleNamespace()
    with pytest.MonkeyPatch.context() as patch:
        if native(schedule, "torch") is None:
            text = as_code(schedule, "torch").partition("# LambdaLR")[0]
            eta = alone(text, patch, torch=nothing)["eta"]
            assert np.array_equal(np.broadcast_to(eta(steps), steps.shape), schedule(steps))
        if native(schedule, "optax") is None:
            text = as_code(schedule, "optax").partition("\noptimizer")[0]
            modules = {"jax": SimpleNamespace(numpy=np), "jax.numpy": np, "optax": nothing}
            rate = alone(text, patch, **modules)["schedule"]
            assert np.allclose(rate(steps), schedule(steps), rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("framework", CHECKS)
def test_the_text_is_short_lines_of_python_that_name_no_package_of_ours(framework):
    for schedule in [*EDGES, c.OneCycle(0.1, 30)]:
        text = as_code(schedule, framework)
        assert "import course_lr" not in text and "from course_lr" not in text
        assert max(map(len, text.split("def ")[0].splitlines())) < 200
        compile(text, "<pasted>", "exec")


def test_a_formula_of_ones_own_is_written_with_what_it_calls():
    class Falling(c.Schedule):
        eta: float = 0.1

        @staticmethod
        def curve(xp, t):
            return slower(xp, t)

    text = as_code(2 * Falling(), "torch")
    assert "return 2.0 * rate_1(t)" in text and "def slower(t):\n    return 1 / (1 + t)" in text
    assert ran(text.replace("import torch", "").partition("# LambdaLR")[0])["eta"](1) == 1.0


def slower(xp, t):
    return 1 / (1 + t)


def test_a_class_of_the_framework_is_named_where_it_agrees():
    assert "StepLR(optimizer, step_size=30" in as_code(c.StepDecay(0.1), "torch")
    assert "optax.cosine_decay_schedule(" in as_code(c.CosineDecay(0.1, 9), "optax")
    assert "schedules.InverseTimeDecay(" in as_code(c.InverseTimeDecay(0.1, 0.5), "keras")
    text = as_code(c.CosineDecay(0.1, 9), "torch")
    assert "no class of the framework" in text and text.count("CosineAnnealingLR") == 1
    assert "# (up to step 9 CosineAnnealingLR(" in text


def test_what_cannot_be_written_is_refused():
    one = c.Constant(0.1)
    for arguments, message in (
        ((one, "jax"), "framework"),
        ((c.Constant([0.1, 0.2]), "torch"), "schedule of one run"),
        ((one, "torch", "adam"), "update"),
        ((one, "torch", c.Momentum([0.1, 0.9])), "update"),
        ((one, "optax", c.Momentum(0.9, dampening=0.5)), "no dampening"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            as_code(*arguments)


@pytest.mark.parametrize("bridge", [to_optax, to_keras])
def test_one_model_takes_one_run(bridge):
    pytest.importorskip({to_optax: "jax", to_keras: "keras"}[bridge])
    for schedule, message in (
        (c.Constant([0.1, 0.2]), "schedule of one run"),
        (0.1, "schedule must be"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            bridge(schedule)


# --- PyTorch --------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [0.1, 0.3])
def test_a_saved_training_goes_on_whatever_rate_it_was_saved_with(again, tmp_path):
    torch = pytest.importorskip("torch")
    schedule = c.Warmup(c.CosineDecay(0.1, 40), 10)
    first = optimizer_of(0.3, momentum=0.9)
    scheduler = to_torch(schedule)(first)
    stepped(first, scheduler, 17)
    torch.save([first.state_dict(), scheduler.state_dict()], tmp_path / "state.pt")
    second = optimizer_of(again, momentum=0.9)
    followed = to_torch(schedule)(second)
    states = torch.load(tmp_path / "state.pt", weights_only=True)
    second.load_state_dict(states[0])
    followed.load_state_dict(states[1])
    assert_wide(stepped(second, followed, 40), schedule, first=17)
    late = to_torch(schedule)(second)  # made after the optimizer's state was loaded
    assert_wide(stepped(second, late, 40), schedule)


def test_a_rate_that_was_set_by_hand_scales_nothing():
    schedule, optimizer = c.CosineDecay(0.1, 9), optimizer_of(0.3)
    optimizer.param_groups[0]["lr"] = 0.6
    assert_wide(stepped(optimizer, to_torch(schedule)(optimizer), 20), schedule)


def test_the_class_that_is_named_for_a_cosine_agrees_until_its_end():
    torch = pytest.importorskip("torch")
    schedule, optimizer = c.CosineDecay(0.1, 40, eta_end=0.01), optimizer_of(0.1)
    assert "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)" in as_code(schedule, "torch")
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)
    assert_wide(stepped(optimizer, cosine, 41), schedule)
    assert optimizer.param_groups[0]["lr"] > 0.01  # at step 41 it rises


def test_groups_keep_their_ratio_and_take_a_run_each():
    schedule, optimizer = c.CosineDecay(0.1, 40), optimizer_of(0.5, 0.05)
    rates = stepped(optimizer, to_torch(schedule)(optimizer), 41)
    assert_wide(rates[:, 0], schedule)
    assert_wide(rates[:, 1], 0.1 * schedule)
    several, optimizer = c.ExponentialDecay([0.1, 0.2], gamma=[0.9, 0.99]), optimizer_of(1.0, 3.0)
    assert_wide(stepped(optimizer, to_torch(several)(optimizer), 20), several)


def test_what_torch_cannot_take_is_refused():
    pytest.importorskip("torch")
    for schedule, optimizer, message in (
        (c.Constant(0.1), 3, "optimizer must be a torch.optim.Optimizer, got 3"),
        (c.Constant(0.1), optimizer_of(0.0), "must be > 0"),
        (c.Constant([0.1, 0.2]), optimizer_of(0.1), "2 runs needs as many parameter groups"),
        (0.1, None, "schedule"),
        (c.GradientWatch(0.1), None, "a controller answers to its training"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            to_torch(schedule)(optimizer)


# --- Optax and Keras ------------------------------------------------------------------------------


@pytest.mark.parametrize("framework", ["optax", "keras"])
@pytest.mark.parametrize("power", [0.1, 0.5, 1.0, 1.5, 2.0])
def test_a_text_that_is_jitted_as_in_a_training_reaches_the_end(framework, power):
    jax = pytest.importorskip("jax")
    if framework == "keras" and pytest.importorskip("keras").config.backend() != "jax":
        pytest.skip("Keras computes with another backend here")
    schedule = c.PolynomialDecay(0.1, 49, power=power)
    pasted = ran(as_code(schedule, framework))["schedule"]
    jitted = jax.jit(lambda step: 1.0 * pasted(step))
    steps = np.array([0, 1, 25, 48, 49, 50, 59, 100])
    assert_narrow([float(jitted(np.int32(step))) for step in steps], schedule, steps)


def test_an_optax_training_uses_the_rates():
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    schedule = c.Warmup(c.Constant(0.1), 4)
    optimizer = optax.sgd(to_optax(schedule))
    w, state, update = np.zeros(1), optimizer.init(np.zeros(1)), jax.jit(optimizer.update)
    for _ in range(6):
        change, state = update(np.ones(1), state)
        w = w + change
    assert np.isclose(float(w[0]), -schedule(np.arange(6)).sum(), rtol=1e-5)


def test_a_keras_schedule_survives_serialising():
    keras = pytest.importorskip("keras")
    schedule = c.Warmup(c.CosineRestarts(0.1, 7, 2), 3, 0.1, "exponential")
    packed = json.loads(json.dumps(keras.saving.serialize_keras_object(to_keras(schedule))))
    again = keras.saving.deserialize_keras_object(packed)
    assert isinstance(again, keras_schedule()) and again.schedule == schedule
    optimizer = keras.optimizers.Adam(to_keras(schedule))
    same = keras.optimizers.Adam.from_config(optimizer.get_config())
    assert np.isclose(float(same.learning_rate), schedule(0), rtol=1e-6)


def test_a_backend_that_is_missing_is_named():
    pytest.importorskip("keras")
    code = "import sys; sys.modules['tensorflow'] = None; from course_lr import interop, Constant\n"
    code += "interop.to_keras(Constant(0.1))"
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert "to_keras needs Keras, which does not start here: " in run.stderr
    assert "set KERAS_BACKEND to torch or jax" in run.stderr


# --- read a framework's own -----------------------------------------------------------------------


def test_reading_a_torch_scheduler_leaves_it_as_it_was():
    torch = pytest.importorskip("torch")
    kinds, pairs = torch.optim.lr_scheduler, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            optimizer = optimizer_of(0.1, 0.2, momentum=0.9)
            parts = [kinds.LinearLR(optimizer, 0.1, total_iters=5), kinds.StepLR(optimizer, 7)]
            pairs.append((optimizer, kinds.SequentialLR(optimizer, parts, milestones=[5])))
            stepped(*pairs[-1], 3)
        curve = from_torch(pairs[0][1], 30)
        assert curve.shape == (30, 2) and np.allclose(curve[:, 1], 2 * curve[:, 0])
        after, expected = stepped(*pairs[0], 30), stepped(*pairs[1], 30)
    assert np.array_equal(after, expected) and np.array_equal(curve, expected)


def test_reading_says_what_cannot_be_read():
    torch = pytest.importorskip("torch")
    kinds, optimizer = torch.optim.lr_scheduler, optimizer_of(0.1)
    one = kinds.OneCycleLR(optimizer, 0.1, total_steps=10, cycle_momentum=False)
    assert from_torch(one, 10).shape == (10,)
    for scheduler, steps, message in (
        (kinds.ReduceLROnPlateau(optimizer), 5, "needs no metric"),
        (one, 20, "ends before step 1"),
        (one, 0, "steps"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            from_torch(scheduler, steps)


def test_reading_an_optax_schedule():
    optax = pytest.importorskip("optax")
    rates = from_optax(optax.cosine_decay_schedule(0.1, 20), 30)
    assert rates.shape == (30,) and np.allclose(rates, c.CosineDecay(0.1, 20)(np.arange(30)))
    assert np.allclose(from_optax(optax.constant_schedule(0.5), 3), 0.5)
    with pytest.raises(TypeError, match="function of the step"):
        from_optax(0.1, 3)
