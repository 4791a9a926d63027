"""Chapter 08: you are the controller. A training, its signals, and a rate that is moved by hand."""

import functools
from typing import Any

import numpy as np

from course_lr import Constant, begin, digits
from course_lr.controllers import GradientWatch, ReduceOnPlateau
from course_lr.history import History
from course_lr.teaching.explorers import Control, Live, log, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific
from course_lr.training import Run

STEPS, MOVE, SEED, WINDOW = 480, 64, 0, 8
TOP = 10.0  # a loss above it, or one that is not finite, is drawn at it
RECORD = ("loss", "eta", "update_ratio", "grad_cosine")
ETA = log("eta", "your rate η", 1e-4, 10, 0.001, "The rate that you set.", points=26)
BEGINNINGS = {0.001: "small", 0.16: "right", 1.6: "large"}
FIRST = Control(
    "first",
    "begin with a rate",
    tuple(BEGINNINGS),
    0.001,
    "The rate of the first update: 0.001, 0.16 or 1.6.",
    show=BEGINNINGS.get,
)
RIVALS = {"constant": Constant, "plateau": ReduceOnPlateau, "watch": GradientWatch}
LINES = {
    "you": dict(color=COLOURS[0], zorder=4),
    "constant": dict(color=GREY, linestyle=":"),
    "plateau": dict(color=COLOURS[1], linestyle="--"),
    "watch": dict(color=COLOURS[2], linestyle="-."),
}


def opened(first: float, rule=Constant) -> Run:
    """A training of the digits, not yet a step old, that begins at the rate ``first``."""
    return begin(digits(), rule(first), seeds=[SEED], record=RECORD)


def accuracy(run: Run) -> float:
    """On the validation examples, in per cent."""
    return 100 * float(digits().evaluate(run.w, "validation")["accuracy"][0])


@functools.cache
def rivals(first: float) -> dict[str, tuple[History, float]]:
    """The history and the accuracy of each controller that begins at the rate ``first``."""
    runs = {name: opened(first, rule).advance(STEPS) for name, rule in RIVALS.items()}
    return {name: (run.history, accuracy(run)) for name, run in runs.items()}


def seen(run: Run, settings: dict[str, Any]) -> dict:
    """The run so far; at its end also its rivals."""
    over = run.step == STEPS
    others = rivals(settings["first"]) if over else {}
    reached = {"you": accuracy(run)} if over else {}
    return {
        "step": run.step,
        "signals": {name: getattr(run.history, name)[:, 0] for name in RECORD},
        "rivals": {name: history.loss[:, 0] for name, (history, _) in others.items()},
        "rates": {name: history.eta[:, 0] for name, (history, _) in others.items()},
        "accuracy": reached | {name: percent for name, (_, percent) in others.items()},
    }


@functools.cache
def compute(eta: float, first: float) -> dict:
    """A rehearsal: one move, from ``first`` to ``eta`` after four epochs."""
    run = opened(first).advance(MOVE)
    run.schedule = Constant(eta)
    return seen(run.advance(STEPS - MOVE), {"first": first})


def make(figure):
    """The axes, and the artists that move."""
    loss, rate, ratio, cosine = mosaic(figure, wide="AB;CD", narrow="A;B;C;D")
    label(loss, "", "", "loss (mean of 8 steps)")
    loss.set(yscale="log", ylim=(0.03, 300), yticks=[0.1, 1, 10])
    label(rate, "", "", "rate η")
    rate.set(yscale="log", ylim=(5e-5, 200), yticks=[1e-4, 1e-2, 1])
    label(ratio, "step", "", "update / weights")
    ratio.set(yscale="log", ylim=(1e-6, 2))
    label(cosine, "step", "", "cosine of gradients (mean of 8)")
    cosine.set(ylim=(-1, 1))
    cosine.axhline(0, color=GREY, linewidth=0.8)
    for axis in (loss, rate, ratio, cosine):
        axis.set_xlim(0, STEPS + 15)
    artists = {
        "ratio": ratio.plot([], [], color=COLOURS[0], linewidth=1)[0],
        "cosine": cosine.plot([], [], color=COLOURS[0], linewidth=1.2)[0],
        "hand": rate.plot([], [], "D", color=COLOURS[4], markersize=8, clip_on=False)[0],
        "step": rate.text(0.03, 0.97, "", transform=rate.transAxes, va="top", weight="bold"),
    }
    for name, line in LINES.items():
        artists[f"loss {name}"] = loss.plot([], [], **line, linewidth=1.6, label=name)[0]
        artists[f"rate {name}"] = rate.plot([], [], **line, linewidth=1.6)[0]
    loss.legend(loc="upper right", ncols=2, fontsize=9, borderpad=0.2, columnspacing=1)
    return artists


def averaged(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the last eight values (of fewer at the beginning), and the step of each."""
    values = np.nan_to_num(values, nan=0.0, posinf=2 * TOP)
    total = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - WINDOW, 0)
    return ends - 1, (total[ends] - total[begins]) / (ends - begins)


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    signals = data["signals"]
    losses = {"you": signals["loss"]} | data["rivals"]
    rates = {"you": signals["eta"]} | data["rates"]
    for name in LINES:
        steps, means = averaged(losses.get(name, np.empty(0)))
        artists[f"loss {name}"].set_data(steps, np.minimum(means, TOP))
        eta = rates.get(name, np.empty(0))
        artists[f"rate {name}"].set_data(np.arange(len(eta)), eta)
    artists["ratio"].set_data(np.arange(len(signals["update_ratio"])), signals["update_ratio"])
    artists["cosine"].set_data(*averaged(signals["grad_cosine"]))
    artists["hand"].set_data([data["step"]], [data["eta"]])
    artists["step"].set_text(f"step {data['step']}")


def state(data: dict) -> str:
    """Who reached what; before the end, what to do."""
    if data["step"] < STEPS:
        return (
            f"Begun at η = {scientific(data['first'])}. Play runs on; the slider sets the rate of "
            f"the next update. After {STEPS} steps your run is set beside three others."
        )
    percent = {name: f"{name} {value:.0f} %" for name, value in data["accuracy"].items()}
    moved = f"begun at η = {scientific(data['first'])}, last η = {scientific(data['eta'])}"
    return f"Validation accuracy after {STEPS} steps: {', '.join(percent.values())} ({moved})."


def alt(data: dict) -> str:
    """What the four panels show."""
    return (
        "Four panels against the step: the loss, the learning rate, the length of an update "
        f"relative to the weights, and the cosine between successive gradients. {state(data)}"
    )


def met(data: dict) -> bool:
    """Whether the run by hand ends above each of the others."""
    reached = data["accuracy"]
    return bool(reached) and all(reached["you"] > reached[name] for name in RIVALS)


EXPLORER = Live(
    name="controller",
    title="you are the controller",
    controls=(ETA, FIRST),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="End above the constant rate, the plateau and the watch.",
    met=met,
    steps=STEPS,
    stride=2,
    rate="eta",
    first="first",
    opened=opened,
    seen=seen,
)
