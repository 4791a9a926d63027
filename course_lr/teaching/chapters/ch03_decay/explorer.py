"""Chapter 03: draw a decay, and see its rate, the loss of many noisy runs, and the floor."""

import functools

import numpy as np
from matplotlib.collections import PolyCollection

from course_lr import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    Quadratic,
    Schedule,
    StepDecay,
    train,
)
from course_lr.teaching.chapters.ch03_decay import expected_loss, noise_floor
from course_lr.teaching.explorers import Control, Explorer, log, mosaic, polygon
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

START, STEPS, RUNS = 10.0, 240, 60
LOWEST, HIGHEST = 5e-4, 5e3  # of the loss axis; the legend stands above all curves
SLOWEST = 1e-6  # the lower end of the axis of rates
ETA = log("eta", "first rate η", 0.01, 1, 0.1, "The rate of the first update.", points=21)
KIND = Control(
    "kind",
    "how it falls",
    ("not at all", "× γ a step", "three stairs", "half a cosine", "as 1/t"),
    "not at all",
    "The schedule; each leaves the same share of the first rate at the end.",
)
LEFT = Control(
    "left",
    "share left at the end",
    (0.3, 0.1, 0.03, 0.01, 1e-4),
    0.1,
    "How far the rate has fallen after all steps.",
    show=scientific,
)


def schedule(eta, kind: str, left: float) -> Schedule:
    """The schedule that the controls draw."""
    if kind == "× γ a step":
        return ExponentialDecay(eta, left ** (1 / STEPS))
    if kind == "three stairs":
        return StepDecay(eta, left**0.5, every=STEPS // 3)
    if kind == "half a cosine":
        return CosineDecay(eta, STEPS, eta_end=left * np.asarray(eta))
    if kind == "as 1/t":
        return InverseTimeDecay(eta, (1 / left - 1) / STEPS)
    return Constant(eta)


@functools.cache
def best_constant() -> float:
    """The lowest mean loss at the end that a constant rate of the slider reaches."""
    return float(expected_loss(np.tile(ETA.values, (STEPS, 1)), START)[-1].min())


def compute(eta: float, kind: str, left: float) -> dict:
    """The rates, the losses of sixty noisy runs, their exact mean, and the floor of each rate."""
    chosen = schedule(eta, kind, left)
    rates = chosen(np.arange(STEPS))
    history = train(Quadratic(1.0, noise=1.0), chosen, steps=STEPS, start=[START], seeds=RUNS)
    return {
        "rates": rates,
        "band": np.quantile(history.loss, [0.1, 0.9], axis=1),
        "mean": expected_loss(rates, START),
        "floor": noise_floor(rates),
        "sum": float(rates.sum()),
        "best": best_constant(),
    }


def make(figure):
    """The axes, and the artists that move."""
    rate, loss = mosaic(figure, wide="ABB", narrow="A;B;B")
    label(rate, "step", "learning rate η", "the rate")
    rate.set(xlim=(0, STEPS), ylim=(SLOWEST, 2), yscale="log")
    label(loss, "step", "loss", "½w² with noise, from w = 10")
    loss.set(xlim=(0, STEPS), ylim=(LOWEST, HIGHEST), yscale="log")
    loss.axhline(best_constant(), color=GREY, linestyle=":", label="end of the best constant")
    band = PolyCollection([], facecolors=COLOURS[0], alpha=0.25, linewidths=0)
    band.set_label("eight runs in ten")
    artists = {
        "rate": rate.plot([], [], color=COLOURS[1])[0],
        "band": loss.add_collection(band),
        "floor": loss.plot([], [], "--", color=COLOURS[1], label="floor at this rate")[0],
        "mean": loss.plot([], [], color=COLOURS[0], label="mean")[0],
        "end": loss.plot([], [], "D", color=COLOURS[0], clip_on=False)[0],
    }
    loss.legend(loc="upper right")
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    steps = np.arange(STEPS + 1)
    artists["rate"].set_data(steps[:-1], data["rates"])
    low, high = np.maximum(data["band"], LOWEST / 10)
    artists["band"].set_verts([polygon(steps, low, high)])
    artists["floor"].set_data(steps[:-1], data["floor"])
    artists["mean"].set_data(steps, data["mean"])
    artists["end"].set_data([STEPS], [data["mean"][-1]])


def state(data: dict) -> str:
    """The sum of the rates, how far it could carry, and where the mean loss ends."""
    carried = START * np.prod(np.abs(1 - data["rates"]))
    ratio = data["mean"][-1] / data["best"]
    return (
        f"η goes from {scientific(data['rates'][0])} to {scientific(data['rates'][-1])}; all "
        f"{STEPS} rates add up to {data['sum']:.1f}. Without noise that leaves "
        f"{scientific(carried)} of the distance 10. The mean loss ends at "
        f"{scientific(data['mean'][-1])}, {ratio:.2f} times what the best constant rate reaches."
    )


def alt(data: dict) -> str:
    """What the two panels show."""
    return (
        f"Two panels against the step, both on a logarithmic axis. One shows the learning rate "
        f"(how it falls: {data['kind']}), the other the loss of {RUNS} runs on a parabola with "
        f"gradient noise, as a band and their mean, with the floor of the present rate. "
        f"{state(data)}"
    )


EXPLORER = Explorer(
    name="decay",
    title="a decay and the noise floor",
    controls=(ETA, KIND, LEFT),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="End with less than half the mean loss of the best constant rate.",
    met=lambda data: data["mean"][-1] < data["best"] / 2,
)
