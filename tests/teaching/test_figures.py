"""Figures: what is drawn is what was handed over, the axes say what it is, and bytes repeat."""

import base64
import importlib
import inspect
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgba

from course_lr import Quadratic, RangeTest, range_test, show
from course_lr.teaching import figures
from course_lr.teaching.figures import style
from tests.teaching.drawn import curve, expect, points

RNG = np.random.default_rng(0)
RATES = np.array([0.01, 0.1, 1.0])
STEPS = np.arange(7)
PATHS = (1 - RATES) ** STEPS[:, None] * -2.0  # (steps + 1, runs)
PLANE = {name: RNG.normal(size=(7, 2)) for name in ("slow", "fast", "wild")}
BOWL, EXTENT = Quadratic([1.0, 9.0]), (-3, 3, -2, 2)
SLOPES = np.array([0.5, 1.0, 2.0, 3.0])
LENGTHS = SLOPES[:, None] * RATES * 1.01
SEEDS = RNG.uniform(0.2, 0.9, (3, 4))  # (rates, seeds)
WITH_FAILURE = np.where(np.arange(12).reshape(3, 4) == 11, np.inf, SEEDS)
RUNS = {"slow": np.exp(-0.1 * STEPS)[:, None] * [1.0, 1.2], "fast": RNG.uniform(1, 2, (7, 2))}
RUNS["fast"][4:, 1] = np.nan
NEEDED = {"10": np.array([90.0, 9.0, np.nan]), "100": np.array([900.0, 95.0, 99.0])}
CURVES = {
    "digits": (RATES, np.array([[0.5], [0.9], [0.895]]) + [[0, 0.002]]),
    "signals": (2 * RATES, SEEDS),
}
BANDS = {"digits": (0.1, 0.09, 0.9), "signals": (0.2, 0.1, 0.3)}
TRACES = {"constant": np.full(7, 0.1), "falling": 0.1 / (1 + STEPS)}
LINES = {"one": (RATES, SEEDS[:, 0]), "two": (RATES, SEEDS)}
LADDER = range_test(Quadratic([1.0, 20.0]), low=1e-3, high=1.0, steps=20)
GAINS = {
    name: {"effect": at, "low": low, "high": high, "asked": 1.0, "outcome": outcome}
    for name, at, low, high, outcome in (
        ("SGD", 1.6, 0.8, 2.3, "in part"),
        ("SGD, longer", -22.0, -32.0, -12.0, "reversed"),
        ("Adam", 2.4, 1.7, 3.2, "holds"),
    )
}
FORMS = {
    "accuracy_map": (RATES, np.array([0.0, 0.1]), SEEDS.T[:2], "rate", "decay"),
    "best_by_rate": ({"a": CURVES, "b": {"digits": CURVES["signals"]}},),
    "curves": (LINES, "learning rate η (log scale)", "accuracy"),
    "dots": ({"digits": {"grid": 90 * SEEDS[0], "random": 80 * SEEDS[1]}}, "accuracy (%)"),
    "every_run": (RUNS,),
    "intervals": (GAINS, "points", -8.0),
    "loss_by_rate": (RATES, WITH_FAILURE, ~np.isfinite(WITH_FAILURE), 2.3),
    "over_contours": (BOWL, PLANE, EXTENT),
    "parabola_paths": (RATES, PATHS),
    "range_tests": ({"bowl": LADDER}, {"bowl": 0.05}),
    "rate_trace": (STEPS, TRACES),
    "schedules": (STEPS, {"all": TRACES, "one": {"falling": TRACES["falling"]}}),
    "signals": ({"one": {"loss": RUNS["slow"][:, 0]}}, {"loss": STEPS}),
    "small_multiples": ({"a": LINES, "b": LINES}, "x", "y (log scale)"),
    "tried_rates": ({"digits": (RATES, SEEDS[:, 0], [0.01, 1.0])},),
}
CHAPTERS = {
    "01": {
        "distances": (RATES, {"first update": SEEDS, "480 updates": 10 * SEEDS}),
        "promise_kept": (RATES, SEEDS),
        "shrinking": (RATES, PATHS),
        "step_lengths": (SLOPES, LENGTHS, RATES),
    },
    "02": {
        "bands_of_accuracy": (CURVES, BANDS),
        "sharpness_against_rate": (RATES, np.array([3.0, 5.0]), 10 * SEEDS),
        "steps_needed": (RATES, NEEDED),
    },
}
OTHERS = {}  # other data for figures that shrinking does not change
for path in sorted(pathlib.Path(__file__).parent.glob("test_ch??.py")):
    module = importlib.import_module(f"tests.teaching.{path.stem}")
    CHAPTERS[path.stem[-2:]] = getattr(module, "FIGURES", {})
    OTHERS |= getattr(module, "OTHERS", {})
