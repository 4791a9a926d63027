"""Figures of chapter 07: where balls end, peaks and bounds of cycles, the ends of cycles."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    canvas,
    distinct,
    label,
    outer_labels,
    panels,
)

PEAK = "peak rate η_max (log scale)"
BASINS = ("#009E73", "#E6E6E6", "#CFCFCF", "#DADADA", "#C2C2C2", "#EEEEEE", "#B8B8B8", "#F4F4F4")
"""Of the deepest basin, and of the others."""


def basin_maps(
    axis_points: np.ndarray, basins: Mapping[str, np.ndarray], minima: Mapping[str, np.ndarray]
) -> Figure:
    """One panel a name: each start coloured by the basin that it ends in, the deepest green.

    Args:
        axis_points: (side,) coordinates of the starts along either axis.
        basins: title -> (side, side) place of the basin, 0 for the deepest; rows go with y.
        minima: title -> (k, 2) the minima, the deepest first.
    """
    figure, axes = panels(len(basins), sharex=True, sharey=True)
    rows = -(-len(basins) // axes[0].get_gridspec().ncols)
    figure.set_size_inches(9.2, 2.9 * rows + 0.3)
    for axis, (title, places) in zip(axes, basins.items()):
        axis.pcolormesh(
            axis_points, axis_points, places, cmap=ListedColormap(BASINS), vmin=0, vmax=7,
            shading="nearest", rasterized=True,
        )  # fmt: skip
        axis.plot(*minima[title][1:].T, "o", color="black", markersize=4)
        axis.plot(*minima[title][0], "*", color="white", markersize=14, markeredgecolor="black")
        axis.set_aspect("equal")
        axis.grid(False)
        share = 100 * np.mean(places == 0)
        label(axis, "start $w_1$", "start $w_2$", f"{title}: {share:.0f} %")
    outer_labels(axes)
    return figure


def ends_against_starts(
    starts: np.ndarray, ends: Mapping[str, np.ndarray], minima: np.ndarray
) -> Figure:
    """One panel a name: where each start ends, with the minima as lines.

    Args:
        starts: (points,).
        ends: title -> (points,).
        minima: (k,), the deepest first.
    """
    figure, axes = panels(len(ends), sharex=True, sharey=True)
    within = 1.2 * max(np.abs(starts).max(), max(np.abs(found).max() for found in ends.values()))
    for axis, (title, found) in zip(axes, ends.items()):
        axis.set_ylim(-within, within)
        for place in minima[1:][np.abs(minima[1:]) < within]:
            axis.axhline(place, color=GREY, linewidth=0.6)
        axis.axhline(minima[0], color=COLOURS[2], linewidth=3, alpha=0.6)
        axis.plot(starts, found, ".", color=COLOURS[0], markersize=5)
        label(axis, "start w", "end w", title)
    outer_labels(axes)
    return figure


def plain_ticks(axis: Axes) -> None:
    """Numbers such as 0.3 and 1 on a short log axis."""
    low, high = axis.get_xlim()
    ticks = [tick for tick in (0.03, 0.1, 0.3, 1, 3) if low <= tick <= high]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.xaxis.set_minor_formatter(NullFormatter())


def against_peak(
    parts: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]],
    what: str,
    *,
    lowest: float | None = None,
    limits: Mapping[str, float] | None = None,
) -> Figure:
    """One panel a part: a share in per cent against the peak, one line a schedule.

    Each line is thinner than the one before, so that where they meet all are seen.

    Args:
        parts: title -> schedule -> (peaks (runs,), share (runs, seeds), 0 to 1).
        what: the name of the upright axis.
        lowest: where that axis begins, in per cent.
        limits: title -> a rate 2/λ, drawn as a dotted line.
    """
    figure, axes = canvas(len(parts), size=(9.2, 4.6), sharey=True)
    for axis, (title, schedules) in zip(axes, parts.items()):
        colours = [colour for colour in COLOURS if colour != COLOURS[5]]  # one blue is enough
        looks, top = distinct(list(schedules)), 0.0
        for i, ((name, _, line), (peaks, share)) in enumerate(zip(looks, schedules.values())):
            mean = 100 * np.asarray(share, float).mean(axis=1)
            best, top = mean.argmax(), max(top, mean.max())
            look = {"color": colours[i % len(colours)], "zorder": 3}
            axis.plot(peaks, mean, linestyle=line, label=name, linewidth=4 - 0.5 * i, **look)
            axis.plot(peaks[best], mean[best], "*", markersize=16 - 2 * i, **look)
        if limits:
            axis.axvline(limits[title], color=GREY, linestyle=":", label="2/λ")
        axis.set(xscale="log")
        plain_ticks(axis)
        if lowest is not None:
            axis.set_ylim(lowest, top + 0.06 * (top - lowest))
        label(axis, PEAK, "", title)
    axes[0].set_ylabel(what)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, fontsize=12)
    return figure


def bounds_map(
    maps: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], below: float = 1.0
) -> Figure:
    """One panel a problem: accuracy over both bounds; outlined is what is not much worse than the
    best constant rate.

    Args:
        maps: title -> (upper bounds (P,), lower as parts of the upper (L,), accuracy (P, L), 0
            to 1). The last part is 1: equal bounds, a constant rate.
        below: by how many points an outlined pair may miss the best constant rate.
    """
    figure, axes = canvas(len(maps), size=(9.2, 4.2))
    for axis, (title, (upper, parts, accuracy)) in zip(axes, maps.items()):
        mean = 100 * np.asarray(accuracy, float).T  # (parts, peaks)
        axis.pcolormesh(mean, cmap="viridis", vmin=0.7 * mean.max(), vmax=mean.max())
        for (row, column), value in np.ndenumerate(mean):
            near = value >= mean[-1].max() - below
            look = {"weight": "bold" if near else "normal"}
            look["color"] = "black" if value > 0.85 * mean.max() else "white"
            axis.text(column + 0.5, row + 0.5, f"{value:.0f}", ha="center", va="center", **look)
            if near:
                axis.plot(column + np.array([0, 1, 1, 0, 0]), row + np.array([0, 0, 1, 1, 0]),
                          color=COLOURS[1], linewidth=2)  # fmt: skip
        axis.set_xticks(np.arange(len(upper)) + 0.5, [f"{value:.2g}" for value in upper])
        axis.set_yticks(np.arange(len(parts)) + 0.5, [f"{part:g}" for part in parts])
        axis.grid(False)
        label(axis, "upper bound η_max", "", title)
    axes[0].set_ylabel("lower bound / upper bound")
    return figure


def ladder_with_range(
    ladders: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, tuple[float, float]]],
) -> Figure:
    """One panel a problem: the loss of a range test, and the bounds that were read.

    Args:
        ladders: title -> (rates (T,), loss (T,), smoothed (T,), (lower, upper)).
    """
    figure, axes = canvas(len(ladders), size=(9.2, 3.9))
    for axis, (title, (rates, loss, smoothed, bounds)) in zip(axes, ladders.items()):
        top = 1.5 * smoothed[0]
        axis.plot(rates, np.minimum(loss, top), color=COLOURS[5], linewidth=1, label="loss")
        axis.plot(rates, np.minimum(smoothed, top), color=COLOURS[0], label="smoothed")
        axis.axvspan(*bounds, color=COLOURS[2], alpha=0.2, label="bounds of the cycle")
        axis.set(xscale="log", ylim=(0, top))
        label(axis, "learning rate η (log scale)", "", title)
    axes[0].set_ylabel("loss of the batch")
    axes[0].legend(loc="lower left")
    return figure


def trailing(loss: np.ndarray, window: int) -> np.ndarray:
    """At each step the mean of ``loss`` over the last ``window`` steps; NaN where there are fewer.

    >>> trailing(np.array([1.0, 3.0, 5.0]), 2)
    array([nan,  2.,  4.])
    """
    means = np.convolve(loss, np.ones(window) / window, "valid")
    return np.concatenate([np.full(window - 1, np.nan), means])


def ends_of_cycles(
    eta: np.ndarray, loss: np.ndarray, ends: np.ndarray, accuracy: Mapping[str, np.ndarray]
) -> Figure:
    """Rate and loss of a training with cycles, and the accuracy at the end of each cycle.

    Args:
        eta: (steps,) rate of each update.
        loss: (steps,) loss, smoothed by :func:`trailing`.
        ends: (cycles,) updates made at the end of each cycle.
        accuracy: name -> (cycles,) of the snapshot taken there, and of what is made of them.
    """
    figure, (left, right) = canvas(2, size=(9.2, 4.2))
    left.plot(np.arange(1, len(eta) + 1), loss, color=COLOURS[0], label="loss")
    left.plot(ends, loss[ends - 1], "o", color="black", markersize=7, label="end of a cycle")
    label(left, "step", "training loss (log scale)")
    left.set_yscale("log")
    other = left.twinx()
    other.plot(np.arange(1, len(eta) + 1), eta, ":", color=COLOURS[1])
    other.set_ylabel("learning rate η (dotted)", color=COLOURS[1])
    other.set_ylim(0, 3 * eta.max())
    other.grid(False)
    left.legend(loc="upper right")
    cycles = np.arange(1, len(ends) + 1)
    for (name, colour, line), values in zip(distinct(list(accuracy)), accuracy.values()):
        right.plot(cycles, 100 * values, color=colour, linestyle=line, marker="o", label=name)
    right.set_xticks(cycles)
    label(right, "cycles done", "validation accuracy (%)")
    right.legend(loc="lower right")
    return figure
