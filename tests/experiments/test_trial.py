"""A trial: tuned and judged on other seeds; what it refuses; what it says of failures, rivals."""

import numpy as np
import pytest

from course_lr.teaching.verdicts.curves import Curves
from experiments import measures, trial
from experiments.trial import Refused, Trial

RATES = 10 ** np.arange(-1, 0.01, 1 / 8)


def curves(means, seeds=50, noise=0.0, steps=100, rates=RATES, failed=()) -> Curves:
    """Curves with these mean accuracies, the same in validation and test; some rates fail."""
    rng = np.random.default_rng(0)
    accuracy = np.array(means)[:, None] + noise * rng.normal(size=(len(rates), seeds))
    lost = np.zeros(accuracy.shape, bool)
    for place, share in failed:
        lost[place, : int(share * seeds)] = True
        lost[place] = lost[place][rng.permutation(seeds)]
    accuracy = np.where(lost, 0.1, accuracy)
    loss = np.full((1, *accuracy.shape), 1.0)
    return Curves(
        rates, np.arange(seeds), np.array([steps]), loss, accuracy[None], accuracy, lost, {}
    )


class Kept:
    """A store of made-up sweeps."""

    def __init__(self, **found):
        self.found, self.kernel = found, "none"

    def curves(self, name, seeds):
        return self.found[name].cut(seeds)


HUMP = 0.9 - 0.3 * (np.log10(RATES) + 0.5) ** 2
TOP = int(np.argmax(HUMP))


def gain(made):
    return measures.gain(made, "a", "b")


def test_tuning_and_judging_use_other_seeds():
    made = Trial(Kept(a=curves(HUMP)))
    assert set(made.tuning).isdisjoint(made.judging)
    assert len(made.best("a").test_accuracy) == 20
    assert made.choices["a"].rate == pytest.approx(10**-0.5)


def test_what_cannot_be_tuned_or_compared_is_refused():
    hump, dead, place = curves(HUMP), [(TOP, 0.9)], {"a": TOP}
    coarse = curves([0.5, 0.9, 0.5], rates=np.array([0.1, 0.3, 1.0]))
    edge = curves(np.linspace(0.5, 0.9, len(RATES)))
    for trial_, measure, message in (
        (Trial(Kept(a=edge)), lambda t: t.choose("a"), "a: the tuned rate 1 is its grid's edge"),
        (Trial(Kept(a=coarse)), lambda t: t.choose("a"), "too coarse beside the rate 0.3"),
        (Trial(Kept(a=hump)), lambda t: t.at("a", 3.0), "a has no rate 3"),
        (Trial(Kept(a=hump, b=curves(HUMP, steps=200))), gain, "unequal budgets: 100 and 200 st"),
        (Trial(Kept(a=curves(HUMP, failed=dead), b=hump), instead=place), gain,
         "pairs of runs did not fail"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=message):
            measure(trial_)


def test_a_gain_is_that_of_tuned_rates_in_points():
    made = Trial(Kept(a=curves(HUMP + 0.02), b=curves(HUMP)))
    np.testing.assert_allclose(gain(made).values, 2.0, atol=1e-6)
    assert not made.among and made.failures == [[0, 20], [0, 20]]


def test_many_failures_are_left_out_and_told():
    weak = curves(HUMP + 0.05, failed=[(TOP, 0.2)])
    made = Trial(Kept(a=weak, b=curves(HUMP)), instead={"a": TOP})
    found = gain(made)
    lost = made.failures[0][0]
    assert lost > 1 and made.among and len(found.values) == 20 - lost
    np.testing.assert_allclose(found.values, 5.0, atol=1e-6)


def test_rates_that_might_have_been_tuned_are_tried():
    noisy = Trial(Kept(a=curves(np.full(len(RATES), 0.8) + HUMP / 100, noise=0.05)))
    choice = noisy.choose("a")
    assert choice.rivals
    other = noisy.others()[0][2]
    assert other.choose("a").index == choice.rivals[0] and not other.choose("a").rivals


def test_winners_are_those_of_a_tenth_of_re_drawn_seeds():
    sure = np.array([[1.0] * 10, [2.0] * 10])
    assert trial.winners(sure) == [1]
    assert trial.winners(np.array([[1.0, 3.0], [2.0, 2.0]])) == [0, 1]


# --- measures on made-up curves -------------------------------------------------------------------


def test_the_band_is_where_the_accuracy_keeps_a_point():
    made = Trial(Kept(a=curves(HUMP)))
    found = measures.band(made, "a")
    exact = 2 * np.sqrt(0.01 / 0.3)
    assert found.statistic(found.values[None])[0] == pytest.approx(exact, abs=0.03)


def test_a_band_beside_another_s_floor_is_wider_when_it_is_higher():
    made = Trial(Kept(a=curves(HUMP + 0.02), b=curves(HUMP)))
    own = measures.wider(made, "a", "b")
    same = measures.wider(made, "a", "b", True)
    assert own.statistic(own.values[None])[0] == pytest.approx(0, abs=1e-6)
    assert same.statistic(same.values[None])[0] > 0.2


def test_a_warm_up_saves_the_runs_that_are_lost_without():
    lost = Trial(Kept(a=curves(HUMP, failed=[(TOP + 4, 1.0)])))
    assert measures.lost_above(lost, "a", 0.5).values.tolist() == [[True, False]] * 20
    cold = curves(HUMP, failed=[(TOP + 3, 1.0), (TOP + 4, 1.0)])
    made = Trial(Kept(warm=curves(HUMP), cold=cold))
    assert measures.saved(made, "warm", "cold").values.tolist() == [[True, False]] * 20
    limits = measures.limit(made, "warm", "cold").values
    assert (limits == limits[0]).all() and limits[0] > 1


def test_a_default_and_a_grid_cost_and_a_random_search_of_many_does_not():
    made = Trial(Kept(a=curves(HUMP)))
    assert measures.default(made, "a", 1.0).values.mean() == pytest.approx(-7.5, abs=0.1)
    assert measures.on_grid(made, "a", (0.1, 1.0)).values.mean() == pytest.approx(-7.5, abs=0.1)
    assert abs(measures.at_random(made, "a", 0.1, 1.0, 40).values.mean()) < 0.3
