"""The engine: one look and a second one, rivals, kernels, what is kept, what is stale."""

import dataclasses

import numpy as np
import pytest
from test_trial import HUMP, Kept, curves

from experiments import __main__ as command
from experiments import engine, freshness, report, store
from experiments.statements import STATEMENTS
from experiments.sweep_table import SWEEPS
from experiments.table import TABLE, Measurement
from experiments.trial import Effects, Refused


def shift(trial, by: float, noise: float) -> Effects:
    """Differences about ``by``, as many as there are judging seeds."""
    trial.fail(np.zeros(len(trial.judging), bool))
    rng = np.random.default_rng(len(trial.judging))
    values = rng.normal(size=len(trial.judging))
    return Effects(by + noise * (values - values.mean()) / values.std())


def tuned_gain(trial, steep: float) -> Effects:
    """Something that depends on the rate that was tuned."""
    place = trial.choose("a").index
    trial.fail(np.zeros(len(trial.judging), bool))
    return Effects(np.linspace(-0.1, 0.1, len(trial.judging)) + steep * (place == 4))


def row(measure, *reads, **changes) -> Measurement:
    """A row of the table with this measure."""
    return dataclasses.replace(TABLE["S5-gain-mnist1d"], measure=measure, reads=reads, **changes)


@pytest.mark.parametrize(
    "by, noise, seeds, outcome, quick",
    [
        (3, 1, 20, "holds", False),
        (0.7, 0.5, 20, "in part", False),
        (1.2, 0.6, 40, "in part", False),  # the size asked for, 1, lies inside
        (-3, 1, 20, "reversed", False),
        (0, 1, 20, "no effect", False),
        (0.5, 3, 40, "open", False),
        (0.7, 1.7, 40, "in part", False),  # open with 20
        (3, 1, 6, "not judged", True),
    ],
)
def test_what_is_open_gets_a_second_look(by, noise, seeds, outcome, quick):
    found = engine.entry_of(row(shift, by, noise), Kept(), quick=quick)
    assert (found["outcome"], found["seeds"]) == (outcome, seeds)
    assert found["failures"] == [[0, seeds]] and found["level"] == 0.971


def test_another_rate_that_turns_it_makes_it_open():
    tied = Kept(a=curves(HUMP + np.where(np.arange(9) == 3, 0.0047, 0), noise=0.01))
    found = engine.entry_of(row(tuned_gain, 5.0), tied)
    assert found["outcome"] == "open" and "which other tuning seeds" in found["says_open"]
    sure = engine.entry_of(row(tuned_gain, 5.0), Kept(a=curves(HUMP)))
    assert sure["outcome"] == "holds" and sure["says_open"] == ""


def test_an_interrupted_session_goes_on(tmp_path, monkeypatch):
    calls = []

    def measured(id, folder, kernel, quick):
        calls.append(id)
        return engine.words(TABLE[id]) | {"code": engine.code_of_row(TABLE[id]), "effect": 1.0}

    monkeypatch.setattr(engine, "_measure", measured)
    monkeypatch.setattr(engine, "sweeps_of", lambda row: [])
    rows = [TABLE["S1-path"], TABLE["S15-first"]]
    engine.Session(rows[:1], tmp_path, "none").run()
    found = engine.Session(rows, tmp_path, "none").run()
    assert calls == ["S1-path", "S15-first"] and set(found) == set(calls)
    changed = [dataclasses.replace(rows[0], question="Another?"), rows[1]]
    assert set(engine.Session(changed, tmp_path, "none").found) == {"S15-first"}


def test_what_can_t_be_measured_is_said(tmp_path, monkeypatch):
    def refuses(trial):
        raise Refused("no rate loses half of the runs")

    monkeypatch.setitem(TABLE, "S1-path", row(refuses))
    said = engine._measure("S1-path", str(tmp_path), "none", False)
    assert said == "refused: no rate loses half of the runs"


@pytest.fixture
def small(monkeypatch):
    """A sweep of a few steps in the place of a large one."""
    sweep = dataclasses.replace(
        SWEEPS["digits_cold"], steps=32, rates=(0.01, 0.1, 1.0), seeds=2, figure=False
    )
    monkeypatch.setitem(SWEEPS, "digits_cold", sweep)
    return sweep


def test_curves_are_trained_once_kept_and_travel_only_when_they_are_whole(small, tmp_path):
    one = store.Store(tmp_path / "all", "none").curves("digits_cold", [1, 2])
    again = store.Store(tmp_path / "all", "none")
    assert again.missing(small, [1, 2, 0]) == [0]
    again.ship("digits_cold", tmp_path)
    assert not (tmp_path / "digits_cold.npz").exists()
    two, alone = again.curves("digits_cold", [2, 0]), small.compute([2])
    for name in ("test_accuracy", "loss", "validation_accuracy", "failed"):
        for kept in (one, two):
            values = getattr(kept.cut([2]), name)
            np.testing.assert_array_equal(values, getattr(alone, name))
    assert again.found["digits_cold"].seeds.tolist() == [0, 1, 2]
    again.ship("digits_cold", tmp_path)
    shipped = store.Curves.load(tmp_path / "digits_cold.npz")
    assert shipped.seeds.tolist() == [0, 1] and shipped.loss.shape == (1, 3, 2)
    assert shipped.about["code"] == store.code_of_sweep(small)
    other = dataclasses.replace(small, rates=(0.01, 0.1, 1.5))
    assert again.path(other) != again.path(small)


