"""The workbench: problems × update rules × schedules or controllers × rates, side by side.

``settings`` says what can be set and turns it into text and back, ``user_data`` loads the
learner's arrays, ``training`` computes, ``ranking`` judges, ``drawing`` draws, ``code`` writes it
as a script; ``page`` joins all that to widgets, which offer what ``choices`` lists.
"""

from course_lr.teaching.workbench.code import script
from course_lr.teaching.workbench.drawing import picture
from course_lr.teaching.workbench.ranking import sentences
from course_lr.teaching.workbench.settings import Line, Setup, from_text
from course_lr.teaching.workbench.training import SIGNALS, compute
from course_lr.teaching.workbench.user_data import load

__all__ = [
    "SIGNALS", "Line", "Setup", "compute", "from_text", "load", "picture", "playground", "script",
    "sentences",
]  # fmt: skip


def playground(text: str | Setup | None = None):
    """The workbench as a widget, to be the last line of a notebook cell.

    Args:
        text: a configuration, as *Save and share* gives it; by default SGD beside Adam on the
            digits.

    Raises:
        ValueError: the text describes none; in one sentence.

    >>> playground('{"problem": "Saddle()", "steps": 20}')
    The workbench (its fields need a running notebook)
    """
    from course_lr.teaching.explorers.view import shown
    from course_lr.teaching.workbench.page import Page

    setup = from_text(text) if isinstance(text, str) else text or Setup()
    return shown(Page(setup))