OWN = {}  # number of a chapter -> its figures' module
for path in sorted(pathlib.Path(figures.__file__).parents[1].glob("chapters/*/figures.py")):
    name = f"course_lr.teaching.chapters.{path.parent.name}.figures"
    OWN[path.parent.name[2:4]] = importlib.import_module(name)
EXAMPLES = {name: (getattr(figures, name), arguments) for name, arguments in FORMS.items()}
for number, module in OWN.items():
    for name, arguments in CHAPTERS[number].items():
        EXAMPLES[name] = getattr(module, name), arguments


def drawn(name, *arguments, **options):
    """A figure, from its example or from other arguments."""
    make, example = EXAMPLES[name]
    return make(*(arguments or example), **options)


def shrunk(argument):
    """The numbers of an argument, a tenth smaller."""
    if isinstance(argument, dict):
        return {key: shrunk(values) for key, values in argument.items()}
    if isinstance(argument, (tuple, list)):
        return type(argument)(map(shrunk, argument))
    if isinstance(argument, RangeTest):
        return range_test(Quadratic([1.0, 20.0]), low=2e-3, high=1.0, steps=20)
    numbers = isinstance(argument, float) or getattr(argument, "dtype", np.dtype(int)).kind == "f"
    return 0.9 * argument if numbers else argument


def expect_band(axis, x, low, high):
    """The one shaded band of the axis reaches from ``low`` to ``high`` at each ``x``."""
    (band,) = axis.collections
    outline = {tuple(point) for path in band.get_paths() for point in path.vertices}
    for edge in (low, high):
        for wanted in np.column_stack([x, edge]):
            assert min(np.abs(np.subtract(point, wanted)).max() for point in outline) < 1e-12
    heights = [y for _, y in outline]
    np.testing.assert_allclose([min(heights), max(heights)], [np.min(low), np.max(high)])


# --- what holds for every figure ------------------------------------------------------------------


def test_every_figure_has_an_example():
    assert set(FORMS) == set(figures.__all__) - {"canvas", "png", "show"}
    for number, module in OWN.items():
        own = {name for name, value in vars(module).items() if inspect.isfunction(value)
               and value.__module__ == module.__name__ and name[0] != "_"}  # fmt: skip
        assert own == set(CHAPTERS[number])


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_figure(name):
    """Of what was handed over, the same bytes again, nothing left open, legible, every axis named.

    x is named in the lowest panel of a column; y in the first of a row, unless names stand there.
    """
    arguments = EXAMPLES[name][1]
    before, figure = str(arguments), drawn(name)
    assert str(arguments) == before and pyplot.get_fignums() == []
    first = style.png(figure)
    assert style.png(drawn(name)) == first and b"Matplotlib" not in first
    assert style.png(drawn(name, *(OTHERS.get(name) or map(shrunk, arguments)))) != first
    for axis in figure.axes:
        expect_named(figure, axis, titled=name == "signals")  # a panel a signal, its title
        expect_legible(axis)


