"""Evidence: the rule, the intervals, the refusals, what makes a claim stale, and the report."""

import dataclasses
import html
import json
import math
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import course_lr
from course_lr import cli
from course_lr.problems import digits
from course_lr.schedules import CosineDecay
from course_lr.teaching import evidence
from course_lr.teaching.evidence import box, ch02, claims, command, engine, freshness, page, reports
from course_lr.teaching.evidence import statistics as stats
from course_lr.teaching.evidence.sweeps import BY_RATE, Curves, Sweep, decades, rounded
from course_lr.teaching.evidence.trial import POINTS, Effects, Refused, Trial

TEXT = dict(
    of="S2",
    chapter=2,
    notes="2",
    statement="It is so.",
    problem="a toy",
    compared_with="nothing",
    threshold=1.0,
    unit="points",
    condition="Here.",
)
KEYS = """id of chapter statement problem compared_with seeds failures effect low high unit
threshold verdict condition seconds""".split()


class Bar:
    """Progress that is noted instead of drawn."""

    def __init__(self):
        self.labels, self.done, self.total = [], 0.0, 0.0

    def set_description(self, label):
        self.labels.append(label)

    def update(self, seconds):
        self.done += seconds

    def reset(self, total):
        self.total += total


def counted(values):
    """An experiment whose effects are ``values(seeds)`` and whose runs all succeed."""

    def experiment(trial):
        trial.count("runs", np.zeros(len(trial.judging), bool), 1)
        return Effects(np.array([values(seed) for seed in trial.judging], float))

    return experiment


def toy(id="S2-toy", experiment=None, **changes):
    return claims.Claim(id, experiment or counted(lambda seed: 2 + seed % 3), **TEXT | changes)


def session(folder, *made, **settings):
    return engine.Session(made, folder, bar=Bar(), **settings)


def curves(accuracy, seeds=range(30), step=0.125):
    """Curves of one epoch in which rate i with seed s has ``accuracy[i]``, a bit more for odd s."""
    accuracy, seeds = np.asarray(accuracy, float), np.array(seeds)
    found = np.round(accuracy[:, None] + 0.001 * (seeds % 2), 4)
    shape = found.shape
    return Curves(
        rates=10 ** (step * np.arange(len(accuracy))),
        seeds=seeds,
        steps=np.array([10]),
        loss=1 - found[None],
        validation_accuracy=found[None],
        test_accuracy=found,
        fluctuation=np.ones(shape),
        diverged=np.zeros(shape, bool),
        failed=np.zeros(shape, bool),
        start_loss=np.ones(len(seeds)),
        guessing=1.0,
        about={"name": "toy", "seconds": 1.0},
    )


# --- the rule and the intervals ------------------------------------------------------------------


@pytest.mark.parametrize(
    "low, high, verdict",
    [
        (1.0, 2.0, "confirmed"),
        (0.99, 2.0, None),
        (0.5, 1.0, None),
        (0.5, 0.99, "contradicted"),
    ],
)
def test_the_verdict_follows_the_interval(low, high, verdict):
    assert claims.verdict_of(low, high, threshold=1.0) == verdict


def test_the_quantiles_of_t_are_scipys():
    scipy_stats = pytest.importorskip("scipy.stats")
    for dof in (1, 2, 3, 4, 9, 19, 20, 39, 99):
        for p in (0.025, 0.5, 0.6, 0.975, 0.9995):
            expected = scipy_stats.t.ppf(p, dof)
            assert stats.t_quantile(p, dof) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_the_interval_of_t_is_scipys():
    scipy_stats = pytest.importorskip("scipy.stats")
    drawn = np.random.default_rng(2).normal(3, 2, 20)
    theirs = scipy_stats.ttest_1samp(drawn, 0).confidence_interval(0.95)
    assert stats.paired_t(drawn) == pytest.approx((drawn.mean(), *theirs), rel=1e-12)


@pytest.mark.parametrize("statistic", [np.mean, np.std])
def test_the_bootstrap_is_scipys_up_to_its_own_chance(statistic):
    """The standard deviation of few seeds is biased, which the mean is not."""
    scipy_stats = pytest.importorskip("scipy.stats")
    drawn = np.random.default_rng(3).exponential(size=20)
    theirs = scipy_stats.bootstrap(
        (drawn,), statistic, method="BCa", n_resamples=20_000, random_state=1
    ).confidence_interval
    ours = stats.bca(drawn, lambda samples: statistic(samples, axis=1))
    assert ours.low == pytest.approx(theirs.low, rel=0.03)
    assert ours.high == pytest.approx(theirs.high, rel=0.03)
    assert ours.effect == pytest.approx(statistic(drawn))


def coverage(method, draw, truth, times):
    rng = np.random.default_rng(0)
    found = [method(draw(rng)) for _ in range(times)]
    return np.mean([i.low <= truth <= i.high for i in found])


