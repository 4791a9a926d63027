"""Explorers: every control over its whole range, goals, pictures, errors, kernel-free twins."""

import asyncio
import base64
import dataclasses
import io
import itertools
import json
import random
import re
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from course_lr.teaching import explorers
from course_lr.teaching.chapters.ch01_descent import explorer as chapter_01
from course_lr.teaching.chapters.ch01_descent import explorer_parabola as parabola
from course_lr.teaching.chapters.ch02_rates import explorer as digits
from course_lr.teaching.explorers import Control, Explorer, Goal, View, base, view
from course_lr.teaching.explorers.picture import LAYOUTS, Picture, panels, parts, quick_png

MOST_BYTES = 1_500_000
GOALS = {  # where the goal is reached, for those whose many positions take long to try
    "cycles": dict(eta_max=0.53, part=1, half_cycle=10, envelope="constant", kind="wide"),
    "digits": dict(eta=1.0, batch_size=128, depth=1),
    "warmup": dict(eta=0.15, length=4, gain=1.5),
}
every_explorer = pytest.mark.parametrize("name", explorers.names())


def settings_of(explorer):
    """Each control over its range, all combinations of the ends, and some random settings."""
    controls, draw = explorer.controls, random.Random(0)
    for control in controls:
        yield from (explorer.start | {control.name: value} for value in control.values)
    for ends in itertools.product(*({c.values[0], c.values[-1]} for c in controls)):
        yield {control.name: end for control, end in zip(controls, ends)}
    for _ in range(20):
        yield {control.name: draw.choice(control.values) for control in controls}


def artists(figure):
    """The moving artists of a figure, by name."""
    return {found.get_gid(): found for found in figure.findobj() if found.get_gid()}


def drawn(explorer, **settings):
    """The data and the artists that ``draw`` makes of them on a fresh figure."""
    figure, data = Figure(figsize=(7, 4)), explorer.data(**settings)
    explorer.draw(figure, data)
    return data, artists(figure)


def decoded(address):
    """The picture in a ``data:`` address, RGBA."""
    png = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(float)


@pytest.fixture
def broken():
    """An explorer that fails in compute at its third position and in draw at its fourth."""

    def compute(eta):
        if eta == 0.01:
            raise ValueError(f"eta is unlucky\nat {eta}")
        return {"eta": eta}

    def make(figure):
        (axes,) = panels(figure, wide="A", narrow="A")
        return {"point": axes.plot([], [], "o")[0]}

    def draw(figure, data):
        if data["eta"] == 0.1:
            raise ZeroDivisionError("nothing to divide by")
        parts(figure, make)["point"].set_data([data["eta"]], [0])

    eta = base.log("eta", "learning rate η", 1e-4, 1, 1e-4, "How far a step goes.", points=5)
    goal = Goal("Find the largest rate.", lambda data: data["eta"] == 1)
    words = {"state": lambda data: f"at {data['eta']:g}", "alt": lambda data: "a point"}
    return Explorer("broken", "a broken one", (eta,), compute, draw, goal=goal, twin="eta", **words)


@every_explorer
def test_every_position_is_computed_drawn_and_said(name):
    explorer = explorers.get(name)
    shown = View(explorer, strict=True)
    size, before = shown.picture.size, len(shown.picture.figure.findobj())
    for settings in settings_of(explorer):
        for control, value in settings.items():
            shown.controls[control].value = value
        assert shown.settings == settings
        assert shown.goal.value and shown.said.value
        assert explorer.alt(shown.data).strip()
        assert Image.open(io.BytesIO(shown.image.value)).size == size
    assert len(shown.picture.figure.findobj()) == before
    assert pyplot.get_fignums() == []


@every_explorer
def test_what_stands_still_is_the_same_for_all_data(name):
    explorer = explorers.get(name)
    moved, seen = Picture(explorer.draw), set()
    for settings in list(settings_of(explorer))[::-15]:
        data = explorer.data(**settings)
        pixels = moved.pixels(data).copy()
        np.testing.assert_array_equal(pixels, Picture(explorer.draw).pixels(data))
        seen.add(pixels.tobytes())
    assert len(seen) > 3


