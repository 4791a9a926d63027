"""Chapter 09: its figures draw what they get, its claims and its explorer count what they say."""

import numpy as np
import pytest

import course_lr
from course_lr import MLP, Quadratic
from course_lr.teaching import evidence, figures
from course_lr.teaching.evidence import ch09, ch09_contest, ch09_practice, ch09_recipe
from course_lr.teaching.evidence.ch09_contest import METHODS, Way
from course_lr.teaching.evidence.trial import Trial
from course_lr.teaching.exercises import ch09 as exercises
from course_lr.teaching.explorers import adjust
from course_lr.teaching.figures import choosing

RATES = np.array([0.01, 0.1, 1.0])
SEEDS = np.array([[0.2, 0.4], [0.7, 0.9], [0.5, 0.7]])
REGRETS = {"digits": {"recipe": np.array([1.0, 2.0, 3.0]), "grid": np.array([30.0, 50.0, 40.0])}}
FIGURES = {
    "adjusting": (RATES, SEEDS[:, 0], {"up": RATES}),
    "batch_and_rate": ({"digits": {"16": (RATES, SEEDS)}},),
    "decay_and_rate": (RATES, np.array([0.0, 0.1]), SEEDS.T),
    "decision_chart": ({"S17-raise-digits": "confirmed"},),
    "regrets": (REGRETS,),
}
OTHERS = {"decision_chart": ({"S17-raise-digits": "contradicted"},)}


def curves(validation, test, rates=RATES, name="digits_rates", failed=None, loss=None):
    """Curves of a few rates with as many seeds as columns, which are known in full."""
    validation, test = np.asarray(validation, float), np.asarray(test, float)
    (rows, n), nothing = test.shape, np.zeros(test.shape, bool)
    return evidence.Curves(
        np.asarray(rates, float),
        np.arange(n),
        np.array([480]),
        np.ones((1, rows, n)) if loss is None else np.asarray(loss)[None],
        validation[None],
        test,
        np.ones((rows, n)),
        nothing,
        nothing if failed is None else failed,
        np.ones(n),
        2.3,
        {"name": name, "seconds": 1.0},
    )


# --- figures --------------------------------------------------------------------------------------


def test_regrets_stand_at_their_mean_with_their_interval_and_large_ones_on_the_edge():
    (axis,) = figures.regrets(REGRETS, worst=20.0).axes
    zero, recipe_bar, recipe, grid_bar, grid = axis.lines
    np.testing.assert_allclose(recipe.get_xdata(), [2.0])
    np.testing.assert_allclose(recipe_bar.get_xdata(), [2 - 2.484, 2 + 2.484], atol=1e-3)
    np.testing.assert_allclose(grid.get_xdata(), [20.0])
    assert [text.get_text() for text in axis.texts] == ["40 →"]


def test_an_adjustment_is_numbered_and_its_best_is_kept():
    (axis,) = figures.adjusting(RATES, SEEDS[:, 1], {"down": RATES[::-1]}).axes
    assert [text.get_text() for text in axis.texts] == ["1", "2", "3"]
    (kept,) = [line for line in axis.lines if line.get_label() == "kept: 0.1"]
    np.testing.assert_allclose(np.ravel(kept.get_data()), [0.1, 90])


def test_the_chart_marks_each_claim_by_its_verdict():
    verdicts = {"S17-raise-digits": "confirmed", "S10-notes-digits": "contradicted"}
    (axis,) = figures.decision_chart(verdicts).axes
    texts = {text.get_text() for text in axis.texts}
    assert {"✓ S17-raise-digits", "✗ S10-notes-digits", "S17-raise-mnist1d"} <= texts
    assert all(question in texts for question, _, _ in choosing.CHART)


def test_every_branch_of_the_chart_cites_claims_that_exist():
    known = evidence.all_claims()
    for _, _, claims in choosing.CHART:
        assert claims and set(claims) <= set(known)


