"""Explorers: a slider that answers at once.

An explorer is one file of this folder that ends in ``EXPLORER = Explorer(...)``: ``compute`` turns
the controls into data, ``draw`` moves the artists of a figure to where the data say, and the
controls and the goal are declared. Everything else (the widget, the picture for who has no kernel,
the slider of slides and pages, the tests that sweep every control) finds it by itself. The shortest
one to copy is ``parabola.py``.
"""

import functools
import importlib
import pkgutil

from course_lr import checks
from course_lr.teaching import chapters
from course_lr.teaching.explorers.base import Control, Explorer, Goal
from course_lr.teaching.explorers.live import Live, LiveView
from course_lr.teaching.explorers.static_html import frames_of
from course_lr.teaching.explorers.view import View, shown

__all__ = ["Control", "Explorer", "Goal", "View", "explore", "frames", "get", "names"]


@functools.cache
def _all() -> dict[str, Explorer]:
    """Every explorer by its name: the ``EXPLORER`` of each module in this folder that has one."""
    found = []
    for chapter in pkgutil.iter_modules(chapters.__path__, chapters.__name__ + "."):
        for module in pkgutil.iter_modules(importlib.import_module(chapter.name).__path__):
            if module.name.startswith("explorer"):
                found.append(importlib.import_module(f"{chapter.name}.{module.name}").EXPLORER)
    return {explorer.name: explorer for explorer in found}


def names() -> tuple[str, ...]:
    """The names of all explorers.

    >>> "quadratic" in names()
    True
    """
    return tuple(sorted(_all()))


def get(name: str | Explorer) -> Explorer:
    """The explorer called ``name`` (an explorer is handed back as it is).

    Raises:
        ValueError, TypeError: there is none of that name; the nearest one is suggested.

    >>> get("quadratic").controls[0].name
    'eta'
    """
    if isinstance(name, Explorer):
        return name
    return _all()[checks.one_of("name", name, names())]


def explore(name: str | Explorer) -> View:
    """The explorer as a widget: let it stand on a notebook cell's last line.

    Where no kernel runs (GitHub, print, HTML) the cell shows the picture of its start.

    Raises:
        ValueError, TypeError: there is none of that name.

    >>> print(explore("quadratic").text)
    Explorer: gradient descent on a quadratic (its sliders need a running notebook)
    """
    explorer = get(name)
    return shown(LiveView(explorer) if isinstance(explorer, Live) else View(explorer))


def frames(
    explorer: str | Explorer,
    control: str | None = None,
    values: object = None,
    path: object = None,
    *,
    fragment: bool = False,
    layouts: tuple[str, ...] | None = None,
    **fixed: object,
) -> str:
    """The explorer without a kernel: one HTML text with a slider over pictures made beforehand.

    Args:
        explorer: its name, or the explorer itself.
        control: the control that the slider moves; by default the explorer's own choice.
        values: its positions, each one of the control's; by default all of them.
        path: also write the text to this file.
        fragment: a piece to put into a page or a slide, as often as wanted, instead of a page.
        layouts: any of ``"wide"``, ``"narrow"`` (shown up to 600 px) and ``"slide"``; by default
            the first two for a page and ``("slide",)`` for a fragment.
        fixed: where the other controls stand; by default at their start.

    Raises:
        ValueError, TypeError: naming the argument, its value and what is accepted.

    >>> page = frames("quadratic", "eta", [0.1, 0.2], layouts=("wide",))
    >>> page.startswith("<!DOCTYPE html>"), "http" in page
    (True, False)
    """
    return frames_of(get(explorer), control, values, path, fragment, layouts, fixed)