def expect_named(figure, axis, titled):
    if (place := axis.get_subplotspec()) is None:  # a colour bar
        assert axis.get_ylabel() or axis.get_xlabel()
        return
    named_below = any(a.get_xlabel() for a in figure.axes if a.get_subplotspec() == place)
    ticks = [text.get_text() for text in axis.get_yticklabels()]
    named = any(text and not text[0].isdigit() and text[0] not in "$−." for text in ticks)
    assert named_below or not place.is_last_row()  # of twins one has the name
    assert axis.get_ylabel() or named or titled or not place.is_first_col()
    assert axis.get_ylabel() or axis.get_title() or named
    for side in (axis.xaxis, axis.yaxis):
        name = side.get_label_text()
        assert not name or (side.get_scale() == "log") == ("log" in name)


def expect_legible(axis):
    """Text of a size that can be read, and series that differ without colour."""
    texts = [axis.xaxis.label, axis.yaxis.label, axis.title, *axis.texts]
    legend = axis.get_legend()
    texts += legend.get_texts() if legend else []
    assert all(text.get_fontsize() >= 9 for text in texts if text.get_text())
    named = [line for line in axis.lines if not line.get_label().startswith("_")]
    looks = {(to_rgba(line.get_color()), line.get_linestyle(), line.get_marker()) for line in named}
    assert len(looks) == len(named)


# --- by rate --------------------------------------------------------------------------------------


def test_best_by_rate_marks_the_best_of_each():
    marks = {"a": {"2/λ": 0.2, "digits": 0.3}}
    figure = drawn("best_by_rate", {"a": CURVES}, lowest=[40], marks=marks)
    (axis,) = figure.axes
    expect(curve(axis, "digits"), RATES, [50.1, 90.1, 89.6])
    stars = [line for line in axis.lines if line.get_marker() == "*"]
    best = SEEDS.mean(axis=1).argmax()
    expect(stars[0], [0.1], [90.1])
    expect(stars[1], [2 * RATES[best]], [100 * SEEDS[best].mean()])
    assert stars[0].get_markersize() > stars[1].get_markersize()  # where they meet both are seen
    dotted = [line for line in axis.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata() for line in dotted] == [[0.2, 0.2], [0.3, 0.3]]
    assert dotted[1].get_color() == curve(axis, "digits").get_color() != dotted[0].get_color()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*CURVES, "2/λ", "best"]
    assert axis.get_ylim()[0] == 40
    heights = [axis.get_ylim() for axis in drawn("best_by_rate").axes]
    assert heights[0] == heights[1] and heights[0][0] == 0 and heights[0][1] > 90  # shared


def test_six_methods_differ_by_line_and_width():
    (axis,) = drawn("best_by_rate", {"a": dict.fromkeys("abcdef", CURVES["digits"])}).axes
    widths = [line.get_linewidth() for line in axis.lines[::2]]
    assert widths == sorted(set(widths), reverse=True) and widths[-1] > 1.2


def test_loss_by_rate():
    upper, lower = drawn("loss_by_rate").axes
    assert (upper.get_ylabel(), lower.get_ylabel()) == (
        "final training loss (log scale)", "no better than\nguessing (%)")  # fmt: skip
    finite = np.ma.masked_invalid(WITH_FAILURE)
    line = curve(upper, "median of the seeds, band: all seeds")
    expect(line, RATES, [np.median(row[np.isfinite(row)]) for row in WITH_FAILURE])
    expect_band(upper, RATES, finite.min(axis=1), finite.max(axis=1))
    assert curve(upper, "guessing").get_ydata() == [2.3, 2.3]
    bars = lower.patches
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in bars], RATES)
    assert [bar.get_height() for bar in bars] == [0, 0, 25]


def test_tried_rates_are_numbered_on_the_curve():
    accuracy, tried = np.array([0.3, 0.8, 0.6]), [1.0, np.sqrt(0.1) * 0.1, 0.01]
    (axis,) = drawn("tried_rates", {"down": (RATES, accuracy, tried)}).axes
    expect(axis.lines[1], tried, [60, 55, 30])  # half-way on a log axis
    assert [(text.get_text(), text.xy[0]) for text in axis.texts] == [*zip("123", tried)]
    expect(curve(axis, "best of all: 0.1"), [0.1], [80])
    expect(curve(axis, "best tried: 1"), [1.0], [60])


