"""The contest: its searches never see what judges them, and its tables say what was measured."""

import json

import numpy as np
import pytest

from course_lr import SGD, Adam
from course_lr.recipe import DEFAULTS
from course_lr.recommendation import Way
from course_lr.teaching.chapters.ch09_choosing import contest as ch09_contest
from course_lr.teaching.chapters.ch09_choosing.contest import METHODS, NEW, OLD, RECIPES, Contest
from course_lr.teaching.verdicts.report import Report
from experiments import contest
from experiments import contest_searches as searches
from experiments import statistics as stats
from experiments.freshness import code_of

MOONS = searches.on(searches.moons, hidden=(4,), batch_size=300)
STEPS, SEARCHES, TUNED = 40, (6100, 6101), range(6000, 6003)


@pytest.fixture(scope="module")
def tiny():
    """The contest on two tiny problems, and the problems of which draws were made."""
    drawn, patch = [], pytest.MonkeyPatch()

    def make(draw):
        drawn.append(draw)
        return MOONS(draw)

    problems = {"moons": (make, STEPS), "rings": (MOONS, STEPS)}
    patch.setattr(searches, "PROBLEMS", problems)
    patch.setattr(contest, "PROBLEMS", problems)
    patch.setattr(searches, "TUNED", TUNED)
    yield contest.joined(*(searches.measured(name, "Any", SEARCHES) for name in problems)), drawn
    patch.undo()


def contest_of(names, accuracy):
    """A contest in which ways reach ``accuracy``, ``(P, W, S)``, and nothing else is known."""
    some, each = np.zeros((len(names), 3, accuracy.shape[2])), np.zeros(len(names))
    about = (each, each.astype(str), each.astype(str))
    return Contest(names, accuracy, accuracy < 0, some > 0, some, some, *about)


def test_every_problem_has_words_and_every_draw_other_data():
    assert set(contest.PROBLEMS) == set(NEW) | set(OLD) and len(NEW) == len(OLD) == 9
    for make, steps in contest.PROBLEMS.values():
        one, two = make(1), make(2)
        assert 240 <= steps <= 460 and repr(one) == repr(two)
        assert not np.array_equal(one.inputs["train"], two.inputs["train"])
        np.testing.assert_array_equal(one.inputs["test"], make(1).inputs["test"])


def test_a_contest_has_a_row_for_each_way(tiny):
    found, drawn = tiny
    assert found.problems == ("moons", "rings")
    assert found.accuracy.shape == found.failed.shape == (2, len(METHODS), 2)
    assert found.kept.shape == found.price.shape == found.gains.shape == (2, 3, 2)
    assert 0 < found.accuracy.min() and (found.price <= searches.BUDGET).all()
    assert set(drawn) == {*TUNED, *SEARCHES}


def test_a_defaults_row_is_its_training_and_at_equal_cost_a_longer_one(tiny):
    problem = MOONS(SEARCHES[0])
    for way, short, long in zip(DEFAULTS, METHODS[7:9], METHODS[9:]):
        for name, steps in ((short, STEPS), (long, 17 * STEPS)):
            accuracy, lost = searches.ends(problem, way, [1e-3], steps, SEARCHES[:1])
            np.testing.assert_allclose(tiny[0].of(name)[0, 0], accuracy[0, 0], rtol=1e-6)
            assert tiny[0].of(name, tiny[0].failed)[0, 0] == lost[0, 0]


def test_a_search_never_uses_the_seed_that_judges_it(monkeypatch):
    used = []
    real = searches.recommend
    monkeypatch.setattr(
        searches, "recommend", lambda *a, seed, **b: used.append(seed) or real(*a, seed=seed, **b)
    )
    ways, recipes = searches.chosen(MOONS(3), STEPS, 3)
    assert len(ways) == len(METHODS) - 3 and len(recipes) == 3 and min(used) >= 10_000
    assert [found.way for found in recipes] == ways[:3] and tuple(ways[-2:]) == DEFAULTS
    assert recipes[1].found.update == Adam() and not recipes[2].found.decay
    assert all(way.update == SGD() and not way.decay for way in ways[3:6])


def test_the_best_of_sweeps_wins_against_its_neighbours():
    best = searches.best_of_sweeps(MOONS, STEPS, TUNED)
    rates = best.rate * np.array([0.03, 1.0])
    reached = [
        searches.ends(MOONS(draw), best, rates, STEPS, [draw], "validation")[0] for draw in TUNED
    ]
    worse, well = np.mean(reached, axis=0)[:, 0]
    assert best._replace(rate=0.0) in searches.FAMILIES and well > worse + 0.05


def test_a_regret_is_measured_from_the_first_way():
    found = contest_of(("moons",), np.linspace(0.9, 0.1, len(METHODS))[None, :, None])
    np.testing.assert_allclose(found.regrets(METHODS[0]), [[0]])
    np.testing.assert_allclose(found.regrets(METHODS[-1]), [[80]])
    np.testing.assert_allclose(found.regrets(METHODS[-1], against=METHODS[-2]), [[8]])
    with pytest.raises(ValueError, match="the recipe with Adam.*'guessing'"):
        found.regrets("guessing")


