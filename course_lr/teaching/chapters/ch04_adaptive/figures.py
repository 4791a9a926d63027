"""Figures of chapter 04: effective rates beside paths, start-up, bands of many methods, units."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    band,
    canvas,
    colour,
    distinct,
    label,
    outer_labels,
)

EFFECTIVE = "effective rate (log scale)"
DIRECTIONS = ("flat", "steep")


def paths_and_rates(
    problem: object,
    paths: Mapping[str, np.ndarray],
    rates: Mapping[str, np.ndarray],
    extent: Sequence[float],
) -> Figure:
    """A column a method: its path over contours, and below it both coordinates' effective rates.

    Args:
        problem: has ``loss_and_grad(w, step, seeds)`` for weights (rows, 2).
        paths: name -> (steps + 1, 2).
        rates: name -> (steps, 2), the effective rate of each coordinate at each step.
        extent: (left, right, bottom, top) of the plane; paths are clipped to it.
    """
    columns = len(paths)
    figure, axes = canvas(columns, 2, size=(9.2, 5.6), sharex="row", sharey="row")
    for upper, lower, name in zip(axes, axes[columns:], paths):
        contours(upper, problem, extent)
        upper.plot(*paths[name].T, "o-", color=COLOURS[1], markersize=3, linewidth=1)
        upper.plot(*paths[name][0], "s", color="black", markersize=7)
        upper.plot(0, 0, "*", color=COLOURS[0], markersize=13)
        upper.set(xlim=extent[:2], ylim=extent[2:])
        label(upper, "w₁ (flat)", "w₂ (steep)", name)
        for (side, shade, line), values in zip(distinct(DIRECTIONS), rates[name].T):
            lower.semilogy(values, linestyle=line, color=shade, label=side)
        label(lower, "step", EFFECTIVE)
    axes[columns].legend()
    for axis in axes[1:columns]:
        axis.set_ylabel("")
    return figure


def contours(axis, problem: object, extent: Sequence[float], levels: int = 10) -> None:
    """Contours of a two-dimensional problem's loss, evenly spaced in its logarithm."""
    x, y = np.linspace(*extent[:2], 160), np.linspace(*extent[2:], 120)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    height = problem.loss_and_grad(grid, 0, np.zeros(len(grid), int))[0].reshape(len(y), len(x))
    height = height - height.min() + 1e-3
    at = np.geomspace(height.min() + 0.02, height.max(), levels)
    axis.contour(x, y, height, levels=at, norm=LogNorm(), cmap="Greys_r", linewidths=0.8)


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
        lower.semilogy(rates[name], linestyle=line, color=shade, label=name)
    label(upper, "", "weight w")
    label(lower, "step", EFFECTIVE)
    upper.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def start_up(sizes: Mapping[str, np.ndarray]) -> Figure:
    """The size of each step over η for gradients that are all alike, log-log.

    Args:
        sizes: name -> (steps,), the first step first.
    """
    figure, (axis,) = canvas()
    for name, shade, line in distinct(list(sizes)):
        steps = np.arange(1, len(sizes[name]) + 1)
        axis.loglog(steps, sizes[name], linestyle=line, color=shade, label=name)
    ticks = [1, 2, 5, 10]
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    label(axis, "step, counted from 1 (log scale)", "size of the step ÷ η (log scale)")
    axis.legend()
    return figure


def methods_against_rate(
    rates: Mapping[tuple[str, str], np.ndarray],
    accuracy: Mapping[tuple[str, str], np.ndarray],
    on: str = "validation",
) -> Figure:
    """Mean accuracy against η, one panel a problem, one line a method, its best rate marked.

    Args:
        rates: (problem, method) -> (runs,).
        accuracy: (problem, method) -> (runs, seeds), 0 to 1.
        on: the examples that the accuracy was measured on.
    """
    problems = list(dict.fromkeys(problem for problem, _ in rates))
    methods = list(dict.fromkeys(method for _, method in rates))
    figure, axes = canvas(len(problems), size=(9.2, 4.6))
    for axis, problem in zip(axes, problems):
        for name, shade, line in distinct(methods):
            if (problem, name) in rates:
                eta, mean = rates[problem, name], 100 * accuracy[problem, name].mean(axis=1)
                axis.semilogx(eta, mean, linestyle=line, color=shade, label=name)
                axis.plot(eta[mean.argmax()], mean.max(), "o", color=shade, markersize=7)
        label(axis, "learning rate η (log scale)", f"{on} accuracy (%)", problem)
    outer = axes[0].get_legend_handles_labels()
    figure.legend(*outer, loc="outside lower center", ncols=len(methods), frameon=False)
    axes[-1].set_ylabel("" if len(axes) > 1 else axes[-1].get_ylabel())
    return figure


def near_best_bands(bands: Mapping[tuple[str, str], np.ndarray]) -> Figure:
    """The near-best band of each method as a bar over η, one panel a setting, one below the other.

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
        axis.set(xscale="log", ylim=(0.6 - len(methods), 0.6))
        axis.set_yticks(-np.arange(len(methods)), methods)
        label(axis, "η (log scale); ◆ the best", "", setting)
    outer_labels(axes)
    return figure


def accuracy_against_scale(
    scales: np.ndarray, accuracy: Mapping[str, np.ndarray], chance: float
) -> Figure:
    """Accuracy against what the loss is multiplied by, at a rate that was tuned for 1.

    Args:
        scales: (points,).
        accuracy: name -> (points, seeds), 0 to 1.
        chance: the accuracy of guessing, drawn as a line.
    """
    figure, (axis,) = canvas()
    for name, shade, line in distinct(list(accuracy)):
        band(axis, scales, 100 * accuracy[name], shade, name, linestyle=line, marker=".")
    axis.axhline(100 * chance, color=GREY, linewidth=1, linestyle="--", label="guessing")
    axis.set_xscale("log")
    label(axis, "the loss is multiplied by (log scale)", "validation accuracy (%)")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def wrong_way(paths: Mapping[str, np.ndarray], best: float) -> Figure:
    """A weight in [−1, 1] against the step, one line a method, and where the loss is lowest.

    Args:
        paths: name -> (steps + 1,).
        best: the best place.
    """
    figure, (axis,) = canvas()
    axis.axhline(best, color=GREY, linewidth=1, linestyle="--", label="best on average")
    for name, shade, line in distinct(list(paths)):
        axis.plot(paths[name], linestyle=line, color=shade, label=name)
    axis.set_ylim(-1.15, 1.15)
    label(axis, "step", "weight x")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def known_and_unknown(points: Mapping[str, np.ndarray]) -> Figure:
    """Test accuracy against training accuracy during training: at one x, higher learns better.

    Args:
        points: name -> (2, epochs), training and test accuracy, means over seeds, 0 to 1.
    """
    figure, (axis,) = canvas()
    for name, shade, line in distinct(list(points)):
        axis.plot(*(100 * points[name]), linestyle=line, marker=".", color=shade, label=name)
    label(axis, "training accuracy (%)", "test accuracy (%)")
    axis.legend()
    return figure
