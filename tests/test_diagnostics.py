"""Signals of the gradient, curvature on spectra that are hard for it, which runs have failed."""

import numpy as np
import pytest

from course_lr import Function, Quadratic, Rosenbrock, Saddle, digits, sharpness, train
from course_lr.diagnostics import (
    failed,
    gradient_cosine,
    gradient_noise_scale,
    gradient_norm,
    update_ratio,
)
from tests.test_bad_input import refused


class Spectrum:
    """A Hessian with given eigenvalues, one row of ``values`` a row of ``w``, turned at random."""

    def __init__(self, *values):
        self.values = np.atleast_2d(np.array(values, dtype=float))
        n = self.values.shape[1]
        self.axes = np.linalg.qr(np.random.default_rng(n).normal(size=(n, n)))[0]
        self.products = 0

    def hvp(self, w, v):
        self.products += 1
        return (v @ self.axes * self.values) @ self.axes.T

    def sharpness(self, **options):
        return sharpness(self, np.ones(self.values.shape), **options)


RNG = np.random.default_rng(0)
SPECTRA = {
    "one": [3.0],
    "one negative": [-3.0],
    "two": [1.0, 20.0],
    "all equal": [2.0] * 7,
    "all zero": [0.0] * 5,
    "negative only": [-1.0, -2.0, -50.0],
    "zero on top": [-1.0, -50.0, 0.0, 0.0],
    "negative larger": [*np.linspace(0, 1, 10), *np.linspace(-100, -50, 10)],
    "negative a million times larger": [*np.linspace(-1e6, -9e5, 40), 1.0, 0.9, 0.5, 0.1, -0.3],
    "a repeated top": [5.0, 5.0, 5.0, 1.0, 0.0, -1.0],
    "a crowded top": [1.0, 1.001, 1.002, *np.linspace(-1, 0.9, 20)],
    "large": list(1e12 * RNG.normal(size=12)),
    "tiny": list(1e-12 * RNG.normal(size=12)),
    "like a network's": [*np.geomspace(1e-6, 1, 60), 3.0, 8.0, -0.5],
    "random": list(RNG.normal(size=80)),
}


@pytest.mark.parametrize("options", [{}, {"tolerance": 1e-8}], ids=["default", "1e-8"])
@pytest.mark.parametrize("name", SPECTRA)
def test_the_largest_eigenvalue(name, options):
    values = SPECTRA[name]
    size = np.abs(values).max()
    largest = Spectrum(values).sharpness(**options)
    np.testing.assert_allclose(largest, max(values), rtol=1e-6, atol=1e-12 * size)


def test_rows_with_different_spectra_do_not_disturb_each_other():
    """One row's Krylov space is used up at once, another's is wide."""
    rows = [[2.0] * 30, np.linspace(-1, 9, 30), [0.0] * 30, [-4.0, *[1.0] * 29], [-2.0] * 30]
    largest = Spectrum(*rows).sharpness()
    np.testing.assert_allclose(largest, [2, 9, 0, 1, -2], rtol=1e-8, atol=1e-12)


def test_it_stops_when_the_tolerance_is_met_and_when_the_products_are_used_up():
    values = np.geomspace(1e-3, 1, 200)
    products = []
    for tolerance in (1e-1, 1e-4, 1e-8):
        problem = Spectrum(values)
        found = problem.sharpness(tolerance=tolerance)[0]
        assert 1 - 10 * tolerance < found <= 1 + 1e-12
        products.append(problem.products)
    assert products[0] < products[1] < products[2] <= 100
    problem = Spectrum(values)
    lower = problem.sharpness(iterations=4)[0]
    assert problem.products == 4 and 0.5 < lower < 1
    problem = Spectrum([1.0, 2.0, 3.0])
    problem.sharpness(iterations=50, tolerance=1e-300)
    assert problem.products == 3


def test_shapes_and_no_side_effects():
    bowl = Quadratic([1.0, 20.0])
    assert sharpness(bowl, [3.0, 4.0]).shape == () and sharpness(bowl, [[3, 4]]).shape == (1,)
    w = digits().start(np.arange(2))
    kept, generator = w.copy(), np.random.get_state()[1].copy()
    w.flags.writeable = False
    largest = sharpness(digits(), w)
    assert largest.shape == (2,)
    np.testing.assert_array_equal(largest, sharpness(digits(), w))
    np.testing.assert_array_equal(w, kept)
    np.testing.assert_array_equal(np.random.get_state()[1], generator)


@pytest.mark.parametrize("problem", [Rosenbrock(), Saddle(), Quadratic([-3.0, 1.0, 7.0])])
def test_on_problems_with_a_formula(problem):
    w = np.random.default_rng(1).uniform(-2, 2, (20, problem.n))
    largest = np.linalg.eigvalsh(problem.hessian(w))[:, -1]
    np.testing.assert_allclose(sharpness(problem, w), largest, rtol=1e-9, atol=1e-12)


