"""Figures of chapter 08: false alarms, and what controllers make of a bad start."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.maps import draw_map
from course_lr.teaching.figures.style import (
    COLOURS,
    canvas,
    colour,
    label,
    outer_labels,
    panel_grid,
    scientific,
)


def false_alarms(batch_sizes: list[int], alarms: Mapping[str, np.ndarray]) -> Figure:
    """False alarms in 1,000 steps against the batch size, one group of bars per rule.

    Args:
        batch_sizes: (sizes,).
        alarms: rule -> (sizes,), alarms in 1,000 steps of a healthy run.
    """
    figure, (axis,) = canvas(size=(8.2, 4.0))
    width, place = 0.8 / len(alarms), np.arange(len(batch_sizes))
    for number, (rule, counts) in enumerate(alarms.items()):
        x = place + (number - (len(alarms) - 1) / 2) * width
        bars = axis.bar(x, np.maximum(counts, 0.1), 0.92 * width, color=colour(number), label=rule)
        texts = [f"{count:.0f}" if count >= 1 or not count else f"{count:.1f}" for count in counts]
        axis.bar_label(bars, texts, fontsize=11)
    axis.set(yscale="log", ylim=(0.1, 30_000), yticks=[0.1, 1, 10, 100, 1000])
    axis.set_xticks(place, [str(size) for size in batch_sizes])
    axis.grid(axis="x", visible=False)
    label(axis, "examples in a batch", "alarms in 1,000 steps (log)")
    axis.legend(loc="upper center", ncols=2)
    return figure


def rate_paths(
    eta: Mapping[str, np.ndarray], band: tuple[float, float], limits: tuple[float, float]
) -> Figure:
    """η against the step from many starts, one panel per controller, one line per start.

    Args:
        eta: controller -> (steps, starts); NaN from the step on at which a run has diverged.
        band: the ends of the band of good constant rates, shaded.
        limits: the ends of the axis.
    """
    figure, axes = panel_grid(len(eta), sharex=True, sharey=True)
    for axis, (name, rates) in zip(axes, eta.items()):
        axis.axhspan(*band, color=COLOURS[2], alpha=0.18, linewidth=0)
        tints = np.linspace(0, 1, rates.shape[1])
        for start, tint in zip(rates.T, tints):
            shade = (tint * 0.83, 0.45 - 0.08 * tint, 0.7 * (1 - tint))  # blue to vermilion
            axis.plot(np.where(start > 0, start, np.nan), color=shade, linewidth=1.3)
        axis.set_ylim(limits)
        label(axis, "step", "rate η (log scale)", name)
    outer_labels(axes)
    return figure


def rescue_maps(
    starts: np.ndarray, accuracy: Mapping[str, Mapping[str, np.ndarray]], best: Mapping[str, float]
) -> Figure:
    """Mean test accuracy by starting rate and controller, one map per problem.

    Args:
        starts: (starts,) rates.
        accuracy: problem -> controller -> (starts, seeds), 0 to 1.
        best: problem -> mean accuracy of the best tuned constant, 0 to 1; cells whose mean lies
            within two points of it have a dot.
    """
    figure, axes = canvas(1, len(accuracy), size=(9.2, 0.4 + 1.75 * len(accuracy)), sharex=True)
    for axis, (problem, controllers) in zip(axes, accuracy.items()):
        means, top = 100 * np.array([a.mean(axis=1) for a in controllers.values()]), best[problem]
        image = draw_map(axis, means, list(map(scientific, starts)), list(controllers),
                         span=(10, 100 * top))  # fmt: skip
        row, column = np.nonzero(means >= 100 * top - 2)
        axis.plot(column, row, "o", color=COLOURS[1], markersize=6)
        label(axis, "", "", f"{problem} (best constant: {100 * top:.0f} %)")
        figure.colorbar(image, ax=axis, label="accuracy (%)", pad=0.01)
    axes[-1].set_xlabel("rate at the start")
    return figure
