"""Figures about decay: schedules, the noise floor, and decay against a constant rate."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    canvas,
    distinct,
    label,
    outer_labels,
    panels,
)

PEAK = "rate at step 0 (log scale)"


def family_of_schedules(
    steps: np.ndarray, groups: Mapping[str, Mapping[str, np.ndarray]]
) -> Figure:
    """One panel a group: the rates of several schedules against the step.

    Args:
        steps: (points,).
        groups: title -> name -> (points,) rates.
    """
    figure, axes = panels(len(groups), sharex=True, sharey=True)
    figure.set_size_inches(9.2, 6.4)
    for axis, (title, rates) in zip(axes, groups.items()):
        for (name, colour, line), eta in zip(distinct(list(rates)), rates.values()):
            axis.plot(steps, eta, linestyle=line, color=colour, label=name)
        label(axis, "step", "learning rate η", title)
        axis.legend(loc="upper right")
    highest = max(eta.max() for rates in groups.values() for eta in rates.values())
    axes[0].set_ylim(-0.05 * highest, 1.55 * highest)  # the legends above the curves
    outer_labels(axes)
    return figure


def noise_floors(
    parts: Mapping[str, Mapping[str, tuple[np.ndarray, float | np.ndarray]]],
) -> Figure:
    """One panel a part: mean losses against the step on a log axis, and the floor of each.

    Args:
        parts: title -> name -> (loss (steps + 1,), floor: a number, or one a step (steps + 1,)).
    """
    figure, axes = canvas(len(parts), sharey=True)
    for axis, (title, curves) in zip(axes, parts.items()):
        for (name, colour, _), (loss, floor) in zip(distinct(list(curves)), curves.values()):
            steps = np.arange(len(loss))
            axis.semilogy(steps, loss, color=colour, label=name)
            axis.semilogy(steps, np.broadcast_to(floor, len(loss)), "--", color="black", lw=1)
        axis.lines[-1].set_label("computed floor of each")
        label(axis, "step", "", title)
        axis.legend(loc="upper right")
    axes[0].set_ylabel("mean loss (log scale)")
    return figure


def floor_against_rate(products: np.ndarray, measured: np.ndarray, exact: np.ndarray) -> Figure:
    """The height of the floor against ηλ, log-log: measured, by the formula, and proportional.

    Args:
        products: (runs,) ηλ, ascending.
        measured: (runs,) mean loss after it has settled.
        exact: (runs,) what the formula says.
    """
    figure, (axis,) = canvas()
    line = exact[0] / products[0] * products
    axis.loglog(products, line, ":", color=GREY, label="proportional to η")
    axis.loglog(products, exact, "-", color=COLOURS[0], label="formula")
    axis.loglog(products, measured, "o", color=COLOURS[1], label="measured")
    label(axis, "η λ (log scale)", "mean loss once settled (log scale)")
    axis.legend()
    return figure


def distance_to_go(travelled: Mapping[str, np.ndarray], left: Mapping[str, np.ndarray]) -> Figure:
    """The sum of all rates so far, and the mean distance from the minimum, against the step.

    Args:
        travelled: name -> (steps,) sum of the rates of all updates so far.
        left: name -> (steps,) root mean square distance after that update.
    """
    figure, axes = canvas(2)
    for axis, curves in zip(axes, (travelled, left)):
        for (name, colour, line), values in zip(distinct(list(curves)), curves.values()):
            steps = np.arange(1, len(values) + 1)
            axis.loglog(steps, values, linestyle=line, color=colour, label=name)
    label(axes[0], "updates made (log scale)", "sum of their rates (log scale)")
    label(axes[1], "updates made (log scale)", "distance from the minimum (log scale)")
    for axis in axes:
        axis.legend()
    return figure


def accuracy_against_peak(
    problems: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]],
    on: str = "test",
    lowest: Sequence[float] | None = None,
    within: tuple[float, float] = (0, np.inf),
) -> Figure:
    """One panel a problem: mean accuracy against the rate at step 0, one line a schedule.

    Args:
        problems: title -> schedule -> (peaks (runs,), accuracy (runs, seeds), 0 to 1).
        on: the examples that the accuracy was measured on.
        lowest: where each panel's axis begins, in per cent.
        within: the rates that are shown.
    """
    figure, axes = canvas(len(problems), size=(4.9 * len(problems), 4.8))
    for axis, (title, schedules), low in zip(axes, problems.items(), lowest or [0] * len(axes)):
        top = 0.0
        for (name, colour, line), (peaks, accuracy) in zip(
            distinct(list(schedules)), schedules.values()
        ):
            shown = (peaks >= within[0]) & (peaks <= within[1])
            peaks, mean = peaks[shown], 100 * accuracy[shown].mean(axis=1)
            best, top = mean.argmax(), max(top, mean.max())
            axis.plot(peaks, mean, linestyle=line, color=colour, label=name)
            axis.plot(peaks[best], mean[best], "*", color=colour, markersize=13)
        axis.set(xscale="log", ylim=(low, top + 0.06 * (top - low)))
        label(axis, PEAK, "", title)
    axes[0].set_ylabel(f"mean {on} accuracy (%)")
    axes[0].legend(loc="lower center", title="star: the best")
    return figure


def common_and_own(parts: Mapping[str, Mapping[str, np.ndarray]], lowest: float = 0.0) -> Figure:
    """The same methods as bars in several panels: at common rates, and each at its own.

    Args:
        parts: title -> method -> (seeds,) accuracy, 0 to 1; bar: the mean, dots: the seeds.
        lowest: where the axis begins, in per cent.
    """
    figure, axes = canvas(len(parts), size=(3.6 * len(parts), 4.2), sharey=True)
    for axis, (title, methods) in zip(axes, parts.items()):
        looks = distinct(list(methods))
        for place, ((_, colour, _), accuracy) in enumerate(zip(looks, methods.values())):
            mean = 100 * accuracy.mean()
            axis.bar(place, mean, 0.7, color=colour, alpha=0.55)
            spread = place + np.linspace(-0.2, 0.2, len(accuracy))
            axis.plot(spread, 100 * accuracy, ".", color="black", markersize=3)
            axis.text(place, lowest, f"{mean:.1f}", ha="center", va="bottom", weight="bold")
        axis.set_xticks(range(len(methods)), list(methods), rotation=30, ha="right")
        axis.grid(axis="x", visible=False)
        label(axis, "schedule", "", title)
    highest = max(found.max() for methods in parts.values() for found in methods.values())
    axes[0].set_ylim(lowest, 100 * highest + 0.03 * (100 * highest - lowest))
    axes[0].set_ylabel("accuracy (%)")
    return figure


def late_training(steps: np.ndarray, accuracy: Mapping[str, np.ndarray], since: int = 0) -> Figure:
    """One panel a schedule: the validation accuracy of every seed after each epoch.

    Args:
        steps: (epochs,) updates made.
        accuracy: title -> (epochs, seeds), 0 to 1.
        since: the epoch at which the curves begin.
    """
    figure, axes = canvas(len(accuracy), size=(4.6 * len(accuracy), 4.1), sharey=True)
    for axis, (title, found) in zip(axes, accuracy.items()):
        axis.plot(steps[since:], 100 * found[since:], color=COLOURS[0], alpha=0.35, linewidth=0.8)
        axis.plot(steps[since:], 100 * found[since:].mean(axis=1), color="black", label="mean")
        label(axis, "step", "", title)
        axis.legend(loc="lower right")
    axes[0].set_ylabel("validation accuracy (%)")
    return figure


def map_of_accuracy(peaks: np.ndarray, falls: np.ndarray, accuracy: np.ndarray) -> Figure:
    """Mean accuracy over the rate at step 0 and how far the rate falls, as a map.

    Args:
        peaks: (R,) rates at step 0, evenly spaced on a log axis.
        falls: (F,) the share of it that is left at the end, evenly spaced on a log axis.
        accuracy: (R, F, seeds), 0 to 1.
    """
    figure, (axis, scale) = canvas(2, size=(7.4, 4.3), width_ratios=(25, 1))
    mean = 100 * accuracy.mean(axis=2)
    top = float(mean.max())
    mesh = axis.pcolormesh(peaks, falls, mean.T, shading="nearest", vmin=top - 8, vmax=top)
    figure.colorbar(mesh, cax=scale, extend="min", label="mean accuracy")
    scale.set_xlabel("%", labelpad=16)  # below the arrow
    for column in range(len(falls)):
        name = "best rate for each fall" if column == 0 else "_"
        best = mean[:, column].argmax()
        axis.plot(peaks[best], falls[column], "o", color="black", markersize=6, label=name)
    row, column = np.unravel_index(mean.argmax(), mean.shape)
    axis.plot(
        peaks[row], falls[column], "*", color=COLOURS[1], markersize=17, markeredgecolor="white",
        label=f"best of all: {top:.1f} %",
    )  # fmt: skip
    axis.set(xscale="log", yscale="log")
    axis.grid(False)
    label(axis, PEAK, "share left at the end (log scale)")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def gains(
    effects: Mapping[str, tuple[float, float, float]],
    threshold: float = 1.0,
    of: str = "the best constant rate",
) -> Figure:
    """How far ahead something ends, with its interval, one line a problem.

    Args:
        effects: name -> (effect, low, high) in points of accuracy.
        threshold: what was asked for, drawn as a dashed line.
        of: what it is compared with.
    """
    figure, (axis,) = canvas(size=(7.4, 1.4 + min(0.42 * len(effects), 4.2)))
    for place, (effect, low, high) in enumerate(effects.values()):
        colour = COLOURS[2] if low >= threshold else COLOURS[1] if high < threshold else GREY
        axis.plot([low, high], [place, place], "-", color=colour, linewidth=3)
        axis.plot(effect, place, "o", color=colour, markersize=8)
    axis.axvline(0, color="black", linewidth=1)
    axis.axvline(threshold, color=GREY, linestyle="--", linewidth=1)
    axis.set_yticks(range(len(effects)), list(effects))
    axis.invert_yaxis()
    label(axis, f"points ahead of {of} (dashed: {threshold:g})".replace("-", "−"), "")
    return figure
