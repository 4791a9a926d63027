"""Figures of chapter 04: paths and effective rates, a moving minimum, bands of good rates."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.curves import draw_lines
from course_lr.teaching.figures.paths import draw_descent
from course_lr.teaching.figures.style import GREY, canvas, colour, distinct, label, outer_labels

EFFECTIVE = "effective rate (log scale)"


def paths_and_rates(
    problem: object,
    paths: Mapping[str, np.ndarray],
    rates: Mapping[str, np.ndarray],
    extent: Sequence[float],
) -> Figure:
    """Each method's path over contours, and below it the effective rates of both coordinates.

    Args:
        problem: has ``loss_and_grad(w, step, seeds)`` for weights (rows, 2).
        paths: name -> (steps + 1, 2).
        rates: name -> (steps, 2), the effective rate of each coordinate at each step.
        extent: (left, right, bottom, top) of the plane; paths are clipped to it.
    """
    columns = len(paths)
    figure, axes = canvas(columns, 2, size=(9.2, 5.6), sharex="row", sharey="row")
    for upper, lower, name in zip(axes, axes[columns:], paths):
        draw_descent(upper, problem, paths[name], extent)
        label(upper, "w₁ (flat)", "w₂ (steep)", name)
        steps = np.arange(len(rates[name]))
        draw_lines(lower, {side: (steps, values) for side, values in
                           zip(("flat", "steep"), rates[name].T)})  # fmt: skip
        label(lower, "step", EFFECTIVE)
    axes[columns].legend()
    for axis in axes[1:columns]:
        axis.set_ylabel("")
    return figure


def following(
    target: np.ndarray, places: Mapping[str, np.ndarray], rates: Mapping[str, np.ndarray]
) -> Figure:
    """A weight that follows a minimum which moves, and below it the effective rate of each method.

    Args:
        target: (steps,) where the minimum is at each step.
        places: name -> (steps + 1,) the weight.
        rates: name -> (steps,) the effective rate.
    """
    figure, (upper, lower) = canvas(1, 2, size=(8.4, 5.4), sharex=True)
    upper.plot(target, color=GREY, linewidth=1.2, label="the minimum")
    for name, shade, line in distinct(list(places)):
        upper.plot(places[name], linestyle=line, color=shade, linewidth=1.3, label=name)
        lower.plot(rates[name], linestyle=line, color=shade, label=name)
    label(upper, "", "weight w")
    label(lower, "step", EFFECTIVE)
    upper.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def near_best_bands(bands: Mapping[tuple[str, str], np.ndarray]) -> Figure:
    """The near-best band of each method as a bar over η, one panel per setting, in a column.

    Args:
        bands: (setting, method) -> (low, best, high) rates.
    """
    settings = list(dict.fromkeys(setting for setting, _ in bands))
    methods = list(dict.fromkeys(method for _, method in bands))
    size = (9.2, 0.7 + 1.7 * len(settings))
    figure, axes = canvas(1, len(settings), size=size, sharex=True, sharey=True)
    for axis, setting in zip(axes, settings):
        for number, method in enumerate(methods):
            if (setting, method) in bands:
                low, best, high = bands[setting, method]
                look = {"color": colour(number)}
                axis.hlines(-number, low, high, linewidth=8, alpha=0.6, **look)
                axis.plot(best, -number, "D", markeredgecolor="white", markersize=9, **look)
        axis.set_ylim(0.6 - len(methods), 0.6)
        axis.set_yticks(-np.arange(len(methods)), methods)
        label(axis, "η (log scale); ◆ the best", "", setting)
    outer_labels(axes)
    return figure
