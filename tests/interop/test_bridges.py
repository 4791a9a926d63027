"""The same schedule in PyTorch, Keras and Optax: equal at every step, alive and as pasted text."""

import copy
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lr as c
from course_lr.interop.code import DIALECTS, as_code
from course_lr.interop.live import keras_schedule, to_keras, to_optax, to_torch
from course_lr.interop.native import TWINS, native
from tests.schedules.cases import CASES, schedules

os.environ.setdefault("KERAS_BACKEND", "jax")
some = settings(max_examples=6, deadline=None, derandomize=True, database=None)
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
    """Every step from 0 to twice the length (of the first 600 of a long one, and its last)."""
    last = 2 * min(schedule.length, 10**6)
    steps = np.arange(min(last, 600) + 1)
    return np.append(steps, [last - 1, last]) if last > 600 else steps


def assert_narrow(found, schedule, steps):
    """Within a millionth of the peak, what float32 allows; its numbers end near 1e-38."""
    expected = schedule(steps)
    allowed = max(1e-6 * expected.max(), np.finfo(np.float32).tiny)
    assert np.abs(np.asarray(found, np.float64) - expected).max() <= allowed


def ran(text, **names):
    """The names that a pasted text defines."""
    exec(compile(text, "<pasted>", "exec"), names)
    return names


# --- PyTorch --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def optimizer_of(torch, *rates, **options):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=rates[0], **options)


def stepped(optimizer, scheduler, steps):
    """The rates of the first group before each of ``steps`` updates."""
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def assert_torch(rates, schedule):
    expected = schedule(np.arange(len(rates)))
    assert np.allclose(rates, expected, rtol=1e-10, atol=1e-300)  # below it numbers lose digits


@every_kind
@some
@given(data=st.data())
def test_a_torch_scheduler_has_our_rates(torch, kind, data):
    schedule = data.draw(schedules(kind))
    optimizer = optimizer_of(torch, 0.3)
    assert_torch(stepped(optimizer, to_torch(schedule)(optimizer), 130), schedule)


@every_kind
@some
@given(data=st.data())
def test_the_text_for_torch_has_our_rates(torch, kind, data):
    schedule = data.draw(schedules(kind))
    made = ran(as_code(schedule, "torch"), model=torch.nn.Linear(1, 1))
    assert_torch(stepped(made["optimizer"], made["scheduler"], 130), schedule)


@pytest.mark.parametrize("schedule", EDGES, ids=repr)
def test_torch_at_the_edges(torch, schedule):
    steps = min(2 * schedule.length, 600) + 1
    optimizer = optimizer_of(torch, 0.3)
    assert_torch(stepped(optimizer, to_torch(schedule)(optimizer), steps), schedule)
    made = ran(as_code(schedule, "torch"), model=torch.nn.Linear(1, 1))
    assert_torch(stepped(made["optimizer"], made["scheduler"], steps), schedule)


def test_a_state_saved_in_the_middle_goes_on(torch, tmp_path):
    schedule = c.Warmup(c.CosineDecay(0.1, 40), 10)
    first = optimizer_of(torch, 0.3, momentum=0.9)
    scheduler = to_torch(schedule)(first)
    stepped(first, scheduler, 17)
    torch.save([first.state_dict(), scheduler.state_dict()], tmp_path / "state.pt")
    second = optimizer_of(torch, 0.3, momentum=0.9)
    again = to_torch(schedule)(second)
    states = torch.load(tmp_path / "state.pt", weights_only=True)
    second.load_state_dict(states[0])
    again.load_state_dict(states[1])
    assert np.allclose(stepped(second, again, 40), schedule(np.arange(17, 57)), rtol=1e-10, atol=0)


@pytest.mark.parametrize("again", [0.1, 0.3])
def test_a_state_that_another_rate_was_saved_with_scales_nothing(torch, again):
    schedule = c.Warmup(c.CosineDecay(0.1, 90), 10)
    first = optimizer_of(torch, 0.3)
    scheduler = to_torch(schedule)(first)
    stepped(first, scheduler, 30)
    second = optimizer_of(torch, again)
    followed = to_torch(schedule)(second)
    second.load_state_dict(first.state_dict())
    followed.load_state_dict(scheduler.state_dict())
    assert np.allclose(stepped(second, followed, 40), schedule(np.arange(30, 70)), rtol=1e-10)
    late = to_torch(schedule)(second)  # made after the optimizer's state was loaded
    assert np.allclose(stepped(second, late, 40), schedule(np.arange(40)), rtol=1e-10)


