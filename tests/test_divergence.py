"""Divergence is data: a run that leaves the finite numbers is frozen, marked and costs nothing."""

import warnings

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
    begin,
    digits,
    loop,
    train,
)

NETWORK = {"hidden": (8,), "batch_size": 32, "samples": 128, "loss": "squared_error"}
RECORD = ("loss", "eta", "path", "grad_norm", "update_ratio", "grad_cosine", "validation_loss")
MEASURES = ("validation_loss", "validation_accuracy", "train_accuracy", "test_loss")


@pytest.fixture(autouse=True)
def silent(capfd):
    """No warning and not a word on either stream, whatever diverges."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert capfd.readouterr() == ("", "")


@pytest.fixture(params=["one block", "threads"])
def cut(request, monkeypatch):
    if request.param == "threads":
        monkeypatch.setattr(loop, "SMALL", 0)
        monkeypatch.setattr(loop, "BLOCK_SIZE", 1)
        monkeypatch.setattr(loop, "THREADS", 2)


def first_bad_step(problem, eta, seed, steps):
    """When plain gradient descent leaves the finite numbers, -1 if it does not."""
    seeds = np.array([seed])
    w = problem.start(seeds)
    with np.errstate(all="ignore"):
        for step in range(steps + 1):
            loss, g = problem.loss_and_grad(w, step, seeds)
            if not (np.isfinite(loss).all() and np.isfinite(w).all()):
                return step
            w -= np.asarray(eta, w.dtype) * g
    return -1


@pytest.mark.parametrize("problem", [Rosenbrock(), Quadratic([1.0, 20.0]), digits(**NETWORK)])
def test_marked_at_the_first_bad_step(problem, cut):
    rates = np.geomspace(1e-3, 1e30, 67)
    history = train(problem, rates, steps=12, seeds=[3, 8])
    wanted = [[first_bad_step(problem, eta, seed, 12) for seed in (3, 8)] for eta in rates]
    assert len(np.unique(wanted)) >= 5
    np.testing.assert_array_equal(history.diverged_at, wanted)
    np.testing.assert_array_equal(history.diverged, np.asarray(wanted) >= 0)


def test_what_stands_in_the_records(cut):
    rates, record = [0.01] * 40 + [1e8] * 40, (*RECORD, *MEASURES)
    history = train(digits(**NETWORK), rates, steps=20, seeds=2, record=record)
    assert not history.diverged[:40].any() and history.diverged[40:].all()
    steps = np.arange(21)[:, None, None]
    gone = (steps >= history.diverged_at) & history.diverged
    np.testing.assert_array_equal(np.isposinf(history.loss), gone)
    np.testing.assert_array_equal(np.isfinite(history.loss), ~gone)
    np.testing.assert_array_equal(np.isnan(history.path).all(-1), gone)
    for name in ("eta", "grad_norm", "update_ratio"):
        np.testing.assert_array_equal(np.isnan(history.records[name]), gone[:-1])
    np.testing.assert_array_equal(np.isnan(history.grad_cosine[1:]), gone[1:-1])
    assert history.record_steps.tolist() == [4, 8, 12, 16, 20]
    gone = gone[history.record_steps]
    for name in ("validation_loss", "test_loss"):
        np.testing.assert_array_equal(np.isposinf(history.records[name]), gone)
    for name in ("validation_accuracy", "train_accuracy"):
        assert (history.records[name][gone] == 0.1).all()


def test_the_weights_are_those_where_it_was_frozen():
    steep = Quadratic([1.0, 1e100])
    history = train(steep, [1.0, 1e-101], steps=9)
    assert history.diverged_at.tolist() == [2, -1]  # 1e100, then 1e200, whose loss overflows
    np.testing.assert_allclose(history.w[0], [0.0, 1e200])
    later = train(steep, [1.0, 1e-101], steps=90)
    np.testing.assert_array_equal(history.w[0], later.w[0])


class Counting:
    """w² by hand, counting the rows that were asked for at each step."""

    def __init__(self):
        self.rows = []

    def start(self, seeds):
        return np.ones((len(seeds), 1))

    def loss_and_grad(self, w, step, seeds):
        assert len(w) == len(seeds) > 0
        self.rows.append(len(w))
        return w[:, 0] ** 2, 2 * w


@pytest.mark.parametrize("update", [SGD(), Momentum(), AdaGrad(), RMSProp(), Adam(), AdamW()])
def test_a_diverged_run_costs_nothing(update):
    rates = [0.1, 1e60, 1e120, 0.2, 1e200]
    if not isinstance(update, (SGD, Momentum)):
        rates = [0.1, 1e155, 1e155, 0.2, 1e200]
    problem = Counting()
    history = train(problem, rates, update=update, steps=40, record=("loss", "grad_cosine"))
    assert history.diverged.tolist() == [False, True, True, False, True]
    spent = np.where(history.diverged, history.diverged_at + 1, 41)
    assert sum(problem.rows) == spent.sum() and problem.rows[-1] == 2
    assert len(problem.rows) == 41


@pytest.mark.parametrize(
    "update", [Momentum(), Momentum([0.5, 0.6], dampening=[0.0, 0.1]), Adam([0.8, 0.9])], ids=repr
)
def test_all_diverged_and_no_gradient_any_more(update):
    problem = Counting()
    run = begin(problem, [1e160, 1e170], update=update, seeds=2, record=("loss", "eta"))
    assert run.advance(50).history.diverged.all()
    asked = len(problem.rows)
    history = run.advance(500).history
    assert len(problem.rows) == asked and run.step == 550
    assert history.loss.shape == (551, 2, 2) and np.isposinf(history.loss[5:]).all()
    assert np.isfinite(history.loss[0]).all() and history.eta.shape == (550, 2, 2)


@pytest.mark.parametrize("seeds", [1, 3])
def test_diverged_at_the_start(seeds):
    start = [[1.0, 1.0], [1e200, 1.0], [1.0, -1e300]]
    history = train(Quadratic([1.0, 2.0]), 0.1, start=start, steps=3, seeds=seeds, record=RECORD)
    at = history.diverged_at.reshape(3, -1)
    assert (at[0] == -1).all() and (at[1:] == 0).all()
    np.testing.assert_array_equal(history.w.reshape(3, -1, 2)[1:, 0], start[1:])
    alone = train(Quadratic([1.0, 2.0]), 0.1, start=start[0], steps=3, record=RECORD)
    np.testing.assert_array_equal(history.path.reshape(4, 3, -1, 2)[:, 0, 0], alone.path)


@pytest.mark.parametrize("steps", [0, 4])
def test_all_diverged_at_the_start(steps):
    huge = np.full(digits(**NETWORK).n, 1e300)  # more than float32 holds
    for start in (huge, -huge, huge / 1e270):
        options = {"start": start, "steps": steps, "record": ("loss", *MEASURES)}
        history = train(digits(**NETWORK), [0.1, 0.2], **options)
        assert history.diverged_at.tolist() == [0, 0]
        assert np.isposinf(history.loss).all() and history.loss.shape == (steps + 1, 2)
        assert np.isposinf(history.validation_loss).all()
        assert (history.validation_accuracy == 0.1).all()


def test_weights_that_are_not_finite_behind_a_finite_loss():
    """A dead unit: the loss of w = -inf is 0, and the gradient too."""

    def dead(w, step):
        alive = w > 0
        return np.where(alive, w, 0).sum(axis=1), np.where(alive, 1e300, 0.0)

    history = train(Function(dead, start=[1.0, 2.0]), [1e20, 1e-301], steps=3)
    assert history.diverged_at.tolist() == [1, -1]
    assert np.isneginf(history.w[0]).all() and np.isfinite(history.w[1]).all()
    np.testing.assert_array_equal(np.isposinf(history.loss[:, 0]), [False, True, True, True])


def rising(value):
    """The loss is the weight; from 3 on it is ``value``."""
    return lambda w, step: (np.where(w[:, 0] > 2.5, value, w[:, 0]), -np.ones_like(w))


def one_weight(w, step):
    return np.zeros(len(w)), np.tile([0.0, 1e300, 0.0], (len(w), 1))


def no_gradient(w, step):
    return np.ones(len(w)), np.full_like(w, np.nan)


@pytest.mark.parametrize(
    ("function", "start", "eta", "at"),
    [(rising(value), [1.0], 1.0, 2) for value in (np.nan, np.inf, -np.inf)]
    + [(one_weight, [1.0] * 3, 1e200, 1), (no_gradient, [1.0], 0.1, 1)],
)
def test_every_loss_and_every_weight_counts_and_a_gradient_one_step_later(function, start, eta, at):
    history = train(Function(function, start), eta, steps=4)
    assert history.diverged_at == at
    assert np.isfinite(history.loss[:at]).all() and np.isposinf(history.loss[at:]).all()


def test_large_weights_alone_are_not_divergence():
    """Their squares overflow in float32; they are finite, and so is the loss."""
    problem = digits(hidden=(4,), batch_size=32, samples=128)
    start = problem.start(np.array([0]))[0]
    dead = start.copy()
    problem.matrices(dead[None])[0][0, :, -1] = -1e30  # biases: every unit is dead
    record = ("loss", "validation_loss", "grad_norm", "update_ratio")
    history = train(problem, 0.1, start=[start, dead], steps=5, record=record)
    assert history.diverged_at.tolist() == [-1, -1]
    for name in record:
        assert np.isfinite(getattr(history, name)).all()
    assert (history.update_ratio > 0).all()  # |w| is taken in float64
    alone = train(problem, 0.1, start=start, steps=5)
    np.testing.assert_array_equal(history.loss[:, 0], alone.loss)


def test_a_measure_that_overflows_is_no_divergence_and_no_warning():
    class Far(Counting):
        def evaluate(self, w, split):
            return {"loss": np.exp(1e3 + w[:, 0])}

    run = begin(Far(), [0.1, 0.2], record=("loss", "validation_loss"), record_every=2)
    history = run.advance(3).history
    assert history.record_steps.tolist() == [2, 3]
    assert np.isposinf(history.validation_loss).all() and not history.diverged.any()


def test_negative_and_vanishing_losses_are_no_divergence():
    down = train(Quadratic([-1.0, 2.0]), 0.1, steps=50)
    assert down.loss[-1] < -100 and not down.diverged
    flat = train(Quadratic([1.0]), 1.0, steps=50, record=("loss", "update_ratio", "grad_cosine"))
    assert flat.loss[-1] == 0 and not flat.diverged  # 0 / 0 in two records


@pytest.mark.parametrize("update", [SGD(), Adam(), AdaGrad(), Momentum(nesterov=True)])
def test_rates_up_to_the_largest_float(update):
    rates = [0.0, 5e-324, 1e-300, 1e-40, 1.0, 1e38, 1e40, 1e300, np.finfo(float).max]
    for problem in (digits(**NETWORK), digits(hidden=(8,), samples=64), Rosenbrock()):
        history = train(problem, rates, update=update, steps=6, record=RECORD)
        assert (history.loss[:, 0] < np.inf).all()
        assert not history.diverged[:4].any()
