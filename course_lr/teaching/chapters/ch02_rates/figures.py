"""Figures of chapter 02: the cliff at 2/λ, the band of good rates, sharpness after training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.by_rate import RATE
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    band,
    canvas,
    distinct,
    label,
    plain_ticks,
    scientific,
)


def steps_needed(rates: np.ndarray, steps: Mapping[str, np.ndarray]) -> Figure:
    """Steps until a goal is reached against ηλ, log-log, with the cliff at 2.

    Args:
        rates: (runs,) as multiples of 1/λmax.
        steps: name -> (runs,) steps needed, NaN where the goal was not reached.
    """
    figure, (axis,) = canvas()
    for (name, colour, line), needed in zip(distinct(list(steps)), steps.values()):
        axis.plot(rates, needed, linestyle=line, color=colour, label=name)
        best = np.nanargmin(needed)
        axis.plot(rates[best], needed[best], "o", color=colour, markersize=8)
    axis.axvline(2, color="black", linewidth=1.2, linestyle=":")
    axis.annotate("η λmax = 2", (2, 1), (-8, -14), xycoords=("data", "axes fraction"),
                  textcoords="offset points", ha="right")  # fmt: skip
    label(axis, "η λmax (log scale)", "steps until loss < 1e-6 × start (log)")
    axis.legend(title="condition number; dot: the fastest rate")
    return figure


def bands_of_accuracy(
    accuracy: Mapping[str, tuple[np.ndarray, np.ndarray]],
    bands: Mapping[str, tuple[float, float, float]],
) -> Figure:
    """Test accuracy against the rate, one panel per problem, the band of good rates shaded.

    Args:
        accuracy: name -> (rates (runs,), accuracy (runs, seeds), 0 to 1).
        bands: name -> the best rate, and the ends of the band.
    """
    figure, axes = canvas(len(accuracy))
    for axis, (name, (rates, values)) in zip(axes, accuracy.items()):
        best, low, high = bands[name]
        axis.axvspan(low, high, color=COLOURS[2], alpha=0.15)
        band(axis, rates, 100 * values, COLOURS[0], "median and all seeds")
        top = 100 * values[np.argmin(np.abs(rates - best))].mean()
        axis.plot(best, top, "*", color=COLOURS[1], markersize=14,
                  label=f"best, η = {scientific(best)}: {top:.1f} %")  # fmt: skip
        axis.set(yticks=range(0, 101, 20), ylim=(0, 128))  # the legend is on top
        label(axis, RATE, "", f"{name}: {np.log10(high / low):.2f} decades")
        axis.legend(loc="upper left")
    axes[0].set_ylabel("test accuracy (%)")
    return figure


def sharpness_against_rate(rates: np.ndarray, before: np.ndarray, after: np.ndarray) -> Figure:
    """Largest curvature before and after training against the rate, with the line 2/η.

    Args:
        rates: (runs,).
        before: (seeds,) sharpness at the start.
        after: (runs, seeds) sharpness after training.
    """
    figure, (axis,) = canvas()
    axis.axhspan(before.min(), before.max(), color=GREY, alpha=0.2, label="at the start, all seeds")
    band(axis, rates, after, COLOURS[0], "after training, band: all seeds", marker="o")
    axis.plot(rates, 2 / rates, "--", color=COLOURS[1], label="2/η: steeper is unstable")
    label(axis, RATE, "sharpness (largest curvature, log scale)")
    plain_ticks(axis.xaxis)
    axis.legend()
    return figure
