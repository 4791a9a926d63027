"""Array modules other than numpy in which a schedule's formula is evaluated.

A formula is written once, over a passed array module. Two things differ where numbers have 32 bits:
a power γ^t of a rounded γ is off by t roundings, so that it is taken as exp(t log γ) with the
logarithm in full precision; and what is known before the training starts is computed by Python.
"""

import importlib
import math
from numbers import Real
from types import ModuleType

import numpy as np

HINTS = {"keras": "; set KERAS_BACKEND to torch or jax before Python starts"}
"""What to do where a framework is installed and does not start."""


class Missing(ImportError):
    """A framework is not installed. In a notebook its sentence stands alone, without a trace."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
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
            problem = f"which is not installed here: pip install {name}"
        else:
            problem = f"which does not start here: {error}{HINTS.get(name, '')}"
        raise Missing(f"{purpose} needs {what}, {problem}") from error


class ArrayModule:
    """An array module with some functions of its own, the others passed on."""

    pi = math.pi

    def __init__(self, module, **own):
        self.__dict__ = {"_module": module, **own}

    def __getattr__(self, name):
        return getattr(self._module, name)

    def float_power(self, base, exponent):
        """base^exponent; a factor below 1 that is a plain number keeps all its digits."""
        if isinstance(base, Real) and 0 < base < 1:
            return self._module.exp(exponent * math.log(base))
        return self._module.power(base, exponent)

    def rint(self, value):
        """The nearest whole number; of plain numbers, in full precision."""
        return float(np.rint(value)) if isinstance(value, Real) else self._module.round(value)


def jax_numpy(purpose: str) -> ArrayModule:
    """``jax.numpy``, for :meth:`course_lr.schedules.Schedule.at`."""
    needed("jax", "JAX", purpose)
    return ArrayModule(importlib.import_module("jax.numpy"))


def keras_ops(keras: ModuleType) -> ArrayModule:
    """``keras.ops`` under numpy's names; steps are int32 there."""
    ops = keras.ops
    return ArrayModule(ops, asarray=ops.convert_to_tensor, iinfo=lambda dtype: np.iinfo(np.int32))
