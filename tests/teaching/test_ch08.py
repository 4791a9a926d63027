"""Chapter 08: what its figures draw, what its functions measure, what its explorer shows."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_lr import Constant, Join, digits, train
from course_lr.teaching.chapters import ch08_watching as ch08
from course_lr.teaching.chapters.ch08_watching import explorer as controller
from course_lr.teaching.chapters.ch08_watching import figures

STARTS = np.array(ch08.STARTS)
ACCURACY = np.full((13, 4), 0.5)
ACCURACY[3], ACCURACY[7] = [0.9, 0.95, 0.93, 0.94], 0.9
FIGURES = {
    "false_alarms": (
        [16, 64], {"one step": np.array([300.0, 200.0]), "window": np.array([7.25, 0.0])},
    ),
    "rate_paths": (
        {"watch": np.array([[1e-3, 1.0], [1e-2, 0.5], [np.nan, 0.25]])}, (0.1, 1.0), (1e-5, 10),
    ),
    "rescue_maps": (STARTS, {"digits": {"watch": ACCURACY}}, {"digits": 0.95}),
}  # fmt: skip


# --- figures --------------------------------------------------------------------------------------


def test_false_alarms_draws_the_counts_and_writes_them():
    (axis,) = figures.false_alarms(*FIGURES["false_alarms"]).axes
    heights = [[bar.get_height() for bar in group] for group in axis.containers]
    assert heights == [[300, 200], [7.25, 0.1]]
    assert [text.get_text() for text in axis.texts] == ["300", "200", "7", "0"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["16", "64"]


def test_rate_paths_draws_a_line_a_start_and_the_band():
    (axis,) = figures.rate_paths(*FIGURES["rate_paths"]).axes
    eta = FIGURES["rate_paths"][0]["watch"]
    np.testing.assert_array_equal([line.get_ydata() for line in axis.lines], eta.T)
    (band,) = axis.patches
    assert (band.get_y(), band.get_height()) == (0.1, 0.9) and axis.get_ylim() == (1e-5, 10)


def test_rescue_maps_show_the_means_and_mark_the_near_best():
    axis = figures.rescue_maps(*FIGURES["rescue_maps"]).axes[0]
    np.testing.assert_allclose(axis.images[0].get_array(), 100 * ACCURACY.mean(axis=1)[None])
    assert axis.lines[0].get_xdata().tolist() == [3]
    assert "95 %" in axis.get_title()


# --- alarms and warnings --------------------------------------------------------------------------


def test_growth_begins_at_one_and_takes_what_is_not_finite_for_infinite():
    values = np.array([2.0, 3.0, 0.0, 0.0, np.inf])
    np.testing.assert_array_equal(ch08.growth(values), [1, 1.5, 0, np.inf, np.inf])


def test_alarms_counts_single_steps_and_windows():
    loss = np.ones((33, 1))
    loss[5], loss[24:32] = 1.2, 1.5  # one jump inside a window, and a window that stays high
    cosine = np.zeros((32, 1))
    cosine[0], cosine[8:16], cosine[20] = np.nan, -0.3, -1.0
    found = ch08.alarms(SimpleNamespace(loss=loss, grad_cosine=cosine))
    assert {name: n.tolist() for name, n in found.items()} == {
        "loss, one step": [1000 * 2 / 32],
        "loss, window of 8": [1000 * 1 / 32],
        "cosine, one step": [1000 * 9 / 32],
        "cosine, window of 8": [1000 * 1 / 32],
    }


def test_the_ramp_is_calm_for_a_third_and_then_rises_by_equal_factors():
    eta = ch08.ramp(480)(np.arange(481))
    assert set(eta[:160]) == {0.3}
    np.testing.assert_allclose(eta[161:] / eta[160:-1], 100 ** (1 / 320))
    assert eta[-1] == pytest.approx(30)


def test_a_warning_is_the_end_of_the_first_alarming_window_before_the_explosion(monkeypatch):
    loss = np.full((49, 2), 1.0)
    loss[40:, 0] = 3.0  # the second run never explodes
    level = np.zeros((6, 2))
    level[1], level[3, 0], level[5] = 9.0, 9.0, 9.0  # window 1 ends with the calm third
    history = SimpleNamespace(loss=loss, steps=48)
    monkeypatch.setattr(ch08, "train", lambda *arguments, **settings: history)
    monkeypatch.setattr(ch08, "levels", lambda history: {"loss": level, "cosine": 0 * level})
    found, explosion, _ = ch08.leads(None, 48, {"loss": 1.0, "cosine": 1.0}, [0, 1])
    assert explosion.tolist() == [40, 48]
    assert found["loss"].tolist() == [40 - 32, 48 - 48]
    assert found["cosine"].tolist() == [0, 0]


def test_thresholds_are_passed_by_healthy_runs_once_in_a_thousand_steps():
    problem = digits()
    limits = ch08.thresholds(problem, 480, [0, 1, 2])
    record = ch08.SIGNALS
    history = train(problem, ch08.HEALTHY, steps=480, seeds=[0, 1, 2], record=record)
    for name, level in ch08.levels(history).items():
        late = level[20:]
        assert (late > limits[name]).mean() == pytest.approx(8 / 1000, abs=2 / late.size)


# --- rescues --------------------------------------------------------------------------------------


def test_which_starts_are_beside_the_best():
    np.testing.assert_array_equal(STARTS[ch08.beside(0.75, high=True)], STARTS[-2:])
    np.testing.assert_array_equal(STARTS[ch08.beside(0.75, high=False)], STARTS[:8])


def curves_of(rates, accuracy, seeds=12):
    """What the table reads of a sweep."""
    made = SimpleNamespace(rates=np.asarray(rates), seeds=np.arange(seeds))
    made.test_accuracy = np.asarray(accuracy, float)
    made.validation_accuracy = made.test_accuracy[None]
    made.cut = lambda cut: curves_of(rates, made.test_accuracy[:, cut], len(cut))
    return made


def test_the_table_sets_every_run_beside_the_best_constant():
    rates = np.array(sorted({*STARTS, 0.6}))
    constant = np.full((len(rates), 12), 0.5)
    best = int(np.flatnonzero(rates == 0.6)[0])
    constant[best] = 0.9
    constant[best - 1] = 0.87  # the good start, 0.316
    controlled = np.full((13, 12), 0.885)
    controlled[:3] = 0.2
    more = np.hstack([constant, np.zeros((len(rates), 3))])  # seeds that the watch has not
    curves = {"none": curves_of(rates, more, 15), "watch": curves_of(STARTS, controlled)}
    rows = ch08.table({"digits": curves})["digits"]
    assert rows["none"]["best"] == pytest.approx(0.9)
    assert rows["none"]["share"] == 0  # 0.6 is none of the thirteen starts
    assert rows["watch"]["share"] == pytest.approx(100 * 10 / 13)
    assert rows["watch"]["accuracy"].shape == (13, 2)
    assert rows["watch"]["cost"] == pytest.approx(-1.5)
    assert rows["none"]["cost"] == 0


def test_the_kept_curves_of_the_table_have_all_starts():
    kept = ch08.kept()
    assert [*kept] == ["digits", "MNIST-1D", "full batch"]
    for problem, found in kept.items():
        controllers = ["none", "plateau", "watch", "hypergradient"]
        assert [*found] == controllers + ["bold driver"] * (problem == "full batch")
        for curves in found.values():
            np.testing.assert_allclose(curves.rates[ch08.at_starts(curves)], STARTS)


# --- the explorer ---------------------------------------------------------------------------------


def test_the_rehearsal_is_a_training_with_one_move():
    data = controller.compute(0.25, 1.6)
    eta = Join(((Constant(1.6), controller.MOVE), Constant(0.25)))
    own = train(digits(), eta, steps=controller.STEPS, seeds=[controller.SEED],
                record=("loss", "grad_cosine", "update_ratio"))  # fmt: skip
    for name in ("loss", "grad_cosine", "update_ratio"):
        np.testing.assert_array_equal(data["signals"][name], getattr(own, name)[:, 0])


def test_the_explorer_draws_what_it_computed():
    part = controller.make(Figure(figsize=(7, 4)))
    data = controller.EXPLORER.data(eta=0.25, first=1.6)
    controller.draw(part, data)
    np.testing.assert_array_equal(part["rate you"].get_ydata(), data["signals"]["eta"])
    np.testing.assert_array_equal(part["rate watch"].get_ydata(), data["rates"]["watch"])
    loss, drawn = data["signals"]["loss"], part["loss you"].get_ydata()
    np.testing.assert_allclose(drawn[[0, 9]], [loss[0], loss[2:10].mean()])
    assert [x[0] for x in part["hand"].get_data()] == [480, 0.25]


def test_a_wrecked_loss_is_drawn_on_the_upper_edge():
    data = controller.EXPLORER.data(eta=0.25, first=1.6)
    data["signals"] = data["signals"] | {"loss": np.r_[np.full(400, 1.0), np.full(81, np.inf)]}
    part = controller.make(Figure())
    controller.draw(part, data)
    assert part["loss you"].get_ydata()[-1] == controller.TOP


@pytest.mark.parametrize("reached, met", [(91.0, True), (90.0, False)])
def test_the_goal_asks_for_more_than_each_of_the_others(reached, met):
    accuracy = {"you": reached, "constant": 50.0, "plateau": 60.0, "watch": 90.0}
    assert controller.met({"accuracy": accuracy}) is met
    assert controller.met({"accuracy": {}}) is False
