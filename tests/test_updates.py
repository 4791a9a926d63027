"""The update rules: PyTorch's numbers, runs that do not see each other, nothing written outside."""

import json
import pathlib

import numpy as np
import pytest

from course_lr import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Function,
    Momentum,
    Quadratic,
    RMSProp,
    Rosenbrock,
    train,
)
from tools import references

ROOT = pathlib.Path(__file__).resolve().parents[1]
STORED = json.loads((ROOT / "tests/data/updates.json").read_text())
KINDS = {kind.__name__: kind for kind in (SGD, Momentum, AdaGrad, RMSProp, Adam, AdamW)}

SHARES, EPSILONS = [0.0, 0.5, 0.9, 0.99, 0.3], [1e-10, 1e-3, 1.0, 1e-8, 0.1]
AHEAD = [True, False, True, False, False]
SPREAD = {
    "SGD": [{}],
    "Momentum": [
        {"beta": SHARES},
        {"dampening": [0.0, 0.1, 0.5, 1.0, 0.9]},
        {"nesterov": AHEAD},
        {"beta": SHARES, "nesterov": True},
        {"beta": SHARES, "nesterov": AHEAD, "dampening": [0.0, 0.3, 0.0, 0.9, 0.0]},
    ],
    "AdaGrad": [{"eps": EPSILONS}],
    "RMSProp": [{"rho": SHARES}, {"eps": EPSILONS}, {"rho": SHARES, "eps": EPSILONS}],
    "Adam": [
        {"beta1": SHARES},
        {"beta2": [0.0, 0.5, 0.9, 0.99, 0.9999]},
        {"eps": EPSILONS},
        {"beta1": SHARES, "beta2": [0.9, 0.5, 0.3, 0.99, 0.999]},
    ],
    "AdamW": [
        {"weight_decay": [0.0, 0.01, 0.1, 1.0, 10.0]},
        {"beta1": SHARES, "beta2": SHARES, "eps": EPSILONS, "weight_decay": [0, 0.01, 0.1, 1, 10]},
    ],
}
RUNS = 5
spread = pytest.mark.parametrize(
    ("kind", "arguments"),
    [(kind, arguments) for kind, several in SPREAD.items() for arguments in several],
)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def ours(record):
    """Our path of a stored record, ``(51, n)``."""
    name, eta = record["problem"], record["eta"]
    rule, start = KINDS[record["rule"]](**record["arguments"]), references.start(name)
    if name != "sequence":
        problem = Quadratic(references.CURVATURES) if name == "quadratic" else Rosenbrock()
        return train(problem, eta, update=rule, steps=50, start=start, record=("path",)).path
    w = np.array([start])  # fixed gradients, at rates that change from step to step
    state, path = rule.start(w), [w[0].copy()]
    for gradient, rate in zip(references.gradients(), references.rates(eta)):
        rule.apply(w, gradient[None], rate, state)
        path.append(w[0].copy())
    return np.array(path)


each_record = pytest.mark.parametrize(
    "record",
    STORED["records"],
    ids=lambda r: f"{r['rule']}-{r['arguments']}-{r['problem']}",
)


@each_record
def test_stored_values(record):
    path = ours(record)[STORED["kept"]]
    np.testing.assert_allclose(path, record["w"], rtol=1e-10, atol=0)


def test_stored_values_are_complete():
    cases = {(r["rule"], str(r["arguments"]), r["problem"]) for r in STORED["records"]}
    assert len(cases) == len(STORED["records"]) == 18 * 3
    assert {rule for rule, _, _ in cases} == set(KINDS)
    assert STORED["library"] == "torch" and STORED["version"]
    assert {0.0, 1e-9, 1e8} <= set(references.gradients().ravel())


@each_record
def test_live_pytorch(record):
    pytest.importorskip("torch")
    path = references.trajectory(record)
    np.testing.assert_allclose(ours(record), path, rtol=1e-10, atol=0)


def gradients(rows, n, dtype, steps=25):
    """Random gradients ``(steps, rows, n)`` with zeros, tiny and huge ones in them."""
    g = np.random.default_rng(3).normal(size=(steps, rows, n))
    g[::4, :, 0] = 0.0
    g[3, :, 1], g[5, :, 2] = 1e-9, 1e8
    return g.astype(dtype)


