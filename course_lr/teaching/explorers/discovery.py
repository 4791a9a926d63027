"""Where explorers are found: in the chapters' files ``explorer*.py``."""

import functools
import importlib
import pathlib

from course_lr import checks
from course_lr.teaching import chapters
from course_lr.teaching.explorers.declaration import Explorer


@functools.cache
def _all() -> dict[str, Explorer]:
    """Every explorer by its name, imported once: the files are light, all ten take some 20 ms."""
    explorers = {}
    for folder in chapters.__path__:
        for file in sorted(pathlib.Path(folder).glob("*/explorer*.py")):
            module = f"{chapters.__name__}.{file.parent.name}.{file.stem}"
            explorer = importlib.import_module(module).EXPLORER
            explorers[explorer.name] = explorer
    return explorers


def names() -> tuple[str, ...]:
    """The names of all explorers.

    >>> "quadratic" in names()
    True
    """
    return tuple(sorted(_all()))


def get(name: str | Explorer) -> Explorer:
    """The explorer called ``name`` (an explorer is returned as it is).

    Raises:
        ValueError, TypeError: there is none of that name; the nearest one is suggested.

    >>> get("quadratic").controls[0].name
    'eta'
    """
    if isinstance(name, Explorer):
        return name
    return _all()[checks.one_of("name", name, names())]