def test_intervals_cover_in_about_95_of_100_cases():
    """Tolerances: three standard errors of the simulation; the bootstrap's own shortfall besides.

    At 20 seeds from an exponential distribution BCa covers about 92 of 100 (the plain percentile
    bootstrap about 90); from a normal one paired t is exact.
    """
    normal = coverage(stats.paired_t, lambda rng: rng.normal(1, 2, 20), 1.0, 4000)
    assert abs(normal - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 4000)
    skewed = coverage(stats.bca, lambda rng: rng.exponential(1, 20), 1.0, 600)
    assert 0.90 < skewed < 0.97
    for p in (0.1, 0.5):
        shares = coverage(
            stats.wilson, lambda rng, p=p: 100.0 * (rng.random(20) < p), 100 * p, 4000
        )
        assert 0.93 < shares < 0.98


def test_a_share_has_a_width_where_all_seeds_agree():
    assert stats.wilson(np.full(20, 100.0)).low == pytest.approx(83.9, abs=0.05)
    with pytest.raises(ValueError, match="0 or 100"):
        stats.wilson(np.array([0.0, 50.0]))


# --- refusals ------------------------------------------------------------------------------------


def refusal(experiment, made=None, tuning=range(10), judging=range(10, 30), **changes):
    with pytest.raises(Refused) as caught:
        claims.tried(
            toy(experiment=experiment, **changes),
            Trial(tuning, judging, *[made] * (made is not None)),
        )
    return str(caught.value)


def best_against_next(trial):
    choice = trial.choose()
    best, other = trial.judge("best", choice), trial.judge("next", choice, -0.125)
    return Effects(100 * (best.test_accuracy - other.test_accuracy))


HILL = [0.5, 0.6, 0.7, 0.65, 0.5]


def test_a_sound_trial_is_not_refused():
    trial = Trial(range(10), range(10, 30), curves(HILL))
    found = claims.tried(toy(experiment=best_against_next, unit=POINTS), trial)
    assert found.interval == (10.0, 10.0, 10.0) and found.verdict == "confirmed"
    assert found.rivals == {} and trial.choices[0].rate == pytest.approx(10**0.25)


def test_too_few_seeds():
    assert "judged on 19" in refusal(counted(float), judging=range(19))
    assert "judged on 1," in refusal(counted(float), judging=[7] * 20)


def test_tuned_and_judged_on_the_same_seeds():
    assert "same seeds: [9]" in refusal(best_against_next, curves(HILL), judging=range(9, 29))


@pytest.mark.parametrize("accuracy", [HILL[2:], HILL[:3]], ids=["first", "last"])
def test_a_choice_on_the_edge_of_the_grid(accuracy):
    def experiment(trial):
        trial.judge("best", trial.choose())
        return Effects(np.ones(20))

    assert "edge of the grid" in refusal(experiment, curves(accuracy))


def test_a_grid_with_steps_that_are_too_large():
    def experiment(trial):
        best = trial.judge("best", trial.choose())
        return Effects(best.test_accuracy)

    assert "0.25 decades from a neighbour" in refusal(experiment, curves(HILL, step=0.25))


def test_a_grid_too_coarse_for_the_effect():
    """The better neighbour of the best rate loses 5 points, and the effect is 10."""
    made = curves(HILL)
    words = refusal(best_against_next, made, threshold=8.0, unit=POINTS)
    assert "too coarse for this effect" in words
    trial = Trial(range(10), range(10, 30), made)
    assert claims.tried(toy(experiment=best_against_next, threshold=7.0), trial).verdict


def test_a_mean_that_hides_failures():
    def with_nan(trial):
        trial.count("runs", np.zeros(20, bool), 1)
        return Effects(np.where(np.arange(20) < 2, np.nan, 1.0))

    def dropped(trial):
        trial.count("runs", np.zeros(20, bool), 1)
        return Effects(np.ones(18))

    def short(trial):
        trial.count("runs", np.zeros(18, bool), 1)
        return Effects(np.ones(20))

    assert "2 of 20 seeds is not finite" in refusal(with_nan)
    assert "18 effects from 20" in refusal(dropped)
    assert "not counted for all 20" in refusal(short)
    assert "not counted" in refusal(lambda trial: Effects(np.ones(20)))


def test_unequal_budgets():
    def experiment(trial):
        trial.count("one", np.zeros(20, bool), 480)
        trial.count("other", np.zeros(20, bool), 500)
        return Effects(np.ones(20))

    assert "unequal budgets in gradient evaluations: 'one' 480, 'other' 500" in refusal(experiment)


def test_failed_runs_are_counted_by_the_trial_itself():
    made = curves(HILL)
    made.failed[2, 10:13] = True
    trial = Trial(range(10), range(10, 30), made)
    claims.tried(toy(experiment=best_against_next), trial)
    notes = engine.notes(trial)
    assert notes["runs"][0] == {"name": "best", "failed": 3, "of": 20}
    assert notes["failures"] == 0.075


def test_a_rate_outside_the_grid_is_no_silent_neighbour():
    trial = Trial(range(10), range(10, 30), curves(HILL))
    with pytest.raises(ValueError, match="no rate 17.8"):
        trial.judge("ten times", trial.choose(), 1)


