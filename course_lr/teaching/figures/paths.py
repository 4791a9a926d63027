"""Figures of single descents: points on a parabola, paths over contours."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    distinct,
    label,
    outer_labels,
    panel_grid,
    scientific,
)


def parabola_paths(rates: Sequence[float], paths: np.ndarray) -> Figure:
    """The first points of descents on ½ w², joined in their order, one panel per rate.

    Args:
        rates: (runs,) rates, at most five.
        paths: (steps + 1, runs) the weight at each step.
    """
    figure, axes = panel_grid(len(rates), sharex=True, sharey=True)
    reach = 1.15 * np.abs(paths).max()
    w = np.linspace(-reach, reach, 200)
    for axis, (name, shade, _), path in zip(axes, distinct(list(map(scientific, rates))), paths.T):
        axis.plot(w, w**2 / 2, color=GREY, linewidth=1)
        axis.plot(path, path**2 / 2, "o-", color=shade, markersize=5)
        axis.plot(path[0], path[0] ** 2 / 2, "s", color="black", markersize=8)
        label(axis, "weight w", "loss ½ w²", f"η = {name}")
    outer_labels(axes)
    return figure


def draw_descent(axis: Axes, problem: object, path: np.ndarray, extent: Sequence[float]) -> None:
    """A path over the contours of a two-dimensional loss, evenly spaced in its logarithm.

    Args:
        axis: where it is drawn.
        problem: has ``loss_and_grad(w, step, seeds)`` for weights (rows, 2), its minimum at 0.
        path: (steps + 1, 2).
        extent: (left, right, bottom, top) of the picture; the path is clipped to it.
    """
    x, y = np.linspace(*extent[:2], 160), np.linspace(*extent[2:], 120)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    height = problem.loss_and_grad(grid, 0, np.zeros(len(grid), int))[0].reshape(len(y), len(x))
    height = height - height.min() + 1e-3
    levels = np.geomspace(height.min() + 0.02, height.max(), 10)
    axis.contour(x, y, height, levels=levels, norm=LogNorm(), cmap="Greys_r", linewidths=0.8)
    axis.plot(*path.T, "o-", color=COLOURS[1], markersize=3, linewidth=1)
    axis.plot(*path[0], "s", color="black", markersize=7)
    axis.plot(0, 0, "*", color=COLOURS[0], markersize=13)
    axis.set(xlim=extent[:2], ylim=extent[2:])


def over_contours(
    problem: object, paths: Mapping[str, np.ndarray], extent: Sequence[float]
) -> Figure:
    """Paths over the contours of a two-dimensional problem, one panel per path.

    Args:
        problem: has ``loss_and_grad(w, step, seeds)`` for weights (rows, 2), its minimum at 0.
        paths: title -> (steps + 1, 2).
        extent: (left, right, bottom, top) of the picture; paths are clipped to it.
    """
    figure, axes = panel_grid(len(paths), sharey=True)
    for axis, (title, path) in zip(axes, paths.items()):
        draw_descent(axis, problem, path, extent)
        label(axis, "w₁ (flat)", "w₂ (steep)", title)
    outer_labels(axes)
    return figure