@every_explorer
def test_the_goal_is_reached_by_the_controls_and_not_at_the_start(name):
    explorer = explorers.get(name)
    assert not explorer.goal.met(explorer.data())
    names, values = zip(*((control.name, control.values) for control in explorer.controls))
    settings = (dict(zip(names, chosen)) for chosen in itertools.product(*values))
    settings = [GOALS[name]] if name in GOALS else settings
    reached = next(each for each in settings if explorer.goal.met(explorer.data(**each)))
    shown = View(explorer, strict=True)
    assert "Not yet." in shown.goal.value
    for control, value in reached.items():
        shown.controls[control].value = value
    assert "Reached!" in shown.goal.value


@every_explorer
def test_every_control_says_what_it_is_and_does(name):
    explorer = explorers.get(name)
    shown = View(explorer, strict=True)
    assert shown.reset.description and shown.reset.tooltip
    for control in explorer.controls:
        made = shown.controls[control.name]
        assert made.description == control.label
        assert made.tooltip == control.tooltip != ""
        assert tuple(text for text, value in made.options) == control.texts


@every_explorer
def test_the_first_control_is_a_rate_on_a_log_scale(name):
    rate = explorers.get(name).controls[0]
    assert rate.slider and "η" in rate.label
    ratios = np.array(rate.values[1:]) / rate.values[:-1]
    assert ratios.min() > 1 and ratios.max() / ratios.min() < 1.2
    assert [float(text) for text in rate.texts] == list(rate.values)


def test_a_rate_is_read_as_a_rate():
    assert digits.ETA.texts[0] == "1e-05"
    assert digits.ETA.texts[-1] == "10"
    assert "0.00" not in digits.ETA.texts


def test_reset_goes_back_to_the_start():
    shown = View(explorers.get("quadratic"), strict=True)
    start = shown.image.value
    shown.controls["eta"].value, shown.controls["steep"].value = 1.0, 50
    assert shown.image.value != start
    shown.reset.click()
    assert shown.settings == {"eta": 0.05, "steep": 9}
    assert shown.image.value == start


@pytest.mark.parametrize("steep", chapter_01.STEEP.values)
def test_quadratic_knows_its_largest_rate_and_its_path(steep):
    steps, start, curvatures = 40, np.array([-4.0, 1.0]), np.array([1.0, steep])
    found = None
    for eta in chapter_01.ETA.values:
        path = (1 - eta * curvatures) ** np.arange(steps + 1)[:, None] * start
        data = chapter_01.compute(eta, steep)
        np.testing.assert_allclose(data["path"], path, rtol=1e-9, atol=1e-12)
        if 0.5 * (curvatures * path[-1] ** 2).sum() <= 1e-6:
            found = eta
    assert data["largest"] == found
    assert (found is None) == (steep > 9)
    assert ("No rate reaches 1e-06" in chapter_01.state(data)) == (steep > 9)


@pytest.mark.parametrize(
    "eta, steep, verdict, said",
    [
        (0.01, 9, "stable", "0.91, shrinks steadily"),
        (0.2, 9, "oscillating", "0.80, oscillates and shrinks"),
        (0.1, 20, "oscillating", "1.00, oscillates for ever"),
        (0.25, 9, "diverging", "1.25, oscillates and grows"),
        (0.5, 2, "stable", "0.00, is gone in one step"),
    ],
)
def test_quadratic_says_what_the_multiplier_does(eta, steep, verdict, said):
    data = chapter_01.compute(eta, steep)
    assert data["verdict"] == verdict
    assert f"|1 − ηλ| = {said}; together: {verdict}" in chapter_01.state(data)