def test_readings_stand_on_the_ladder():
    (axis,) = drawn("range_tests").axes
    for name, rate in LADDER.readings.items():
        dot = curve(axis, f"{name}: {style.scientific(rate)}")
        height = np.interp(np.log(rate), np.log(LADDER.rates), LADDER.smoothed)
        expect(dot, [rate], [height])
    assert set(curve(axis, "full search: 0.05").get_xdata()) == {0.05}
    smoothed = np.where(np.isfinite(LADDER.smoothed), LADDER.smoothed, np.nan)
    expect(axis.lines[0], LADDER.rates, smoothed)


# --- curves ---------------------------------------------------------------------------------------


def test_curves_draw_lines_medians_and_levels():
    (axis,) = drawn("curves", *FORMS["curves"], {"guessing": 0.1}).axes
    expect(curve(axis, "one"), RATES, SEEDS[:, 0])
    expect(curve(axis, "two"), RATES, np.median(SEEDS, axis=1))
    expect_band(axis, RATES, SEEDS.min(axis=1), SEEDS.max(axis=1))
    assert set(curve(axis, "guessing").get_ydata()) == {0.1}
    assert curve(axis, "one").get_marker() != curve(axis, "two").get_marker()


def test_small_multiples_draw_the_limit_of_each_line():
    limits = {"a": {"two": 0.5}, "b": {"one": np.array([3.0, 2.0, 1.0])}}
    first, second = drawn("small_multiples", *FORMS["small_multiples"], limits).axes
    assert (first.get_title(), second.get_title()) == ("a", "b")
    expect(first.lines[2], RATES, 0.5)
    expect(second.lines[2], RATES, [3, 2, 1])
    assert first.lines[2].get_color() == curve(first, "two").get_color()
    assert first.get_legend() and not second.get_legend()  # the same names


def test_schedules_draw_every_rate_in_its_group():
    group, one = drawn("schedules").axes
    for name, rates in TRACES.items():
        expect(curve(group, name), STEPS, rates)
    expect(curve(one, "falling"), STEPS, TRACES["falling"])
    assert [len(axis.get_legend().get_texts()) for axis in (group, one)] == [2, 1]
    assert group.get_ylim()[1] > 0.15  # room for the legend above the highest rate
    (axis,) = drawn("rate_trace").axes
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("step", "learning rate η")
    for name, eta in TRACES.items():
        expect(curve(axis, name), STEPS, eta)


def test_every_run_is_drawn_with_its_mean_and_marked_where_it_is_lost():
    figure = drawn("every_run", RUNS, smooth=3)
    for axis, loss in zip(figure.axes, RUNS.values()):
        for seed in range(2):
            expect(axis.lines[seed], STEPS, loss[:, seed])
            means = [loss[i : i + 3, seed].mean() for i in range(5)]
            expect(axis.lines[2 + seed], np.arange(1, 6), means)
    slow, fast = (axis.lines[4:] for axis in figure.axes)
    assert slow == [] and [line.get_marker() for line in fast] == ["x"]
    expect(fast[0], [3], RUNS["fast"][3, 1])


def test_every_run_marks_what_leaves_the_limits():
    loss = np.full((20, 3), 1.0)
    loss[5:, 1], loss[9:, 2] = 1e9, np.nan
    (axis,) = drawn("every_run", {"way": loss}, smooth=8, limits=(0.03, 50), guessing=2.3).axes
    marks = [line for line in axis.lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in marks] == [4, 8]
    assert axis.get_ylim() == (0.03, 50) and axis.lines[-1].get_ydata() == [2.3, 2.3]
    assert axis.lines[3].get_ydata() == pytest.approx(np.ones(13))


