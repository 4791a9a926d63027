"""Laws that hold for every schedule, over the table in cases.py."""

import copy
import json
import pickle
import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import course_lr
from course_lr import schedules as exported
from course_lr.schedules import Constant, CosineDecay, Join, Schedule, Warmup
from tests.schedules.cases import CASES, crowds, highest, law, schedules

every_kind = pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
STEPS = st.lists(st.integers(0, 700), min_size=1, max_size=12)


def test_every_exported_schedule_has_a_row():
    names = set(exported.__all__) - {"Schedule"}
    assert names == {kind.__name__ for kind in CASES}
    assert len(names) >= 18


@every_kind
@law
@given(data=st.data(), steps=STEPS)
def test_runs_are_what_each_run_is_alone(kind, data, steps):
    crowd, single = data.draw(crowds(kind))
    rates = crowd(steps)
    for run, alone in enumerate(single):
        mine = rates[:, run] if crowd.runs else rates
        assert np.array_equal(mine, alone(steps))
        assert np.array_equal(crowd.cut([run])(steps).ravel(), alone(steps))


@every_kind
@law
@given(data=st.data(), steps=STEPS)
def test_one_step_at_a_time_in_any_order_gives_the_same_bits(kind, data, steps):
    eta = data.draw(schedules(kind))
    together = eta(np.array(steps))
    order = data.draw(st.permutations(range(len(steps))))
    apart = {place: eta(steps[place]) for place in order}
    assert [apart[place] for place in range(len(steps))] == together.tolist()
    assert eta([float(t) for t in steps]).tolist() == together.tolist()


@every_kind
@law
@given(data=st.data())
def test_shapes(kind, data):
    eta = data.draw(schedules(kind))
    assert type(eta(3)) is float and type(eta(np.int64(3))) is float
    assert eta(np.zeros((2, 3), int)).shape == (2, 3)
    assert eta([]).shape == (0,) and eta([1]).dtype == np.float64
    crowd, _ = data.draw(crowds(kind, runs=3))
    runs = (3,) if crowd.runs else ()
    assert np.shape(crowd(3)) == runs and crowd([[1, 2]]).shape == (1, 2, *runs)


@every_kind
@law
@given(data=st.data(), steps=STEPS, far=st.lists(st.integers(10**6, 2**53), max_size=5))
def test_rates_stay_in_their_bounds_and_far_past_the_end_all_is_silent(kind, data, steps, far):
    eta = data.draw(schedules(kind))
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        rates = eta([*steps, *far, 2**53])
        assert eta(2**53) == rates[-1]
    assert np.all(rates >= 0) and np.all(rates <= highest(eta) * (1 + 1e-15))


@every_kind
@law
@given(data=st.data())
def test_printed_hashed_pickled_and_through_json(kind, data):
    eta, _ = data.draw(crowds(kind))
    assert eval(repr(eta), vars(course_lr)) == eta
    through = json.loads(json.dumps(eta.to_dict(), allow_nan=False))
    for twin in (Schedule.from_dict(through), pickle.loads(pickle.dumps(eta)), copy.deepcopy(eta)):
        assert twin == eta and hash(twin) == hash(eta) and repr(twin) == repr(eta)
        assert np.array_equal(twin([0, 7, 99]), eta([0, 7, 99]))


@every_kind
@law
@given(data=st.data())
def test_shows_itself_in_a_notebook_and_is_unchanged(kind, data):
    eta, _ = data.draw(crowds(kind))
    before = eta(np.arange(50))
    root = ElementTree.fromstring(eta._repr_html_().replace("<br>", "<br/>"))
    assert np.array_equal(eta(np.arange(50)), before)
    svg = "{http://www.w3.org/2000/svg}"
    assert kind.formula and root.find(f".//{svg}title").text.startswith(kind.__name__)
    lines = [line.get("points").split(" ") for line in root.iter(f"{svg}polyline")]
    assert lines
    for points in lines:
        assert all(re.fullmatch(r"\d+\.\d,\d+\.\d", point) for point in points)
        x, y = np.array([point.split(",") for point in points], float).T
        assert x[0] == 46 and x[-1] == 272 and np.all((y >= 10) & (y <= 70))


def test_the_picture_follows_the_curve_and_of_many_runs_five():
    shown = CosineDecay(0.1, steps=500)._repr_html_()
    assert 'points="46.0,10.0' in shown and '272.0,70.0"' in shown
    assert "step 500" in shown and "η<sub>end</sub>" in shown
    many = CosineDecay(np.geomspace(1e-3, 1, 61), steps=500)._repr_html_()
    assert many.count("<polyline") == 5 and "of 61 runs" in many