def test_ahead_is_of_the_better_way_on_each_problem():
    accuracy = np.zeros((2, len(METHODS), 2))
    accuracy[:, 1] = 0.5
    accuracy[0, 9:] = [[0.4, 0.4], [0.1, 0.2]]
    accuracy[1, 9:] = [[0.1, 0.2], [0.6, 0.4]]
    found = contest_of(("moons", "rings"), accuracy)
    np.testing.assert_allclose(contest.ahead(found, METHODS[9:]), [0, 10])


def test_what_is_joined_and_kept_is_read_again(tiny, tmp_path):
    found, _ = tiny
    other = found.cut(["rings"])
    other.accuracy[:] = 0.25
    both = contest.joined(found, other)
    assert both.problems == found.problems and (both.accuracy[1] == 0.25).all()
    both.save(tmp_path / "contest.npz")
    again = ch09_contest.load(tmp_path / "contest.npz")
    assert again.problems == both.problems and not list(tmp_path.glob("*.part"))
    for name in ("accuracy", "failed", "kept", "price", "gains", "seconds", "kernel", "code"):
        np.testing.assert_array_equal(getattr(again, name), getattr(both, name))
    with pytest.raises(ValueError, match="moons, rings, got stars"):
        again.cut(["stars"])


def test_a_damaged_file_names_itself_and_the_command(tmp_path):
    path = tmp_path / "contest.npz"
    for damage in (None, b"", b"nonsense"):
        if damage is not None:
            path.write_bytes(damage)
        with pytest.raises(ValueError, match="contest.npz is missing, damaged or stale: make con"):
            ch09_contest.load(path)


def test_the_table_names_each_problem_and_way(tiny):
    table = contest.table(tiny[0])
    said = ("mean over all of these", "kept the default")
    assert all(word in table for word in (NEW["moons"], NEW["rings"], *METHODS, *RECIPES, *said))
    with pytest.raises(SystemExit, match="no such problem: stars; there are moons, "):
        contest.main(["stars"])


def test_other_code_is_accepted_where_it_gives_the_same_bits(tiny, monkeypatch):
    monkeypatch.setattr(contest, "load", lambda: tiny[0])
    monkeypatch.setattr(contest, "SEARCHES", SEARCHES)
    tiny[0].code[:] = "old"
    again = contest.restamp()
    assert set(again.code) == {code_of("contest", *searches.RESTS_ON)}
    tiny[0].accuracy[0, 1, 1] += 1e-3
    with pytest.raises(SystemExit, match="moons gives other bits"):
        contest.restamp()


def test_what_is_kept_is_whole():
    found = ch09_contest.load()
    assert found.problems == (*NEW, *OLD) and found.accuracy.shape == (18, len(METHODS), 20)
    assert found.price.max() <= searches.BUDGET and found.price.min() > 8
    code = code_of("contest", *searches.RESTS_ON)
    assert set(found.code) == {code}, "python -m experiments.contest --restamp"


def test_the_entries_are_read_off_what_is_kept_and_fit_the_report():
    rows = {row["id"]: row for row in contest.entries()}
    regret, found = rows["R1-regret"], ch09_contest.load().cut(NEW)
    effect = -found.regrets("the recipe").mean()
    np.testing.assert_allclose(regret["effect"], effect, atol=0.006)
    assert regret["noninferior"] and regret["asked"] == regret["none"] == -2
    assert regret["outcome"] == stats.outcome(
        [regret[name] for name in ("effect", "low", "high")], -2, -2, noninferior=True
    )
    assert [row["id"] for row in rows.values() if row["statement"] == "R1"][0] == "R1-regret"
    statement = {"id": "R1", "of": "R1", "says": "", "depends_on": "", "sentence": ""}
    statement |= {"outcome": "open", "measurements": list(rows), "chapter": 9}
    assert Report([statement], list(rows.values())).fault() == ""
    assert json.loads(json.dumps(list(rows.values()))) == list(rows.values())
    assert all(row["failures"][0][1] == 180 and row["seeds"] == 20 for row in rows.values())


def test_spirals_have_as_many_arms_as_classes_and_are_the_same_each_time():
    data = ch09_contest.spirals_data(samples=90)
    assert set(data.labels) == {0, 1, 2} and len(data.inputs) == 90
    np.testing.assert_array_equal(data.inputs, ch09_contest.spirals_data(samples=90).inputs)
    assert np.linalg.norm(data.inputs, axis=1).max() < 4.5


def test_a_way_keeps_its_rule_and_its_schedule():
    way = Way(0.1, True, SGD())
    assert str(way) == "SGD() at 0.1 with warm-up and cosine" and way.schedule(100)(10) == 0.1
