"""A picture that moves: axes are drawn once, then only what the data move is drawn again.

``make(figure)`` builds axes and artists; the artists that it returns move, and all the rest (axes,
labels, legends, shaded zones) must be the same for all data. Redrawing is then: restore the
background, draw the moving artists, encode. Measured on two cores, that is some 20 times faster
than drawing the figure anew.
"""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image, ImageFilter

from course_lr.teaching.explorers.declaration import Artists
from course_lr.teaching.figures.style import STYLE

COMPACT = STYLE | {"font.size": 11, "axes.titlesize": 12, "legend.fontsize": 11}
"""The course's style for several small panels side by side."""

LAYOUTS = {"wide": (7.4, 4.4, 100), "narrow": (3.6, 7.2, 100), "slide": (7.0, 3.1, 160)}
"""Width and height in inches, dots an inch: a notebook or page, a phone, a slide."""


def mosaic(figure: Figure, wide: str, narrow: str) -> list[Axes]:
    """The axes A, B, C … of a figure, arranged for its shape.

    Args:
        wide: the mosaic where the figure is wider than high, such as ``"AB;AC"``; a letter given
            twice makes its panel larger.
        narrow: the mosaic for a figure that is higher than wide, such as ``"A;A;B;C"``.

    >>> len(mosaic(Figure(figsize=(8, 4)), "AB", "A;B"))
    2
    """
    width, height = figure.get_size_inches()
    axes = figure.subplot_mosaic(wide if width > height else narrow)
    return [axes[letter] for letter in sorted(axes)]


def mark_above(mark: Line2D, values: np.ndarray, top: float) -> None:
    """Move ``mark`` to the edge ``top`` where ``values`` first exceed it; if nowhere, hide it.

    Args:
        mark: one marker.
        values: ``(steps,)``, or ``(steps, seeds)``, of which one is enough.
        top: the upper edge of the axis.
    """
    first = np.flatnonzero((values > top).reshape(len(values), -1).any(axis=1))[:1]
    mark.set_data(first, np.full(len(first), top))


def polygon(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The outline of the band between two curves over ``x``, ``(2 · points, 2)``."""
    edge = np.column_stack([x, low]), np.column_stack([x, high])[::-1]
    return np.concatenate(edge)


def common(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Of each pixel the colour that more than half of the pictures give it, if there is one."""
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    packed = np.sort([picture.astype(np.uint32) @ weights for picture in pictures], axis=0)
    middle = packed[len(packed) // 2, :, :, None]
    return (middle // weights % 256).astype(np.uint8)


class Picture:
    """The kept figure of one explorer and its artists; :meth:`pixels` moves them.

    Args:
        make: the explorer's ``make(figure) -> artists``.
        draw: the explorer's ``draw(artists, data)``.
        layout: a name in ``LAYOUTS``.
    """

    def __init__(
        self,
        make: Callable[[Figure], Artists],
        draw: Callable[[Artists, Any], None],
        layout: str = "wide",
    ):
        width, height, dpi = LAYOUTS[layout]
        self.make, self.draw = make, draw
        self.figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.size = self.canvas.get_width_height()
        self.artists: Artists | None = None
        self.background: Any = None

    def pixels(self, data: Any) -> np.ndarray:
        """The picture of these data, ``(height, width, 3)`` of 0 … 255; valid until the next."""
        if self.artists is None:
            self._make_artists()
        self.draw(self.artists, data)
        if self.background is None:
            self._draw_background()
        self.canvas.restore_region(self.background)
        for artist in self.artists.values():
            artist.axes.draw_artist(artist)
        return np.asarray(self.canvas.buffer_rgba())[..., :3]

    def _make_artists(self) -> None:
        """Make the figure, and list what moves in the order of drawing."""
        self.figure.clear()  # of what a make that failed half-way has left
        with rc_context(COMPACT):
            artists = self.make(self.figure)
        for artist in artists.values():
            artist.set_animated(True)
            artist.set_in_layout(False)  # the axes stand still, wherever the artists go
        self.artists = dict(sorted(artists.items(), key=lambda item: item[1].get_zorder()))

    def _draw_background(self) -> None:
        """Draw all that stands still, and keep it."""
        with rc_context(COMPACT):
            self.canvas.draw()
        self.figure.set_layout_engine("none")
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)


def quick_png(pixels: np.ndarray) -> bytes:
    """The picture as PNG, fast rather than small: no row filter, compression level 1.

    Source: the W3C's Portable Network Graphics Specification, chapters 5, 9 and 11.
    """
    height, width, colours = pixels.shape
    rows = np.zeros((height, 1 + width * colours), np.uint8)  # each row begins with its filter, 0
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    size, check = len(content), zlib.crc32(kind + content)
    return struct.pack(">I", size) + kind + content + struct.pack(">I", check)


def small_png(pixels: np.ndarray, under: np.ndarray | None = None) -> bytes:
    """The picture as PNG with 64 colours; where it equals ``under``, it lets that shine through.

    Two pixels around each difference are kept, so that both may be scaled one on the other.
    """
    seen, same = pixels.copy(), np.zeros(pixels.shape[:2], bool)
    if under is not None:
        differs = Image.fromarray((seen != under).any(axis=2))
        same = ~np.asarray(differs.convert("L").filter(ImageFilter.MaxFilter(5)), bool)
    seen[same] = 255
    # Maximum coverage keeps a colour that few pixels have, as a marker's; the default mixes it.
    method, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
    image = Image.fromarray(seen).quantize(63, method, dither=dither)
    palette, indices = image.getpalette(), np.asarray(image).copy()
    unseen = len(palette) // 3
    indices[same] = unseen
    image = Image.fromarray(indices)
    image.putpalette([*palette, 255, 255, 255])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, **({} if under is None else {"transparency": unseen}))
    return buffer.getvalue()
