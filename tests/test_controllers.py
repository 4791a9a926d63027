"""Controllers: what each decides, against plain numpy, hand-made tables and PyTorch's numbers."""

import copy
import json
import pathlib
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from course_lr import (
    BoldDriver,
    Controller,
    Function,
    GradientWatch,
    History,
    Hypergradient,
    Momentum,
    Quadratic,
    ReduceOnPlateau,
    Rosenbrock,
    begin,
    digits,
    train,
)
from course_lr.controllers import Seen
from course_lr.parameters import Parameters
from tests.test_bad_input import quoted, refused

ROOT = pathlib.Path(__file__).resolve().parents[1]
STORED = json.loads((ROOT / "tests/data/plateau.json").read_text())
BOWL = Quadratic([1.0, 20.0])
NETWORK = {"hidden": (8,), "batch_size": 32, "samples": 128}


def function(loss_and_grad, start=1.0):
    """A problem with one weight."""
    return Function(loss_and_grad, start=[start])


FLAT = function(lambda w, step: (np.ones(len(w)), 0 * w))
CLIFF = function(lambda w, step: (np.where(w[:, 0] > 1, np.nan, 1.0), -np.ones_like(w)))


def seen(loss, gradient, last):
    """What a controller is shown of one run; a loss that is not finite counts as diverged."""
    finite = np.isfinite([loss])
    return Seen(
        loss=np.where(finite, loss, np.inf),
        gradient=np.asarray(gradient),
        diverged=~finite,
        update=None,
        last_gradient=np.asarray(last),
        epoch=1,
        evaluate=pytest.fail,
    )


def observed(rule, losses):
    """The rate after each of a sequence of observations, and what would be told."""
    state, rates, told = rule.start(1), [], []
    for loss in losses:
        told.append(int(rule.observe(np.array([loss]), state)[0]))
        rates.append(float(state["eta"][0]))
    return rates, told


# --- ReduceOnPlateau ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record", STORED["records"], ids=lambda r: f"{r['losses']}{r['arguments']}"
)
def test_plateau_has_pytorchs_rates(record):
    """To the last bit; tools/references.py fills them in with ``eps=0``."""
    losses = STORED["losses"][record["losses"]]
    rates, _ = observed(ReduceOnPlateau(STORED["eta"], **record["arguments"]), losses)
    assert rates == record["rates"]


def test_the_stored_rates_show_every_argument_at_work():
    rates = [record["rates"] for record in STORED["records"]]
    assert len(rates) == 55 and len(set(map(str, rates))) >= 22


@pytest.mark.parametrize("every", [None, 5])
@pytest.mark.parametrize(("monitor", "eta"), [("loss", 2.0), ("validation_loss", 30.0)])
def test_it_sees_means_over_an_epoch_or_over_every_or_the_validation_loss(monitor, eta, every):
    rule = ReduceOnPlateau(eta, 0.5, patience=0, every=every, monitor=monitor)
    options = {"record": ("loss", "eta", "validation_loss"), "record_every": every}
    history = train(digits(**NETWORK), rule, steps=40, **options)
    means = history.loss[:40].reshape(-1, every or 4).mean(axis=1)
    wanted, _ = observed(rule, means if monitor == "loss" else history.validation_loss)
    np.testing.assert_array_equal(history.eta, np.repeat([eta, *wanted[:-1]], every or 4))
    assert wanted[-1] < eta


def test_progress_of_a_negative_loss_is_progress():
    """PyTorch's relative threshold asks a falling negative loss to rise."""
    rule = ReduceOnPlateau(1.0, 0.5, patience=0, threshold=0.1)
    assert observed(rule, [-1, -1.2, -1.4, -1.6])[0] == [1, 1, 1, 1]
    assert observed(rule, [-1, -1.05])[0] == [1, 0.5]
    assert observed(rule, [-1, -0.95, -0.9])[0] == [1, 0.5, 0.25]
    assert observed(rule, [1, 0, 0, -1e-9])[0] == [1, 1, 0.5, 0.5]


