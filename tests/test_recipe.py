"""The recipe: what it spends, what it prefers, when it keeps the default, and that it says why."""

import dataclasses
import itertools

import numpy as np
import pytest

import course_lr
from course_lr import Adam, Function, Quadratic, digits, recommend
from course_lr.recipe import BELOW, DEFAULTS, FALLBACK, STEP, _clear, _gains, _Look
from course_lr.recommendation import Recipe, Step, Way
from course_lr.schedules import Constant, CosineDecay, Warmup
from course_lr.updates import SGD

BOWL = Quadratic([1.0, 10.0], noise=0.1)
RATES = (0.1, 0.2, 0.4)


def way(rate, decay=True):
    return Way(rate, decay, SGD())


def look(losses, failures=None, problem=BOWL):
    """Trainings that ended with these losses: way -> one a seed."""
    trials = _Look(problem, 50)
    trials.values = losses
    trials.failures = {way: [False] for way in losses} | (failures or {})
    return trials


def flat(w, step):
    """A bowl in units in which no rate up to 10 moves plain descent; Adam does not see them."""
    return 1e-5 * (w * w).sum(axis=1) / 2, 1e-5 * w


def moving(w, step):
    """A minimum that moves away at a steady pace: who stops is left behind."""
    off = w - 0.1 * step
    return (off * off).sum(axis=1) / 2, off


def slope(w, step):
    return w.sum(axis=1), np.ones_like(w)


def lost(w, step):
    return np.full(len(w), np.nan), 0 * w


# --- what it spends -------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [BOWL, Function(slope, [1.0])], ids=repr)
def test_the_budget_is_never_exceeded_and_mostly_used(problem):
    for budget, decay in itertools.product((12, 13, 16, 23, 40), (True, False)):
        found = recommend(problem, budget, steps=120, decay=decay)
        assert found.evaluations == sum(step.evaluations for step in found.reasons)
        assert found.budget == 120 * budget and len(found.gains) >= 2
        assert found.budget - 4 * 120 < found.evaluations <= found.budget


def test_every_gradient_is_counted_the_defaults_included():
    rows = 0

    def counted(w, step):
        nonlocal rows
        rows += len(w)
        return (w * w).sum(axis=1) / 2, w

    found = recommend(Function(counted, [1.0, 2.0]), steps=60)
    looked_at = found.price  # the loss after the last step of each training is no gradient
    assert rows == found.evaluations + looked_at and found.price == found.evaluations / 60
    assert found.reasons[-1].evaluations == 60 * len(DEFAULTS) * len(found.gains)


# --- what it prefers ------------------------------------------------------------------------------


def test_what_is_recommended_trains():
    problem = digits()
    found = recommend(problem, steps=160)
    assert isinstance(found.schedule, Warmup) and isinstance(found.schedule.after, CosineDecay)
    np.testing.assert_allclose(found.schedule(np.arange(160)).max(), found.rate)
    assert reached(problem, found, 160, [50, 51], "test_accuracy").min() > 0.9
    assert found.unit == "points of validation accuracy" and 5 < found.gain < 60


def reached(problem, way, steps, seeds, name):
    """What a way to train reaches with these seeds."""
    schedule = way.schedule(steps) if isinstance(way, Way) else way.schedule
    options = {"update": way.update, "steps": steps, "seeds": seeds, "record": (name,)}
    return course_lr.train(problem, schedule, **options).records[name][-1]


def test_without_decay_the_rate_is_constant_and_the_rule_is_taken_over():
    found = recommend(BOWL, steps=60, decay=False)
    assert found.schedule == Constant(found.rate) and found.update == SGD()
    assert "warm-up" not in found.reasons[1].done
    assert recommend(BOWL, steps=60, update=Adam()).found.update == Adam()


def test_the_peaks_stand_round_the_reading_and_the_constant_rate_below_the_best():
    found = recommend(BOWL, steps=200)
    first = course_lr.range_test(BOWL, steps=100).best * STEP ** (np.arange(4) - BELOW)
    assert f"4 rates from {first[0]:.2g} to {first[-1]:.2g}" in found.reasons[1].done
    best = float(found.reasons[2].done.split()[-2])
    assert f"A constant rate of {best / STEP:.2g}:" in found.reasons[3].done


def test_a_constant_rate_is_chosen_where_it_wins():
    found = recommend(Function(moving, [-5.0]), steps=100)
    assert found.found == way(found.rate, False) and found.schedule == Constant(found.rate)
    assert not found.keep_default


def test_a_failed_run_puts_its_way_last_and_the_smaller_of_equals_first():
    ways = [way(rate) for rate in (0.3, 0.1, 1.0, 0.03)]
    found = look(dict(zip(ways, [[1, 1], [1, 1], [0, 0], [2, 2]])), {ways[2]: [False, True]})
    assert [each.rate for each in found.ranked()] == [0.1, 0.3, 0.03, 1.0]
    assert found.ranked(ways[2:])[0] == ways[3]


def test_it_goes_on_beyond_either_edge_and_not_from_the_middle():
    ways = [way(rate) for rate in RATES]
    assert look(dict(zip(ways, [[3], [2], [1]]))).next() == way(0.4 * STEP)
    assert look(dict(zip(ways, [[1], [2], [3]]))).next() == way(0.1 / STEP)
    assert look(dict(zip(ways, [[3], [1], [2]]))).next() is None


def test_a_steep_bowl_is_followed_downwards():
    """Whatever the range test reads, a rate beyond 2/λ diverges and is not recommended."""
    bowl = Quadratic([1.0, 100.0])
    found = recommend(bowl, 24, steps=200, decay=False)
    assert 0.5 / 100 < found.rate < 2 / 100
    assert course_lr.train(bowl, found.schedule, steps=200).loss[-1] < 1e-1


