"""The contest of chapter 09: ways to choose a rate, at equal budget, on nine new problems.

``make contest`` measures it. Each search draws its own data and may spend 16 trainings; what it
chooses is trained once more, with a seed that the search has not seen, and its test accuracy is
compared with the best of four dense sweeps, which are tuned on ten other draws of the data. The
nine old problems judged the recipe before it was changed, so they are reported beside.

The rule of :func:`course_lr.recommend` was fixed before the first run of this contest.
"""

import functools
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from course_lr import (
    MLP,
    SGD,
    Adam,
    digits,
    failed,
    grid_search,
    log_uniform,
    mnist1d,
    random_search,
    range_test,
    recommend,
    train,
)
from course_lr.problems.data import Dataset
from course_lr.recipe import DEFAULTS
from course_lr.recommendation import Way
from course_lr.search.rounds import guessing
from course_lr.student import t_cdf, t_quantile
from course_lr.teaching.chapters.ch09_contest import (
    FILE,
    METHODS,
    NEW,
    OLD,
    RECIPES,
    Contest,
    load,
    spirals_data,
)

BUDGET = 16
"""Trainings of full length that each search may spend: what :func:`recommend` takes by itself."""
SEARCHES = range(10, 30)
"""Each draws its own data and gives what is chosen a training with this seed."""
TUNED = range(5000, 5010)
"""Draws of the data, and seeds, that the dense sweeps are tuned on."""
COARSE, FINE = 10.0 ** np.arange(-3, 1.25, 0.5), 10.0 ** (np.arange(-3, 4) / 8)
"""Their rates: half decades with three draws, then eighths round the best of these with all."""
FAMILIES = [Way(0.0, decay, rule) for rule in (SGD(), Adam()) for decay in (False, True)]
GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
LEVEL = 0.95
ASKED, WORTH = -2.0, 1.0
"""Points that the recipe may cost (R1), and that are worth a search."""


def moons(draw: int) -> Dataset:
    """Two half circles that reach into each other, with noise."""
    rng = np.random.default_rng(draw)
    labels, angle = rng.integers(2, size=1000), rng.uniform(0, np.pi, 1000)
    side = 1 - 2 * labels
    inputs = np.stack([np.cos(angle) * side + labels, np.sin(angle) * side + 0.4 * labels], axis=1)
    return Dataset("moons", inputs + rng.normal(0, 0.2, inputs.shape), labels, 2)


def rings(draw: int) -> Dataset:
    """Three rings round one middle, with noise."""
    rng = np.random.default_rng(draw)
    labels, angle = rng.integers(3, size=1500), rng.uniform(0, 2 * np.pi, 1500)
    radius = 1 + labels + rng.normal(0, 0.25, 1500)
    return Dataset("rings", (radius * np.array([np.cos(angle), np.sin(angle)])).T, labels, 3)


def board(draw: int) -> Dataset:
    """A board of 4 × 4 squares of two colours."""
    inputs = np.random.default_rng(draw).uniform(-1, 1, (2000, 2))
    return Dataset("board", inputs, np.floor(2 * inputs).astype(int).sum(axis=1) % 2, 2)


def blobs(draw: int) -> Dataset:
    """Five normal blobs in 20 dimensions, which are measured in units from 0.1 to 10."""
    rng = np.random.default_rng(draw)
    labels, centres = rng.integers(5, size=1500), rng.normal(0, 0.6, (5, 20))
    inputs = (centres[labels] + rng.normal(0, 1, (1500, 20))) * np.geomspace(0.1, 10, 20)
    return Dataset("blobs", inputs, labels, 5)


def parity(draw: int) -> Dataset:
    """Ten coins in {−1, 1}, with noise; the class is whether three of them show an odd number."""
    rng = np.random.default_rng(draw)
    bits = rng.integers(2, size=(2000, 10))
    inputs = 2 * bits - 1 + rng.normal(0, 0.3, bits.shape)
    return Dataset("parity", inputs, bits[:, :3].sum(axis=1) % 2, 2)


def on(data: Callable[[int], Dataset], **settings) -> Callable[[int], MLP]:
    """A network on data that each draw makes anew, split in its own way."""
    return lambda draw: MLP(data(draw), split_seed=draw, **settings)


def on_digits(**settings) -> Callable[[int], MLP]:
    """A network on the digits, which each draw splits in its own way."""
    return lambda draw: digits(split_seed=draw, **settings)


def on_mnist1d(**settings) -> Callable[[int], MLP]:
    """A network on MNIST-1D, made anew by each draw."""
    return lambda draw: mnist1d(data_seed=draw, **settings)


