"""The quadratic: its closed forms, its rotation, and what it refuses."""

import numpy as np
import pytest

from course_lr import Quadratic


def test_descent_multiplies_each_coordinate_by_one_minus_eta_lambda():
    problem, eta = Quadratic((1.0, 20.0)), 0.0952
    w = np.array([[-4.0, 1.0]])
    for _ in range(30):
        w = w - eta * problem.gradient(w)
    expected = np.array([[-4.0, 1.0]]) * (1 - eta * np.array([1.0, 20.0])) ** 30
    np.testing.assert_allclose(w, expected, rtol=1e-12)


def test_the_start_is_ones():
    assert np.array_equal(Quadratic((1, 2, 3)).start(range(2)), np.ones((2, 3)))


def test_an_angle_turns_the_axes_anticlockwise():
    turned = Quadratic((1.0, 9.0), rotation=np.pi / 6)
    axis = np.array([[np.cos(np.pi / 6), np.sin(np.pi / 6)]])
    np.testing.assert_allclose(turned.hvp(axis, axis), axis, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(turned.hessian(axis)), [[1, 9]], rtol=1e-12)


def test_the_columns_of_a_matrix_are_the_axes():
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    problem = Quadratic((1, 2, 3, 4, 5), rotation=axes)
    np.testing.assert_allclose(problem.gradient(axes.T), (axes * np.arange(1, 6)).T, atol=1e-12)


def test_an_angle_and_its_matrix_agree():
    c, s = np.cos(0.4), np.sin(0.4)
    w = np.random.default_rng(0).normal(size=(6, 2))
    by_angle = Quadratic((1, 20), rotation=0.4)
    by_matrix = Quadratic((1, 20), rotation=[[c, -s], [s, c]])
    np.testing.assert_allclose(by_angle.gradient(w), by_matrix.gradient(w), rtol=1e-13)


def test_a_negative_curvature_is_a_direction_that_falls():
    problem = Quadratic((1.0, -1.0))
    assert problem.loss([[0.0, 3.0]])[0] == -4.5


def test_a_number_alone_is_one_dimension():
    assert Quadratic(2) == Quadratic([2.0]) == Quadratic(np.array([2]))


def test_only_what_differs_from_the_default_is_printed():
    assert repr(Quadratic([1, 20])) == "Quadratic((1.0, 20.0))"
    assert repr(Quadratic(3, noise=1, rotation=[[-1]])) == (
        "Quadratic((3.0,), noise=1.0, rotation=((-1.0,),))"
    )


@pytest.mark.parametrize("curvatures", [[], [[1, 2]], [1, np.nan], np.inf, [[1], [2, 3]]])
def test_curvatures_out_of_range_are_refused(curvatures):
    with pytest.raises(ValueError, match="curvatures must be finite real numbers"):
        Quadratic(curvatures)


@pytest.mark.parametrize("curvatures", ["1", ["1", "2"], [1j], None, [True], np.sqrt])
def test_curvatures_that_are_no_numbers_are_refused(curvatures):
    with pytest.raises(TypeError, match="curvatures must be finite real numbers"):
        Quadratic(curvatures)


@pytest.mark.parametrize(
    "rotation", [np.nan, np.inf, [1, 0], np.ones((2, 2)), np.eye(3), np.eye(2) * 1.001]
)
def test_a_rotation_that_does_not_fit_is_refused(rotation):
    with pytest.raises(ValueError, match="rotation must be"):
        Quadratic((1, 2), rotation=rotation)


def test_an_angle_with_three_curvatures_is_refused():
    with pytest.raises(ValueError, match=r"rotation must be a matrix of shape \(3, 3\).*0.1"):
        Quadratic((1, 2, 3), rotation=0.1)


@pytest.mark.parametrize("rotation", ["left", 1j, None, [["a"]]])
def test_a_rotation_that_is_no_number_is_refused(rotation):
    with pytest.raises(TypeError, match="rotation must be"):
        Quadratic((1, 2), rotation=rotation)
