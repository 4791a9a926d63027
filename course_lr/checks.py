"""What a caller may pass: every check names the argument, the value and what is accepted.

Each function returns the value in plain Python form (floats, ints, tuples of them) or raises
``TypeError`` (the wrong kind of thing) or ``ValueError`` (the right kind, out of range).
"""

import numbers

import numpy as np


def shown(value: object) -> str:
    """The value as an error message quotes it, cut where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]} … ({len(text)} characters)"


def refuse(name: str, value: object, accepted: str, error: type[Exception] = ValueError):
    """Raise ``error`` saying which argument was wrong, what came and what is accepted."""
    raise error(f"{name} must be {accepted}, got {shown(value)}")


def array(name: str, value: object, accepted: str = "real numbers") -> np.ndarray:
    """``value`` as a float64 array; text, booleans and complex numbers are refused."""
    items = value if isinstance(value, (list, tuple)) else ()
    if callable(value) or any(isinstance(item, (bool, np.bool_)) for item in items):
        refuse(name, value, accepted, TypeError)
    try:
        values = np.asarray(value)
        if values.dtype == object and all(map(_is_real, values.ravel())):
            values = values.astype(np.float64)
    except (ValueError, OverflowError):  # ragged; an int beyond the floats
        refuse(name, value, accepted)
    if values.dtype.kind not in "iuf":
        refuse(name, value, accepted, TypeError)
    return values.astype(np.float64)


def _unpacked(value: object) -> object:
    """The number in an array of no dimensions; anything else as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _is_real(item: object) -> bool:
    return isinstance(item, numbers.Real) and not isinstance(item, bool)


def real(
    name: str, value: object, low: float, high: float, accepted: str, *, open_low: bool = False
) -> float | tuple[float, ...]:
    """A number in [low, high], or a one-dimensional array over runs of them, as floats."""
    values = array(name, value, accepted)
    if values.ndim > 1 or values.size == 0:
        refuse(name, value, f"{accepted}, or a one-dimensional array over runs")
    if not np.all(np.isfinite(values) & (values >= low) & (values <= high)):
        refuse(name, value, accepted)
    if open_low and np.any(values == low):
        refuse(name, value, accepted)
    return values.tolist() if values.ndim == 0 else tuple(values.tolist())


def rate(name: str, value: object) -> float | tuple[float, ...]:
    """A learning rate: finite and at least 0; a scalar or an array over runs."""
    return real(name, value, 0.0, np.inf, "a finite rate >= 0")


def positive(name: str, value: object) -> float | tuple[float, ...]:
    """Finite and above 0; a scalar or an array over runs."""
    return real(name, value, 0.0, np.inf, "a finite number > 0", open_low=True)


def factor(name: str, value: object) -> float | tuple[float, ...]:
    """0 < value <= 1; a scalar or an array over runs."""
    return real(name, value, 0.0, 1.0, "a factor with 0 < factor <= 1", open_low=True)


def below_one(name: str, value: object) -> float | tuple[float, ...]:
    """0 <= value < 1, the share that a running mean keeps; a scalar or an array over runs."""
    return real(name, value, 0.0, np.nextafter(1.0, 0.0), "a share with 0 <= share < 1")


def flag(name: str, value: object) -> bool | tuple[bool, ...]:
    """True or False, or a one-dimensional array over runs of them."""
    try:
        values = np.asarray(value)
    except ValueError:  # ragged
        values = np.empty(0)
    if values.dtype != bool or values.ndim > 1 or values.size == 0:
        refuse(name, value, "True or False, or a one-dimensional array of them", TypeError)
    return bool(values) if values.ndim == 0 else tuple(values.tolist())


def fraction(name: str, value: object) -> float | tuple[float, ...]:
    """0 <= value <= 1; a percentage such as 30 is refused with a hint."""
    values = array(name, value, "a fraction with 0 <= fraction <= 1")
    hint = ""
    if values.ndim == 0 and 1 < values <= 100:
        hint = f" (did you mean {values / 100:g}?)"
    return real(name, value, 0.0, 1.0, f"a fraction with 0 <= fraction <= 1{hint}")


def whole(name: str, value: object, least: int = 0) -> int:
    """A whole number >= least; 3.0 is accepted as 3, 3.5 and text are refused."""
    accepted, value = f"a whole number >= {least}", _unpacked(value)
    if not _is_real(value):
        refuse(name, value, accepted, TypeError)
    if not isinstance(value, numbers.Integral) and not float(value).is_integer():
        refuse(name, value, accepted)
    if value < least:
        refuse(name, value, accepted)
    return int(value)


def count(name: str, value: object, least: int = 1) -> int | tuple[int, ...]:
    """A number of steps: a whole number >= least, or a one-dimensional array over runs of them."""
    values = array(name, value, f"a whole number of steps >= {least}")
    if values.ndim == 0:
        return whole(name, value, least)
    if values.ndim > 1 or values.size == 0:
        refuse(name, value, f"a whole number >= {least}, or a one-dimensional array over runs")
    return tuple(whole(name, item, least) for item in values.tolist())


