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
from matplotlib.figure import Figure

from course_lr import Quadratic, show
from course_lr.teaching import figures
from course_lr.teaching.figures import style

RNG = np.random.default_rng(0)
RATES = np.array([0.01, 0.1, 1.0])
STEPS = np.arange(7)
PATHS = (1 - RATES) ** STEPS[:, None] * -2.0  # (steps + 1, runs)
PLANE = RNG.normal(size=(7, 3, 2))
SLOPES = np.array([0.5, 1.0, 2.0, 3.0])
LENGTHS = SLOPES[:, None] * RATES * 1.01
SEEDS = RNG.uniform(0.2, 0.9, (3, 4))  # (rates, seeds)
WITH_FAILURE = np.where(np.arange(12).reshape(3, 4) == 11, np.inf, SEEDS)
FAILED = ~np.isfinite(WITH_FAILURE)
CURVES = {"slow": np.exp(-0.1 * STEPS)[:, None] * [1.0, 1.2], "fast": RNG.uniform(1, 2, (7, 2))}
CURVES["fast"][4:, 1] = np.nan
NEEDED = {"10": np.array([90.0, 9.0, np.nan]), "100": np.array([900.0, 95.0, 99.0])}
ACCURACY = {
    "digits": (RATES, np.array([[0.5], [0.9], [0.895]]) + [[0, 0.002]]),
    "signals": (2 * RATES, SEEDS),
}
BANDS = {"digits": (0.1, 0.09, 0.9), "signals": (0.2, 0.1, 0.3)}
TRACES = {"constant": np.full(7, 0.1), "falling": 0.1 / (1 + STEPS)}

EXAMPLES = {
    "bands_of_accuracy": (ACCURACY, BANDS),
    "contour_paths": (Quadratic([1.0, 9.0]), RATES, PLANE, (-3, 3, -2, 2)),
    "distances": (RATES, {"first update": SEEDS, "480 updates": 10 * SEEDS}),
    "loss_against_rate": (RATES, WITH_FAILURE, FAILED, 2.3),
    "loss_curves": (CURVES,),
    "parabola_paths": (RATES, PATHS, 2.0),
    "promise_kept": (RATES, SEEDS),
    "rate_trace": (STEPS, TRACES),
    "sharpness_against_rate": (RATES, np.array([3.0, 5.0]), 10 * SEEDS),
    "shrinking": (RATES, PATHS, 1.0),
    "step_lengths": (SLOPES, LENGTHS, RATES),
    "steps_needed": (RATES, NEEDED),
}
OTHERS = {}  # other data for figures of words, which can't be shrunk
for path in sorted(pathlib.Path(__file__).parent.glob("test_ch??.py")):
    module = importlib.import_module(f"tests.teaching.{path.stem}")
    EXAMPLES |= getattr(module, "FIGURES", {})
    OTHERS |= getattr(module, "OTHERS", {})
PARTS = ("canvas", "png", "show")
every_figure = pytest.mark.parametrize("name", EXAMPLES)


def made(name, *arguments, **options):
    return getattr(figures, name)(*(arguments or EXAMPLES[name]), **options)


def shrunk(argument):
    """The numbers of an argument, a tenth smaller."""
    if isinstance(argument, dict):
        return {key: shrunk(values) for key, values in argument.items()}
    if isinstance(argument, (tuple, list)):
        return type(argument)(map(shrunk, argument))
    numbers = isinstance(argument, float) or getattr(argument, "dtype", np.dtype(int)).kind == "f"
    return 0.9 * argument if numbers else argument


def labels(figure):
    """Name of the x axis, name of the y axis and title of each panel."""
    return [(a.get_xlabel(), a.get_ylabel(), a.get_title()) for a in figure.axes]


def points(line):
    return np.column_stack(line.get_data())


def curve(axis, name):
    """The one line of that name."""
    (found,) = [line for line in axis.lines if line.get_label() == name]
    return found


def expect(line, x, y):
    np.testing.assert_allclose(points(line), np.column_stack(np.broadcast_arrays(x, y)))


def expect_band(axis, x, low, high):
    """The one shaded band of the axis reaches from ``low`` to ``high`` at each ``x``."""
    (band,) = axis.collections
    outline = {tuple(point) for path in band.get_paths() for point in path.vertices}
    for edge in (low, high):
        wanted = np.column_stack([x, edge])
        found = [
            min(np.abs(np.subtract(point, each)).max() for each in outline) for point in wanted
        ]
        assert max(found) < 1e-12
    np.testing.assert_allclose(max(y for _, y in outline), np.max(high))
    np.testing.assert_allclose(min(y for _, y in outline), np.min(low))


# --- what holds for every figure ------------------------------------------------------------------


def test_every_figure_has_an_example_here():
    assert set(EXAMPLES) == set(figures.__all__) - set(PARTS)


