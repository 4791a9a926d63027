"""Figures of chapter 05: what a search tries, what it returns, and what a range test reads."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.chapters.ch02_rates.figures import RATE
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    band,
    canvas,
    colour,
    distinct,
    label,
    outer_labels,
    panels,
    scientific,
)

MARKERS = ("o", "s", "^", "D")


def tried_rates(
    rates: Mapping[str, np.ndarray],
    accuracy: Mapping[str, np.ndarray],
    grids: Mapping[str, np.ndarray],
    on: str = "validation",
) -> Figure:
    """Accuracy against the rate, one panel a problem, with the rates that grids try on the curve.

    Args:
        rates: problem -> (runs,).
        accuracy: problem -> (runs, seeds), 0 to 1.
        grids: name -> the rates tried; each is drawn at the height of the curve there.
        on: the examples that the accuracy was measured on.
    """
    figure, axes = panels(len(rates), sharex=True)
    for axis, (problem, tried) in zip(axes, rates.items()):
        mean = 100 * accuracy[problem].mean(axis=1)
        axis.plot(tried, mean, color=GREY, label="mean of the seeds")
        for (name, shade, _), marker in zip(distinct(list(grids)), MARKERS):
            points = np.asarray(grids[name])
            height = np.interp(np.log(points), np.log(tried), mean)
            axis.plot(points, height, marker, color=shade, label=name, markersize=8)
        best = mean.argmax()
        axis.plot(tried[best], mean[best], "*", color=COLOURS[1], markersize=14,
                  label="best of all", markeredgecolor="black")  # fmt: skip
        axis.set(xscale="log", ylim=(0, None))
        label(axis, RATE, f"{on} accuracy (%)", problem)
    outer_labels(axes)
    _free(axes)
    axes[0].legend(loc="upper left", fontsize=10)
    return figure


def _free(axes) -> None:
    """Let each panel keep its own numbers at the left: their heights differ."""
    for axis in axes:
        axis.tick_params(labelleft=True)


def lost_beside_the_best(decades: np.ndarray, lost: Mapping[str, np.ndarray]) -> Figure:
    """Points of accuracy lost against the distance from the best rate in decades.

    Args:
        decades: (points,), 0 is the best rate.
        lost: name -> (points,), NaN where there is no such rate.
    """
    figure, (axis,) = canvas()
    axis.axhspan(0, 1, color=COLOURS[2], alpha=0.15, linewidth=0)
    for (name, shade, line), marker in zip(distinct(list(lost)), MARKERS):
        axis.plot(decades, lost[name], color=shade, linestyle=line, marker=marker, label=name)
    for place, top, words in ((-0.5, 14.6, "grid of\npowers of ten"), (-0.25, 12, "half\ndecades")):
        for side in (place, -place):
            axis.axvline(side, color=GREY, linestyle=":", linewidth=1)
        axis.text(place, top, words, color=GREY, ha="center", va="top", fontsize=10,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axis.set(xlim=(-1.1, 1.9), ylim=(-1, 15), xticks=[-1, -0.5, 0, 0.5, 1])
    label(axis, "distance from the best rate (decades)", "points of accuracy lost")
    axis.legend(loc="right", fontsize=10)
    return figure


def handed_over(results: Mapping[str, Mapping[str, np.ndarray]], unit: str = "%") -> Figure:
    """Test accuracy of what searches return, one panel a problem, one row of dots a search.

    Args:
        results: problem -> search -> (searches,), in per cent; the mean is a bar with its number.
        unit: stands behind the numbers.
    """
    figure, axes = canvas(len(results), size=(9.2, 1.6 + 0.6 * max(map(len, results.values()))))
    rng = np.random.default_rng(0)
    for axis, (problem, searches) in zip(axes, results.items()):
        for row, values in enumerate(searches.values()):
            height = row + rng.uniform(-0.22, 0.22, len(values))
            axis.plot(values, height, ".", color=colour(row), alpha=0.5, markersize=5)
            mean = float(np.mean(values))
            axis.plot([mean, mean], [row - 0.35, row + 0.35], color="black", linewidth=2.5)
            axis.annotate(f"{mean:.0f}{unit}", (mean, row - 0.34), (0, 1), ha="center",
                          textcoords="offset points", fontsize=10, va="bottom")  # fmt: skip
        axis.set(ylim=(len(searches) - 0.4, -0.7))
        axis.set_yticks(range(len(searches)), list(searches))
        label(axis, "test accuracy (%)", "", problem)
    return figure


def plane_of_points(
    rates: np.ndarray,
    momenta: np.ndarray,
    accuracy: np.ndarray,
    tried: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> Figure:
    """Accuracy over rate and momentum, one panel a search, with the settings that it tries.

    Args:
        rates: (columns,) of the map.
        momenta: (rows,) of the map.
        accuracy: (rows, columns), 0 to 1.
        tried: search -> rates and momenta, ``(points,)`` each; its best on the map is a star.
    """
    ratios = [1.0] * (len(tried) - 1) + [1.13]  # the colour bar stands in the last panel
    figure, axes = canvas(len(tried), size=(9.2, 4.3), sharey=True, width_ratios=ratios)
    for axis, (name, (x, y)) in zip(axes, tried.items()):
        shown = axis.pcolormesh(rates, momenta, 100 * accuracy, shading="nearest", cmap="cividis")
        axis.plot(x, y, "o", color="white", markeredgecolor="black", markersize=8, clip_on=False,
                  label="a setting that is tried")  # fmt: skip
        axis.plot(x, np.full(len(x), momenta[0] - 0.09), "|", color=COLOURS[1], markersize=14,
                  markeredgewidth=2.5, clip_on=False, label="its rates")  # fmt: skip
        column = np.abs(np.log(rates) - np.log(np.asarray(x)[:, None])).argmin(axis=1)
        row = np.abs(momenta - np.asarray(y)[:, None]).argmin(axis=1)
        best = accuracy[row, column].argmax()
        axis.plot(x[best], y[best], "*", color=COLOURS[1], markeredgecolor="black", markersize=17,
                  clip_on=False, label="the best of them")  # fmt: skip
        axis.set(xscale="log", ylim=(momenta[0] - 0.14, momenta[-1] + 0.04))
        axis.grid(False)
        different = len(np.unique(np.round(np.log(x), 6)))
        label(axis, RATE, "", f"{name}: {different} different rates")
    axes[0].set_ylabel("momentum β")
    figure.colorbar(shown, ax=axes[-1], label="accuracy (%)", pad=0.01)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def promised_and_kept(promised: Mapping[str, np.ndarray], kept: Mapping[str, np.ndarray]) -> Figure:
    """Test accuracy against the validation accuracy by which a network was chosen.

    Args:
        promised: problem -> (searches,), validation accuracy of each winner, in per cent.
        kept: problem -> (searches,), test accuracy of the same networks.
    """
    figure, axes = canvas(len(promised), size=(9.2, 4.3))
    for axis, problem in zip(axes, promised):
        x, y = promised[problem], kept[problem]
        low, high = min(x.min(), y.min()) - 0.5, max(x.max(), y.max()) + 0.5
        axis.plot([low, high], [low, high], "--", color=GREY, label="promise kept")
        axis.plot(x, y, "o", color=COLOURS[0], alpha=0.7, label="winner of a search")
        axis.plot(x.mean(), y.mean(), "*", color=COLOURS[1], markersize=16, label="mean",
                  markeredgecolor="black")  # fmt: skip
        axis.set_aspect("equal")
        label(axis, "validation accuracy of the winner (%)", "its test accuracy (%)", problem)
    axes[0].legend(loc="upper left", fontsize=10)
    return figure


def loss_and_accuracy(rates: np.ndarray, loss: np.ndarray, accuracy: np.ndarray) -> Figure:
    """Validation loss and validation accuracy of the same trainings against the rate.

    Args:
        rates: (runs,).
        loss: (runs, seeds), ``inf`` after a divergence.
        accuracy: (runs, seeds), 0 to 1.
    """
    figure, axes = canvas(2, size=(9.2, 3.9), sharex=True)
    best = (loss.mean(axis=1).argmin(), accuracy.mean(axis=1).argmax())
    shown = (np.where(np.isfinite(loss), loss, np.nan), 100 * accuracy)
    names = ("validation loss", "validation accuracy (%)")
    for axis, values, name, chosen, shade in zip(axes, shown, names, best, COLOURS):
        band(axis, rates, values, shade, "median, band: all seeds", marker=".")
        for place, line in zip(best, (":", "-.")):
            axis.axvline(rates[place], color=GREY, linestyle=line, linewidth=1.2)
        height = np.ma.median(np.ma.masked_invalid(values[chosen]))
        axis.plot(rates[chosen], height, "*", color="black", markersize=14,
                  label=f"chosen by it: η = {scientific(rates[chosen])}")  # fmt: skip
        axis.set_xscale("log")
        label(axis, RATE, name)
        axis.legend(fontsize=10)
    return figure


def halving_rounds(
    rates: np.ndarray, steps: Sequence[int], accuracy: Sequence[np.ndarray]
) -> Figure:
    """Validation accuracy of the candidates that are still in the race, one line a round.

    Args:
        rates: (candidates,).
        steps: updates up to the end of each round.
        accuracy: for each round (candidates,), 0 to 1, NaN for those that are out.
    """
    figure, (axis,) = canvas()
    names = [f"after {step} steps: {int(np.isfinite(a).sum())}" for step, a in zip(steps, accuracy)]
    for (name, shade, line), marker, values in zip(distinct(names), MARKERS, accuracy):
        axis.plot(rates, 100 * np.asarray(values), color=shade, linestyle=line, marker=marker,
                  markersize=8, label=name)  # fmt: skip
    axis.set_xscale("log")
    label(axis, RATE, "validation accuracy (%)")
    axis.legend(title="rates still in the race", loc="upper left")
    return figure


def ladder_readings(
    rates: Mapping[str, np.ndarray],
    smoothed: Mapping[str, np.ndarray],
    readings: Mapping[str, Mapping[str, float]],
    best: Mapping[str, float] = MappingProxyType({}),
) -> Figure:
    """The smoothed loss of a range test against its climbing rate, with the usual readings.

    Args:
        rates: problem -> (steps,).
        smoothed: problem -> (steps,), may end in ``inf``.
        readings: problem -> reading -> rate.
        best: problem -> the best rate of a full search, drawn as a line where there is one.
    """
    figure, axes = canvas(len(rates), size=(9.2, 4.1))
    for axis, (problem, ladder) in zip(axes, rates.items()):
        loss = np.where(np.isfinite(smoothed[problem]), smoothed[problem], np.nan)
        axis.plot(ladder, loss, color=GREY)
        if problem in best:
            axis.axvline(best[problem], color="black", linestyle="--", linewidth=1.4,
                         label=f"full search: {scientific(best[problem])}")  # fmt: skip
        found = readings[problem]
        for (name, shade, _), marker in zip(distinct(list(found)), MARKERS):
            at = np.interp(np.log(found[name]), np.log(ladder), loss)
            axis.plot(found[name], at, marker, color=shade, markersize=10,
                      label=f"{name}: {scientific(found[name])}")  # fmt: skip
        lowest, first = np.nanmin(loss), loss[0]
        axis.set(xscale="log", ylim=(lowest - 0.1 * (first - lowest), 2 * first - lowest))
        label(axis, RATE, "", problem)
        axis.legend(fontsize=10, loc="upper left")
    axes[0].set_ylabel("smoothed training loss")
    return figure


def costs_of_readings(found: Mapping[str, Mapping[str, float]], left: float = -8.0) -> Figure:
    """How far ahead of a full search the rates are that range tests read, one row a reading.

    Args:
        found: name -> ``effect``, ``low``, ``high`` in points of accuracy, and ``asked``, drawn as
            a tick: filled where the whole interval lies right of it.
        left: an effect further left is an arrow at this edge, with its number.
    """
    figure, (axis,) = canvas(size=(9.2, 1.4 + 0.42 * len(found)))
    for row, (name, shade, _) in enumerate(distinct(list(found))):
        effect, low, high, asked = (found[name][key] for key in ("effect", "low", "high", "asked"))
        look = {"color": shade, "markersize": 9}
        if effect < left:
            axis.plot(left, row, "<", **look)
            words = f"{effect:.0f} ({low:.0f} to {high:.0f})".replace("-", "−")
            axis.annotate(words, (left, row), (9, 0), textcoords="offset points", va="center")
        else:
            axis.plot([low, high], [row, row], color=shade, linewidth=3)
            axis.plot(effect, row, "o", mfc=shade if low >= asked else "white", **look)
        axis.vlines(asked, row - 0.3, row + 0.3, color=GREY, linewidth=2)
    axis.axvline(0, color="black", linewidth=1)
    axis.set_xlim(left - 0.2, None)
    axis.set_yticks(range(len(found)), list(found))
    axis.invert_yaxis()
    label(axis, "points ahead of the full search", "")
    return figure