def test_an_observation_that_is_not_a_number_is_told_and_is_no_progress():
    rates, told = observed(ReduceOnPlateau(1.0, 0.5, patience=1), [1, np.nan, np.nan, np.inf, 0.5])
    assert rates == [1, 1, 0.5, 0.5, 0.5] and told == [-1, 3, 3, -1, -1]


def test_at_its_lower_bound_the_rate_stays_and_the_log_says_so():
    rule = ReduceOnPlateau(1.0, 0.1, patience=0, eta_min=0.05)
    rates, told = observed(rule, [1] * 5)
    assert rates == [1, 0.1, 0.05, 0.05, 0.05] and told == [-1, 1, 1, 2, 2]
    assert [str(entry) for entry in train(FLAT, rule, steps=6).log][-1] == (
        "step 6, run 0, seed 0: no progress, and the rate is at its lower bound: the loss observed "
        "is 1; rate stays 0.05"
    )


def test_cuts_for_ever_end_at_zero_and_go_on():
    rule = ReduceOnPlateau(1.0, 0.01, patience=0)
    history = train(FLAT, rule, steps=400, record=("eta",))
    assert history.eta[-1] == 0 and not history.diverged


# --- BoldDriver ---------------------------------------------------------------------------------


def bold(problem, w, eta, steps, up=1.05, down=0.5):
    """The classical rule for one run, in plain numpy: losses and rates."""
    losses, rates = [], []
    loss, g = problem.loss_and_grad(w, 0, None)
    for _ in range(steps):
        losses.append(loss[0])
        rates.append(eta)
        proposed = w - eta * g
        new, new_g = problem.loss_and_grad(proposed, 0, None)
        if new[0] > loss[0]:
            eta *= down
        else:
            w, loss, g, eta = proposed, new, new_g, eta * up
    return [*losses, loss[0]], rates


@pytest.mark.parametrize("problem", [BOWL, Rosenbrock(), Quadratic([1.0, -0.001])])
def test_bold_driver_is_the_classical_rule(problem):
    start = np.array([[-1.2, 1.0]])
    for eta in (1e-4, 0.05, 9.0):
        wanted = bold(problem, start, eta, 60)
        options = {"start": start[0], "steps": 60, "record": ("loss", "eta")}
        history = train(problem, BoldDriver(eta, eta_max=1e9), **options)
        np.testing.assert_array_equal(history.loss, wanted[0])
        np.testing.assert_array_equal(history.eta, wanted[1])
        rises = np.sum(np.diff(wanted[1]) < 0)
        assert history.rescues in (rises, rises + 1) and (np.diff(history.loss) <= 0).all()


def test_bold_driver_takes_back_steps_out_of_the_finite_numbers():
    history = train(BOWL, BoldDriver(1e200, eta_max=1e300), steps=2000, record=("loss", "eta"))
    assert not history.diverged and history.rescues > 600 and history.loss[-1] < 1e-6
    assert history.log[0].done == "rate 1e+200 → 5e+199, back to the last good weights"
    assert history.log[0].seen == "the loss or a weight is no longer finite"


