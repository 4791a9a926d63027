"""The figure of chapter 06: sharpness while the rate rises."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from course_lr.teaching.figures.style import COLOURS, band, label, panel_grid, scientific


def sharpness_along(
    steps: np.ndarray, sharpness: Mapping[float, np.ndarray], eta: Mapping[float, np.ndarray]
) -> Figure:
    """Sharpness during training and the limit 2/η, one panel per target rate, on log axes.

    Args:
        steps: (points,).
        sharpness: target rate -> (points, seeds).
        eta: target rate -> (points,), the rate of the next update; 0 has no limit.
    """
    figure, axes = panel_grid(len(sharpness), sharex=True, sharey=True)
    for axis, (target, values) in zip(axes, sharpness.items()):
        rates = eta[target]
        limit = np.divide(2, rates, out=np.full(len(rates), np.nan), where=rates > 0)
        band(axis, steps, values, COLOURS[0], "sharpness, band: seeds", marker=".")
        axis.plot(steps, limit, "--", color=COLOURS[1], label="2/η")
        label(axis, "step", "", f"target rate {scientific(target)}")
    label(axes[0], "step", "largest curvature (log)", axes[0].get_title())
    axes[0].set_ylim(5, 2000)
    axes[0].legend(loc="upper right")
    return figure
