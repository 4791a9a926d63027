"""Chapter 03: what its figures draw, its explorer says, and its formulas compute."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import course_lr
from course_lr.teaching.chapters import ch03_decay
from course_lr.teaching.chapters.ch03_decay import explorer as decay
from course_lr.teaching.chapters.ch03_decay import figures
from tests.teaching.drawn import curve, expect

SEEDS = np.array([[0.5, 0.7], [0.8, 0.9], [0.6, 0.6]])
FIGURES = {
    "common_and_own": ({"at 1": {"one": SEEDS[0], "two": SEEDS[1]}, "own": {"one": SEEDS[1]}},),
    "floor_against_rate": (SEEDS[0], np.array([0.03, 0.08]), np.array([0.02, 0.09])),
    "late_training": (np.arange(3), {"one": SEEDS}, 1),
}
"""An example for each figure of this chapter."""


# --- figures --------------------------------------------------------------------------------------


def test_common_and_own_has_a_bar_and_the_seeds_for_each_method():
    first, second = figures.common_and_own(*FIGURES["common_and_own"]).axes
    np.testing.assert_allclose([bar.get_height() for bar in first.patches], [60, 85])
    np.testing.assert_allclose([bar.get_height() for bar in second.patches], [85])
    np.testing.assert_allclose([line.get_ydata() for line in first.lines], 100 * SEEDS[:2])
    assert [text.get_text() for text in first.texts] == ["60.0", "85.0"]
    assert second.get_ylim()[1] > 90  # the highest dot of any panel is within
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["one", "two"]


def test_floor_against_rate_draws_what_was_measured_and_what_was_computed():
    (axis,) = figures.floor_against_rate(*FIGURES["floor_against_rate"]).axes
    expect(curve(axis, "measured"), SEEDS[0], [0.03, 0.08])
    expect(curve(axis, "formula"), SEEDS[0], [0.02, 0.09])
    expect(curve(axis, "proportional to η"), SEEDS[0], 0.04 * SEEDS[0])


def test_late_training_begins_where_it_is_told_to():
    (axis,) = figures.late_training(*FIGURES["late_training"]).axes
    expect(curve(axis, "mean"), [1, 2], [85, 60])
    assert len(axis.lines) == 3


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