def test_batches_have_a_curve_and_the_middle_of_their_band():
    (axis,) = figures.batch_and_rate({"digits": {"16": (RATES, SEEDS)}}).axes
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [30, 80, 60])
    assert set(axis.lines[1].get_xdata()) == {0.1}


def test_the_map_of_decay_marks_the_best_and_the_best_without():
    axis = figures.decay_and_rate(RATES, np.array([0.0, 0.1]), SEEDS.T).axes[0]
    best, without = axis.lines
    assert [int(x) for x in np.ravel(best.get_data())] == [1, 1]
    assert [int(x) for x in np.ravel(without.get_data())] == [1, 0]


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


def test_the_adjusted_rate_is_judged_by_other_seeds():
    shown = np.array([[1, 1, 1], [3, 3, 3], [2, 2, 2]]) / 10
    test = np.array([[0.1, 0.1, 0.1], [0.5, 0.7, 0.9], [0.2, 0.2, 0.2]])
    trial = Trial([0], [1, 2], curves(shown, test, [1e-3, 10**-2.5, 1e-2]))
    np.testing.assert_allclose(ch09.from_a_start(trial, 1e-3, 10**0.5).values, [0, 0])
    lowered = ch09.from_a_start(trial, 1e-3, 10**-0.5)  # nothing lies below
    np.testing.assert_allclose(lowered.values, [10 - 90, 10 - 70])
    assert set(trial.failed) == {"best rate", "adjusted"}


def test_faster_counts_epochs_to_the_accuracy_of_the_start():
    shown = np.array([[[0.1], [0.3], [0.2]], [[0.2], [0.6], [0.5]], [[0.3], [0.7], [0.6]]])
    made = curves(shown[-1], shown[-1], [1e-3, 1e-2, 1e-1])
    made.validation_accuracy = np.repeat(shown, 2, axis=2)
    made.seeds, made.test_accuracy = np.arange(2), np.repeat(made.test_accuracy, 2, axis=1)
    made.failed = made.diverged = np.zeros((3, 2), bool)
    made.fluctuation, made.loss = np.ones((3, 2)), np.ones((3, 3, 2))
    made.start_loss = np.ones(2)
    np.testing.assert_allclose(ch09.faster(Trial([0], [1], made)).values, [3.0])


def test_equal_loss_is_where_both_have_come_to():
    """On a bowl both rates come to the same place: equal loss means equal accuracy."""
    problem = MLP(ch09_contest.spirals_data(samples=300), hidden=(8,))
    found = ch09.at_equal_loss(Trial([], [0, 1]), problem, 0.1, 60)
    assert found.values.shape == (2,)
    assert found.facts["its steps"] < found.facts["the tenth's steps"]


# --- the contest ----------------------------------------------------------------------------------


def test_a_regret_is_measured_from_the_first_method():
    test = np.linspace(0.9, 0.1, len(METHODS))[:, None]
    made = curves(test, test, np.arange(len(METHODS)))
    np.testing.assert_allclose(ch09_contest.behind(made, METHODS[0]), [0])
    np.testing.assert_allclose(ch09_contest.behind(made, METHODS[-1]), [-80])
    loss = 10.0 ** -np.arange(len(METHODS), dtype=float)[:, None]
    made = curves(test, test, np.arange(len(METHODS)), loss=loss)
    np.testing.assert_allclose(ch09_contest.behind(made, METHODS[2], loss=True), [2])


def test_a_search_never_uses_the_seed_that_judges_it(monkeypatch):
    used = []

    def seen(problem, budget, *, seed, **_):
        used.append(seed)
        return type("Found", (), {"rate": 0.1})

    monkeypatch.setattr(ch09_contest, "recommend", seen)
    monkeypatch.setattr(ch09_contest, "best_of_sweeps", lambda *_: Way(0.1))
    ways = ch09_contest.chosen(ch09_contest.bowl_contest.function, 40, 3)
    assert len(ways) == len(METHODS) and min(used) >= 10_000
    assert ways[-1] == Way(1e-3, adam=True) and ways[-2] == Way(1e-3)
    assert ways[1].decay and ways[2].adam and not ways[3].decay


