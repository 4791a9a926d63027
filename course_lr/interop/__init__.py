"""Bridges to PyTorch, Keras and Optax; nothing here is imported before it is used.

``to_torch``, ``to_keras`` and ``to_optax`` make a schedule an object of a framework, ``as_code``
writes it as text without this package, ``from_torch`` and ``from_optax`` read a framework's own.
``range_test`` and ``watch`` look at a PyTorch model. The frameworks come with the extra
``bridges``; where one is missing the call says so.
"""

import importlib
from typing import Any

_PLACES = {
    "as_code": "code",
    "from_optax": "reading",
    "from_torch": "reading",
    "keras_schedule": "live",
    "needed": "modules",
    "range_test": "ramp",
    "to_keras": "live",
    "to_optax": "live",
    "to_torch": "live",
    "watch": "watching",
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'course_lr.interop' has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
