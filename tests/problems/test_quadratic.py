"""The quadratic: its closed forms, its rotation, and what it refuses."""

import numpy as np
import pytest

from course_lr import Quadratic


def test_the_columns_of_a_matrix_are_the_axes():
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    problem = Quadratic((1, 2, 3, 4, 5), rotation=axes)
    np.testing.assert_allclose(problem.gradient(axes.T), (axes * np.arange(1, 6)).T, atol=1e-12)


def test_an_angle_turns_the_axes_anticlockwise():
    c, s = np.cos(0.4), np.sin(0.4)
    w = np.random.default_rng(0).normal(size=(6, 2))
    by_angle = Quadratic((1, 20), rotation=0.4)
    by_matrix = Quadratic((1, 20), rotation=[[c, -s], [s, c]])
    np.testing.assert_allclose(by_angle.gradient(w), by_matrix.gradient(w), rtol=1e-13)


def test_what_is_given_and_what_is_printed():
    assert Quadratic((1.0, -1.0)).loss([[0.0, 3.0]])[0] == -4.5
    assert Quadratic(2) == Quadratic([2.0]) == Quadratic(np.array([2]))
    assert repr(Quadratic([1, 20])) == "Quadratic((1.0, 20.0))"
    turned = Quadratic(3, noise=1, rotation=[[-1]])
    assert repr(turned) == "Quadratic((3.0,), noise=1.0, rotation=((-1.0,),))"


@pytest.mark.parametrize(
    ("name", "error", "values"),
    [
        ("curvatures", ValueError, ([], [[1, 2]], [1, np.nan], np.inf, [[1], [2, 3]])),
        ("curvatures", TypeError, ("1", ["1", "2"], [1j], None, [True], np.sqrt)),
        ("rotation", ValueError, (np.nan, [1, 0], np.ones((2, 2)), np.eye(3), np.eye(2) * 1.001)),
        ("rotation", TypeError, ("left", 1j, None, [["a"]])),
    ],
)
def test_what_is_no_curvature_and_no_rotation_is_refused(name, error, values):
    for value in values:
        with pytest.raises(error, match=f"{name} must be"):
            Quadratic(**{"curvatures": (1, 2)} | {name: value})
    with pytest.raises(ValueError, match=r"rotation must be a matrix of shape \(3, 3\).*0.1"):
        Quadratic((1, 2, 3), rotation=0.1)