def test_every_seed_draws_its_own_data():
    small = dataclasses.replace(SWEEPS["mnist1d_rates"], steps=46, rates=(0.1, 0.3, 1.0))
    found = small.compute([1, 2])
    assert len({tuple(column) for column in found.test_accuracy.T.tolist()}) == 2


# --- two kernels ----------------------------------------------------------------------------------


def entry(effect=3.0, low=2.0, high=4.0, outcome="holds", kernel="A", doubt="") -> dict:
    return {"effect": effect, "low": low, "high": high, "outcome": outcome, "kernels": [kernel],
            "says_open": doubt}  # fmt: skip


def test_a_headline_that_another_kernel_turns_is_open():
    same = report.joined(entry(), entry(2.9, kernel="B"))
    assert same["outcome"] == "holds" and same["kernels"] == ["A", "B"]
    turned = report.joined(entry(), entry(1.9, 0.5, outcome="in part", kernel="B"))
    assert turned["outcome"] == "open" and "under the BLAS kernel B" in turned["says_open"]
    moved = report.joined(entry(), entry(4.5, 3.5, 5.5, kernel="B"))
    assert moved["outcome"] == "open" and "more than half of its interval" in moved["says_open"]
    assert report.joined(entry()) == entry()


@pytest.mark.parametrize("named", ["Haswell,Haswell", "A,B,C", "Nonsense"])
def test_kernels_that_are_the_same_or_do_not_run_are_refused(named):
    with pytest.raises(ValueError, match="--kernels must name"):
        command.kernels(named)


# --- names, staleness -----------------------------------------------------------------------------


def test_an_unknown_statement_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean S5-calm-mnist1d\?\), got S5-calm-mnist"):
        report.wanted(["S5-calm-mnist"])
    assert [each.id for each in report.wanted(["S2"])[0]] == ["S2-digits", "S2-mnist1d"]
    assert len(report.wanted(None)[0]) == len(TABLE)


def test_words_may_change_freely_and_code_may_not():
    text = '"""Words."""\n\n\ndef f(x):\n    """More words."""\n    return x + 1  # and more\n'
    assert freshness.bare(text) == freshness.bare(text.replace("ords", "ord"))
    assert freshness.bare(text) != freshness.bare(text.replace("+ 1", "+ 2"))
    assert freshness.code_of("row", "course_lr/updates.py") != freshness.code_of("row")


def test_a_row_rests_on_its_numbers_and_its_sweeps():
    one = TABLE["S5-gain-mnist1d"]
    for changes, rests in (
        ({"asked": 2.0}, True),
        ({"reads": ("mnist1d_cosine", "mnist1d_rates")}, True),
        ({"question": "Quite another?"}, False),
    ):
        code = engine.code_of_row(dataclasses.replace(one, **changes))
        assert (code != engine.code_of_row(one)) is rests


def test_a_stale_report_is_told():
    known = report.load()
    first = known["measurements"][0]["id"]
    known["measurements"][0]["code"] = "0"
    assert set(report.stale_of(known)) == {first}
    assert "never measured" in report.stale_of({"measurements": []})[first]


# --- the table and the report ---------------------------------------------------------------------


def test_the_table_is_small_and_every_statement_has_a_headline():
    assert len(TABLE) <= 90
    for id in STATEMENTS:
        assert len(report.of_statement(id)) <= 4
        assert report.of_statement(id) or id == "R1"
    for each in TABLE.values():
        assert each.asked_when in ("before", "after") and each.reason and each.question
        assert each.asked == each.none < 0 if each.noninferior else each.asked > each.none


def test_the_report_belongs_to_the_code():
    found = report.stale_of(report.load())
    lines = "\n".join(f"{id}: {why}" for id, why in found.items())
    assert not found, f"stale (course-lr evidence measures them again):\n{lines}"


def test_the_report_follows_its_own_rule():
    found = report.load()
    known = {each["id"]: each for each in found["measurements"]}
    assert len(known) <= 90 and set(TABLE) <= set(known)
    for each in known.values():
        numbers = each["effect"], each["low"], each["high"]
        ruled = engine.stats.outcome(numbers, each["none"], each["asked"], each["noninferior"])
        assert each["outcome"] == ("open" if each["says_open"] else ruled), each["id"]
        assert each["low"] <= each["effect"] <= each["high"] and each["seeds"] in (20, 40)
        assert all(0 <= lost <= of for lost, of in each["failures"])
    for each in found["statements"]:
        ids = each["measurements"]
        outcomes = [known[id]["outcome"] for id in ids]
        assert each["outcome"] == engine.stats.together(outcomes) and 1 <= len(ids) <= 4
        assert bool(each["depends_on"]) == (each["outcome"] == "depends"), each["id"]
        assert len(each["sentence"].split()) > 5
        if ids[0] in TABLE:
            assert len(set(known[ids[0]]["kernels"])) == 2, f"{ids[0]}: headlines have two kernels"


def test_what_travels_with_the_package_is_small():
    travelling = [report.HERE / "report.json", *report.HERE.rglob("*.npz")]
    assert sum(path.stat().st_size for path in travelling) < 1.5e6