def test_a_verdict_says_where_it_hangs_on_the_tuned_rate():
    """Two rates are as good as each other on the tuning seeds; only beside one is a cliff."""
    made = curves([0.5, 0.6, 0.7, 0.7, 0.1, 0.1])
    made.validation_accuracy[0, 3] -= np.where(np.arange(30) % 2, 0.004, -0.004)

    def lost(trial):
        choice = trial.choose()
        best, other = trial.judge("best", choice), trial.judge("above", choice, 0.125)
        return Effects(100 * (best.test_accuracy - other.test_accuracy))

    found = claims.tried(
        toy(experiment=lost, threshold=10.0), Trial(range(10), range(10, 30), made)
    )
    assert found.verdict == "contradicted" and list(found.rivals.values()) == ["confirmed"]
    verdict, words = engine.settled(found, 20)
    assert verdict == "contradicted" and "with 2.37" in words and "it would be confirmed" in words


# --- declaring claims ----------------------------------------------------------------------------


def test_a_claim_says_what_is_wrong_with_it():
    for changes, words in [
        ({"of": "S18"}, "of must be one of"),
        ({"interval": "t"}, "interval must be one of"),
        ({"unit": " "}, "unit must be words"),
    ]:
        with pytest.raises(ValueError, match=words):
            claims.claim("S2-bad", **TEXT | changes)(counted(float))
    assert "S2-bad" not in claims.Claim.registry


def test_two_claims_with_one_id_are_refused():
    def again(trial):
        return Effects(np.ones(20))

    with pytest.raises(ValueError, match="two claims 'S2-quadratic': .*again is the second"):
        evidence.all_claims()
        claims.claim("S2-quadratic", **TEXT)(again)


# --- what makes a claim stale --------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    aside = shutil.ignore_patterns("__pycache__", "curves")
    shutil.copytree(freshness.ROOT / "course_lr", root / "course_lr", ignore=aside)
    return root


def changed(copy, module, old, new):
    """The claims' code after an edit of a copy of the package, which is then taken back."""
    path = copy / "course_lr" / module
    before = path.read_bytes()
    assert old.encode() in before
    path.write_bytes(before.replace(old.encode(), new.encode(), 1))
    try:
        source = freshness.Source(copy)
        return {id: freshness.code_of(c, source) for id, c in evidence.all_claims().items()}
    finally:
        path.write_bytes(before)


@pytest.fixture(scope="module")
def code(copy):
    return changed(copy, "block.py", "w -= eta * g", "w -= eta * g")


