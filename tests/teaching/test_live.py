"""A training that is played: its view without a browser, and its task in a running loop."""

import asyncio
import threading
import time

import numpy as np
import pytest

from course_lr import Constant, digits, train
from course_lr.teaching import explorers
from course_lr.teaching.chapters.ch08_watching import explorer as controller
from course_lr.teaching.explorers import view
from course_lr.teaching.explorers.live import Live, LiveView

START = controller.FIRST.default


@pytest.fixture(autouse=True)
def no_loop():
    """No loop runs in this thread: one that a browser test has left here is set aside."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def played():
    """The view of the chapter's explorer, at rest; a view of its own for each test."""
    shown = LiveView(controller.EXPLORER, strict=True)
    yield shown
    shown.close()


def rate_of(shown):
    """The slider."""
    return shown.controls["eta"]


def test_it_is_explored_as_a_live_view():
    assert isinstance(controller.EXPLORER, Live)
    shown = explorers.explore("controller")
    assert isinstance(shown, LiveView) and shown.run is None
    shown.close()


def test_at_rest_it_is_an_ordinary_explorer(played):
    rate_of(played).value = 0.4
    assert played.run is None
    assert played.data is controller.EXPLORER.data(eta=0.4)
    assert controller.state(played.data) in played.said.value


def test_every_update_uses_the_rate_of_the_slider(played):
    rates = []
    for rate, steps in ((0.001, 1), (0.1, 3), (0.4, 2), (0.001, 1)):
        if played.run is not None:
            rate_of(played).value = rate
        played.advance(steps)
        rates += [rate] * steps
    np.testing.assert_array_equal(played.data["signals"]["eta"], rates)
    assert played.run.step == played.data["step"] == len(rates)


def test_a_rate_that_is_never_moved_gives_the_constant_run(played):
    for _ in range(3):
        played.advance(5)
    loss = train(digits(), START, steps=15, seeds=[controller.SEED]).loss[:, 0]
    np.testing.assert_array_equal(played.data["signals"]["loss"], loss)


def test_moving_the_slider_makes_no_step(played):
    played.advance(4)
    image = played.image.value
    rate_of(played).value = 1.0
    assert played.run.step == 4 and played.image.value != image  # the marker has moved


def test_the_rivals_appear_at_the_end_only(played):
    played.advance(controller.STEPS - 1)
    assert not played.over and played.data["accuracy"] == {} and "Not yet." in played.goal.value
    played.advance(7)
    assert played.over and played.run.step == controller.STEPS
    reached = played.data["accuracy"]
    assert list(reached) == ["you", "constant", "plateau", "watch"]
    assert reached["you"] == reached["constant"] < reached["watch"]
    own = train(digits(), Constant(START), steps=controller.STEPS, seeds=[controller.SEED],
                record=("validation_accuracy",))  # fmt: skip
    assert reached["constant"] == 100 * own.validation_accuracy[-1, 0]


def test_a_good_move_reaches_the_goal(played):
    played.advance(controller.MOVE)
    rate_of(played).value = 1.0
    played.advance(controller.STEPS)
    assert "Reached!" in played.goal.value
    rehearsed = controller.compute(1.0, START)
    np.testing.assert_array_equal(played.data["signals"]["loss"], rehearsed["signals"]["loss"])


def test_restart_begins_again_with_the_same_seed(played):
    played.advance(6)
    before = played.data["signals"]["loss"]
    rate_of(played).value = 1.0
    played.advance(6)
    played.restart()
    assert played.run.step == 0 and rate_of(played).value == START
    played.advance(6)
    np.testing.assert_array_equal(played.data["signals"]["loss"], before)


def test_another_beginning_starts_another_run(played):
    played.advance(6)
    played.controls["first"].value = 1.6
    assert played.run.step == 0 and rate_of(played).value == 1.6
    played.advance(1)
    assert played.data["signals"]["eta"].tolist() == [1.6]


def test_reset_goes_back_to_rest(played):
    at_rest = played.image.value
    played.advance(6)
    played.reset.click()
    assert played.run is None and played.image.value == at_rest


def test_without_a_loop_play_goes_to_the_end(played):
    played.buttons["Play"].click()
    assert played.over and played.buttons["Play"].description == "Play"


