"""A trial: what one experiment may use, and a record of what it did with it.

An experiment takes a :class:`Trial` and returns :class:`Effects`. The trial hands out tuned rates
and judged runs and notes each, so that :func:`refusals` can say when a verdict would be unsound.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from course_lr.teaching.evidence.statistics import Statistic
from course_lr.teaching.evidence.sweeps import FINEST, Curves

# Judging seeds below which there is no verdict.
FEWEST = 20
ACCURACY = "validation accuracy"
POINTS = "points of accuracy"
# A rate that wins in this share of re-drawn tuning seeds could have been chosen as well.
RIVAL = 0.1


class Refused(Exception):
    """There is no verdict, and the message says why."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """A rate chosen on the tuning seeds.

    Attributes:
        index, rate: its place in the grid, and the rate.
        of: which sweep of the trial it belongs to, counted from 0.
        seeds: the seeds it was chosen on.
        by: what was made as large as possible.
        edge: whether it is the first or the last of the grid.
        spacing: decades to the farther of its two neighbours.
        drop: how much worse the better of its two neighbours is, in units of ``by``.
        rivals: places of rates that win in at least a tenth of re-drawn tuning seeds.
    """

    index: int
    rate: float
    of: int
    seeds: tuple[int, ...]
    by: str
    edge: bool
    spacing: float
    drop: float
    rivals: tuple[int, ...]


@dataclasses.dataclass
class Effects:
    """What an experiment found.

    Args:
        values: one row a judging seed, in the unit of the claim.
        facts: further figures for the verdict box, by name.
        statistic: what is estimated from ``values``, if it is not their mean (bootstrap only).
    """

    values: np.ndarray
    facts: dict[str, float] = dataclasses.field(default_factory=dict)
    statistic: Statistic | None = None


class Trial:
    """The seeds of an experiment, its sweeps if it has any, and notes of what was done.

    Attributes:
        tuning, judging: seeds to choose on, and others to judge on.
        sweeps: the curves of the sweeps that the claim names, one a method.
        choices: every rate chosen by :meth:`choose`.
        failed: for each group of runs compared, which of them failed, ``(seeds, …)``.
        evaluations: for each group, the gradient evaluations of one run.
        instead: for some of the sweeps, the place of a rate that :meth:`choose` takes for the best.
    """

    def __init__(self, tuning, judging, *sweeps: Curves, instead: dict[int, int] | None = None):
        self.tuning, self.judging, self.sweeps = tuple(tuning), tuple(judging), sweeps
        self.instead = instead or {}
        self.choices: list[Choice] = []
        self.failed: dict[str, np.ndarray] = {}
        self.evaluations: dict[str, int] = {}

    @property
    def curves(self) -> Curves:
        """The first sweep."""
        return self.sweeps[0]

    def of(self, number: int) -> Curves:
        """The sweep with this number, counted from 0."""
        return self.sweeps[number]

    def choose(self, scores: Callable | None = None, by: str = ACCURACY, of: int = 0) -> Choice:
        """The rate with the highest mean score over the tuning seeds; the smaller one on a tie.

        Args:
            scores: ``curves of the tuning seeds -> (rates, seeds)``; by default the validation
                accuracy after the last epoch, in points.
            by: the name of the score.
            of: which sweep, counted from 0.
        """
        curves = self.sweeps[of].cut(self.tuning)
        found = 100 * curves.validation_accuracy[-1] if scores is None else scores(curves)
        found, rates = np.asarray(found, np.float64), curves.rates
        mean, best = found.mean(axis=1), int(np.argmax(found.mean(axis=1)))
        rivals = tuple(i for i in winners(found) if i != best)
        if of in self.instead and scores is None:
            best, rivals = self.instead[of], ()
        near = [i for i in (best - 1, best + 1) if 0 <= i < len(rates)]
        made = Choice(
            index=best,
            rate=float(rates[best]),
            of=of,
            seeds=self.tuning,
            by=by,
            edge=len(near) < 2,
            spacing=max(abs(float(np.log10(rates[i] / rates[best]))) for i in near),
            drop=float(mean[best] - max(mean[near])),
            rivals=rivals,
        )
        self.choices.append(made)
        return made

    def others(self) -> "dict[str, Trial]":
        """By its rate, a trial in which a rival stands for a best rate by accuracy."""
        chosen = [choice for choice in self.choices if choice.by == ACCURACY]
        rivals = sorted({(choice.of, i) for choice in chosen for i in choice.rivals})
        parts = (self.tuning, self.judging, *self.sweeps)
        return {self.named(of, i): Trial(*parts, instead={of: i}) for of, i in rivals}

    def named(self, of: int, index: int) -> str:
        """A rate in words; with the name of its sweep where there are several."""
        curves = self.sweeps[of]
        name = f" ({curves.about['name']})" if len(self.sweeps) > 1 else ""
        return f"{curves.rates[index]:.3g}{name}"

    def judge(self, name: str, choice: Choice, decades: float = 0.0) -> Curves:
        """The judging runs, in its own sweep, of a chosen rate times ten to the power ``decades``.

        Raises:
            ValueError: that rate is not in the grid.
        """
        curves = self.sweeps[choice.of].cut(self.judging)
        wanted = choice.rate * 10**decades
        index = int(np.argmin(np.abs(np.log(curves.rates / wanted))))
        if abs(np.log10(curves.rates[index] / wanted)) > FINEST / 10:
            near = curves.rates[index]
            raise ValueError(f"the sweep has no rate {wanted:.3g}, its nearest is {near:.3g}")
        self.count(name, curves.failed[index], int(curves.steps[-1]))
        return curves.at(index)

    def count(self, name: str, failed: np.ndarray, evaluations: int) -> None:
        """Note which runs of a group failed, and the gradient evaluations that each run spent."""
        self.failed[name], self.evaluations[name] = np.asarray(failed), evaluations


def winners(scores: np.ndarray) -> list[int]:
    """Rates that have the best mean of ``(rates, seeds)`` in a tenth of re-drawn seeds or more.

    >>> winners(np.array([[1.0, 1.0], [0.0, 3.0], [0.0, 0.0]]))
    [0, 1]
    """
    drawn = np.random.default_rng(0).integers(scores.shape[1], size=(1000, scores.shape[1]))
    wins = np.bincount(scores[:, drawn].mean(axis=2).argmax(axis=0), minlength=len(scores))
    return np.flatnonzero(wins >= RIVAL * len(drawn)).tolist()


def refusals(trial: Trial, effects: Effects, fewest: int = FEWEST) -> list[str]:
    """Why there can be no verdict; empty where nothing is wrong."""
    reasons = [*_seeds(trial, fewest), *_failures(trial, effects), *_budgets(trial)]
    return reasons + [reason for choice in trial.choices for reason in _choice(trial, choice)]


def too_coarse(trial: Trial, distance: float) -> list[str]:
    """Rates beside which the accuracy falls so fast that the verdict may hang on the grid.

    A best rate half a step away could be better by about half of what the better neighbour loses;
    ``distance``, in points, is how far the effect is from its threshold.
    """
    return [
        f"the grid is too coarse for this effect: beside the rate {choice.rate:.3g} the accuracy "
        f"falls by {choice.drop:.2g} points, and the verdict hangs on {distance:.2g}"
        for choice in trial.choices
        if choice.by == ACCURACY and choice.drop / 2 > distance
    ]


def _seeds(trial: Trial, fewest: int) -> list[str]:
    n = len(set(trial.judging))
    return [f"too few seeds: judged on {n}, at least {fewest} are needed"] if n < fewest else []


def _failures(trial: Trial, effects: Effects) -> list[str]:
    values, n = np.asarray(effects.values), len(trial.judging)
    if len(values) != n:
        return [f"the mean hides failures: {len(values)} effects from {n} judging seeds"]
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).reshape(n, -1).any(axis=1).sum())
        return [f"the mean hides failures: the effect of {bad} of {n} seeds is not finite"]
    if not trial.failed:
        return ["failures were not counted: call trial.judge or trial.count for each group"]
    short = [f"{name!r}" for name, failed in trial.failed.items() if len(failed) != n]
    return [f"failures of {', '.join(short)} were not counted for all {n} seeds"] if short else []


def _budgets(trial: Trial) -> list[str]:
    if len(set(trial.evaluations.values())) < 2:
        return []
    spent = ", ".join(f"{name!r} {number}" for name, number in trial.evaluations.items())
    return [f"unequal budgets in gradient evaluations: {spent}"]


def _choice(trial: Trial, choice: Choice) -> list[str]:
    reasons, rate = [], f"the rate {choice.rate:.3g}"
    both = sorted(set(choice.seeds) & set(trial.judging))
    if both:
        reasons.append(f"tuned and judged on the same seeds: {both}")
    if choice.edge:
        reasons.append(f"{rate} was chosen on the edge of the grid: the grid must grow")
    if choice.spacing > FINEST * 1.01:
        reasons.append(
            f"the grid is too coarse: {rate} stands {choice.spacing:.3g} decades from a neighbour, "
            f"at most {FINEST} are allowed"
        )
    return reasons
