"""Chapter 04: its figures draw what they were handed, its rates keep closed forms."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_lr import SGD, AdaGrad, Adam, Momentum, Quadratic, RMSProp
from course_lr.problems.data import digits_data
from course_lr.teaching.chapters import ch04_adaptive
from course_lr.teaching.chapters.ch04_adaptive import explorer as adaptive
from course_lr.teaching.chapters.ch04_adaptive import figures
from tests.teaching.drawn import curve, points

RNG = np.random.default_rng(4)
METHODS = ("SGD", "Adam")
PLACES = {name: RNG.normal(size=7) for name in METHODS}
SHORT = {name: RNG.uniform(0.1, 1, 6) for name in METHODS}
PATHS = {name: RNG.normal(size=(7, 2)) for name in METHODS}
EFFECTIVE = {name: RNG.uniform(0.01, 1, (6, 2)) for name in METHODS}
BANDS = {
    ("plain", "SGD"): np.array([0.3, 0.5, 1.0]),
    ("plain", "Adam"): np.array([0.003, 0.01, 0.03]),
    ("loss × 100", "SGD"): np.array([0.003, 0.005, 0.01]),
}
FIGURES = {
    "following": (np.repeat([1.0, -1.0], 3), PLACES, SHORT),
    "near_best_bands": (BANDS,),
    "paths_and_rates": (Quadratic([1.0, 9.0]), PATHS, EFFECTIVE, (-3, 3, -2, 2)),
}


# --- figures -------------------------------------------------------------------------------------


def test_paths_and_rates_stand_below_each_other():
    figure = figures.paths_and_rates(*FIGURES["paths_and_rates"])
    for number, name in enumerate(METHODS):
        upper, lower = figure.axes[number], figure.axes[2 + number]
        assert upper.get_title() == name and lower.get_yscale() == "log"
        np.testing.assert_array_equal(points(upper.lines[0]), PATHS[name])
        for side, values in zip(("flat", "steep"), EFFECTIVE[name].T):
            np.testing.assert_array_equal(curve(lower, side).get_ydata(), values)


def test_following_draws_the_minimum_the_weights_and_the_rates():
    target = FIGURES["following"][0]
    upper, lower = figures.following(*FIGURES["following"]).axes
    np.testing.assert_array_equal(curve(upper, "the minimum").get_ydata(), target)
    for name in METHODS:
        np.testing.assert_array_equal(curve(upper, name).get_ydata(), PLACES[name])
        np.testing.assert_array_equal(curve(lower, name).get_ydata(), SHORT[name])


def test_near_best_bands_go_from_edge_to_edge():
    axes = figures.near_best_bands(BANDS).axes
    assert [axis.get_title() for axis in axes] == ["plain", "loss × 100"]
    for axis in axes:
        own = [method for setting, method in BANDS if setting == axis.get_title()]
        for method, bars, dot in zip(own, axis.collections, axis.lines, strict=True):
            low, best, high = BANDS[axis.get_title(), method]
            ((start, end),) = bars.get_segments()
            place = METHODS.index(method)
            np.testing.assert_allclose([start, end], [[low, -place], [high, -place]])
            np.testing.assert_allclose(points(dot), [[best, -place]])
    assert [text.get_text() for text in axes[0].get_yticklabels()] == list(METHODS)


# --- effective rates ------------------------------------------------------------------


def test_effective_rates_are_those_that_the_rules_step_with():
    gradients, eta = RNG.normal(size=(6, 3, 2)), 0.1
    for rule in (SGD(), AdaGrad(), RMSProp(rho=0.9), Adam(beta1=0.0, beta2=0.9)):
        found, w = ch04_adaptive.effective_rates(rule, gradients, eta), np.zeros((3, 2))
        state = rule.start(w)
        for gradient, rate in zip(gradients, found):
            before = w.copy()
            rule.apply(w, gradient, eta, state)
            np.testing.assert_allclose(before - w, rate * gradient, rtol=1e-9)


def test_momentum_has_the_rate_itself():
    assert set(
        ch04_adaptive.effective_rates(Momentum(), RNG.normal(size=(3, 1, 2)), 0.2).ravel()
    ) == {0.2}


def test_badly_scaled_changes_the_units_only():
    data, made = digits_data(), ch04_adaptive.badly_scaled(digits_data())
    seen = data.inputs.max(axis=0) > 0
    factors = made.inputs.max(axis=0)[seen] / data.inputs.max(axis=0)[seen]
    np.testing.assert_allclose(made.inputs[:, seen], data.inputs[:, seen] * factors)
    assert 0.1 <= factors.min() < 0.2 and 5 < factors.max() <= 10
    np.testing.assert_array_equal(made.labels, data.labels)


# --- explorer ------------------------------------------------------------------------------------


def test_only_momentum_arrives_in_both_ravines():
    arrived = {
        (method, beta)
        for method in adaptive.METHOD.values
        for beta in adaptive.BETA.values
        for eta in adaptive.ETA.values[::5] + (0.1,)
        if adaptive.EXPLORER.met(adaptive.compute(eta, method, beta, "straight"))
    }
    assert arrived == {("momentum", 0.5)}


@pytest.mark.parametrize("method", adaptive.METHOD.values)
def test_the_usual_memory_is_that_of_the_rule(method):
    rule = {"momentum": Momentum().beta, "RMSprop": RMSProp().rho, "Adam": Adam().beta2}
    beta = rule.get(method, 0.0)
    usual = adaptive.EXPLORER.data(method=method)
    asked = adaptive.EXPLORER.data(method=method, beta=beta)
    assert usual["beta"] == beta and adaptive.state(usual) == adaptive.state(asked)
    np.testing.assert_array_equal(usual["path"], asked["path"])


def test_a_turn_matters_to_adaptive_methods_only():
    for method in adaptive.METHOD.values:
        ends = adaptive.compute(0.1, method, 0.9, "straight")["ends"]
        straight, turned = ends.values()
        assert np.isclose(straight, turned, rtol=1e-6) == (method in ("SGD", "momentum"))


def test_the_explorer_draws_what_it_computed():
    explorer, part = adaptive.EXPLORER, adaptive.make(Figure(figsize=(7, 4)))
    data = explorer.data(method="AdaGrad", beta=0.9, ravine="turned by 45°")
    adaptive.draw(part, data)
    np.testing.assert_array_equal(points(part["path"]), data["path"])
    np.testing.assert_array_equal(part["loss"].get_ydata(), data["loss"])
    np.testing.assert_array_equal(part["flat"].get_ydata(), data["rates"][:, 0])
    np.testing.assert_array_equal(part["steep"].get_ydata(), data["rates"][:, 1])
    problem = Quadratic(adaptive.CURVATURES, rotation=np.pi / 4)
    for contour in part["contours"].get_segments():
        heights = problem.loss(np.asarray(contour))
        np.testing.assert_allclose(heights, heights[0])
    assert len(part["beyond"].get_xdata()) == 0
    adaptive.draw(part, explorer.data(eta=10.0, method="SGD", beta=0.9))
    assert part["beyond"].get_ydata() == [adaptive.TOP]
    assert part["loss"].get_ydata()[-1] > adaptive.TOP
