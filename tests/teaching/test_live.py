"""A training that is played: its view without a browser, and its task in a running loop."""

import asyncio
import threading

import numpy as np
import pytest

from course_lr import Constant, digits, train
from course_lr.teaching import explorers
from course_lr.teaching.chapters.ch08_watching import explorer as controller
from course_lr.teaching.explorers import view
from course_lr.teaching.explorers.playing import LiveView

START, STEPS = controller.FIRST.default, controller.STEPS


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
    shown = explorers.explore("controller")
    yield shown
    assert shown.error == ""
    shown.close()


def move(shown, eta):
    """Move the slider."""
    shown.controls["eta"].value = eta


def test_at_rest_it_is_an_ordinary_explorer(played):
    assert isinstance(played, LiveView)
    move(played, 0.4)
    assert played.run is None
    assert controller.state(controller.EXPLORER.data(eta=0.4)) in played.status.value


def test_every_update_uses_the_rate_of_the_slider(played):
    rates = []
    for rate, steps in ((0.001, 1), (0.1, 3), (0.4, 2), (0.001, 1)):
        image = played.image.value
        if played.run is not None:
            move(played, rate)
            assert played.run.step == len(rates)  # moving it makes no step
            assert played.image.value != image  # but its marker is drawn there
        played.advance(steps)
        rates += [rate] * steps
    np.testing.assert_array_equal(played.data["signals"]["eta"], rates)
    assert played.run.step == played.data["step"] == len(rates)


def test_a_rate_that_is_never_moved_gives_the_constant_run_and_its_rivals_at_the_end(played):
    for steps in (5, 10, STEPS - 16):
        played.advance(steps)
    assert not played.over and played.data["accuracy"] == {} and "Not yet." in played.goal.value
    played.advance(7)
    assert played.over and played.run.step == STEPS
    record = ("loss", "validation_accuracy")
    own = train(digits(), Constant(START), steps=STEPS, seeds=[controller.SEED], record=record)
    np.testing.assert_array_equal(played.data["signals"]["loss"], own.loss[:, 0])
    reached = played.data["accuracy"]
    assert list(reached) == ["you", "constant", "plateau", "watch"]
    assert reached["you"] == reached["constant"] == 100 * own.validation_accuracy[-1, 0]
    assert reached["constant"] < reached["watch"]


def test_a_good_move_reaches_the_goal(played):
    played.advance(controller.MOVE)
    move(played, 1.0)
    played.buttons["Play"].click()  # without a loop it goes to the end
    assert played.over and "Reached!" in played.goal.value
    assert played.buttons["Play"].description == "Play"
    rehearsed = controller.compute(1.0, START)
    np.testing.assert_array_equal(played.data["signals"]["loss"], rehearsed["signals"]["loss"])


def test_restart_begins_again_with_the_same_seed_and_reset_goes_back_to_rest(played):
    at_rest = played.image.value
    played.advance(6)
    before = played.data["signals"]["loss"]
    move(played, 1.0)
    played.advance(6)
    played.buttons["Restart"].click()
    assert played.run.step == 0 and played.controls["eta"].value == START
    for _ in range(6):
        played.buttons["One step"].click()
    np.testing.assert_array_equal(played.data["signals"]["loss"], before)
    played.controls["first"].value = 1.6  # another beginning is another run
    assert played.run.step == 0 and played.controls["eta"].value == 1.6
    played.advance(1)
    assert played.data["signals"]["eta"].tolist() == [1.6]
    played.reset.click()
    assert played.run is None and played.image.value == at_rest


def playing(scenario, monkeypatch):
    """Run ``scenario(view, turns)`` in a loop; ``turns(n)`` lets n pictures pass."""
    monkeypatch.setattr("course_lr.teaching.explorers.playing.PERIOD", 0.0)

    async def main():
        shown = LiveView(controller.EXPLORER)

        async def turns(number):
            goal = shown.run.step + number * shown.explorer.stride
            while shown.task is not None and shown.run.step < goal:
                await asyncio.sleep(0)

        await scenario(shown, turns)
        shown.close()
        for _ in range(10):
            await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    before = threading.active_count()
    assert asyncio.run(main()) == 1  # nothing but main itself is left
    assert threading.active_count() == before


def test_play_pause_drag_play(monkeypatch):
    async def scenario(shown, turns):
        play = shown.buttons["Play"]
        play.click()
        assert shown.task is not None and play.description == "Pause"
        await asyncio.sleep(0)
        await turns(5)
        play.click()
        paused = shown.run.step
        assert shown.task is None and play.description == "Play" and paused >= 10
        for _ in range(20):
            await asyncio.sleep(0)
        assert shown.run.step == paused
        play.click()
        move(shown, 0.4)
        await turns(3)
        eta = shown.data["signals"]["eta"]
        assert set(eta[:paused]) == {START} and set(eta[paused:]) == {0.4}
        shown.advance(STEPS - shown.run.step - 4)
        await shown.task
        assert shown.over and shown.task is None and play.description == "Play"
        play.click()  # from the start
        await asyncio.sleep(0)
        assert 0 < shown.run.step < STEPS

    playing(scenario, monkeypatch)


def test_an_error_pauses_with_one_sentence(monkeypatch):
    async def scenario(shown, turns):
        shown.buttons["Play"].click()
        await asyncio.sleep(0)
        await turns(2)

        def fails(*arguments):
            raise ValueError("the batch is lost")

        monkeypatch.setattr(shown.run, "advance", fails)
        await shown.task
        assert "ValueError: the batch is lost" in shown.error
        assert shown.task is None and shown.buttons["Play"].description == "Play"
        assert "role='alert'" in shown.status.value
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
