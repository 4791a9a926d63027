"""Chapter 02: the digits network. Loss against 31 rates, and the loss curve of the marked one."""

import functools

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from course_lr import begin, digits
from course_lr.history import History
from course_lr.teaching.explorers import Control, Explorer, log, mark_above, mosaic, polygon, report
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

STEPS, SEEDS, PARTS, GUESS = 200, 7, 20, np.log(10)
LOW, TOP = 0.05, 50.0  # of the loss axes; what lies above is marked on the upper edge
ETA = log("eta", "marked rate η", 1e-5, 10, 0.01, "Which of the 31 rates is marked.", points=31)
BATCH = Control("batch_size", "batch size (examples)", (2, 8, 32, 128), 32, "Examples in a step.")
DEPTH = Control("depth", "hidden layers (of 32)", (1, 2, 3), 1, "How deep the network is.")


@functools.cache
def sweep(batch_size: int, depth: int) -> History:
    """Every rate with every seed, trained once and kept."""
    problem = digits(hidden=(32,) * depth, batch_size=batch_size)
    record = ("loss", "validation_loss")
    run = begin(problem, ETA.values, seeds=SEEDS, record=record, record_every=STEPS)
    for part in range(PARTS):
        run.advance(STEPS // PARTS)
        report((part + 1) / PARTS)
    return run.history


def compute(eta: float, batch_size: int, depth: int) -> dict:
    """The sweep with this batch and depth, and the curves of the marked rate."""
    history, marked = sweep(batch_size, depth), ETA.position(eta)
    final = history.validation_loss[-1]  # (rates, seeds)
    median = np.median(final, axis=1)
    return {
        "final": final,
        "median": median,
        "marked": marked,
        "best": ETA.values[int(np.argmin(median))],
        "failed": int((final[marked] >= GUESS).sum()),
        "curves": history.loss[:, marked],  # (steps + 1, seeds)
    }


def make(figure):
    """The axes, and the artists that move."""
    rates, curve = mosaic(figure, wide="AAB", narrow="A;B")
    label(rates, "learning rate η", "validation loss at the end", f"31 rates, {SEEDS} seeds each")
    rates.set(xscale="log", yscale="log", xlim=(7e-6, 14), ylim=(LOW, TOP))
    label(curve, "step", "training loss", "the marked rate")
    curve.set(yscale="log", xlim=(0, STEPS), ylim=(LOW, TOP))
    rates.axhline(GUESS, color=GREY, linestyle=":")
    rates.text(0.05, GUESS, "guessing", color=GREY, va="bottom", ha="center")
    band = PolyCollection([], facecolors=COLOURS[0], alpha=0.18, linewidths=0)
    seeds = LineCollection([], colors=COLOURS[0], linewidths=0.6, alpha=0.6)
    failed, marked = {"color": COLOURS[1], "clip_on": False}, {"color": COLOURS[4]}
    artists = {
        "band": rates.add_collection(band),
        "median": rates.plot([], [], color=COLOURS[0], label="median, band of seeds")[0],
        "failures": rates.plot([], [], "x", **failed, label="seed like guessing")[0],
        "line": rates.plot([1, 1], [LOW, 5], **marked, alpha=0.6)[0],
        "mark": rates.plot([], [], "D", **marked, markersize=9, label="marked rate")[0],
        "seeds": curve.add_collection(seeds),
        "curve": curve.plot([], [], color=COLOURS[0])[0],
        "beyond": curve.plot([], [], "^", **failed)[0],
    }
    rates.legend(loc="upper left")
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    rates = np.array(ETA.values)
    shown = np.minimum(data["final"], TOP)  # beyond the axis, or not finite: on its upper edge
    artists["band"].set_verts([polygon(rates, shown.min(axis=1), shown.max(axis=1))])
    artists["median"].set_data(rates, np.minimum(data["median"], TOP))
    rate, seed = np.nonzero(data["final"] >= GUESS)
    artists["failures"].set_data(rates[rate], shown[rate, seed])
    artists["line"].set_xdata([data["eta"]] * 2)
    artists["mark"].set_data([data["eta"]], [min(data["median"][data["marked"]], TOP)])
    steps, curves = np.arange(STEPS + 1), np.minimum(data["curves"], 2 * TOP)
    artists["seeds"].set_segments([np.column_stack([steps, curve]) for curve in curves.T])
    artists["curve"].set_data(steps, np.median(curves, axis=1))
    mark_above(artists["beyond"], data["curves"], TOP)


def state(data: dict) -> str:
    """The marked rate, and the best one here."""
    rate, median = scientific(data["eta"]), data["median"]
    return (
        f"η = {rate}: median loss {median[data['marked']]:.2f}, {data['failed']} of {SEEDS} seeds "
        f"no better than guessing ({GUESS:.2f}). Lowest median here: {median.min():.2f} at "
        f"η = {scientific(data['best'])}. Each run makes {STEPS} updates."
    )


def alt(data: dict) -> str:
    """What the two panels show."""
    return (
        f"Validation loss of the digits network against 31 learning rates on logarithmic axes, "
        f"batch size {data['batch_size']}, hidden layers: {data['depth']}. The median of {SEEDS} "
        f"seeds and the band that they fill; beside it the training loss of the marked rate over "
        f"{STEPS} steps. {state(data)}"
    )


EXPLORER = Explorer(
    name="digits",
    title="the digits network at 31 rates",
    controls=(ETA, BATCH, DEPTH),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="Which batch size and depth bear the largest best rate? Mark it there.",
    met=lambda data: (data["batch_size"], data["depth"], data["eta"]) == (128, 1, data["best"]),
)
