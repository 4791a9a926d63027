"""Figures of chapter 09: how to choose, and what each way costs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lr.teaching.figures.maps import draw_map
from course_lr.teaching.figures.style import COLOURS, GREY, OUTCOMES, canvas, label

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
"""The decision chart: a question, what to do, and in a few words the statements it rests on."""


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
            sign, _, shade = OUTCOMES.get(outcome, ("", "", GREY))
            reason = f"{words} ({id}): {outcome}" if outcome else f"{words} ({id})"
            height = row + 0.36 * (place - (len(statements) - 1) / 2)
            axis.text(6.6, height, sign, va="center", fontsize=10, color=shade)
            axis.text(6.85, height, reason, va="center", fontsize=10)
    return figure


def _boxes(axis: Axes, row: int, question: str, answer: str) -> None:
    """Question and answer of a row, with arrows to the answer and from the row above."""
    for x, words, face, edge in (
        (1.45, question, "#e8f2fa", COLOURS[0]), (4.75, answer, "white", GREY),
    ):  # fmt: skip
        box = dict(boxstyle="round,pad=0.3", facecolor=face, edgecolor=edge)
        axis.text(x, row, words, ha="center", va="center", bbox=box, fontsize=11)
    axis.annotate("", (3.25, row), (2.8, row), arrowprops=dict(arrowstyle="->"))
    if row:
        axis.annotate("", (1.45, row - 0.3), (1.45, row - 0.7), arrowprops=dict(arrowstyle="->"))


def regrets(regret: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """How far each way lies behind the best: a map, one row per way, one column per problem.

    The rows are in the order of their means over the problems, which are the last column.

    Args:
        regret: problem -> way -> (seeds,) regrets in points of accuracy, larger is worse.
    """
    ways = list(next(iter(regret.values())))
    means = np.array([[of[way].mean() for of in regret.values()] for way in ways])
    means = np.column_stack([means, means.mean(axis=1)])
    order = means[:, -1].argsort()
    figure, (axis,) = canvas(size=(2.6 + 0.72 * means.shape[1], 2.1 + 0.34 * len(ways)))
    draw_map(axis, means[order], [*regret, "mean"], [ways[row] for row in order],
             span=(0, WORST), digits=1, colours="cividis_r")  # fmt: skip
    for text in axis.texts[len(regret) :: len(regret) + 1]:
        text.set_weight("bold")
    axis.axvline(len(regret) - 0.5, color="white", linewidth=4)
    axis.set_xticks(range(len(regret) + 1), [*regret, "mean"], rotation=35, ha="right",
                    rotation_mode="anchor")  # fmt: skip
    label(axis, "regret: points of test accuracy behind the best", "")
    return figure
