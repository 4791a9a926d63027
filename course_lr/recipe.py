"""The course's recipe for choosing a rate, as code: :func:`recommend`.

A search is worth its price only where it beats what costs nothing, so the recipe trains the usual
default too and says "keep the default" where that is the answer. Chapter 09 holds it against other
ways to choose, on problems that none of its steps was tuned on.
"""

from collections.abc import Sequence

import numpy as np

from course_lr import arguments, checks
from course_lr.problems.base import Problem
from course_lr.recommendation import Recipe, Step, Way, mean_and_error
from course_lr.search import grid_search, range_test
from course_lr.search.scoring import measure, score
from course_lr.updates import SGD, Adam, Update

FALLBACK = 1e-3
"""Where the search begins when the range test reads nothing: the usual value."""
STEP = 10 ** (1 / 3)
"""From one peak to the next: three rates a decade, as chapter 05 finds fine enough."""
BELOW = 1
"""How many peaks of the first look lie below the reading of the range test; the others lie above,
since a decay tolerates a higher peak than a constant rate (chapter 03)."""
LADDER = 100
"""Steps of the range test, as in chapter 05."""
SEEDS = 2
"""Other seeds, at least, of the best two and of the defaults: fewer would show no spread."""
FEWEST = 12
"""Trainings that the recipe needs at least: the range test, two peaks, a constant rate, and two
seeds of four ways to train."""
CLEAR = 2.0
"""How many standard errors a clear gain lies above 0."""
DEFAULTS = (Way(1e-3, False, Adam()), Way(1e-3, True, Adam()))
"""The rivals: what people train with who do not search."""


