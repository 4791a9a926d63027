"""A training that runs while it is watched: its picture moves on by itself, its rate by hand.

A :class:`Live` explorer is an ordinary one (pictures, pages and slides see nothing else) that can
also *open* a training and say what there is to see of it so far. Its view adds the buttons Play,
One step and Restart. The training is a :class:`~course_lr.training.Run` that is moved on a few
steps a picture; the rate is the run's schedule, replaced where the slider has moved. No thread is
needed: the pictures come from a task in the kernel's own loop, which ends with the kernel, with the
view, with the last step, and with the first error.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from course_lr.schedules import Constant
from course_lr.teaching.explorers.declaration import Data, Explorer
from course_lr.teaching.explorers.view import View, running_loop
from course_lr.training import Run

PERIOD = 0.04
"""Seconds from one picture to the next while it plays, if the machine is fast enough."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Live(Explorer):
    """An explorer whose training can be played.

    Args:
        steps: of the whole training.
        stride: steps from one picture to the next while it plays.
        rate: the control whose value the run uses for its next update.
        first: the control that says what ``rate`` is at the start.
        opened: ``opened(first) -> Run``, a training of one row that has begun.
        seen: ``seen(run, settings) -> data`` of the run so far, like what ``compute`` returns.
    """

    steps: int
    stride: int
    rate: str
    first: str
    opened: Callable[[Any], Run]
    seen: Callable[[Run, dict[str, Any]], Data]


class LiveView(View):
    """A :class:`Live` explorer joined to its widgets.

    Until something is played it is an ordinary view. :meth:`advance` does what Play does a picture,
    so a test needs neither a browser nor a loop.

    Attributes:
        run: the training that is played, ``None`` before.
        task: the task that plays it, ``None`` while it is halted.
    """

    explorer: Live

    def __init__(self, explorer: Live):
        self.run, self.task, self.due, self.began_at = None, None, 0, None
        super().__init__(explorer)

    def _rows(self) -> list[w.Widget]:
        buttons = (
            ("Play", "Let the training run, or halt it; move the rate meanwhile.", self.toggle),
            ("One step", "One update at the rate of the slider.", self.advance),
            ("Restart", "The same training from its start, with the same seed.", self.restart),
        )
        self.buttons = {button[0]: self._button(*button) for button in buttons}
        return [*super()._rows(), w.HBox(list(self.buttons.values()))]

    # --- the training -------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether the run has made all its steps."""
        return self.run is not None and self.run.step >= self.explorer.steps

    def restart(self) -> None:
        """Go back to the start of the training and to its first rate."""
        self.pause()
        first = self.controls[self.explorer.first].value
        self.run, self.due, self.began_at = self.explorer.opened(first), 0, first
        self.controls[self.explorer.rate].value = first
        self.update()

    def advance(self, steps: int = 1) -> None:
        """Make up to ``steps`` updates at the rate of the slider, and show them."""
        if self.run is None:
            self.restart()
        self.due = min(steps, self.explorer.steps - self.run.step)
        self.update()

    def update(self) -> None:
        """Show the run; where it should begin elsewhere, a new one."""
        if self.run is not None and self.controls[self.explorer.first].value != self.began_at:
            return self.restart()
        super().update()

    def compute(self, settings: dict[str, Any]) -> Data:
        """What the run shows after the updates that are due; before it, the explorer's own data."""
        if self.run is None:
            return super().compute(settings)
        due, self.due = self.due, 0
        self.run.schedule = Constant(settings[self.explorer.rate])
        return settings | self.explorer.seen(self.run.advance(due), settings)

    def _reset(self) -> None:
        self.pause()
        self.run = None
        super()._reset()
        self.update()

    # --- playing ------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play, or pause; without a running loop, play to the end at once."""
        if self.task is not None:
            return self.pause()
        if self.run is None or self.over:
            self.restart()
        loop = running_loop()
        if loop is None:
            return self.advance(self.explorer.steps)
        self.task, self.buttons["Play"].description = loop.create_task(self._play()), "Pause"

    def pause(self) -> None:
        """Halt; the run can be played on."""
        if self.task is not None:
            self.task.cancel()
        self.task, self.buttons["Play"].description = None, "Play"

    async def _play(self) -> None:
        """A few steps, a picture, and the loop to everybody else until the next one is due."""
        while not (self.over or self.error):
            began = time.perf_counter()
            self.advance(self.explorer.stride)
            await asyncio.sleep(max(0.002, PERIOD - (time.perf_counter() - began)))
        self.task, self.buttons["Play"].description = None, "Play"

    def close(self) -> None:
        """Halt, and take the widgets away."""
        self.pause()
        super().close()