def test_a_rate_that_was_set_by_hand_scales_nothing(torch):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    optimizer.param_groups[0]["lr"] = 0.6
    assert_torch(
        stepped(optimizer, to_torch(c.CosineDecay(0.1, 9))(optimizer), 20), c.CosineDecay(0.1, 9)
    )


def test_the_class_that_is_named_for_a_cosine_agrees_until_its_end(torch):
    schedule = c.CosineDecay(0.1, 40, eta_end=0.01)
    assert "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)" in as_code(schedule, "torch")
    optimizer = optimizer_of(torch, 0.1)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)
    assert_torch(stepped(optimizer, cosine, 41), schedule)
    assert optimizer.param_groups[0]["lr"] > 0.01  # at step 41 it rises


def test_groups_keep_their_ratio(torch):
    schedule = c.CosineDecay(0.1, 40)
    optimizer = torch.optim.SGD(
        [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.05}], lr=0.5
    )
    scheduler = to_torch(schedule)(optimizer)
    for step in range(41):
        first, second = (group["lr"] for group in optimizer.param_groups)
        assert np.isclose(first, schedule(step), rtol=1e-10, atol=0)
        assert np.isclose(second, 0.1 * schedule(step), rtol=1e-10, atol=0)
        optimizer.step()
        scheduler.step()


def test_a_schedule_of_several_runs_gives_each_group_its_own(torch):
    schedule = c.ExponentialDecay([0.1, 0.2], gamma=[0.9, 0.99])
    optimizer = optimizer_of(torch, 1.0, 3.0)
    scheduler = to_torch(schedule)(optimizer)
    for step in range(20):
        rates = [group["lr"] for group in optimizer.param_groups]
        assert np.allclose(rates, schedule(step), rtol=1e-10, atol=0)
        optimizer.step()
        scheduler.step()


def test_what_torch_cannot_take_is_refused(torch):
    with pytest.raises(TypeError, match="optimizer must be a torch.optim.Optimizer, got 3"):
        to_torch(c.Constant(0.1))(3)
    with pytest.raises(ValueError, match="must be > 0"):
        to_torch(c.Constant(0.1))(optimizer_of(torch, 0.0))
    with pytest.raises(ValueError, match="2 runs needs as many parameter groups"):
        to_torch(c.Constant([0.1, 0.2]))(optimizer_of(torch, 0.1))
    with pytest.raises(TypeError, match="schedule"):
        to_torch(0.1)
    with pytest.raises(TypeError, match="a controller answers to its training"):
        to_torch(c.GradientWatch(0.1))


# --- Optax ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jax():
    pytest.importorskip("optax")
    return pytest.importorskip("jax")


@every_kind
@some
@given(data=st.data())
def test_an_optax_schedule_has_our_rates(jax, kind, data):
    schedule = data.draw(schedules(kind))
    steps = steps_of(schedule)
    assert_narrow(jax.vmap(to_optax(schedule))(steps.astype(np.int32)), schedule, steps)
    with jax.enable_x64(True):
        wide = np.asarray(jax.vmap(to_optax(schedule))(steps))
    expected = schedule(steps)
    assert np.allclose(wide, expected, rtol=1e-10, atol=max(1e-13 * expected.max(), 1e-300))


@every_kind
@some
@given(data=st.data())
def test_the_text_for_optax_has_our_rates(jax, kind, data):
    schedule = data.draw(schedules(kind))
    steps = steps_of(schedule)
    made = ran(as_code(schedule, "optax"))
    assert_narrow(jax.vmap(made["schedule"])(steps.astype(np.int32)), schedule, steps)


@pytest.mark.parametrize("schedule", EDGES, ids=repr)
def test_optax_at_the_edges(jax, schedule):
    steps = steps_of(schedule)
    assert_narrow(jax.jit(jax.vmap(to_optax(schedule)))(steps.astype(np.int32)), schedule, steps)
    made = ran(as_code(schedule, "optax"))["schedule"]
    assert_narrow(jax.vmap(made)(steps.astype(np.int32)), schedule, steps)
    assert_narrow(jax.jit(jax.vmap(made))(steps.astype(np.int32)), schedule, steps)


