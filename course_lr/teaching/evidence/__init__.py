"""Evidence: each claim of the course with its experiment, its statistics and its verdict.

``verdict("S2")`` is what a notebook shows, ``sweep("digits_rates")`` what its figures draw;
``course-lr evidence`` measures again. A new claim is one function in a ``ch….py`` of this folder.
"""

from course_lr.teaching.evidence.box import Verdict
from course_lr.teaching.evidence.claims import STATEMENTS, Claim, all_claims, claim
from course_lr.teaching.evidence.reports import HERE, Report
from course_lr.teaching.evidence.sweeps import Curves, decades, swept
from course_lr.teaching.evidence.trial import Effects, Refused, Trial

__all__ = [
    "STATEMENTS",
    "Claim",
    "Curves",
    "Effects",
    "Refused",
    "Report",
    "Trial",
    "Verdict",
    "all_claims",
    "claim",
    "decades",
    "report",
    "sweep",
    "swept",
    "verdict",
]


def report() -> Report:
    """The report that the course quotes."""
    return Report.load(HERE)


def verdict(*names: str) -> Verdict:
    """What was found about a statement of the notes (``"S2"``) or about claims (``"S2-digits"``).

    Raises:
        ValueError: the report has no such claim; the message names those it has.
    """
    if not names:
        raise ValueError('verdict needs a statement such as "S2" or the id of a claim')
    return Verdict(names, report())


def sweep(name: str) -> Curves:
    """The kept curves of a full sweep, for figures (label them so).

    Raises:
        ValueError: there are no such curves; the message names those there are.
    """
    found = Curves.load(HERE, name)
    if found is None:
        known = ", ".join(sorted(path.stem for path in (HERE / "curves").glob("*.npz")))
        raise ValueError(f"no curves {name!r} are kept; there are {known or 'none yet'}")
    return found
