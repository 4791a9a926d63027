"""Grid search, random search and successive halving: one training each, chosen from and counted."""

import numpy as np
import pytest

from course_lr import (
    SGD,
    BoldDriver,
    Constant,
    CosineDecay,
    ExponentialDecay,
    Function,
    Join,
    Momentum,
    Problem,
    Quadratic,
    digits,
    failed,
    grid_search,
    log_uniform,
    random_search,
    successive_halving,
    train,
)
from course_lr.search.searches import halvings

BOWL = Quadratic([1.0, 20.0])
NOISY = Quadratic([1.0, 20.0], noise=0.3)
NET = digits(hidden=(8,), batch_size=32, samples=128)
RATES = [0.3, 0.01, 0.1]


class Fitted(Problem):
    """Data without classes: the best weight is 1 in training, 1.5 in validation."""

    steps_per_epoch = 5

    def start(self, seeds):
        return np.zeros((len(seeds), 1))

    def loss_and_grad(self, w, step, seeds):
        return (w[:, 0] - 1) ** 2, 2 * (w - 1)

    def evaluate(self, w, split):
        return {"loss": (w[:, 0] - (1.5 if split == "validation" else 1)) ** 2}


# --- a search takes what train takes ------------------------------------------------------------


def test_candidate_i_is_run_i_of_a_training():
    given = dict(update=Momentum([0.0, 0.5, 0.9]), steps=20, seeds=[3, 1], record_every=8)
    eta = CosineDecay(RATES, steps=20)
    found = grid_search(NET, eta, record=("test_loss", "eta"), start=NET.start([1, 2, 3]), **given)
    record = ("loss", "validation_accuracy", "test_loss", "eta")
    history = train(NET, eta, record=record, start=NET.start([1, 2, 3]), **given)
    assert list(found.history.records) == list(record)
    for name in record:
        np.testing.assert_array_equal(found.history.records[name], history.records[name])
    np.testing.assert_array_equal(found.validation, history.validation_accuracy[-1])
    np.testing.assert_array_equal(found.history.w, history.w)
    assert (found.seeds, found.evaluations) == ((3, 1), 3 * 2 * 20)
    np.testing.assert_array_equal(found.failures, failed(history.loss, np.log(10), 4))


def test_what_tells_candidates_apart_has_names():
    beta, joined = [0.0, 0.5, 0.9], Join(((Constant([1, 2, 3]), 1), Constant([3, 2, 1])))
    for eta, options, named in (
        (RATES, {"update": Momentum(beta)}, {"rate": RATES, "beta": beta}),
        (0.01, {"update": Momentum(beta)}, {"rate": [0.01] * 3, "beta": beta}),
        (ExponentialDecay(0.01, beta[1:]), {}, {"rate": [0.01] * 2, "gamma": beta[1:]}),
        (joined, {}, {"rate": [3, 2, 3], "eta": [1, 2, 3], "eta 2": [3, 2, 1]}),
        (0.01, {"start": np.ones((3, 2))}, {"rate": [0.01] * 3, "start": [0, 1, 2]}),
        (BoldDriver(RATES), {}, {"rate": RATES}),
    ):
        candidates = grid_search(BOWL, eta, steps=3, seeds=1, **options).candidates
        assert {name: values.tolist() for name, values in candidates.items()} == named


def test_the_rate_is_the_largest_that_is_used():
    rising = Join(((Constant(0.001), 4), Constant(RATES)))
    assert grid_search(BOWL, rising, steps=5, seeds=1).rates.tolist() == RATES
    assert grid_search(BOWL, rising, steps=4, seeds=1).rates.tolist() == [0.001] * 3


# --- what it is judged by -----------------------------------------------------------------------


def test_data_with_classes_are_judged_by_accuracy_or_loss():
    by_accuracy, by_loss = (grid_search(NET, RATES, steps=9, seeds=2, by=b) for b in (None, "loss"))
    assert by_accuracy.measure == "validation_accuracy" and by_loss.measure == "validation_loss"
    assert by_loss.index == np.argmin(by_loss.mean)


