"""Chapter 03: what its figures draw, its explorer says, and its formulas compute."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import course_lr
from course_lr.teaching import figures
from course_lr.teaching.chapters import ch03_decay
from course_lr.teaching.chapters.ch03_decay import explorer as decay

STEPS = np.arange(6)
PEAKS = np.array([0.1, 0.3, 1.0])
SEEDS = np.array([[0.5, 0.7], [0.8, 0.9], [0.6, 0.6]])
FLOORS = STEPS + 1.0
SERIES = {"one": np.linspace(1, 0.5, 6), "two": np.linspace(2, 0.1, 6)}

FIGURES = {
    "accuracy_against_peak": ({"here": {"one": (PEAKS, SEEDS), "two": (PEAKS, SEEDS[::-1])}},),
    "common_and_own": ({"at 1": {"one": SEEDS[0], "two": SEEDS[1]}, "own": {"one": SEEDS[1]}},),
    "distance_to_go": (SERIES, {"one": 2 * SERIES["one"], "two": SERIES["two"]}),
    "family_of_schedules": (STEPS, {"drops": SERIES, "lines": {"one": SERIES["two"]}}),
    "floor_against_rate": (PEAKS, np.array([0.03, 0.08, 0.6]), np.array([0.02, 0.09, 0.5])),
    "gains": ({"digits": (0.1, -0.5, 0.6), "signals": (2.5, 1.2, 3.0), "open": (1.0, 0, 2)},),
    "late_training": (STEPS, {"one": np.outer(SERIES["one"], [0.9, 1.0])}),
    "map_of_accuracy": (PEAKS, np.array([1.0, 0.1]), np.stack([SEEDS, SEEDS[::-1] + 0.1], 1)),
    "noise_floors": (
        {"a": {"one": (SERIES["one"], 0.5)}, "b": {"two": (SERIES["two"], STEPS + 1)}},
    ),
}
"""An example for each figure of this chapter."""


def made(name, *arguments, **options):
    return getattr(figures, name)(*(arguments or FIGURES[name]), **options)


def points(line):
    return np.column_stack(line.get_data())


def curve(axis, name):
    (found,) = [line for line in axis.lines if line.get_label() == name]
    return found


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_made_and_names_its_axes(name):
    figure = made(name)
    assert isinstance(figure, Figure) and figure.axes[0].get_xlabel()
    for axis in figure.axes:
        if axis.get_xlabel():
            assert (axis.get_xscale() == "log") == ("log" in axis.get_xlabel())


def test_accuracy_against_peak_marks_the_best_of_each():
    (axis,) = made("accuracy_against_peak", lowest=[40]).axes
    np.testing.assert_allclose(points(curve(axis, "one")), np.column_stack([PEAKS, [60, 85, 60]]))
    stars = [points(line).ravel() for line in axis.lines if line.get_marker() == "*"]
    np.testing.assert_allclose(stars, [[0.3, 85], [0.3, 85]])
    assert axis.get_ylim()[0] == 40 and axis.get_ylabel() == "mean test accuracy (%)"


def test_accuracy_against_peak_shows_only_the_rates_asked_for():
    (axis,) = made("accuracy_against_peak", within=(0.2, 0.5)).axes
    np.testing.assert_allclose(points(curve(axis, "one")), [[0.3, 85]])


def test_common_and_own_has_a_bar_and_the_seeds_for_each_method():
    first, second = made("common_and_own", lowest=20).axes
    np.testing.assert_allclose([bar.get_height() for bar in first.patches], [60, 85])
    np.testing.assert_allclose([bar.get_height() for bar in second.patches], [85])
    np.testing.assert_allclose([line.get_ydata() for line in first.lines], 100 * SEEDS[:2])
    assert [text.get_text() for text in first.texts] == ["60.0", "85.0"]
    low, high = second.get_ylim()
    assert low == 20 and high > 90  # the highest dot of any panel is within
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["one", "two"]


def test_distance_to_go_counts_the_first_update_as_one():
    travelled, left = made("distance_to_go").axes
    np.testing.assert_allclose(
        points(curve(travelled, "one")), np.column_stack([STEPS + 1, SERIES["one"]])
    )
    np.testing.assert_allclose(curve(left, "one").get_ydata(), 2 * SERIES["one"])
    np.testing.assert_allclose(curve(left, "two").get_ydata(), SERIES["two"])
    for axis in (travelled, left):
        assert [text.get_text() for text in axis.get_legend().get_texts()] == ["one", "two"]


def test_family_of_schedules_draws_every_rate_in_its_group():
    drops, lines = made("family_of_schedules").axes
    assert [axis.get_title() for axis in (drops, lines)] == ["drops", "lines"]
    for name, rates in SERIES.items():
        np.testing.assert_allclose(points(curve(drops, name)), np.column_stack([STEPS, rates]))
    np.testing.assert_allclose(curve(lines, "one").get_ydata(), SERIES["two"])
    assert drops.get_ylim()[1] > 2  # room for the legend above the highest rate


def test_floor_against_rate_draws_what_was_measured_and_what_was_computed():
    (axis,) = made("floor_against_rate").axes
    np.testing.assert_allclose(curve(axis, "measured").get_ydata(), [0.03, 0.08, 0.6])
    np.testing.assert_allclose(curve(axis, "formula").get_ydata(), [0.02, 0.09, 0.5])
    np.testing.assert_allclose(curve(axis, "proportional to η").get_ydata(), 0.2 * PEAKS)


def test_gains_are_drawn_with_their_intervals_in_the_order_given():
    (axis,) = made("gains").axes
    intervals = [line.get_xdata() for line in axis.lines[:6:2]]
    np.testing.assert_allclose(intervals, [[-0.5, 0.6], [1.2, 3.0], [0, 2]])
    np.testing.assert_allclose(
        [line.get_xdata() for line in axis.lines[1:6:2]], [[0.1], [2.5], [1]]
    )
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["digits", "signals", "open"]
    assert len({line.get_color() for line in axis.lines[:6:2]}) == 3  # one for each verdict
    top, bottom = axis.get_ylim()[::-1]
    assert top < bottom
    assert axis.get_xlabel() == "points ahead of the best constant rate (dashed: 1)"


def test_gains_say_what_they_are_compared_with():
    (axis,) = figures.gains({"here": (-0.5, -0.8, 0)}, threshold=-1.0, of="a search").axes
    assert axis.get_xlabel() == "points ahead of a search (dashed: −1)"
    assert axis.lines[-1].get_xdata()[0] == -1


def test_late_training_begins_where_it_is_told_to():
    (axis,) = made("late_training", since=2).axes
    np.testing.assert_allclose(curve(axis, "mean").get_xdata(), STEPS[2:])
    np.testing.assert_allclose(curve(axis, "mean").get_ydata(), 95 * SERIES["one"][2:])
    assert len(axis.lines) == 3


def test_map_of_accuracy_marks_the_best_of_each_fall_and_of_all():
    axis = made("map_of_accuracy").axes[0]
    (mesh,) = axis.collections
    np.testing.assert_allclose(mesh.get_array(), [[60, 85, 60], [70, 95, 70]])
    dots = [points(line).ravel() for line in axis.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [[0.3, 1.0], [0.3, 0.1]])
    star = curve(axis, "best of all: 95.0 %")
    np.testing.assert_allclose(points(star), [[0.3, 0.1]])


def test_noise_floors_draws_each_loss_with_its_floor():
    first, second = made("noise_floors").axes
    np.testing.assert_allclose(curve(first, "one").get_ydata(), SERIES["one"])
    np.testing.assert_allclose(first.lines[1].get_ydata(), np.full(6, 0.5))
    np.testing.assert_allclose(second.lines[1].get_ydata(), STEPS + 1)
    assert first.get_yscale() == "log"
    assert [text.get_text() for text in first.get_legend().get_texts()][-1] == (
        "computed floor of each"
    )


# --- the explorer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", decay.KIND.values[1:])
@pytest.mark.parametrize("left", decay.LEFT.values)
def test_every_decay_leaves_the_share_that_is_asked_for(kind, left):
    rates = decay.schedule(0.5, kind, left)(np.arange(decay.STEPS + 1))
    last = decay.STEPS - 1 if kind == "three stairs" else decay.STEPS
    np.testing.assert_allclose([rates[0], rates[last]], [0.5, 0.5 * left])


def test_the_exact_mean_is_that_of_the_runs_and_settles_on_the_floor():
    data = decay.compute(0.1, "not at all", 0.1)
    many = course_lr.train(
        course_lr.Quadratic(1.0, noise=1.0), 0.1, steps=decay.STEPS, start=[10.0], seeds=2000
    )
    np.testing.assert_allclose(data["mean"][:20], many.loss.mean(axis=1)[:20], rtol=0.03)
    np.testing.assert_allclose(data["mean"][-50:], many.loss.mean(axis=1)[-50:], rtol=0.2)
    np.testing.assert_allclose(data["mean"][-1], data["floor"][-1])
    np.testing.assert_allclose(data["floor"], 0.1 / (2 * 1.9))


def test_no_constant_rate_reaches_the_goal_and_every_decay_can():
    met = decay.EXPLORER.met
    reached = {
        kind: any(
            met({"mean": ch03_decay.expected_loss(decay.schedule(eta, kind, left)(STEPS_OF))}
                     | {"best": decay.best_constant()})
            for eta in decay.ETA.values for left in decay.LEFT.values
        )
        for kind in decay.KIND.values
    }  # fmt: skip
    assert reached.pop("not at all") is False
    assert all(reached.values())


STEPS_OF = np.arange(decay.STEPS)


def test_the_explorer_draws_what_it_computed():
    part, data = decay.make(Figure(figsize=(7, 4))), decay.compute(0.1, "three stairs", 0.01)
    decay.draw(part, data)
    np.testing.assert_array_equal(part["rate"].get_ydata(), data["rates"])
    np.testing.assert_array_equal(part["mean"].get_ydata(), data["mean"])
    np.testing.assert_array_equal(part["floor"].get_ydata(), data["floor"])
    np.testing.assert_array_equal(part["end"].get_ydata(), data["mean"][-1:])
    band = part["band"].get_paths()[0].vertices
    np.testing.assert_allclose(band[: decay.STEPS + 1, 1], np.maximum(data["band"][0], 5e-5))


def test_a_decay_that_freezes_is_said_to_leave_a_distance():
    data = decay.compute(0.01, "× γ a step", 1e-4)
    left = 10 * np.prod(1 - data["rates"])
    assert left > 5 and f"leaves {left:.2g} of the distance 10" in decay.state(data)
    assert f"add up to {data['rates'].sum():.1f}" in decay.state(data)


# --- formulas -------------------------------------------------------------------------------------


def test_the_expected_loss_settles_on_the_formula():
    for eta in (0.02, 0.5, 1.5, 1.9):
        settled = ch03_decay.expected_loss(np.full(2000, eta))[-1]
        np.testing.assert_allclose(settled, ch03_decay.noise_floor(eta))
    np.testing.assert_allclose(ch03_decay.noise_floor(0.1, 2.0, 3.0), 0.1 * 9 / (2 * 1.8))


# --- exercises ------------------------------------------------------------------------------------


def test_the_tables_of_the_unfair_baseline_tell_every_mistake_apart():
    for validation, test in course_lr.exercise("03.6").cases[1:]:
        best = [np.argmax(rates) for table in (validation, test) for rates in table.values()]
        assert len(set(best)) == 4


def test_the_cut_of_the_prediction_ends_on_the_new_floor():
    ends = [loss[-100:].mean() for loss in course_lr.exercise("03.1").curves().values()]
    np.testing.assert_allclose(ends, [0.2 / 3.6, 0.02 / 3.96], rtol=0.1)
