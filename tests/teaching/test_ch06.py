"""Chapter 06: what its figures draw, what its explorer shows."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_lr.schedules import Constant
from course_lr.teaching import figures
from course_lr.teaching.chapters.ch06_warmup import explorer as warmup
from course_lr.teaching.figures.style import OUTCOMES

RATES = np.array([0.1, 0.2, 0.4, 0.8])
SHARES = np.array([[0.5, 0.7], [0.9, 0.8], [0.1, 0.1], [0.1, 0.1]])
WAYS = {"without": (RATES, SHARES), "with": (2 * RATES, SHARES[::-1])}
LOSS = np.linspace(3, 1, 20)[:, None] * [1.0, 1.1, 1.2]
GAINS = {
    name: {"effect": at, "low": low, "high": high, "outcome": outcome, "asked": 1.0}
    for name, at, low, high, outcome in (
        ("SGD", 1.6, 0.8, 2.3, "in part"),
        ("SGD, longer", 0.0, -0.8, 0.8, "no effect"),
        ("Adam", 2.4, 1.7, 3.2, "holds"),
    )
}
FIGURES = {
    "accuracy_with_and_without": ({"a": WAYS, "b": WAYS, "c": WAYS, "d": WAYS},),
    "from_distances": ({"slow": LOSS[:, :2], "fast": LOSS[:, 1:]}, [1, 10]),
    "points_gained": (GAINS,),
    "runs_with_and_without": ({"way": LOSS, "other way": 2 * LOSS}, 2.3),
    "sharpness_along": (np.arange(20), {0.2: 50 * LOSS}, {0.2: np.linspace(0.01, 0.2, 20)}),
}


# --- figures -------------------------------------------------------------------------------------


def test_accuracy_with_and_without_draws_means_and_stars():
    accuracy = np.array([[0.5, 0.7], [0.9, 0.8], [0.1, 0.1], [0.1, 0.1]])
    ways = {"without": (RATES, accuracy), "with": (2 * RATES, accuracy[::-1])}
    figure = figures.accuracy_with_and_without({"a": ways, "b": ways, "c": ways, "d": ways})
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c", "d"]
    cold, star, warm, other = figure.axes[3].lines
    assert star.get_markersize() > other.get_markersize() + 5  # where they meet both are seen
    assert cold.get_ydata() == pytest.approx([60, 85, 10, 10])
    assert (star.get_xdata(), star.get_ydata()) == (pytest.approx([0.2]), pytest.approx([85]))
    assert warm.get_xdata() == pytest.approx(2 * RATES)
    assert other.get_xdata() == pytest.approx([0.8])
    assert figure.axes[0].get_legend().get_texts()[1].get_text() == "with"


def test_sharpness_along_draws_the_limit_of_the_rate_at_each_step():
    steps, values = np.array([0, 1, 2]), np.array([[100.0, 300.0], [50.0, 70.0], [10.0, 30.0]])
    figure = figures.sharpness_along(steps, {0.2: values}, {0.2: np.array([0.0, 0.1, 0.2])})
    sharp, limit = figure.axes[0].lines
    assert np.asarray(sharp.get_ydata()) == pytest.approx([200, 60, 20])
    assert np.isnan(limit.get_ydata()[0]) and limit.get_ydata()[1:] == pytest.approx([20, 10])
    assert figure.axes[0].get_yscale() == "log"


def test_points_gained_names_rows_and_marks_outcomes():
    (axis,) = figures.points_gained(GAINS).axes
    bars, dots = axis.lines[0:6:2], axis.lines[1:6:2]
    assert [list(bar.get_xdata()) for bar in bars] == [[0.8, 2.3], [-0.8, 0.8], [1.7, 3.2]]
    looks = [(dot.get_marker(), dot.get_color()) for dot in dots]
    assert looks == [OUTCOMES[name][1:] for name in ("in part", "no effect", "holds")]
    assert [text.get_text() for text in axis.texts] == ["in part", "no effect", "holds"]
    assert [text.get_text() for text in axis.get_yticklabels()] == list(GAINS)
    assert axis.lines[-1].get_xdata() == pytest.approx([1, 1])
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first one on top


def test_from_distances_names_each_start():
    loss = np.array([[1.0, 100.0], [0.5, 50.0]])
    figure = figures.from_distances({"slow": loss, "fast": 2 * loss}, [1, 10])
    assert figure.axes[1].lines[1].get_ydata() == pytest.approx([200, 100])
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["from 1", "from 10"]


def test_runs_with_and_without_marks_what_leaves_the_axis():
    loss = np.full((20, 3), 1.0)
    loss[5:, 1], loss[9:, 2] = 1e9, np.nan
    (axis,) = figures.runs_with_and_without({"way": loss}, guessing=2.3).axes
    steady, _, _, marks, _ = axis.lines
    assert steady.get_ydata() == pytest.approx(np.ones(13)) and steady.get_xdata()[0] == 4
    assert marks.get_xdata().tolist() == [5, 9]


# --- explorer ------------------------------------------------------------------------------------


def test_the_explorer_reaches_its_goal_with_a_short_warm_up_only():
    explorer = warmup.EXPLORER  # whose start has the goal's rate and gain
    assert explorer.met(explorer.data(length=4))
    assert not explorer.met(explorer.data(length=1))
    assert not explorer.met(explorer.data(length=4, gain=1.0))


def test_the_explorer_draws_the_limit_and_marks_what_is_lost():
    data = warmup.EXPLORER.data(eta=0.63, length=0)
    assert data["lost"] == warmup.SEEDS and np.isnan(data["steep"][-1])
    assert data["limit"] == pytest.approx(np.full(len(warmup.SEEN), 2 / 0.63))
    assert "Seed 1 is gone" in warmup.state(data)
    part = warmup.make(Figure(figsize=(7.4, 4.4)))
    warmup.draw(part, data)
    assert len(part["lost"].get_xdata()) == 1 and part["lost"].get_ydata()[0] == warmup.LOSS[1]
    assert part["limit"].get_ydata() == pytest.approx(data["limit"])
    assert len(part["loss"].get_segments()) == warmup.SEEDS


def test_the_explorer_opens_with_a_seed_that_survives_and_says_when_shorter_will_do():
    opened = warmup.EXPLORER.data()
    assert opened["lost"] > 0 and np.isfinite(opened["steep"]).all()
    assert (opened["loss"][-16:, warmup.FOLLOWED] < warmup.LOST).all()
    assert "a shorter warm-up does it too" not in warmup.state(opened)
    longer = warmup.state(warmup.EXPLORER.data(length=8))
    assert longer.startswith("No seed is lost, but a shorter warm-up does it too.")
    assert warmup.state(warmup.EXPLORER.data(length=4)).startswith("0 of 5")


def test_the_rate_of_the_explorer_is_the_one_that_was_used():
    data = warmup.compute(eta=0.11, length=16, gain=1.0)
    assert data["rate"] == pytest.approx(warmup.schedule(0.11, 16)(np.arange(warmup.STEPS)))
    assert data["rate"][0] == 0 and data["rate"][16] == pytest.approx(0.11)
    assert warmup.schedule(0.11, 0)(0) == Constant(0.11)(0)
    assert np.isnan(data["limit"][0])
