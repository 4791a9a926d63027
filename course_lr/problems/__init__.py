"""What is descended: landscapes with exact curvature, networks on real data, your own function."""

from course_lr.problems.base import Problem
from course_lr.problems.function import Function
from course_lr.problems.landscapes import Ravine, Ripples, Rosenbrock, Saddle, Wells, wells
from course_lr.problems.network import MLP, digits, mnist1d
from course_lr.problems.quadratic import Quadratic

__all__ = [
    "MLP",
    "Function",
    "Problem",
    "Quadratic",
    "Ravine",
    "Ripples",
    "Rosenbrock",
    "Saddle",
    "Wells",
    "digits",
    "mnist1d",
    "wells",
]