EDITS = {
    "comment": ("block.py", "# w -= eta * g", "# the textbook line"),
    "docstring": ("updates.py", '"""w ← w − η g."""', '"""The textbook line."""'),
    "another schedule": (
        "schedules/decays.py",
        "@dataclass",
        "class New:\n    x = 1\n\n\n@dataclass",
    ),
    "words of a claim": ("teaching/evidence/ch02.py", "at least nine times", "nine times"),
    "the box": ("teaching/evidence/box.py", "8px 12px", "9px 12px"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edits_that_change_no_number_leave_the_code_the_same(copy, code, edit):
    assert changed(copy, *edit) == code


FAULTS = {
    "update rule": (
        "updates.py",
        "w -= column(w, eta) * gradient\n",
        "w += column(w, eta) * gradient\n",
    ),
    "loop": ("block.py", "self.step += 1", "self.step += 2"),
    "statistics": ("teaching/evidence/statistics.py", "LEVEL = 0.95", "LEVEL = 0.90"),
    "rule": ("teaching/evidence/claims.py", "if low >= threshold", "if high >= threshold"),
    "refusal": ("teaching/evidence/trial.py", "FEWEST = 20", "FEWEST = 2"),
}


@pytest.mark.parametrize("edit", FAULTS.values(), ids=FAULTS)
def test_edits_of_what_all_rests_on_make_every_claim_stale(copy, code, edit):
    """All, or for the loop and the rule nearly all: those that train by them."""
    found = changed(copy, *edit)
    stale = {id for id in code if found[id] != code[id]}
    few = len(code) // 10 if edit[0] in ("updates.py", "block.py") else 0
    assert len(code) - len(stale) <= few
    assert {"S1-digits", "S5-better-digits", "S10-notes-digits"} <= stale


def test_an_edit_makes_only_those_claims_stale_that_rest_on_it(copy, code):
    def ids(module, old, new):
        found = changed(copy, module, old, new)
        return {id for id in code if found[id] != code[id]}

    on_digits = ids("problems/data.py", "pixels / 16.0", "pixels / 8.0")
    assert {"S1-digits", "S2-digits", "S3-sharpness-tanh"} <= on_digits
    assert not on_digits & {"S1-quadratic", "S3-divergence"}
    one = ids(
        "teaching/evidence/ch02_large.py", "np.linspace(0.5, 3, 2001)", "np.linspace(0.5, 3, 9)"
    )
    assert one == {"S3-overshoot", "S3-divergence"}
    sweep = ids("teaching/evidence/ch02.py", "RATES, steps=920", "RATES, steps=460")
    assert "S2-mnist1d" in sweep and not any(id.endswith("digits") for id in sweep)
    recipe = ids("recipe.py", "BELOW = 1", "BELOW = 2")  # called as in recommend(…).rate
    assert {"S17-recipe-wide", "S17-ahead-grid"} <= recipe
    assert not any(id in recipe for id in code if not id.startswith("S17"))
    adam = ids("updates.py", "v *= column(w, beta2)", "v *= column(w, beta2) * 2")
    assert "S9-adam-ends-digits" in adam and not adam & {"S1-digits", "S5-better-digits"}


def test_changed_data_make_claims_stale(copy, code):
    path = copy / "course_lr" / "problems" / "digits.npz"
    before = path.read_bytes()
    path.write_bytes(before + b"\0")
    try:
        source = freshness.Source(copy)
        assert freshness.code_of(evidence.all_claims()["S1-digits"], source) != code["S1-digits"]
    finally:
        path.write_bytes(before)


def test_a_changed_threshold_or_statement_is_named():
    known = evidence.report().claims
    all_claims = evidence.all_claims()
    edited = dataclasses.replace(all_claims["S2-digits"], threshold=4.0, condition="Else.")
    found = freshness.stale(known, all_claims | {"S2-digits": edited}, freshness.Source())
    assert "threshold, condition" in found["S2-digits"]
    missing = freshness.stale([], {"S2-digits": edited}, freshness.Source())
    assert missing == {"S2-digits": "not in the report"}


def test_code_that_has_changed_since_is_named():
    known = [e | {"code": e["code"] | {"course_lr.updates": "0"}} for e in evidence.report().claims]
    found = freshness.stale(known, evidence.all_claims(), freshness.Source())
    assert set(found) == set(evidence.all_claims())
    assert set(found.values()) == {"changed since: course_lr.updates"}


# --- running -------------------------------------------------------------------------------------


def test_an_open_claim_gets_twice_the_seeds_once(tmp_path):
    wide = counted(lambda seed: 1.0 + 4 * (seed % 2))
    asked = []

    def settles(trial):
        asked.append(len(trial.judging))
        return counted(lambda seed: 3 * (seed % 2) if seed < 30 else 3 * (seed % 2) + 1)(trial)

    run = session(
        tmp_path,
        toy("S2-settles", settles, threshold=1.4),
        toy("S2-open", wide, threshold=3.0),
        toy("S2-clear", counted(lambda seed: 2 + seed % 2)),
    ).run()
    found = {entry["id"]: entry for entry in run.claims}
    assert asked == [20, 40] and found["S2-settles"]["verdict"] == "confirmed"
    assert found["S2-open"]["verdict"] == "conditional" and found["S2-open"]["seeds"] == 40
    assert found["S2-open"]["condition"] == "Here. Not decided at 40 seeds."
    assert found["S2-clear"]["seeds"] == 20


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    calls = []

    def first(trial):
        calls.append("first")
        return counted(lambda seed: 2 + seed % 3)(trial)

    def second(trial):
        calls.append("second")
        if calls.count("second") == 1:
            raise KeyboardInterrupt
        return counted(lambda seed: 2.0)(trial)

    made = toy("S2-a", first), toy("S2-b", second)
    with pytest.raises(KeyboardInterrupt):
        session(tmp_path, *made).run()
    assert not (tmp_path / "report.json").exists()
    again = session(tmp_path, *made)
    assert [*again.resumed] == ["S2-a"]
    assert [entry["id"] for entry in again.run().claims] == ["S2-a", "S2-b"]
    assert calls == ["first", "second", "second"] and not (tmp_path / "unfinished").exists()
    session(tmp_path, *made).run()  # what is finished for good is measured again
    assert calls[-2:] == ["first", "second"]


def test_finished_work_of_other_words_is_not_resumed(tmp_path):
    def stop(trial):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(tmp_path, toy("S2-a"), toy("S2-b", stop)).run()
    assert not session(tmp_path, toy("S2-a", threshold=1.5)).resumed


def test_a_broken_experiment_stops_no_other_and_keeps_its_old_entry(tmp_path):
    session(tmp_path, toy("S2-a"), toy("S2-b")).run()

    def broken(trial):
        raise RuntimeError("no")

    run = session(tmp_path, toy("S2-a", broken), toy("S2-b", counted(lambda seed: 0.5)))
    found = {entry["id"]: entry["verdict"] for entry in run.run().claims}
    assert found == {"S2-a": "confirmed", "S2-b": "contradicted"}
    assert list(run.errors) == ["S2-a"] and str(run.errors["S2-a"]) == "no"


def test_a_refused_claim_has_its_reason_and_no_figures_in_the_report(tmp_path):
    entry = session(tmp_path, toy("S2-a", lambda trial: Effects(np.ones(20)))).run().claims[0]
    assert entry["verdict"] == "refused" and "not counted" in entry["condition"]
    assert entry["effect"] is None
    shown = box.Verdict(("S2-a",), reports.Report([entry]))
    assert "refused" in shown._repr_html_() and "no figures" in repr(shown)


def small():
    """A network that trains in a moment."""
    return digits(hidden=(8,), samples=256)


def small_sweep(rates):
    return Sweep(small, "digits, 256 examples", tuple(rates), steps=8)


def against_a_tenth(trial):
    choice = trial.choose()
    best, other = trial.judge("best", choice), trial.judge("a tenth", choice, -1)
    return Effects(100 * (best.test_accuracy - other.test_accuracy), {"best rate": best.rate})


def test_a_tiny_claim_from_training_to_page(tmp_path):
    made = toy(
        "S2-tiny",
        against_a_tenth,
        sweeps=(small_sweep(decades(-2, 1.5)),),
        unit=POINTS,
        threshold=5.0,
    )
    run = session(tmp_path, made)
    entry = run.run().claims[0]
    assert entry["verdict"] in ("confirmed", "conditional") and entry["effect"] > 5
    assert run.bar.labels == ["small"] * 3 + ["S2-tiny"] or "wider grid" in str(run.bar.labels)
    kept = Curves.load(tmp_path, "small")
    assert {30, len(kept.seeds)} <= {30, 50} and kept.loss.dtype == np.float32
    best = int(kept.cut(range(10)).validation_accuracy[-1].mean(axis=1).argmax())
    assert entry["facts"]["best rate"] == pytest.approx(kept.rates[best], rel=1e-2)
    assert f"| S2-tiny | 2 | {entry['verdict']} |" in (tmp_path / "evidence.md").read_text()
    again = session(tmp_path, made, reuse=True)
    assert again.curves and again.run().claims[0] | {"seconds": 0} == entry | {"seconds": 0}
    assert "small" not in again.bar.labels


def test_a_grid_grows_until_its_best_rate_is_inside(tmp_path):
    made = toy("S2-tiny", against_a_tenth, sweeps=(small_sweep(decades(-2.5, -1)),), unit=POINTS)
    session(tmp_path, made).run()
    kept = Curves.load(tmp_path, "small")
    best = int(kept.cut(range(10)).validation_accuracy[-1].mean(axis=1).argmax())
    assert len(kept.rates) > 13 and 0 < best < len(kept.rates) - 1
    assert np.allclose(np.diff(np.log10(kept.rates)), 0.125, atol=1e-4)
    fresh = made.sweeps[0].compute(kept.seeds[:3], kept.rates)
    for name in BY_RATE:  # rates and seeds that came in parts are those of one training
        assert np.array_equal(getattr(fresh, name), getattr(kept.cut(kept.seeds[:3]), name))


def cosine_of_small():
    """The same network under another schedule."""
    return small()


def each_at_its_own(trial):
    constant, cosine = trial.choose(), trial.choose(of=1)
    best, other = trial.judge("constant", constant), trial.judge("cosine", cosine)
    assert trial.of(1).about["name"] == "cosine_of_small" and other.rate == cosine.rate
    return Effects(100 * (best.test_accuracy - other.test_accuracy), {"cosine": other.rate})


def test_a_claim_that_compares_two_methods_each_at_its_own_rate(tmp_path):
    decayed = Sweep(cosine_of_small, "the same, cosine", tuple(decades(-1.5, 0.5)), steps=8,
                    eta=lambda peaks: CosineDecay(peaks, 8))  # fmt: skip
    both = (small_sweep(decades(-2, 1.5)), decayed)
    made = toy("S2-two", each_at_its_own, sweeps=both, unit=POINTS, threshold=-50.0)
    entry = session(tmp_path, made).run().claims[0]
    assert entry["verdict"] == "confirmed", entry["condition"]
    kept = Curves.load(tmp_path, "cosine_of_small")
    scores = kept.cut(range(10)).validation_accuracy[-1].mean(axis=1)
    assert entry["facts"]["cosine"] == pytest.approx(kept.rates[scores.argmax()], rel=1e-2)
    assert [choice["of"] for choice in entry["choices"]] == ["small", "cosine_of_small"]
    assert entry["runs"][1]["name"] == "cosine"
    assert kept.rates[0] != Curves.load(tmp_path, "small").rates[0]


def test_a_rival_of_the_second_method_takes_its_place_alone():
    """Two peaks of equal height: which of them is tuned is luck, and said."""
    clear, torn = curves(HILL), curves([0.5, 0.7, 0.6, 0.7001, 0.5])
    clear.about["name"], torn.about["name"] = "clear", "torn"
    noise = np.random.default_rng(0).normal(0, 0.05, torn.test_accuracy.shape)
    torn.validation_accuracy[-1] += noise
    trial = Trial(range(10), range(10, 30), clear, torn)
    for of in (0, 1):
        trial.choose(of=of)
    others = trial.others()
    assert others and all(name.endswith("(torn)") for name in others)
    for other in others.values():
        assert other.choose().index == trial.choices[0].index
        assert other.choose(of=1).index != trial.choices[1].index


def test_curves_of_other_seeds_are_joined_in_the_order_of_seeds():
    whole = curves(HILL, seeds=range(6))
    joined = curves(HILL, seeds=[1, 4, 5]).joined(curves(HILL, seeds=[0, 2, 3]))
    for name in (*BY_RATE, "seeds", "start_loss"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name))
    assert joined.about["seconds"] == 2.0
    assert np.array_equal(whole.cut([4, 1]).test_accuracy, whole.test_accuracy[:, [4, 1]])
    assert whole.at(2).loss.shape == (1, 6) and whole.at(2).rate == whole.rates[2]


def test_quick_runs_a_fifth_of_the_seeds_and_gives_no_verdict(tmp_path):
    entry = session(tmp_path, toy("S2-a"), quick=True).run().claims[0]
    assert entry["seeds"] == 4 and entry["verdict"] == "not judged"
    assert sum(map(len, engine.QUICK)) * 5 == len(engine.TUNING + engine.JUDGING)
    assert "no verdicts" in (tmp_path / "evidence.md").read_text()


def test_two_processes_find_what_one_finds(tmp_path):
    made = [evidence.all_claims()[id] for id in ("S1-quadratic", "S3-overshoot")]
    one = session(tmp_path / "one", *made).run()
    two = session(tmp_path / "two", *made, jobs=2).run()
    for entry in one.claims + two.claims:
        del entry["seconds"]
    assert one == two and len(one.claims) == 2


def test_the_bar_ends_where_it_should(tmp_path):
    run = session(tmp_path, toy("S2-a"), toy("S2-b"))
    run.run()
    assert run.bar.labels == ["S2-a", "S2-b"] and run.bar.done == pytest.approx(run.bar.total)


def test_rounding_keeps_digits_and_marks_what_is_not_finite():
    found = rounded(np.array([0.0, 123.456, 0.000123456, np.inf, np.nan]), 4)
    assert found.tolist() == np.array([0, 123.5, 0.0001235, np.inf, np.inf], "f4").tolist()


# --- the command line ----------------------------------------------------------------------------


def run_command(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(["evidence", *arguments])
    return ended.value.code, capsys.readouterr().out


def test_quick_does_not_touch_the_full_report(tmp_path, capsys, monkeypatch):
    before = (reports.HERE / "report.json").read_bytes()
    monkeypatch.setattr(command.tempfile, "gettempdir", lambda: str(tmp_path))
    code, out = run_command(capsys, "--quick", "--claim", "S1-quadratic")
    assert code == 0 and "the full report is as it was" in out and "not judged" in out
    assert (reports.HERE / "report.json").read_bytes() == before
    assert reports.Report.load(tmp_path / "course_lr-quick").quick


def test_the_command_says_what_is_there(capsys):
    for arguments, words in [
        (("--claim", "S2-nothing"), "no claim 'S2-nothing'; "),
        (("--chapter", "99"), "chapter 99 has no claims"),
        (("--jobs", "0"), "--jobs must be a whole number >= 1, got 0"),
    ]:
        assert words in run_command(capsys, *arguments)[0]


def test_check_names_stale_claims(tmp_path, capsys):
    code, out = run_command(capsys, "--check", "--claim", "S2", "--folder", str(tmp_path))
    assert code == 1 and "S2-quadratic: not in the report" in out and "0 of 5" in out


RECIPE = '''
"""Chapter 77: an example."""

import numpy as np

from course_lr.problems import Quadratic
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train


@claim(
    "S2-mine",
    of="S2",
    chapter=77,
    notes="2, too small a rate",
    statement="Half the rate leaves more than twice the loss.",
    problem="a bowl of curvature 1, ten steps",
    compared_with="the rate 0.5",
    threshold=2.0,
    unit="times the loss",
    condition="From any start but 0.",
)
def half_the_rate(trial: Trial) -> Effects:
    starts = [np.random.default_rng(seed).normal(size=1) for seed in trial.judging]
    losses = [train(Quadratic(1.0), [0.25, 0.5], steps=10, start=w) for w in starts]
    trial.count("both rates", np.array([h.diverged for h in losses]), 10)
    return Effects(np.array([h.loss[-1, 0] / h.loss[-1, 1] for h in losses]))
'''


def test_a_claim_is_one_function_in_one_new_file(tmp_path):
    """The recipe of CONTRIBUTING: nothing else is edited, and report, page and box have it."""
    shutil.copytree(freshness.ROOT / "course_lr", tmp_path / "course_lr")
    folder = tmp_path / "course_lr" / "teaching" / "evidence"
    (folder / "ch77.py").write_text(RECIPE)
    script = "from course_lr import cli; cli.main(['evidence', '--chapter', '77'])"
    settings = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(tmp_path)}}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, **settings)
    assert ran.returncode == 0, ran.stderr
    known = reports.Report.load(folder)
    assert [e["id"] for e in known.claims][-1] == "S2-mine"
    assert len(known.claims) == len(evidence.report().claims) + 1
    assert "S2-mine: Half the rate" in repr(box.Verdict(("S2",), known))
    assert "| S2-mine | 2, too small a rate | confirmed |" in (folder / "evidence.md").read_text()