def test_nothing_to_read_means_the_usual_value():
    uphill = Function(lambda w, step: (np.full(len(w), 1.0), 0 * w), start=[1.0])
    assert f"begin at {FALLBACK:g}" in recommend(uphill, steps=40).reasons[0].done


def test_the_same_seed_gives_the_same_recipe_and_another_one_other_batches():
    texts = [repr(recommend(digits(), 12, steps=48, seed=seed)) for seed in (0, 0, 1, 2)]
    assert texts[0] == texts[1] and len(set(texts)) > 1


# --- gain and default -----------------------------------------------------------------------------


def test_the_default_is_kept_where_it_is_best():
    found = recommend(Function(flat, [0.05, 0.05]), steps=100)
    assert found.keep_default and found.gain < 0 and found.unit == "decades of loss"
    assert found.way == found.default and found.update == Adam() and found.rate == 1e-3
    assert found.schedule == found.default.schedule(100) and found.found.update == SGD()
    assert found.sentences[0].startswith(f"Keep the default, {found.default}")


def test_the_rivals_are_both_defaults_and_the_better_one_is_compared_with():
    problem = digits()
    found = recommend(problem, steps=160, seed=7)
    ends = {way: reached(problem, way, 160, [8, 9], "validation_accuracy") for way in DEFAULTS}
    assert found.default == max(ends, key=lambda way: ends[way].mean())
    own = reached(problem, found.found, 160, [8, 9], "validation_accuracy")
    gains = 100 * (own - ends[found.default])
    np.testing.assert_allclose(found.gains, gains)
    np.testing.assert_allclose(found.gain, gains.mean())


def test_a_gain_is_clear_from_two_standard_errors_on():
    assert _clear([1.0, 2.9]) and not _clear([1.0, 3.1]) and not _clear([-1.0, -1.0])
    assert _clear([2.0, 2.0]) and not _clear([0.0, 0.0])
    assert not _clear([np.inf, -np.inf]) and not _clear([np.nan, 1.0])


def test_gains_are_decades_of_a_positive_loss_and_differences_of_others():
    def gains(ours, theirs):
        own, rival = way(0.1), DEFAULTS[0]
        return _gains(look({own: ours}), own, look({rival: theirs}), rival)

    decades, unit = gains([9, 0.1, 1], [1, 1])
    np.testing.assert_allclose(decades, [1, 0])
    assert unit == "decades of loss"
    assert gains([9, -3.0, -1], [1, -2]) == ((4.0, -1.0), "of loss")
    assert gains([0, 0, 1], [0, np.inf])[0] == (0.0, np.inf)


def test_a_default_that_fails_is_not_kept():
    """A canyon so narrow that a step of 1e-3 leaves the finite numbers."""

    def canyon(w, step):
        inside = np.abs(w).max(axis=1) < 1e-4
        return np.where(inside, (w * w).sum(axis=1) / 2, np.nan), w

    found = recommend(Function(canyon, [1e-5]), steps=60)
    assert not found.keep_default and found.found.update == SGD() and np.isinf(found.gain)


# --- what it says ---------------------------------------------------------------------------------


def test_a_recipe_that_nothing_speaks_for_says_so():
    found = recommend(Function(lost, [1.0, 2.0]), steps=50)
    said = "what was found failed, and so did the default: nothing speaks for either."
    assert found.warning == said and found.keep_default
    assert f"Warning: {said}" in repr(found) and f"Warning: {said}" in found._repr_html_()
    edge = recommend(Function(slope, [1.0, 2.0]), steps=50)
    assert "is the largest rate that the budget let it try" in edge.warning
    known = recommend(Quadratic([1.0, 10.0]), steps=200)
    assert known.warning == "" and "Warning" not in repr(known) + known._repr_html_()


def test_it_says_what_was_done_why_the_gain_and_the_price():
    found = recommend(BOWL, steps=60)
    assert len(found.reasons) == 6 and len(recommend(BOWL, steps=60, decay=False).reasons) == 5
    page = found._repr_html_()
    for step in found.reasons:
        assert step.done and step.why and step.done in repr(found) and step.why in page
    for said in (repr(found), page):
        assert f"{found.gain:.2g} {found.unit}" in said
        assert f"{found.evaluations} of {found.budget} gradient evaluations" in said
        assert f"{found.price:.1f} trainings" in said


def test_its_page_escapes_what_it_is_given():
    class Odd(SGD):
        def __repr__(self):
            return "<b>&</b>"

    odd = Way(0.1, False, Odd())
    steps = (Step("<i>done</i>", "<i>why</i>", 1),)
    found = Recipe(odd, DEFAULTS[0], (1.0, 2.0), "<u>", False, steps, 2, 10, "<s>")
    for each in (found, dataclasses.replace(found, keep_default=True)):
        page = each._repr_html_()
        assert not any(tag in page for tag in ("<b>", "<i>", "<u>", "<s>", "&</"))
        assert "&lt;b&gt;&amp;&lt;/b&gt;" in page and "&lt;i&gt;done" in page


def test_bad_input_is_named():
    changes = [{"budget": 11}, {"budget": 16.5}, {"steps": 19}, {"seed": -1}]
    for change in (*changes, {"update": "sgd"}, {"problem": digits}):
        with pytest.raises((ValueError, TypeError), match=next(iter(change))):
            recommend(**{"problem": BOWL, "steps": 60} | change)
