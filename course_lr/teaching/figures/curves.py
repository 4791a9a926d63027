"""Figures of series: curves on one pair of axes or on many, schedules, every run of a training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from course_lr.teaching.figures.style import (
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
)

Lines = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Name -> x (points,) and y (points,); of y (points, seeds) the median, in a band of all seeds."""
SIGNALS = {
    "loss": ("loss", True),
    "grad_norm": ("gradient norm", True),
    "update_ratio": ("update / weights", True),
    "grad_cosine": ("cosine to the last gradient", False),
    "sharpness": ("sharpness", True),
    "noise_scale": ("noise scale (examples)", True),
}
"""The signals that :func:`signals` draws: their titles, and whether their axis is logarithmic."""


def draw_lines(axis: Axes, lines: Lines) -> None:
    """Each series in a look of its own; one of fewer than thirty points shows them."""
    for number, (name, shade, line) in enumerate(distinct(list(lines))):
        x, y = map(np.asarray, lines[name])
        marker = MARKERS[number % len(MARKERS)] if len(x) < 30 else None
        look = {"linestyle": line, "marker": marker, "markersize": 5}
        if y.ndim == 2:
            band(axis, x, y, shade, name, **look)
        else:
            axis.plot(x, y, color=shade, label=name, **look)


def curves(lines: Lines, x: str, y: str, levels: Mapping[str, float] | None = None) -> Figure:
    """Series on one pair of axes.

    Args:
        lines: what is drawn, by name.
        x, y: names of the axes, with units; one that says log makes its axis logarithmic.
        levels: name -> a height, drawn as a dashed grey line.
    """
    figure, (axis,) = canvas()
    draw_lines(axis, lines)
    for name, height in (levels or {}).items():
        axis.axhline(height, color=GREY, linewidth=1, linestyle="--", label=name)
    label(axis, x, y)
    plain_ticks(axis.xaxis)
    plain_ticks(axis.yaxis)
    beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
    axis.legend(**beside if len(lines) + len(levels or {}) > 4 else {})
    return figure


def small_multiples(
    panels: Mapping[str, Lines],
    x: str,
    y: str,
    limits: Mapping[str, Mapping[str, float | np.ndarray]] | None = None,
) -> Figure:
    """Series on several pairs of axes that share their scales.

    Args:
        panels: title -> what is drawn there, by name.
        x, y: names of the axes, with units; one that says log makes its axes logarithmic.
        limits: title -> name of a series -> its limit, one height or ``(points,)``; dashed.
    """
    figure, axes = panel_grid(
        len(panels), 4.0 if len(panels) < 4 else 3.2, sharex=True, sharey=True
    )
    halo, named = [withStroke(linewidth=3.5, foreground="white")], []
    for axis, (title, lines) in zip(axes, panels.items()):
        draw_lines(axis, lines)
        for name, shade, _ in distinct(list(lines)):
            if name in (limits or {}).get(title, {}):
                steps = lines[name][0]
                heights = np.broadcast_to(limits[title][name], len(steps))
                axis.plot(steps, heights, "--", color=shade, linewidth=1.3, path_effects=halo)
        label(axis, x, y, title)
        if named != list(lines):  # once for panels that show the same series
            axis.legend()
        named = list(lines)
    outer_labels(axes)
    return figure


def rate_trace(steps: np.ndarray, traces: Mapping[str, np.ndarray]) -> Figure:
    """η against the step, one line per name.

    Args:
        steps: (points,).
        traces: name -> (points,).
    """
    return curves({name: (steps, eta) for name, eta in traces.items()}, "step", "learning rate η")


