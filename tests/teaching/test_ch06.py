"""Chapter 06: what its explorer shows."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_lr.schedules import Constant
from course_lr.teaching.chapters.ch06_warmup import explorer as warmup


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
