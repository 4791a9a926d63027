"""Figures: one function a figure, one style. Each returns a matplotlib ``Figure``; ``show`` it."""

from course_lr.teaching.figures.descent import (
    contour_paths,
    distances,
    parabola_paths,
    promise_kept,
    shrinking,
    step_lengths,
)
from course_lr.teaching.figures.rates import (
    bands_of_accuracy,
    loss_against_rate,
    loss_curves,
    rate_trace,
    sharpness_against_rate,
    steps_needed,
)
from course_lr.teaching.figures.style import canvas, png, show

__all__ = [
    "bands_of_accuracy",
    "canvas",
    "contour_paths",
    "distances",
    "loss_against_rate",
    "loss_curves",
    "parabola_paths",
    "png",
    "promise_kept",
    "rate_trace",
    "sharpness_against_rate",
    "shrinking",
    "show",
    "step_lengths",
    "steps_needed",
]