# --- the report ----------------------------------------------------------------------------------


def test_the_report_belongs_to_the_present_code():
    found = freshness.stale(evidence.report().claims, evidence.all_claims(), freshness.Source())
    lines = "\n".join(f"  {id}: {reason}" for id, reason in found.items())
    assert not found, f"stale claims (course-lr evidence measures them again):\n{lines}"


def test_the_curves_belong_to_the_present_code():
    source = freshness.Source()
    sweeps = {s for c in evidence.all_claims().values() for s in c.sweeps}
    for sweep in sweeps:
        code = freshness.code_of_sweep(sweep, source)
        assert evidence.sweep(sweep.name).about["code"] == code, f"{sweep.name} is stale"
    files = list((reports.HERE / "curves").iterdir())
    assert {path.stem for path in files} == {sweep.name for sweep in sweeps}
    assert sum(path.stat().st_size for path in files) < 8_000_000


def test_every_statement_up_to_watching_has_claims():
    for known in (evidence.report().claims, [c.words for c in evidence.all_claims().values()]):
        assert {f"S{number}" for number in range(1, 17)} <= {entry["of"] for entry in known}
    assert all(re.match(r"[1-4](\.\d)?, ", entry["notes"]) for entry in evidence.report().claims)


@pytest.mark.parametrize("entry", evidence.report().claims, ids=lambda entry: entry["id"])
def test_an_entry_is_sound(entry):
    assert all(key in entry for key in KEYS)
    assert entry["verdict"] in ("confirmed", "conditional", "contradicted")
    assert entry["low"] <= entry["effect"] <= entry["high"]
    assert entry["seeds"] in (20, 40) and 0 <= entry["failures"] <= 1
    by_rule = claims.verdict_of(entry["low"], entry["high"], entry["threshold"])
    if entry["verdict"] != by_rule:
        assert entry["verdict"] == "conditional"
        assert "Not decided at 40 seeds" in entry["condition"]
    for name in ("effect", "low", "high"):
        assert round(entry[name], entry["decimals"]) == entry[name]


