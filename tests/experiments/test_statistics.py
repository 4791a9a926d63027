"""Intervals and outcomes: what they cover, by simulation, and the rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import statistics as stats

SEEDS = 20


def covered(interval, truth: float, draw, times: int = 1500) -> float:
    """How often, in per cent, the interval of a draw holds the truth."""
    found = (interval(draw()) for _ in range(times))
    return 100 * np.mean([each.low <= truth <= each.high for each in found])


def test_student_s_interval_covers_what_the_docstring_says_failures_included():
    rng = np.random.default_rng(1)

    def surviving():  # 5 % of the runs fail and are left out
        return rng.normal(1, 1, SEEDS)[rng.random(SEEDS) > 0.05]

    assert covered(stats.paired_t, 1, surviving) > 95.5
    assert covered(stats.paired_t, 0, lambda: rng.normal(size=SEEDS)) > 95.5
    assert 92 < covered(stats.paired_t, 1, lambda: rng.exponential(size=SEEDS)) < 96.5
    skewed = covered(stats.paired_t, np.exp(0.5), lambda: rng.lognormal(size=SEEDS))
    assert 87 < skewed < 93  # too few, and said so
    spread = covered(stats.ratio_t, 1, lambda: np.exp(rng.normal(size=SEEDS)))
    assert spread > 95.5


@pytest.mark.parametrize("p, q", [(0.95, 0.5), (0.9, 0.1), (1, 0.5), (0.5, 0.5), (0.05, 0)])
def test_newcombe_s_interval_covers_near_the_ends_too(p, q):
    rng = np.random.default_rng(2)

    def pairs():
        return np.stack([rng.random(SEEDS) < p, rng.random(SEEDS) < q], axis=1)

    assert covered(stats.newcombe, 100 * (p - q), pairs, 600) > 94.5


def test_the_bootstrap_covers_skewed_statistics():
    rng = np.random.default_rng(3)

    def of_mean(values):
        return stats.bootstrap(values, lambda samples: samples.mean(axis=1))

    assert covered(of_mean, 1, lambda: rng.exponential(size=SEEDS), 300) > 92


def test_two_looks_keep_95_per_cent():
    """Where a second look with twice the seeds follows an open first one, few err."""
    rng, wrong = np.random.default_rng(4), 0
    for _ in range(1500):
        values = rng.normal(0, 1, 2 * SEEDS)
        looks = stats.paired_t(values[:SEEDS]), stats.paired_t(values)
        decided = [each for each in looks if each.low > 0 or each.high < 0]
        wrong += bool(decided)
    assert wrong / 1500 < 0.06


shares = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=40)


@given(shares)
def test_newcombe_turned_round_is_the_same_interval_turned_round(pairs):
    found, turned = (stats.newcombe(np.array(pairs)[:, order]) for order in ([0, 1], [1, 0]))
    assert -100 - 1e-9 <= found.low <= found.effect + 1e-9
    assert found.effect - 1e-9 <= found.high <= 100 + 1e-9
    np.testing.assert_allclose(turned[:3], [-found.effect, -found.high, -found.low], atol=1e-9)
    assert found.p == turned.p


def test_newcombe_s_own_interval_for_equal_columns_is_about_no_effect():
    same = stats.newcombe(np.array([[True, True]] * 12 + [[False, False]] * 8))
    assert same.effect == 0 and same.low < 0 < same.high and same.p == 1


def test_p_agrees_with_the_interval():
    rng = np.random.default_rng(5)
    for _ in range(200):
        found = stats.paired_t(rng.normal(0.5, 1, SEEDS))
        assert (found.p < 1 - stats.LEVEL) == (not found.low <= 0 <= found.high)


@pytest.mark.parametrize(
    "interval, none, asked, noninferior, expected",
    [
        ((3, 2, 4), 0, 2, False, "holds"),
        ((3, 0.1, 6), 0, 2, False, "in part"),
        ((1, 0.1, 1.9), 0, 2, False, "in part"),
        ((-1, -2, -0.1), 0, 2, False, "reversed"),
        ((0, -1, 1), 0, 2, False, "no effect"),
        ((1, -1, 3), 0, 2, False, "open"),
        ((1.5, 1.2, 1.9), 1, 2, False, "in part"),
        ((-0.5, -0.9, -0.1), -1, -1, True, "holds"),
        ((-2, -3, -1.5), -1, -1, True, "reversed"),
        ((-1, -2, 0), -1, -1, True, "open"),
    ],
)
def test_the_rule(interval, none, asked, noninferior, expected):
    assert stats.outcome(interval, none, asked, noninferior) == expected


def test_a_statement_whose_measurements_differ_depends():
    assert stats.together(["in part"]) == "in part"
    assert stats.together(["in part", "holds"]) == "depends"