def test_signals_draws_a_panel_a_signal_and_a_line_a_run():
    steps = np.arange(40.0)
    runs = {
        "one": {"loss": np.exp(-steps), "grad_cosine": np.full(40, 0.5), "sharpness": [3.0, 4.0]},
        "two": {"loss": np.where(steps < 30, 2.0, np.inf), "sharpness": [5.0, np.nan]},
    }
    figure = figures.signals(runs, {"sharpness": [0, 40]}, limits={"two": 7.0}, window=4)
    loss, cosine, sharp = figure.axes
    assert [axis.get_title() for axis in figure.axes] == [
        "loss", "cosine to the last gradient", "sharpness, dotted: 2/η"]  # fmt: skip
    means = [np.exp(-steps)[i : i + 4].mean() for i in range(37)]
    expect(curve(loss, "one"), np.arange(2, 39), means)
    two = curve(loss, "two").get_ydata()
    assert (two[:27] == 2).all() and np.isnan(two[27:]).all()
    assert loss.get_yscale() == "log" and cosine.get_yscale() == "linear"
    expect(curve(sharp, "one"), [0, 40], [3, 4])
    (limit,) = [line for line in sharp.lines if line.get_linestyle() == ":"]
    assert limit.get_ydata()[0] == 7 and limit.get_color() == curve(sharp, "two").get_color()


def test_signals_tells_gaps_and_keeps_many_layers_apart():
    layers = {f"{n}.weight": {"noise_scale": [1.0, np.inf, 3.0]} for n in range(12)}
    (axis,) = figures.signals(layers, {"noise_scale": [0, 40, 80]}).axes
    assert axis.get_title() == "noise scale (gaps: infinite)"
    assert len({(line.get_color(), str(line._dash_pattern)) for line in axis.lines}) == 12
    with pytest.raises(ValueError, match=r"must hold a signal such as loss.*'volume'"):
        figures.signals({"one": {"volume": np.ones(3)}})


# --- rows, maps, paths ----------------------------------------------------------------------------


def test_intervals_name_rows_and_mark_outcomes():
    (axis,) = drawn("intervals").axes
    bars = [line.get_xdata().tolist() for line in axis.lines if line.get_linewidth() == 4]
    assert bars == [[0.8, 2.3], [1.7, 3.2]]
    (arrow,) = [line for line in axis.lines if line.get_marker() == "<"]
    expect(arrow, [-8], [1])
    shapes = {style.OUTCOMES[name][1]: style.OUTCOMES[name][2] for name in ("in part", "holds")}
    marks = [line for line in axis.lines if line.get_marker() in shapes]
    assert [line.get_color() for line in marks] == list(shapes.values())
    assert [line.get_markerfacecolor() for line in marks] == ["white", shapes["o"]]
    ticks = [tick.get_segments()[0][0][0] for tick in axis.collections]
    assert ticks == [1.0] * 3
    words = [text.get_text() for text in axis.texts]
    assert words == ["in part", "−22 (−32 to −12)", "reversed", "holds"]
    assert [text.get_text() for text in axis.get_yticklabels()] == list(GAINS)
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first one on top


def test_dots_are_rows_with_their_mean():
    (axis,) = drawn("dots", {"digits": {"grid": np.array([90.0, 94.0])}}, "accuracy", "%").axes
    assert [line.get_xdata().tolist() for line in axis.lines] == [[90, 94], [92, 92]]
    assert axis.texts[0].get_text() == "92%"
    assert [text.get_text() for text in axis.get_yticklabels()] == ["grid"]


def test_a_map_marks_the_best_of_each_row_and_of_all():
    accuracy = np.array([[0.5, 0.7, 0.6], [0.8, 0.9, 0.95]])
    axis = drawn("accuracy_map", RATES, np.array([1.0, 0.1]), accuracy, "rate", "share").axes[0]
    np.testing.assert_allclose(axis.images[0].get_array(), 100 * accuracy)
    expect(curve(axis, "best of the row"), [1, 2], [0, 1])
    expect(curve(axis, "best of all: 95.0 %"), [2], [1])
    assert [text.get_text() for text in axis.get_yticklabels()] == ["1", "0.1"]
    assert axis.get_ylim()[0] < axis.get_ylim()[1]  # the first row at the bottom


