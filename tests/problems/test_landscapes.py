"""The landscapes: known values, minima that are minima, starts, and what they refuse."""

import numpy as np
import pytest

from course_lr import Quadratic, Ravine, Ripples, Rosenbrock, Saddle, Wells, wells

WITH_MINIMA = [
    Rosenbrock(),
    Ravine(),
    Saddle(),
    Ripples(),
    Ripples(bowl=1.0, height=0.3, frequency=2.0),
    Wells(1.0, [-2, 2], 0.5),
    Wells([1, 1], [-50, 50], 0.5, bowl=0),
    wells("wide"),
    wells("narrow"),
    wells("equal"),
]


@pytest.mark.parametrize("problem", WITH_MINIMA, ids=lambda p: repr(p)[:40])
def test_minima_are_minima_and_come_deepest_first(problem):
    minima = problem.minima
    assert np.abs(problem.gradient(minima)).max() < 1e-9
    assert np.linalg.eigvalsh(problem.hessian(minima)).min() > 0
    assert (np.diff(problem.loss(minima)) > -1e-8).all()
    around = minima + 1e-3 * np.random.default_rng(0).normal(size=(20, *minima.shape))
    assert all((problem.loss(near) > problem.loss(minima)).all() for near in around)


def test_small_steps_from_everywhere_end_in_one_of_the_minima():
    for kind in ("wide", "narrow", "equal"):
        problem = wells(kind)
        w = problem.start(200)
        for _ in range(3000):
            w = w - 0.03 * problem.gradient(w)
        distance = np.abs(w[:, None] - problem.minima).max(axis=-1)
        assert distance.min(axis=1).max() < 1e-6
        assert set(distance.argmin(axis=1)) == set(range(7))


def test_ripples_have_all_their_minima():
    problem = Ripples()
    grid = np.linspace(-20, 20, 400_001)[:, None]
    slope = problem.gradient(grid)[:, 0]
    crossings = grid[:-1, 0][(slope[:-1] < 0) & (slope[1:] >= 0)]
    np.testing.assert_allclose(np.sort(problem.minima[:, 0]), crossings, atol=2e-4)
    assert problem.minima[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        problem.minima[0] = 1


def test_wells_follow_their_formula():
    depths, centres, widths = [1.0, 2.0], np.array([[0.5, -1.0], [2.0, 1.0]]), [0.4, 0.9]
    w = np.random.default_rng(0).normal(size=(30, 2))
    expected = 0.1 * (w**2).sum(1)
    for d, c, s in zip(depths, centres, widths, strict=True):
        expected -= d * np.exp(-((w - c) ** 2).sum(1) / (2 * s**2))
    np.testing.assert_allclose(Wells(depths, centres, widths, bowl=0.1).loss(w), expected)


def test_the_presets_have_the_ring_and_the_deep_well():
    presets = {"wide": (3, 1.2, 0.35), "narrow": (3, 0.35, 0.8), "equal": (2, 0.5, 0.5)}
    for kind, (deep, wide, others) in presets.items():
        problem = wells(kind)
        assert problem.depths == (deep, 1, 1, 1, 1, 1, 1) and problem.bowl == 0.05
        assert problem.widths == (wide,) + (others,) * 6 and problem.centres[0] == (0.8, 0.5)
        ring = np.array(problem.centres[1:]) @ [1, 1j]
        np.testing.assert_allclose(ring, 2.6 * np.exp(1j * (np.arange(6) * np.pi / 3 + 0.3)))


def test_known_values_and_curvatures():
    w = np.random.default_rng(0).normal(size=(9, 2))
    straight = Ravine(along=2, across=30, bend=0)
    np.testing.assert_allclose(straight.loss(w), Quadratic((2, 30)).loss(w), rtol=1e-14)
    np.testing.assert_allclose(Ravine(2, 30).hessian([[0, 0]]), [[[2, 0], [0, 30]]])
    rosenbrock = np.linalg.eigvalsh(Rosenbrock().hessian([[1, 1]]))[0]
    np.testing.assert_allclose(rosenbrock, [0.39936, 1001.60064], atol=1e-5)
    assert Saddle().loss(Saddle().minima).tolist() == [-0.25, -0.25]
    assert Rosenbrock().loss([[-1.2, 1]])[0] == pytest.approx(24.2)


def test_starts():
    assert Rosenbrock().start(2).tolist() == [[-1.2, 1.0]] * 2
    assert Ravine().start(1).tolist() == [[-4.0, 1.0]]
    assert Saddle().start([5]).tolist() == [[0.01, 2.0]]
    for problem in (Ripples(), wells()):
        start = problem.start(1000)
        assert len(np.unique(start, axis=0)) == 1000
        assert -4 <= start.min() < -3.95 and 3.95 < start.max() <= 4
        assert np.abs(start.mean(axis=0)).max() < 4 * (8 / np.sqrt(12)) / np.sqrt(1000)


def test_descent_from_the_saddles_start_comes_by_the_saddle_first():
    w, speed = Saddle().start(1), []
    for _ in range(200):
        speed.append(float(np.linalg.norm(Saddle().gradient(w))))
        w = w - 0.1 * Saddle().gradient(w)
    slowest = int(np.argmin(speed[:45]))
    assert 20 < slowest < 35 and max(speed[slowest:]) > 2 * speed[slowest]
    np.testing.assert_allclose(w, [[1, 0]], atol=1e-6)


WELLS = {"depths": [1, 2], "centres": [[0, 0], [1, 1]], "widths": 0.5}


ONE_A_CENTRE = "must be one number, or 2 as there are 2 centres"


@pytest.mark.parametrize(
    ("kind", "name", "values", "message"),
    [
        *((Ripples, name, [0], "must be") for name in ("bowl", "height", "frequency")),
        (Ripples, "bowl", [-1, np.nan, np.inf, [1, 2]], "must be"),
        (Ravine, "along", [0, [1, 2]], "must be"),
        (Ravine, "across", [-1], "must be"),
        (Ravine, "bend", [-0.1], "must be"),
        (Wells, "depths", [[1, 2, 3]], ONE_A_CENTRE),
        (Wells, "widths", [[1]], ONE_A_CENTRE),
        (Wells, "depths", [0, []], "must be finite numbers > 0"),
        (Wells, "widths", [[1, np.inf]], "must be finite numbers > 0"),
        (Wells, "centres", [[], 1.0, [[0, np.nan], [1, 1]]], "must be finite numbers"),
        (Wells, "centres", [[[0], [1, 1]]], "must be"),
        (Wells, "bowl", [-1], "must be a finite number >= 0"),
        (wells, "kind", ["narow"], ".*did you mean 'narrow'"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(kind, name, values, message):
    for value in values:
        with pytest.raises(ValueError, match=f"{name} {message}"):
            kind(**{**(WELLS if kind is Wells else {}), name: value})


def test_what_is_no_number_is_refused():
    for name in ("depths", "centres", "widths", "bowl"):
        for value in ("deep", 1j, None):
            with pytest.raises(TypeError, match=f"{name} must be"):
                Wells(**{**WELLS, name: value})
    with pytest.raises(TypeError, match="kind must be one of"):
        wells(3)
