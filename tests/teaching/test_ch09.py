"""Chapter 09: its figures draw what they get, its explorer counts what it says."""

import re

import numpy as np
import pytest

import course_lr
from course_lr.teaching.chapters import ch09_choosing as ch09
from course_lr.teaching.chapters.ch09_choosing import explorer as adjust
from course_lr.teaching.chapters.ch09_choosing import figures

REGRETS = {
    "digits": {"recipe": np.array([1.0, 2.0, 3.0]), "grid": np.array([30.0, 50.0, 40.0])},
    "moons": {"recipe": np.zeros(3), "grid": -np.ones(3)},
}
FIGURES = {"decision_chart": ({"S16": "holds", "S5": "reversed"},), "regrets": (REGRETS,)}
OTHERS = {"decision_chart": ({"S16": "reversed"},)}


# --- figures --------------------------------------------------------------------------------------


def test_regrets_are_a_map_of_means_with_the_best_way_first():
    (axis,) = figures.regrets(REGRETS).axes
    np.testing.assert_allclose(axis.images[0].get_array(), [[2, 0, 1], [40, -1, 19.5]])
    assert [text.get_text() for text in axis.texts] == ["2.0", "0.0", "1.0", "40.0", "−1.0", "19.5"]
    assert [text.get_weight() for text in axis.texts[:3]] == ["normal", "normal", "bold"]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["recipe", "grid"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["digits", "moons", "mean"]


def test_the_chart_marks_each_statement_by_its_outcome():
    (axis,) = figures.decision_chart(*FIGURES["decision_chart"]).axes
    texts = [text.get_text() for text in axis.texts]
    before = dict(zip(texts[1:], texts))
    assert before["a range test finds bounds (S16): holds"] == "●"
    assert before["a decay steadies the end (S5): reversed"] == "✖"
    assert before["Adam spares tuning (S9)"] == ""
    assert all(question in texts for question, _, _ in figures.CHART)


# --- start and adjust -----------------------------------------------------------------------------

HALVES = 10.0 ** np.arange(-3, 1.1, 0.5)


def test_adjusting_upwards_ends_with_the_first_that_is_no_better():
    shown = np.array([1, 2, 3, 5, 4, 9, 9, 9, 9])
    assert ch09.adjusted(HALVES, shown, 1e-3, 10**0.5) == [0, 1, 2, 3, 4]
    assert ch09.adjusted(HALVES, shown, 0.9, 10**0.5) == [6, 7]  # equal is no better


def test_adjusting_downwards_goes_on_while_it_does_not_fall():
    shown = np.array([1, 2, 3, 9, 8, 7, 7, 7, 6])
    assert ch09.adjusted(HALVES, shown, 10.0, 10**-0.5) == [8, 7, 6, 5, 4, 3, 2]
    assert ch09.adjusted(HALVES, shown, 10.0, 0.1) == [8, 6, 4, 2]
    assert ch09.adjusted(HALVES, shown[::-1], 1e-3, 10**-0.5) == [0]  # the grid's end


def test_the_best_tried_is_kept_and_the_smaller_of_equals():
    assert ch09.kept(np.array([9, 5, 7, 7]), [1, 3, 2]) == 2


# --- batch and decay ------------------------------------------------------------------------------


def test_the_middle_of_the_band_is_that_of_its_logarithms():
    logs = np.array([-1.0, 0.0, 1.0, 2.0])
    means = np.array([[0.1, 0.9, 0.895, 0.2], [0.9, 0.1, 0.1, 0.1]])
    np.testing.assert_allclose(ch09.middle(means, logs), [0.5, -1.0])


def test_the_map_has_a_row_a_decay():
    problem = course_lr.digits(hidden=(4,), samples=300)
    found = ch09.decay_map(
        problem, 10, [0, 1], "validation", np.array([1e-3, 0.1]), np.array([0.0, 0.5, 5.0])
    )
    assert found.shape == (3, 2, 2)


def test_a_band_that_leaves_the_grid_has_no_middle():
    with pytest.raises(ValueError, match="beyond the grid"):
        ch09.middle(np.array([0.9, 0.9, 0.1]), np.array([-1.0, 0.0, 1.0]))


# --- explorer and exercises -----------------------------------------------------------------------


def test_a_search_goes_up_and_can_try_between():
    shown = np.array([1, 2, 3, 5, 4, 9, 9, 9, 9])
    assert adjust.path(HALVES, shown, 1e-3, 10**0.5, False) == [0, 1, 2, 3, 4]
    fine = 10.0 ** np.arange(-3, 1.01, 0.25)
    shown = -np.abs(np.log10(fine) + 1)
    assert adjust.path(fine, shown, 1e-2, 10, True) == [4, 8, 12, 6, 10]


def test_a_search_from_the_top_goes_down():
    shown = np.array([1, 2, 3, 9, 8, 7, 5, 4, 1])
    assert adjust.path(HALVES, shown, 1.0, 10**0.5, False) == [6, 7, 5, 4, 3, 2]


@pytest.mark.parametrize("factor", [10, 30])
def test_the_goal_is_reached_by_a_large_factor_alone(factor):
    explorer = adjust.EXPLORER
    assert not explorer.met(explorer.data())
    assert explorer.met(explorer.data(eta=1e-3, factor=factor))
    assert not explorer.met(explorer.data(eta=10, factor=factor))


def test_regret_is_told_of_an_answer_that_returns_rates(capsys):
    ex = course_lr.exercise("09.5")
    ex.compare(...)
    assert "It is told when `choose` returns a rate." in capsys.readouterr().out
    ex.compare(lambda try_rate: 1e-3)
    points = re.search(r"Regret in points, by problem: (\d+), (\d+)\.", capsys.readouterr().out)
    assert min(map(int, points.groups())) > 10
