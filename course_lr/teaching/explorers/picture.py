"""A picture that moves: axes are drawn once, then only what the data move is drawn again.

``make(figure)`` builds axes and artists; what it returns, a dictionary of artists, moves, and all
the rest (axes, labels, legends, shaded zones) must be the same for all data. Redrawing is then:
restore the background, draw the moving artists, encode. Measured on two cores, that is some 20
times faster than drawing the figure anew.
"""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageFilter

from course_lr.teaching.figures.style import STYLE

COMPACT = STYLE | {"font.size": 11, "axes.titlesize": 12, "legend.fontsize": 11}
"""The course's style for several small panels side by side."""

LAYOUTS = {"wide": (7.4, 4.4, 100), "narrow": (3.6, 7.2, 100), "slide": (7.0, 3.1, 160)}
"""Width and height in inches, dots an inch: a notebook or page, a phone, a slide."""


def parts(figure: Figure, make: Callable[[Figure], dict[str, Artist]]) -> dict[str, Artist]:
    """The artists that ``make(figure)`` built when it was first asked for this figure, by name."""
    if not hasattr(figure, "course_lr_parts"):
        figure.clear()  # of what a make that failed half-way has left
        with rc_context(COMPACT):
            figure.course_lr_parts = make(figure)
        for name, artist in figure.course_lr_parts.items():
            artist.set_gid(name)
            artist.set_animated(True)
            artist.set_in_layout(False)  # the axes stand still, wherever the artists go
    return figure.course_lr_parts


def panels(figure: Figure, wide: str, narrow: str) -> list[Axes]:
    """The axes A, B, C … of a figure, as a mosaic for its shape.

    Args:
        wide: the mosaic where the figure is wider than high, such as ``"AB;AC"``; a letter given
            twice makes its panel larger.
        narrow: the mosaic for a figure that is higher than wide, such as ``"A;A;B;C"``.

    >>> len(panels(Figure(figsize=(8, 4)), "AB", "A;B"))
    2
    """
    width, height = figure.get_size_inches()
    mosaic = figure.subplot_mosaic(wide if width > height else narrow)
    return [mosaic[letter] for letter in sorted(mosaic)]


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
    """The kept figure of one explorer; :meth:`pixels` moves it.

    Args:
        draw: the explorer's ``draw(figure, data)``.
        layout: a name in ``LAYOUTS``.
    """

    def __init__(self, draw: Callable[[Figure, Any], None], layout: str = "wide"):
        width, height, dpi = LAYOUTS[layout]
        self.draw = draw
        self.figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.size = self.canvas.get_width_height()
        self.background: Any = None
        self.moving: Sequence[Artist] = ()

    def pixels(self, data: Any) -> np.ndarray:
        """The picture of these data, ``(height, width, 3)`` of 0 … 255; valid until the next."""
        self.draw(self.figure, data)
        if self.background is None:
            self._keep()
        self.canvas.restore_region(self.background)
        for artist in self.moving:
            artist.axes.draw_artist(artist)
        return np.asarray(self.canvas.buffer_rgba())[..., :3]

    def _keep(self) -> None:
        """Draw all that stands still, keep it, and list what moves in the order of drawing."""
        with rc_context(COMPACT):
            self.canvas.draw()
        self.figure.set_layout_engine("none")
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)
        artists = getattr(self.figure, "course_lr_parts", {}).values()
        self.moving = sorted(artists, key=lambda artist: artist.get_zorder())


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
