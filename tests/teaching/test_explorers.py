"""Explorers: every control over its range, goals, pictures, errors, pages without a kernel."""

import asyncio
import base64
import dataclasses
import functools
import io
import itertools
import json
import random
import re
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

from course_lr.teaching import chapters, explorers
from course_lr.teaching.chapters.ch01_descent import explorer as quadratic
from course_lr.teaching.chapters.ch01_descent import explorer_parabola as parabola
from course_lr.teaching.chapters.ch02_rates import explorer as digits
from course_lr.teaching.explorers import Control, Explorer, View, declaration, discovery, view
from course_lr.teaching.explorers.picture import LAYOUTS, Picture

MOST_BYTES = 1_500_000  # of a page with sixty positions
GOALS = {  # where each goal is reached
    "adaptive": dict(method="momentum", beta=0.5),
    "adjust": dict(factor=10),
    "controller": dict(eta=0.16),
    "cycles": dict(eta_max=0.53, part=1, half_cycle=10),
    "decay": dict(kind="as 1/t"),
    "digits": dict(eta=1.0, batch_size=128, depth=1),
    "parabola": dict(eta=1.0),
    "quadratic": dict(eta=0.2),
    "search": dict(first=4),
    "warmup": dict(eta=0.15, length=4, gain=1.5),
}
equal = np.testing.assert_array_equal
every_explorer = pytest.mark.parametrize("name", explorers.names())


def settings_of(explorer):
    """Each control over its range, all combinations of the ends, and some random settings."""
    controls, draw = explorer.controls, random.Random(0)
    start = {control.name: control.default for control in controls}
    for control in controls:
        yield from (start | {control.name: value} for value in control.values)
    for ends in itertools.product(*((c.values[0], c.values[-1]) for c in controls)):
        yield {control.name: end for control, end in zip(controls, ends)}
    for _ in range(5):
        yield {control.name: draw.choice(control.values) for control in controls}


@functools.cache
def swept(name):
    """The data at all of these settings, computed once."""
    explorer = explorers.get(name)
    return [explorer.data(**settings) for settings in settings_of(explorer)]


def pixels(explorer, data):
    """The picture of these data on a figure of its own."""
    return Picture(explorer.make, explorer.draw).pixels(data)


def drawn(explorer, data):
    """The artists of a figure, moved to where these data say."""
    artists = explorer.make(Figure(figsize=(7, 4)))
    explorer.draw(artists, data)
    return artists


