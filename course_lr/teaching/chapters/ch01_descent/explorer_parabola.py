"""Chapter 01: one weight on the parabola ½w². The shortest explorer, to copy for a new one."""

import numpy as np

from course_lr import Quadratic, train
from course_lr.teaching.explorers import Explorer, log, mosaic
from course_lr.teaching.figures.style import COLOURS, label, scientific

STEPS = 10
ETA = log("eta", "learning rate η", 0.01, 10, 0.1, "How far a step goes.", points=31)


def compute(eta: float) -> dict:
    """Ten steps of gradient descent from w = 2 at one rate."""
    history = train(Quadratic(1.0), eta, steps=STEPS, start=[2.0], record=("loss", "path"))
    return {"w": history.path[:, 0], "loss": history.loss}


def make(figure):
    """Axes, labels and all that stands still; the artists that it returns will move."""
    bowl, curve = mosaic(figure, wide="AB", narrow="A;B")
    label(bowl, "weight w", "loss ½w²")
    bowl.set(xlim=(-4, 4), ylim=(-0.3, 8))
    w = np.linspace(-4, 4, 101)
    bowl.plot(w, w**2 / 2, color=COLOURS[0])
    label(curve, "step", "loss")
    curve.set(xlim=(0, STEPS), ylim=(1e-6, 1e3), yscale="log")
    moving = {"marker": "o", "color": COLOURS[1]}
    return {"steps": bowl.plot([], [], **moving)[0], "loss": curve.plot([], [], **moving)[0]}


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    artists["steps"].set_data(data["w"], data["loss"])
    artists["loss"].set_data(np.arange(STEPS + 1), data["loss"])


def state(data: dict) -> str:
    """What is to be seen, in a sentence."""
    factor = scientific(abs(1 - data["eta"]))
    return f"Each step multiplies the distance to the minimum by |1 − η| = {factor}."


EXPLORER = Explorer(
    name="parabola",
    title="gradient descent on a parabola",
    controls=(ETA,),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=lambda data: f"Points of descent on the parabola ½w², and their loss. {state(data)}",
    goal="Find the rate that arrives in one step.",
    met=lambda data: abs(data["w"][1]) < 1e-12,
)
