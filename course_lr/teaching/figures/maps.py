"""Maps: a value over two settings, as colours."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from course_lr.teaching.figures.style import COLOURS, canvas, label, scientific


def draw_map(
    axis: Axes,
    values: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str],
    *,
    span: tuple[float, float],
    digits: int | None = None,
    colours: str = "cividis",
) -> AxesImage:
    """``values`` ``(rows, columns)`` as coloured cells, the first row on top.

    Args:
        axis: where it is drawn.
        values: numbers.
        columns, rows: names; of more than eight columns every second one is written.
        span: the values with the first and the last colour, and all beyond.
        digits: each number is written with so many decimals; None: none is.
        colours: name of a matplotlib colour map.
    """
    low, high = span
    image = axis.imshow(values, aspect="auto", cmap=colours, vmin=low, vmax=high)
    for (row, column), value in np.ndenumerate(values if digits is not None else np.empty((0, 0))):
        light = np.dot(image.to_rgba([value])[0, :3], (0.3, 0.6, 0.1)) > 0.5
        text = f"{value:.{digits}f}".replace("-0.0", "0.0").replace("-", "−")
        axis.text(column, row, text, ha="center", va="center", color="black" if light else "white")
    every = 1 if len(columns) <= 8 else 2
    axis.set_xticks(range(0, len(columns), every), columns[::every])
    axis.set_yticks(range(len(rows)), rows)
    axis.grid(visible=False)
    return image


def accuracy_map(
    rates: np.ndarray, rows: np.ndarray, accuracy: np.ndarray, x: str, y: str
) -> Figure:
    """Validation accuracy over the rate and another setting; the best of each row is marked.

    The colours end eight points below the best of all.

    Args:
        rates: (R,).
        rows: (S,) the other setting, the first one at the bottom.
        accuracy: (S, R), 0 to 1.
        x, y: names of the axes.
    """
    figure, (axis, scale) = canvas(2, size=(7.8, 4.4), width_ratios=(25, 1))
    values = 100 * accuracy
    top = float(values.max())
    image = draw_map(axis, values, [scientific(rate) for rate in rates],
                     [f"{row:.2g}" for row in rows], span=(top - 8, top))  # fmt: skip
    axis.invert_yaxis()
    figure.colorbar(image, cax=scale, extend="min", label="validation accuracy")
    scale.set_xlabel("%", labelpad=16)  # below the arrow
    look = {"color": COLOURS[1], "markeredgecolor": "white"}
    axis.plot(values.argmax(axis=1), range(len(rows)), "o", markersize=9, label="best of the row",
              **look)  # fmt: skip
    row, column = np.unravel_index(values.argmax(), values.shape)
    axis.plot(column, row, "*", markersize=19, label=f"best of all: {top:.1f} %", **look)
    label(axis, x, y)
    figure.legend(loc="outside upper center", ncols=2)
    return figure
