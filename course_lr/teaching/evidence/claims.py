"""Claims: one statement of the notes in our own words, with its experiment and its verdict.

A claim is a function decorated with :func:`claim` in a module of this folder whose name begins
with ``ch``; nothing else has to be told about it.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from course_lr import checks
from course_lr.teaching.evidence.statistics import INTERVALS, Interval
from course_lr.teaching.evidence.sweeps import Sweep
from course_lr.teaching.evidence.trial import (
    FEWEST,
    POINTS,
    Effects,
    Refused,
    Trial,
    refusals,
    too_coarse,
)

# The statements of the notes that the course teaches, in our words.
STATEMENTS = {
    "S1": "The rate sets how far an update moves the weights.",
    "S2": "Too small a rate is slow.",
    "S3": "Too large a rate overshoots, oscillates and diverges.",
    "S4": "In between there is a band of rates that are fast and stable.",
    "S5": "Multiplying the rate by a factor below 1 at every step steadies late training.",
    "S6": "Dropping the rate by a fixed factor every so many epochs or batches does so too.",
    "S7": "AdaGrad adapts the rate from past gradients and spares tuning by hand.",
    "S8": "RMSprop adapts the rate from past gradients and spares tuning by hand.",
    "S9": "Adam adapts the rate from past gradients and spares tuning by hand.",
    "S10": "A grid from 1e-5 to 1e-1, judged on validation data, finds a good rate.",
    "S11": "A random search finds a good rate too.",
    "S12": "Warm-up avoids an unstable beginning with large steps.",
    "S13": "Triangular cycles explore rates, leave local optima and end better.",
    "S14": "Sinusoidal cycles explore rates, leave local optima and end better.",
    "S15": "Watching the gradient tells when to cut the rate and when to raise it.",
    "S16": "A range test finds the bounds of a cycle.",
    "S17": "A well-chosen rate is faster, does not settle too early, and ends better.",
}

CONFIRMED, CONDITIONAL, CONTRADICTED = "confirmed", "conditional", "contradicted"
REFUSED, NOT_JUDGED = "refused", "not judged"  # unsound; a quick run


@dataclasses.dataclass(frozen=True, eq=False)
class Claim:
    """A statement that an experiment can confirm or contradict; made by :func:`claim`.

    Attributes:
        id: such as ``"S2-digits"``.
        experiment: ``Trial -> Effects``.
        of: the statement of the notes, a key of :data:`STATEMENTS`.
        chapter: number of the chapter that shows it.
        notes: the section of the notes that it comes from.
        statement: one sentence, true when the effect reaches the threshold.
        problem: what was trained, in words.
        compared_with: what the effect is measured against.
        threshold: fixed before looking; the larger the effect, the truer the statement.
        unit: of effect and threshold.
        condition: what the result hangs on, in words.
        sweeps: the sweeps that the experiment reads; more than one where methods are compared.
        interval: a key of :data:`~course_lr.teaching.evidence.statistics.INTERVALS`.
        decimals: to which effect and interval are rounded before they are judged.
    """

    id: str
    experiment: Callable[[Trial], Effects]
    of: str
    chapter: int
    notes: str
    statement: str
    problem: str
    compared_with: str
    threshold: float
    unit: str
    condition: str
    sweeps: tuple[Sweep, ...] = ()
    interval: str = "paired t"
    decimals: int = 2
    registry: ClassVar[dict[str, "Claim"]] = {}

    @property
    def words(self) -> dict[str, Any]:
        """What the report repeats of the declaration."""
        aside = ("experiment", "condition", "sweeps")
        names = [f.name for f in dataclasses.fields(self) if f.name not in aside]
        return {name: getattr(self, name) for name in names}


def claim(id: str, on: Sequence[Sweep | tuple[Sweep, ...]] = (), **words) -> Callable:
    """Register the decorated experiment as a claim; the same function may serve several.

    Args:
        id: such as ``"S2-quadratic"``.
        on: sweeps to read. Each makes a claim of its own, with the sweep's name added to ``id``;
            a tuple of sweeps, such as one a method, makes one claim, named after the first.
        words: the other attributes of :class:`Claim`; ``condition`` may be a dictionary from the
            names of the sweeps.

    Raises:
        ValueError: two claims have the same id, a statement is unknown, or words are missing.
    """

    def register(experiment: Callable[[Trial], Effects]) -> Callable[[Trial], Effects]:
        for sweeps in (each if isinstance(each, tuple) else (each,) for each in on):
            first, condition = sweeps[0], words["condition"]
            own = {"condition": condition[first.name] if isinstance(condition, dict) else condition}
            own |= {"problem": words.get("problem", first.words), "sweeps": sweeps}
            _add(Claim(f"{id}-{first.name.split('_')[0]}", experiment, **words | own))
        if not on:
            _add(Claim(id, experiment, **words))
        return experiment

    return register


def _add(claim: Claim) -> None:
    checks.one_of("of", claim.of, tuple(STATEMENTS))
    checks.one_of("interval", claim.interval, tuple(INTERVALS))
    for name, value in claim.words.items():
        if isinstance(value, str) and not value.strip() or not claim.condition.strip():
            checks.refuse(name, value, f"words that say it for claim {claim.id}")
    known, function = Claim.registry.get(claim.id), claim.experiment
    if known and (known.experiment is function or _place(known.experiment) != _place(function)):
        raise ValueError(
            f"there are two claims {claim.id!r}: {function.__qualname__} is the second"
        )
    Claim.registry[claim.id] = claim


def _place(function: Callable) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def all_claims() -> dict[str, Claim]:
    """Every claim by id, in the order of chapters."""
    folder = importlib.import_module("course_lr.teaching.evidence")
    for module in sorted(m.name for m in pkgutil.iter_modules(folder.__path__)):
        if module.startswith("ch"):
            importlib.import_module(f"{folder.__name__}.{module}")
    ordered = sorted(Claim.registry.values(), key=lambda c: (c.chapter, int(c.of[1:])))
    return {c.id: c for c in ordered}


def verdict_of(low: float, high: float, threshold: float) -> str | None:
    """The design's rule; ``None`` where the interval holds the threshold.

    >>> verdict_of(1.0, 3.0, threshold=1.0), verdict_of(1.0, 3.0, threshold=4.0)
    ('confirmed', 'contradicted')
    """
    if low >= threshold:
        return CONFIRMED
    return CONTRADICTED if high < threshold else None


def estimate(claim: Claim, effects: Effects) -> Interval:
    """The effect and its interval, rounded to the digits that are printed."""
    values, method = np.asarray(effects.values, np.float64), INTERVALS[claim.interval]
    found = method(values, effects.statistic) if effects.statistic else method(values)
    return Interval(*(round(float(x), claim.decimals) + 0.0 for x in found))


class Finding(NamedTuple):
    """What a trial gave.

    Attributes:
        interval: the effect and its interval, rounded.
        verdict: by :func:`verdict_of`; ``None`` while open.
        facts: further figures.
        rivals: for each rate that might have been tuned instead of a best one, the verdict with it.
    """

    interval: Interval
    verdict: str | None
    facts: dict[str, float]
    rivals: dict[str, str | None]


def tried(claim: Claim, trial: Trial, fewest: int = FEWEST) -> Finding:
    """Run the experiment with the tuned rates, and once more with each rival of the best one.

    Raises:
        Refused: the trial allows no verdict; the message gives all reasons.
    """
    found = _measured(claim, trial, fewest)
    if found.verdict and claim.unit == POINTS:
        _refuse(too_coarse(trial, abs(found.interval.effect - claim.threshold)))
    for rate, other in trial.others().items():
        found.rivals[rate] = _measured(claim, other, fewest).verdict
    return found


def _measured(claim: Claim, trial: Trial, fewest: int) -> Finding:
    effects = claim.experiment(trial)
    _refuse(refusals(trial, effects, fewest))
    interval = estimate(claim, effects)
    facts = {name: float(f"{value:.3g}") for name, value in effects.facts.items()}
    return Finding(interval, verdict_of(interval.low, interval.high, claim.threshold), facts, {})


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise Refused("; ".join(reasons))