def test_the_report_is_strict_json_and_its_page_is_its_own():
    def refuse(name):
        raise AssertionError(f"{name} in the report")

    text = (reports.HERE / "report.json").read_text("utf-8")
    assert not reports.Report(json.loads(text, parse_constant=refuse)["claims"]).quick
    assert (reports.HERE / "evidence.md").read_text("utf-8") == page.page(evidence.report())


def test_the_claims_of_a_chapter_fit_their_budget():
    for chapter in (1, 2):
        seconds = sum(e["seconds"] for e in evidence.report().claims if e["chapter"] == chapter)
        assert seconds < 300


def test_kept_curves_are_what_training_gives():
    """Away from the cliff, where another processor's last bits do not matter."""
    kept = evidence.sweep("digits_rates")
    few = [i for i, rate in enumerate(kept.rates) if 0.009 < rate < 0.11]
    fresh = ch02.digits_rates.compute([10, 11], kept.rates[few])
    again = kept.cut([10, 11])
    assert np.allclose(again.loss[:, few], fresh.loss, rtol=0.02)
    assert np.allclose(again.test_accuracy[few], fresh.test_accuracy, atol=0.01)
    assert np.array_equal(again.failed[few], fresh.failed)


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match="no curves 'digit_rates' are kept; there are .*digits_rates"
    ):
        evidence.sweep("digit_rates")
    with pytest.raises(ValueError, match=r"no claim 'S2-digit'; did you mean S2-digits\? There"):
        course_lr.verdict("S2-digit")
    with pytest.raises(ValueError, match="needs a statement"):
        course_lr.verdict()