@pytest.mark.parametrize("framework", ["optax", "keras"])
@pytest.mark.parametrize("power", [0.1, 0.5, 1.0, 2.0])
def test_a_text_that_is_jitted_as_in_a_training_reaches_the_end(jax, framework, power):
    import jax.numpy as jnp

    if framework == "keras" and pytest.importorskip("keras").config.backend() != "jax":
        pytest.skip("Keras computes with another backend here")
    schedule = c.PolynomialDecay(0.1, 50, power=power)
    made = ran(as_code(schedule, framework))["schedule"]
    jitted = jax.jit(lambda step: 1.0 * made(step))
    steps = np.array([0, 1, 25, 49, 50, 59, 100])
    assert_narrow([float(jitted(jnp.int32(step))) for step in steps], schedule, steps)


def test_an_optax_training_uses_the_rates(jax):
    import jax.numpy as jnp
    import optax

    schedule = c.Warmup(c.Constant(0.1), 4)
    optimizer = optax.sgd(to_optax(schedule))
    w, state = jnp.zeros(1), optimizer.init(jnp.zeros(1))
    for _ in range(6):
        change, state = jax.jit(optimizer.update)(jnp.ones(1), state)
        w = w + change
    assert np.isclose(float(w[0]), -schedule(np.arange(6)).sum(), rtol=1e-5)


# --- Keras ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def keras_rates(keras, schedule, steps):
    return keras.ops.convert_to_numpy(schedule(keras.ops.convert_to_tensor(steps.astype(np.int32))))


@every_kind
@some
@given(data=st.data())
def test_a_keras_schedule_has_our_rates(keras, kind, data):
    schedule = data.draw(schedules(kind))
    steps = steps_of(schedule)
    assert_narrow(keras_rates(keras, to_keras(schedule), steps), schedule, steps)


