"""What is set on the workbench: one problem and up to four lines, and the text that they travel as.

A line is an update rule × a schedule or controller × a rate. The text is strict JSON, short enough
to be pasted into a message; opened again it gives the same training, bit for bit.
"""

import ast
import dataclasses
import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lr import checks, controllers, problems, schedules, updates
from course_lr.controllers.base import Controller
from course_lr.problems.base import Problem
from course_lr.problems.data import split
from course_lr.schedules import Schedule
from course_lr.teaching.workbench import user_data
from course_lr.teaching.workbench.expressions import evaluated

LETTERS = "ABCD"
NETWORKS = {"digits": problems.digits, "mnist1d": problems.mnist1d, "data": None}
"""Problems with a shape and batches; ``data`` are the learner's own arrays."""
MOST = {"steps": 20_000, "seeds": 50, "layers": 4, "width": 256}


ABSTRACT = (Schedule, Controller, schedules.Scaled, updates.Update)


def _kinds(module: Any, base: type) -> dict[str, type]:
    """The classes of a module that are of this kind and can be made, by name."""
    classes = sorted(inspect.getmembers(module, inspect.isclass))
    return {n: kind for n, kind in classes if issubclass(kind, base) and kind not in ABSTRACT}


RULES = _kinds(updates, updates.Update)
RATES = _kinds(schedules, Schedule) | _kinds(controllers, Controller)
LANDSCAPES = {
    name: getattr(problems, name)
    for name in ("Quadratic", "Ravine", "Ripples", "Rosenbrock", "Saddle", "Wells", "wells")
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One training of the comparison.

    Args:
        update: the rule as text, such as ``"Momentum(0.9)"``.
        schedule: a schedule or a controller as text, in which ``eta`` is the rate, ``steps`` the
            length of the training and ``epoch`` the steps in an epoch (1 where there is none).
        eta: the rate, finite and >= 0.
    """

    update: str = "SGD()"
    schedule: str = "Constant(eta)"
    eta: float = 0.1

    def __post_init__(self):
        eta = checks.single("eta", checks.rate("eta", self.eta))
        object.__setattr__(self, "eta", eta)

    @property
    def typed(self) -> str:
        """The update rule as it was typed: ``Momentum(0.9)``, though 0.9 is its default."""
        return ast.unparse(ast.parse(self.update.strip(), mode="eval"))

    def method(self, steps: int, epoch: int) -> tuple[updates.Update, Schedule | Controller]:
        """The update rule, and the schedule or the controller."""
        known = {"eta": self.eta, "steps": steps, "epoch": epoch}
        rule = _one_run("update", self.update, RULES, {})
        return rule, _one_run("schedule", self.schedule, RATES, known)


def _one_run(name: str, text: str, calls: dict[str, type], known: dict[str, float]) -> Any:
    value = evaluated(name, text, calls, known)
    if not isinstance(value, (*calls.values(), schedules.Scaled)):
        checks.refuse(name, text, f"a call of one of {', '.join(calls)}")
    if value.runs is not None:
        checks.refuse(name, text, "of one run: no lists over runs (add a line instead)")
    return value


@dataclasses.dataclass(frozen=True)
class Setup:
    """All that a picture of the workbench depends on.

    Args:
        problem: ``"digits"``, ``"mnist1d"``, ``"data"`` (a file of your own), or a landscape as
            text, such as ``"Quadratic([1, 20])"``.
        hidden: widths of the hidden layers, at most 4 of at most 256 (networks only).
        batch_size: examples a step, ``None`` for all of them (networks only). The default stands
            for all of them where ``"data"`` has fewer.
        file, label: a CSV, ``.npy`` or ``.npz``, and the column with the classes, the last one by
            default (``"data"`` only).
        steps: 1 to 20,000.
        seeds: how many, 1 to 50.
        lines: one to four; ``None`` leaves its letter out.

    Raises:
        ValueError: in one sentence, whatever is wrong.

    >>> Setup("Saddle()", steps=50, seeds=1, lines=[Line(eta=0.5)]).to_text()
    '{"problem": "Saddle()", "steps": 50, "seeds": 1, "lines": [{"update": "SGD()", \
"schedule": "Constant(eta)", "eta": 0.5}]}'
    """

    problem: str = "digits"
    hidden: tuple[int, ...] = (32,)
    batch_size: int | None = 64
    file: str = ""
    label: str = ""
    steps: int = 320
    seeds: int = 5
    lines: tuple[Line | None, ...] = (Line(eta=0.5), Line("Adam()", "Constant(eta)", 0.01))

    def __post_init__(self):
        try:
            self._check()
        except (TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None

    def _check(self) -> None:
        lines = self.lines if isinstance(self.lines, (list, tuple)) else ()
        while lines and lines[-1] is None:
            lines = lines[:-1]
        if not 1 <= len(lines) <= 4 or not all(isinstance(x, (Line, type(None))) for x in lines):
            checks.refuse("lines", self.lines, "a list of one to four lines (null: left out)")
        values = {"lines": tuple(lines)}
        for name in ("steps", "seeds"):
            values[name] = checks.whole(name, getattr(self, name), 1)
            if values[name] > MOST[name]:
                checks.refuse(name, values[name], f"at most {MOST[name]}")
        # What this problem lacks is reset to its default, so that equal setups are equal.
        values |= {name: getattr(Setup, name) for name in self._lacks}
        if self.problem in NETWORKS:
            hidden, batch = checks.widths("hidden", self.hidden), self.batch_size
            if len(hidden) > MOST["layers"] or max(hidden, default=0) > MOST["width"]:
                checks.refuse("hidden", hidden, "at most 4 layers of at most 256")
            batch = batch and checks.whole("batch_size", batch, 1)
            values |= {"hidden": hidden, "batch_size": batch}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.problem == "data" and self.loaded_problem.batch_size < (self.batch_size or 0):
            object.__setattr__(self, "batch_size", None)
        for letter, (_, rate) in self.methods.items():
            if isinstance(rate, Schedule):
                _at_line(letter, rate, np.arange(self.steps))  # refuses what is not finite

    @property
    def _lacks(self) -> tuple[str, ...]:
        """The fields that mean nothing to this problem."""
        network = () if self.problem in NETWORKS else ("hidden", "batch_size")
        return network + (() if self.problem == "data" else ("file", "label"))

    @property
    def loaded_problem(self) -> Problem:
        """The problem itself; kept, since loading data takes time."""
        if self.problem not in NETWORKS:
            call = "(" in str(self.problem)  # else it is neither a network nor a call
            problem = evaluated("problem", self.problem, LANDSCAPES, {}) if call else None
            if not isinstance(problem, Problem):
                accepted = f"one of {', '.join(NETWORKS)}, or a call of {', '.join(LANDSCAPES)}"
                checks.refuse("problem", self.problem, accepted)
            return problem
        stamp = user_data.stamp(self.file) if self.problem == "data" else None
        return _network(self.problem, self.hidden, self.batch_size, self.file, self.label, stamp)

    @functools.cached_property
    def methods(self) -> dict[str, tuple[updates.Update, Schedule | Controller]]:
        """The rule and the schedule of each line, by its letter."""
        epoch = self.loaded_problem.steps_per_epoch or 1
        lines = {letter: line for letter, line in zip(LETTERS, self.lines) if line}
        return {
            letter: _at_line(letter, line.method, self.steps, epoch)
            for letter, line in lines.items()
        }

    def to_text(self) -> str:
        """One line of JSON; :func:`from_text` makes the same setup of it."""
        values = dataclasses.asdict(self)
        return json.dumps({k: v for k, v in values.items() if k not in self._lacks})


def _at_line(letter: str, call: Callable, *arguments: Any) -> Any:
    """What the call returns; what it raises says of which line it speaks."""
    try:
        return call(*arguments)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"line {letter}: {error}") from None


@functools.lru_cache(maxsize=8)
def _network(name: str, hidden, batch_size, file: str, label: str, stamp: Any) -> Problem:
    if name != "data":
        return NETWORKS[name](hidden=hidden, batch_size=batch_size)
    data = user_data.load(file, label)
    few = batch_size == Setup.batch_size and len(split(data).train) < batch_size
    return problems.MLP(data, hidden, None if few else batch_size)


def from_text(text: str) -> Setup:
    """The setup that :meth:`Setup.to_text` wrote, or that somebody typed.

    Raises:
        ValueError: in one sentence: no strict JSON, an unknown name, a value out of range.

    >>> from_text('{"problem": "digits", "steps": 100}').steps
    100
    """
    if not isinstance(text, str) or len(text) > 10_000:
        checks.refuse("the text", text, "JSON of at most 10,000 characters")
    try:
        values = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
    except (RecursionError, ValueError) as error:
        raise ValueError(f"the text is no strict JSON: {error}") from None
    values = _named("a name in the text", values, Setup)
    if isinstance(values.get("lines"), list):
        letters = LETTERS + "?" * len(values["lines"])
        values["lines"] = [_at_line(x, _line, line) for x, line in zip(letters, values["lines"])]
    return Setup(**values)


def _line(values: object) -> Line | None:
    return None if values is None else Line(**_named("a name in it", values, Line))


def _named(what: str, values: object, kind: type) -> dict[str, Any]:
    """``values``, whose names are fields of ``kind`` and whose texts are texts."""
    if not isinstance(values, dict):
        checks.refuse("what stands between { and }", values, f"what a {kind.__name__} has")
    fields = {field.name: field.type for field in dataclasses.fields(kind)}
    for name, value in values.items():
        kinds = fields[checks.one_of(what, name, tuple(fields))]
        if kinds is str and not isinstance(value, str):
            checks.refuse(name, value, "a text")
    return values


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands in it twice")
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
