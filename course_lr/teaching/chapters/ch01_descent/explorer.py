"""Chapter 01: one rate, two directions. A path over contours, its loss, and each multiplier."""

import functools

import numpy as np
from matplotlib.collections import LineCollection

from course_lr import Quadratic, train
from course_lr.teaching.explorers import Control, Explorer, log, mark_above, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

START, STEPS, TARGET = (-4.0, 1.0), 40, 1e-6
DIRECTIONS = ("flat", "steep")
LEFT, TOP = -2.5, 1e4  # what lies beyond is marked there
COLOUR = {"stable": COLOURS[0], "oscillating": COLOURS[2], "diverging": COLOURS[1]}
ETA = log("eta", "learning rate η", 1e-3, 1, 0.05, "How far a step goes: w ← w − η · gradient.")
STEEP = Control(
    "steep",
    "steep curvature λ",
    (2, 4, 9, 20, 50),
    9,
    "Curvature along the steep direction; along the flat one it is 1.",
)


def descend(eta, steep: int):
    """Forty steps from (−4, 1) at one rate, or at several."""
    return train(Quadratic([1, steep]), eta, steps=STEPS, start=START, record=("loss", "path"))


@functools.cache
def largest(steep: int) -> float | None:
    """The largest position of the slider that brings the loss to the target in time."""
    reached = descend(ETA.values, steep).loss[-1] <= TARGET
    return max((eta for eta, done in zip(ETA.values, reached) if done), default=None)


def behaviour(factor: float) -> str:
    """What multiplying a coordinate by ``factor`` at every step does to it.

    >>> behaviour(0.5), behaviour(-0.5), behaviour(-1.5)
    ('shrinks steadily', 'oscillates and shrinks', 'oscillates and grows')
    """
    if np.isclose(abs(factor), 1, rtol=0, atol=1e-12):
        return "oscillates for ever"
    if factor < -1:
        return "oscillates and grows"
    if np.isclose(factor, 0, rtol=0, atol=1e-12):
        return "is gone in one step"
    return "shrinks steadily" if factor > 0 else "oscillates and shrinks"


def overall(factors: np.ndarray) -> str:
    """The worst that any direction does: diverging, oscillating or stable."""
    behaviours = [behaviour(factor) for factor in factors]
    if "oscillates and grows" in behaviours:
        return "diverging"
    return "oscillating" if any("oscillates" in words for words in behaviours) else "stable"


def compute(eta: float, steep: int) -> dict:
    """The descent at one rate, and what the rate does to each direction."""
    history, curvatures = descend(eta, steep), np.array([1.0, steep])
    factors = 1 - eta * curvatures
    return {
        "curvatures": curvatures,
        "factors": factors,
        "path": history.path,
        "loss": history.loss,
        "largest": largest(steep),
        "verdict": overall(factors),
    }


def make(figure):
    """The axes, and the artists that move."""
    plane, curve, line = mosaic(figure, wide="AB;AC", narrow="A;A;A;B;B;B;C;C")
    label(plane, "flat direction $w_1$", "steep direction $w_2$", "path over contours of the loss")
    plane.set(xlim=(-5, 5), ylim=(-2.4, 2.4))
    plane.plot(0, 0, "*", color="black", markersize=11)
    label(curve, "step", "loss")
    curve.set(xlim=(0, STEPS), ylim=(1e-10, TOP), yscale="log", yticks=[1e-9, 1e-6, 1e-3, 1, 1e3])
    curve.axhline(TARGET, color=GREY, linestyle=":")
    curve.text(1, TARGET, f"target {TARGET:g}", color=GREY, va="bottom")
    label(line, "multiplier 1 − ηλ of a step", "")
    line.set(xlim=(LEFT - 0.5, 1.2), ylim=(-0.5, 3.3), xticks=[-2, -1, 0, 1])
    for place, words in ((-1.8, "grows"), (-0.5, "oscillates"), (0.5, "steady")):
        line.text(place, 3.25, words, color=GREY, ha="center", va="top")
    line.set_yticks([1, 0], DIRECTIONS)
    line.axvspan(-1, 1, color=COLOURS[5], alpha=0.2, linewidth=0)
    line.axvline(0, color=GREY, linewidth=0.8)
    number = {"va": "bottom", "ha": "center"}
    plain = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2}
    corner = {"transform": plane.transAxes, "va": "top", "weight": "bold", "bbox": plain}
    return {
        "contours": plane.add_collection(LineCollection([], colors=GREY, linewidths=0.6)),
        "path": plane.plot([], [], "o-", markersize=3.5)[0],
        "verdict": plane.text(0.03, 0.97, "", **corner),
        "loss": curve.plot([], [])[0],
        "beyond": curve.plot([], [], "^", color=COLOUR["diverging"], clip_on=False)[0],
        "multipliers": line.plot([], [], "D", markersize=8, clip_on=False)[0],
        "flat": line.text(0, 1.2, "", **number),
        "steep": line.text(0, 0.2, "", **number),
    }


def ellipses(curvatures: np.ndarray) -> np.ndarray:
    """Contours of the loss through 1, 2, … 8 on the flat axis, ``(8, points, 2)``."""
    angle = np.linspace(0, 2 * np.pi, 97)
    unit = np.column_stack([np.cos(angle), np.sin(angle)]) / np.sqrt(curvatures)
    return np.arange(1, 9)[:, None, None] * unit


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    colour = COLOUR[data["verdict"]]
    artists["contours"].set_segments(ellipses(data["curvatures"]))
    artists["path"].set_data(*data["path"].T)
    artists["verdict"].set_text(data["verdict"])
    artists["loss"].set_data(np.arange(STEPS + 1), data["loss"])
    mark_above(artists["beyond"], data["loss"], TOP)
    places = np.maximum(data["factors"], LEFT)
    artists["multipliers"].set_data(places, [1, 0])
    for direction, place, factor in zip(DIRECTIONS, places, data["factors"]):
        artists[direction].set_text(f"{'← ' if factor < LEFT else ''}{abs(factor):.2f}")
        artists[direction].set_x(place)
    for name in ("path", "loss", "multipliers"):
        artists[name].set_color(colour)


def state(data: dict) -> str:
    """Each direction's multiplier and what it does, then both together."""
    directions = [
        f"{direction} direction (λ = {curvature:g}): |1 − ηλ| = {abs(factor):.2f}, "
        f"{behaviour(factor)}"
        for direction, curvature, factor in zip(DIRECTIONS, data["curvatures"], data["factors"])
    ]
    end = f"together: {data['verdict']}, loss {scientific(data['loss'][-1])} after {STEPS} steps"
    none = "" if data["largest"] else f" No rate reaches {TARGET:g} with this curvature."
    return f"{'; '.join(directions)}; {end}.{none}"


def alt(data: dict) -> str:
    """What the three panels show."""
    return (
        f"Gradient descent on a quadratic at learning rate {scientific(data['eta'])}: its path "
        f"over the contours, the loss over {STEPS} steps on a logarithmic axis, and the multiplier "
        f"of each direction. {state(data)}"
    )


EXPLORER = Explorer(
    name="quadratic",
    title="gradient descent on a quadratic",
    controls=(ETA, STEEP),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal=f"Find the largest η that brings the loss to {TARGET:g} within {STEPS} steps.",
    met=lambda data: data["eta"] == data["largest"],
)