def test_bold_driver_accepts_at_its_lower_bound_and_gives_up_there():
    uphill = function(lambda w, step: (w[:, 0], -np.ones_like(w)))
    history = train(uphill, BoldDriver(1.0, eta_min=0.5), steps=6, record=("loss", "eta"))
    np.testing.assert_array_equal(history.eta, [1, 0.5, 0.5, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(history.loss, [1, 1, 1.5, 2, 2.5, 3, 3.5])
    assert history.log[1].seen == "the loss rose to 1.5, but the rate is at its lower bound"
    history = train(CLIFF, BoldDriver(1.0, eta_min=0.5), steps=6)
    assert history.diverged_at == 2 and history.rescues == 1
    assert history.log[-1].done == "given up: the run is frozen"


def test_a_flat_loss_raises_the_rate_to_its_bound_and_no_further():
    for rule in (BoldDriver(1.0, up=2.0, eta_max=5.0), GradientWatch(1.0, window=1, eta_max=5.0)):
        assert train(FLAT, rule, steps=9, record=("eta",)).eta.max() == 5


def test_a_step_taken_back_resets_the_rule():
    """After each step back a momentum run goes on as one that starts there."""
    options = {"update": Momentum(0.9), "steps": 2, "record": ("path", "eta")}
    history = train(BOWL, BoldDriver(0.2, up=1.0), start=[1.0, 1.0], **options)
    assert history.rescues >= 1 and history.eta[1] == 0.1
    np.testing.assert_array_equal(history.path[1], [1.0, 1.0])
    np.testing.assert_allclose(history.w, [0.9, -1.0])


# --- Hypergradient ------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "beta"), [("additive", 1e-8), ("multiplicative", 0.02)])
def test_hypergradient_is_its_formula(form, beta):
    problem, w, eta, wanted, last = Rosenbrock(), np.array([-1.2, 1.0]), 1e-3, [], None
    for _ in range(50):
        g = problem.loss_and_grad(w[None], 0, None)[1][0]
        if last is not None and form == "additive":
            eta = eta + beta * (g @ last)
        elif last is not None:
            eta = eta * (1 + beta * (g @ last) / np.linalg.norm(g) / np.linalg.norm(last))
        wanted.append(eta)
        w, last = w - eta * g, g
    rule = Hypergradient(1e-3, beta, form=form)
    history = train(problem, rule, start=[-1.2, 1.0], steps=50, record=("eta",))
    np.testing.assert_allclose(history.eta, wanted, rtol=1e-9)
    assert len(np.unique(history.eta)) == 50 and history.log == []


def test_hypergradient_follows_the_update_and_not_the_gradient():
    """With momentum the rate falls as soon as the velocity, not the gradient, is against it."""
    rule = Hypergradient(0.1, 0.01, form="multiplicative")
    options = {"update": Momentum(0.9), "steps": 30, "record": ("path", "eta")}
    history = train(Quadratic([1.0]), rule, **options)
    w = history.path[:30, 0]
    uphill = w[1:] * np.diff(w) > 0  # the gradient of w²/2 is w
    np.testing.assert_array_equal(np.diff(history.eta) < 0, uphill)
    assert 3 < uphill.sum() < 27 and (uphill != (w[1:] * w[:-1] < 0)).any()


def test_hypergradient_stays_in_its_bounds_and_says_when_it_reaches_one():
    rule = Hypergradient([0.01, 0.01], [10.0, 0.0], eta_max=0.3)
    history = train(BOWL, rule, steps=30, record=("eta", "loss"))
    assert history.eta[1, 0] == 0.3 and (history.eta[:, 1] == 0.01).all()
    assert history.eta.min() == 1e-8 and history.eta.max() == 0.3
    assert [entry.done for entry in history.log][:2] == ["rate 0.01 → 0.3", "rate 0.3 → 1e-08"]
    assert history.log[0][:3] == (1, 0, 0) and "reaches its bound" in history.log[0].seen


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_hypergradient_where_nothing_moves(form, eta):
    rule = Hypergradient(eta, 0.1, form=form, eta_min=0.0)
    assert (train(FLAT, rule, steps=5, record=("eta",)).eta == eta).all()


# --- GradientWatch ------------------------------------------------------------------------------


NOISY = [1.0, 1.4, 0.6, 1.4, 0.6, 0.8, 1.45, 0.85, 1.5]
"""Up by 15 % in the second window."""
ROSE, AGAINST, SLOW, EXPLODED = 1, 2, 3, 4
VERDICTS = [  # losses, cosine of successive gradients, verdicts, what the last quotes, rate
    ([1.0] * 9, 0.9, {4: SLOW, 8: SLOW}, 0, 6.25),
    ([1.0] * 5, -0.09, {4: SLOW}, 0, 2.5),
    ([1.0] * 5, -0.11, {}, None, 1),  # not smooth
    ([1.0] + [0.71] * 4, 0.9, {4: SLOW}, 0.29, 2.5),
    ([1.0] + [0.69] * 4, 0.9, {}, None, 1),  # fast enough
    ([1.0] + [1.09] * 4, 0.9, {4: SLOW}, -0.09, 2.5),
    ([-1.0] + [-1.31] * 4, 0.9, {}, None, 1),  # a negative loss that falls
    ([1.0] * 5 + [1.2] * 4, 0.9, {4: SLOW, 8: ROSE}, 0.2, 1.25),
    ([1.0] * 5 + [1.2] * 8, 0.9, {4: SLOW, 8: ROSE, 12: SLOW}, 0, 1.25 * 1.2),  # raised gently
    ([1.0] * 5, -0.6, {4: AGAINST}, -0.6, 0.5),
    ([1.0] + [0.9] * 4, -0.6, {}, None, 1),
    ([1.0] * 5, -0.4, {}, None, 1),
    ([1.0] * 5 + [2.5] * 4, -0.3, {8: EXPLODED}, 1.5, 0.1),  # more than doubled
    ([1.0, 1.0, 1.6, 0.5, 0.5], -0.3, {4: EXPLODED}, -0.1, 0.1),  # above the first of all
    ([1.0, 1.0, np.inf], -0.3, {2: EXPLODED}, np.inf, 0.1),  # at once
    ([-1.0] * 5 + [0.5] * 4, -0.3, {8: EXPLODED}, 1.5, 0.1),
]


def check_watch(losses, cosine, verdicts, value, eta, **options):
    """It takes a row back where the loss exploded; weights are good where nothing is wrong."""
    rule, angle = GradientWatch(1.0, window=4, eta_max=1e9, **options), np.arccos(cosine)
    state = rule.start(1)
    for step, loss in enumerate(losses):
        last, gradient = ([[np.cos(a), np.sin(a)]] for a in ((step - 1) * angle, step * angle))
        decision = rule.next(step, seen(loss, gradient, last), state)
        verdict, back = verdicts.get(step, -1), decision.restore
        assert (-1 if decision.why is None else decision.why[0]) == verdict
        assert (back is not None and back[0]) == (verdict == EXPLODED)
        assert verdict == -1 or decision.keep[0] == (verdict == SLOW)
    assert state["eta"][0] == pytest.approx(eta)
    assert value is None or decision.value[0] == pytest.approx(value)


@pytest.mark.parametrize("case", VERDICTS, ids=str)
def test_the_verdicts_of_the_watch(case):
    check_watch(*case)


def test_watch_puts_up_with_a_rise_within_the_noise_unless_told_not_to():
    check_watch(NOISY, -0.3, {}, None, 1)
    check_watch(NOISY, -0.3, {8: ROSE}, 0.15, 0.5, sigmas=0.0)


def test_watch_gives_up_after_so_many_rescues():
    history = train(CLIFF, GradientWatch(1.0, rescues=3), steps=20, record=("loss", "eta"))
    assert history.rescues == 3 and history.diverged_at == 4
    np.testing.assert_allclose(history.eta[:4], [1, 0.1, 0.01, 0.001])
    assert [entry.done for entry in history.log][-2:] == [
        "rate 0.01 → 0.001, back to the last good weights",
        "given up: the run is frozen",
    ]
    assert train(CLIFF, GradientWatch(1.0, rescues=0), steps=20).diverged_at == 1


def test_watch_goes_back_to_the_end_of_the_last_window_that_was_not_unstable():
    """The weight counts the steps; the loss is smooth, rises in the third window, explodes."""
    losses = np.array([1.0] * 9 + [1.3] * 4 + [9.0] * 40)

    def scripted(w, step):
        return np.full(len(w), losses[step]), -np.ones_like(w)

    rule = GradientWatch(1.0, window=4, up=1.0, down=0.999999, restart=0.5)
    history = train(function(scripted, 0.0), rule, steps=16, record=("path", "eta"))
    assert history.rescues == 1
    assert history.path[16, 0] == history.path[8, 0] == 8
    assert [entry.step for entry in history.log] == [12, 16]


@pytest.mark.parametrize("eta", [1e-5, 0.1, 10.0])
def test_watch_rescues_a_network_from_any_rate(eta):
    options = {"steps": 240, "seeds": 3, "record": ("validation_accuracy",)}
    watched, plain = (train(digits(), rate, **options) for rate in (GradientWatch(eta), eta))
    assert (watched.validation_accuracy[-1] > 0.8).all() and not watched.diverged.any()
    assert eta == 0.1 or (plain.validation_accuracy[-1] < 0.3).all()


# --- the log, and what a history keeps ----------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    """A history with entries of two runs and two seeds, of which one run ends diverged."""
    rule = GradientWatch([0.003, 1e9], rescues=[20, 0], eta_max=1e10)
    problem = digits(**NETWORK, loss="squared_error")
    return train(problem, rule, seeds=[7, 3], steps=40, record=("loss", "eta"))


def test_the_log_is_in_the_order_of_steps_and_names_run_and_seed(told):
    keys = [(entry.step, entry.run) for entry in told.log]
    assert keys == sorted(keys) and {entry.seed for entry in told.log} == {7, 3}
    frozen = [entry for entry in told.log if entry.done.startswith("given up")]
    assert [(entry.step, entry.run) for entry in frozen] == [
        (told.diverged_at[1, seed], 1) for seed in np.lexsort((told.diverged_at[1],))
    ]
    assert told.diverged.tolist() == [[False, False], [True, True]]
    for entry in told.log:
        assert str(entry).startswith(f"step {entry.step}, run {entry.run}, seed {entry.seed}: ")


def test_the_log_tells_of_every_change_of_the_watchs_rate(told):
    changes = {
        (step + 1, run, told.seeds[seed])
        for step, run, seed in np.argwhere(np.diff(told.eta, axis=0) != 0)
        if np.isfinite(told.eta[step + 1, run, seed])
    }
    entries = {entry[:3] for entry in told.log if "→" in entry.done and entry.step < 40}
    assert changes == entries and len(changes) > 3


def test_rescues_have_the_axes_of_the_training(told):
    assert told.rescues.shape == (2, 2)
    assert train(BOWL, BoldDriver(0.01), steps=3).rescues.shape == ()
    assert train(BOWL, [0.1, 0.2], steps=3).rescues.tolist() == [0, 0]
    assert train(BOWL, 0.1, steps=3).log == []


def test_a_history_keeps_its_log(told, tmp_path):
    told.save(tmp_path / "told")
    loaded = History.load(tmp_path / "told")
    for again in (loaded, copy.deepcopy(told), pickle.loads(pickle.dumps(told))):
        assert again.log == told.log and len(told.log) > 4
        np.testing.assert_array_equal(again.rescues, told.rescues, strict=True)


@pytest.mark.parametrize(
    "change", [{"rescues": np.zeros(3)}, {"events": np.zeros((2, 3))}], ids=str
)
def test_a_file_whose_log_does_not_fit_is_refused(told, tmp_path, change):
    path = tmp_path / "told.npz"
    told.save(path)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, **change})
    with pytest.raises(ValueError, match="holds no History"):
        History.load(path)


