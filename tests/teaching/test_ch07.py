"""Chapter 07: what its figures draw, where its explorer leads, and what its functions compute."""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import course_lr
from course_lr.teaching.chapters import ch07_cycles
from course_lr.teaching.chapters.ch07_cycles import explorer as cycles
from course_lr.teaching.chapters.ch07_cycles import figures
from tests.teaching.drawn import curve, expect, points

SIDE = np.array([-1.0, 0.0, 1.0])
PLACES = np.array([[0, 1, 1], [0, 0, 2], [3, 2, 1]])
MINIMA = np.array([[0.5, 0.5], [-0.5, 0.0], [0.0, -0.5]])
MAP = (np.array([0.3, 1.0]), (0.1, 1.0), np.array([[0.80, 0.75], [0.745, 0.50]]))
LADDER = course_lr.RangeTest(
    np.geomspace(1e-3, 1, 4), np.array([2.0, 1.8, 1.0, 9.0]), np.array([2.0, 1.9, 1.4, 3.0]), 2.0, 4
)
ETA, LOSS = np.array([1.0, 0.5, 1.0, 0.5]), np.array([2.0, 1.0, 1.5, 0.5])
FIGURES = {
    "basin_maps": (SIDE, {"a": PLACES, "b": PLACES.T}, {"a": MINIMA, "b": MINIMA}),
    "bounds_map": ({"a": MAP},),
    "ends_against_starts": (SIDE, {"a": SIDE / 2, "b": -SIDE}, np.array([0.0, 1.5, -9.0])),
    "ends_of_cycles": (ETA, LOSS, np.array([2, 4]), {"each": np.array([0.5, 0.6])}),
    "range_tests_with_bounds": ({"a": LADDER},),
}
"""An example for each figure of this chapter."""


def drawn(name):
    return getattr(figures, name)(*FIGURES[name])


# --- figures -------------------------------------------------------------------------------------


def test_maps_colour_the_deepest_basin_and_give_its_share():
    figure = drawn("basin_maps")
    assert [axis.get_title() for axis in figure.axes] == ["a: 33 %", "b: 33 %"]
    first = figure.axes[0]
    (mesh,) = first.collections
    assert np.array_equal(np.asarray(mesh.get_array()).reshape(3, 3), PLACES)
    assert mesh.cmap(mesh.norm(0)) == to_rgba(figures.BASINS[0]) != mesh.cmap(mesh.norm(1))
    others, deepest = first.lines
    assert np.array_equal(points(others), MINIMA[1:])
    assert np.array_equal(points(deepest), MINIMA[:1])


def test_ends_stand_over_their_starts_and_far_minima_are_left_out():
    axis = drawn("ends_against_starts").axes[0]
    expect(axis.lines[-1], SIDE, SIDE / 2)
    heights = [line.get_ydata()[0] for line in axis.lines[:-1]]
    assert heights == [0.0] and axis.get_ylim() == (-1.2, 1.2)


def test_pairs_near_the_best_constant_rate_are_outlined_and_no_others():
    (axis,) = drawn("bounds_map").axes
    assert [text.get_text() for text in axis.texts] == ["80", "74", "75", "50"]  # parts by peaks
    corners = [tuple(points(line).min(axis=0)) for line in axis.lines]
    assert corners == [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5)]  # all but the last
    assert [text.get_text() for text in axis.get_yticklabels()] == ["0.1", "1"]


def test_a_range_test_shows_its_bounds():
    (axis,) = drawn("range_tests_with_bounds").axes
    box = axis.patches[0].get_extents().transformed(axis.transData.inverted())
    assert np.allclose([box.x0, box.x1], LADDER.range)
    assert curve(axis, "loss").get_ydata().max() == 3.0  # cut at the top of the axis


def test_the_ends_of_cycles_are_marked_where_they_are():
    left, right, rate = drawn("ends_of_cycles").axes
    expect(curve(left, "end of a cycle"), [2, 4], [1.0, 0.5])
    expect(rate.lines[0], [1, 2, 3, 4], ETA)
    expect(curve(right, "each"), [1, 2], [50, 60])


