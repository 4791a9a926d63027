"""Chapter 06: a warm-up before a constant rate. η, loss, gradient norm, sharpness against 2/η."""

import functools

import numpy as np
from matplotlib.collections import LineCollection

from course_lr import Constant, Warmup, digits, sharpness, train
from course_lr.teaching.explorers import Control, Explorer, log, mark_above, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

STEPS, SEEDS, GUESS, LOST = 120, 5, np.log(10), 2.0
FOLLOWED = 1  # the seed whose norm and sharpness are drawn: seed 0 dies where the picture begins
LENGTHS = (0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96)
DEEP = (32,) * 6
SEEN, PROBE = np.arange(0, STEPS + 1, 6), 200  # steps and examples that sharpness is taken at
HIGH, SHORT = 0.15, 4  # the rate of the goal, and the length that reaches it
HUGE = 1e3  # weights beyond have left every bowl
LOSS, NORM, STEEP = (0.05, 50.0), (0.05, 500.0), (2.0, 2000.0)
ETA = log("eta", "target rate η", 0.02, 0.63, HIGH, "Where the warm-up leads to.", points=13)
LENGTH = Control(
    "length",
    "warm-up (steps)",
    LENGTHS,
    2,
    "Over how many steps the rate rises from 0 to the target.",
    slider=True,
)
GAIN = Control(
    "gain", "start (times He's)", (1.0, 1.5), 1.5, "How large the weights are at the start."
)


def schedule(eta: float, length: int):
    """The target rate after a warm-up; with length 0 from the first step."""
    return Warmup(Constant(eta), steps=length)


@functools.cache
def trained(eta: float, length: int, gain: float) -> dict:
    """Five runs of the deep network, and the sharpness along one of them."""
    problem = digits(hidden=DEEP, init_gain=gain)
    record = ("loss", "grad_norm", "path")
    history = train(problem, schedule(eta, length), steps=STEPS, seeds=SEEDS, record=record)
    probe = digits(hidden=DEEP, init_gain=gain, samples=PROBE)
    w = history.path[SEEN, FOLLOWED]
    near = (np.abs(w) < HUGE).all(axis=1)
    steep = np.full(len(SEEN), np.nan)
    steep[near] = sharpness(probe, w[near], iterations=15, tolerance=0.03)
    return {"loss": history.loss, "norm": history.grad_norm[:, FOLLOWED], "steep": steep}


def compute(eta: float, length: int, gain: float) -> dict:
    """The runs of one setting, the rate at each step, and the limit 2/η where sharpness is seen."""
    rate, at = schedule(eta, length)(np.arange(STEPS)), schedule(eta, length)(SEEN)
    limit = np.divide(2, at, out=np.full(len(SEEN), np.nan), where=at > 0)
    runs = trained(eta, length, gain)
    lost = ~(runs["loss"][-16:].mean(axis=0) < LOST)
    return runs | {"rate": rate, "limit": limit, "lost": int(lost.sum())}


def make(figure):
    """The axes, and the artists that move."""
    rate, loss, norm, steep = mosaic(figure, wide="AB;CD", narrow="A;B;C;D")
    label(rate, "", "rate η")
    label(loss, "", "loss")
    label(norm, "step", f"gradient norm, seed {FOLLOWED}")
    label(steep, "step", f"sharpness, seed {FOLLOWED}")
    rate.set(xlim=(0, STEPS), yscale="log", ylim=(2e-4, 1))
    for axis, limits in ((loss, LOSS), (norm, NORM), (steep, STEEP)):
        axis.set(xlim=(0, STEPS), yscale="log", ylim=limits)
    loss.axhline(GUESS, color=GREY, linestyle=":")
    loss.text(STEPS, GUESS, "guessing", color=GREY, va="bottom", ha="right")
    thin = {"colors": COLOURS[0], "linewidths": 0.8}
    artists = {
        "rate": rate.plot([], [], color=COLOURS[0])[0],
        "loss": loss.add_collection(LineCollection([], **thin)),
        "norm": norm.plot([], [], color=COLOURS[0], linewidth=1)[0],
        "limit": steep.plot([], [], "--", color=COLOURS[1], label="2/η")[0],
        "steep": steep.plot([], [], ".-", color=COLOURS[0])[0],
    }
    for name, axis, top in (("lost", loss, LOSS[1]), ("burst", norm, NORM[1])):
        mark = {"color": COLOURS[1], "clip_on": False}
        artists[name] = axis.plot([], [], "^", **mark, label=f"above {top:g}")[0]
    steep.legend(loc="upper right")
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    artists["rate"].set_data(np.arange(STEPS), np.maximum(data["rate"], 1e-5))
    loss, norm = (np.nan_to_num(data[n], nan=np.inf, posinf=np.inf) for n in ("loss", "norm"))
    every, other = (
        np.arange(0, STEPS + 1, 10),
        np.arange(0, STEPS, 8),
    )  # fewer, so static_html is small
    shown = np.minimum(loss, 2 * LOSS[1])
    artists["loss"].set_segments([np.column_stack([every, run[every]]) for run in shown.T])
    artists["norm"].set_data(other, np.minimum(norm[other], 2 * NORM[1]))
    mark_above(artists["lost"], loss, LOSS[1])
    mark_above(artists["burst"], norm, NORM[1])
    artists["limit"].set_data(SEEN, data["limit"])
    artists["steep"].set_data(SEEN, data["steep"])


def state(data: dict) -> str:
    """How many runs are lost, and how sharpness stands to 2/η at the start and at the end."""
    steep, limit = data["steep"], 2 / data["eta"]
    first = f"The start has sharpness {steep[0]:.0f}; 2/η is {scientific(limit)}."
    gone = f"Seed {FOLLOWED} is gone."
    last = f"At the end it is {steep[-1]:.0f}." if np.isfinite(steep[-1]) else gone
    lost = f"{data['lost']} of {SEEDS} seeds are lost (a loss above {LOST:g} at the end)."
    if saved(data) and data["length"] > SHORT:
        lost = "No seed is lost, but a shorter warm-up does it too."
    return f"{lost} {first} {last}"


def saved(data: dict) -> bool:
    """Whether no seed is lost at the rate and the start of the goal."""
    return (data["eta"], data["gain"], data["lost"]) == (HIGH, 1.5, 0)


def alt(data: dict) -> str:
    """What the four panels show."""
    return (
        f"Four panels over {STEPS} steps of a deep network: the rate, the loss of {SEEDS} seeds, "
        f"and of seed {FOLLOWED} the gradient norm and the sharpness with the limit 2/η, all on "
        f"logarithmic axes. Warm-up of {data['length']} steps to {scientific(data['eta'])}. "
        f"{state(data)}"
    )


EXPLORER = Explorer(
    name="warmup",
    title="a deep network with a warm-up",
    controls=(ETA, LENGTH, GAIN),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="From the start 1.5 times too large, find the shortest warm-up that loses no seed at "
    f"η = {HIGH:g}.",
    met=lambda data: saved(data) and data["length"] <= SHORT,
    static_control="length",
)
