"""The recipe: what it spends, what it prefers, and that it says why."""

import numpy as np
import pytest

import course_lr
from course_lr import Adam, CosineDecay, Quadratic, Warmup, digits, recommend
from course_lr.recipe import BELOW, FALLBACK, STEP, _Look, cosine
from course_lr.schedules import Constant

BOWL = Quadratic([1.0, 10.0], noise=0.1)


def look(scores):
    found = _Look(BOWL, Constant, course_lr.SGD(), 50)
    found.scores = scores
    return found


@pytest.mark.parametrize("budget", [5, 6, 10, 23])
@pytest.mark.parametrize("decay", [True, False])
def test_the_budget_is_never_exceeded_and_mostly_used(budget, decay):
    found = recommend(BOWL, budget, steps=60, decay=decay)
    assert found.evaluations == sum(step.evaluations for step in found.reasons)
    assert found.budget == 60 * budget
    assert found.budget - 2 * 60 - 60 < found.evaluations <= found.budget


def test_what_is_recommended_trains():
    problem = digits()
    found = recommend(problem, steps=160)
    assert isinstance(found.schedule, Warmup) and isinstance(found.schedule.after, CosineDecay)
    np.testing.assert_allclose(found.schedule(np.arange(160)).max(), found.rate)
    end = course_lr.train(
        problem, found.schedule, steps=160, seeds=[50, 51], record=("test_accuracy",)
    )
    assert end.test_accuracy[-1].min() > 0.9


def test_without_decay_the_rate_is_constant():
    found = recommend(BOWL, steps=60, decay=False)
    assert found.schedule == Constant(found.rate)


def test_the_peaks_stand_round_the_reading():
    found = recommend(BOWL, steps=200)
    ladder = course_lr.range_test(BOWL, steps=100)
    first = ladder.best * STEP ** (np.arange(5) - BELOW)
    assert f"from {first[0]:.2g} to {first[-1]:.2g}" in found.reasons[1].done


def test_a_failed_run_puts_its_rate_last_and_the_smaller_of_equals_first():
    found = look({0.3: [1.0, 1.0], 0.1: [1.0, 1.0], 1.0: [2.0, -np.inf], 0.03: [0.5, 0.5]})
    assert found.ranked() == [0.1, 0.3, 0.03, 1.0]


def test_it_goes_on_beyond_either_edge_and_not_from_the_middle():
    rates = (0.1, 0.2, 0.4)
    assert look(dict(zip(rates, [[1], [2], [3]]))).next() == 0.4 * STEP
    assert look(dict(zip(rates, [[3], [2], [1]]))).next() == 0.1 / STEP
    assert look(dict(zip(rates, [[1], [3], [2]]))).next() is None


def test_a_steep_bowl_is_followed_downwards():
    """Whatever the range test reads, a rate beyond 2/λ diverges and is not recommended."""
    bowl = Quadratic([1.0, 100.0])
    found = recommend(bowl, 20, steps=200, decay=False)
    assert 0.5 / 100 < found.rate < 2 / 100
    assert course_lr.train(bowl, found.schedule, steps=200).loss[-1] < 1e-1


def test_nothing_to_read_means_the_value_of_the_notes():
    uphill = course_lr.Function(lambda w, step: (np.full(len(w), 1.0), 0 * w), start=[1.0])
    found = recommend(uphill, steps=40)
    assert f"begin at {FALLBACK:g}" in found.reasons[0].done


def test_a_recipe_that_nothing_speaks_for_says_so():
    lost = course_lr.Function(lambda w, step: (np.full(len(w), np.nan), w * 0), [1.0, 2.0])
    found = recommend(lost, steps=50)
    assert found.warning == "every training failed, so nothing speaks for this rate."
    assert repr(found).endswith(f"Warning: {found.warning}")
    assert f"<b>Warning:</b> {found.warning}" in found._repr_html_()
    slope = course_lr.Function(lambda w, step: (w.sum(axis=1), np.ones_like(w)), [1.0, 2.0])
    assert "is the largest peak that the budget let it try" in recommend(slope, steps=50).warning
    known = recommend(Quadratic([1.0, 10.0]), steps=200)
    assert known.warning == "" and "Warning" not in repr(known) + known._repr_html_()


def test_the_rule_is_taken_over():
    assert recommend(BOWL, steps=60, update=Adam()).update == Adam()


def test_the_same_seed_gives_the_same_recipe_and_another_one_other_batches():
    problem = digits()
    one, two = (repr(recommend(problem, 5, steps=48)) for _ in range(2))
    assert one == two
    assert len({repr(recommend(problem, 5, steps=48, seed=seed)) for seed in range(5)}) > 1


def test_it_shows_itself():
    found = recommend(BOWL, steps=60)
    page = found._repr_html_()
    for step in found.reasons:
        assert step.claims[0] in repr(found) and step.claims[0] in page
    assert f"{found.evaluations} of {found.budget}" in repr(found)


def test_a_tenth_of_the_steps_is_warm_up():
    eta = cosine(0.5, 100)
    assert eta(0) == 0 and eta(10) == 0.5 and eta(100) < 1e-12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": 4}, "budget"),
        ({"budget": 7.5}, "budget"),
        ({"steps": 19}, "steps"),
        ({"seed": -1}, "seed"),
        ({"update": "sgd"}, "update"),
    ],
)
def test_bad_input_is_named(change, said):
    with pytest.raises((ValueError, TypeError), match=said):
        recommend(BOWL, **{"steps": 60} | change)
