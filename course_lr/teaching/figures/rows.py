"""Figures with one row per thing that is compared: intervals, and dots with their mean."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import OUTCOMES, canvas, colour, label


def intervals(measurements: Mapping[str, Mapping], x: str, left: float = -np.inf) -> Figure:
    """Effects with their intervals, one row each, and a dotted tick at what was asked for.

    Colour, marker and the word at the right tell the outcome; a marker is filled where the whole
    interval lies to the right of the tick.

    Args:
        measurements: name of the row -> measurement of the report, with ``effect``, ``low``,
            ``high``, ``asked`` and ``outcome``.
        x: name of the horizontal axis, with its unit.
        left: an effect further to the left is an arrow at this edge, with its numbers.
    """
    figure, (axis,) = canvas(size=(9.2, 0.48 * len(measurements) + 1.2))
    for row, each in enumerate(measurements.values()):
        _, marker, shade = OUTCOMES[each["outcome"]]
        effect, low, high, asked = (each[key] for key in ("effect", "low", "high", "asked"))
        if effect < left:
            axis.plot(left, row, "<", color=shade, markersize=9)
            words = f"{effect:.0f} ({low:.0f} to {high:.0f})".replace("-", "−")
            axis.annotate(words, (left, row), (9, 0), textcoords="offset points", va="center")
        else:
            axis.plot([low, high], [row, row], color=shade, linewidth=4, alpha=0.5)
            axis.plot(effect, row, marker, color=shade, markersize=9,
                      markerfacecolor=shade if low >= asked else "white")  # fmt: skip
        axis.vlines(asked, row - 0.35, row + 0.35, color="black", linestyle=":", linewidth=2)
        look = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 13}
        axis.annotate(each["outcome"], (1.02, row), **look)
    axis.axvline(0, color="black", linewidth=1)
    axis.set_yticks(range(len(measurements)), list(measurements))
    axis.set_ylim(len(measurements) - 0.4, -0.6)
    label(axis, x, "")
    return figure


def dots(panels: Mapping[str, Mapping[str, np.ndarray]], x: str, unit: str = "") -> Figure:
    """Every value as a dot, one row per name, with their mean as a bar and a number.

    Args:
        panels: title -> name -> (values,).
        x: name of the horizontal axis, with its unit.
        unit: written after the means.
    """
    rows = max(map(len, panels.values()))
    figure, axes = canvas(len(panels), size=(9.2, 1.6 + 0.6 * rows), sharey=True)
    for axis, (title, series) in zip(axes, panels.items()):
        for row, values in enumerate(series.values()):
            height = row + np.linspace(-0.22, 0.22, len(values))
            axis.plot(values, height, ".", color=colour(row), alpha=0.5, markersize=7)
            mean = float(np.mean(values))
            axis.plot([mean, mean], [row - 0.35, row + 0.35], color="black", linewidth=2.5)
            axis.annotate(f"{mean:.0f}{unit}", (mean, row - 0.34), (0, 1), ha="center",
                          textcoords="offset points", fontsize=10, va="bottom")  # fmt: skip
        axis.set_yticks(range(len(series)), list(series))
        label(axis, x, "", title)
    axes[0].set_ylim(rows - 0.4, -0.7)
    return figure
