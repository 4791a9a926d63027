"""Figures of chapter 05: what a grid misses, two settings at once, what a winner promises."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.figures.by_rate import RATE
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    band,
    canvas,
    distinct,
    label,
    scientific,
)


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


def plane_of_points(
    rates: np.ndarray,
    momenta: np.ndarray,
    accuracy: np.ndarray,
    tried: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> Figure:
    """Accuracy over rate and momentum, one panel per search, with the settings that it tries.

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
        column = nearest(rates, x)
        row = np.abs(momenta - np.asarray(y)[:, None]).argmin(axis=1)
        best = accuracy[row, column].argmax()
        axis.plot(x[best], y[best], "*", color=COLOURS[1], markeredgecolor="black", markersize=17,
                  clip_on=False, label="the best of them")  # fmt: skip
        axis.set(ylim=(momenta[0] - 0.14, momenta[-1] + 0.04))
        axis.grid(False)
        different = len(np.unique(np.round(np.log(x), 6)))
        label(axis, RATE, "", f"{name}: {different} different rates")
    axes[0].set_ylabel("momentum β")
    figure.colorbar(shown, ax=axes[-1], label="accuracy (%)", pad=0.01)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def promised_and_kept(title: str, promised: Sequence[float], kept: Sequence[float]) -> Figure:
    """Test accuracy against the validation accuracy by which a network was chosen.

    Args:
        title: of the panel.
        promised: (searches,), validation accuracy of each winner, in per cent.
        kept: (searches,), test accuracy of the same networks.
    """
    figure, (axis,) = canvas(size=(9.2, 4.3))
    ends = [min(*promised, *kept) - 0.5, max(*promised, *kept) + 0.5]
    axis.plot(ends, ends, "--", color=GREY, label="promise kept")
    axis.plot(promised, kept, "o", color=COLOURS[0], alpha=0.7, label="winner of a search")
    axis.plot(np.mean(promised), np.mean(kept), "*", color=COLOURS[1], markersize=16, label="mean",
              markeredgecolor="black")  # fmt: skip
    axis.set_aspect("equal")
    label(axis, "validation accuracy of the winner (%)", "its test accuracy (%)", title)
    axis.legend(loc="upper left", fontsize=10)
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
        label(axis, RATE, name)
        axis.legend(fontsize=10)
    return figure
