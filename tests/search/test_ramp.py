"""The range test: the ladder, the readings, and that nothing is left behind."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

from course_lr import Adam, Function, Momentum, Quadratic, RangeTest, digits, range_test
from course_lr.search.ramp import READINGS, TAKEN, smoothed

NET = digits(hidden=(8,), batch_size=32, samples=128)
BOWL = Quadratic([1.0, 20.0])


def result(smoothed, level):
    """A result with this smoothed curve, on a ladder of one decade a step from 1."""
    smoothed = np.asarray(smoothed, dtype=float)
    return RangeTest(10.0 ** np.arange(len(smoothed)), smoothed, smoothed, level, len(smoothed))


# --- the training -------------------------------------------------------------------------------


def test_the_ladder_is_geometric_and_few_points_are_enough():
    for steps in (2, 3, 4, 5, 100):
        ramp = range_test(BOWL, low=0.01, high=0.04, steps=steps)
        np.testing.assert_allclose(ramp.rates, np.geomspace(0.01, 0.04, steps), rtol=1e-13)
        assert ramp.rates[-1] == 0.04 and ramp.bottom == steps - 1 and len(ramp.readings) == 4
        assert ramp.range[0] <= ramp.range[1] and "<svg" in ramp._repr_html_()


def test_it_is_one_training_at_these_rates():
    """The loss at a rate is the one after the update with that rate."""
    ramp = range_test(NET, 1e-3, 1.0, 20, update=Momentum(0.5), seed=7, smooth=0)
    w, rule, losses = NET.start([7]), Momentum(0.5), []
    state = rule.start(w)
    for step, eta in enumerate(np.geomspace(1e-3, 1.0, 20)):
        loss, gradient = NET.loss_and_grad(w, step, [7])
        losses.append(loss[0])
        rule.apply(w, gradient, eta, state)
    losses.append(NET.loss_and_grad(w, 20, [7])[0][0])
    np.testing.assert_allclose(ramp.loss, losses[1:], rtol=1e-4)
    assert ramp.level == pytest.approx(losses[0]) and ramp.evaluations == 20
    np.testing.assert_array_equal(ramp.smoothed, ramp.loss)


def test_after_a_divergence_the_loss_is_infinite_and_nothing_is_spent():
    found = range_test(BOWL, low=1e-3, high=1e200, steps=50, smooth=0)
    finite = np.isfinite(found.loss)
    assert not finite[-1] and found.evaluations == finite.sum() + 1 < 50
    assert found.readings["minimum"] <= found.rates[finite][-1]
    assert np.isinf(found.smoothed[~finite]).all()


def test_nothing_is_changed_not_even_after_an_exception():
    def formula(w, step):
        if step == 3:
            raise RuntimeError("the battery is empty")
        return (w**2).sum(axis=-1), 2 * w

    np.random.seed(1)
    before, start = np.random.get_state()[1].copy(), np.array([1.0, 2.0])
    inputs = {name: part.copy() for name, part in NET.inputs.items()}
    weights = NET.start([0])[0]
    copy = weights.copy()
    level = range_test(NET, steps=5, start=weights, smooth=0).level
    assert level == NET.loss_and_grad(weights[None], 0, [0])[0][0]
    problem = Function(formula, start=[1.0, 2.0])
    about = dict(vars(problem))
    with np.errstate(all="print"), pytest.raises(RuntimeError, match="the battery is empty"):
        range_test(problem, steps=9, start=start)
    np.testing.assert_array_equal(weights, copy)
    assert all(np.array_equal(NET.inputs[name], part) for name, part in inputs.items())
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert start.tolist() == [1.0, 2.0] and vars(problem) == about
    assert np.geterr()["over"] == "warn"


# --- the readings -------------------------------------------------------------------------------


def test_smoothing_averages_neighbours_on_either_side():
    loss = np.array([3.0, 0.0, 3.0, 9.0, np.inf])
    assert smoothed(loss, 0).tolist() == loss.tolist()
    assert smoothed(loss, 1).tolist() == [1.5, 2.0, 4.0, np.inf, np.inf]
    assert smoothed(loss[:4], 9).tolist() == [3.75] * 4
    found = range_test(NET, steps=60)
    np.testing.assert_allclose(found.smoothed[30], found.loss[28:33].mean())  # two on either side


def test_the_readings_of_a_curve():
    found = result([9.5, 9.0, 5.0, 3.0, 8.0, np.inf], level=10.0)
    assert found.bottom == 3
    expected = {"minimum": 1000, "third": 1000 / 3, "tenth": 100, "steepest": 100}
    assert found.readings == pytest.approx(expected) and found.best == found.readings[TAKEN]
    assert READINGS[TAKEN] in found.reason and "(1e+03)" in found.reason
    assert "ladder of 6 steps; another number of steps moves the readings" in found.reason
    assert found.range == (10.0, 1000.0)  # 9.3 is a tenth of the way down
    for_good = result([9.0, 9.9, 9.9, 8.0, 2.0, 5.0], level=10.0)
    assert for_good.range == (1000.0, 10000.0)
    assert result([2.0, 3.0], level=10.0).range == (1.0, 1.0)


def test_negative_losses_give_the_same_readings():
    def moved(by):
        problem = Function(lambda w, step: ((w**2).sum(axis=-1) + by, 2 * w), start=[1.0, 2.0])
        return range_test(problem, steps=50)

    plain = moved(0.0)
    for by in (-1000.0, -1.0, 5.0):
        found = moved(by)
        assert found.level == pytest.approx(plain.level + by)
        assert found.readings == plain.readings and found.range == plain.range
        places = re.findall(r'cy?="([^"]*)"', found._repr_html_())
        assert np.isfinite([float(place) for place in places]).all()


def test_where_the_loss_never_falls_or_still_falls_at_the_end_it_says_so():
    found = range_test(BOWL, low=5.0, high=10.0, steps=20)
    assert (found.best, found.range, found.readings) == (None, None, {})
    assert "the smoothed loss never falls" in found.reason
    assert found.warning == "The loss never falls: begin below low = 5, or take more steps."
    assert repr(found) == "<RangeTest of 20 steps from 5 to 10: best none>"
    lost = range_test(BOWL, low=1e200, high=1e201, steps=3)
    assert lost.best is None and "<svg" in found._repr_html_() and "<svg" in lost._repr_html_()
    short = range_test(BOWL, low=1e-4, high=1e-2, steps=20)
    assert short.warning == "The loss still falls at the end: go on beyond high = 0.01."
    assert range_test(BOWL, low=1e-4, high=10.0, steps=20).warning == ""


def test_in_a_notebook_every_reading_is_marked():
    ramp = range_test(NET, 1e-4, 1e3, steps=300, update=Adam())
    page = ramp._repr_html_()
    tree = xml.etree.ElementTree.fromstring(page.replace("<br>", "<br/>"))
    svg = "{http://www.w3.org/2000/svg}"
    assert set(READINGS) < {label.text for label in tree.findall(f".//{svg}text")}
    dashes = [mark.get("stroke-dasharray") for mark in tree.findall(f".//{svg}path")[1:]]
    assert dashes.count(None) == 1 and len(dashes) == 4
    assert [cell.text for cell in tree.findall(".//td/b")] == [TAKEN, f"{ramp.best:.3g}"]
    for line in tree.findall(f".//{svg}polyline"):
        points = line.get("points").split()
        assert len(points) == 201 and not re.search(r"\d\.\d\d", " ".join(points))
        places = np.array([point.split(",") for point in points], dtype=float)
        assert (np.diff(places[:, 0]) > 0).all()
        assert places.min() >= 12 and places.max() <= 408


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"low": 0}, ValueError, "low must be a finite number > 0, got 0"),
        ({"high": np.inf}, ValueError, "high must be a finite number > 0, got inf"),
        ({"low": 1.0, "high": 1.0}, ValueError, "low must be below high = 1, got 1.0"),
        ({"low": [1e-3, 1e-2]}, ValueError, r"low must be a single number.*got \(0.001, 0.01\)"),
        ({"steps": 1}, ValueError, "steps must be a whole number >= 2, got 1"),
        ({"seed": -1}, ValueError, "seed must be a whole number >= 0, got -1"),
        ({"seed": [0, 1]}, TypeError, r"seed must be a whole number >= 0, got \[0, 1\]"),
        ({"smooth": -1}, ValueError, "smooth must be a whole number >= 0, got -1"),
        ({"update": Momentum([0.1, 0.9])}, ValueError, "single run, got update with 2 runs"),
        ({"start": np.ones((3, 2))}, ValueError, "single run, got start with 3 runs"),
        ({"update": "sgd"}, TypeError, "update must be an update rule"),
        ({"problem": Quadratic}, TypeError, "problem must be a problem"),
    ],
)
def test_bad_input_is_refused_by_name(given, error, message):
    with pytest.raises(error, match=message):
        range_test(**{"problem": BOWL} | given)