@every_figure
def test_a_figure_is_made_from_what_was_handed_over_and_leaves_nothing_open(name):
    before = [str(argument) for argument in EXAMPLES[name]]
    assert isinstance(made(name), Figure)
    assert [str(argument) for argument in EXAMPLES[name]] == before
    assert pyplot.get_fignums() == []


@every_figure
def test_the_same_data_give_the_same_bytes_and_other_data_others(name):
    first, again = (style.png(made(name)) for _ in range(2))
    assert first == again and first.startswith(b"\x89PNG") and b"Matplotlib" not in first
    other = OTHERS.get(name) or map(shrunk, EXAMPLES[name])
    assert style.png(made(name, *other)) != first


@every_figure
def test_every_axis_says_what_it_shows(name):
    """x in the lowest panel of a column; y in the first of a row, unless names stand there."""
    figure = made(name)
    for axis in figure.axes:
        if (place := axis.get_subplotspec()) is None:  # a colour bar
            assert axis.get_ylabel() or axis.get_xlabel()
            continue
        named_below = any(a.get_xlabel() for a in figure.axes if a.get_subplotspec() == place)
        ticks = [text.get_text() for text in axis.get_yticklabels()]
        named = any(text and not text[0].isdigit() and text[0] not in "$−." for text in ticks)
        assert named_below or not place.is_last_row()  # of twins one has the name
        titled = name == "signals"  # a panel a signal, whose name is the title
        assert axis.get_ylabel() or named or titled or not place.is_first_col()
        assert axis.get_ylabel() or axis.get_title() or named
        if axis.get_xlabel():
            assert (axis.get_xscale() == "log") == ("log" in axis.get_xlabel())


@every_figure
def test_text_is_legible_and_series_differ_without_colour(name):
    figure = made(name)
    for axis in figure.axes:
        texts = [axis.xaxis.label, axis.yaxis.label, axis.title, *axis.texts]
        legend = axis.get_legend()
        texts += legend.get_texts() if legend else []
        assert all(text.get_fontsize() >= 9 for text in texts if text.get_text())
        named = [line for line in axis.lines if not line.get_label().startswith("_")]
        looks = {
            (to_rgba(line.get_color()), line.get_linestyle(), line.get_marker()) for line in named
        }
        assert len(looks) == len(named)


def test_examples_stand_for_the_arguments_of_the_functions():
    for name, arguments in EXAMPLES.items():
        inspect.signature(getattr(figures, name)).bind(*arguments)


# --- single descents ------------------------------------------------------------------------------


def test_parabola_paths():
    figure = made("parabola_paths")
    plain = made("parabola_paths", RATES, PATHS).axes[0]
    assert plain.get_ylabel() == "loss ½ w²"  # λ has not been introduced where it is 1
    assert labels(figure) == [
        ("", "loss ½ λ w²", "η = 0.01"),
        ("weight w", "", "η = 0.1"),  # nothing stands below it
        ("weight w", "loss ½ λ w²", "η = 1"),
    ]
    for axis, path in zip(figure.axes, PATHS.T):
        bowl, steps, start = axis.lines
        expect(bowl, bowl.get_xdata(), bowl.get_xdata() ** 2)  # ½ · 2 · w²
        expect(steps, path, path**2)
        expect(start, path[:1], path[:1] ** 2)


def test_step_lengths():
    axis = made("step_lengths").axes[0]
    assert labels(axis.figure) == [("size of the slope |g|", "length of the update |Δw|", "")]
    for number, rate in enumerate(RATES):
        expect(axis.lines[2 * number], SLOPES, rate * SLOPES)
        dots = curve(axis, f"η = {style.scientific(rate)}")
        assert dots is axis.lines[2 * number + 1] and dots.get_linestyle() == "None"
        expect(dots, SLOPES, LENGTHS[:, number])


def test_shrinking():
    axis = made("shrinking").axes[0]
    assert labels(axis.figure) == [("step", "distance from the minimum |w|", "")]
    names = [
        "η = 0.01, 1 − ηλ = +0.99",
        "η = 0.1, 1 − ηλ = +0.90",
        "η = 1.0, 1 − ηλ = +0.00",
    ]
    for number, name in enumerate(names):
        line, dots = axis.lines[2 * number : 2 * number + 2]
        expect(line, STEPS, 2 * np.abs(1 - RATES[number]) ** STEPS)
        assert dots is curve(axis, name)
        expect(dots, STEPS, np.abs(PATHS[:, number]))
    assert axis.get_yscale() == "log"
    lines = r"dots: measured, lines: $2 \cdot |1 - \eta\lambda|^t$"
    assert axis.get_legend().get_title().get_text() == lines
    apart = made("shrinking", [1.6, 0.5], np.array([[4.0, -1.0], [-2.4, -0.5]])).axes[0]
    assert curve(apart, "η = 1.6, 1 − ηλ = −0.60")
    assert "lines: $|w_0| \\cdot" in apart.get_legend().get_title().get_text()


