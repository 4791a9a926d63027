"""Figures whose horizontal axis is the learning rate: which rate is best, and which are tried."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr import RangeTest
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    band,
    canvas,
    distinct,
    label,
    legend_above,
    outer_labels,
    panel_grid,
    plain_ticks,
    scientific,
)

RATE = "learning rate η (log scale)"


def best_by_rate(
    panels: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]],
    y: str = "mean test accuracy (%)",
    *,
    x: str = RATE,
    lowest: float | Sequence[float] = 0.0,
    marks: Mapping[str, Mapping[str, float]] | None = None,
) -> Figure:
    """Mean share against the rate: one panel per problem, one line per method, starred at its best.

    Each line and star is smaller than the one before, so that all are seen where they meet.

    Args:
        panels: title -> method -> (rates (runs,), share (runs, seeds), 0 to 1).
        y: name of the vertical axis, in per cent.
        x: name of the horizontal axis.
        lowest: where the vertical axis begins; one number for all panels, or one for each.
        marks: title -> name -> a rate, drawn as a dotted line in the colour of the method of that
            name; under a name of its own it is grey.
    """
    shared = np.ndim(lowest) == 0
    figure, axes = panel_grid(len(panels), 4.6 if len(panels) < 4 else 3.2, sharey=shared)
    for axis, (title, methods), low in zip(
        axes, panels.items(), np.broadcast_to(lowest, len(axes))
    ):
        looks, top = distinct(list(methods)), low
        for number, (name, shade, line) in enumerate(looks):
            rates, share = methods[name]
            mean = 100 * np.asarray(share, float).mean(axis=1)
            best, top = mean.argmax(), max(top, mean.max())
            width = max(3.2 - 0.35 * number, 1.8)
            axis.plot(rates, mean, linestyle=line, color=shade, label=name, linewidth=width)
            axis.plot(rates[best], mean[best], "*", color=shade, markersize=18 - 2 * number,
                      markeredgecolor="white", zorder=4)  # fmt: skip
        for name, rate in (marks or {}).get(title, {}).items():
            shades = {method: shade for method, shade, _ in looks}
            own = {"color": GREY, "label": name} if name not in shades else {"color": shades[name]}
            axis.axvline(rate, linestyle=":", **own)
        place = axis.get_subplotspec()
        label(axis, x, y if place.is_first_col() else "", title)
        axis.set_xlabel(x if place.is_last_row() else "")
        plain_ticks(axis.xaxis, (1, 3))
        if not shared:
            axis.set_ylim(low, 1.06 * top - 0.06 * low)
    if shared:
        axes[0].set_ylim(bottom=lowest)
    axes[0].plot([], [], "*", color=GREY, markersize=12, label="best")
    legend_above(figure, axes[0])
    return figure


def loss_by_rate(
    rates: np.ndarray, loss: np.ndarray, failed: np.ndarray, guessing: float
) -> Figure:
    """Final loss against the rate with the band of seeds; below it the share of failed runs.

    Args:
        rates: (runs,).
        loss: (runs, seeds) final loss; ``inf`` where a run has diverged.
        failed: (runs, seeds) booleans.
        guessing: loss of a network that gives every class the same chance, drawn as a line.
    """
    figure, (upper, lower) = canvas(1, 2, size=(7.4, 5.6), sharex=True, height_ratios=(5, 2))
    band(upper, rates, loss, COLOURS[0], "median of the seeds, band: all seeds", marker=".")
    upper.axhline(guessing, color=GREY, linestyle="--", linewidth=1, label="guessing")
    upper.set_xscale("log")
    label(upper, "", "final training loss (log scale)")
    upper.legend()
    lower.bar(rates, 100 * failed.mean(axis=1), 0.08 * rates, color=COLOURS[1])
    lower.set_ylim(0, 105)
    label(lower, RATE, "no better than\nguessing (%)")
    return figure


def tried_rates(panels: Mapping[str, tuple[np.ndarray, np.ndarray, Sequence[float]]]) -> Figure:
    """Validation accuracy against the rate, with the rates that a search tries, numbered in order.

    A diamond marks the best of those that are tried, a star the best of all.

    Args:
        panels: title -> (rates (R,), accuracy (R,), 0 to 1, the rates that are tried); between two
            rates the accuracy is interpolated.
    """
    figure, axes = panel_grid(len(panels), 3.3, sharex=True, sharey=True)
    for axis, (title, (rates, accuracy, tried)) in zip(axes, panels.items()):
        heights = np.interp(np.log(tried), np.log(rates), 100 * accuracy)
        kept, best = heights.argmax(), accuracy.argmax()
        axis.plot(rates, 100 * accuracy, color=GREY)
        axis.plot(tried, heights, "o", color=COLOURS[0], markersize=8)
        for number, place in enumerate(zip(tried, heights), 1):
            axis.annotate(str(number), place, (0, 9), textcoords="offset points", ha="center")
        for rate, height, words, (marker, shade) in (
            (rates[best], 100 * accuracy[best], "best of all", ("*", COLOURS[1])),
            (tried[kept], heights[kept], "best tried", ("D", COLOURS[4])),
        ):
            axis.plot(rate, height, marker, color=shade, markersize=16 if marker == "*" else 9,
                      markeredgecolor="black", label=f"{words}: {scientific(rate)}")  # fmt: skip
        axis.set_ylim(0, 115)
        label(axis, RATE, "validation accuracy (%)", title)
        axis.legend(loc="upper left", fontsize=10)
    outer_labels(axes)
    return figure


def range_tests(
    ladders: Mapping[str, RangeTest], best: Mapping[str, float] | None = None
) -> Figure:
    """The smoothed loss of range tests against the climbing rate, with the usual readings.

    Args:
        ladders: problem -> its range test.
        best: problem -> the best rate of a full search, drawn as a line where there is one.
    """
    figure, axes = canvas(len(ladders), size=(9.2, 4.1))
    for axis, (problem, ladder) in zip(axes, ladders.items()):
        loss = np.where(np.isfinite(ladder.smoothed), ladder.smoothed, np.nan)
        axis.plot(ladder.rates, loss, color=GREY)
        if best and problem in best:
            axis.axvline(best[problem], color="black", linestyle="--", linewidth=1.4,
                         label=f"full search: {scientific(best[problem])}")  # fmt: skip
        for (name, shade, _), marker in zip(distinct(list(ladder.readings)), MARKERS):
            rate = ladder.readings[name]
            height = np.interp(np.log(rate), np.log(ladder.rates), loss)
            axis.plot(rate, height, marker, color=shade, markersize=10,
                      label=f"{name}: {scientific(rate)}")  # fmt: skip
        lowest, first = np.nanmin(loss), loss[0]
        axis.set_ylim(lowest - 0.1 * (first - lowest), 2 * first - lowest)
        label(axis, RATE, "", problem)
        axis.legend(fontsize=10, loc="upper left")
    axes[0].set_ylabel("smoothed training loss")
    return figure
