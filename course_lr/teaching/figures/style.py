"""One style for every figure: colours that a colour-blind reader can tell apart, legible text."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe & Ito 2008; each series also differs by its line or marker."""
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
GREY = "#666666"
OUTCOMES = {
    "holds": ("●", "o", COLOURS[0]),
    "in part": ("◆", "D", COLOURS[2]),
    "no effect": ("■", "s", GREY),
    "reversed": ("✖", "X", COLOURS[1]),
    "open": ("▲", "^", COLOURS[4]),
    "depends": ("★", "*", COLOURS[3]),
}
"""Of each outcome of a statement a sign for text, the same as a marker, and a colour."""
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


def panels(count: int, **options) -> tuple[Figure, np.ndarray]:
    """A figure with ``count`` panels, two rows of them where there are more than two."""
    rows = 1 if count <= 2 else 2
    columns = -(-count // rows)
    figure, axes = canvas(columns, rows, size=(9.2, 2.7 * rows), **options)
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def outer_labels(axes: np.ndarray) -> None:
    """Keep the names and numbers of the axes only at the left and the lower end of ``panels``."""
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
    """Names of the axes with their units, and a title."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title)


def png(figure: Figure, **options) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format="png", metadata={"Software": None}, **options)
    return buffer.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display the figure in the notebook, with ``alt`` as its text for who can't see it.

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
    """Median of ``values`` ``(points, seeds)`` over the seeds, and the band that all seeds fill."""
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
