"""The picture of the workbench: six panels, up to four lines, bands over the seeds."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from PIL import Image

from course_lr.history import History
from course_lr.teaching.explorers.picture import COMPACT, Picture, polygon, quick_png
from course_lr.teaching.figures.style import COLOURS, GREY, LINES
from course_lr.teaching.workbench.ranking import ranked
from course_lr.teaching.workbench.settings import LETTERS
from course_lr.teaching.workbench.training import Data, gathered

PANELS = {
    "loss": "training loss", "accuracy": "validation accuracy (%)", "eta": "rate η",
    "grad_norm": "gradient norm", "update_ratio": "update / weights",
    "grad_cosine": "cosine of gradients",
}  # fmt: skip
DEEP, HIGH = 1e-8, 1e3
"""Shares of the largest start between which losses and gradient norms are shown."""
HALF = 62
"""Characters that half of the legend's width holds."""


def frame(data: Data) -> dict[str, tuple[str, float, float]]:
    """Scale and limits of each panel: whole decades, so that a small change moves no axis.

    Loss and gradient norm are shown from 1e-8 to 1e3 times the largest start: what is above has
    diverged, what is below has arrived; both are drawn at the edge.
    """
    limits = {name: _decades(_values(data, name)) for name in PANELS}
    for name in ("loss", "grad_norm"):
        firsts = [line[name][1][:1] for line in data["lines"].values()]
        start = min(np.max(np.nan_to_num(np.concatenate(firsts)), initial=0), 1e290)
        values = np.clip(_values(data, name), -1e290, 1e290)
        if start > 0:
            limits[name] = _decades(np.clip(values, DEEP * start, HIGH * start))
        if values.size and values.min() < 0:
            limits[name] = "linear", *_round(values.min(), max(start, 0.0))
    accuracy = _values(data, "accuracy")
    low = 10 * np.floor(np.percentile(accuracy, 10) / 10) if accuracy.size else 0.0
    limits["accuracy"] = "linear", min(float(low), 90.0), 100.5
    limits["grad_cosine"] = "linear", -1.05, 1.05
    return limits


def _values(data: Data, name: str) -> np.ndarray:
    lines = [line[name][1].ravel() for line in data["lines"].values() if name in line]
    values = np.concatenate([*lines, np.empty(0)])
    return values[np.isfinite(values)]


def _decades(values: np.ndarray) -> tuple[str, float, float]:
    values = values[values > 0]
    if not values.size:
        return "log", 0.1, 1.0
    low, high = np.log10(np.clip([values.min(), values.max()], 1e-290, 1e290))
    high = np.ceil(high + 0.05)
    low = np.clip(np.floor(low - 0.05), high - 12, high - 1)
    return "log", 10.0**low, 10.0**high


def _round(low: float, high: float) -> tuple[float, float]:
    unit = 10.0 ** np.floor(np.log10(max(high - low, 1e-3)))
    return unit * np.floor(low / unit - 0.1), unit * np.ceil(high / unit + 0.1)


class Bench(Picture):
    """The kept figure; it draws its axes anew only where their limits change."""

    def __init__(self):
        super().__init__(make, draw)
        self.figure.set_size_inches(12, 5.4)
        self.figure.set_layout_engine("none")
        self.size, self.shown = self.canvas.get_width_height(), None

    def pixels(self, data: Data) -> np.ndarray:
        """The picture of these data, ``(height, width, 3)`` of 0 … 255; valid until the next."""
        wanted = data["steps"], data["measure"], frame(data)
        if wanted != self.shown:
            self.background, self.shown = None, wanted
        return super().pixels(data)


def make(figure: Figure) -> dict[str, Any]:
    """The axes, and the artists that move."""
    grid = dict(left=0.055, right=0.985, top=0.82, bottom=0.09, wspace=0.2, hspace=0.32)
    axes = figure.subplots(2, 3, sharex=True, gridspec_kw=grid).ravel()
    strip = figure.add_axes((0.055, 0.875, 0.94, 0.12))
    strip.set(xlim=(0, 2), ylim=(0, 2))
    strip.axis("off")
    artists: dict[str, Any] = {}
    for axis, (name, title) in zip(axes, PANELS.items()):
        axis.set_title(title, y=1.0)  # where it stands is not looked for at each drawing
        axis.tick_params(labelsize=10)
        for i, letter in enumerate(LETTERS):
            line = dict(color=COLOURS[i], linestyle=LINES[i], linewidth=1.6)
            band = PolyCollection([], facecolors=COLOURS[i], alpha=0.18, linewidths=0)
            artists[f"band {name} {letter}"] = axis.add_collection(band)
            artists[f"{name} {letter}"] = axis.plot([], [], **line)[0]
    for axis in axes[3:]:
        axis.set_xlabel("step")
    axes[5].axhline(0, color=GREY, linewidth=0.8)
    for i, letter in enumerate(LETTERS):
        ends = dict(color=COLOURS[i], markersize=9, markeredgewidth=2, clip_on=False)
        artists[f"end {letter}"] = axes[0].plot([], [], "x", **ends)[0]
        key = dict(color=COLOURS[i], linestyle=LINES[i], linewidth=2)
        artists[f"key {letter}"] = strip.plot([], [], **key)[0]
        artists[f"name {letter}"] = strip.text(0, 0, "", va="center", fontsize=10)
    return artists