def schedules(steps: np.ndarray, groups: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """The rates of several schedules against the step, one panel per group.

    Args:
        steps: (points,).
        groups: title -> name -> (points,) rates.
    """
    panels = {
        title: {name: (steps, eta) for name, eta in rates.items()}
        for title, rates in groups.items()
    }
    figure = small_multiples(panels, "step", "learning rate η")
    highest = max(eta.max() for rates in groups.values() for eta in rates.values())
    figure.axes[0].set_ylim(-0.05 * highest, 1.7 * highest)  # the legends are above the curves
    return figure


def every_run(
    runs: Mapping[str, np.ndarray],
    y: str = "loss (log scale)",
    *,
    smooth: int = 16,
    limits: tuple[float, float] = (0.0, np.inf),
    guessing: float | None = None,
) -> Figure:
    """Every seed against the step, one panel per name; a cross where a run leaves the picture.

    Args:
        runs: title -> (steps + 1, seeds).
        y: name of the vertical axis.
        smooth: the mean of so many steps is drawn over the curve itself, which is thin.
        limits: the ends of the vertical axis, if they are given.
        guessing: the loss of guessing, drawn as a dotted line.
    """
    figure, axes = panel_grid(len(runs), sharex=True, sharey=True)
    for axis, (title, shade, _), values in zip(axes, distinct(list(runs)), runs.values()):
        inside = values < limits[1]  # neither above nor NaN
        shown = np.where(np.isfinite(values), np.minimum(values, 2 * limits[1]), np.nan)
        axis.plot(shown, color=shade, alpha=0.25, linewidth=0.7)
        means = np.array([smoothed(run, smooth)[1] for run in shown.T]).T
        axis.plot(np.arange(len(means)) + smooth // 2, means, color=shade, linewidth=1.6)
        for run in np.flatnonzero(~inside.all(axis=0)):
            last = max(inside[:, run].argmin() - 1, 0)
            axis.plot(last, values[last, run], "x", color="black", markersize=8)
        if guessing is not None:
            axis.axhline(guessing, color=GREY, linestyle=":")
        label(axis, "step", y, title)
    if np.isfinite(limits[1]):
        axes[0].set_ylim(limits)
    outer_labels(axes)
    return figure


def smoothed(values: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of ``window`` neighbours, and the place of the middle of each.

    >>> smoothed(np.array([1.0, 3.0, 5.0]), 2)
    (array([1., 2.]), array([2., 4.]))
    """
    window = min(window, len(values))
    means = np.convolve(values, np.ones(window) / window, "valid")
    return np.arange(len(means)) + window / 2, means


def signals(
    runs: Mapping[str, Mapping[str, np.ndarray]],
    steps: Mapping[str, np.ndarray] | None = None,
    *,
    limits: Mapping[str, float] | None = None,
    window: int = 8,
) -> Figure:
    """Signals of a training against the step: one panel each, one line per run or per layer.

    Args:
        runs: name of a run -> name of a signal in :data:`SIGNALS` -> ``(points,)``.
        steps: name of a signal -> ``(points,)``, for those that are not taken at every step.
        limits: name of a run -> its 2/η, drawn in the panel of the sharpness.
        window: a signal taken at every step is drawn as means of this many steps.

    Raises:
        ValueError: there is nothing to draw.
    """
    steps, limits = steps or {}, limits or {}
    names = [name for name in SIGNALS if any(name in run for run in runs.values())]
    if not names:
        raise ValueError(f"runs must hold a signal such as {', '.join(SIGNALS)}, got {runs!r}")
    figure, axes = panel_grid(len(names), sharex=True)
    for axis, name in zip(axes, names):
        title, logarithmic = SIGNALS[name]
        for run, shade, line in distinct(list(runs)):
            if name not in runs[run]:
                continue
            values = np.asarray(runs[run][name], np.float64)
            values = np.where(np.isfinite(values), values, np.nan)
            x, y = (steps[name], values) if name in steps else smoothed(values, window)
            axis.plot(x, y, color=shade, linestyle=line, label=run, linewidth=1.5)
            if name == "sharpness" and run in limits:
                axis.axhline(limits[run], color=shade, linestyle=":", linewidth=1.2)
                title = "sharpness, dotted: 2/η"
            if name == "noise_scale" and not np.isfinite(values).all():
                title = "noise scale (gaps: infinite)"
        if logarithmic:
            axis.set_yscale("log")
        else:
            axis.axhline(0, color=GREY, linewidth=0.8)
        label(axis, "step", "", title)
    outer_labels(axes)
    for axis in axes:
        axis.tick_params(labelleft=True)
    legend_above(figure, axes[0])
    return figure
