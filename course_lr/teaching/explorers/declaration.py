"""What an explorer declares: its controls, its goal, and the functions it is made of."""

import dataclasses
import inspect
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from course_lr import checks
from course_lr.teaching.figures.style import scientific

Data = dict[str, Any]
"""Whatever ``draw``, ``state``, ``alt`` and the goal read, by name."""
Artists = dict[str, Artist]
"""What moves in a figure, by name."""


@dataclasses.dataclass(frozen=True)
class Control:
    """Something to set: every position that it can take, in order.

    Args:
        name: the argument of ``compute`` that it sets.
        label: what stands beside it, with the unit in brackets.
        values: its positions, at least two.
        default: the position at the start, one of ``values``.
        tooltip: a sentence that says what it does.
        slider: whether it is a slider; otherwise it is a row of buttons, one for each value.
        show: a position as text.

    >>> Control("depth", "hidden layers", (1, 2, 3), 1, "How deep the network is.").texts
    ('1', '2', '3')
    """

    name: str
    label: str
    values: tuple[Any, ...]
    default: Any
    tooltip: str
    slider: bool = False
    show: Callable[[Any], str] = str

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(self.values))
        for field in ("name", "label", "tooltip"):
            if not isinstance(getattr(self, field), str) or not getattr(self, field).strip():
                checks.refuse(field, getattr(self, field), "text that says something", TypeError)
        if len(set(self.texts)) < max(2, len(self.values)):
            checks.refuse("values", self.values, "at least two, each with a text of its own")
        self.position(self.default)

    @property
    def texts(self) -> tuple[str, ...]:
        """What each position is called."""
        return tuple(self.show(value) for value in self.values)

    def position(self, value: object) -> int:
        """The place of ``value`` among ``values``, counted from 0.

        Raises:
            ValueError: it is none of them.
        """
        if value not in self.values:
            accepted = f"one of its {len(self.values)} positions: {', '.join(self.texts)}"
            checks.refuse(self.name, value, accepted)
        return self.values.index(value)


def log(
    name: str, label: str, low: float, high: float, default: float, tooltip: str, points: int = 61
) -> Control:
    """A slider on a log scale from ``low`` to ``high``, the way for a rate.

    The positions are rounded to the two digits that the readout shows: what is read is what is
    used.

    >>> log("eta", "learning rate η", 1e-5, 1e-3, 1e-4, "How far a step goes.", points=5).texts
    ('1e-05', '3.2e-05', '0.0001', '0.00032', '0.001')
    """
    values = [float(scientific(value)) for value in np.geomspace(low, high, points)]
    return Control(name, label, tuple(values), default, tooltip, slider=True, show=scientific)


@dataclasses.dataclass(frozen=True)
class Explorer:
    """A small experiment that answers while it is played with.

    Data are a dictionary: the settings of the controls, and what ``compute`` adds to them.

    Args:
        name: what ``explore(name)`` calls it.
        title: what it shows, a few words.
        controls: what can be set, the one with a rate first.
        compute: ``compute(**controls) -> data``, without side effects.
        make: ``make(figure)`` draws axes, labels and all that stands still, and returns the
            artists that move, by name.
        draw: ``draw(artists, data)`` moves them to where the data say.
        state: ``state(data) -> str``, what is to be seen, a sentence or two.
        alt: ``alt(data) -> str``, what the picture shows, in words.
        goal: something to reach, a full sentence.
        met: ``met(data)`` says whether these data reach the goal.
        static_control: the control moved by the version without a kernel; by default the first.

    Raises:
        ValueError: the controls are not the arguments of ``compute``, or ``static_control`` is none
            of them.
    """

    name: str
    title: str
    controls: tuple[Control, ...]
    compute: Callable[..., Data]
    make: Callable[[Figure], Artists]
    draw: Callable[[Artists, Data], None]
    state: Callable[[Data], str]
    alt: Callable[[Data], str]
    goal: str
    met: Callable[[Data], bool]
    static_control: str = ""

    def __post_init__(self):
        names = tuple(control.name for control in self.controls)
        arguments = tuple(inspect.signature(self.compute).parameters)
        if sorted(names) != sorted(arguments) or not names:
            accepted = f"one for each argument of compute: {', '.join(arguments)}"
            checks.refuse("controls", names, accepted)
        static_control = checks.one_of("static_control", self.static_control or names[0], names)
        object.__setattr__(self, "static_control", static_control)

    def control(self, name: str) -> Control:
        """The control called ``name``."""
        by_name = {control.name: control for control in self.controls}
        return by_name[checks.one_of("control", name, tuple(by_name))]

    def data(self, **settings: Any) -> Data:
        """The data at these settings; controls left out stand at their start."""
        start = {control.name: control.default for control in self.controls}
        return start | settings | self.compute(**(start | settings))

    def goal_line(self, data: Data) -> str:
        """The goal, and whether these data reach it."""
        return f"Goal: {self.goal} {'Reached!' if self.met(data) else 'Not yet.'}"


_listener: ContextVar[Callable[[float], object]] = ContextVar(
    "listener", default=lambda share: None
)


def report(share: float) -> None:
    """Say from inside a long ``compute`` how much is done, 0 to 1; unheard outside a notebook."""
    _listener.get()(share)


@contextmanager
def reports_to(listener: Callable[[float], object]):
    """Within the block, what :func:`report` says goes to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