def steps(step: object) -> np.ndarray:
    """A step or an array of steps as int64: whole numbers >= 0."""
    accepted = "whole numbers >= 0 (steps are counted from 0)"
    try:
        values = np.asarray(step)
    except ValueError:  # ragged
        refuse("step", step, accepted)
    if values.dtype.kind not in "iuf":
        refuse("step", step, accepted, TypeError)
    if not np.all(
        np.isfinite(values) & (values >= 0) & (values == np.floor(values)) & (values < 2**63)
    ):
        refuse("step", step, accepted)
    return values.astype(np.int64)


def one_of(name: str, value: object, options: tuple[str, ...]) -> str:
    """One of the names in ``options``; the nearest one is suggested."""
    if isinstance(value, str) and value in options:
        return value
    import difflib

    near = difflib.get_close_matches(value, options, n=1) if isinstance(value, str) else []
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    error = ValueError if isinstance(value, str) else TypeError
    refuse(name, value, "one of " + ", ".join(map(repr, options)) + hint, error)


def seeds(value: object) -> tuple[tuple[int, ...], bool]:
    """The seeds as ints, and whether they make an axis: an int n means 0 … n - 1."""
    accepted = "a whole number >= 1, or a non-empty sequence of whole numbers >= 0 (floats are not)"
    value = _unpacked(value)
    several = isinstance(value, (list, tuple, range)) or np.ndim(value) > 0
    items = list(value) if several else [value]
    for item in items:
        if not isinstance(item, numbers.Integral) or isinstance(item, bool):
            refuse("seeds", value, accepted, TypeError)
    if not items or min(items) < (0 if several else 1):
        refuse("seeds", value, accepted)
    seeds = tuple(map(int, items)) if several else tuple(range(int(value)))
    return seeds, several or len(seeds) > 1


def single(name: str, value: object) -> float:
    """A number that is never an array over runs."""
    if isinstance(value, tuple):
        refuse(name, value, "a single number, not an array over runs")
    return value


def ends(low: object, high: object) -> tuple[float, float]:
    """Two rates with 0 < low < high."""
    low, high = single("low", positive("low", low)), single("high", positive("high", high))
    if low >= high:
        refuse("low", low, f"below high = {high:g}")
    return low, high


def widths(name: str, value: object) -> tuple[int, ...]:
    """The widths of hidden layers: a sequence of whole numbers >= 1; empty for none."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        refuse(name, value, "a sequence of whole numbers >= 1, such as (32,)", TypeError)
    return tuple(whole(f"{name}[{layer}]", item, 1) for layer, item in enumerate(value))


def length(name: str, value: object, least: int = 1) -> int | tuple[int, ...]:
    """A :func:`count` of steps that a float still tells apart: at most 2**53."""
    values = count(name, value, least)
    if np.max(values) > 2**53:
        refuse(name, value, f"a whole number of steps >= {least} and <= 2**53")
    return values


def ordered(name: str, value: object) -> tuple[int, ...]:
    """Steps in ascending order: a sequence of whole numbers >= 0, possibly empty."""
    accepted = "a sequence of whole numbers >= 0 and <= 2**53 in ascending order"
    is_sequence = isinstance(value, (list, tuple, range, np.ndarray))
    if not is_sequence or getattr(value, "ndim", 1) != 1:
        refuse(name, value, accepted, TypeError)
    values = tuple(whole(f"{name}[{position}]", item) for position, item in enumerate(value))
    if list(values) != sorted(values) or max(values, default=0) > 2**53:
        refuse(name, value, accepted)
    return values


def shrinking(name: str, value: object) -> float | tuple[float, ...]:
    """0 < value < 1, what a rate is multiplied by to lower it; a scalar or an array over runs."""
    accepted = "a factor with 0 < factor < 1 (1 would change nothing)"
    return real(name, value, 0.0, np.nextafter(1.0, 0.0), accepted, open_low=True)


def growing(name: str, value: object) -> float | tuple[float, ...]:
    """1 <= value, what a rate is multiplied by to raise it; a scalar or an array over runs."""
    return real(name, value, 1.0, np.inf, "a finite factor >= 1")


def cosine(name: str, value: object) -> float | tuple[float, ...]:
    """-1 <= value <= 1; a scalar or an array over runs."""
    return real(name, value, -1.0, 1.0, "a cosine with -1 <= cosine <= 1")


def one_length(lengths: dict[str, int]) -> int | None:
    """The common length of arrays over runs, ``None`` where there are none.

    >>> one_length({"eta": 3, "beta": 3}), one_length({})
    (3, None)
    """
    first = next(iter(lengths.values()), None)
    for name, length in lengths.items():
        if length != first:
            other = next(iter(lengths))
            raise ValueError(
                f"arrays over runs must have one length, got {other} with {first} "
                f"and {name} with {length}"
            )
    return first
