"""Explorers: a slider that answers at once.

To add one, put a file ``explorer*.py`` into its chapter's folder that ends in
``EXPLORER = Explorer(...)``. It declares the controls and the goal, and names five functions:
``compute`` turns the controls into data, ``make`` builds a figure and its moving artists, ``draw``
moves these to where the data say, ``state`` and ``alt`` say it in words. Everything else finds it
by itself: the widget, the picture shown where no kernel runs, the slider of slides and pages, the
tests that sweep every control. The shortest one to copy is
``chapters/ch01_descent/explorer_parabola.py``.
"""

from course_lr.teaching.explorers.declaration import Control, Explorer, log, report
from course_lr.teaching.explorers.discovery import get, names
from course_lr.teaching.explorers.picture import mark_above, mosaic, polygon
from course_lr.teaching.explorers.playing import Live, LiveView
from course_lr.teaching.explorers.static_html import frames
from course_lr.teaching.explorers.view import View, shown

__all__ = [
    "Control",
    "Explorer",
    "Live",
    "View",
    "explore",
    "frames",
    "get",
    "log",
    "mark_above",
    "mosaic",
    "names",
    "polygon",
    "report",
]


def explore(name: str | Explorer) -> View:
    """The explorer as a widget: call it on the last line of a notebook cell.

    Where no kernel runs (GitHub, print, HTML) the cell shows the picture of its start.

    Raises:
        ValueError, TypeError: there is none of that name.

    >>> print(explore("quadratic").text)
    Explorer: gradient descent on a quadratic (its sliders need a running notebook)
    """
    explorer = get(name)
    return shown(LiveView(explorer) if isinstance(explorer, Live) else View(explorer))