def test_parabola_paths():
    figure = drawn("parabola_paths")
    for axis, path in zip(figure.axes, PATHS.T):
        bowl, steps, start = axis.lines
        expect(bowl, bowl.get_xdata(), bowl.get_xdata() ** 2 / 2)
        expect(steps, path, path**2 / 2)
        expect(start, path[:1], path[:1] ** 2 / 2)


def test_over_contours():
    for axis, (title, path) in zip(drawn("over_contours").axes, PLANE.items()):
        line, start, minimum = axis.lines
        np.testing.assert_array_equal(points(line), path)
        np.testing.assert_array_equal(points(start), path[:1])
        np.testing.assert_array_equal(points(minimum), [[0, 0]])
        assert axis.get_title() == title and (*axis.get_xlim(), *axis.get_ylim()) == EXTENT
        (contours,) = axis.collections
        heights = [BOWL.loss(p.vertices) for p in contours.get_paths() if len(p.vertices)]
        assert len(heights) > 5 and all(np.ptp(h) < 0.05 * h.max() + 0.02 for h in heights)


# --- chapters 01 and 02 ---------------------------------------------------------------------------


def test_step_lengths():
    (axis,) = drawn("step_lengths").axes
    assert axis.get_xlabel() == "size of the slope |g|"
    assert axis.get_ylabel() == "length of the update |Δw|"
    for number, rate in enumerate(RATES):
        expect(axis.lines[2 * number], SLOPES, rate * SLOPES)
        dots = curve(axis, f"η = {style.scientific(rate)}")
        assert dots is axis.lines[2 * number + 1] and dots.get_linestyle() == "None"
        expect(dots, SLOPES, LENGTHS[:, number])


def test_shrinking():
    (axis,) = drawn("shrinking").axes
    names = ["η = 0.01, 1 − ηλ = +0.99", "η = 0.1, 1 − ηλ = +0.90", "η = 1.0, 1 − ηλ = +0.00"]
    for number, name in enumerate(names):
        line, dots = axis.lines[2 * number : 2 * number + 2]
        expect(line, STEPS, 2 * np.abs(1 - RATES[number]) ** STEPS)
        assert dots is curve(axis, name)
        expect(dots, STEPS, np.abs(PATHS[:, number]))
    title = axis.get_legend().get_title().get_text()
    assert title == r"dots: measured, lines: $2 \cdot |1 - \eta\lambda|^t$"


def test_promise_kept_and_distances():
    (axis,) = drawn("promise_kept").axes
    for seed in range(4):
        expect(axis.lines[seed], RATES, SEEDS[:, seed])
    expect(curve(axis, "median"), RATES, np.median(SEEDS, axis=1))
    assert curve(axis, "the promise, η |g|²").get_ydata() == [1, 1]
    (axis,) = drawn("distances").axes
    guides = [line for line in axis.lines if line.get_linestyle() == ":"]
    for (name, values), guide in zip(CHAPTERS["01"]["distances"][1].items(), guides, strict=True):
        expect(curve(axis, name), RATES, np.median(values, axis=1))
        expect(guide, RATES, np.median(values[0]) * RATES / RATES[0])


def test_steps_needed():
    (axis,) = drawn("steps_needed").axes
    for name, needed in NEEDED.items():
        expect(curve(axis, name), RATES, needed)
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    expect(dots[0], [0.1], [9.0])
    expect(dots[1], [0.1], [95.0])
    assert axis.lines[-1].get_xdata() == [2, 2] and axis.texts[0].get_text() == "η λmax = 2"


def test_bands_of_accuracy():
    figure = drawn("bands_of_accuracy")
    digits, signals = figure.axes
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["digits: 1.00 decades", "signals: 0.48 decades"]
    expect(curve(digits, "median and all seeds"), RATES, [50.1, 90.1, 89.6])
    expect(curve(digits, "best, η = 0.1: 90.1 %"), [0.1], [90.1])
    shaded = digits.patches[0]
    assert (shaded.get_x(), shaded.get_width()) == pytest.approx((0.09, 0.81))
    expect_band(signals, 2 * RATES, 100 * SEEDS.min(axis=1), 100 * SEEDS.max(axis=1))


