"""Verdicts: what was measured about each statement of the course, and the curves of figures."""

import pathlib

from course_lr.teaching.verdicts.curves import Curves, decades, rounded

HERE = pathlib.Path(__file__).resolve().parent

__all__ = ["Curves", "decades", "rounded", "sweep"]


def sweep(name: str) -> Curves:
    """The kept curves of a full sweep, for figures (label them so).

    Raises:
        ValueError: there are no such curves; the message names those there are.

    >>> sweep("digits_rates").rates.shape
    (43,)
    """
    found = Curves.load(HERE, name)
    if found is None:
        known = ", ".join(sorted(path.stem for path in (HERE / "curves").glob("*.npz")))
        raise ValueError(f"no curves {name!r} are kept; there are {known or 'none yet'}")
    return found
