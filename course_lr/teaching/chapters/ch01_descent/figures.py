"""Figures of single descents: on a parabola, over contours, step by step."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lr.teaching.figures.style import (
    GREY,
    canvas,
    distinct,
    label,
    outer_labels,
    panels,
    scientific,
)


def parabola_paths(rates: Sequence[float], paths: np.ndarray, curvature: float = 1.0) -> Figure:
    """One panel a rate: the first points of a descent on ½ λ w², joined in their order.

    Args:
        rates: (runs,) rates, at most five.
        paths: (steps + 1, runs) the weight at each step.
        curvature: λ of the parabola.
    """
    figure, axes = panels(len(rates), sharex=True, sharey=True)
    reach = 1.15 * np.abs(paths).max()
    height = "loss ½ w²" if curvature == 1 else "loss ½ λ w²"
    w = np.linspace(-reach, reach, 200)
    for axis, (name, colour, _), path in zip(axes, distinct(list(map(scientific, rates))), paths.T):
        axis.plot(w, curvature / 2 * w**2, color=GREY, linewidth=1)
        axis.plot(path, curvature / 2 * path**2, "o-", color=colour, markersize=5)
        axis.plot(path[0], curvature / 2 * path[0] ** 2, "s", color="black", markersize=8)
        label(axis, "weight w", height, f"η = {name}")
    outer_labels(axes)
    return figure


def step_lengths(slopes: np.ndarray, lengths: np.ndarray, rates: Sequence[float]) -> Figure:
    """The length of one update against the slope where it starts, with the line η × slope.

    Args:
        slopes: (points,) size of the gradient.
        lengths: (points, runs) length of the update made there at each rate.
        rates: (runs,).
    """
    figure, (axis,) = canvas()
    names = [f"η = {scientific(rate)}" for rate in rates]
    for (name, colour, line), length, rate in zip(distinct(names), lengths.T, rates):
        axis.plot(slopes, rate * slopes, line, color=colour, linewidth=1)
        axis.plot(slopes, length, "o", color=colour, label=name)
    label(axis, "size of the slope |g|", "length of the update |Δw|")
    axis.legend(title="dots: measured, lines: η |g|")
    return figure


def shrinking(rates: Sequence[float], paths: np.ndarray, curvature: float = 1.0) -> Figure:
    """|w| at each step on a log axis, with the straight line |w₀| |1 − ηλ|ᵗ that it should follow.

    Args:
        rates: (runs,).
        paths: (steps + 1, runs).
        curvature: λ.
    """
    figure, (axis,) = canvas()
    t = np.arange(len(paths))
    for (name, colour, line), path, rate in zip(distinct(list(map(str, rates))), paths.T, rates):
        predicted = np.abs(path[0]) * np.abs(1 - rate * curvature) ** t
        axis.semilogy(t, predicted, linestyle=line, color=colour, linewidth=1)
        text = f"η = {name}, 1 − ηλ = {1 - rate * curvature:+.2f}".replace("-", "−")
        axis.semilogy(t, np.abs(path), "o", color=colour, label=text)
    label(axis, "step", "distance from the minimum |w|")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    starts = np.unique(np.abs(paths[0]))
    first = f"{starts[0]:g}" if len(starts) == 1 else "|w_0|"
    lines = rf"${first} \cdot |1 - \eta\lambda|^t$"
    axis.legend(title=f"dots: measured, lines: {lines}", fontsize=10)
    return figure


def contour_paths(
    problem: object, rates: Sequence[float], paths: np.ndarray, extent: Sequence[float]
) -> Figure:
    """Paths over the contours of a two-dimensional problem, one panel a rate.

    Args:
        problem: has ``loss_and_grad(w, step, seeds)`` for weights (rows, 2).
        rates: (runs,).
        paths: (steps + 1, runs, 2).
        extent: (left, right, bottom, top) of the picture; paths are clipped to it.
    """
    figure, axes = panels(len(rates), sharey=True)
    x, y = np.linspace(*extent[:2], 160), np.linspace(*extent[2:], 120)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    height = problem.loss_and_grad(grid, 0, np.zeros(len(grid), int))[0].reshape(len(y), len(x))
    height = height - height.min() + 1e-3
    for number, (axis, rate) in enumerate(zip(axes, rates)):
        levels = np.geomspace(height.min() + 0.02, height.max(), 10)
        axis.contour(x, y, height, levels=levels, norm=LogNorm(), cmap="Greys_r", linewidths=0.8)
        path = paths[:, number]
        axis.plot(*path.T, "o-", color="#D55E00", markersize=3, linewidth=1)
        axis.plot(*path[0], "s", color="black", markersize=7)
        axis.plot(0, 0, "*", color="#0072B2", markersize=13)
        axis.set(xlim=extent[:2], ylim=extent[2:])
        label(axis, "w₁ (flat)", "w₂ (steep)", f"η = {rate:.4g}")
    outer_labels(axes)
    return figure


def promise_kept(rates: np.ndarray, share: np.ndarray) -> Figure:
    """Measured fall of the loss in one step, as a share of the η |g|² that the slope promises.

    Args:
        rates: (points,).
        share: (points, seeds); 1 where the promise is kept, below 0 where the loss rose.
    """
    figure, (axis,) = canvas()
    axis.semilogx(rates, share, color="#56B4E9", linewidth=0.8)
    axis.semilogx(rates, np.median(share, axis=1), color="#0072B2", linewidth=2.4, label="median")
    axis.axhline(1, color="#009E73", linestyle="--", linewidth=1, label="the promise, η |g|²")
    axis.axhline(0, color="#D55E00", linestyle=":", linewidth=1.5, label="below: the loss rose")
    axis.set_ylim(-1.5, 1.25)
    label(axis, "learning rate η (log scale)", "fall of the loss ÷ η |g|²")
    axis.legend(loc="lower left")
    return figure


def distances(rates: np.ndarray, moved: Mapping[str, np.ndarray]) -> Figure:
    """How far the weights go, against the rate: of several lengths, each with its proportion.

    Args:
        rates: (points,).
        moved: name -> (points, seeds) lengths.
    """
    figure, (axis,) = canvas()
    for (name, colour, _), marker, values in zip(distinct(list(moved)), "os^Dvp", moved.values()):
        low, high = values.min(axis=1), values.max(axis=1)
        axis.fill_between(rates, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.loglog(rates, np.median(values, axis=1), marker=marker, color=colour, label=name)
        guide = np.median(values[0]) * rates / rates[0]
        axis.loglog(rates, guide, ":", color=GREY, linewidth=1)
    label(axis, "learning rate η (log scale)", "length (log scale)")
    axis.legend(title="dotted: proportional to η")
    return figure