# --- the box -------------------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")


def numbers_in(text):
    return set(NUMBER.findall(text.replace("−", "-")))


def visible(shown):
    """The words of a box, those of its pictures included."""
    alternatives = re.findall('aria-label="([^"]*)"', shown)
    return html.unescape(re.sub("<[^>]*>", " ", shown) + " ".join(alternatives))


def allowed(entry):
    """Every number that the report has for a claim, as it is printed, and those in its words."""
    figures = [reports.number(entry, name) for name in ("effect", "low", "high", "threshold")]
    counts = [entry[name] for name in ("seeds", "tuning_seeds", "evaluations")]
    counts += [run[name] for run in entry["runs"] for name in ("failed", "of")]
    counts += [sum(run[name] for run in entry["runs"]) for name in ("failed", "of")]
    rates = [rate for c in entry["choices"] for rate in (c["rate"], *c["rivals"])]
    words = [entry[n] for n in ("id", "statement", "problem", "compared_with", "condition", "unit")]
    words += [choice.get("of", "") for choice in entry["choices"]]
    words += [*entry["facts"], *(run["name"] for run in entry["runs"])]
    values = [f"{value:g}" for value in entry["facts"].values()]
    parts = [*figures, *counts, *(f"{rate:.3g}" for rate in rates), *words, *values]
    return numbers_in(" ".join(map(str, parts)))


NAMES = ["S1", "S2", "S3", "S4", *(entry["id"] for entry in evidence.report().claims)]


