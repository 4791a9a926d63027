"""Figures of chapter 07: where balls end, bounds of cycles, the ends of cycles."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from course_lr import RangeTest
from course_lr.teaching.figures.by_rate import RATE
from course_lr.teaching.figures.curves import draw_lines
from course_lr.teaching.figures.maps import draw_map
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    canvas,
    label,
    outer_labels,
    panel_grid,
    scientific,
)

BASINS = ("#009E73", "#E6E6E6", "#CFCFCF", "#DADADA", "#C2C2C2", "#EEEEEE", "#B8B8B8", "#F4F4F4")
"""Of the deepest basin, and of the others."""


def basin_maps(
    axis_points: np.ndarray, basins: Mapping[str, np.ndarray], minima: Mapping[str, np.ndarray]
) -> Figure:
    """One panel per name: each start coloured by the basin that it ends in, the deepest green.

    Args:
        axis_points: (side,) coordinates of the starts along either axis.
        basins: title -> (side, side) place of the basin, 0 for the deepest; rows go with y.
        minima: title -> (k, 2) the minima, the deepest first.
    """
    figure, axes = panel_grid(len(basins), 3.05, sharex=True, sharey=True)
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
    """One panel per name: where each start ends, with the minima as lines.

    Args:
        starts: (points,).
        ends: title -> (points,).
        minima: (k,), the deepest first.
    """
    figure, axes = panel_grid(len(ends), sharex=True, sharey=True)
    within = 1.2 * max(np.abs(starts).max(), max(np.abs(end).max() for end in ends.values()))
    for axis, (title, end) in zip(axes, ends.items()):
        axis.set_ylim(-within, within)
        for place in minima[1:][np.abs(minima[1:]) < within]:
            axis.axhline(place, color=GREY, linewidth=0.6)
        axis.axhline(minima[0], color=COLOURS[2], linewidth=3, alpha=0.6)
        axis.plot(starts, end, ".", color=COLOURS[0], markersize=5)
        label(axis, "start w", "end w", title)
    outer_labels(axes)
    return figure


def bounds_map(maps: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """One panel per problem: accuracy over both bounds, with what is near the best constant rate.

    Outlined are the pairs that miss the best constant rate by at most one point.

    Args:
        maps: title -> (upper bounds (P,), lower as parts of the upper (L,), accuracy (P, L), 0
            to 1). The last part is 1: equal bounds, a constant rate.
    """
    figure, axes = canvas(len(maps), size=(9.2, 4.2))
    for axis, (title, (upper, parts, accuracy)) in zip(axes, maps.items()):
        mean = 100 * np.asarray(accuracy, float).T  # (parts, peaks)
        draw_map(axis, mean, list(map(scientific, upper)), list(map(scientific, parts)),
                 span=(0.7 * mean.max(), mean.max()), digits=0)  # fmt: skip
        axis.invert_yaxis()
        for row, column in np.argwhere(mean >= mean[-1].max() - 1):
            axis.plot(column + np.array([-0.5, 0.5, 0.5, -0.5, -0.5]),
                      row + np.array([-0.5, -0.5, 0.5, 0.5, -0.5]),
                      color=COLOURS[1], linewidth=2.5)  # fmt: skip
        label(axis, "upper bound η_max", "", title)
    axes[0].set_ylabel("lower bound / upper bound")
    return figure


def range_tests_with_bounds(ladders: Mapping[str, RangeTest]) -> Figure:
    """One panel per problem: the loss of a range test, and the bounds that it suggests."""
    figure, axes = canvas(len(ladders), size=(9.2, 3.9))
    for axis, (title, ladder) in zip(axes, ladders.items()):
        top = 1.5 * ladder.smoothed[0]
        for name, loss, shade in (
            ("loss", ladder.loss, COLOURS[5]), ("smoothed", ladder.smoothed, COLOURS[0]),
        ):  # fmt: skip
            axis.plot(ladder.rates, np.minimum(loss, top), color=shade, label=name)
        axis.lines[0].set_linewidth(1)
        axis.axvspan(*ladder.range, color=COLOURS[2], alpha=0.2, label="bounds of the cycle")
        axis.set_ylim(0, top)
        label(axis, RATE, "", title)
    axes[0].set_ylabel("loss of the batch")
    axes[0].legend(loc="lower left")
    return figure


def ends_of_cycles(
    eta: np.ndarray, loss: np.ndarray, ends: np.ndarray, accuracy: Mapping[str, np.ndarray]
) -> Figure:
    """Rate and loss of a training with cycles, and the accuracy at the end of each cycle.

    Args:
        eta: (steps,) rate of each update.
        loss: (steps,) loss, smoothed.
        ends: (cycles,) updates made at the end of each cycle.
        accuracy: name -> (cycles,) of the snapshot taken there, and of what is made of them.
    """
    figure, (left, right) = canvas(2, size=(9.2, 4.2))
    left.plot(np.arange(1, len(eta) + 1), loss, color=COLOURS[0], label="loss")
    left.plot(ends, loss[ends - 1], "o", color="black", markersize=7, label="end of a cycle")
    label(left, "step", "training loss (log scale)")
    other = left.twinx()
    other.plot(np.arange(1, len(eta) + 1), eta, ":", color=COLOURS[1])
    other.set_ylabel("learning rate η (dotted)", color=COLOURS[1])
    other.set_ylim(0, 3 * eta.max())
    other.grid(False)
    left.legend(loc="upper right")
    cycles = np.arange(1, len(ends) + 1)
    draw_lines(right, {name: (cycles, 100 * values) for name, values in accuracy.items()})
    right.set_xticks(cycles)
    label(right, "cycles done", "validation accuracy (%)")
    right.legend(loc="lower right")
    return figure