# --- explorer ------------------------------------------------------------------------------------


def test_a_small_rate_stays_in_the_shallow_well_that_a_large_one_leaves():
    small, large = (cycles.EXPLORER.data(eta_max=eta) for eta in (cycles.ETA.values[0], 0.95))
    assert not small["arrived"] and large["arrived"]
    assert np.linalg.norm(small["path"][-1] - small["path"][0]) < 1.5
    assert np.linalg.norm(large["path"][-1] - large["deepest"]) < 0.3


def test_in_the_narrow_landscape_no_upper_bound_arrives():
    ends = [cycles.EXPLORER.data(eta_max=eta, kind="narrow") for eta in cycles.ETA.values[::4]]
    assert not any(data["arrived"] for data in ends)
    assert "not in the deepest well" in cycles.state(ends[0])


def test_the_explorer_draws_the_rate_and_the_path_that_were_used():
    data = cycles.EXPLORER.data(part=0, half_cycle=25)
    part = cycles.make(Figure(figsize=(7, 4)))
    cycles.draw(part, data)
    shown = course_lr.Triangular(0, 0.12, half_cycle=25)(np.arange(300))
    assert np.allclose(part["rate"].get_ydata(), np.maximum(shown, cycles.FLOOR))
    assert np.array_equal(np.column_stack(part["path"].get_data()), data["path"])
    wide, narrow = cycles.contours("wide"), cycles.contours("narrow")
    assert len(part["contours"].get_segments()) == len(wide) and wide[0].shape[1] == 2
    assert not np.array_equal(wide[0][:5], narrow[0][:5])


# --- basins, snapshots ----------------------------------------------------------------------------


def test_a_trailing_mean_looks_back_only():
    means = ch07_cycles.trailing(np.array([1.0, 2.0, 3.0, 10.0]), 3)
    assert np.isnan(means[:2]).all() and np.allclose(means[2:], [2, 5])


def test_a_point_belongs_to_the_minimum_that_it_rolls_to():
    problem = course_lr.wells("wide", noise=2.0)
    near = problem.minima + 0.05
    assert ch07_cycles.basins(problem, near).tolist() == list(range(len(near)))
    grid = near.reshape(1, -1, 2)
    assert ch07_cycles.basins(problem, grid).shape == (1, len(near))


def test_snapshots_are_those_of_one_training_and_vote():
    problem = course_lr.digits()
    eta = course_lr.CosineRestarts(0.5, period=8)
    shots = ch07_cycles.snapshots(problem, eta, 32, [0, 1])
    assert shots.shape == (4, 2, problem.n)
    w = course_lr.train(problem, eta, steps=32, seeds=2).w
    assert np.array_equal(shots[-1], w)
    alone = problem.evaluate(w, "test")["accuracy"]
    assert np.allclose(ch07_cycles.voted(problem, shots[-1:], "test"), alone)
    assert np.allclose(ch07_cycles.voted(problem, np.array([w, w]), "test"), alone)


# --- exercises -----------------------------------------------------------------------------------


def solution(number):
    exercise = course_lr.exercise(number)
    return exercise.answer(exercise.right)


def test_halving_is_the_schedule_of_the_package():
    t, eta = np.arange(200), course_lr.Triangular(0.1, 0.7, half_cycle=20, envelope="halving")
    assert np.allclose(solution("07.2")(t, 0.1, 0.7, 20), eta(t))


def test_whole_cycles_end_with_the_training():
    half = solution("07.3")(20, 3000, 64, 2)
    eta = course_lr.Triangular(0.1, 1.0, half_cycle=int(half))
    assert course_lr.mnist1d().steps_per_epoch * 20 == 4 * half
    assert eta(920) == 0.1 and eta(920 - half) == 1.0


def test_snapshots_are_taken_at_the_restarts_of_the_package():
    ends = np.asarray(solution("07.6")(10, 2, 4), int)
    eta = course_lr.CosineRestarts(1.0, period=10, period_mult=2)
    assert np.all(eta(ends) == 1.0) and np.all(eta(ends - 1) < 0.1)