def test_quadratic_draws_what_it_computed():
    data, part = drawn(explorers.get("quadratic"), eta=0.16, steep=4)
    np.testing.assert_array_equal(np.column_stack(part["path"].get_data()), data["path"])
    np.testing.assert_array_equal(part["loss"].get_data(), [np.arange(41), data["loss"]])
    np.testing.assert_array_equal(part["multipliers"].get_data(), [data["factors"], [1, 0]])
    assert part["verdict"].get_text() == data["verdict"]
    assert [part["flat"].get_text(), part["steep"].get_text()] == ["0.84", "0.36"]
    contours = np.array(part["contours"].get_segments())
    heights = 0.5 * (contours**2 * data["curvatures"]).sum(axis=2)
    np.testing.assert_allclose(heights, heights[:, :1] * np.ones(97))
    assert len(part["beyond"].get_xdata()) == 0


def test_quadratic_draws_a_diverged_run_as_diverged():
    data, part = drawn(explorers.get("quadratic"), eta=1.0, steep=50)
    first = np.flatnonzero(data["loss"] > 1e4)[0]
    np.testing.assert_array_equal(part["beyond"].get_data(), [[first], [1e4]])
    assert part["loss"].get_color() == part["path"].get_color() == chapter_01.COLOUR["diverging"]
    assert part["steep"].get_text() == "← 49.00"
    low, high = part["loss"].axes.get_ylim()
    assert data["loss"][first] > high


def test_parabola_draws_what_it_computed():
    data, part = drawn(explorers.get("parabola"), eta=1.6)
    np.testing.assert_allclose(data["w"], 2 * (-0.6) ** np.arange(11))
    np.testing.assert_array_equal(part["steps"].get_data(), [data["w"], data["loss"]])
    np.testing.assert_array_equal(part["loss"].get_data(), [np.arange(11), data["loss"]])


def test_digits_has_one_largest_best_rate():
    best = {
        (batch, depth): digits.compute(0.01, batch, depth)["best"]
        for batch in digits.BATCH.values
        for depth in digits.DEPTH.values
    }
    ranked = sorted(best, key=best.get)
    assert ranked[-1] == (128, 1)
    assert best[ranked[-1]] > best[ranked[-2]]
    assert digits.EXPLORER.goal.met(digits.compute(best[128, 1], 128, 1))
    assert not digits.EXPLORER.goal.met(digits.compute(best[128, 1], 32, 1))


def test_digits_draws_what_it_computed():
    data, part = drawn(digits.EXPLORER, eta=1.6, batch_size=32, depth=1)
    rates = np.array(digits.ETA.values)
    np.testing.assert_array_equal(part["median"].get_data(), [rates, data["median"]])
    np.testing.assert_array_equal(data["median"], np.median(data["final"], axis=1))
    outline = part["band"].get_paths()[0].vertices[: 2 * len(rates)]
    edges = [data["final"].min(axis=1), data["final"].max(axis=1)[::-1]]
    np.testing.assert_array_equal(outline[:, 1], np.concatenate(edges))
    failed = data["final"] >= np.log(10)
    assert 0 < data["failed"] == failed[data["marked"]].sum()
    np.testing.assert_array_equal(part["failures"].get_ydata(), data["final"][failed])
    assert part["mark"].get_xdata() == [1.6] == [rates[data["marked"]]]
    assert part["mark"].get_ydata() == [data["median"][data["marked"]]]
    np.testing.assert_array_equal(part["curve"].get_ydata(), np.median(data["curves"], axis=1))
    assert len(part["seeds"].get_segments()) == digits.SEEDS


def test_digits_draws_diverged_seeds_on_the_upper_edge():
    data = digits.compute(10.0, 2, 1)
    data["final"], data["median"] = np.full((31, 7), np.inf), np.full(31, np.inf)
    data["curves"] = np.where(np.arange(201)[:, None] < 5, data["curves"], np.inf)
    figure = Figure()
    digits.draw(figure, data)
    part = artists(figure)
    assert part["failures"].get_ydata().tolist() == [digits.TOP] * 31 * 7
    assert part["mark"].get_ydata() == [digits.TOP]
    assert part["beyond"].get_ydata().tolist() == [digits.TOP]
    assert part["curve"].get_ydata()[-1] > digits.TOP


