"""Which line is better, and whether so few seeds can tell."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from course_lr.history import History
from course_lr.t_distribution import interval
from course_lr.teaching.workbench.training import Data, gathered


class Place(NamedTuple):
    """A line in the ranking.

    Attributes:
        letter: which line.
        mean: of the final validation accuracy in per cent, or of the final loss.
        low, high: the 95 % interval of the mean over seeds (Student's t); NaN with one seed.
        diverged: how many seeds left the finite numbers.
    """

    letter: str
    mean: float
    low: float
    high: float
    diverged: int


def ranked(data: Data) -> list[Place]:
    """The lines, the best first; one with more diverged seeds stands behind one with fewer."""
    places = []
    for letter, line in data["lines"].items():
        with np.errstate(all="ignore"):
            mean = float(np.mean(line["final"]))
        diverged = int((line["diverged_at"] >= 0).sum())
        places.append(Place(letter, mean, *map(float, interval(line["final"])), diverged))
    sign = -1 if data["measure"] == "accuracy" else 1
    return sorted(places, key=lambda p: (p.diverged, sign * np.nan_to_num(p.mean, nan=np.inf)))


def verdicts(data: Data) -> list[str]:
    """What the seeds say of the best line and each of the others, a sentence each.

    Lines share their seeds, so differences are taken seed by seed. The intervals of all pairs hold
    together with 95 % (Bonferroni), since the best is picked by the same numbers.
    """
    best, *others = ranked(data)
    if best.diverged:
        return ["In every line a seed has diverged: nothing is ranked, lower the rates."]
    compared = [_compared(data, best, other) for other in others]
    return compared or ["Switch on a second line to compare."]


def sentences(histories: Mapping[str, History], letters: str) -> list[str]:
    """The same of some trainings, given as to :func:`~course_lr.teaching.workbench.picture`."""
    return verdicts(gathered(dict(zip(letters, histories.values()))))


def rows(data: Data, stopped: Mapping[str, int] | None = None) -> list[tuple[str, ...]]:
    """The ranking as a table with a head; of ``stopped`` trainings the step of each, no order."""
    accuracy = data["measure"] == "accuracy"
    show = "{:.1f} %".format if accuracy else "{:.3g}".format
    head = ("line", "validation accuracy" if accuracy else "final loss", "95 % interval")
    table = [("at step, not a ranking" if stopped else "", *head, "diverged")]
    for number, place in enumerate(sorted(ranked(data)) if stopped else ranked(data), 1):
        letter, mean, low, high, diverged = place
        first = str(stopped[letter] if stopped else number)
        name, lost = f"{letter}  {data['lines'][letter]['name']}", f"{diverged} of {data['seeds']}"
        bounds = f"{show(low)} to {show(high)}" if low == low else "–"
        table.append((first, name, show(mean), bounds, lost))
    return table


def _compared(data: Data, best: Place, other: Place) -> str:
    lines, seeds, count = data["lines"], data["seeds"], len(data["lines"])
    if other.diverged:
        of = f"{other.diverged} of {seeds} seeds" if seeds > 1 else "its only seed"
        return f"{other.letter} diverged with {of}: {best.letter} is better."
    sign = 1 if data["measure"] == "accuracy" else -1
    gain = sign * (lines[best.letter]["final"] - lines[other.letter]["final"])
    both, unit = f"{best.letter} and {other.letter}", " points" if sign > 0 else " in the loss"
    if seeds == 1:
        return f"{both} have one seed: it can't say what is chance."
    low, high = map(float, interval(gain, 1 - 0.05 / (count * (count - 1) / 2)))
    if not low > 0:
        return f"{both} cannot be told apart with {seeds} seeds{_bounds(low, high, unit)}."
    if np.ptp(gain) == 0:
        return f"{best.letter} is better than {other.letter}: every seed gives the same difference."
    return f"{best.letter} is better than {other.letter}{_bounds(low, high, unit)}."


def _bounds(low: float, high: float, unit: str) -> str:
    if not np.isfinite([low, high]).all() or low == high:
        return ""
    return f" (difference {_number(low, unit)} to {_number(high, unit)}{unit})"


def _number(value: float, unit: str) -> str:
    """Points with one decimal, or one digit where that would be 0.0; losses with three digits."""
    digits = ".3g" if "loss" in unit else ".1f" if abs(value) >= 0.05 else ".1g"
    return f"{value:{digits}}".replace("-", "−", value < 0)
