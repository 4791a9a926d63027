"""What holds for every problem given by a formula: derivatives, rows, noise, refusals."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from course_lr import Quadratic, Ravine, Ripples, Rosenbrock, Saddle, Wells, wells
from course_lr.parameters import Parameters

ORTHOGONAL = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))[0]
PROBLEMS = [
    Quadratic(3.0),
    Quadratic((1.0, -20.0)),
    Quadratic((1.0, 20.0), rotation=0.7),
    Quadratic(np.geomspace(0.1, 100, 12), rotation=ORTHOGONAL),
    Rosenbrock(),
    Ravine(along=0.3, across=7.0, bend=0.0),
    Ravine(),
    Saddle(),
    Ripples(bowl=0.2, height=1.0, frequency=2.5),
    Wells(1.5, [-2, 0.5, 3], [0.3, 0.5, 0.9]),
    Wells([1, 2], np.eye(3)[:2], 0.7, bowl=0.0),
    wells("wide"),
]
every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: repr(p)[:40])


def points(problem, rows=60, seed=0):
    return np.random.default_rng(seed).uniform(-3, 3, (rows, problem.n))


def differences(function, w, h=1e-5):
    """Central differences of ``function`` along every coordinate, on a new last axis."""
    steps = h * np.eye(w.shape[1])
    return np.stack([(function(w + s) - function(w - s)) / (2 * h) for s in steps], axis=-1)


@every_problem
def test_gradient_is_the_slope_of_the_loss_and_hessian_that_of_the_gradient(problem):
    w, v = points(problem), points(problem, seed=1)
    for slope, value in ((problem.gradient, problem.loss), (problem.hessian, problem.gradient)):
        scale = 1 + np.abs(slope(w)).max()
        np.testing.assert_allclose(slope(w), differences(value, w), rtol=1e-6, atol=1e-7 * scale)
    product = np.einsum("rij,rj->ri", problem.hessian(w), v)
    np.testing.assert_allclose(problem.hvp(w, v), product, rtol=1e-12, atol=1e-12)


@every_problem
@pytest.mark.parametrize("rows", [1, 2, 17, 257])
def test_a_row_is_the_same_alone_and_in_a_crowd(problem, rows):
    w, v = points(problem, rows), points(problem, rows, seed=1)
    parts = np.array_split(np.arange(rows), 5) + [np.array([row]) for row in range(min(rows, 9))]
    for method in (problem.loss, problem.gradient, problem.hessian):
        crowd = method(w)
        assert np.array_equal(crowd, method(np.asfortranarray(w)))
        for part in parts:
            assert np.array_equal(crowd[part], method(w[part]))
    crowd = problem.hvp(w, v)
    assert all(np.array_equal(crowd[part], problem.hvp(w[part], v[part])) for part in parts)


@every_problem
def test_the_problem_prints_as_the_call_that_made_it(problem):
    with np.printoptions(threshold=10**6):
        again = eval(repr(problem))
    assert again == problem and hash(again) == hash(problem)
    assert Parameters.from_dict(problem.to_dict()) == problem
    assert pickle.loads(pickle.dumps(problem)) == copy.deepcopy(problem) == problem


@every_problem
def test_the_start_is_finite_and_the_same_alone(problem):
    seeds = np.array([3, 0, 11, 3])
    start = problem.start(seeds)
    assert start.shape == (4, problem.n) and start.dtype == np.float64
    assert np.isfinite(start).all()
    for row, seed in enumerate(seeds):
        assert np.array_equal(start[row], problem.start([seed])[0])
    assert np.array_equal(problem.start(5), problem.start(range(5)))
    with pytest.raises(TypeError, match="seeds.*whole numbers"):
        problem.start([0.5, 1.0])


@every_problem
def test_without_noise_all_is_exact_and_what_is_handed_in_is_never_written_to(problem):
    w = points(problem, 5)
    w.setflags(write=False)
    loss, gradient = problem.loss_and_grad(w, 3, np.arange(5))
    assert np.array_equal(loss, problem.loss(w)) and np.array_equal(gradient, problem.gradient(w))
    assert np.array_equal(problem.evaluate(w, "validation")["loss"], loss)
    assert problem.steps_per_epoch is None
    gradient += 1
    assert not np.shares_memory(gradient, w) and np.array_equal(loss, problem.loss(w))


@every_problem
def test_a_run_that_overflows_prints_no_warning(problem):
    far = np.array([[1e200], [-1e308], [np.inf], [np.nan]]) * np.ones(problem.n)
    w = np.vstack([far, points(problem, 2)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradient = problem.loss_and_grad(w, 0, np.zeros(6, int))
        problem.hessian(w), problem.hvp(w, w)
    assert not np.isfinite(loss[2:4]).any()
    assert np.array_equal(loss[4:], problem.loss(w[4:]))
    assert np.array_equal(gradient[4:], problem.gradient(w[4:]))


@pytest.mark.parametrize(
    ("error", "accepted", "values"),
    [
        (ValueError, r".*\(rows, 2\)", (np.zeros(2), np.zeros((3, 1)), np.zeros((1, 3, 2)), [[]])),
        (TypeError, "real numbers", ("far", [["1", "2"]], [[1j, 2]], None, [[True, False]])),
    ],
)
def test_weights_that_do_not_fit_are_refused(error, accepted, values):
    for w in values:
        for method in (Rosenbrock().loss, Saddle().gradient, wells().hessian):
            with pytest.raises(error, match=rf"w must be {accepted}.*got"):
                method(w)
        with pytest.raises(error, match=rf"v must be {accepted}"):
            Quadratic((1, 2)).hvp(np.zeros((3, 2)), w)
    for numbers in ([[-4, 1]], np.array([[-4, 1]], np.float32)):
        assert Ravine().gradient(numbers).dtype == np.float64
    with pytest.raises(ValueError, match="split.*did you mean 'train'"):
        Saddle().evaluate(np.zeros((1, 2)), "training")


@pytest.mark.parametrize("kind", [Saddle, Rosenbrock, Ravine, Ripples, wells])
def test_a_noise_that_is_no_number_from_0_is_refused(kind):
    wrong = {ValueError: (-0.1, np.nan, [0.1, 0.2]), TypeError: ("loud", 1j, None, True, np.sqrt)}
    for error, values in wrong.items():
        for noise in values:
            with pytest.raises(error, match="noise must be"):
                kind(noise=noise)
