"""Figures of notebook 11: the peaks that were tried, and what a search cost and gained."""

import numpy as np
from matplotlib.figure import Figure

from course_lr.t_distribution import interval
from course_lr.teaching.figures.style import GREY, band, canvas, colour, label, scientific


def tried_peaks(peaks: np.ndarray, scores: np.ndarray, reading: float) -> Figure:
    """Validation accuracy of a few trainings against their peak, and what the range test read.

    Args:
        peaks: (runs,).
        scores: (runs,) accuracy, 0 to 1.
        reading: of the range test.
    """
    figure, (axis,) = canvas()
    best = scores.argmax()
    axis.semilogx(peaks, 100 * scores, "o-", color=colour(0), label="one training each")
    name = f"the best, η = {scientific(peaks[best])}"
    axis.plot(peaks[best], 100 * scores[best], "*", color=colour(1), markersize=16, label=name)
    name = f"reading of the range test, {scientific(reading)}"
    axis.axvline(reading, color=GREY, linestyle="--", label=name)
    axis.set_ylim(0, 100)
    axis.set_xticks(peaks, [scientific(peak) for peak in peaks])
    axis.minorticks_off()
    label(axis, "peak of the learning rate η (log scale)", "validation accuracy (%)")
    axis.legend(loc="lower center")
    return figure


def cost_and_gain(
    default: np.ndarray, chosen: np.ndarray, search: int, per_epoch: int, names: tuple[str, str]
) -> Figure:
    """Accuracy against all updates spent: one long training, and a search with what it chose.

    The title holds the mean difference at the end, with its 95 % interval over the seeds
    (Student's, paired).

    Args:
        default, chosen: (epochs, seeds) accuracy after each epoch, 0 to 1, on the same seeds.
        search: updates that the choice cost.
        per_epoch: updates of an epoch.
        names: of the two.
    """
    figure, (axis,) = canvas()
    axis.axvspan(0, search, color=GREY, alpha=0.15, label="the search for a rate", linewidth=0)
    for number, (values, begin) in enumerate([(default, 0), (chosen, search)]):
        updates = begin + per_epoch * np.arange(1, len(values) + 1)
        name = f"{names[number]}: {100 * values[-1].mean():.0f} % at the end"
        band(axis, updates, 100 * values, colour(number), name, linestyle=("-", "--")[number])
    gain = 100 * (chosen[-1] - default[-1])
    low, high = interval(gain)
    said = f"at equal cost {gain.mean():+.0f} points [{low:.0f}, {high:.0f}]"
    said += f"; line: median of {len(gain)} seeds, band: all"
    label(axis, "updates spent, the search included", "test accuracy (%)", said)
    axis.set_ylim(0, 100)
    axis.legend(loc="lower right")
    return figure
