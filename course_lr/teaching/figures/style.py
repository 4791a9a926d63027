"""One style for every figure: colours that a colour-blind reader can tell apart, legible text."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe & Ito 2008; each series also differs by its line or marker."""
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "p")
GREY = "#666666"
OUTCOMES = {
    "holds": ("●", "o", COLOURS[0]),
    "in part": ("◆", "D", COLOURS[2]),
    "no effect": ("■", "s", GREY),
    "reversed": ("✖", "X", COLOURS[1]),
    "open": ("▲", "^", COLOURS[4]),
    "depends": ("★", "*", COLOURS[3]),
}
"""For each outcome of a statement: a sign for text, the same as a marker, and a colour."""
STYLE = {
    "font.size": 13,
    "axes.titlesize": 13,
    "legend.fontsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.8,
    "figure.dpi": 100,
    "svg.hashsalt": "course_lr",
}


def canvas(
    columns: int = 1, rows: int = 1, *, size: tuple[float, float] | None = None, **options
) -> tuple[Figure, np.ndarray]:
    """A figure in the course's style and its axes, ``(rows, columns)`` flattened.

    It belongs to no global state, so nothing is left open when a cell runs again.
    """
    with rc_context(STYLE):
        size = size or (4.6 * columns + (2.8 if columns == 1 else 0), 4.1 * rows)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    return figure, axes


def panel_grid(count: int, height: float = 2.7, **options) -> tuple[Figure, np.ndarray]:
    """A figure with ``count`` panels, ``height`` inches high; more than three make two rows."""
    rows = 1 if count <= 3 else 2
    columns = -(-count // rows)
    figure, axes = canvas(columns, rows, size=(9.2, height * rows), **options)
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def outer_labels(axes: np.ndarray) -> None:
    """Keep names and numbers of the axes of a ``panel_grid`` only at its left and lower ends."""
    columns = axes[0].get_gridspec().ncols
    for number, axis in enumerate(axes):
        if number % columns:
            axis.set_ylabel("")
            axis.tick_params(labelleft=False)
        if number + columns < len(axes):
            axis.set_xlabel("")
            axis.tick_params(labelbottom=False)
        else:
            axis.tick_params(labelbottom=True)


def label(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Name both axes, with their units, and the panel; an axis whose name says log becomes so."""
    axes.set(xlabel=x, ylabel=y, title=title)
    for name, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        if "log" in name and axis.get_scale() != "log":
            axes.set(**{f"{axis.axis_name}scale": "log"})


def plain_ticks(axis: Axis, steps: Sequence[int] = (1, 2, 5)) -> None:
    """Numbers such as 0.2 and 5, not powers of ten, on a logarithmic axis of under two decades."""
    low, high = axis.get_view_interval()
    if axis.get_scale() == "log" and high < 100 * low:
        axis.set_major_locator(LogLocator(subs=steps))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def legend_above(figure: Figure, axes: Axes) -> None:
    """One legend for all panels, above them, of the series in ``axes``."""
    handles, names = axes.get_legend_handles_labels()
    columns = len(names) if len(names) < 6 else 4
    figure.legend(handles, names, loc="outside upper center", ncols=columns)


def png(figure: Figure, **options) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format="png", metadata={"Software": None}, **options)
    return buffer.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display the figure in the notebook, with ``alt`` for readers who cannot see it.

    Raises:
        ValueError: ``alt`` says nothing.

    >>> figure, axes = canvas()
    >>> show(figure, alt="")
    Traceback (most recent call last):
    ValueError: alt must be a sentence that says what the figure shows, got ''
    """
    from IPython.display import display

    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"alt must be a sentence that says what the figure shows, got {alt!r}")
    bundle = {"image/png": png(figure), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def band(axes: Axes, x: np.ndarray, values: np.ndarray, colour: str, name: str, **line) -> None:
    """Median of ``values`` ``(points, seeds)`` over the seeds, and the band that they all fill."""
    values = np.ma.masked_invalid(values)
    axes.plot(x, np.ma.median(values, axis=1), color=colour, label=name, **line)
    low, high = values.min(axis=1), values.max(axis=1)
    axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)


def scientific(value: float) -> str:
    """A rate as text, two digits: ``1e-05``, ``0.05``, ``2``.

    >>> scientific(1e-5), scientific(0.05), scientific(2.0)
    ('1e-05', '0.05', '2')
    """
    return f"{value:.2g}"


def colour(number: int) -> str:
    """The colour of series ``number``."""
    return COLOURS[number % len(COLOURS)]


def distinct(labels: Sequence[str]) -> list[tuple[str, str, object]]:
    """(label, colour, line) for each series; up to 49 of them differ.

    >>> looks = distinct([str(i) for i in range(49)])
    >>> len({(colour, line) for _, colour, line in looks})
    49
    """
    rounds = ((name, i, i + i // len(COLOURS)) for i, name in enumerate(labels))
    return [(name, colour(i), LINES[line % len(LINES)]) for name, i, line in rounds]