def test_contour_paths():
    problem, extent = Quadratic([1.0, 9.0]), (-3, 3, -2, 2)
    figure = made("contour_paths")
    assert labels(figure) == [
        ("", "w₂ (steep)", "η = 0.01"),
        ("w₁ (flat)", "", "η = 0.1"),  # nothing stands below it
        ("w₁ (flat)", "w₂ (steep)", "η = 1"),
    ]
    for number, axis in enumerate(figure.axes):
        path, start, minimum = axis.lines
        np.testing.assert_array_equal(points(path), PLANE[:, number])
        np.testing.assert_array_equal(points(start), PLANE[:1, number])
        np.testing.assert_array_equal(points(minimum), [[0, 0]])
        assert (*axis.get_xlim(), *axis.get_ylim()) == extent
        (contours,) = axis.collections
        heights = [problem.loss(p.vertices) for p in contours.get_paths() if len(p.vertices)]
        assert len(heights) > 5 and all(np.ptp(h) < 0.05 * h.max() + 0.02 for h in heights)


def test_promise_kept():
    axis = made("promise_kept").axes[0]
    assert labels(axis.figure) == [("learning rate η (log scale)", "fall of the loss ÷ η |g|²", "")]
    for seed in range(4):
        expect(axis.lines[seed], RATES, SEEDS[:, seed])
    expect(curve(axis, "median"), RATES, np.median(SEEDS, axis=1))
    assert curve(axis, "the promise, η |g|²").get_ydata() == [1, 1]
    assert curve(axis, "below: the loss rose").get_ydata() == [0, 0]


def test_distances():
    axis = made("distances").axes[0]
    assert labels(axis.figure) == [("learning rate η (log scale)", "length (log scale)", "")]
    for name, values in (("first update", SEEDS), ("480 updates", 10 * SEEDS)):
        expect(curve(axis, name), RATES, np.median(values, axis=1))
    guides = [line for line in axis.lines if line.get_linestyle() == ":"]
    for guide, values in zip(guides, (SEEDS, 10 * SEEDS), strict=True):
        expect(guide, RATES, np.median(values[0]) * RATES / RATES[0])


# --- over many rates ------------------------------------------------------------------------------


def test_loss_against_rate():
    upper, lower = made("loss_against_rate").axes
    assert labels(upper.figure) == [
        ("", "final training loss (log scale)", ""),
        ("learning rate η (log scale)", "no better than\nguessing (%)", ""),
    ]
    finite = np.ma.masked_invalid(WITH_FAILURE)
    line = curve(upper, "median of the seeds, band: all seeds")
    expect(line, RATES, [np.median(row[np.isfinite(row)]) for row in WITH_FAILURE])
    expect_band(upper, RATES, finite.min(axis=1), finite.max(axis=1))
    assert curve(upper, "guessing").get_ydata() == [2.3, 2.3]
    bars = lower.patches
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in bars], RATES)
    assert [bar.get_height() for bar in bars] == [0, 0, 25]
    assert upper.get_xscale() == lower.get_xscale() == upper.get_yscale() == "log"
    alone = made("loss_against_rate", RATES, WITH_FAILURE, FAILED).axes[0]
    assert len(alone.lines) == 1


def test_loss_curves():
    figure = made("loss_curves", CURVES, smooth=3)
    assert labels(figure) == [("step", "loss (log scale)", "slow"), ("step", "", "fast")]
    for axis, loss in zip(figure.axes, CURVES.values()):
        for seed in range(2):
            expect(axis.lines[seed], STEPS, loss[:, seed])
            means = [loss[i : i + 3, seed].mean() for i in range(5)]
            expect(axis.lines[2 + seed], np.arange(1, 6), means)
    slow, fast = (axis.lines[4:] for axis in figure.axes)
    assert slow == [] and [line.get_marker() for line in fast] == ["x"]
    expect(fast[0], [3], CURVES["fast"][3, 1])
    assert [len(axis.lines) for axis in made("loss_curves").axes] == [2, 3]


def test_steps_needed():
    axis = made("steps_needed").axes[0]
    assert labels(axis.figure) == [("η λmax (log scale)", "steps until loss < 1e-6 × start", "")]
    for name, needed in NEEDED.items():
        expect(curve(axis, name), RATES, needed)
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    expect(dots[0], [0.1], [9.0])
    expect(dots[1], [0.1], [95.0])
    assert axis.lines[-1].get_xdata() == [2, 2] and axis.texts[0].get_text() == "η λmax = 2"