def recommend(
    problem: Problem,
    budget: int = 16,
    *,
    steps: int,
    update: Update = SGD(),
    decay: bool = True,
    seed: int = 0,
) -> Recipe:
    """Choose a rate and its schedule by the course's recipe, within a budget of trainings.

    1. A range test of 100 steps reads roughly where to look.
    2. Peaks a factor 10^(1/3) apart, one below the reading, each with a warm-up over a tenth of the
       steps and half a cosine down to 0.
    3. While the best peak is on the edge, go on beyond it.
    4. One constant rate: the step below the best peak. That is nearly half of it, and the mean rate
       of such a schedule is half of its peak, so both take the weights about equally far; which of
       them ends better depends on whether noise (decay helps) or distance limits the training.
    5. The best two again with other seeds: one seed may be lucky.
    6. The defaults, Adam at 1e-3 constant and with warm-up and cosine, with the same other seeds.

    What was found is recommended where its mean gain over the better default is above two standard
    errors over those seeds (with the two seeds of the usual budget that is a weak proof, wrong in
    about one case of seven where nothing is gained), or where a default failed and it did not;
    otherwise the default is. All trainings count against the budget: 16 are the range test, four
    peaks, two beyond the edge, the constant rate, and two seeds of the four ways in 5 and 6.

    What is chosen is judged by validation accuracy; without data, by the loss.

    Args:
        problem: what is descended.
        budget: how many trainings of full length may be spent, a whole number >= 12.
        steps: updates of a training, >= 20.
        update: the update rule of the search, without arrays over runs.
        decay: search for peaks with warm-up and decay; else for constant rates (without step 4).
        seed: the first of the seeds that are used; the others follow it.

    >>> from course_lr.problems import Quadratic
    >>> found = recommend(Quadratic([1.0, 10.0], noise=0.1), steps=200)
    >>> found.keep_default, found.evaluations <= found.budget == 3200
    (False, True)
    """
    budget, steps = checks.whole("budget", budget, FEWEST), checks.whole("steps", steps, 20)
    seed, update = checks.whole("seed", seed), arguments.update(update)
    total, last = budget * steps, 2 + len(DEFAULTS)  # ways that the other seeds are spent on
    began, begin = _begin(problem, update, steps, seed)
    look, reasons = _Look(problem, steps), [began]

    def left() -> int:
        return (total - sum(step.evaluations for step in reasons)) // steps

    number = max(2, (budget - last * SEEDS) // 2)
    reasons.append(_first(look, Way(begin, bool(decay), update), number, seed))
    reasons.append(_beyond(look, left() - last * SEEDS - bool(decay), seed))
    if decay:
        reasons.append(_constant(look, seed))
    others = range(seed + 1, seed + 1 + left() // last)
    best, rivals = look.ranked()[:2], _Look(problem, steps)
    reasons += [_confirm(look, best, others), _rivals(rivals, others)]
    found, default = look.ranked(best)[0], rivals.ranked()[0]
    gains, unit = _gains(look, found, rivals, default)
    keep = look.failed(found) or not (rivals.failed(default) or _clear(gains))
    warning = look.warning(found)
    if look.failed(found) and rivals.failed(default):
        warning = "what was found failed, and so did the default: nothing speaks for either."
    return Recipe(found, default, gains, unit, keep, tuple(reasons), total, steps, warning)


class _Look:
    """The trainings so far: what each way reached, one value a seed, and whether it failed."""

    def __init__(self, problem: Problem, steps: int):
        self.problem, self.steps, self.measure = problem, steps, measure(None, problem)
        self.values: dict[Way, list[float]] = {}
        self.failures: dict[Way, list[bool]] = {}

    def train(self, ways: Sequence[Way], seeds: Sequence[int]) -> int:
        """Train in ways that differ in their rate alone; the gradient evaluations that it took."""
        eta = ways[0]._replace(rate=np.array([way.rate for way in ways])).schedule(self.steps)
        options = dict(steps=self.steps, record_every=self.steps, seeds=list(seeds))
        search = grid_search(self.problem, eta, update=ways[0].update, **options)
        for way, values, failures in zip(ways, search.validation, search.failures):
            self.values.setdefault(way, []).extend(values.tolist())
            self.failures.setdefault(way, []).extend(failures.tolist())
        return search.evaluations

    def failed(self, way: Way) -> bool:
        """Whether one of its trainings failed."""
        return any(self.failures[way])

    def ranked(self, ways: Sequence[Way] = ()) -> list[Way]:
        """Ways (all of them), best mean first, the failed last; on a tie the smaller rate first."""

        def place(way: Way):
            mean = score(self.measure, np.mean(self.values[way]))
            return self.failed(way), -mean if np.isfinite(mean) else np.inf, way.rate

        return sorted(ways or self.values, key=place)

    def next(self) -> Way | None:
        """The way beyond the edge on which the best one stands, or ``None``."""
        best, rates = self.ranked()[0], [way.rate for way in self.values]
        if best.rate == max(rates):
            return best._replace(rate=best.rate * STEP)
        return best._replace(rate=best.rate / STEP) if best.rate == min(rates) else None

    def warning(self, found: Way) -> str:
        """That a rate is the last one tried, if it is."""
        rates = [way.rate for way in self.values if way.decay == found.decay]
        if len(rates) == 1 or min(rates) < found.rate < max(rates):
            return ""
        end = "largest" if found.rate == max(rates) else "smallest"
        return f"{found.rate:.2g} is the {end} rate that the budget let it try: try beyond it."


def _begin(problem, update, steps: int, seed: int) -> tuple[Step, float]:
    """The range test, and the rate that it reads."""
    test = range_test(problem, steps=min(LADDER, steps), update=update, seed=seed)
    read = f"reads {test.best:.2g}" if test.best else f"reads nothing: begin at {FALLBACK:g}"
    why = "the size of a good rate depends on the problem; one short training tells it roughly"
    done = f"A range test of {len(test.rates)} steps {read}."
    return Step(done, why, test.evaluations), test.best or FALLBACK


def _first(look: _Look, begin: Way, number: int, seed: int) -> Step:
    """The first look: rates round the reading."""
    rates = begin.rate * STEP ** (np.arange(number) - BELOW)
    spent = look.train([begin._replace(rate=float(rate)) for rate in rates], [seed])
    done = f"{number} rates from {rates[0]:.2g} to {rates[-1]:.2g}"
    done += f"{', with warm-up and cosine' * begin.decay}: {look.ranked()[0].rate:.2g} leads."
    why = "a reading is where a search begins; on a log axis three rates a decade will do"
    return Step(done, why, spent)


def _beyond(look: _Look, most: int, seed: int) -> Step:
    """On beyond the edge, at most so often."""
    tried, spent = [], 0
    while len(tried) < most and (way := look.next()):
        spent += look.train([way], [seed])
        tried.append(f"{way.rate:.2g}")
    done = f"Beyond the edge: {', '.join(tried)}" if tried else "Nothing tried beyond the edge"
    why = "where the best is the last one tried, better ones may lie beyond"
    return Step(f"{done}; {look.ranked()[0].rate:.2g} leads.", why, spent)


def _constant(look: _Look, seed: int) -> Step:
    """The constant rate that a schedule with the best peak is compared with."""
    peak = look.ranked()[0]
    way = peak._replace(rate=peak.rate / STEP, decay=False)
    spent = look.train([way], [seed])
    done = f"A constant rate of {way.rate:.2g}: {look.ranked()[0]} leads."
    why = "a decay gains where noise is left, and loses where the training is too short for it"
    return Step(done, why, spent)


def _confirm(look: _Look, best: Sequence[Way], seeds: Sequence[int]) -> Step:
    """Other seeds for the best two."""
    spent = sum(look.train([way], seeds) for way in best)
    names = " and ".join(map(str, best))
    done = f"{len(seeds)} other seeds for {names}: {look.ranked(best)[0]} is found."
    why = "one seed may be lucky, above all beside the cliff; of two equals take the smaller"
    return Step(done, why, spent)


def _rivals(rivals: _Look, seeds: Sequence[int]) -> Step:
    """The defaults, with the seeds that confirm what was found."""
    spent = sum(rivals.train([way], seeds) for way in DEFAULTS)
    names = " and ".join(map(str, DEFAULTS))
    done = f"The same seeds for {names}: {rivals.ranked()[0]} is the better one."
    why = "a search is worth its price only where it beats what needs none"
    return Step(done, why, spent)


def _gains(look: _Look, found: Way, rivals: _Look, default: Way) -> tuple[tuple[float, ...], str]:
    """What ``found`` is ahead of ``default`` with each of the other seeds, and the unit."""
    theirs = np.array(rivals.values[default])
    ours = np.array(look.values[found][-len(theirs) :])
    with np.errstate(invalid="ignore"):  # both diverged: inf − inf
        if look.measure.endswith("accuracy"):
            return tuple((100 * (ours - theirs)).tolist()), "points of validation accuracy"
        if min(ours.min(), theirs.min()) < 0:
            return tuple((theirs - ours).tolist()), "of loss"
        tiny = np.finfo(float).tiny
        decades = np.log10(np.maximum(theirs, tiny)) - np.log10(np.maximum(ours, tiny))
    return tuple(decades.tolist()), "decades of loss"


def _clear(gains: Sequence[float]) -> bool:
    """Whether the mean gain is more than :data:`CLEAR` standard errors above 0."""
    mean, error = mean_and_error(gains)
    return bool(mean > CLEAR * error)
