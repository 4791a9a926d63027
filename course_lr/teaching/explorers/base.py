"""What an explorer declares: its controls, its goal, and the functions that it is made of."""

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from course_lr import checks
from course_lr.teaching.figures.style import scientific

Data = dict[str, Any]
"""What ``compute`` returns: whatever ``draw``, ``state``, ``alt`` and the goal read, by name."""


@dataclasses.dataclass(frozen=True)
class Control:
    """Something to set: every position that it can take, in order.

    Args:
        name: the argument of ``compute`` that it sets.
        label: what stands beside it, with the unit in brackets.
        values: its positions, at least two.
        default: the position at the start, one of ``values``.
        tooltip: a sentence that says what it does.
        slider: a slider; otherwise a button for each value.
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
        """Where ``value`` stands among ``values``, counted from 0.

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


def linear(
    name: str, label: str, low: float, high: float, default: float, tooltip: str, points: int = 21
) -> Control:
    """A slider with evenly spaced positions from ``low`` to ``high``, rounded to four digits.

    >>> linear("beta", "momentum β", 0, 1, 0.5, "How long a gradient is remembered.", 3).values
    (0.0, 0.5, 1.0)
    """
    values = [float(f"{value:.4g}") for value in np.linspace(low, high, points)]
    return Control(name, label, tuple(values), default, tooltip, slider=True, show="{:g}".format)


def whole(name: str, label: str, low: int, high: int, default: int, tooltip: str) -> Control:
    """A slider over the whole numbers from ``low`` to ``high``.

    >>> whole("every", "drop every (epochs)", 1, 4, 2, "Epochs between two drops.").values
    (1, 2, 3, 4)
    """
    return Control(name, label, tuple(range(low, high + 1)), default, tooltip, slider=True)


def choice(
    name: str,
    label: str,
    values: Sequence[Any],
    default: Any,
    tooltip: str,
    show: Callable[[Any], str] = str,
) -> Control:
    """A row of buttons, one for each value.

    >>> choice("steep", "curvature λ", (4, 9), 9, "How steep the valley's walls are.").slider
    False
    """
    return Control(name, label, tuple(values), default, tooltip, show=show)


@dataclasses.dataclass(frozen=True)
class Goal:
    """Something to reach: the task in words, and when it is done.

    Args:
        text: the task, a full sentence.
        met: ``met(data)`` says whether these data reach it.

    >>> Goal("Find a rate above 1.", lambda data: data["eta"] > 1).line({"eta": 2.0})
    'Goal: Find a rate above 1. Reached!'
    """

    text: str
    met: Callable[[Data], bool]

    def line(self, data: Data) -> str:
        """The task, and whether these data reach it."""
        return f"Goal: {self.text} {'Reached!' if self.met(data) else 'Not yet.'}"


@dataclasses.dataclass(frozen=True)
class Explorer:
    """A small experiment that answers while it is played with.

    Args:
        name: what ``explore(name)`` calls it.
        title: what it shows, a few words.
        controls: what can be set, the one with a rate first.
        compute: ``compute(**controls) -> data``, without side effects.
        draw: ``draw(figure, data)`` moves the artists of ``figure``, see
            :func:`~course_lr.teaching.explorers.picture.parts`.
        state: ``state(data) -> str``, what is to be seen, a sentence or two.
        alt: ``alt(data) -> str``, what the picture shows to who can't see it.
        goal: something to reach.
        twin: the control that the version without a kernel moves.

    Raises:
        ValueError: the controls are not the arguments of ``compute``, or ``twin`` is none of them.
    """

    name: str
    title: str
    controls: tuple[Control, ...]
    compute: Callable[..., Data]
    draw: Callable[[Any, Data], None]
    state: Callable[[Data], str]
    alt: Callable[[Data], str]
    goal: Goal
    twin: str

    def __post_init__(self):
        names = tuple(control.name for control in self.controls)
        arguments = tuple(inspect.signature(self.compute).parameters)
        if sorted(names) != sorted(arguments):
            accepted = f"one for each argument of compute: {', '.join(arguments)}"
            checks.refuse("controls", names, accepted)
        checks.one_of("twin", self.twin, names)

    @property
    def start(self) -> dict[str, Any]:
        """Where the controls stand at the start, by name."""
        return {control.name: control.default for control in self.controls}

    def control(self, name: str) -> Control:
        """The control called ``name``."""
        names = tuple(control.name for control in self.controls)
        return self.controls[names.index(checks.one_of("control", name, names))]

    def data(self, **settings: Any) -> Data:
        """What ``compute`` says for these settings; controls left out stand at their start.

        Raises:
            ValueError: no such control, or it has no such position.
        """
        for name, value in settings.items():
            self.control(name).position(value)
        return self.compute(**(self.start | settings))

    def said(self, settings: dict[str, Any]) -> str:
        """These settings in words: ``learning rate η = 0.1, hidden layers = 2``."""
        said = [f"{c.label} = {c.show(settings[c.name])}" for c in self.controls]
        return ", ".join(said)


_listener: ContextVar[Callable[[float], None] | None] = ContextVar("listener", default=None)


def report(share: float) -> None:
    """Say from inside a long ``compute`` how much is done, 0 to 1; unheard outside a notebook."""
    heard = _listener.get()
    if heard is not None:
        heard(share)


@contextmanager
def reports_to(listener: Callable[[float], None]):
    """Within the block, what is said by :func:`report` goes to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
