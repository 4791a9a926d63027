"""The course's recipe for choosing a rate, as code: :func:`recommend`.

Each of its steps names the claims of the course that support it. Chapter 09 holds it against other
ways to choose, at equal budget, on problems that none of its steps was tuned on.
"""

import dataclasses
import html
from collections.abc import Sequence

import numpy as np

from course_lr import arguments, checks
from course_lr.problems.base import Problem
from course_lr.schedules import Constant, CosineDecay, Schedule, Warmup
from course_lr.search import grid_search, range_test
from course_lr.search.rounds import score
from course_lr.updates import SGD, Update

FALLBACK = 1e-3
"""Where the search begins when the range test reads nothing: the value that the notes name."""
STEP = 10 ** (1 / 3)
"""From one peak to the next. Half decades were fine enough for constant rates (S10-halves)."""
BELOW = 1
"""How many peaks of the first look lie below the reading of the range test; the others lie above,
since a decay bears a higher peak than a constant rate (chapter 03)."""
LADDER = 100
"""Steps of the range test, as in chapter 05."""
FEWEST = 5
"""Trainings that the recipe needs at least."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the recipe: what was done and found, why, and which claims support it.

    Attributes:
        done, why: words.
        claims: ids of claims of the course.
        evaluations: gradient evaluations that it spent.
    """

    done: str
    why: str
    claims: tuple[str, ...]
    evaluations: int

    def __str__(self) -> str:
        return f"{self.done}\n   Why: {self.why} [{', '.join(self.claims)}]"


@dataclasses.dataclass(frozen=True, repr=False)
class Recipe:
    """What :func:`recommend` recommends, and how it came to it.

    Attributes:
        schedule: what to train with, for all of the training's steps.
        rate: its largest rate.
        update: the update rule.
        reasons: the steps of the recipe, in order.
        budget: gradient evaluations that were allowed.
        steps: updates of a training.
        warning: why the rate is not to be trusted, a sentence; empty where nothing says so.
    """

    schedule: Schedule
    rate: float
    update: Update
    reasons: tuple[Step, ...]
    budget: int
    steps: int
    warning: str = ""

    @property
    def evaluations(self) -> int:
        """Gradient evaluations spent, at most ``budget``."""
        return sum(step.evaluations for step in self.reasons)

    def __repr__(self) -> str:
        said = [f"{n}. {step}" for n, step in enumerate(self.reasons, 1)]
        spent = f"{self.evaluations} of {self.budget} gradient evaluations spent"
        said += [f"Warning: {self.warning}"] * bool(self.warning)
        return "\n".join([f"<Recipe: {self.schedule!r} with {self.update!r}; {spent}>", *said])

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{n}</td><td style='text-align:left'>{html.escape(step.done)}</td>"
            f"<td style='text-align:left'>{html.escape(step.why)}</td>"
            f"<td style='text-align:left'>{html.escape(', '.join(step.claims))}</td>"
            f"<td>{step.evaluations}</td></tr>"
            for n, step in enumerate(self.reasons, 1)
        ]
        names = ("", "what was done", "why", "claims", "gradients")
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in names)
        chosen = f"<code>{html.escape(repr(self.schedule))}</code> with {self.update!r}"
        spent = f"{self.evaluations} of {self.budget} gradient evaluations spent"
        spent += f". <b>Warning:</b> {html.escape(self.warning)}" if self.warning else "."
        return f"<div>{chosen}; {spent}<table><tr>{head}</tr>{''.join(rows)}</table></div>"


class _Look:
    """The trainings so far: what each rate scored, one value a seed, and what they cost."""

    def __init__(self, problem: Problem, shape, update: Update, steps: int):
        self.problem, self.shape, self.update, self.steps = problem, shape, update, steps
        self.scores: dict[float, list[float]] = {}
        self.evaluations = 0

    def train(self, rates: Sequence[float], seeds: list[int]) -> int:
        """Train these rates with these seeds; the gradient evaluations that it took."""
        eta = self.shape(np.array(rates))
        options = dict(steps=self.steps, record_every=self.steps, seeds=seeds)
        found = grid_search(self.problem, eta, update=self.update, **options)
        values = score(found.measure, found.validation)
        for rate, row in zip(rates, np.where(found.failures, -np.inf, values)):
            self.scores.setdefault(float(rate), []).extend(row.tolist())
        self.evaluations += found.evaluations
        return found.evaluations

    def ranked(self) -> list[float]:
        """Rates, best mean first (a failed run puts its rate last); on a tie the smaller first."""
        return sorted(self.scores, key=lambda rate: (-np.mean(self.scores[rate]), rate))

    def next(self) -> float | None:
        """The rate beyond the edge on which the best one stands, or ``None``."""
        best = self.ranked()[0]
        if best == max(self.scores):
            return best * STEP
        return best / STEP if best == min(self.scores) else None

    @property
    def warning(self) -> str:
        """What speaks against the best rate, if something does."""
        best = self.ranked()[0]
        if np.isneginf(np.mean(self.scores[best])):
            return "every training failed, so nothing speaks for this rate."
        if self.next() is None:
            return ""
        end = "largest" if best == max(self.scores) else "smallest"
        return f"{best:.2g} is the {end} peak that the budget let it try: try beyond it."