def draw(part: dict[str, Any], data: Data) -> None:
    """Move the artists, and the limits of the axes, to where the data say."""
    figure, limits = part["loss A"].figure, frame(data)
    with rc_context(COMPACT):
        for axis, (scale, low, high) in zip(figure.axes, limits.values()):
            if axis.get_yscale() != scale:
                axis.set_yscale(scale)
                axis.yaxis.set_minor_locator(NullLocator())  # many, and slow to draw
            axis.set(ylim=(low, high), xlim=(0, max(data["steps"], 1)))
    measured, (first, second, *_) = data["measure"] == "accuracy", figure.axes
    second.set_visible(measured)  # where there are no validation data, the loss takes its place
    first.set_subplotspec(first.get_gridspec()[0, : 1 if measured else 2])
    _legend(part, data)
    for letter in LETTERS:
        line = data["lines"].get(letter, {})
        for name, limit in limits.items():
            _curve(part[f"{name} {letter}"], part[f"band {name} {letter}"], line.get(name), limit)
        ends = np.unique(line["diverged_at"][line["diverged_at"] >= 0]) if line else []
        part[f"end {letter}"].set_data(ends, np.full(len(ends), limits["loss"][2]))


def _curve(median, band, points, limit: tuple[str, float, float]) -> None:
    """Median over the seeds that are still finite, and the band that they fill."""
    if points is None or not len(points[0]):
        median.set_data([], [])
        return band.set_verts([])
    x, values = points[0], np.ma.masked_invalid(points[1])
    lowest = limit[1] if limit[0] == "log" else -np.inf  # log: what is below stands on the edge
    values = np.ma.clip(values, lowest, 10 * limit[2] if limit[0] == "log" else np.inf)
    median.set_data(x, np.ma.median(values, axis=1).filled(np.nan))
    median.set_marker("o" if len(x) == 1 else "")
    alive = ~np.ma.getmaskarray(values).all(axis=1)
    low, high = values.min(axis=1)[alive], values.max(axis=1)[alive]
    band.set_verts([polygon(x[alive], low, high)] if values.shape[1] > 1 else [])


def _legend(part: dict[str, Any], data: Data) -> None:
    """Two entries side by side, or, where one is too long for that, each in a row of its own."""
    labels = {letter: _label(letter, line, data) for letter, line in data["lines"].items()}
    columns = 2 if max(map(len, labels.values())) <= HALF else 1
    for i, letter in enumerate(LETTERS):
        x, y = i % columns, 2 - (i // columns + 0.5) * columns / 2
        part[f"key {letter}"].set_data([[x, x + 0.07], [y, y]] if letter in labels else [[], []])
        part[f"name {letter}"].set(x=x + 0.09, y=y, text=labels.get(letter, ""))


def _label(letter: str, line: Data, data: Data) -> str:
    diverged, name = int((line["diverged_at"] >= 0).sum()), line.get("name", "")
    lost = f"  ✕ diverged: {diverged} of {data['seeds']}" if diverged else ""
    return f"{letter}  {name if len(name) <= 2 * HALF - 25 else name[: 2 * HALF - 26] + '…'}{lost}"


def picture(histories: Mapping[str, History], letters: str = LETTERS) -> bytes:
    """The picture of some trainings as PNG, the same that the workbench shows.

    Args:
        histories: up to four by what the legend calls them, trained with
            ``record=workbench.SIGNALS`` (and ``validation_accuracy``) and a sequence of seeds.
        letters: the letter, and with it the colour, of each.
    """
    data = gathered(dict(zip(letters, histories.values())))
    for line, name in zip(data["lines"].values(), histories):
        line["name"] = name
    return quick_png(Bench().pixels(data))


def still_png(pixels: np.ndarray) -> bytes:
    """The picture as PNG for a saved notebook; with 256 colours bands over bands keep theirs."""
    image, buffer = Image.fromarray(pixels), io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def alt(data: Data) -> str:
    """What the panels show, for those who cannot see them."""
    order = ", ".join(place.letter for place in ranked(data))
    names = "; ".join(f"{letter}: {line.get('name', '')}" for letter, line in data["lines"].items())
    titles = [title for name, title in PANELS.items() if name in next(iter(data["lines"].values()))]
    return (
        f"{len(titles)} panels against the step: {', '.join(titles)}; a median and a band over "
        f"{data['seeds']} seeds for each line ({names}). In order of the final "
        f"{data['measure']}, the best first: {order}."
    )