def weights(rule, g, etas, w):
    """The weights after applying the rule to the gradients ``(steps, rows, n)``."""
    w, state = w.copy(), rule.start(w)
    for gradient, eta in zip(g, etas):
        rule.apply(w, gradient, eta, state)
    return w


@both_dtypes
@spread
def test_arrays_over_runs_are_a_loop_over_runs(kind, arguments, dtype):
    g = gradients(RUNS, 7, dtype)
    start = np.random.default_rng(4).normal(size=(RUNS, 7)).astype(dtype)
    etas = np.random.default_rng(5).uniform(0, 0.1, size=(len(g), RUNS))
    together = weights(KINDS[kind](**arguments), g, etas, start)
    for run in range(RUNS):
        one = {k: v[run] if isinstance(v, list) else v for k, v in arguments.items()}
        alone = weights(KINDS[kind](**one), g[:, run : run + 1], etas[:, run], start[run : run + 1])
        np.testing.assert_array_equal(together[run], alone[0])
    assert together.dtype == dtype and np.isfinite(together).all()


@both_dtypes
@spread
def test_rows_can_be_cut_out_on_the_way(kind, arguments, dtype):
    rule = KINDS[kind](**arguments)
    g, rows = gradients(RUNS, 7, dtype), np.array([3, 0, 3])
    whole = np.ones((RUNS, 7), dtype)
    state = rule.start(whole)
    for gradient in g[:10]:
        rule.apply(whole, gradient, 0.1, state)
    part, cut = whole[rows], rule.cut(rows)
    part_state = {name: value[rows] for name, value in state.items()}
    for gradient in g[10:]:
        rule.apply(whole, gradient, 0.1, state)
        cut.apply(part, gradient[rows], 0.1, part_state)
    np.testing.assert_array_equal(part, whole[rows])
    for name, value in state.items():
        np.testing.assert_array_equal(part_state[name], value[rows])


@both_dtypes
@spread
def test_only_w_and_the_state_change(kind, arguments, dtype):
    rule = KINDS[kind](**arguments)
    w, gradient, eta = np.ones((RUNS, 3), dtype), np.full((RUNS, 3), 2, dtype), np.full(RUNS, 0.1)
    state, before = rule.start(w), repr(rule)
    gradient.flags.writeable = eta.flags.writeable = False
    for _ in range(3):
        assert rule.apply(w, gradient, eta, state) is None
        assert {value.dtype for value in state.values()} <= {np.dtype(dtype), np.dtype(np.int64)}
    assert w.dtype == dtype and (w < 1).all() and repr(rule) == before


def test_first_steps_by_hand():
    g, w = np.array([[2.0, -4.0]]), np.zeros((1, 2))
    np.testing.assert_allclose(weights(Momentum(0.5), [g, g], [1.0, 1.0], w), -g - 1.5 * g)
    np.testing.assert_allclose(weights(AdaGrad(), [g, g], [1, 1], w), -np.sign(g) * (1 + 2**-0.5))
    np.testing.assert_allclose(weights(RMSProp(rho=0.75), [g], [1.0], w), -2 * np.sign(g))
    np.testing.assert_allclose(weights(Adam(), [g, g], [0.1, 0.1], w), -0.2 * np.sign(g))
    decayed = weights(AdamW(weight_decay=0.5), [0 * g], [0.1], w + 1)
    np.testing.assert_allclose(decayed, 0.95)


def test_float32_follows_float64():
    for kind in KINDS.values():
        single, double = (
            weights(kind(), 1 + gradients(4, 6, d)[:3], [0.01] * 3, np.ones((4, 6), d))
            for d in (np.float32, np.float64)
        )
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_through_the_loop_a_rule_is_the_same_rule_and_begins_afresh():
    """A fixed sequence of gradients as the learner's own function, in the loop and by hand."""
    g = gradients(1, 4, np.float64)
    problem = Function(lambda w, step: (np.zeros(1), g[step % len(g)]), start=[1.0] * 4)
    for rule in (kind() for kind in KINDS.values()):
        alone = weights(rule, g, [0.01] * len(g), np.ones((1, 4)))
        history = train(problem, 0.01, update=rule, steps=len(g))
        np.testing.assert_array_equal(history.w, alone[0])