@pytest.mark.parametrize("name", NAMES)
def test_no_number_in_a_box_differs_from_the_report(name):
    shown = course_lr.verdict(name)
    known = set().union(*map(allowed, shown.entries)) | {"95"}
    for text in (visible(shown._repr_html_()), repr(shown)):
        assert numbers_in(text) - known == set()
    for entry in shown.entries:
        for figure in ("effect", "low", "high", "threshold"):
            assert numbers_in(reports.number(entry, figure)) <= numbers_in(repr(shown))


def test_each_figure_in_a_box_is_called_what_it_is():
    runs = [{"name": "best", "failed": 3, "of": 20}, {"name": "tenfold", "failed": 9, "of": 20}]
    figures = {"effect": -2.5, "low": -4.0, "high": 1.0, "threshold": 0.5}
    entry = evidence.report().of("S2-digits")[0] | figures | {"decimals": 1, "runs": runs}
    text = visible(box.Verdict(("S2-digits",), reports.Report([entry]))._repr_html_())
    words = f"−2.5 {entry['unit']} (95\u00a0% interval −4.0 to 1.0; threshold 0.5); "
    assert words + f"{entry['seeds']} seeds, 12 of 40 runs failed." in text
    assert "no better than guessing): 3 of 20 (best), 9 of 20 (tenfold)." in text


def test_an_open_claim_and_a_late_threshold_say_so():
    entry = evidence.report().of("S2-digits")[0]
    one = entry | {"verdict": "conditional"}
    text = box.Verdict(("S2-digits",), reports.Report([one]))._repr_html_()
    assert "≈ open" in text and "conditional" not in visible(text)
    assert "Threshold, fixed before looking" in visible(text)
    both = [one, entry | {"id": "S2-other", "of": "S2", "verdict": "confirmed"}]
    text = box.Verdict(("S2-digits", "S2-other"), reports.Report(both))._repr_html_()
    assert "≈ conditional" in text and "≈ open" in text
    late = [e for e in evidence.report().claims if box.LATER.fullmatch(e["id"])]
    assert len(late) == 15
    assert "set after some results had been seen" in box.details(late[0])


def test_another_effect_would_be_seen_in_the_box():
    entry = evidence.report().of("S2-digits")[0]
    other = reports.Report([entry | {"effect": entry["effect"] + 0.01}])
    text = visible(box.Verdict(("S2-digits",), other)._repr_html_())
    assert numbers_in(text) - allowed(entry) - {"95"}


@pytest.mark.parametrize("entry", evidence.report().claims, ids=lambda entry: entry["id"])
def test_the_picture_shows_the_figures(entry):
    """The marks stand on one linear axis through low and high, on the right side of each other."""
    drawn = box.picture(entry)
    left, right = map(float, re.search(r'd="M([\d.]+) 29H([\d.]+)M', drawn).groups())
    least = float(re.search(r'd="M([\d.]+) 13V45"', drawn).group(1))
    dot = float(re.search(r'cx="([\d.]+)"', drawn).group(1))
    spread, width = entry["high"] - entry["low"], right - left
    for name, x in (("effect", dot), ("threshold", least)):
        assert np.sign(round(x - left, 1)) in (np.sign(entry[name] - entry["low"]), 0)
        if spread and width > 20:
            there = left + (entry[name] - entry["low"]) / spread * width
            assert x == pytest.approx(there, abs=0.01 * abs(there - left) + 0.6)
    assert all(0 <= x <= box.WIDTH for x in (left, right, least, dot))


def test_statements_whose_claims_differ_are_conditional():
    entries = [{"id": "a", "verdict": "confirmed"}, {"id": "b", "verdict": "conditional"}]
    assert reports.combined(entries) == ("conditional", "Confirmed by a; open in b.")
    assert reports.combined(entries[:1]) == ("confirmed", "")


def test_boxes_are_the_same_twice_and_ask_nobody():
    for name in NAMES:
        first, again = (course_lr.verdict(name)._repr_html_() for _ in range(2))
        assert first == again
        assert not re.search(r"<script|https?:|url\(|\bid=", first)
        assert first.count('<svg role="img" aria-label=') == len(course_lr.verdict(name).entries)
        assert "How this was measured" in first and "<details>" in first


def test_verdicts_are_told_apart_without_colour():
    signs = {box.badge(v) for v in ("confirmed", "conditional", "contradicted")}
    assert len({re.sub("<[^>]*>", "", sign) for sign in signs}) == 3

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot(linear, (0.2126, 0.7152, 0.0722))

    for _, colour in box.SIGNS.values():
        assert 1.05 / (light(colour) + 0.05) > 4.5  # WCAG 2, white text on it


def test_words_from_the_report_are_escaped():
    entry = evidence.report().of("S2-digits")[0] | {"statement": "<b>$1 & more</b>"}
    shown = box.Verdict(("S2-digits",), reports.Report([entry]))._repr_html_()
    assert "&lt;b&gt;&#36;1 &amp; more" in shown and "<b>$1" not in shown
