"""Chapter 09: start somewhere, raise while it helps, lower when it does not.

Nothing is trained here: every training is one of the kept sweeps, at the nearest rate that they
have, so that each procedure answers at once.
"""

import numpy as np

from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.chapters.ch05_searching.explorer import SWEEPS, table
from course_lr.teaching.chapters.ch09_choosing import adjusted, kept
from course_lr.teaching.explorers import Control, Explorer, log, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

MOST = 6
"""Trainings that the goal allows, on average."""
ETA = log("eta", "start at η", 1e-5, 10, 1e-4, "The rate of the first training.", points=25)
FACTOR = Control(
    "factor", "adjust by", (1.5, 3, 10, 30), 3, "The rate is multiplied or divided by it."
)
REFINE = Control(
    "refine",
    "then",
    ("stop", "try between"),
    "stop",
    "At the end: stop, or try both half-way points beside the best one.",
)
PROBLEM = Control("problem", "trained", tuple(SWEEPS), "MNIST-1D", "What is trained, with SGD.")


def path(rates: np.ndarray, shown: np.ndarray, eta: float, factor: float, refine: bool) -> list:
    """Places of the rates that a search tries, in order.

    Up while the accuracy ``shown`` ``(rates,)`` grows; if the first step up does not help, down
    while it does not fall. At the end, to ``refine``, half-way to both sides of the best.
    """
    at = adjusted(rates, shown, eta, factor)
    if len(at) == 2 and kept(shown, at) == at[0] or len(at) == 1:
        at += adjusted(rates, shown, eta, 1 / factor)[1:]
    between = rates[kept(shown, at)] * factor ** np.array([-0.5, 0.5])
    return at + [p for p in map(int, nearest(rates, between)) if p not in at] * refine


def compute(eta: float, factor: float, refine: str, problem: str) -> dict:
    """One search in full, and what twenty of them hand over."""
    curves, best = table(problem)
    shown, rates = curves.validation_accuracy[-1], curves.rates
    paths = [path(rates, row, eta, factor, refine != "stop") for row in shown.T]
    chosen = [*map(kept, shown.T, paths)]
    reached = 100 * curves.test_accuracy[chosen, np.arange(len(chosen))].astype(float)
    top = float(100 * curves.test_accuracy[best].mean())
    return {
        "rates": rates,
        "shown": 100 * shown[:, 0].astype(float),
        "path": paths[0],
        "chosen": chosen[0],
        "reached": reached,
        "spent": np.array([len(tried) for tried in paths]),
        "best": top,
        "behind": float(top - reached.mean()),
    }


def make(figure):
    """The axes, and the artists that move."""
    curve, dots = mosaic(figure, wide="AAB", narrow="A;A;B")
    label(curve, "learning rate η", "validation accuracy (%)", "one search, trainings in order")
    curve.set(xscale="log", xlim=(5e-6, 40), ylim=(0, 108))
    label(dots, "trainings spent", "test accuracy (%)", "twenty searches")
    dots.set(xlim=(0, 26), ylim=(0, 104))
    star = {"color": COLOURS[1], "markeredgecolor": "black", "markersize": 17, "label": "kept"}
    artists = {
        "curve": curve.plot([], [], color=GREY, linewidth=1)[0],
        "tried": curve.plot([], [], "o-", color=COLOURS[0], linewidth=0.8)[0],
        "chosen": curve.plot([], [], "*", **star)[0],
        "order": curve.text(0.03, 0.97, "", transform=curve.transAxes, va="top"),
        "best": dots.plot([], [], "--", color="black", linewidth=1.2, label="best rate")[0],
        "dots": dots.plot([], [], ".", color=COLOURS[0], alpha=0.5, label="a search")[0],
        "mean": dots.plot([], [], "D", color=COLOURS[1], markersize=9, label="mean")[0],
    }
    curve.legend(loc="center left")
    dots.legend(loc="lower right")
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    tried = data["path"]
    artists["curve"].set_data(data["rates"], data["shown"])
    artists["tried"].set_data(data["rates"][tried], data["shown"][tried])
    artists["chosen"].set_data([data["rates"][data["chosen"]]], [data["shown"][data["chosen"]]])
    artists["order"].set_text(in_rows([scientific(rate) for rate in data["rates"][tried]]))
    artists["best"].set_data([0, 26], [data["best"]] * 2)
    artists["dots"].set_data(data["spent"], data["reached"])
    artists["mean"].set_data([data["spent"].mean()], [data["reached"].mean()])


def in_rows(words: list[str], long: int = 4) -> str:
    """Words with arrows between them, a few in a row; of many only the first and the last.

    >>> in_rows(["a", "b", "c"], long=2)
    'a → b →\\nc'
    """
    if len(words) > 2 * long:
        words = [*words[:long], "…", *words[-long + 1 :]]
    rows = [" → ".join(words[i : i + long]) for i in range(0, len(words), long)]
    return " →\n".join(rows)


def state(data: dict) -> str:
    """The search shown, and what the searches return on average."""
    chosen, behind = data["rates"][data["chosen"]], data["behind"]
    return (
        f"{data['problem']}: from {scientific(data['eta'])}, {len(data['path'])} trainings, kept "
        f"{scientific(chosen)}. On average twenty searches spend {data['spent'].mean():.1f} "
        f"trainings and return {data['reached'].mean():.1f} % test accuracy, {abs(behind):.1f} "
        f"points {'behind' if behind > 0 else 'ahead of'} the best rate ({data['best']:.1f} %)."
    )


def alt(data: dict) -> str:
    """What the two panels show."""
    return (
        "On the left the validation accuracy against the rate, on a logarithmic axis, with the "
        "rates that one search tries in order and the one that it keeps. On the right twenty "
        f"searches: trainings spent and test accuracy returned. {state(data)}"
    )


def met(data: dict) -> bool:
    """On MNIST-1D from at most 1e-3, cheap, and within a point."""
    begun = data["problem"] == "MNIST-1D" and data["eta"] <= 1e-3
    return begun and data["spent"].mean() <= MOST and data["behind"] <= 1


EXPLORER = Explorer(
    name="adjust",
    title="start, adjust, and what it costs",
    controls=(ETA, FACTOR, REFINE, PROBLEM),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="On MNIST-1D, start at 1e-3 or below and come within one point of the best rate, with at "
    f"most {MOST} trainings on average.",
    met=met,
)
