"""Figures of chapter 09: how to choose, what each way costs, batch size and weight decay."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.chapters.ch02_rates.figures import RATE
from course_lr.teaching.figures.style import (
    COLOURS,
    GREY,
    OUTCOMES,
    canvas,
    distinct,
    label,
    scientific,
)

WORST = 20.0
"""Points of regret that have the darkest colour of the map, and all beyond."""

CHART = (
    ("Is it trained only once?", "If it may last longer: no search,\nAdam at 1e-3, trained longer",
     {"R1": "the recipe finds a good rate"}),
    ("Which update rule?", "Adam is the safer one;\noften SGD ends as well",
     {"S9": "Adam spares tuning"}),
    ("Where to begin?", "Range test: a third of the\nrate with the lowest loss",
     {"S16": "a range test finds bounds"}),
    ("Which schedule?", "Short warm-up, then cosine\ndecay to 0",
     {"S5": "a decay steadies the end", "S12": "warm-up calms the start"}),
    ("Which peaks?", "2 or 3 a decade, log axis,\njudged on validation data",
     {"S10": "a grid finds a good rate", "S11": "so do random draws"}),
    ("Is the best on the edge?", "Go on beyond it",
     {"S10": "a grid finds a good rate"}),
    ("Two nearly equal?", "More seeds; if still equal,\nthe smaller one",
     {"S3": "too large a rate diverges"}),
    ("Few trainings to spend?", "Begin small, raise the rate\nas long as that helps",
     {"S2": "too small a rate is slow", "S17": "a chosen rate ends better"}),
    ("Batch size changed?", "Search anew round the\nold rate",
     {"S4": "only a band of rates is good"}),
)  # fmt: skip
"""The decision chart: question, what to do, the statements that it rests on in a few words."""


def decision_chart(outcomes: Mapping[str, str]) -> Figure:
    """The questions in their order, what to do at each, and what that rests on, with outcomes.

    Args:
        outcomes: id of a statement -> its outcome; one that is not there is shown without.
    """
    figure, (axis,) = canvas(size=(9.6, 0.6 * len(CHART) + 0.4))
    axis.set(xlim=(0, 10), ylim=(len(CHART) - 0.2, -0.85))
    label(axis, "question, what to do, why", "question")  # unseen: the table has its own head
    axis.set_axis_off()
    for x, name, align in ((1.45, "question", "center"), (4.75, "what to do", "center"),
                           (6.6, "what it rests on", "left")):  # fmt: skip
        axis.text(x, -0.7, name, ha=align, va="center", weight="bold")
    for row, (question, answer, statements) in enumerate(CHART):
        _boxes(axis, row, question, answer)
        for place, (id, words) in enumerate(statements.items()):
            outcome = outcomes.get(id, "")
            sign, _, colour = OUTCOMES.get(outcome, ("", "", GREY))
            said = f"{words} ({id}): {outcome}" if outcome else f"{words} ({id})"
            height = row + 0.36 * (place - (len(statements) - 1) / 2)
            axis.text(6.6, height, sign, va="center", fontsize=10, color=colour)
            axis.text(6.85, height, said, va="center", fontsize=10)
    return figure


def _boxes(axis, row: int, question: str, answer: str) -> None:
    """Question and answer of a row, with arrows to the answer and from the row above."""
    for x, words, face, edge in (
        (1.45, question, "#e8f2fa", COLOURS[0]), (4.75, answer, "white", GREY),
    ):  # fmt: skip
        box = dict(boxstyle="round,pad=0.3", facecolor=face, edgecolor=edge)
        axis.text(x, row, words, ha="center", va="center", bbox=box, fontsize=11)
    axis.annotate("", (3.25, row), (2.8, row), arrowprops=dict(arrowstyle="->"))
    if row:
        axis.annotate("", (1.45, row - 0.3), (1.45, row - 0.7), arrowprops=dict(arrowstyle="->"))


def regrets(found: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """How far each way lies behind the best, a map: one row a way, one column a problem.

    The rows stand in the order of their means over the problems, the last column.

    Args:
        found: problem -> way -> (seeds,) regrets in points of accuracy, larger is worse.
    """
    ways = list(next(iter(found.values())))
    means = np.array([[each[way].mean() for each in found.values()] for way in ways])
    means = np.column_stack([means, means.mean(axis=1)])
    order = means[:, -1].argsort()
    figure, (axis,) = canvas(size=(2.6 + 0.72 * means.shape[1], 2.1 + 0.34 * len(ways)))
    axis.imshow(means[order], aspect="auto", cmap="cividis_r", vmin=0, vmax=WORST)
    for row, column in np.ndindex(means.shape):
        value = means[order[row], column]
        axis.text(column, row, f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−"),
                  ha="center", va="center", fontsize=12,
                  weight="bold" if column == len(found) else "normal",
                  color="white" if value > WORST / 2 else "black")  # fmt: skip
    axis.axvline(len(found) - 0.5, color="white", linewidth=4)
    axis.set_yticks(range(len(ways)), [ways[row] for row in order], fontsize=12)
    axis.set_xticks(range(len(found) + 1), [*found, "mean"], fontsize=12, rotation=35, ha="right",
                    rotation_mode="anchor")  # fmt: skip
    axis.grid(visible=False)
    label(axis, "regret: points of test accuracy behind the best", "")
    return figure


def adjusting(
    rates: np.ndarray, accuracy: np.ndarray, paths: Mapping[str, Sequence[float]]
) -> Figure:
    """Accuracy against the rate with the rates that an adjustment tries, numbered in order.

    Args:
        rates: (runs,).
        accuracy: (runs,), 0 to 1, of one seed.
        paths: name -> rates tried, in order.
    """
    figure, axes = canvas(len(paths), size=(9.2, 3.7), sharey=True)
    for axis, (name, shade, _), tried in zip(axes, distinct(list(paths)), paths.values()):
        axis.plot(rates, 100 * accuracy, color=GREY)
        heights = np.interp(np.log(tried), np.log(rates), 100 * accuracy)
        axis.plot(tried, heights, "o", color=shade, markersize=8)
        for number, (rate, height) in enumerate(zip(tried, heights), 1):
            axis.annotate(str(number), (rate, height), (0, 7), textcoords="offset points",
                          ha="center", fontsize=11)  # fmt: skip
        best = int(np.argmax(heights))
        axis.plot(tried[best], heights[best], "*", color=COLOURS[4], markersize=17,
                  markeredgecolor="black", label=f"kept: {scientific(tried[best])}")  # fmt: skip
        axis.set(xscale="log", ylim=(0, 112))
        label(axis, RATE, "", name)
        axis.legend(loc="upper left", fontsize=10)
    axes[0].set_ylabel("validation accuracy (%)")
    return figure


def batch_and_rate(curves: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> Figure:
    """Accuracy against the rate for several batch sizes, one panel a problem.

    Args:
        curves: problem -> batch size -> rates (R,) and accuracy (R, seeds), 0 to 1; the middle of
            the band within a point of the best is a dotted line.
    """
    figure, axes = canvas(len(curves), size=(9.2, 4.0))
    for axis, (problem, sizes) in zip(axes, curves.items()):
        for name, shade, line in distinct(list(sizes)):
            rates, accuracy = sizes[name]
            mean = 100 * accuracy.mean(axis=1)
            axis.plot(rates, mean, linestyle=line, color=shade, marker=".", label=name)
            near = mean >= mean.max() - 1
            axis.axvline(10 ** np.log10(rates[near]).mean(), color=shade, linestyle=":")
        axis.set(xscale="log")
        label(axis, RATE, "", problem)
        axis.legend(loc="lower left")
    axes[0].set_ylabel("test accuracy (%)")
    return figure


def decay_and_rate(etas: np.ndarray, decays: np.ndarray, accuracy: np.ndarray) -> Figure:
    """Accuracy over rate and weight decay, as a map; lines of equal η · decay are dashed.

    Args:
        etas: (R,).
        decays: (D,); the first may be 0, and has a row of its own.
        accuracy: (D, R), 0 to 1.
    """
    figure, (axis, scale) = canvas(2, size=(7.8, 4.4), width_ratios=(25, 1))
    values = 100 * accuracy
    shown = axis.imshow(values, origin="lower", aspect="auto", cmap="cividis",
                        vmin=values.max() - 10, vmax=values.max())  # fmt: skip
    figure.colorbar(shown, cax=scale, extend="min", label="validation accuracy")
    scale.set_xlabel("%", labelpad=16)  # below the arrow
    row, column = np.unravel_index(values.argmax(), values.shape)
    axis.plot(column, row, "*", color=COLOURS[1], markersize=18, markeredgecolor="white",
              label="best of all")  # fmt: skip
    axis.plot(values[0].argmax(), 0, "o", color=COLOURS[1], markeredgecolor="white", markersize=9,
              label="best without decay")  # fmt: skip
    axis.set_xticks(range(len(etas))[::2], [scientific(eta) for eta in etas[::2]])
    axis.set_yticks(range(len(decays)), [f"{decay:g}" for decay in decays])
    axis.grid(False)
    label(axis, "learning rate η, a column every quarter of a decade", "weight decay λ")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
