"""What stands in a figure: its lines by name, and their points."""

import numpy as np


def curve(axis, name):
    """The one line of that name."""
    (line,) = [line for line in axis.lines if line.get_label() == name]
    return line


def points(line):
    """Its points, ``(points, 2)``."""
    return np.column_stack(line.get_data())


def expect(line, x, y):
    """The line goes through these points and no others."""
    np.testing.assert_allclose(points(line), np.column_stack(np.broadcast_arrays(x, y)))
