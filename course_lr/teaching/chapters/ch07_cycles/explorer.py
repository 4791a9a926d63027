"""Chapter 07: a ball among seven wells, and the cycle that drives it."""

import functools

import numpy as np
from contourpy import contour_generator
from matplotlib.collections import LineCollection

from course_lr import Triangular, train, wells
from course_lr.teaching.explorers import Control, Explorer, log, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

START, STEPS, GAMMA = (-3.1, -1.5), 300, 0.99
FLOOR, SIDE = 1e-3, 4.2
LOWEST, HIGHEST = -3.4, 2.6
"""Of the loss's axis; what is above is drawn on its edge."""
ETA = log("eta_max", "upper bound η_max", 0.03, 3, 0.12, "The rate at the top.", points=41)
PART = Control(
    "part",
    "lower bound / η_max",
    (0, 0.1, 0.3, 1),
    0.1,
    "The rate between two cycles, as a part of the upper bound; 1 is a constant rate.",
)
HALF = Control(
    "half_cycle",
    "half a cycle (steps)",
    (10, 25, 50, 75, 150),
    75,
    "Steps from a low to the next high.",
)
ENVELOPE = Control(
    "envelope",
    "envelope",
    ("constant", "halving", "exponential"),
    "constant",
    f"How high later cycles reach: as high, half as high each time, or times {GAMMA}ᵗ.",
)
KIND = Control(
    "kind", "deepest well", ("wide", "narrow"), "wide", "Is the deepest well wide or narrow?"
)


@functools.cache
def contours(kind: str) -> list[np.ndarray]:
    """Lines of equal loss, each ``(points, 2)``."""
    side = np.linspace(-SIDE, SIDE, 121)
    x, y = np.meshgrid(side, side)
    loss = wells(kind).loss(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
    lines = contour_generator(x, y, loss).multi_lines(np.arange(-3.0, 1.6, 0.25))
    return [line for level in lines for line in level]


@functools.cache
def rims(kind: str) -> tuple[np.ndarray, float]:
    """The deepest minimum ``(2,)``, and the loss of the second deepest."""
    problem = wells(kind)
    return problem.minima[0], float(problem.loss(problem.minima[1:2])[0])


def compute(eta_max: float, part: float, half_cycle: int, envelope: str, kind: str) -> dict:
    """The ball's path under one cycle."""
    cycle = Triangular(part * eta_max, eta_max, half_cycle, envelope, GAMMA)
    record = ("loss", "eta", "path")
    history = train(wells(kind), cycle, steps=STEPS, start=START, record=record)
    deepest, second = rims(kind)
    return {
        "eta": history.eta,
        "path": history.path,
        "loss": history.loss,
        "deepest": deepest,
        "second": second,
        "arrived": bool(history.loss[-1] < second),
    }


def make(figure):
    """The axes, and the artists that move."""
    plane, rate, curve = mosaic(figure, wide="AB;AC", narrow="A;A;B;C")
    label(plane, "$w_1$", "$w_2$", "path over contours of the loss")
    plane.set(xlim=(-SIDE, SIDE), ylim=(-SIDE, SIDE), aspect="equal")
    plane.plot(*START, "s", color="black", markersize=7)
    label(rate, "", "rate η (log)")
    rate.set(xlim=(0, STEPS), ylim=(0.8 * FLOOR, 5), yscale="log", yticks=[1e-3, 1e-2, 0.1, 1])
    label(curve, "step", "loss", "dotted: second deepest well")
    curve.set(xlim=(0, STEPS), ylim=(LOWEST, HIGHEST + 0.2))
    lines = LineCollection([], colors=GREY, linewidths=0.5)
    return {
        "contours": plane.add_collection(lines),
        "star": plane.plot([], [], "*", color=COLOURS[2], markersize=15)[0],
        "path": plane.plot([], [], "-", color=COLOURS[0], linewidth=0.8)[0],
        "end": plane.plot([], [], "o", color=COLOURS[1], markersize=9)[0],
        "rate": rate.plot([], [], color=COLOURS[0])[0],
        "loss": curve.plot([], [], color=COLOURS[0], linewidth=1)[0],
        "second": curve.plot([], [], ":", color=COLOURS[2])[0],
    }


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    artists["contours"].set_segments(contours(data["kind"]))
    artists["star"].set_data(*data["deepest"][:, None])
    artists["path"].set_data(*data["path"].T)
    artists["end"].set_data(*np.clip(data["path"][-1], -SIDE, SIDE)[:, None])
    artists["rate"].set_data(np.arange(STEPS), np.maximum(data["eta"], FLOOR))
    artists["loss"].set_data(np.arange(STEPS + 1), np.minimum(data["loss"], HIGHEST))
    artists["second"].set_data([0, STEPS], [data["second"]] * 2)


def state(data: dict) -> str:
    """Where the ball is at the end."""
    side = "below" if data["arrived"] else "above"
    where = "in the deepest well" if data["arrived"] else "not in the deepest well, or not at rest"
    return (
        f"After {STEPS} steps the loss is {data['loss'][-1]:.2f}, {side} the second deepest "
        f"minimum ({data['second']:.2f}): {where}."
    )


def alt(data: dict) -> str:
    """What the three panels show."""
    return (
        f"A ball among seven wells, the deepest one {data['kind']}, driven by a cyclical rate up "
        f"to {scientific(data['eta_max'])}: its path over contours, the rate and the loss over "
        f"{STEPS} steps. {state(data)}"
    )


EXPLORER = Explorer(
    name="cycles",
    title="a ball driven by a cyclical rate",
    controls=(ETA, PART, HALF, ENVELOPE, KIND),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="Where the deepest well is wide, bring the ball into it, to end below all other minima.",
    met=lambda data: data["kind"] == "wide" and data["arrived"],
)
