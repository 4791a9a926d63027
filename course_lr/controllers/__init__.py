"""Controllers: closed loops, what was seen -> the next rate.

``base`` says what a controller sees and answers, ``driver`` how the training loop lets it drive;
``plateau``, ``descent`` and ``watch`` are the rules.
"""

from course_lr.controllers.base import Controller, Decision, Seen
from course_lr.controllers.descent import BoldDriver, Hypergradient
from course_lr.controllers.plateau import ReduceOnPlateau
from course_lr.controllers.watch import GradientWatch

__all__ = [
    "BoldDriver",
    "Controller",
    "Decision",
    "GradientWatch",
    "Hypergradient",
    "ReduceOnPlateau",
    "Seen",
]
