"""Array modules other than numpy in which a schedule's formula is evaluated.

A formula is written once, over a passed array module. Two things differ where numbers have 32 bits:
a power γ^t of a rounded γ is off by t roundings, so that it is taken as exp(t log γ) with the
logarithm in full precision; and what is known before the training starts is computed by Python.
"""

import importlib
import math
from numbers import Real
from types import ModuleType
from typing import Any

import numpy as np

HINTS = {"keras": "; set KERAS_BACKEND to torch or jax before Python starts"}
"""What to do where a framework is there and does not start."""


class Missing(ImportError):
    """A framework is not installed. In a notebook its sentence stands alone, without a trace."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback."""
        return [str(self)]


def needed(name: str, what: str, purpose: str) -> ModuleType:
    """Import a framework, or say in one sentence what is missing.

    Args:
        name: of the module.
        what: the framework's name in the sentence.
        purpose: what needs it.

    Raises:
        Missing: an ``ImportError``; it is not installed.

    >>> needed("no_such_framework", "Nothing", "this example")
    Traceback (most recent call last):
    course_lr.interop.modules.Missing: this example needs Nothing, which is not installed here: ...
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if (error.name or name).partition(".")[0] == name:
            said = f"{purpose} needs {what}, which is not installed here: pip install {name}"
        else:
            said = (
                f"{purpose} needs {what}, which does not start here: {error}{HINTS.get(name, '')}"
            )
        raise Missing(said) from error


class Over:
    """An array module with some functions of its own, the others passed on.

    >>> Over(np, cos=np.sin).cos(0.0), Over(np).cos(0.0)
    (np.float64(0.0), np.float64(1.0))
    """

    pi = math.pi

    def __init__(self, base: Any, **own: Any):
        self._base, self.__dict__ = base, {"_base": base, **own}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)

    def float_power(self, base: Any, exponent: Any) -> Any:
        """base^exponent; a factor below 1 that is a plain number keeps all its digits."""
        if isinstance(base, Real) and 0 < base < 1:
            return self._base.exp(exponent * math.log(base))
        return self._base.power(base, exponent)

    def rint(self, value: Any) -> Any:
        """The nearest whole number; of plain numbers, in full precision."""
        return float(np.rint(value)) if isinstance(value, Real) else self._base.round(value)


def jax_numpy(purpose: str) -> Over:
    """``jax.numpy``, for :meth:`course_lr.schedules.Schedule.at`."""
    needed("jax", "JAX", purpose)
    return Over(importlib.import_module("jax.numpy"))


def keras_ops(keras: ModuleType) -> Over:
    """``keras.ops`` under numpy's names; steps are int32 there."""
    ops = keras.ops
    return Over(ops, asarray=ops.convert_to_tensor, iinfo=lambda dtype: np.iinfo(np.int32))