def test_sharpness_against_rate_has_plain_numbers_that_leave_each_other_room():
    rates = np.geomspace(0.02, 0.8, 7)
    after = 2 / rates[:, None] * [0.5, 0.9, 0.6]
    (axis,) = drawn("sharpness_against_rate", rates, np.array([3.0, 5.0]), after).axes
    expect(curve(axis, "after training, band: all seeds"), rates, 1.2 / rates)
    expect(curve(axis, "2/η: steeper is unstable"), rates, 2 / rates)
    (before,) = [p for p in axis.patches if p.get_label() == "at the start, all seeds"]
    assert (before.get_y(), before.get_height()) == (3.0, 2.0)
    axis.figure.canvas.draw()
    texts = [t for t in axis.get_xticklabels(which="both") if t.get_text()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    inside = [(t, b) for t, b in boxes if axis.bbox.x0 <= (b.x0 + b.x1) / 2 <= axis.bbox.x1]
    texts = [text for text, _ in inside]  # matplotlib 3.9 also counts 1, beyond the axis
    assert texts[:5] == ["0.02", "0.05", "0.1", "0.2", "0.5"]
    assert all(a.x1 < b.x0 for (_, a), (_, b) in zip(inside, inside[1:]))


# --- the parts that figures are made of -----------------------------------------------------------


def test_a_canvas_has_its_panels_in_the_courses_style():
    figure, axes = figures.canvas(2, 3)
    assert axes.shape == (6,) and len(figure.axes) == 6
    assert not axes[0].spines["top"].get_visible() and axes[0].xaxis.label.get_fontsize() >= 11
    assert figures.canvas(size=(7, 2))[0].get_size_inches().tolist() == [7, 2]


def test_seven_series_differ_in_colour_and_in_line():
    looks = style.distinct("abcdefg")
    assert [name for name, _, _ in looks] == list("abcdefg")
    assert len({shade for _, shade, _ in looks}) == len({str(line) for *_, line in looks}) == 7
    assert style.colour(7) == style.colour(0)


@pytest.fixture
def shown(monkeypatch):
    """What ``show`` hands to the notebook."""
    display = pytest.importorskip("IPython.display")
    calls = []
    monkeypatch.setattr(display, "display", lambda *args, **options: calls.append((args, options)))
    return calls


def test_show_gives_one_bundle_whose_picture_has_the_alternative_text(shown):
    figure, alt = drawn("rate_trace"), "Two rates over seven steps."
    assert show(figure, alt) is None
    (((bundle,), options),) = shown
    assert bundle == {"image/png": style.png(figure), "text/plain": alt}
    assert options == {"raw": True, "metadata": {"image/png": {"alt": alt}}}
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("alt", ["", " ", "A figure", "loss against rate", None, 3, ["a b c d e"]])
def test_show_demands_a_sentence_for_who_cannot_see_the_picture(shown, alt):
    with pytest.raises(ValueError, match="alt must be a sentence"):
        show(drawn("rate_trace"), alt)
    assert shown == []


def test_in_a_notebook_the_picture_is_stored_once_with_its_text(tmp_path):
    code = (
        "import sys; from course_lr import show; from course_lr.teaching.figures import canvas;"
        "from IPython.core.interactiveshell import InteractiveShell; import json, base64;"
        "shell = InteractiveShell.instance(); seen = [];"
        "shell.display_pub.publish = lambda data, metadata, **_: seen.append((data, metadata));"
        "show(canvas()[0], 'An empty pair of axes.'); (data, metadata), = seen;"
        "data['image/png'] = base64.b64encode(data['image/png']).decode();"
        "print(json.dumps([data, metadata]), 'matplotlib.pyplot' in sys.modules)"
    )
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    stored, _, pyplot_loaded = ran.stdout.strip().rpartition(" ")
    data, metadata = json.loads(stored)
    assert set(data) == {"image/png", "text/plain"} and pyplot_loaded == "False"
    assert metadata == {"image/png": {"alt": "An empty pair of axes."}}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