def test_without_classes_or_data_the_loss_decides_and_a_run_that_ends_no_lower_failed():
    search = grid_search(Fitted(), [0.05, 0.4, 0.8], steps=3, seeds=2)
    assert search.measure == "validation_loss"
    assert search.best == 0.8  # overshoots the training data's best, towards the validation data's
    for problem in (NOISY, Function(lambda w, step: ((w**2).sum(axis=-1), 2 * w), [1.0, 2.0])):
        search = grid_search(problem, RATES, steps=9, seeds=2)
        assert search.measure == "loss" and "the lowest mean final loss" in search.reason
        np.testing.assert_array_equal(search.validation, search.history.loss[-1])
        with pytest.raises(ValueError, match="by must be 'loss' for .*, which has no accuracy"):
            grid_search(problem, RATES, steps=9, by="accuracy")
    search = grid_search(BOWL, [0.0, 0.05, 0.11, 100.0], steps=300, seeds=1)
    assert search.failures.ravel().tolist() == [True, False, True, True]
    assert search.history.diverged.ravel().tolist() == [False, False, False, True]


# --- random search ------------------------------------------------------------------------------


def test_random_search_is_a_grid_search_over_what_was_drawn():
    sample = log_uniform(1e-3, 0.1)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    search = random_search(NOISY, sample, 7, steps=9, seeds=[5, 6], sample_seed=3)
    alone = grid_search(NOISY, sample(np.random.default_rng(3), 7), steps=9, seeds=[5, 6])
    np.testing.assert_array_equal(search.rates, alone.rates)
    np.testing.assert_array_equal(search.validation, alone.validation)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_sample_may_bring_its_update_rule_or_a_schedule():
    def joint(rng, n):
        return rng.uniform(0.01, 0.1, n), Momentum(rng.uniform(0, 0.9, n))

    search = random_search(BOWL, joint, 6, steps=9, seeds=1, update=SGD())
    rates, update = joint(np.random.default_rng(0), 6)
    alone = grid_search(BOWL, rates, update=update, steps=9, seeds=1)
    np.testing.assert_array_equal(search.candidates["beta"], update.beta)
    np.testing.assert_array_equal(search.validation, alone.validation)
    decays = random_search(BOWL, lambda rng, n: CosineDecay(rng.random(n), 9), 2, steps=9)
    assert decays.rates.tolist() == np.random.default_rng(0).random(2).tolist()
    pair = random_search(BOWL, lambda rng, n: (0.01, 0.02), 2, steps=9)
    assert pair.rates.tolist() == [0.01, 0.02]


def test_log_uniform_draws_alike_from_every_decade():
    drawn = log_uniform(1e-5, 10.0)(np.random.default_rng(0), 6000)
    assert drawn.min() >= 1e-5 and drawn.max() <= 10
    counts, _ = np.histogram(np.log10(drawn), bins=6, range=(-5, 1))
    assert counts.sum() == 6000 and np.abs(counts - 1000).max() < 120  # four standard deviations


# --- successive halving -------------------------------------------------------------------------

MANY = np.geomspace(1e-3, 30.0, 20)


def test_survivors_go_on_from_where_they_stand():
    """What is left has, bit for bit, the numbers of a training that was never interrupted."""
    eta, update = CosineDecay(MANY, steps=40), Momentum(np.linspace(0, 0.9, 20))
    given = dict(update=update, seeds=[3, 1, 4], record=("path", "test_loss", "update_ratio"))
    halved = successive_halving(NET, eta, steps=40, **given)
    whole = train(NET, eta, steps=40, **given | {"record": tuple(halved.history.records)})
    last = halved.rounds[-1].candidates
    for name, values in halved.history.records.items():
        np.testing.assert_array_equal(values, whole.records[name][:, last])
    np.testing.assert_array_equal(halved.validation[last], whole.validation_accuracy[-1][last])


