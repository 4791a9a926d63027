"""Frozen dataclasses whose numbers may be arrays over runs.

Schedules, update rules and controllers are all :class:`Parameters`: they validate themselves,
print as the call that made them, compare, hash, travel through JSON, and can be cut to the rows
that a block of the training loop needs.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from course_lr import checks

PerRun = float | Sequence[float] | np.ndarray
"""A number, or a one-dimensional array with one number a run."""


def parameter(check: Callable, default: Any = dataclasses.MISSING, **options) -> Any:
    """A dataclass field validated by ``check(name, value, **options)``.

    The numeric checks of :mod:`course_lr.checks` accept an array over runs; what they return as a
    tuple is such an array.
    """
    test = functools.partial(check, **options) if options else check
    return dataclasses.field(default=default, metadata={"check": test, "runs": True})


def setting(check: Callable, default: Any = dataclasses.MISSING, **options) -> Any:
    """A field like :func:`parameter` that is never an array over runs (a name, a list of parts)."""
    test = functools.partial(check, **options) if options else check
    return dataclasses.field(default=default, metadata={"check": test, "runs": False})


class Parameters:
    """Base of every frozen dataclass with parameters that may be arrays over runs."""

    registry: ClassVar[dict[str, type["Parameters"]]] = {}

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if not cls.__name__.startswith("_"):
            Parameters.registry[cls.__name__] = cls

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if "check" in field.metadata:
                value = field.metadata["check"](field.name, getattr(self, field.name))
                object.__setattr__(self, field.name, value)
        _ = self.runs  # lengths that disagree are refused here

    @functools.cached_property
    def runs(self) -> int | None:
        """How many runs the parameters describe: their common length, ``None`` without arrays."""
        lengths = {
            name: value.runs if isinstance(value, Parameters) else len(value)
            for name, value in self._over_runs()
        }
        return checks.one_length({name: n for name, n in lengths.items() if n is not None})

    def _over_runs(self):
        """Pairs (name, value) of what may vary over runs: tuples, and objects at any depth."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.metadata.get("runs") and isinstance(value, tuple):
                yield field.name, value
            else:
                yield from _nested(field.name, value)

    @functools.cached_property
    def arrays(self) -> dict[str, Any]:
        """The parameters by name, those over runs as arrays of shape ``(runs,)``."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        over_runs = {name for name, value in self._over_runs() if isinstance(value, tuple)}
        return {n: np.asarray(v) if n in over_runs else v for n, v in values.items()}

    def cut(self, rows: np.ndarray) -> Self:
        """The same object for the runs numbered by ``rows`` (repeats allowed); scalars stay."""
        if self.runs is None:
            return self
        part = object.__new__(type(self))  # what was checked need not be checked again
        for name, value in self.arrays.items():
            over_runs = isinstance(value, np.ndarray)
            value = tuple(value[rows].tolist()) if over_runs else _cut(value, rows)
            object.__setattr__(part, name, value)
        return part

    def __eq__(self, other: object) -> bool:
        """The same class with the same parameters (written once here, not made for each class)."""
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def _values(self) -> tuple:
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self))

    def __repr__(self) -> str:
        shown = []
        for position, field in enumerate(dataclasses.fields(self)):
            value = getattr(self, field.name)
            if field.default is not dataclasses.MISSING and value == field.default:
                continue
            required = field.default is dataclasses.MISSING
            shown.append(repr(value) if position == 0 and required else f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def to_dict(self) -> dict[str, Any]:
        """The class name and every parameter as strict JSON values."""
        values = {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return {"type": type(self).__name__, **values}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The object that :meth:`to_dict` described.

        Raises:
            ValueError: an unknown ``type`` or parameter, named with what is accepted.
        """
        if not isinstance(values, dict) or "type" not in values:
            checks.refuse("values", values, "a dictionary with a 'type'", TypeError)
        known = {n: k for n, k in Parameters.registry.items() if issubclass(k, cls)}
        kind = known[checks.one_of("type", values["type"], tuple(known))]
        given = {name: value for name, value in values.items() if name != "type"}
        names = tuple(f.name for f in dataclasses.fields(kind))
        for name in given:
            checks.one_of(f"a parameter of {kind.__name__}", name, names)
        return kind(**{name: _made(value) for name, value in given.items()})


def _nested(name, value):
    """Pairs (name, object) of the parameter objects in a value, however deep in tuples."""
    if isinstance(value, Parameters):
        yield name, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _nested(f"{name}[{position}]", item)


def _cut(value, rows):
    if isinstance(value, Parameters):
        return value.cut(rows)
    return tuple(_cut(item, rows) for item in value) if isinstance(value, tuple) else value


def _plain(value):
    if isinstance(value, Parameters):
        return value.to_dict()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _made(value):
    if isinstance(value, dict):
        return Parameters.from_dict(value)
    return tuple(_made(item) for item in value) if isinstance(value, list) else value
