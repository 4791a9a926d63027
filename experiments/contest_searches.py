"""What the contest trains: its problems, the reference, and one search of every way to choose."""

import functools
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
from course_lr.search.scoring import guessing
from course_lr.teaching.chapters.ch09_choosing.contest import Contest, spirals_data
from experiments.freshness import METHOD, SEARCH, code_of

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
RESTS_ON = (
    *METHOD,
    *SEARCH,
    "course_lr/recipe.py",
    "course_lr/recommendation.py",
    "course_lr/teaching/chapters/ch09_choosing/contest.py",
    "experiments/contest_searches.py",
)
"""The code that the accuracies rest on."""


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


def measured(name: str, kernel: str, searches: Sequence[int] = SEARCHES) -> Contest:
    """The contest on one problem, under the BLAS kernel of that name."""
    began = time.perf_counter()
    make, steps = PROBLEMS[name]
    make = functools.lru_cache(len(TUNED))(make)
    best = best_of_sweeps(make, steps, TUNED)
    found = [searched(make, steps, best, search) for search in searches]
    accuracy, lost, kept, price, gains = (np.array(each).T[None] for each in zip(*found))
    arrays = (accuracy.astype("f4"), lost > 0, kept, price.astype("f4"), gains.astype("f4"))
    about = (time.perf_counter() - began, kernel, code_of("contest", *RESTS_ON))
    return Contest((name,), *arrays, *(np.array([each]) for each in about))