@pytest.mark.parametrize("shape", ["linear", "cosine", "exponential"])
@law
@given(after=st.builds(CosineDecay, st.floats(0.1, 10), steps=st.integers(1, 99)))
def test_a_warm_up_begins_at_its_fraction_and_hands_over_whole(shape, after):
    eta = Warmup(after, steps=20, start=0.25, shape=shape)
    assert eta(0) == 0.25 * after(0) and eta(20) == after(0)
    assert np.array_equal(eta(20 + np.arange(150)), after(np.arange(150)))
    assert np.all(np.diff(eta(np.arange(21))) > 0)


@law
@given(low=st.floats(0, 1), high=st.floats(1, 10), half=st.integers(1, 50))
def test_waves_have_no_jump_and_touch_both_bounds(low, high, half):
    steps = np.arange(6 * half + 1)
    for kind, steepest in ((exported.Triangular, 1.0), (exported.Sinusoidal, np.pi / 2)):
        rates = kind(low, high, half)(steps)
        assert np.all(np.abs(np.diff(rates)) <= steepest * (high - low) / half + 1e-12)
        assert set(rates[:: 2 * half]) == {low} and set(rates[half :: 2 * half]) == {high}


@pytest.mark.parametrize("name", ["PolynomialDecay", "LinearDecay", "CosineDecay"])
@law
@given(eta=st.floats(0, 10), end=st.floats(0, 10), steps=st.integers(1, 300))
def test_decays_have_both_ends_exactly(name, eta, end, steps):
    decay = getattr(exported, name)(eta, steps=steps, eta_end=end)
    rates = decay(np.arange(steps + 5))
    assert rates[0] == eta and set(rates[steps:]) == {end}
    down = 1 if end <= eta else -1
    assert np.all(down * np.diff(rates) <= 1e-15 * max(eta, end))


def test_no_restart_is_missed_however_far():
    for period, mult in ((1, 2), (1, 3), (1, 10), (7, 2), (10, 3), (5, 1000)):
        eta, start, length = exported.CosineRestarts(0.1, period, mult), 0, period
        while start <= 2**53:
            assert eta(start) == 0.1
            assert length == 1 or eta(start + length - 1) <= eta(start + length // 2) < 0.1
            start, length = start + length, length * mult


def test_restarts_over_runs_are_found_exactly():
    periods, mults = [1, 3, 10, 2**40, 2**53, 2**40], [3, 1, 2, 2**20, 2**53, 2**24]
    steps = np.array([0, 121, 242, 243, 364, 1093, 2**40 + 2**39, 2**41, 2**53])
    crowd = exported.CosineRestarts(0.1, periods, mults)(steps)
    for run, (period, mult) in enumerate(zip(periods, mults, strict=True)):
        done = np.array([restart_done(int(t), period, mult) for t in steps])
        assert np.allclose(crowd[:, run], 0.05 * (1 + np.cos(np.pi * done)), rtol=1e-12)


def restart_done(t: int, period: int, mult: int) -> float:
    """The part of its cycle that step t has done, in Python's unbounded integers."""
    if mult == 1:
        return (t % period) / period
    while t >= period:
        t, period = t - period, period * mult
    return t / period


def test_arrays_of_different_length_are_refused_wherever_they_stand():
    two, three = CosineDecay([0.1, 0.2], steps=5), CosineDecay(0.1, steps=[1, 2, 3])
    for build in (
        lambda: CosineDecay([0.1, 0.2], steps=[1, 2, 3]),
        lambda: Warmup(two, steps=[1, 2, 3]),
        lambda: Join(((two, 3), three)),
        lambda: Join(((Warmup(two, 3), 3), (Constant(0.1), 2), 2 * three)),
        lambda: [1, 2, 3] * two,
    ):
        with pytest.raises(ValueError, match="one length.* with 2 and .* with 3|with 3 and .* 2"):
            build()


def test_runs_inside_compositions_broadcast_and_are_cut():
    def joined(inner, warm):
        return Join(((Warmup(inner, warm), 10), (2 * inner, 3), Constant(0.5)))

    eta = joined(CosineDecay([0.1, 0.2, 0.3], steps=[5, 6, 7]), [0, 1, 2])
    t, rows = np.arange(20), np.array([2, 0, 0, 1])
    assert eta.runs == 3 and eta(t).shape == (20, 3) and eta(4).shape == (3,)
    assert eta.cut(rows).runs == 4 and np.array_equal(eta.cut(rows)(t), eta(t)[:, rows])
    assert np.array_equal(eta(t)[:, 2], joined(CosineDecay(0.3, 7), 2)(t))