@every_kind
@some
@given(data=st.data())
def test_the_text_for_keras_has_our_rates(keras, kind, data):
    schedule = data.draw(schedules(kind))
    steps = steps_of(schedule)
    made = ran(as_code(schedule, "keras"))["schedule"]
    if native(schedule, "keras"):  # Keras's own take one step at a time
        steps = steps[:: 1 + len(steps) // 40]
        rates = [float(made(keras.ops.convert_to_tensor(np.int32(step)))) for step in steps]
    else:
        rates = keras_rates(keras, made, steps)
    assert_narrow(rates, schedule, steps)


@pytest.mark.parametrize("schedule", EDGES, ids=repr)
def test_keras_at_the_edges(keras, schedule):
    steps = steps_of(schedule)
    assert_narrow(keras_rates(keras, to_keras(schedule), steps), schedule, steps)
    made = ran(as_code(schedule, "keras"))["schedule"]
    few = np.unique(np.append(steps[:20], steps[-5:]))
    rates = [float(made(keras.ops.convert_to_tensor(np.int32(step)))) for step in few]
    assert_narrow(rates, schedule, few) if schedule(few).max() else None


def test_a_keras_schedule_survives_serialising(keras):
    schedule = c.Warmup(c.CosineRestarts(0.1, 7, 2), 3, 0.1, "exponential")
    made = to_keras(schedule)
    packed = json.loads(json.dumps(keras.saving.serialize_keras_object(made)))
    again = keras.saving.deserialize_keras_object(packed)
    assert isinstance(again, keras_schedule()) and again.schedule == schedule
    optimizer = keras.optimizers.Adam(made)
    same = keras.optimizers.Adam.from_config(optimizer.get_config())
    assert np.isclose(float(same.learning_rate), schedule(0), rtol=1e-6)


def test_a_backend_that_is_missing_is_named():
    code = (
        "import sys; sys.modules['tensorflow'] = None; from course_lr import interop, Constant\n"
        "try: interop.to_keras(Constant(0.1))\n"
        "except ImportError as error: print(error)"
    )
    pytest.importorskip("keras")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert "to_keras needs Keras, which does not start here: " in run.stdout
    assert "set KERAS_BACKEND to torch or jax" in run.stdout


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bridge", [to_optax, to_keras])
def test_one_model_takes_one_run(bridge):
    pytest.importorskip({to_optax: "jax", to_keras: "keras"}[bridge])
    with pytest.raises(ValueError, match="schedule of one run"):
        bridge(c.Constant([0.1, 0.2]))
    with pytest.raises(TypeError, match="schedule must be"):
        bridge(0.1)


@pytest.mark.parametrize("framework", DIALECTS)
def test_the_text_names_no_package_of_ours(framework):
    for schedule in [*EDGES, *(copy.copy(s) for s in [c.OneCycle(0.1, 30)])]:
        text = as_code(schedule, framework)
        assert "import course_lr" not in text and "from course_lr" not in text
        assert max(map(len, text.split("def ")[0].splitlines())) < 200
        compile(text, "<pasted>", "exec")


def test_a_class_of_the_framework_is_named_where_it_agrees():
    assert "StepLR(optimizer, step_size=30" in as_code(c.StepDecay(0.1), "torch")
    assert "optax.cosine_decay_schedule(" in as_code(c.CosineDecay(0.1, 9), "optax")
    assert "schedules.InverseTimeDecay(" in as_code(c.InverseTimeDecay(0.1, 0.5), "keras")
    text = as_code(c.CosineDecay(0.1, 9), "torch")
    assert "no class of the framework" in text and text.count("CosineAnnealingLR") == 1
    assert "# (up to step 9 CosineAnnealingLR(" in text
    assert {kind.__name__ for kind in TWINS["torch"]} <= {kind.__name__ for kind in CASES}


def test_a_decided_branch_leaves_no_dead_line():
    text = as_code(c.Warmup(c.Constant(0.1), 5, 0.1, "exponential"), "optax")
    lines = text.split("def ramp_1")[1].split("def eta")[0]
    assert lines.count("return") == 1 and "power(0.1, 1 - done)" in lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((c.Constant(0.1), "jax"), "framework"),
        ((c.Constant([0.1, 0.2]), "torch"), "schedule of one run"),
        ((c.Constant(0.1), "torch", "adam"), "update"),
        ((c.Constant(0.1), "torch", c.Momentum([0.1, 0.9])), "update"),
        ((c.Constant(0.1), "optax", c.Momentum(0.9, dampening=0.5)), "no dampening"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments, said):
    with pytest.raises((TypeError, ValueError), match=said):
        as_code(*arguments)


# --- read a framework's own -----------------------------------------------------------------------


def test_reading_a_torch_scheduler_leaves_it_as_it_was(torch):
    from course_lr.interop.reading import from_torch

    def made():
        optimizer = optimizer_of(torch, 0.1, 0.2, momentum=0.9)
        kinds = torch.optim.lr_scheduler
        parts = [kinds.LinearLR(optimizer, 0.1, total_iters=5), kinds.StepLR(optimizer, 7)]
        return optimizer, kinds.SequentialLR(optimizer, parts, milestones=[5])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (optimizer, read), (other, untouched) = made(), made()
        stepped(optimizer, read, 3), stepped(other, untouched, 3)
        curve = from_torch(read, 30)
        assert curve.shape == (30, 2) and np.allclose(curve[:, 1], 2 * curve[:, 0])
        after, expected = stepped(optimizer, read, 30), stepped(other, untouched, 30)
    assert np.array_equal(after, expected) and np.array_equal(curve[:, 0], expected)


def test_reading_says_what_cannot_be_read(torch):
    from course_lr.interop.reading import from_torch

    optimizer = optimizer_of(torch, 0.1)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(TypeError, match="needs no metric"):
        from_torch(plateau, 5)
    one = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10, cycle_momentum=False)
    assert from_torch(one, 10).shape == (10,)
    with pytest.raises(ValueError, match="ends before step 1"):
        from_torch(one, 20)
    with pytest.raises(ValueError, match="steps"):
        from_torch(one, 0)


def test_reading_an_optax_schedule(jax):
    import optax

    from course_lr.interop.reading import from_optax

    rates = from_optax(optax.cosine_decay_schedule(0.1, 20), 30)
    assert rates.shape == (30,) and np.allclose(rates, c.CosineDecay(0.1, 20)(np.arange(30)))
    assert np.allclose(from_optax(optax.constant_schedule(0.5), 3), 0.5)
    with pytest.raises(TypeError, match="function of the step"):
        from_optax(0.1, 3)