def test_failed_means_no_better_than_guessing_at_the_end():
    losses = np.array(
        [[2, 9, 2, 2.30, 2, 2], [2, 9, np.inf, 2.31, np.nan, 1], [2, 1, np.inf, 2.31, 2, 9]]
    )
    wanted = {1: [0, 0, 1, 1, 0, 1], 2: [0, 1, 1, 1, 1, 1], 3: [0, 1, 1, 1, 1, 1]}
    for last, marks in wanted.items():
        assert failed(losses, np.log(10), last).tolist() == marks
    assert failed(np.ones((4, 2, 3)), 2.0, 2).shape == (2, 3)
    assert failed(np.array([2.0]), 2.0, 1)  # exactly like guessing
    with pytest.raises(ValueError, match="last .* >= 1, got 0"):
        failed(losses, 2.3, 0)


# --- signals of the gradient --------------------------------------------------------------------


def test_signals_where_something_is_zero():
    zero, one = np.zeros(2), np.array([3.0, 4.0])
    assert gradient_norm(zero) == 0 and np.isnan(gradient_cosine(zero, one))
    assert np.isposinf(update_ratio(zero, one)) and update_ratio(one, one) == 0
    assert gradient_cosine(one, -2 * one) == -1


def test_each_row_has_its_noise_scale_and_each_seed_its_batches():
    problem = Quadratic([1.0, 2.0, 4.0], noise=2.0)
    w = np.array([[3.0, 0.0, 1.0], [10.0, -20.0, 5.0], [0.0, 0.0, 4.0]])
    scales = gradient_noise_scale(problem, w, batches=9)
    for row, scale in zip(w, scales):
        alone = gradient_noise_scale(problem, row, batches=9)
        np.testing.assert_allclose(alone, scale, strict=True)
    assert (gradient_noise_scale(problem, w, batches=9, seed=1) != scales).all()


def test_both_parts_of_the_noise_scale_are_unbiased():
    """Over many seeds with few batches, where the naive estimates are far off."""
    problem, w = Quadratic([1.0], noise=1.0), np.array([[0.5]])
    signal, noise = [], []
    for seed in range(3000):
        g = [problem.loss_and_grad(w, t, np.array([seed]))[1][0, 0] for t in range(3)]
        single, together = np.mean(np.square(g)), np.mean(g) ** 2
        noise.append((single - together) / (1 - 1 / 3))
        signal.append((3 * together - single) / 2)
        if seed < 20:
            wanted = noise[-1] / signal[-1] if signal[-1] > 0 else np.inf
            found = gradient_noise_scale(problem, w, batches=3, seed=seed)
            np.testing.assert_allclose(found, wanted, rtol=1e-9)
    assert abs(np.mean(noise) - 1) < 0.05 and abs(np.mean(signal) - 0.25) < 0.05


def test_the_noise_scale_is_in_examples_whatever_the_batch():
    """On the digits, against the covariance of single examples."""
    settings = {"hidden": (8,), "samples": 960, "dtype": "float64"}
    single = digits(batch_size=1, **settings)
    w = train(digits(batch_size=32, **settings), 0.1, steps=60).w[None]
    g = np.array([single.loss_and_grad(w, t, np.array([0]))[1][0] for t in range(960)])
    exact = g.var(axis=0, ddof=1).sum() / np.sum(g.mean(axis=0) ** 2)
    for size in (8, 32):
        found = gradient_noise_scale(digits(batch_size=size, **settings), w, batches=None)
        assert 0.75 < found[0] / exact < 1.33, size
    assert exact > 20


def test_where_only_noise_is_left_the_scale_is_infinite_and_without_noise_zero():
    signs = Function(lambda w, step: (w[:, 0], np.full_like(w, (-1.0) ** step)), start=[1.0])
    assert np.isposinf(gradient_noise_scale(signs, [1.0], batches=4))
    np.testing.assert_array_equal(gradient_noise_scale(Quadratic([1.0]), [2.0], batches=5), 0)
    full = digits(batch_size=None, hidden=(4,), samples=64)
    assert gradient_noise_scale(full, full.start(np.arange(1)), batches=3)[0] < 1e-6


def test_bad_input_to_the_signals():
    bowl, epochs = Quadratic([1.0]), digits(batch_size=None)
    refused(ValueError, "gradient must be an array of shape (…, n)", gradient_norm, 3.0)
    refused(TypeError, "gradient", gradient_norm, "a")
    refused(ValueError, ("last must be", "(1,)"), gradient_cosine, [1.0], [1.0, 2.0])
    refused(ValueError, ("after must be", "(1, 1)"), update_ratio, [[1.0]], [1.0])
    refused(ValueError, "batches must be given", gradient_noise_scale, bowl, [1.0])
    refused(ValueError, "w must be finite", gradient_noise_scale, epochs, 1.0)
    parts = "batches must be a whole number >= 2, got 1"
    refused(ValueError, parts, gradient_noise_scale, bowl, [1.0], batches=1)
    refused(ValueError, "seed must be", gradient_noise_scale, bowl, [1.0], batches=4, seed=-1)