PROBLEMS = {
    "moons": (on(moons, hidden=(16,), activation="tanh", batch_size=32), 300),
    "rings": (on(rings, hidden=(24, 24)), 300),
    "board": (on(board, hidden=(48, 48)), 400),
    "blobs": (on(blobs, batch_size=32), 300),
    "parity": (on(parity, hidden=(64,), activation="tanh"), 400),
    "squared": (
        on_digits(hidden=(32, 32), activation="tanh", loss="squared_error", batch_size=32),
        320,
    ),
    "six": (on_digits(hidden=(24,) * 6), 320),
    "few": (on_digits(hidden=(64,), samples=200, label_noise=0.2, batch_size=16), 240),
    "tanh1d": (on_mnist1d(hidden=(64,), activation="tanh", batch_size=128), 400),
    "wide": (on_digits(hidden=(96,)), 320),
    "deep": (on_digits(hidden=(24,) * 4), 320),
    "labels": (on_digits(hidden=(48,), label_noise=0.3), 320),
    "raw": (on_digits(hidden=(24, 24), input_scale=16.0), 320),
    "badstart": (on_digits(hidden=(32,) * 4, init_gain=2.0), 320),
    "fresh": (on_mnist1d(hidden=(48, 48)), 460),
    "flat": (on_mnist1d(hidden=(100,)), 460),
    "small": (on_mnist1d(hidden=(32,) * 4, batch_size=32), 460),
    "spirals": (on(spirals_data, hidden=(32, 32)), 420),
}
"""Name -> the problem of a draw of the data, and the steps of a training."""


def ends(
    problem: MLP, way: Way, rates: Sequence[float], steps: int, seeds: Sequence[int], split="test"
) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy on ``split`` after the last step and whether it failed, both ``(rates, seeds)``."""
    name = f"{split}_accuracy"
    history = train(
        problem,
        way._replace(rate=np.asarray(rates, float)).schedule(steps),
        update=way.update,
        steps=steps,
        seeds=list(seeds),
        record=("loss", name),
        record_every=steps,
    )
    lost = failed(history.loss, guessing(problem), problem.steps_per_epoch)
    return history.records[name][-1], lost


def best_of_sweeps(make: Callable[[int], MLP], steps: int, tuned: Sequence[int]) -> Way:
    """The best of four families, each on a dense grid, by these draws of the data."""

    def mean(way: Way, rates, draws: Sequence[int]) -> np.ndarray:
        found = [ends(make(draw), way, rates, steps, [draw], "validation")[0] for draw in draws]
        return np.mean(found, axis=0)[:, 0]

    reached = {}
    for way in FAMILIES:
        rates = COARSE[mean(way, COARSE, tuned[:3]).argmax()] * FINE
        fine = mean(way, rates, tuned)
        reached[way._replace(rate=float(rates[fine.argmax()]))] = fine.max()
    return max(reached, key=reached.get)


def chosen(problem: MLP, steps: int, search: int) -> tuple[list[Way], list]:
    """What the ways after the first choose in one search, and what the three recipes say."""
    own, options = 10_000 + 100 * search, dict(steps=steps, record_every=steps)
    given = dict(steps=steps, seed=own)
    recipes = [
        recommend(problem, BUDGET, **given),
        recommend(problem, BUDGET, update=Adam(), **given),
        recommend(problem, BUDGET, decay=False, **given),
    ]
    sample = log_uniform(1e-5, 10)
    drawn = random_search(problem, sample, BUDGET, sample_seed=own, seeds=[own], **options)
    seeds = list(range(own, own + BUDGET // len(GRID)))
    grid = grid_search(problem, GRID, seeds=seeds, **options)
    ladder = range_test(problem, steps=min(100, steps), seed=own)
    rates = [found.best or 1e-3 for found in (drawn, grid, ladder)]
    ways = [found.way for found in recipes] + [Way(rate, False, SGD()) for rate in rates]
    return ways + list(DEFAULTS), recipes


def searched(make: Callable[[int], MLP], steps: int, best: Way, search: int) -> tuple:
    """One search of every way: accuracy and failed ``(W,)``, and kept, price and gain ``(3,)``."""
    problem = make(search)
    ways, recipes = chosen(problem, steps, search)
    lengths = [steps] * (1 + len(ways)) + [(BUDGET + 1) * steps] * len(DEFAULTS)
    ways = [best, *ways, *DEFAULTS]
    made = [ends(problem, way, [way.rate], n, [search]) for way, n in zip(ways, lengths)]
    accuracy, lost = ([float(each[0, 0]) for each in arrays] for arrays in zip(*made))
    said = zip(*((found.keep_default, found.price, found.gain) for found in recipes))
    return accuracy, lost, *said


def measured(name: str, searches: Sequence[int] = SEARCHES) -> Contest:
    """The contest on one problem."""
    make, steps = PROBLEMS[name]
    make = functools.lru_cache(len(TUNED))(make)
    best = best_of_sweeps(make, steps, TUNED)
    found = [searched(make, steps, best, search) for search in searches]
    accuracy, lost, kept, price, gains = (np.array(each).T[None] for each in zip(*found))
    arrays = (accuracy.astype("f4"), lost > 0, kept, price.astype("f4"), gains.astype("f4"))
    return Contest((name,), *arrays)


def joined(one: Contest, other: Contest) -> Contest:
    """The problems of both, in the order of :data:`PROBLEMS`; of one in both, the latter's."""
    rows = {name: one.cut([name]) for name in one.problems}
    rows |= {name: other.cut([name]) for name in other.problems}
    names = tuple(name for name in PROBLEMS if name in rows)
    fields = ("accuracy", "failed", "kept", "price", "gains")
    return Contest(names, *(np.concatenate([getattr(rows[n], f) for n in names]) for f in fields))


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and Student's 95 % interval of ``(seeds,)`` values."""
    n, mean = len(values), float(np.mean(values))
    half = t_quantile((1 + LEVEL) / 2, n - 1) * float(np.std(values, ddof=1)) / n**0.5
    return mean, mean - half, mean + half


