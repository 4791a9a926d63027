"""Verdicts: what was measured about each statement of the course, and the cards that say so.

``verdict("S5")`` is what a notebook shows, ``sweep("digits_rates")`` what its figures draw.
``course-lr evidence``, in a checkout, measures again.
"""

from course_lr.teaching.verdicts.card import Card
from course_lr.teaching.verdicts.curves import Curves, decades, sweep
from course_lr.teaching.verdicts.report import HERE, Report

__all__ = ["Card", "Curves", "Report", "decades", "report", "sweep", "verdict"]


def report() -> Report:
    """The report that the course quotes.

    Raises:
        ValueError: the file is missing, damaged or of an earlier form.
    """
    return Report.load(HERE)


def verdict(name: str) -> Card:
    """The card of one statement, such as ``"S5"``: its outcome and what was measured.

    Raises:
        ValueError: there is no such statement (the nearest one is suggested), or the report cannot
            be read.

    >>> print(verdict("S5"))
    S5: Multiplying the rate by a factor below 1 at every step steadies late training.
    ...
    """
    found = report()
    statement = found.statement(name)
    return Card(statement, [found.measurement(each) for each in statement["measurements"]])
