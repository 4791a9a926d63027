"""Figures of chapter 08: signals of a training, alarms, rescues, and the edge of stability."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import (
    GREY,
    canvas,
    colour,
    distinct,
    label,
    outer_labels,
    panels,
    scientific,
)

SIGNALS = {
    "loss": ("loss", True),
    "grad_norm": ("gradient norm", True),
    "update_ratio": ("update / weights", True),
    "grad_cosine": ("cosine to the last gradient", False),
    "sharpness": ("sharpness", True),
    "noise_scale": ("noise scale (examples)", True),
}
"""The signals that :func:`signals` draws: their titles, and whether their axis is logarithmic."""


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
    """One panel a signal against the step, one line a run (or a layer of one run).

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
    figure, axes = panels(len(names), sharex=True)
    for axis, name in zip(axes, names):
        title, logarithmic = SIGNALS[name]
        for run, tint, line in distinct(list(runs)):
            if name not in runs[run]:
                continue
            values = np.asarray(runs[run][name], np.float64)
            values = np.where(np.isfinite(values), values, np.nan)
            x, y = (steps[name], values) if name in steps else smoothed(values, window)
            axis.plot(x, y, color=tint, linestyle=line, label=run, linewidth=1.5)
            if name == "sharpness" and run in limits:
                axis.axhline(limits[run], color=tint, linestyle=":", linewidth=1.2)
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
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)))
    return figure


def false_alarms(batch_sizes: list[int], alarms: Mapping[str, np.ndarray]) -> Figure:
    """False alarms in 1,000 steps against the batch size, one group of bars a rule.

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


def warnings(leads: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """How many steps before the loss explodes each signal raised its alarm.

    Args:
        leads: problem -> signal -> (seeds,), steps; 0 where the signal gave no warning.
    """
    figure, axes = canvas(len(leads), size=(9.2, 3.6), sharey=True)
    for axis, (problem, found) in zip(axes, leads.items()):
        for place, steps in enumerate(found.values()):
            scatter = np.linspace(-0.22, 0.22, len(steps))
            axis.plot(steps, place + scatter, "o", color=colour(place), alpha=0.5, markersize=5)
            axis.plot([np.mean(steps)] * 2, [place - 0.36, place + 0.36], color=colour(place))
        axis.axvline(0, color=GREY, linewidth=1)
        axis.set_yticks(range(len(found)), list(found))
        label(axis, "steps of warning", "", problem)
    axes[0].invert_yaxis()
    return figure


def rate_paths(
    eta: Mapping[str, np.ndarray], band: tuple[float, float], limits: tuple[float, float]
) -> Figure:
    """η against the step from many starts, one panel a controller, one line a start.

    Args:
        eta: controller -> (steps, starts); NaN from the step on at which a run has diverged.
        band: the ends of the band of good constant rates, shaded.
        limits: the ends of the axis.
    """
    figure, axes = panels(len(eta), sharex=True, sharey=True)
    for axis, (name, rates) in zip(axes, eta.items()):
        axis.axhspan(*band, color="#009E73", alpha=0.18, linewidth=0)
        tints = np.linspace(0, 1, rates.shape[1])
        for start, tint in zip(rates.T, tints):
            shade = (tint * 0.83, 0.45 - 0.08 * tint, 0.7 * (1 - tint))  # blue to vermilion
            axis.semilogy(np.where(start > 0, start, np.nan), color=shade, linewidth=1.3)
        axis.set_ylim(limits)
        label(axis, "step", "rate η", name)
    outer_labels(axes)
    return figure


def rescue_maps(
    starts: np.ndarray, accuracy: Mapping[str, Mapping[str, np.ndarray]], best: Mapping[str, float]
) -> Figure:
    """Mean test accuracy by starting rate and controller, one map a problem.

    Args:
        starts: (starts,) rates.
        accuracy: problem -> controller -> (starts, seeds), 0 to 1.
        best: problem -> mean accuracy of the best tuned constant, 0 to 1; cells whose mean lies
            within two points of it have a dot.
    """
    figure, axes = canvas(1, len(accuracy), size=(9.2, 0.4 + 1.75 * len(accuracy)), sharex=True)
    for axis, (problem, found) in zip(axes, accuracy.items()):
        means = 100 * np.array([values.mean(axis=1) for values in found.values()])
        image = axis.imshow(means, aspect="auto", cmap="cividis", vmin=10, vmax=100 * best[problem])
        row, column = np.nonzero(means >= 100 * best[problem] - 2)
        axis.plot(column, row, "o", color="#D55E00", markersize=6)
        axis.set_yticks(range(len(found)), list(found))
        axis.grid(visible=False)
        title = f"{problem} (best constant: {100 * best[problem]:.0f} %)"
        label(axis, "", "", title)
        figure.colorbar(image, ax=axis, label="accuracy (%)", pad=0.01)
    shown = range(0, len(starts), 2)
    axes[-1].set_xticks(shown, [scientific(starts[i]) for i in shown])
    axes[-1].set_xlabel("rate at the start")
    return figure


def edge_of_stability(
    steps: np.ndarray, sharpness: Mapping[str, Mapping[float, np.ndarray]]
) -> Figure:
    """Sharpness against the step at several rates, each with its own 2/η as a dashed line.

    Args:
        steps: (points,).
        sharpness: network -> rate -> (points,).
    """
    figure, axes = canvas(len(sharpness), size=(9.2, 4.1), sharey=True)
    for axis, (network, found) in zip(axes, sharpness.items()):
        for number, (eta, values) in enumerate(found.items()):
            name = f"η = {scientific(eta)}"
            axis.semilogy(steps, values, color=colour(number), label=name)
            axis.axhline(2 / eta, color=colour(number), linestyle="--", linewidth=1.2)
        label(axis, "step", "", network)
    axes[0].set_ylabel("sharpness, dashed: 2/η")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure
