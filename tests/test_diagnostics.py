"""Curvature by Lanczos iteration, on spectra that are hard for it, and which runs have failed."""

import numpy as np
import pytest

from course_lr import Quadratic, Rosenbrock, Saddle, digits, sharpness
from course_lr.diagnostics import failed


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
    found = Spectrum(values).sharpness(**options)
    np.testing.assert_allclose(found, max(values), rtol=1e-6, atol=1e-12 * size)


def test_rows_with_different_spectra_do_not_disturb_each_other():
    """One row's Krylov space is used up at once, another's is wide."""
    rows = [[2.0] * 30, np.linspace(-1, 9, 30), [0.0] * 30, [-4.0, *[1.0] * 29], [-2.0] * 30]
    found = Spectrum(*rows).sharpness()
    np.testing.assert_allclose(found, [2, 9, 0, 1, -2], rtol=1e-8, atol=1e-12)


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


def test_shapes_and_repeatability():
    bowl = Quadratic([1.0, 20.0])
    assert sharpness(bowl, [3.0, 4.0]).shape == () and sharpness(bowl, [[3, 4]]).shape == (1,)
    w = digits().start(np.arange(2))
    found = sharpness(digits(), w)
    assert found.shape == (2,)
    np.testing.assert_array_equal(found, sharpness(digits(), w))
    kept = w.copy()
    w.flags.writeable = False
    sharpness(digits(), w)
    np.testing.assert_array_equal(w, kept)


def test_numpys_global_generator_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    sharpness(Quadratic([1.0, 20.0]), [3.0, 4.0])
    np.testing.assert_array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize("problem", [Rosenbrock(), Saddle(), Quadratic([-3.0, 1.0, 7.0])])
def test_on_problems_with_a_formula(problem):
    w = np.random.default_rng(1).uniform(-2, 2, (20, problem.n))
    largest = np.linalg.eigvalsh(problem.hessian(w))[:, -1]
    np.testing.assert_allclose(sharpness(problem, w), largest, rtol=1e-9, atol=1e-12)


def test_descent_is_stable_below_two_over_the_sharpness_and_not_above():
    bowl = Quadratic([1.0, 5.0, 20.0], rotation=np.linalg.qr(RNG.normal(size=(3, 3)))[0])
    limit = 2 / sharpness(bowl, [1.0, 1.0, 1.0])
    for factor, falls in ((0.99, True), (1.01, False)):
        w = np.ones((1, 3))
        for _ in range(1000):
            w = w - factor * limit * bowl.gradient(w)
        assert (bowl.loss(w)[0] < 1) == falls


def test_failed_means_no_better_than_guessing_at_the_end():
    losses = np.array(
        [
            [2.0, 9.0, 2.0, 2.30, 2.0, 2.0],
            [2.0, 9.0, np.inf, 2.31, np.nan, 1.0],
            [2.0, 1.0, np.inf, 2.31, 2.0, 9.0],
        ]
    )
    wanted = {1: [0, 0, 1, 1, 0, 1], 2: [0, 1, 1, 1, 1, 1], 3: [0, 1, 1, 1, 1, 1]}
    for last, marks in wanted.items():
        found = failed(losses, np.log(10), last)
        np.testing.assert_array_equal(found, np.array(marks, dtype=bool))
    assert failed(np.ones((4, 2, 3)), 2.0, 2).shape == (2, 3)
    assert failed(np.array([2.0]), 2.0, 1)  # exactly like guessing
    with pytest.raises(ValueError, match="last .* >= 1, got 0"):
        failed(losses, 2.3, 0)
