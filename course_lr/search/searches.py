"""Grid search, random search and successive halving, each of them one training or a few."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lr import arguments, checks
from course_lr.controllers.base import Controller
from course_lr.parameters import PerRun
from course_lr.problems.base import Problem
from course_lr.schedules import Schedule
from course_lr.search.candidates import CandidateBatch, executor_or_none
from course_lr.search.result import Halving, Search
from course_lr.search.scoring import judged, measure
from course_lr.updates import SGD, Update

if TYPE_CHECKING:
    from concurrent.futures import Executor


def grid_search(
    problem: Problem,
    eta: PerRun | Schedule | Controller,
    *,
    update: Update = SGD(),
    steps: int,
    seeds: int | Sequence[int] = 10,
    by: str | None = None,
    record: Sequence[str] = (),
    record_every: int | None = None,
    start: Any = None,
    executor: "Executor | None" = None,
    progress: bool = False,
) -> Search:
    """Train every candidate with every seed, and choose by validation data.

    Candidate i is run i of :func:`course_lr.train`: arrays in ``eta``, ``update`` and ``start``
    are zipped, so that a map over two parameters is a flattened mesh. Candidates stay in the order
    given, sorted or not; on a tie the smaller rate wins.

    Args:
        problem: what is descended.
        eta: the rates, each >= 0 (a linear grid may begin at 0), a schedule or a controller. Here,
            in ``update`` or in ``start`` there are arrays.
        update: the update rule.
        steps: updates of each run, >= 1.
        seeds: how many (0 … n - 1), or which. Judge what was chosen on others.
        by: ``"accuracy"`` (the highest on validation data after the last step) or ``"loss"`` (the
            lowest); by default accuracy where there is one. Where there are no data, the loss is
            the last of the training.
        record, record_every, start: as for :func:`course_lr.train`, for ``history``.
        executor: a ``concurrent.futures.Executor`` that trains the candidates in parts, such as a
            process pool or Dask's; the numbers are the same without it. It must be able to send
            the problem: a process pool can't send a function typed in a cell.
        progress: show a bar.

    Raises:
        ValueError, TypeError: naming the argument, its value and what is accepted.

    >>> from course_lr.problems import Quadratic
    >>> found = grid_search(Quadratic([1.0, 20.0]), [0.02, 0.05, 0.09, 0.5], steps=50, seeds=1)
    >>> found.best
    0.09
    """
    batch, name = _batch(problem, eta, update, seeds, by, record, record_every, start)
    plan = [(checks.whole("steps", steps, 1), 1)]
    return Search(**_searched(batch, name, plan, executor, progress))


def random_search(
    problem: Problem,
    sample: Callable,
    n: int,
    *,
    update: Update = SGD(),
    sample_seed: int = 0,
    **options: Any,
) -> Search:
    """:func:`grid_search` over n candidates drawn at random (Bergstra & Bengio 2012).

    Args:
        problem: what is descended.
        sample: called once as ``sample(rng, n)`` with a ``numpy.random.Generator``; returns n rates
            or a schedule of n runs, or a pair of these and an update rule of n runs. Ready-made:
            :func:`log_uniform`.
        n: how many candidates, >= 1.
        update: the update rule, where ``sample`` gives none.
        sample_seed: the seed of the draw, a whole number >= 0; not one of the trainings.
        options: all others of :func:`grid_search`, such as ``steps``.

    >>> from course_lr.problems import Quadratic
    >>> from course_lr.updates import Momentum
    >>> def sample(rng, n):
    ...     return log_uniform(0.001, 0.1)(rng, n), Momentum(rng.uniform(0, 0.9, n))
    >>> found = random_search(Quadratic([1.0, 20.0]), sample, 8, steps=50)
    >>> list(found.winner)
    ['rate', 'beta']
    """
    n = checks.whole("n", n, 1)
    if not callable(sample):
        checks.refuse("sample", sample, "a function of (rng, n), see log_uniform", TypeError)
    rng = np.random.default_rng(checks.whole("sample_seed", sample_seed))
    drawn = sample(rng, n)
    if isinstance(drawn, tuple) and len(drawn) == 2 and isinstance(drawn[1], Update):
        drawn, update = drawn
    size = arguments.runs(arguments.schedule(drawn, problem), arguments.update(update), None)
    if size != n:
        raise ValueError(f"sample(rng, n) must give n = {n} candidates, got {size or 'no array'}")
    return grid_search(problem, drawn, update=update, **options)


def log_uniform(low: float, high: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """A sampler for :func:`random_search`: rates whose logarithm is uniform from low to high.

    >>> log_uniform(0.001, 1.0)(np.random.default_rng(0), 3).round(3)
    array([0.081, 0.006, 0.001])
    """
    low, high = checks.ends(low, high)
    return lambda rng, n: low * (high / low) ** rng.random(n)


def successive_halving(
    problem: Problem,
    eta: PerRun | Schedule | Controller,
    *,
    steps: int,
    factor: int = 3,
    executor: "Executor | None" = None,
    progress: bool = False,
    **options: Any,
) -> Halving:
    """Train all candidates a little, let the better part go on, and so forth.

    Jamieson & Talwalkar 2016, with the rounds of Li et al. 2018: where R candidates can be divided
    k times by ``factor``, they are trained for ``steps`` / factor^k; a part 1 / factor of them goes
    on, from where it stands, to ``factor`` times as many steps; until the last are trained for
    ``steps``. Candidates that diverged don't go on. The rates of a schedule are those of the whole
    training.

    Args:
        steps: updates of the candidates in the last round, at least factor^k.
        factor: a whole number >= 2 and at most the number of candidates.
        problem, eta, executor, progress, options: as for :func:`grid_search`.

    >>> from course_lr.problems import Quadratic
    >>> rates = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56]
    >>> found = successive_halving(Quadratic([1.0]), rates, steps=9, seeds=1)
    >>> [(round.steps, len(round.candidates)) for round in found.rounds], found.best
    ([(1, 9), (3, 3), (9, 1)], 1.28)
    """
    batch, name = _batch(problem, eta, **options)
    steps, factor = checks.whole("steps", steps, 1), checks.whole("factor", factor, 2)
    plan = halvings(batch.size, steps, factor)
    return Halving(**_searched(batch, name, plan, executor, progress))


def halvings(size: int, steps: int, factor: int) -> list[tuple[int, int]]:
    """The rounds of a halving: pairs of (steps since the start, how many are kept then).

    >>> halvings(10, steps=100, factor=3)
    [(11, 3), (33, 1), (100, 1)]
    """
    if size < factor:
        checks.refuse("factor", factor, f"at most the number of candidates, here {size}")
    kept = [size]
    while kept[-1] >= factor:
        kept.append(kept[-1] // factor)
    if steps < factor ** (len(kept) - 1):
        needed = f"at least {factor}**{len(kept) - 1} for {size} candidates"
        checks.refuse("steps", steps, f"{needed}, so that each round has a step")
    parts = [factor**k for k in reversed(range(len(kept)))]
    return [(steps // part, keep) for part, keep in zip(parts, [*kept[1:], 1])]


def _batch(
    problem, eta, update=SGD(), seeds=10, by=None, record=(), record_every=None, start=None
) -> tuple[CandidateBatch, str]:
    """The training of all candidates, checked, and the name of the record they are judged by."""
    name = measure(by, arguments.problem(problem))
    options = {
        "eta": arguments.schedule(eta, problem),
        "update": arguments.update(update),
        "seeds": list(checks.seeds(seeds)[0]),
        "record": tuple(dict.fromkeys(("loss", name, *record))),
        "record_every": record_every,
        "start": arguments.start(start),
    }
    batch = CandidateBatch(problem, options)
    if batch.size is None:
        accepted = "an array of rates, or an array in a schedule, in update or in start"
        checks.refuse("eta", eta, f"{accepted}: a search has several candidates")
    return batch, name


def _searched(batch: CandidateBatch, name: str, plan, executor, progress) -> dict[str, Any]:
    """Train by a plan of (steps since the start, how many are kept): what a Search holds."""
    executor, candidates = executor_or_none(executor), batch.candidates(plan[-1][0])
    among, at, rounds = np.arange(batch.size), 0, []
    for end, keep in plan:
        run = batch.advance(end - at, executor, progress)
        spent = (end - at) * len(among) * len(batch.seeds)
        rates = candidates["rate"]
        rounds.append(judged(run.history, batch.problem, name, among, rates, keep, spent))
        kept = np.sort(rounds[-1].order[:keep])
        if len(kept) == 0 or end == plan[-1][0]:
            break
        batch = batch.cut(np.searchsorted(among, kept), run.state)
        among, at = kept, end
    return {
        "candidates": candidates,
        "seeds": tuple(batch.seeds),
        "measure": name,
        "rounds": tuple(rounds),
        "history": run.history,
    }