def recommend(
    problem: Problem,
    budget: int = 10,
    *,
    steps: int,
    update: Update = SGD(),
    decay: bool = True,
    seed: int = 0,
) -> Recipe:
    """Choose a rate and its schedule by the course's recipe, within a budget of trainings.

    Range test, a few peaks round its reading, more where the best is on the edge, then other seeds
    for the best two. What is chosen is judged by validation accuracy; without data, by the loss.

    Args:
        problem: what is descended.
        budget: how many trainings of full length may be spent, a whole number >= 5.
        steps: updates of a training, >= 20.
        update: the update rule, without arrays over runs.
        decay: warm up over a tenth of the steps and decay to 0 along half a cosine; else the rate
            is constant.
        seed: the first of the seeds that are used; the others follow it.

    >>> from course_lr.problems import Quadratic
    >>> found = recommend(Quadratic([1.0, 10.0], noise=0.1), steps=200)
    >>> len(found.reasons), found.evaluations <= found.budget == 2000
    (4, True)
    """
    budget, steps = checks.whole("budget", budget, FEWEST), checks.whole("steps", steps, 20)
    seed, update = checks.whole("seed", seed), arguments.update(update)
    shape = (lambda peaks: cosine(peaks, steps)) if decay else Constant
    look, total = _Look(problem, shape, update, steps), budget * steps
    began, begin = _begin(problem, update, steps, seed)
    reasons = [began, _first(look, begin, max(3, budget // 2), seed)]
    left = (total - sum(step.evaluations for step in reasons)) // steps
    reasons.append(_beyond(look, left - 2, seed))
    left = (total - sum(step.evaluations for step in reasons)) // steps
    reasons.append(_confirm(look, left, seed + 1))
    rate = look.ranked()[0]
    return Recipe(shape(rate), rate, update, tuple(reasons), total, steps, look.warning)


def cosine(peaks, steps: int) -> Schedule:
    """A warm-up over a tenth of the steps to ``peaks``, then half a cosine down to 0.

    >>> cosine(0.1, 100)
    Warmup(CosineDecay(0.1, steps=90), steps=10)
    """
    warm = steps // 10
    return Warmup(CosineDecay(peaks, steps - warm), warm)


def _begin(problem, update, steps: int, seed: int) -> tuple[Step, float]:
    """The range test, and the rate that it reads."""
    ladder = range_test(problem, steps=min(LADDER, steps), update=update, seed=seed)
    found = f"reads {ladder.best:.2g}" if ladder.best else f"reads nothing: begin at {FALLBACK:g}"
    why = "the size of a good rate depends on the problem; one short training tells it roughly"
    done = f"A range test of {len(ladder.rates)} steps {found}."
    claims = ("S16-third-digits", "S16-third-mnist1d", "S17-start-digits", "S17-start-mnist1d")
    return Step(done, why, claims, ladder.evaluations), ladder.best or FALLBACK


def _first(look: _Look, begin: float, number: int, seed: int) -> Step:
    rates = begin * STEP ** (np.arange(number) - BELOW)
    spent = look.train(rates, [seed])
    done = f"{number} peaks from {rates[0]:.2g} to {rates[-1]:.2g}: {look.ranked()[0]:.2g} leads."
    why = "a reading is where a search begins; on a log axis two or three rates a decade will do"
    if look.shape is not Constant:
        why += "; a decay after a short warm-up gains where noise or the start limits the rate"
    claims = ("S10-halves-digits", "S10-linear-wide-digits")
    claims += ("S5-cosine-mnist1d", "S12-best-cosine-deep") * (look.shape is not Constant)
    return Step(done, why, claims, spent)


def _beyond(look: _Look, most: int, seed: int) -> Step:
    tried, spent = [], 0
    while len(tried) < most and (rate := look.next()):
        spent += look.train([rate], [seed])
        tried.append(f"{rate:.2g}")
    said = f"Beyond the edge: {', '.join(tried)}" if tried else "The best is not on the edge"
    why = "where the best is the last one tried, better ones may lie beyond"
    claims = ("S10-notes-digits", "S10-notes-mnist1d")
    return Step(f"{said}; {look.ranked()[0]:.2g} leads.", why, claims, spent)


def _confirm(look: _Look, left: int, seed: int) -> Step:
    """Other seeds for the best two."""
    spent, best = 0, look.ranked()[:2]
    if left // 2:
        spent = look.train(best, list(range(seed, seed + left // 2)))
    names = " and ".join(f"{rate:.2g}" for rate in best)
    done = f"{left // 2} other seeds for {names}: {look.ranked()[0]:.2g} is chosen."
    why = "one seed may be lucky, above all beside the cliff; of two equals take the smaller"
    return Step(done, why, ("S10-one-seed-digits", "S4-cliff-digits"), spent)
