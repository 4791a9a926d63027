"""Figures of warm-up: with and without it, sharpness along the way, what it gains."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.chapters.ch02_rates.figures import RATE
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    OUTCOMES,
    band,
    canvas,
    distinct,
    label,
    outer_labels,
    panels,
    scientific,
)

TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
TOP = 50.0  # of a loss; what lies above is marked there

Accuracy = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Rates (runs,) and accuracy (runs, seeds), 0 to 1, by name."""


def from_distances(curves: Mapping[str, np.ndarray], distances: Sequence[float]) -> Figure:
    """Loss against the step from several distances, one panel a rate, on one log axis.

    Args:
        curves: title -> (steps + 1, distances).
        distances: of the starts from the minimum.
    """
    figure, axes = panels(len(curves), sharex=True, sharey=True)
    for axis, (title, loss) in zip(axes, curves.items()):
        names = [f"from {distance:g}" for distance in distances]
        for (name, colour, line), run in zip(distinct(names), loss.T):
            axis.semilogy(run, color=colour, linestyle=line, label=name)
        label(axis, "step", "", title)
    axes[0].set_ylabel("loss (log scale)")
    axes[0].legend(loc="upper right")
    return figure


def runs_with_and_without(curves: Mapping[str, np.ndarray], guessing: float) -> Figure:
    """Loss of every run, one panel a way, on one log axis; a triangle where one leaves it.

    Args:
        curves: title -> (steps + 1, seeds).
        guessing: the loss of guessing, drawn as a line.
    """
    figure, axes = panels(len(curves), sharex=True, sharey=True)
    for axis, (title, loss) in zip(axes, curves.items()):
        shown = np.minimum(np.nan_to_num(loss, nan=np.inf, posinf=np.inf), 2 * TOP)
        smooth = np.exp([np.convolve(np.log(run), np.ones(8) / 8, "valid") for run in shown.T]).T
        axis.semilogy(np.arange(4, 4 + len(smooth)), smooth, color=COLOURS[0], linewidth=0.8)
        above = shown > TOP
        first = above.argmax(axis=0)[above.any(axis=0)]
        if len(first):
            axis.plot(first, np.full(len(first), TOP), "^", color=COLOURS[1], clip_on=False)
        axis.axhline(guessing, color=GREY, linestyle=":")
        label(axis, "step", "loss (log scale)", title)
    axes[0].set_ylim(0.03, TOP)
    outer_labels(axes)
    return figure


def accuracy_with_and_without(problems: Mapping[str, Accuracy]) -> Figure:
    """Mean accuracy against the peak rate, one panel a problem, one line a way.

    Args:
        problems: title -> name of the way -> (rates, accuracy). A star marks each line's best.
    """
    figure, axes = panels(len(problems))
    for axis, (title, ways) in zip(axes, problems.items()):
        looks, size = distinct(list(ways)), 19  # each star smaller, so that none hides another
        for (name, colour, line), (rates, accuracy) in zip(looks, ways.values()):
            mean = 100 * accuracy.mean(axis=1)
            axis.plot(rates, mean, color=colour, linestyle=line, label=name)
            best = int(mean.argmax())
            star = {"color": colour, "markeredgecolor": "white", "markersize": size}
            axis.plot(rates[best], mean[best], "*", zorder=4, **star)
            size -= 8
        axis.set_xscale("log")
        ticks = [tick for tick in TICKS if rates[0] / 1.05 < tick < 1.05 * rates[-1]]
        axis.set_xticks(ticks, [scientific(tick) for tick in ticks])
        axis.minorticks_off()
        label(axis, "", "", title)
    rows, columns = axes[0].get_gridspec().get_geometry()
    for number, axis in enumerate(axes):
        if number >= (rows - 1) * columns:
            axis.set_xlabel(RATE)
        if number % columns == 0:
            axis.set_ylabel("test accuracy (%)")
    axes[0].legend(loc="lower left")
    return figure


def sharpness_along(
    steps: np.ndarray, sharpness: Mapping[float, np.ndarray], eta: Mapping[float, np.ndarray]
) -> Figure:
    """Sharpness during training and the limit 2/η, one panel a target rate, on log axes.

    Args:
        steps: (points,).
        sharpness: target rate -> (points, seeds).
        eta: target rate -> (points,), the rate of the next update; 0 has no limit.
    """
    figure, axes = panels(len(sharpness), sharex=True, sharey=True)
    for axis, (target, values) in zip(axes, sharpness.items()):
        rates = eta[target]
        limit = np.divide(2, rates, out=np.full(len(rates), np.nan), where=rates > 0)
        band(axis, steps, values, COLOURS[0], "sharpness, band: seeds", marker=".")
        axis.plot(steps, limit, "--", color=COLOURS[1], label="2/η")
        axis.set_yscale("log")
        label(axis, "step", "", f"target rate {scientific(target)}")
    axes[0].set_ylabel("largest curvature (log)")
    axes[0].set_ylim(5, 2000)
    axes[0].legend(loc="upper right")
    return figure


def points_gained(measurements: Mapping[str, Mapping]) -> Figure:
    """Points of accuracy that a warm-up gains: a point and its interval a row.

    Colour, marker and the word at the right tell the outcome.

    Args:
        measurements: name of the row -> measurement of the report, with ``effect``, ``low``,
            ``high``, ``outcome`` and ``asked``; the last is drawn as a line.
    """
    figure, (axis,) = canvas(size=(8.6, 0.5 * len(measurements) + 1.2))
    for row, each in enumerate(measurements.values()):
        _, marker, colour = OUTCOMES[each["outcome"]]
        axis.plot([each["low"], each["high"]], [row, row], color=colour, linewidth=4, alpha=0.5)
        axis.plot(each["effect"], row, marker, color=colour, markersize=9)
        look = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 13}
        axis.annotate(each["outcome"], (1.02, row), **look)
    axis.axvline(0, color=GREY, linewidth=1)
    for asked in sorted({each["asked"] for each in measurements.values()}):
        axis.axvline(asked, color="black", linestyle=":")
    axis.set_yticks(range(len(measurements)), list(measurements))
    axis.set(ylim=(len(measurements) - 0.4, -0.6))
    label(axis, "points gained with a warm-up (dotted: asked for)", "")
    return figure
