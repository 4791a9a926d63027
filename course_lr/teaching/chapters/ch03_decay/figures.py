"""Figures of chapter 03: the noise floor, a fair comparison, the last epochs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import COLOURS, GREY, canvas, distinct, label, panel_grid


def floor_against_rate(products: np.ndarray, measured: np.ndarray, exact: np.ndarray) -> Figure:
    """The height of the floor against ηλ, log-log: measured, by the formula, and proportional.

    Args:
        products: (runs,) ηλ, ascending.
        measured: (runs,) mean loss after it has settled.
        exact: (runs,) what the formula says.
    """
    figure, (axis,) = canvas()
    line = exact[0] / products[0] * products
    axis.plot(products, line, ":", color=GREY, label="proportional to η")
    axis.plot(products, exact, "-", color=COLOURS[0], label="formula")
    axis.plot(products, measured, "o", color=COLOURS[1], label="measured")
    label(axis, "η λ (log scale)", "mean loss once settled (log scale)")
    axis.legend()
    return figure


def common_and_own(parts: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """The same methods as bars, at common rates or each at its own, one panel per choice.

    Args:
        parts: title -> method -> (seeds,) accuracy, 0 to 1; bar: the mean, dots: the seeds.
    """
    figure, axes = canvas(len(parts), size=(3.6 * len(parts), 4.2), sharey=True)
    for axis, (title, methods) in zip(axes, parts.items()):
        looks = distinct(list(methods))
        for place, ((_, colour, _), accuracy) in enumerate(zip(looks, methods.values())):
            mean = 100 * accuracy.mean()
            axis.bar(place, mean, 0.7, color=colour, alpha=0.55)
            spread = place + np.linspace(-0.2, 0.2, len(accuracy))
            axis.plot(spread, 100 * accuracy, ".", color="black", markersize=3)
            axis.text(place, 0, f"{mean:.1f}", ha="center", va="bottom", weight="bold")
        axis.set_xticks(range(len(methods)), list(methods), rotation=30, ha="right")
        axis.grid(axis="x", visible=False)
        label(axis, "schedule", "", title)
    axes[0].set_ylabel("accuracy (%)")
    return figure


def late_training(steps: np.ndarray, accuracy: Mapping[str, np.ndarray], since: int) -> Figure:
    """One panel per schedule: the validation accuracy of every seed after each epoch.

    Args:
        steps: (epochs,) updates made.
        accuracy: title -> (epochs, seeds), 0 to 1.
        since: the epoch at which the curves begin.
    """
    figure, axes = panel_grid(len(accuracy), 3.4, sharey=True)
    for axis, (title, shares) in zip(axes, accuracy.items()):
        axis.plot(steps[since:], 100 * shares[since:], color=COLOURS[0], alpha=0.35, linewidth=0.8)
        axis.plot(steps[since:], 100 * shares[since:].mean(axis=1), color="black", label="mean")
        label(axis, "step", "", title)
        axis.legend(loc="lower right")
    axes[0].set_ylabel("validation accuracy (%)")
    return figure