def read(png):
    """The picture in a PNG or in its ``data:`` address, RGBA."""
    if isinstance(png, str):
        png = base64.b64decode(png.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(float)


def frames_in(text):
    """What a page without a kernel keeps for each position."""
    return json.loads(re.search(r'application/json">(.*?)</script>', text, re.DOTALL)[1])


@pytest.fixture
def broken():
    """An explorer that fails in compute at its third position and in draw at its fourth."""

    def compute(eta):
        if eta == 0.01:
            raise ValueError(f"eta is unlucky\nat {eta}")
        return {}

    def make(figure):
        return {"point": figure.subplots().plot([], [], "o")[0]}

    def draw(artists, data):
        if data["eta"] == 0.1:
            raise ZeroDivisionError("nothing to divide by")
        artists["point"].set_data([data["eta"]], [0])

    eta = explorers.log("eta", "learning rate η", 1e-4, 1, 1e-4, "How far a step goes.", points=5)
    words = {"state": lambda data: f"at {data['eta']:g}", "alt": lambda data: "a point"}
    goal = {"goal": "Find the largest rate.", "met": lambda data: data["eta"] == 1}
    return Explorer("broken", "a broken one", (eta,), compute, make, draw, **words, **goal)


# --- all explorers --------------------------------------------------------------------------------


@every_explorer
def test_every_position_is_computed_drawn_and_said(name):
    explorer = explorers.get(name)
    picture, counts = Picture(explorer.make, explorer.draw), set()
    width, height = picture.size
    for data in swept(name):
        assert picture.pixels(data).shape == (height, width, 3)
        assert explorer.state(data).strip() and explorer.alt(data).strip()
        assert explorer.goal_line(data).startswith("Goal: ")
        counts.add(len(picture.figure.findobj()))
    assert len(counts) == 1 and pyplot.get_fignums() == []


@every_explorer
def test_what_stands_still_is_the_same_for_all_data(name):
    explorer = explorers.get(name)
    moved, pictures = Picture(explorer.make, explorer.draw), set()
    for data in swept(name)[:: -(len(swept(name)) // 2)]:
        seen = moved.pixels(data).copy()
        equal(seen, pixels(explorer, data))
        pictures.add(seen.tobytes())
    assert len(pictures) > 1


@every_explorer
def test_the_goal_is_reached_by_the_controls_and_not_at_the_start(name):
    explorer = explorers.get(name)
    assert explorer.goal_line(explorer.data()).endswith(f"{explorer.goal} Not yet.")
    for control, value in GOALS[name].items():
        explorer.control(control).position(value)
    assert explorer.goal_line(explorer.data(**GOALS[name])).endswith("Reached!")


@every_explorer
def test_every_control_says_what_it_is_and_does(name):
    explorer = explorers.get(name)
    for control in explorer.controls:
        widget = view.widget(control)
        assert widget.description == control.label and widget.value == control.default
        assert widget.tooltip == control.tooltip != ""
        assert widget.options == tuple(zip(control.texts, control.values))
    rate = explorer.controls[0]  # on a log scale, and read as it is used
    assert rate.slider and "η" in rate.label
    ratios = np.array(rate.values[1:]) / rate.values[:-1]
    assert ratios.min() > 1 and ratios.max() / ratios.min() < 1.2
    assert [float(text) for text in rate.texts] == list(rate.values)


# --- single explorers -----------------------------------------------------------------------------


@pytest.mark.parametrize("steep", quadratic.STEEP.values)
def test_quadratic_knows_its_largest_rate_and_its_path(steep):
    steps, start, curvatures = 40, np.array([-4.0, 1.0]), np.array([1.0, steep])
    largest = None
    for eta in quadratic.ETA.values:
        path = (1 - eta * curvatures) ** np.arange(steps + 1)[:, None] * start
        data = quadratic.compute(eta, steep)
        np.testing.assert_allclose(data["path"], path, rtol=1e-9, atol=1e-12)
        if 0.5 * (curvatures * path[-1] ** 2).sum() <= 1e-6:
            largest = eta
    assert data["largest"] == largest
    assert (largest is None) == (steep > 9)
    assert ("No rate reaches 1e-06" in quadratic.state(data)) == (steep > 9)


def test_quadratic_says_what_the_multiplier_does():
    for eta, steep, verdict, words in (
        (0.01, 9, "stable", "0.91, shrinks steadily"),
        (0.2, 9, "oscillating", "0.80, oscillates and shrinks"),
        (0.1, 20, "oscillating", "1.00, oscillates for ever"),
        (0.25, 9, "diverging", "1.25, oscillates and grows"),
        (0.5, 2, "stable", "0.00, is gone in one step"),
    ):
        state = quadratic.state(quadratic.compute(eta, steep))
        assert f"|1 − ηλ| = {words}; together: {verdict}" in state


def test_quadratic_draws_what_it_computed():
    data = quadratic.EXPLORER.data(eta=0.16, steep=4)
    artists = drawn(quadratic.EXPLORER, data)
    equal(np.column_stack(artists["path"].get_data()), data["path"])
    equal(artists["loss"].get_data(), [np.arange(41), data["loss"]])
    equal(artists["multipliers"].get_data(), [data["factors"], [1, 0]])
    assert artists["verdict"].get_text() == data["verdict"]
    assert [artists["flat"].get_text(), artists["steep"].get_text()] == ["0.84", "0.36"]
    contours = np.array(artists["contours"].get_segments())
    heights = 0.5 * (contours**2 * data["curvatures"]).sum(axis=2)
    np.testing.assert_allclose(heights, heights[:, :1] * np.ones(97))
    assert len(artists["beyond"].get_xdata()) == 0


def test_quadratic_draws_a_diverged_run_as_diverged():
    data = quadratic.EXPLORER.data(eta=1.0, steep=50)
    artists, first = drawn(quadratic.EXPLORER, data), np.flatnonzero(data["loss"] > 1e4)[0]
    equal(artists["beyond"].get_data(), [[first], [1e4]])
    assert artists["loss"].get_color() == quadratic.COLOUR["diverging"]
    assert artists["steep"].get_text() == "← 49.00"


def test_parabola_draws_what_it_computed():
    data = parabola.EXPLORER.data(eta=1.6)
    artists = drawn(parabola.EXPLORER, data)
    np.testing.assert_allclose(data["w"], 2 * (-0.6) ** np.arange(11))
    equal(artists["steps"].get_data(), [data["w"], data["loss"]])
    equal(artists["loss"].get_data(), [np.arange(11), data["loss"]])


def test_digits_has_one_largest_best_rate():
    best = {
        (batch, depth): digits.compute(0.01, batch, depth)["best"]
        for batch in digits.BATCH.values
        for depth in digits.DEPTH.values
    }
    *_, second, first = sorted(best, key=best.get)
    assert first == (128, 1) and best[first] > best[second]
    explorer = digits.EXPLORER
    assert explorer.met(explorer.data(eta=best[first], batch_size=128, depth=1))
    assert not explorer.met(explorer.data(eta=best[first], batch_size=32, depth=1))


def test_digits_draws_what_it_computed():
    data = digits.EXPLORER.data(eta=1.6, batch_size=32, depth=1)
    artists, final = drawn(digits.EXPLORER, data), data["final"]
    equal(artists["median"].get_data(), [digits.ETA.values, np.median(final, axis=1)])
    outline = artists["band"].get_paths()[0].vertices[: 2 * len(final)]
    equal(outline[:, 1], np.concatenate([final.min(axis=1), final.max(axis=1)[::-1]]))
    failed = final >= np.log(10)
    assert 0 < data["failed"] == failed[data["marked"]].sum()
    equal(artists["failures"].get_ydata(), final[failed])
    equal(artists["mark"].get_data(), [[1.6], [data["median"][data["marked"]]]])
    equal(artists["curve"].get_ydata(), np.median(data["curves"], axis=1))
    assert len(artists["seeds"].get_segments()) == digits.SEEDS


def test_digits_draws_diverged_seeds_on_the_upper_edge():
    data = digits.EXPLORER.data(eta=10.0, batch_size=2, depth=1)
    data["final"], data["median"] = np.full((31, 7), np.inf), np.full(31, np.inf)
    data["curves"] = np.where(np.arange(201)[:, None] < 5, data["curves"], np.inf)
    artists = drawn(digits.EXPLORER, data)
    assert artists["failures"].get_ydata().tolist() == [digits.TOP] * 31 * 7
    assert artists["mark"].get_ydata() == artists["beyond"].get_ydata() == [digits.TOP]
    assert artists["curve"].get_ydata()[-1] > digits.TOP


def test_every_marked_rate_has_its_own_curve():
    sweep = digits.sweep(32, 1)
    for position, eta in enumerate(digits.ETA.values):
        equal(digits.compute(eta, 32, 1)["curves"], sweep.loss[:, position])


def test_training_is_reported_and_kept():
    shares = []
    with declaration.reports_to(shares.append):
        digits.sweep.__wrapped__(128, 1)
        assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) >= 10
    explorers.report(0.5)  # nobody listens any more
    assert shares[-1] == 1.0
    assert digits.sweep(128, 1) is digits.sweep(128, 1)


def test_nothing_is_trained_or_shown_at_import():
    code = """if True:
        import sys
        from course_lr.teaching import explorers
        from course_lr.teaching.chapters.ch02_rates.explorer import sweep
        explorers.names()
        print(sweep.cache_info().currsize, "matplotlib.pyplot" in sys.modules)"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "False"]


# --- the widget -----------------------------------------------------------------------------------


def test_a_slider_shows_what_is_computed_and_reset_goes_back():
    explorer, shown = parabola.EXPLORER, View(parabola.EXPLORER)
    picture, start = Picture(explorer.make, explorer.draw), shown.image.value
    for eta in parabola.ETA.values:
        shown.controls["eta"].value = eta
        data = explorer.data(eta=eta)
        assert shown.data["eta"] == eta and shown.error == ""
        assert explorer.state(data) in shown.status.value
        assert explorer.alt(data) in shown.status.value
        assert explorer.goal_line(data) in shown.goal.value
        equal(read(shown.image.value)[..., :3], picture.pixels(data))
    shown.reset.click()
    assert shown.data["eta"] == 0.1 and shown.image.value == start
    assert shown.reset.description == "Reset" and shown.reset.tooltip


def test_an_error_in_compute_or_draw_is_a_sentence_and_the_picture_stays(broken):
    shown = View(broken)
    shown.controls["eta"].value = 0.001
    good = shown.image.value
    shown.controls["eta"].value = 0.01
    assert shown.error == (
        "This could not be drawn for learning rate η = 0.01 (ValueError: eta is unlucky at 0.01); "
        "the picture still shows the last one that worked."
    )
    assert shown.error in shown.status.value and shown.image.value == good
    shown.controls["eta"].value = 0.1
    assert "ZeroDivisionError: nothing to divide by" in shown.error
    shown.controls["eta"].value = 1.0
    assert shown.error == "" and "at 1" in shown.status.value and shown.image.value != good


def test_what_fails_at_the_start_is_a_sentence_in_the_output_and_leaves_nothing_behind(broken):
    tries = []

    def make(figure):
        tries.append(figure.subplots(1, 2))
        if len(tries) < 3:
            raise OSError("not yet")
        return {}

    shown = View(dataclasses.replace(broken, make=make, draw=lambda artists, data: None))
    bundle, metadata = shown._repr_mimebundle_()
    assert "OSError: not yet" in bundle["text/plain"]
    assert "image/png" not in bundle and metadata == {}
    for eta in (0.001, 1.0):
        shown.controls["eta"].value = eta
    assert shown.error == "" and len(shown.picture.figure.axes) == 2


def test_positions_that_wait_together_are_worked_on_once(broken):
    computed = []

    def compute(eta):
        computed.append(eta)
        return {}

    async def drag():
        shown = View(dataclasses.replace(broken, compute=compute))
        computed.clear()
        for eta in (0.001, 1.0, 0.0001, 0.001):
            shown.controls["eta"].value = eta
            await asyncio.sleep(0)  # the kernel's loop turns between two messages
        for _ in range(10):  # and a few more times before the answer is due
            await asyncio.sleep(0)
        assert computed == [0.001]
        shown.controls["eta"].value = 1.0
        await shown.debouncer.task
        assert computed == [0.001, 1.0] and "at 1" in shown.status.value

    asyncio.run(drag())


def test_messages_that_another_thread_handles_are_worked_on_in_the_thread_of_the_view(broken):
    computed, at_once = [], threading.Lock()

    def compute(eta):
        assert at_once.acquire(blocking=False), "two computations overlap"
        time.sleep(0.01)
        computed.append((eta, threading.current_thread()))
        at_once.release()
        return {}

    def elsewhere(shown):
        for eta in (0.001, 1.0, 0.0001) * 20:
            shown.controls["eta"].value = eta
            time.sleep(0.001)
        shown.reset.click()
        shown.controls["eta"].value = 0.001

    async def drag():
        shown = View(dataclasses.replace(broken, compute=compute))
        other = asyncio.create_task(asyncio.to_thread(elsewhere, shown))
        while not other.done():
            shown.controls["eta"].value = 1.0 if shown.controls["eta"].value == 0.001 else 0.001
            await asyncio.sleep(0.003)
        await other
        shown.controls["eta"].value = 0.001
        while shown.debouncer.task is not None:
            await asyncio.sleep(0.001)
        assert computed[-1][0] == shown.data["eta"] == 0.001 and shown.error == ""

    asyncio.run(drag())
    assert {thread for _, thread in computed} == {threading.current_thread()}
    assert len(computed) > 3


@pytest.mark.parametrize("name", ["parabola", "controller"])
def test_a_cell_shows_one_output_with_a_picture_for_who_has_no_kernel(name):
    shown = explorers.explore(name)
    bundle, metadata = shown._repr_mimebundle_()
    widget = bundle.pop("application/vnd.jupyter.widget-view+json")
    assert widget["model_id"] == shown.box.model_id
    assert bundle["text/plain"] == shown.text and shown.explorer.title in shown.text
    assert metadata == {"image/png": {"alt": shown.explorer.alt(shown.explorer.data())}}
    picture = read(bundle["image/png"])[..., :3]
    assert np.abs(picture - pixels(shown.explorer, shown.explorer.data())).max() < 32


def test_running_a_cell_again_leaves_one_explorer_and_no_figure(monkeypatch):
    monkeypatch.setattr(view, "_in_cell", {})
    elsewhere = set(_instances)

    def explored(cell, execution):
        monkeypatch.setattr(view, "_place", lambda: (cell, execution))
        return explorers.explore("parabola").box.model_id, set(_instances) - elsewhere

    first, alive = explored("cell-1", "run-1")
    last, alive_again = explored("cell-1", "run-2")
    assert len(alive) == len(alive_again) > 10 and first in alive - alive_again
    beside, _ = explored("cell-1", "run-2")
    other, alive = explored("cell-2", "run-3")
    assert {last, beside, other} <= alive  # two in one cell, and another cell's
    assert pyplot.get_fignums() == []


# --- without a kernel -----------------------------------------------------------------------------


@every_explorer
def test_static_html_is_small_complete_and_alone(name, tmp_path):
    explorer, path = explorers.get(name), tmp_path / "static.html"
    control = explorer.control(explorer.static_control)
    values = control.values[:: max(1, len(control.values) // 3)]
    text = explorers.frames(name, values=values, path=path)
    assert path.read_text(encoding="utf-8") == text
    assert len(text.encode()) <= MOST_BYTES * (len(values) + 4) / 60
    assert re.findall(r'\b(?:src|href|action)="(?!data:image/png;base64,)', text) == []
    assert not re.search(r"https?:|@import|url\(|\bid=|fetch|XMLHttp", text)
    assert f'max="{len(values) - 1}"' in text
    frames, data = frames_in(text), [explorer.data(**{control.name: value}) for value in values]
    assert [frame["readout"] for frame in frames] == [control.show(value) for value in values]
    assert [frame["state"] for frame in frames] == list(map(explorer.state, data))
    assert [frame["alt"] for frame in frames] == list(map(explorer.alt, data))


def test_static_html_shows_the_same_picture():
    text, explorer = explorers.frames("quadratic", "eta", [0.01, 1.0], steep=20), quadratic.EXPLORER
    below = [read(address) for address in re.findall(r'<img src="([^"]*)"', text)]
    for number, layout in enumerate(("wide", "narrow")):
        picture = Picture(explorer.make, explorer.draw, layout)
        for eta, frame in zip((0.01, 1.0), frames_in(text)):
            above = read(frame["png"][number])
            seen = np.where(above[..., 3:] > 0, above, below[number])[..., :3]
            expected = picture.pixels(explorer.data(eta=eta, steep=20))
            assert np.abs(seen - expected).max() < 32  # of 255: no colour is taken for another
            assert (above[..., 3] > 0).mean() > 0.001


def test_static_html_says_whether_its_goal_can_be_reached_there():
    text = explorers.frames("quadratic", "eta", [0.1, 0.2], layouts=("narrow",))
    assert "Goal: Find the largest" in text
    text = explorers.frames("quadratic", "eta", [0.01, 0.1], layouts=("narrow",))
    assert "In the notebook: Find the largest" in text and "Not yet." not in text


def test_a_fragment_is_no_page_and_has_all_positions_and_the_layout_of_a_slide():
    text, control = (
        explorers.frames("search", fragment=True),
        explorers.get("search").control("first"),
    )
    width = round(LAYOUTS["slide"][0] * LAYOUTS["slide"][2])
    assert text.startswith("<div") and "<html" not in text and "<section" not in text
    assert f'width="{width}"' in text and text.count('class="picture ') == 1
    assert [frame["readout"] for frame in frames_in(text)] == list(control.texts)


def test_bad_arguments_of_frames_are_named():
    for arguments, options, message in (
        (("quadratic", "steps"), {}, r"control must be one of 'eta', 'steep'.*'steps'"),
        (("quadratic", "eta", [0.1, 0.123]), {}, r"eta must be one of its 61 positions.*0\.123"),
        (("quadratic", "eta", [0.1]), {}, "at least two positions of eta"),
        (("quadratic", "eta"), {"eta": 0.1}, "left to the slider"),
        (("quadratic", "eta", [0.1, 0.2]), {"steep": 3}, "steep must be one of"),
        (("quadratic",), {"layouts": ("huge",)}, "a layout must be one of.*'huge'"),
        (("quadratik",), {}, "did you mean 'quadratic'"),
    ):
        with pytest.raises(ValueError, match=message):
            explorers.frames(*arguments, **options)


# --- declarations ---------------------------------------------------------------------------------


def test_bad_declarations_are_refused(broken):
    eta = broken.controls[0]
    with pytest.raises(ValueError, match="controls must be one for each argument of compute: eta"):
        dataclasses.replace(broken, controls=())
    with pytest.raises(ValueError, match="static_control must be one of 'eta'.*'steps'"):
        dataclasses.replace(broken, static_control="steps")
    with pytest.raises(ValueError, match=r"eta must be one of its 5 positions.*2\.0"):
        dataclasses.replace(eta, default=2.0)
    with pytest.raises(TypeError, match="tooltip must be text"):
        dataclasses.replace(eta, tooltip=" ")
    with pytest.raises(ValueError, match="a text of its own"):
        Control("n", "number", (1.0, 1.001), 1.0, "A number.", show="{:.1f}".format)


def test_a_file_put_into_a_chapter_is_an_explorer(monkeypatch, tmp_path):
    folder = tmp_path / "ch77_mine"
    folder.mkdir()
    text = open(parabola.__file__, encoding="utf-8").read().replace('"parabola"', '"mine"')
    (folder / "explorer_mine.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(chapters, "__path__", [*chapters.__path__, str(tmp_path)])
    discovery._all.cache_clear()
    try:
        assert View(explorers.get("mine")).data["eta"] == 0.1
        assert {"mine", "parabola"} < set(explorers.names())
    finally:
        discovery._all.cache_clear()