def test_to_dict_has_the_log_in_words(told):
    values = json.loads(json.dumps(told.to_dict(), allow_nan=False))
    assert values["rescues"] == told.rescues.tolist()
    assert values["log"] == [list(entry) for entry in told.log]
    assert "log" not in train(BOWL, 0.1, steps=1).to_dict()


# --- bad input ----------------------------------------------------------------------------------

NAN = float("nan")
REFUSED = {
    ReduceOnPlateau: {"eta": (-0.1, "0.1"), "factor": (1.0, 0), "patience": (-1, 1.5)}
    | {"cooldown": (-2,), "threshold": (-1e-3, 1.0), "threshold_mode": ("rell",)}
    | {"every": (0, [1, 2]), "monitor": ("val_loss",)},
    BoldDriver: {"eta": (20.0, 1e-9, [0.1, 20.0]), "eta_min": (11.0,), "eta_max": (np.inf,)}
    | {"up": (0.9,), "down": (1.0,)},
    Hypergradient: {"beta": (-1, NAN), "form": ("sum",)},
    GradientWatch: {"window": (0,), "cosine_low": (-2,), "fall": (1,), "restart": (1,)}
    | {"rescues": (-1,)},
}


@pytest.mark.parametrize("rule", REFUSED)
def test_an_argument_is_refused(rule):
    given = {"eta": 0.1} | ({"beta": 0.1} if rule is Hypergradient else {})
    for name, values in REFUSED[rule].items():
        for value in values:
            error = TypeError if value in ("0.1", [1, 2]) else ValueError
            message = refused(error, " must be ", rule, **given | {name: value})
            assert message.startswith(name) and message.endswith(quoted(value)), message