def test_every_marked_rate_has_its_own_curve():
    sweep = digits.sweep(32, 1)
    for position, eta in enumerate(digits.ETA.values):
        data = digits.compute(eta, 32, 1)
        np.testing.assert_array_equal(data["curves"], sweep.loss[:, position])


def test_training_is_reported_and_kept():
    digits.sweep.cache_clear()
    heard = []
    with base.reports_to(heard.append):
        digits.compute(0.1, 2, 1)
        assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) >= 10
        digits.compute(0.25, 2, 1)
    assert digits.sweep.cache_info().misses == 1
    count = len(heard)
    base.report(0.5)  # nobody listens any more
    assert len(heard) == count


def test_nothing_is_trained_or_shown_at_import():
    code = (
        "import sys, course_lr.teaching.explorers as e; e.names(); "
        "from course_lr.teaching.chapters.ch02_rates.explorer import sweep; "
        "from course_lr.teaching.chapters.ch01_descent.explorer import largest; "
        "print(sweep.cache_info().currsize, largest.cache_info().currsize, "
        "'matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "0", "False"]


def test_an_error_in_compute_is_a_sentence_and_the_picture_stays(broken):
    shown = View(broken)
    shown.controls["eta"].value = 0.001
    good = shown.image.value
    shown.controls["eta"].value = 0.01
    assert shown.error == (
        "This could not be drawn for learning rate η = 0.01 (ValueError: eta is unlucky at 0.01); "
        "the picture still shows the last one that worked."
    )
    assert shown.error in shown.said.value.replace("&#x27;", "'")
    assert shown.image.value == good
    shown.controls["eta"].value = 1.0
    assert shown.error == "" and "at 1" in shown.said.value and shown.image.value != good


def test_an_error_in_draw_is_a_sentence_too(broken):
    shown = View(broken)
    shown.controls["eta"].value = 0.1
    assert "ZeroDivisionError: nothing to divide by" in shown.error


@pytest.mark.parametrize("eta, error", [(0.01, ValueError), (0.1, ZeroDivisionError)])
def test_a_strict_view_raises(broken, eta, error):
    shown = View(broken, strict=True)
    with pytest.raises(error):
        shown.controls["eta"].value = eta


def test_an_error_at_the_start_is_in_the_output(broken):
    broken = dataclasses.replace(
        broken, controls=(dataclasses.replace(broken.controls[0], default=0.01),)
    )
    bundle, metadata = View(broken)._repr_mimebundle_()
    assert "eta is unlucky" in bundle["text/plain"]
    assert "image/png" not in bundle and metadata == {}


def test_positions_that_wait_together_are_worked_on_once(broken):
    computed = []

    def compute(eta):
        computed.append(eta)
        return {"eta": eta}

    async def drag():
        shown = View(dataclasses.replace(broken, compute=compute), strict=True)
        computed.clear()
        for eta in (0.001, 1.0, 0.0001, 0.001):
            shown.controls["eta"].value = eta
            await asyncio.sleep(0)  # the kernel's loop turns between two messages
        for _ in range(10):  # and a few more times before the answer is due
            await asyncio.sleep(0)
        answered = list(computed)
        shown.controls["eta"].value = 1.0
        await shown.latest.task
        return shown, answered

    shown, answered = asyncio.run(drag())
    assert answered == [0.001]
    assert computed == [0.001, 1.0]
    assert "at 1" in shown.said.value


def test_messages_that_another_thread_handles_are_worked_on_in_the_thread_of_the_view(broken):
    computed, at_once = [], threading.Lock()

    def compute(eta):
        assert at_once.acquire(blocking=False), "two computations overlap"
        time.sleep(0.01)
        computed.append((eta, threading.current_thread()))
        at_once.release()
        return {"eta": eta}

    def elsewhere(shown):
        for eta in (0.001, 1.0, 0.0001) * 20:
            shown.controls["eta"].value = eta
            time.sleep(0.001)
        shown.reset.click()
        shown.controls["eta"].value = 0.001

    async def drag():
        shown = View(dataclasses.replace(broken, compute=compute), strict=True)
        other = asyncio.create_task(asyncio.to_thread(elsewhere, shown))
        while not other.done():
            shown.controls["eta"].value = 1.0 if shown.controls["eta"].value == 0.001 else 0.001
            await asyncio.sleep(0.003)
        await other
        shown.controls["eta"].value = 0.001
        while shown.latest.task is not None:
            await asyncio.sleep(0.001)
        return shown

    shown = asyncio.run(drag())
    assert {thread for _, thread in computed} == {threading.current_thread()}
    assert computed[-1][0] == shown.data["eta"] == 0.001
    assert len(computed) > 3


@every_explorer
def test_a_cell_shows_one_output_with_a_picture_for_who_has_no_kernel(name):
    shown = explorers.explore(name)
    bundle, metadata = shown._repr_mimebundle_()
    widget = bundle.pop("application/vnd.jupyter.widget-view+json")
    assert widget["model_id"] == shown.box.model_id
    assert bundle["text/plain"] == shown.text and shown.explorer.title in shown.text
    assert metadata == {"image/png": {"alt": shown.explorer.alt(shown.explorer.data())}}
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.size == shown.picture.size
    start = Picture(shown.explorer.draw).pixels(shown.explorer.data()).astype(float)
    assert np.abs(np.asarray(picture.convert("RGB")) - start).max() < 32


def test_running_a_cell_again_leaves_one_explorer_and_no_figure(monkeypatch):
    monkeypatch.setattr(view, "_in_cell", {})
    elsewhere = set(_instances)

    def explored(cell, execution):
        monkeypatch.setattr(view, "_place", lambda: (cell, execution))
        return explorers.explore("parabola").box.model_id

    def alive():
        return set(_instances) - elsewhere

    first = explored("cell-1", "run-1")
    size, models = len(alive()), [explored("cell-1", f"run-{number}") for number in (2, 3, 4)]
    assert len(alive()) == size > 10 and first not in alive()
    beside, other = explored("cell-1", "run-4"), explored("cell-2", "run-5")
    assert {models[-1], beside, other} <= alive()  # two in one cell, and another cell's
    assert pyplot.get_fignums() == []


def test_a_make_that_fails_leaves_nothing_behind(broken):
    tried = []

    def make(figure):
        tried.append(panels(figure, wide="AB", narrow="A;B"))
        if len(tried) < 3:
            raise OSError("not yet")
        return {}

    shown = View(dataclasses.replace(broken, draw=lambda figure, data: parts(figure, make)))
    assert "OSError: not yet" in shown.error
    shown.controls["eta"].value = 0.001
    shown.controls["eta"].value = 1.0
    assert shown.error == "" and len(shown.picture.figure.axes) == 2


def test_png_is_the_picture():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    read = Image.open(io.BytesIO(quick_png(pixels)))
    np.testing.assert_array_equal(np.asarray(read), pixels)


@every_explorer
def test_the_twin_is_small_complete_and_alone(name, tmp_path):
    explorer, path = explorers.get(name), tmp_path / "twin.html"
    text = explorers.frames(name, path=path)
    assert path.read_text(encoding="utf-8") == text
    assert len(text.encode()) <= MOST_BYTES * len(explorer.control(explorer.twin).values) / 60
    assert re.findall(r'\b(?:src|href|action)="(?!data:image/png;base64,)', text) == []
    assert not re.search(r"https?:|@import|url\(|\bid=|fetch|XMLHttp", text)
    control = explorer.control(explorer.twin)
    assert f'max="{len(control.values) - 1}"' in text
    frames = json.loads(re.search(r'application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert [frame["readout"] for frame in frames] == list(control.texts)
    data = [explorer.data(**{control.name: value}) for value in control.values]
    assert [frame["state"] for frame in frames] == [explorer.state(each) for each in data]
    assert [frame["alt"] for frame in frames] == [explorer.alt(each) for each in data]


def test_the_twin_shows_the_same_picture():
    text = explorers.frames("quadratic", "eta", [0.01, 0.2, 1.0], steep=20)
    frames = json.loads(re.search(r'application/json">(.*?)</script>', text, re.DOTALL)[1])
    still = re.findall(r'<img src="([^"]*)"', text)
    for number, layout in enumerate(("wide", "narrow")):
        picture, below = Picture(chapter_01.draw, layout), decoded(still[number])
        for eta, frame in zip((0.01, 0.2, 1.0), frames):
            above = decoded(frame["png"][number])
            seen = np.where(above[..., 3:] > 0, above, below)[..., :3]
            expected = picture.pixels(chapter_01.compute(eta, 20))
            assert np.abs(seen - expected).max() < 32  # of 255: no colour is taken for another
            assert (above[..., 3] > 0).mean() > 0.001


def test_a_twin_says_where_its_goal_can_be_reached():
    assert "Goal: Find the largest" in explorers.frames("quadratic", layouts=("narrow",))
    unreachable = explorers.frames("quadratic", "eta", [0.01, 0.1], layouts=("narrow",))
    assert "In the notebook: Find the largest" in unreachable
    assert "Not yet." not in unreachable


def test_a_fragment_is_no_page_and_has_the_layout_of_a_slide():
    text = explorers.frames("parabola", fragment=True)
    width = round(LAYOUTS["slide"][0] * LAYOUTS["slide"][2])
    assert text.startswith("<div") and "<html" not in text and "<section" not in text
    assert f'width="{width}"' in text and text.count('class="picture ') == 1


@pytest.mark.parametrize(
    "arguments, options, message",
    [
        (("quadratic", "steps"), {}, r"control must be one of 'eta', 'steep'.*'steps'"),
        (("quadratic", "eta", [0.1, 0.123]), {}, r"eta must be one of its 61 positions.*0\.123"),
        (("quadratic", "eta", [0.1]), {}, "at least two positions of eta"),
        (("quadratic", "eta"), {"eta": 0.1}, "left to the slider"),
        (("quadratic", "eta", [0.1, 0.2]), {"steep": 3}, "steep must be one of"),
        (("quadratic",), {"layouts": ("huge",)}, "a layout must be one of.*'huge'"),
        (("quadratik",), {}, "did you mean 'quadratic'"),
    ],
)
def test_bad_arguments_of_frames_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        explorers.frames(*arguments, **options)


def test_bad_declarations_are_refused(broken):
    eta = broken.controls[0]
    with pytest.raises(ValueError, match="controls must be one for each argument of compute: eta"):
        dataclasses.replace(broken, controls=())
    with pytest.raises(ValueError, match="twin must be one of 'eta'.*'steps'"):
        dataclasses.replace(broken, twin="steps")
    with pytest.raises(ValueError, match=r"eta must be one of its 5 positions.*2\.0"):
        dataclasses.replace(eta, default=2.0)
    with pytest.raises(TypeError, match="tooltip must be text"):
        dataclasses.replace(eta, tooltip=" ")
    with pytest.raises(ValueError, match="a text of its own"):
        Control("n", "number", (1.0, 1.001), 1.0, "A number.", show="{:.1f}".format)


def test_a_file_dropped_into_the_folder_is_an_explorer(monkeypatch, tmp_path):
    text = (tmp_path / "mine.py").write_text, open(parabola.__file__, encoding="utf-8").read()
    text[0](text[1].replace('name="parabola"', 'name="mine"'), encoding="utf-8")
    monkeypatch.setattr(explorers, "__path__", [*explorers.__path__, str(tmp_path)])
    explorers._all.cache_clear()
    try:
        assert "mine" in explorers.names()
        assert View(explorers.get("mine"), strict=True).data["eta"] == 0.1
    finally:
        explorers._all.cache_clear()
        sys.modules.pop("course_lr.teaching.explorers.mine", None)
        shutil.rmtree(tmp_path)
