"""Chapter 05: its figures draw what they get, its explorer counts what it says."""

import types

import numpy as np
import pytest
from matplotlib.figure import Figure

import course_lr
from course_lr.teaching.chapters.ch05_searching import explorer as search
from course_lr.teaching.chapters.ch05_searching import figures, nearest
from tests.teaching.drawn import curve, expect

RATES = np.array([0.01, 0.1, 1.0])
SEEDS = np.array([[0.2, 0.4], [0.7, 0.9], [0.5, 0.7]])
ACCURACY = np.array([[0.1, 0.2, 0.3], [0.9, 0.2, 0.1]])  # (momenta, rates)
GRID = (np.array([0.01, 0.01, 1.0]), np.array([0.0, 0.9, 0.0]))
LOSS = np.array([[1.0, 1.2], [2.0, 2.0], [np.inf, 3.0]])
FIGURES = {
    "loss_and_accuracy": (RATES, LOSS, SEEDS),
    "lost_beside_the_best": (np.array([-0.5, 0.0, 0.5]), {"digits": np.array([1.0, 0.0, 8.0])}),
    "plane_of_points": (RATES, np.array([0.0, 0.9]), ACCURACY, {"grid": GRID}),
    "promised_and_kept": ("digits", np.array([97.0, 98.0]), np.array([95.0, 98.5])),
}


# --- figures --------------------------------------------------------------------------------------


def test_what_is_lost_is_drawn_at_its_distance():
    decades, lost = FIGURES["lost_beside_the_best"]
    (axis,) = figures.lost_beside_the_best(decades, lost).axes
    expect(curve(axis, "digits"), decades, lost["digits"])


def test_a_plane_counts_its_different_rates_and_stars_the_best():
    axis = figures.plane_of_points(*FIGURES["plane_of_points"]).axes[0]
    assert axis.get_title() == "grid: 2 different rates"
    expect(axis.lines[0], *GRID)
    expect(axis.lines[2], [0.01], [0.9])
    names = [text.get_text() for text in axis.figure.legends[0].get_texts()]
    assert names == ["a setting that is tried", "its rates", "the best of them"]


def test_promise_is_x_and_what_is_kept_is_y():
    (axis,) = figures.promised_and_kept(*FIGURES["promised_and_kept"]).axes
    expect(curve(axis, "winner of a search"), [97, 98], [95, 98.5])
    expect(curve(axis, "mean"), [97.5], [96.75])
    diagonal = curve(axis, "promise kept")
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())


def test_loss_chooses_its_lowest_and_accuracy_its_highest():
    left, right = figures.loss_and_accuracy(*FIGURES["loss_and_accuracy"]).axes
    expect(curve(left, "chosen by it: η = 0.01"), [0.01], [1.1])
    expect(curve(right, "chosen by it: η = 0.1"), [0.1], [80])
    dotted = [axis.lines[1].get_xdata()[0] for axis in (left, right)]
    assert dotted == [0.01, 0.01]  # the choice by loss, in both panels


def test_the_nearest_rate_is_so_on_a_log_axis():
    assert nearest(RATES, [[0.02, 0.5], [0.033, 9.0]]).tolist() == [[0, 2], [1, 2]]


# --- the explorer ---------------------------------------------------------------------------------


def test_a_plan_of_one_look_is_a_grid():
    data = search.compute(1e-5, 6, 12, "digits")
    np.testing.assert_array_equal(data["reached"]["your plan"], data["reached"]["grid of 12"])
    assert len(data["coarse"][0]) == 12 and len(data["fine"][0]) == 0


@pytest.mark.parametrize("problem", search.SWEEPS)
def test_the_second_look_stays_within_a_step_of_the_first_ones_best(problem):
    data = search.compute(1e-4, 4, 4, problem)
    rates, shown = data["coarse"]
    off = np.abs(np.log10(data["fine"][0] / rates[shown.argmax()]))
    assert len(off) == 8 and off.max() < 4 / 3 + 0.3
    both = np.concatenate([shown, data["fine"][1]])
    assert data["chosen"][1] == both.max()


def test_halving_keeps_a_third_each_time(monkeypatch):
    epochs, rates = 9, 9
    accuracy = np.tile(np.arange(rates)[:, None] / 10.0, (epochs, 1, 2))
    accuracy[0, 8] = 0.0  # the best at the end is among the worst after the first epoch
    accuracy[2, 7] = 0.0
    table = types.SimpleNamespace(validation_accuracy=accuracy)
    monkeypatch.setattr(search, "table", lambda problem: (table, 0))
    # 7, 6 and 5 outlive the first round, 6 alone the second
    assert search.halving("any").tolist() == [6, 6]


def test_the_goal_asks_for_a_second_look():
    behind = {
        first: search.compute(1e-5, 4, first, "MNIST-1D")["behind"] for first in search.FIRST.values
    }
    assert behind[4] < 0.5 < behind[8] < behind[12]
    explorer = search.EXPLORER
    assert explorer.met(explorer.data(first=4))
    assert not explorer.met(explorer.data(first=4, problem="digits"))
    assert not explorer.met(explorer.data(first=12, decades=6))


def test_the_explorer_draws_what_it_computed():
    part = search.make(Figure(figsize=(7, 4)))
    data = search.EXPLORER.data(eta=1e-4, first=6, problem="digits")
    search.draw(part, data)
    for name in ("coarse", "fine"):
        np.testing.assert_array_equal(part[name].get_data(), data[name])
    assert np.ravel(part["chosen"].get_data()).tolist() == list(data["chosen"])
    means = [data["reached"][name].mean() for name in search.ROWS]
    np.testing.assert_array_equal(part["means"].get_xdata(), means)
    assert part["your plan"].get_text() == f"your plan: {means[0]:.1f}"
    assert part["number"].get_text() == f"{data['best']:.1f}"
    assert f"rate of the full search {data['best']:.1f}" in search.state(data)
    assert len(part["dots"].get_xdata()) == sum(len(v) for v in data["reached"].values())


# --- the race -------------------------------------------------------------------------------------


def test_the_race_compares_with_grid_random_and_halving(capsys, monkeypatch):
    race = course_lr.exercise("05.6")
    race.compare(race.answer(race.right))
    table = capsys.readouterr().out.splitlines()
    assert all(any(name in row for row in table) for name in ("random", "halving"))
    own, grid = (
        float(row.split()[-2]) for row in table if "your function" in row or "a grid of" in row
    )
    assert own > grid
    monkeypatch.setattr(race, "rivals", lambda: {"a grid of 12": [0.5]})
    race.compare(...)
    printed = capsys.readouterr().out
    assert "your function" not in printed and "Your function joins the table" in printed


def test_halving_formula_counts_as_the_search_does():
    ex = course_lr.exercise("05.3")
    bowl, rates = course_lr.Quadratic([1.0]), np.geomspace(0.01, 1, 9)
    search = course_lr.successive_halving(bowl, rates, steps=90, seeds=1)
    assert ex.answer(ex.right)(9, 90, 3) == search.evaluations


def test_the_chance_of_a_hit_is_what_the_exercise_says():
    draws, share = course_lr.exercise("05.1").curves()[""]["at random, 20,000 searches"]
    np.testing.assert_allclose(share, 100 * (1 - 0.9**draws), atol=1)
