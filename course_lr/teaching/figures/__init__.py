"""Forms of figures that several chapters use; each returns a matplotlib ``Figure`` to ``show``.

What only one chapter draws is in its own ``figures`` module.
"""

from course_lr.teaching.figures.by_rate import best_by_rate, loss_by_rate, range_tests, tried_rates
from course_lr.teaching.figures.curves import (
    curves,
    every_run,
    rate_trace,
    schedules,
    signals,
    small_multiples,
)
from course_lr.teaching.figures.maps import accuracy_map
from course_lr.teaching.figures.paths import over_contours, parabola_paths
from course_lr.teaching.figures.rows import dots, intervals
from course_lr.teaching.figures.style import canvas, png, show

__all__ = [
    "accuracy_map",
    "best_by_rate",
    "canvas",
    "curves",
    "dots",
    "every_run",
    "intervals",
    "loss_by_rate",
    "over_contours",
    "parabola_paths",
    "png",
    "range_tests",
    "rate_trace",
    "schedules",
    "show",
    "signals",
    "small_multiples",
    "tried_rates",
]
