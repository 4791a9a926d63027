"""The range test: the ladder, the readings, and that nothing is left behind."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

from course_lr import (
    Adam,
    Function,
    Momentum,
    Quadratic,
    RangeTest,
    digits,
    range_test,
    train,
    wells,
)
from course_lr.search import range_test as ladder

NET = digits(hidden=(8,), batch_size=32, samples=128)
BOWL = Quadratic([1.0, 20.0])


def shifted(by, scale=1.0):
    """A bowl whose smallest loss is ``by``."""

    def formula(w, step):
        return scale * (w**2).sum(axis=-1) + by, scale * 2 * w

    return Function(formula, start=[1.0, 2.0])


def made(smoothed, level, rates=None):
    """A result with this smoothed curve, on a ladder of one decade a step from 1."""
    smoothed = np.asarray(smoothed, dtype=float)
    rates = 10.0 ** np.arange(len(smoothed)) if rates is None else rates
    return RangeTest(rates, smoothed, smoothed, level, len(smoothed))


# --- the training -------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 3, 100])
def test_the_ladder_is_geometric_and_has_both_ends(steps):
    rates = range_test(BOWL, low=1e-4, high=0.5, steps=steps).rates
    np.testing.assert_allclose(rates, np.geomspace(1e-4, 0.5, steps), rtol=1e-13)
    assert rates[-1] == 0.5


def test_it_is_one_training_at_these_rates():
    """The loss at a rate is the one after the update with that rate."""
    found = range_test(NET, 1e-3, 1.0, 20, update=Momentum(0.5), seed=7, smooth=0)
    w, rule = NET.start([7]), Momentum(0.5)
    state, losses = rule.start(w), []
    for step, eta in enumerate(np.geomspace(1e-3, 1.0, 20)):
        loss, gradient = NET.loss_and_grad(w, step, [7])
        losses.append(loss[0])
        rule.apply(w, gradient, eta, state)
    losses.append(NET.loss_and_grad(w, 20, [7])[0][0])
    np.testing.assert_allclose(found.loss, losses[1:], rtol=1e-4)
    assert found.level == pytest.approx(losses[0]) and found.evaluations == 20
    np.testing.assert_array_equal(found.smoothed, found.loss)


def test_seed_and_start_are_those_of_a_training():
    one, two = (range_test(NET, steps=5, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.loss, two.loss)
    start = NET.start([9])[0]
    given = range_test(NET, steps=2, start=start, smooth=0).level
    assert given == pytest.approx(train(NET, 0.0, steps=0, start=start).loss[0])


def test_after_a_divergence_the_loss_is_infinite_and_nothing_is_spent():
    found = range_test(BOWL, low=1e-3, high=1e200, steps=50, smooth=0)
    finite = np.isfinite(found.loss)
    assert not finite[-1] and found.evaluations == finite.sum() + 1 < 50
    assert found.readings["minimum"] <= found.rates[finite][-1]
    assert np.isinf(found.smoothed[~finite]).all()


@pytest.mark.parametrize("steps", [2, 3, 4, 5])
def test_few_points_are_enough(steps):
    found = range_test(BOWL, low=0.01, high=0.04, steps=steps)
    assert found.bottom == steps - 1 and len(found.readings) == 4
    assert found.range[0] <= found.range[1] and "<svg" in found._repr_html_()


def test_nothing_is_changed():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    weights, net = NET.start([0])[0], digits()
    copy, kept = weights.copy(), {n: a.copy() for n, a in net.inputs.items()}
    range_test(NET, steps=5, start=weights)
    range_test(net, steps=5)
    np.testing.assert_array_equal(weights, copy)
    assert all(np.array_equal(net.inputs[name], a) for name, a in kept.items())
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_nothing_is_changed_after_an_exception():
    seen = []

    def formula(w, step):
        seen.append(step)
        if step == 3:
            raise RuntimeError("the battery is empty")
        return (w**2).sum(axis=-1), 2 * w

    problem, weights = Function(formula, start=[1.0, 2.0]), np.array([1.0, 2.0])
    about = dict(vars(problem))
    with np.errstate(all="print"), pytest.raises(RuntimeError, match="the battery is empty"):
        range_test(problem, steps=9, start=weights)
    assert seen == [0, 1, 2, 3] and weights.tolist() == [1.0, 2.0]
    assert vars(problem) == about and np.geterr()["over"] == "warn"
    np.testing.assert_array_equal(range_test(BOWL, steps=9).loss, range_test(BOWL, steps=9).loss)


# --- the readings -------------------------------------------------------------------------------


def test_smoothing_averages_neighbours_on_either_side():
    loss = np.array([3.0, 0.0, 3.0, 9.0, np.inf])
    assert ladder.smoothed(loss, 0).tolist() == loss.tolist()
    assert ladder.smoothed(loss, 1).tolist() == [1.5, 2.0, 4.0, np.inf, np.inf]
    assert ladder.smoothed(loss[:4], 9).tolist() == [3.75] * 4
    found = range_test(NET, steps=60)
    every = np.concatenate([train(NET, 0.0, steps=0, seeds=[0]).loss[0], found.loss])
    np.testing.assert_allclose(found.smoothed[30], every[29:34].mean())  # two on either side


def test_the_readings_of_a_curve():
    found = made([9.5, 9.0, 5.0, 3.0, 8.0, np.inf], level=10.0)
    assert found.bottom == 3
    assert found.readings == pytest.approx(
        {"minimum": 1000, "third": 1000 / 3, "tenth": 100, "steepest": 100}
    )
    assert found.range == (10.0, 1000.0)  # 9.3 is a tenth of the way down
    assert found.best == found.readings[ladder.TAKEN]
    assert ladder.READINGS[ladder.TAKEN] in found.reason and "(1e+03)" in found.reason


def test_a_cycle_begins_where_the_loss_has_fallen_for_good():
    found = made([9.0, 9.9, 9.9, 8.0, 2.0, 5.0], level=10.0)
    assert found.range == (1000.0, 10000.0)
    assert made([2.0, 3.0], level=10.0).range == (1.0, 1.0)


@pytest.mark.parametrize("by", [-1000.0, -1.0, 5.0])
def test_negative_losses_give_the_same_readings(by):
    plain, moved = (range_test(shifted(each), steps=50) for each in (0.0, by))
    assert moved.level == pytest.approx(plain.level + by)
    assert moved.readings == plain.readings and moved.range == plain.range
    assert np.isfinite([float(x) for x in re.findall(r'cy?="([^"]*)"', moved._repr_html_())]).all()


def test_a_problem_below_zero():
    found = range_test(wells(), low=1e-4, high=10.0, steps=50)
    assert found.smoothed.min() < found.level and found.best == found.readings[ladder.TAKEN]


def test_where_the_loss_never_falls_there_is_no_best():
    found = range_test(BOWL, low=5.0, high=10.0, steps=20)
    assert (found.best, found.range, found.readings) == (None, None, {})
    assert "the smoothed loss never falls" in found.reason
    assert found.warning == "The loss never falls: begin below low = 5, or take more steps."
    assert repr(found) == "<RangeTest of 20 steps from 5 to 10: best none>"
    assert "<svg" in found._repr_html_()
    lost = range_test(BOWL, low=1e200, high=1e201, steps=3)
    assert lost.best is None and "<svg" in lost._repr_html_()


def test_where_it_still_falls_at_the_end_the_ladder_must_go_on():
    short = range_test(BOWL, low=1e-4, high=1e-2, steps=20)
    assert short.warning == "The loss still falls at the end: go on beyond high = 0.01."
    assert range_test(BOWL, low=1e-4, high=10.0, steps=20).warning == ""


def test_the_reason_says_that_it_hangs_on_the_number_of_steps():
    long, short = range_test(BOWL, steps=1000), range_test(BOWL, steps=20)
    assert "ladder of 1000 steps; another number of steps moves the readings" in long.reason
    assert long.readings["minimum"] != short.readings["minimum"]


def test_another_reading_can_be_taken(monkeypatch):
    found = range_test(BOWL)
    monkeypatch.setattr(ladder, "TAKEN", "steepest")
    assert found.best == found.readings["steepest"]
    assert found.reason.startswith(f"{found.best:.3g} is the rate where the smoothed loss falls")


# --- how it is shown ----------------------------------------------------------------------------


def test_in_a_notebook_every_reading_is_marked():
    found = range_test(NET, 1e-4, 1e3, steps=300, update=Adam())
    page = found._repr_html_()
    tree = xml.etree.ElementTree.fromstring(page.replace("<br>", "<br/>"))
    svg = "{http://www.w3.org/2000/svg}"
    labels = [each.text for each in tree.findall(f".//{svg}text")]
    assert set(ladder.READINGS) < set(labels)
    dashes = [each.get("stroke-dasharray") for each in tree.findall(f".//{svg}path")[1:]]
    assert dashes.count(None) == 1 and len(dashes) == 4
    cells = [each.text for each in tree.findall(".//td/b")]
    assert cells == [ladder.TAKEN, f"{found.best:.3g}"]
    thin, thick = (each.get("points") for each in tree.findall(f".//{svg}polyline"))
    assert len(thin.split()) == len(thick.split()) == 201
    assert not re.search(r"\d\.\d\d", f"{thin} {thick}") and "nan" not in page
    points = np.array([each.split(",") for each in thick.split()], dtype=float)
    assert (np.diff(points[:, 0]) > 0).all()
    assert points.min() >= 12 and points.max() <= 408


def test_the_table_is_the_curve():
    found = range_test(BOWL, steps=9)
    assert list(found.columns()) == ["rate", "loss", "smoothed"]
    np.testing.assert_array_equal(found.columns()["loss"], found.loss)
    pandas = pytest.importorskip("pandas")
    assert isinstance(found.to_dataframe(), pandas.DataFrame)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"low": 0}, ValueError, "low must be a finite number > 0, got 0"),
        ({"low": -1.0}, ValueError, "low must be a finite number > 0, got -1.0"),
        ({"low": np.nan}, ValueError, "low must be a finite number > 0, got nan"),
        ({"high": np.inf}, ValueError, "high must be a finite number > 0, got inf"),
        ({"low": 1.0, "high": 1.0}, ValueError, "low must be below high = 1, got 1.0"),
        ({"low": [1e-3, 1e-2]}, ValueError, r"low must be a single number.*got \(0.001, 0.01\)"),
        ({"steps": 1}, ValueError, "steps must be a whole number >= 2, got 1"),
        ({"steps": 0}, ValueError, "steps must be a whole number >= 2, got 0"),
        ({"seed": -1}, ValueError, "seed must be a whole number >= 0, got -1"),
        ({"seed": [0, 1]}, TypeError, r"seed must be a whole number >= 0, got \[0, 1\]"),
        ({"smooth": -1}, ValueError, "smooth must be a whole number >= 0, got -1"),
        ({"update": Momentum([0.1, 0.9])}, ValueError, "single run, got update with 2 runs"),
        ({"start": np.ones((3, 2))}, ValueError, "single run, got start with 3 runs"),
        ({"update": "sgd"}, TypeError, "update must be an update rule"),
        ({"problem": Quadratic}, TypeError, "problem must be a problem"),
    ],
)
def test_bad_input_is_refused_by_name(given, error, said):
    with pytest.raises(error, match=said):
        range_test(**{"problem": BOWL} | given)