def test_arguments_that_do_not_fit_together_are_refused():
    refused(ValueError, ("eta", "at least eta_min = 0.2"), ReduceOnPlateau, [0.1, 0.3], eta_min=0.2)
    refused(ValueError, ("eta", "at most eta_max = 10.0"), BoldDriver, 20.0)
    refused(TypeError, "beta", Hypergradient, 0.1)
    refused(ValueError, ("beta", "< 1", "1.0"), Hypergradient, 0.1, 1.0, form="multiplicative")
    refused(ValueError, ("eta with 2", "with 3"), GradientWatch, [0.1, 0.2], window=[4, 8, 9])
    refused(TypeError, ("eta", "not its class"), train, BOWL, GradientWatch, steps=1)
    update = Momentum([0.1, 0.2, 0.3])
    parts = ("eta with 2", "update with 3")
    refused(ValueError, parts, train, BOWL, BoldDriver([1, 2]), update=update, steps=1)
    blind = ReduceOnPlateau(0.1, monitor="validation_loss")
    refused(ValueError, ("problem", "evaluate", "ReduceOnPlateau"), begin, FLAT, blind)
    refused(NotImplementedError, "Controller must define next", Controller().next, 0, None, {})


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [(-0.1, "finite and >= 0"), (NAN, "finite and >= 0"), ([0.1, 0.2], r"shape \(1,\)")],
)
def test_an_answer_that_is_no_rate_is_refused(answer, accepted):
    @dataclass(frozen=True, repr=False, eq=False)
    class _Odd(Controller):
        def next(self, step, seen, state):
            return answer if step else 0.1

    with pytest.raises(ValueError, match=rf"rate of _Odd\(\) must be .*{accepted}"):
        train(BOWL, _Odd(), steps=3)


# --- objects, as schedules are ------------------------------------------------------------------

RULES = [
    ReduceOnPlateau(0.5),
    ReduceOnPlateau([0.5, 0.1], patience=[0, 3], every=4, monitor="validation_loss"),
    BoldDriver(0.1, up=[1.1, 1.2]),
    GradientWatch([0.1, 1.0], window=[4, 8], cosine_high=0.0),
    Hypergradient(0.1, 1e-3, form="additive"),
    Hypergradient([0.1, 0.2], 0.1, form="multiplicative"),
]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_controller_prints_compares_and_travels_as_a_schedule_does(rule):
    assert eval(repr(rule)) == rule and hash(eval(repr(rule))) == hash(rule)
    assert Parameters.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule == copy.deepcopy(rule)
    if rule.runs:
        assert rule.cut(np.array([1])).runs == 1


def test_the_same_object_used_twice_begins_afresh():
    rule = GradientWatch(0.01)
    first, second = (
        train(digits(**NETWORK), rule, steps=30, record=("loss", "eta")) for _ in range(2)
    )
    np.testing.assert_array_equal(first.eta, second.eta)
    assert len(np.unique(first.eta)) > 2
