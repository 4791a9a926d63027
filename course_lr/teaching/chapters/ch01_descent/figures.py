"""Figures of chapter 01: the length of a step, the promise of the slope, how far weights go."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lr.teaching.figures.by_rate import RATE
from course_lr.teaching.figures.style import COLOURS, GREY, canvas, distinct, label, scientific


def step_lengths(slopes: np.ndarray, lengths: np.ndarray, rates: Sequence[float]) -> Figure:
    """The length of one update against the slope where it starts, with the line η × slope.

    Args:
        slopes: (points,) size of the gradient.
        lengths: (points, runs) length of the update made there at each rate.
        rates: (runs,).
    """
    figure, (axis,) = canvas()
    names = [f"η = {scientific(rate)}" for rate in rates]
    for (name, colour, line), length, rate in zip(distinct(names), lengths.T, rates):
        axis.plot(slopes, rate * slopes, line, color=colour, linewidth=1)
        axis.plot(slopes, length, "o", color=colour, label=name)
    label(axis, "size of the slope |g|", "length of the update |Δw|")
    axis.legend(title="dots: measured, lines: η |g|")
    return figure


def shrinking(rates: Sequence[float], paths: np.ndarray) -> Figure:
    """|w| at each step on a log axis, with the straight line |w₀| |1 − η|ᵗ that it should follow.

    Args:
        rates: (runs,).
        paths: (steps + 1, runs).
    """
    figure, (axis,) = canvas()
    t = np.arange(len(paths))
    for (name, colour, line), path, rate in zip(distinct(list(map(str, rates))), paths.T, rates):
        predicted = np.abs(path[0]) * np.abs(1 - rate) ** t
        axis.plot(t, predicted, linestyle=line, color=colour, linewidth=1)
        text = f"η = {name}, 1 − ηλ = {1 - rate:+.2f}".replace("-", "−")
        axis.plot(t, np.abs(path), "o", color=colour, label=text)
    label(axis, "step", "distance from the minimum |w| (log)")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    starts = np.unique(np.abs(paths[0]))
    first = f"{starts[0]:g}" if len(starts) == 1 else "|w_0|"
    lines = rf"${first} \cdot |1 - \eta\lambda|^t$"
    axis.legend(title=f"dots: measured, lines: {lines}", fontsize=10)
    return figure


def promise_kept(rates: np.ndarray, share: np.ndarray) -> Figure:
    """Measured fall of the loss in one step, as a share of the η |g|² that the slope promises.

    Args:
        rates: (points,).
        share: (points, seeds); 1 where the promise is kept, below 0 where the loss rose.
    """
    figure, (axis,) = canvas()
    axis.plot(rates, share, color=COLOURS[5], linewidth=0.8)
    axis.plot(rates, np.median(share, axis=1), color=COLOURS[0], linewidth=2.4, label="median")
    axis.axhline(1, color=COLOURS[2], linestyle="--", linewidth=1, label="the promise, η |g|²")
    axis.axhline(0, color=COLOURS[1], linestyle=":", linewidth=1.5, label="below: the loss rose")
    axis.set_ylim(-1.5, 1.25)
    label(axis, RATE, "fall of the loss ÷ η |g|²")
    axis.legend(loc="lower left")
    return figure


def distances(rates: np.ndarray, moved: Mapping[str, np.ndarray]) -> Figure:
    """How far the weights go, against the rate: of several lengths, each with its proportion.

    Args:
        rates: (points,).
        moved: name -> (points, seeds) lengths.
    """
    figure, (axis,) = canvas()
    for (name, colour, _), marker, values in zip(distinct(list(moved)), "os^Dvp", moved.values()):
        low, high = values.min(axis=1), values.max(axis=1)
        axis.fill_between(rates, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.plot(rates, np.median(values, axis=1), marker=marker, color=colour, label=name)
        guide = np.median(values[0]) * rates / rates[0]
        axis.plot(rates, guide, ":", color=GREY, linewidth=1)
    label(axis, RATE, "length (log scale)")
    axis.legend(title="dotted: proportional to η")
    return figure