def test_one_step_is_one_update(played):
    played.buttons["One step"].click()
    played.buttons["One step"].click()
    assert played.run.step == 2


def playing(scenario, monkeypatch):
    """Run ``scenario(view, turns)`` in a loop; ``turns(n)`` lets n pictures pass."""
    monkeypatch.setattr("course_lr.teaching.explorers.live.PERIOD", 0.0)

    async def main():
        shown = LiveView(controller.EXPLORER)

        async def turns(number):
            goal = shown.run.step + number * shown.explorer.stride
            while shown.task is not None and shown.run.step < goal:
                await asyncio.sleep(0)

        await scenario(shown, turns)
        shown.close()
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    before = threading.active_count()
    assert asyncio.run(main()) == 1  # nothing but main itself is left
    assert threading.active_count() == before


def test_play_pause_drag_play(monkeypatch):
    async def scenario(shown, turns):
        shown.buttons["Play"].click()
        assert shown.task is not None and shown.buttons["Play"].description == "Pause"
        await asyncio.sleep(0)
        await turns(5)
        shown.buttons["Play"].click()
        paused = shown.run.step
        assert shown.task is None and shown.buttons["Play"].description == "Play" and paused >= 10
        for _ in range(20):
            await asyncio.sleep(0)
        assert shown.run.step == paused
        shown.buttons["Play"].click()
        rate_of(shown).value = 0.4
        await turns(3)
        eta = shown.data["signals"]["eta"]
        assert set(eta[:paused]) == {START} and set(eta[paused:]) == {0.4}

    playing(scenario, monkeypatch)


def test_clicks_and_drags_that_another_thread_handles(monkeypatch):
    threads = set()

    async def scenario(shown, turns):
        compute = shown.compute
        monkeypatch.setattr(
            shown, "compute", lambda of: threads.add(threading.current_thread()) or compute(of)
        )

        def elsewhere():
            shown.buttons["Play"].click()
            for eta in (0.4, 0.1) * 10:
                rate_of(shown).value = eta
                time.sleep(0.001)
            shown.buttons["Play"].click()
            shown.buttons["One step"].click()

        await asyncio.to_thread(elsewhere)
        await asyncio.sleep(0)
        paused = shown.run.step
        assert shown.task is None and paused > 1
        await asyncio.sleep(0.01)
        assert shown.run.step == paused

    playing(scenario, monkeypatch)
    assert threads == {threading.current_thread()}


def test_playing_ends_with_the_last_step(monkeypatch):
    async def scenario(shown, turns):
        shown.buttons["Play"].click()
        await shown.task
        assert shown.over and shown.task is None and shown.buttons["Play"].description == "Play"
        shown.buttons["Play"].click()  # from the start
        await asyncio.sleep(0)
        assert 0 < shown.run.step < controller.STEPS

    playing(scenario, monkeypatch)


def test_an_error_pauses_with_one_sentence(monkeypatch):
    async def scenario(shown, turns):
        shown.buttons["Play"].click()
        await asyncio.sleep(0)
        await turns(2)

        def fails(*arguments):
            raise ValueError("the batch is lost")

        monkeypatch.setattr(shown.run.blocks[0], "gradient_of", fails)
        await shown.task
        assert "ValueError: the batch is lost" in shown.error
        assert shown.task is None and shown.buttons["Play"].description == "Play"
        assert "role='alert'" in shown.said.value
        shown.restart()
        shown.advance(2)
        assert shown.error == "" and shown.run.step == 2

    playing(scenario, monkeypatch)


def test_running_the_cell_again_ends_what_played_there(monkeypatch):
    monkeypatch.setattr(view, "_in_cell", {})

    async def main():
        monkeypatch.setattr(view, "_place", lambda: ("cell", "first"))
        old = explorers.explore("controller")
        old.buttons["Play"].click()
        await asyncio.sleep(0)
        task = old.task
        monkeypatch.setattr(view, "_place", lambda: ("cell", "second"))
        new = explorers.explore("controller")
        await asyncio.sleep(0)
        assert task.cancelled() and old.task is None and new.task is None
        new.close()

    asyncio.run(main())
