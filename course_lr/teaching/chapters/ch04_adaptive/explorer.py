"""Chapter 04: a ravine, straight or turned, and five methods with their effective rates."""

import numpy as np
from matplotlib.collections import LineCollection

from course_lr import SGD, AdaGrad, Adam, Momentum, Quadratic, RMSProp, train
from course_lr.teaching.chapters.ch01_descent.explorer import ellipses
from course_lr.teaching.chapters.ch04_adaptive import effective_rates
from course_lr.teaching.explorers import Control, Explorer, log, mark_above, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

CURVATURES, STEPS, TARGET, TOP = (1.0, 20.0), 60, 1e-9, 1e4
ANGLES = {"straight": 0.0, "turned by 45°": np.pi / 4}
RULES = {
    "SGD": lambda beta: SGD(),
    "momentum": Momentum,
    "AdaGrad": lambda beta: AdaGrad(),
    "RMSprop": RMSProp,
    "Adam": lambda beta: Adam(beta2=beta),
}
MEANING = {"momentum": "the momentum", "RMSprop": "RMSprop's ρ", "Adam": "Adam's β₂"}
ETA = log("eta", "learning rate η", 1e-3, 10, 0.1, "The rate that the method adapts.", points=41)
METHOD = Control("method", "method", tuple(RULES), "Adam", "The update rule.")
USUAL = {"momentum": 0.9, "RMSprop": 0.99, "Adam": 0.999}
BETA = Control(
    "beta",
    "memory β",
    ("usual", 0.0, 0.5, 0.9, 0.99, 0.999),
    "usual",
    "How long the past is remembered: momentum β, RMSprop's ρ, Adam's β₂; usual are 0.9, 0.99 and "
    "0.999.",
)
RAVINE = Control(
    "ravine", "ravine", tuple(ANGLES), "straight", "Whether the floor lies along the axis of w₁."
)


def turned(angle: float) -> np.ndarray:
    """The matrix that turns the plane by ``angle``."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def remembered(method: str, beta: float | str) -> float:
    """The memory: what is asked for, or the method's usual one.

    >>> remembered("momentum", "usual"), remembered("momentum", 0.5)
    (0.9, 0.5)
    """
    return USUAL.get(method, 0.0) if beta == "usual" else beta


def descend(eta: float, method: str, beta: float, ravine: str) -> dict:
    """Sixty steps from the same place of the ravine, and the effective rates on the way."""
    angle, update = ANGLES[ravine], RULES[method](beta)
    problem, start = Quadratic(CURVATURES, rotation=angle), turned(angle) @ [-4.0, 1.0]
    history = train(problem, eta, update=update, steps=STEPS, start=start, record=("loss", "path"))
    gradients = problem.gradient(history.path[:-1])[:, None]
    rates = effective_rates(update, gradients, eta)[:, 0]
    return {"path": history.path, "loss": history.loss, "rates": rates}


def compute(eta: float, method: str, beta: float | str, ravine: str) -> dict:
    """The descent in this ravine, and how far the same method and rate get in both."""
    beta = remembered(method, beta)
    descents = {name: descend(eta, method, beta, name) for name in ANGLES}
    ends = {name: float(descents[name]["loss"][-1]) for name in ANGLES}
    return descents[ravine] | {"beta": beta, "ends": ends}


def make(figure):
    """The axes, and the artists that move."""
    plane, curve, rates = mosaic(figure, wide="AB;AC", narrow="A;B;C")
    label(plane, "$w_1$", "$w_2$", "path over contours of the loss")
    plane.set(xlim=(-5, 3.6), ylim=(-4.2, 3.6))
    plane.plot(0, 0, "*", color="black", markersize=11)
    label(curve, "step", "loss")
    curve.set(xlim=(0, STEPS), ylim=(1e-14, TOP), yscale="log", yticks=[1e-12, 1e-8, 1e-4, 1, 1e4])
    curve.axhline(TARGET, color=GREY, linestyle=":")
    curve.text(1, TARGET, f"target {TARGET:g}", color=GREY, va="bottom")
    label(rates, "step", "effective rate")
    rates.set(xlim=(0, STEPS), ylim=(1e-5, 1e4), yscale="log", yticks=[1e-4, 1e-2, 1, 1e2])
    artists = {
        "flat": rates.plot([], [], "-", color=COLOURS[0], label="$w_1$")[0],
        "steep": rates.plot([], [], "--", color=COLOURS[1], label="$w_2$")[0],
        "contours": plane.add_collection(LineCollection([], colors=GREY, linewidths=0.6)),
        "path": plane.plot([], [], "o-", color=COLOURS[2], markersize=3.5)[0],
        "loss": curve.plot([], [], color=COLOURS[2])[0],
        "beyond": curve.plot([], [], "^", color=COLOURS[1], clip_on=False)[0],
    }
    rates.legend(loc="upper right", ncols=2)
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    steps = np.arange(STEPS + 1)
    around = ellipses(np.array(CURVATURES)) @ turned(ANGLES[data["ravine"]]).T
    artists["contours"].set_segments(around)
    artists["path"].set_data(*data["path"].T)
    artists["loss"].set_data(steps, np.minimum(data["loss"], 10 * TOP))
    mark_above(artists["beyond"], data["loss"], TOP)
    for name, values in zip(("flat", "steep"), data["rates"].T):
        artists[name].set_data(steps[:-1], values)


def state(data: dict) -> str:
    """The loss in both ravines, the effective rates at the end, and what β means here."""
    ends = " and ".join(f"{scientific(end)} ({name})" for name, end in data["ends"].items())
    first, second = (scientific(rate) for rate in data["rates"][-1])
    memory = f"{data['method']} does not use β."
    if data["method"] in MEANING:
        memory = f"β = {data['beta']:g} is {MEANING[data['method']]} here."
    return (
        f"{data['method']} at η = {scientific(data['eta'])}: loss after {STEPS} steps {ends}. "
        f"Effective rates at the end: {first} for w₁, {second} for w₂. {memory}"
    )


def alt(data: dict) -> str:
    """What the three panels show."""
    return (
        f"A descent in a ravine ({data['ravine']}), its curvatures 1 and 20: the path over "
        f"contours, the loss and the effective rates of both weights over {STEPS} steps on "
        f"logarithmic axes. {state(data)}"
    )


EXPLORER = Explorer(
    name="adaptive",
    title="five methods in a ravine, and their effective rates",
    controls=(ETA, METHOD, BETA, RAVINE),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal=f"Find a method and a rate that bring the loss below {TARGET:g} in both ravines.",
    met=lambda data: max(data["ends"].values()) < TARGET,
)