def test_the_best_of_sweeps_is_found_on_a_bowl():
    best = ch09_contest.best_of_sweeps(lambda: Quadratic([1.0, 2.0]), 30)
    assert not best.adam and 0.4 < best.rate < 1.0


def test_a_contest_keeps_a_row_a_method_and_does_not_grow(monkeypatch):
    ways = [Way(0.1 / (1 + i), adam=i == 2) for i in range(len(METHODS))]
    monkeypatch.setattr(ch09_contest, "chosen", lambda *_: ways)
    contest = ch09_contest.bowl_contest
    found = contest.compute([4, 15])
    assert found.loss.shape == (1, len(METHODS), 2) and not found.failed.any()
    assert contest.wider(found, [4]) is None
    one = ch09_contest.ends(contest.function(), ways[3], [ways[3].rate], 400, [15])
    np.testing.assert_allclose(found.loss[0, 3, 1], one[1][0, 0], rtol=1e-3)
    assert np.isinf(found.loss[0, :, 0]).all()  # seed 4 judges nothing
    assert ch09_contest.judged(found).seeds.tolist() == [15]


def test_spirals_have_as_many_arms_as_classes_and_are_the_same_each_time():
    data = ch09_contest.spirals_data(samples=90)
    assert set(data.labels) == {0, 1, 2} and len(data.inputs) == 90
    np.testing.assert_array_equal(data.inputs, ch09_contest.spirals_data(samples=90).inputs)
    assert np.linalg.norm(data.inputs, axis=1).max() < 4.5


def test_ahead_is_the_mean_over_the_problems():
    n = len(METHODS)
    test = np.full((n, 2), 0.5)
    test[METHODS.index("the recipe")] = 0.9
    made = [curves(test, test, np.arange(n), name=c.name) for c in ch09_contest.NETWORKS]
    found = ch09_recipe.ahead(Trial([], [0, 1], *made), "random search")
    np.testing.assert_allclose(found.values, [40, 40])
    assert found.facts["problems where it is ahead"] == 9


def test_the_problems_are_none_that_the_chapters_tuned_on():
    known = {repr(c.sweeps[0].function()) for c in evidence.all_claims().values()
             if c.sweeps and c.chapter < 9}  # fmt: skip
    new = [contest.function() for contest in ch09_contest.NETWORKS]
    assert len({repr(problem) for problem in new}) == 9
    plain = [p for p in new if p.data.name == "spirals" or repr(p) not in known]
    assert len(plain) >= 8  # fresh data sets and other units show in no repr


# --- batch and decay ------------------------------------------------------------------------------


def test_the_middle_of_the_band_is_that_of_its_logarithms():
    logs = np.array([-1.0, 0.0, 1.0, 2.0])
    means = np.array([[0.1, 0.9, 0.895, 0.2], [0.9, 0.1, 0.1, 0.1]])
    np.testing.assert_allclose(ch09_practice.middle(means, logs), [0.5, -1.0])


def test_the_map_has_a_row_a_decay():
    problem = MLP(ch09_contest.spirals_data(samples=300), hidden=(4,))
    found = ch09_practice.decay_map(
        problem, 10, [0, 1], "validation", np.array([1e-3, 0.1]), np.array([0.0, 0.5, 5.0])
    )
    assert found.shape == (3, 2, 2)


def test_a_band_that_leaves_the_grid_has_no_middle():
    with pytest.raises(evidence.Refused, match="beyond the grid"):
        ch09_practice.middle(np.array([0.9, 0.9, 0.1]), np.array([-1.0, 0.0, 1.0]))


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
    assert not explorer.goal.met(explorer.data())
    assert explorer.goal.met(explorer.data(eta=1e-3, factor=factor))
    assert not explorer.goal.met(explorer.data(eta=10, factor=factor))


def test_the_prediction_is_read_off_the_kept_contests():
    exercise = course_lr.exercise("09.1")
    assert exercise.right == f'"{exercises._how_many_are_near()}"'
