"""Figures over many rates: loss and accuracy against η, loss curves, thresholds."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from course_lr.teaching.figures.style import (
    GREY,
    band,
    canvas,
    distinct,
    label,
    outer_labels,
    panels,
    scientific,
)

RATE = "learning rate η (log scale)"


def loss_against_rate(
    rates: np.ndarray, loss: np.ndarray, failed: np.ndarray, guessing: float | None = None
) -> Figure:
    """Final loss against the rate with the band of seeds; below it the share of failed runs.

    Args:
        rates: (runs,).
        loss: (runs, seeds) final loss; ``inf`` where a run has diverged.
        failed: (runs, seeds) booleans.
        guessing: loss of a network that gives every class the same chance, drawn as a line.
    """
    figure, (upper, lower) = canvas(1, 2, size=(7.4, 5.6), sharex=True, height_ratios=(5, 2))
    band(upper, rates, loss, "#0072B2", "median of the seeds, band: all seeds", marker=".")
    if guessing is not None:
        upper.axhline(guessing, color=GREY, linestyle="--", linewidth=1, label="guessing")
    upper.set(xscale="log", yscale="log")
    label(upper, "", "final training loss (log scale)")
    upper.legend()
    lower.bar(rates, 100 * failed.mean(axis=1), 0.08 * rates, color="#D55E00")
    lower.set_ylim(0, 105)
    label(lower, RATE, "no better than\nguessing (%)")
    return figure


def loss_curves(curves: Mapping[str, np.ndarray], *, smooth: int = 1, of: str = "loss") -> Figure:
    """One panel a name: the loss of every seed against the step, on one log axis.

    Args:
        curves: title -> (steps + 1, seeds).
        smooth: the mean of this many steps is drawn over the raw curve.
        of: what is drawn, where it is not the loss.
    """
    figure, axes = panels(len(curves), sharex=True, sharey=True)
    for axis, (name, colour, _), loss in zip(axes, distinct(list(curves)), curves.values()):
        finite = np.where(np.isfinite(loss), loss, np.nan)
        axis.semilogy(finite, color=colour, alpha=0.25, linewidth=0.7)
        if smooth > 1:
            kernel = np.ones(smooth) / smooth
            means = np.array([np.convolve(run, kernel, "valid") for run in finite.T]).T
            axis.semilogy(np.arange(len(means)) + smooth // 2, means, color=colour, linewidth=1.6)
        for run in np.flatnonzero(~np.isfinite(loss).all(axis=0)):
            last = np.flatnonzero(np.isfinite(loss[:, run]))[-1]
            axis.plot(last, loss[last, run], "x", color="black", markersize=8)
        label(axis, "step", f"{of} (log scale)", name)
    outer_labels(axes)
    return figure


def steps_needed(rates: np.ndarray, steps: Mapping[str, np.ndarray]) -> Figure:
    """Steps until a goal is reached against ηλ, log-log, with the cliff at 2.

    Args:
        rates: (runs,) as multiples of 1/λmax.
        steps: name -> (runs,) steps needed, NaN where the goal was not reached.
    """
    figure, (axis,) = canvas()
    for (name, colour, line), needed in zip(distinct(list(steps)), steps.values()):
        axis.loglog(rates, needed, linestyle=line, color=colour, label=name)
        best = np.nanargmin(needed)
        axis.loglog(rates[best], needed[best], "o", color=colour, markersize=8)
    axis.axvline(2, color="black", linewidth=1.2, linestyle=":")
    axis.annotate("η λmax = 2", (2, axis.get_ylim()[1]), (-8, -14), textcoords="offset points",
                  ha="right")  # fmt: skip
    label(axis, "η λmax (log scale)", "steps until loss < 1e-6 × start")
    axis.legend(title="condition number; dot: the fastest rate")
    return figure


def bands_of_accuracy(
    accuracy: Mapping[str, tuple[np.ndarray, np.ndarray]],
    bands: Mapping[str, tuple[float, float, float]],
) -> Figure:
    """Test accuracy against the rate, one panel a problem, the band of good rates shaded.

    Args:
        accuracy: name -> (rates (runs,), accuracy (runs, seeds), 0 to 1).
        bands: name -> the best rate, and the ends of the band.
    """
    figure, axes = canvas(len(accuracy))
    for axis, (name, (rates, values)) in zip(axes, accuracy.items()):
        best, low, high = bands[name]
        axis.axvspan(low, high, color="#009E73", alpha=0.15)
        band(axis, rates, 100 * values, "#0072B2", "median and all seeds")
        top = 100 * values[np.argmin(np.abs(rates - best))].mean()
        axis.plot(best, top, "*", color="#D55E00", markersize=14,
                  label=f"best, η = {scientific(best)}: {top:.1f} %")  # fmt: skip
        axis.set(xscale="log", yticks=range(0, 101, 20), ylim=(0, 128))  # the legend is on top
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
    band(axis, rates, after, "#0072B2", "after training, band: all seeds", marker="o")
    axis.plot(rates, 2 / rates, "--", color="#D55E00", label="2/η: steeper is unstable")
    axis.set(xscale="log", yscale="log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    label(axis, RATE, "sharpness (largest curvature, log scale)")
    axis.legend()
    return figure


def rate_trace(steps: np.ndarray, traces: Mapping[str, np.ndarray]) -> Figure:
    """η against the step, one line a name.

    Args:
        steps: (points,).
        traces: name -> (points,).
    """
    figure, (axis,) = canvas()
    for (name, colour, line), eta in zip(distinct(list(traces)), traces.values()):
        axis.plot(steps, eta, linestyle=line, color=colour, label=name)
    label(axis, "step", "learning rate η")
    axis.legend()
    return figure