def test_bands_of_accuracy():
    figure = made("bands_of_accuracy")
    assert labels(figure) == [
        ("learning rate η (log scale)", "test accuracy (%)", "digits: 1.00 decades"),
        ("learning rate η (log scale)", "", "signals: 0.48 decades"),
    ]
    digits, signals = figure.axes
    expect(curve(digits, "median and all seeds"), RATES, [50.1, 90.1, 89.6])
    expect(curve(digits, "best, η = 0.1: 90.1 %"), [0.1], [90.1])
    shaded = digits.patches[0]
    assert (shaded.get_x(), shaded.get_width()) == pytest.approx((0.09, 0.81))
    top = 100 * SEEDS[1].mean()
    expect(curve(signals, f"best, η = 0.2: {top:.1f} %"), [0.2], [top])
    expect_band(signals, 2 * RATES, 100 * SEEDS.min(axis=1), 100 * SEEDS.max(axis=1))


def test_sharpness_against_rate():
    axis = made("sharpness_against_rate").axes[0]
    assert labels(axis.figure) == [
        ("learning rate η (log scale)", "sharpness (largest curvature, log scale)", "")
    ]
    expect(curve(axis, "after training, band: all seeds"), RATES, 10 * np.median(SEEDS, axis=1))
    expect_band(axis, RATES, 10 * SEEDS.min(axis=1), 10 * SEEDS.max(axis=1))
    expect(curve(axis, "2/η: steeper is unstable"), RATES, 2 / RATES)
    (before,) = [p for p in axis.patches if p.get_label() == "at the start, all seeds"]
    assert (before.get_y(), before.get_height()) == (3.0, 2.0)


def test_the_rates_below_the_sharpness_are_plain_numbers_that_leave_each_other_room():
    rates = np.geomspace(0.02, 0.8, 7)
    axis = made("sharpness_against_rate", rates, np.array([3.0, 5.0]), 2 / rates[:, None]).axes[0]
    axis.figure.canvas.draw()
    shown = [t for t in axis.get_xticklabels(which="both") if t.get_text()]
    left, right = axis.bbox.x0, axis.bbox.x1
    boxes = [t.get_window_extent() for t in shown]
    inside = [(t, b) for t, b in zip(shown, boxes) if left <= (b.x0 + b.x1) / 2 <= right]
    assert [t.get_text() for t, _ in inside] == ["0.02", "0.05", "0.1", "0.2", "0.5"]
    assert all(a.x1 < b.x0 for (_, a), (_, b) in zip(inside, inside[1:]))


def test_rate_trace():
    axis = made("rate_trace").axes[0]
    assert labels(axis.figure) == [("step", "learning rate η", "")]
    for name, eta in TRACES.items():
        expect(curve(axis, name), STEPS, eta)


# --- the parts that figures are made of -----------------------------------------------------------


def test_a_canvas_has_its_panels_in_the_courses_style():
    figure, axes = figures.canvas(2, 3)
    assert axes.shape == (6,) and len(figure.axes) == 6
    assert not axes[0].spines["top"].get_visible() and axes[0].xaxis.label.get_fontsize() >= 11
    size = figures.canvas(size=(7, 2))[0].get_size_inches()
    assert size.tolist() == [7, 2]


def test_a_band_shows_the_median_and_every_seed():
    _, (axis,) = figures.canvas()
    style.band(axis, RATES, WITH_FAILURE, "#0072B2", "seeds", marker="o")
    finite = np.ma.masked_invalid(WITH_FAILURE)
    expect(curve(axis, "seeds"), RATES, [np.median(row[np.isfinite(row)]) for row in WITH_FAILURE])
    expect_band(axis, RATES, finite.min(axis=1), finite.max(axis=1))


def test_seven_series_differ_in_colour_and_in_line():
    found = style.distinct("abcdefg")
    assert [name for name, _, _ in found] == list("abcdefg")
    assert len({colour for _, colour, _ in found}) == len({str(line) for *_, line in found}) == 7
    assert style.colour(7) == style.colour(0)


@pytest.fixture
def shown(monkeypatch):
    """What ``show`` hands to the notebook."""
    display = pytest.importorskip("IPython.display")
    calls = []
    monkeypatch.setattr(display, "display", lambda *args, **options: calls.append((args, options)))
    return calls


def test_show_gives_one_bundle_whose_picture_has_the_alternative_text(shown):
    figure, alt = made("rate_trace"), "Two rates over seven steps."
    assert show(figure, alt) is None
    (((bundle,), options),) = shown
    assert bundle == {"image/png": style.png(figure), "text/plain": alt}
    assert options == {"raw": True, "metadata": {"image/png": {"alt": alt}}}
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("alt", ["", " ", "A figure", "loss against rate", None, 3, ["a b c d e"]])
def test_show_demands_a_sentence_for_who_cannot_see_the_picture(shown, alt):
    with pytest.raises(ValueError, match="alt must be a sentence"):
        show(made("rate_trace"), alt)
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