def test_each_round_keeps_its_best_and_counts_what_it_spends():
    found = successive_halving(NET, MANY, steps=36, seeds=3, factor=3)
    plan = [(round.steps, len(round.candidates), round.keep) for round in found.rounds]
    assert plan == [(4, 20, 6), (12, 6, 2), (36, 2, 1)]
    record = ("loss", "validation_accuracy")
    for before, after in zip(found.rounds, found.rounds[1:]):
        history = train(NET, MANY, steps=before.steps, seeds=3, record=record)
        values = history.validation_accuracy[-1][before.candidates]
        np.testing.assert_array_equal(before.validation, values)
        kept = np.isin(before.candidates, after.candidates)
        mean = values.mean(axis=1)
        assert kept.sum() == before.keep and mean[kept].min() >= mean[~kept].max() - 1e-12
        assert set(found.steps[before.candidates[~kept]]) == {before.steps}
    assert found.index in found.rounds[-1].candidates and found.best == MANY[found.index]
    assert found.evaluations == 3 * (20 * 4 + 6 * 8 + 2 * 24) == 3 * found.steps.sum()
    noisy = successive_halving(NOISY, np.linspace(0.02, 0.08, 8), steps=64, seeds=5, factor=2)
    last = noisy.rounds[-1].candidates
    assert 0 < noisy.certainty <= 1 and noisy.wins.sum() <= 1
    assert noisy.wins[np.setdiff1d(np.arange(8), last)].sum() == 0


def test_those_that_diverged_do_not_go_on_even_where_there_is_room():
    rates = [0.01, 0.02, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36]
    found = successive_halving(BOWL, rates, steps=90, seeds=1)
    assert [len(round.candidates) for round in found.rounds] == [9, 2, 1]
    none = successive_halving(BOWL, rates[2:], steps=90, seeds=2)
    assert len(none.rounds) == 1 and none.best is None
    assert none.reason.startswith("there is no best one")
    assert none.evaluations == 7 * 2 * 30 and "<svg" in none._repr_html_()


def test_the_plan_of_a_halving():
    assert halvings(27, 27, 3) == [(1, 9), (3, 3), (9, 1), (27, 1)]
    assert halvings(12, 480, 2) == [(60, 6), (120, 3), (240, 1), (480, 1)]
    assert halvings(3, 10, 3) == [(3, 1), (10, 1)] and halvings(5, 10, 5) == [(2, 1), (10, 1)]
    assert halvings(8, 9, 4) == [(2, 2), (9, 1)]


# --- bad input ----------------------------------------------------------------------------------


def grid(eta=(0.1, 0.2), **options):
    return lambda: grid_search(BOWL, eta, **{"steps": 2, "seeds": 1} | options)


def drawn(sample, n=2, **options):
    return lambda: random_search(BOWL, sample, n, **{"steps": 2, "seeds": 1} | options)


def halved(eta=(0.1, 0.2, 0.3), **options):
    return lambda: successive_halving(BOWL, eta, **{"steps": 9, "seeds": 1} | options)


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (grid([]), ValueError, r"eta must be .*one-dimensional array.*got \[\]"),
        (grid(0.1), ValueError, "eta must be an array of rates, .*several candidates, got 0.1"),
        (grid(steps=0), ValueError, "steps must be a whole number >= 1, got 0"),
        (grid(by="test"), ValueError, "by must be one of 'accuracy', 'loss', got 'test'"),
        (grid(update=Momentum([0.1, 0.2, 0.3])), ValueError, "eta with 2 and update with 3"),
        (drawn(log_uniform(0.1, 1), n=0), ValueError, "n must be a whole number >= 1, got 0"),
        (drawn([0.1, 0.2]), TypeError, r"sample must be a function of \(rng, n\).*got \[0.1"),
        (drawn(lambda rng, n: rng.random(3)), ValueError, "n = 2 candidates, got 3"),
        (drawn(lambda rng, n: 0.1), ValueError, "n = 2 candidates, got no array"),
        (drawn(log_uniform(0.1, 1), sample_seed=-1), ValueError, "sample_seed must be .*got -1"),
        (drawn(log_uniform(0.1, 1), sed=1), TypeError, "unexpected keyword argument 'sed'"),
        (lambda: log_uniform(0, 1), ValueError, "low must be a finite number > 0, got 0"),
        (lambda: log_uniform(1, 0.1), ValueError, "low must be below high = 0.1, got 1"),
        (halved(factor=1), ValueError, "factor must be a whole number >= 2, got 1"),
        (halved(factor=4), ValueError, "factor must be at most the number of candidates, here 3"),
        (halved(steps=2), ValueError, r"steps must be at least 3\*\*1 for 3 candidates.*got 2"),
        (halved(0.1), ValueError, "several candidates, got 0.1"),
    ],
)
def test_bad_input_is_refused_by_name(search, error, message):
    with pytest.raises(error, match=message):
        search()