def ahead(found: Contest, ways: Sequence[str], of: str = RECIPES[0]) -> np.ndarray:
    """``(S,)``: points by which ``of`` is ahead of the better of ``ways``, mean over the problems.

    The better one is chosen for each problem by its mean over all searches: in its favour.
    """
    behind = np.stack([found.regrets(way, against=of) for way in ways])
    better = behind.mean(axis=2).argmin(axis=0)
    return behind[better, np.arange(len(better))].mean(axis=0)


def measurements() -> list[dict]:
    """What the contest says of R1 on the new problems; ``values`` are ``(seeds,)`` effects."""
    found = load().cut(NEW)
    rows = {
        "R1-regret": (-found.regrets(RECIPES[0]).mean(axis=0), METHODS[:1], ASKED, ASKED),
        "R1-default-equal-cost": (ahead(found, METHODS[-2:]), METHODS[-2:], WORTH, 0.0),
        "R1-default": (ahead(found, METHODS[7:9]), METHODS[7:9], WORTH, 0.0),
    }
    said = []
    for name, (values, against, asked, none) in rows.items():
        effect, low, high = interval(values)
        n, error = len(values), float(np.std(values, ddof=1)) / len(values) ** 0.5
        runs = int(found.failed[:, 0].size)
        lost = [int(found.of(way, found.failed).sum()) for way in (RECIPES[0], *against)]
        said.append(
            dict(
                id=name,
                problem="nine problems new to the course, mean over them",
                against=" or ".join(against),
                values=values,
                effect=effect,
                low=low,
                high=high,
                level=LEVEL,
                p=2 * (1 - t_cdf(abs(effect - none) / error, n - 1)),
                asked=asked,
                none=none,
                noninferior=asked == none,
                seeds=n,
                failures=[[lost[0], runs], [sum(lost[1:]), runs * len(against)]],
            )
        )
    return said


def table(found: Contest) -> str:
    """Mean regret with its interval, a block a problem, and the mean over all of them."""
    words, lines = NEW | OLD, []
    blocks = [(words[name], found.cut([name])) for name in found.problems]
    blocks += [("mean over all of these", found)] * (len(blocks) > 1)
    for title, part in blocks:
        best = 100 * part.of(METHODS[0]).mean()
        lines.append(f"\n{title}: {METHODS[0]} reaches {best:.1f} %; regret in points:")
        for way in METHODS[1:]:
            values = part.regrets(way).mean(axis=0)
            mean, low, high = interval(values)
            lost = f"   {part.of(way, part.failed).sum()} failed"
            if way in RECIPES:
                row = RECIPES.index(way)
                lost += f", kept the default {part.kept[:, row].sum()} of {part.kept[:, row].size}"
                lost += f", price {part.price[:, row].mean():.1f}"
            lines.append(f"  {way:44}{mean:7.2f} [{low:6.2f}, {high:6.2f}]{lost}")
    return "\n".join(lines)


def main(names: Sequence[str]) -> None:
    """Measure these problems (all by default), keep each as it ends, and print the tables."""
    if unknown := set(names) - set(PROBLEMS):
        known = ", ".join(PROBLEMS)
        raise SystemExit(f"no such problem: {', '.join(sorted(unknown))}; there are {known}")
    found = None if not names else load()
    for name in names or PROBLEMS:
        began = time.perf_counter()
        one = measured(name)
        found = one if found is None else joined(found, one)
        found.save(FILE)
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    for title, group in (("New problems", NEW), ("Old problems", OLD)):
        print(f"\n== {title}", table(found.cut(n for n in group if n in found.problems)))


if __name__ == "__main__":
    main(sys.argv[1:])
