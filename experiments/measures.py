"""Measures that read sweeps: what a method gains at its own tuned rate, and how wide a band is.

A measure takes a trial and the arguments of its row, and returns effects that point in the
statement's own direction.
"""

import numpy as np

from course_lr.controllers import GradientWatch
from course_lr.teaching.chapters.ch02_rates import edge
from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.chapters.ch08_watching import STARTS, beside
from course_lr.teaching.chapters.ch09_choosing import HALF, adjusted, kept
from course_lr.teaching.verdicts.curves import Curves
from course_lr.training import train
from experiments.problems import problem
from experiments.sweep_table import SWEEPS
from experiments.trial import Choice, Effects, Refused, Trial

POINT = 0.01
"""A band holds the rates within a point of the best accuracy."""
NEAR = 0.02
"""A run is rescued where it ends within two points of the best constant rate."""


# --- at tuned rates -------------------------------------------------------------------------------


def gain(trial: Trial, name: str, *others: str) -> Effects:
    """Points of a sweep over the best of others, each at its own tuned rate."""
    best = max(others, key=lambda other: trial.tuned(other).max())
    return trial.difference(trial.best(name), trial.best(best))


def gain_over(trial: Trial, name: str, other: str, rate: float) -> Effects:
    """Points of a sweep at its tuned rate over a fixed rate of another."""
    return trial.difference(trial.best(name), trial.at(other, rate))


def default(trial: Trial, name: str, rate: float) -> Effects:
    """Points by which a fixed rate is ahead of the tuned one (negative: what it costs)."""
    best = trial.best(name)
    return trial.difference(trial.at(name, rate), best)


def lost_above(trial: Trial, name: str, decades: float) -> Effects:
    """Which runs are lost at the tuned rate times ten to the power ``decades``, and at it."""
    best = trial.best(name)
    high = trial.at(name, best.rate * 10**decades)
    trial.fail(high.failed, best.failed)
    return Effects(np.stack([high.failed, best.failed], axis=1), "Newcombe")


def calmer(trial: Trial, name: str, other: str) -> Effects:
    """How many times less validation accuracy changes from epoch to epoch in the last third."""
    pair = trial.best(name), trial.best(other)
    trial.fail(*(each.failed for each in pair))
    squares = np.stack([late_changes(each.validation_accuracy) for each in pair], axis=1)

    def ratio(samples: np.ndarray) -> np.ndarray:
        means = samples.mean(axis=1)
        return np.sqrt(means[:, 1] / means[:, 0])

    return Effects(squares, "bootstrap", ratio)


def late_changes(accuracy: np.ndarray) -> np.ndarray:
    """Mean square change from epoch to epoch in the last third, ``(epochs, seeds) -> (seeds,)``.

    >>> late_changes(np.array([[0.0], [0.5], [0.5], [0.6], [0.8], [0.9]])).round(3)
    array([0.025])
    """
    late = accuracy[-(len(accuracy) // 3) - 1 :].astype(np.float64)
    return (np.diff(late, axis=0) ** 2).mean(axis=0)


def slower(trial: Trial, name: str) -> Effects:
    """All epochs of a tenth of the tuned rate over those that the tuned one needs to go as far."""
    best = trial.best(name)
    return quicker(trial, best, trial.at(name, best.rate / 10))


def faster(trial: Trial, name: str, rate: float) -> Effects:
    """All epochs of a fixed rate over those that the tuned one needs to go as far."""
    return quicker(trial, trial.best(name), trial.at(name, rate))


def quicker(trial: Trial, best: Curves, slow: Curves) -> Effects:
    """Epochs of ``slow`` over those of ``best`` to the validation accuracy where ``slow`` ends.

    In whole epochs, of which one is the least; where ``best`` never gets there, all count.
    """
    trial.fail(best.failed, slow.failed)
    reached = best.validation_accuracy >= slow.validation_accuracy[-1]
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, len(reached))
    return Effects(len(reached) / epochs, "ratio t")


# --- bands ----------------------------------------------------------------------------------------


def band(trial: Trial, name: str) -> Effects:
    """Decades that the rates within a point of the tuned one's accuracy span."""
    choice, curves = trial.choose(name), trial.curves(name)
    trial.fail(curves.at(choice.index).failed)
    logs, accuracy = np.log10(curves.rates), curves.test_accuracy.T.astype(float)
    return Effects(accuracy, "bootstrap", lambda s: width(s.mean(axis=1), logs, choice))


def wider(trial: Trial, name: str, other: str, same_floor: bool = False) -> Effects:
    """Decades by which one band is wider than another.

    Args:
        same_floor: both bands are those within a point of the other's tuned rate; otherwise each is
            that of its own.
    """
    choices, curves = zip(*((trial.choose(each), trial.curves(each)) for each in (name, other)))
    trial.fail(*(c.at(choice.index).failed for c, choice in zip(curves, choices)))
    logs = [np.log10(each.rates) for each in curves]
    both = np.concatenate([each.test_accuracy for each in curves]).T.astype(float)

    def difference(samples: np.ndarray) -> np.ndarray:
        parts = np.split(samples.mean(axis=1), [len(logs[0])], axis=1)
        floor = parts[1][:, choices[1].index] - POINT if same_floor else None
        return np.subtract(*(width(*each, floor) for each in zip(parts, logs, choices)))

    return Effects(both, "bootstrap", difference)


def width(means: np.ndarray, logs: np.ndarray, choice: Choice, floor=None) -> np.ndarray:
    """Decades round the chosen rate over which ``means`` ``(samples, rates)`` keep the floor."""
    at = choice.index
    floor = means[:, at] - POINT if floor is None else np.minimum(floor, means[:, at])
    return edge(means[:, at:], logs[at:], floor) - edge(means[:, at::-1], logs[at::-1], floor)


# --- warm-up --------------------------------------------------------------------------------------


def saved(trial: Trial, warm: str, cold: str) -> Effects:
    """Which runs survive with a warm-up, and without, at a rate that half of the runs don't bear.

    A run is lost below half of the best accuracy; the rate is the smallest one above the tuned one
    at which half of the tuning runs are lost without a warm-up.
    """
    choice, tuned = trial.choose(cold), trial.store.curves(cold, trial.tuning)
    floor = tuned.test_accuracy[choice.index].mean() / 2
    share = (tuned.test_accuracy[choice.index :] < floor).mean(axis=1)
    if not (share >= 0.5).any():
        raise Refused(f"{cold}: no rate of the grid loses half of the runs")
    rate = tuned.rates[choice.index + int(np.argmax(share >= 0.5))]
    lost = np.stack([trial.at(name, rate).test_accuracy < floor for name in (warm, cold)], axis=1)
    trial.fail(*lost.T)
    return Effects(~lost, "Newcombe")


def limit(trial: Trial, warm: str, cold: str) -> Effects:
    """By what factor a warm-up raises the largest rate below which no run is lost."""
    floor, found = trial.best(cold).test_accuracy.mean() / 2, []
    for name in (warm, cold):
        choice, curves = trial.choose(name), trial.curves(name)
        lost = curves.test_accuracy[choice.index :] < floor
        first = np.where(lost.any(axis=0), lost.argmax(axis=0), len(lost))
        found.append(curves.rates[choice.index + first - 1])
    trial.fail(trial.best(warm).failed, trial.best(cold).failed)
    return Effects(found[0] / found[1], "ratio t")


# --- watching -------------------------------------------------------------------------------------


def rescued(trial: Trial, watched: str, constant: str, high: bool) -> Effects:
    """How many more of the starts on one side end near the best constant, in % of the runs."""
    best = trial.best(constant)
    goal = best.test_accuracy - NEAR
    found, failed = [], []
    for name in (watched, constant):
        curves = trial.curves(name)
        places = nearest(curves.rates, np.array(STARTS)[beside(best.rate, high)])
        found.append((curves.test_accuracy[places] >= goal).mean(axis=0))
        failed.append(curves.failed[places])
    trial.fail(*failed)
    return Effects(100 * (found[0] - found[1]))


def watch_costs(trial: Trial, constant: str) -> Effects:
    """Points by which the watch, begun at the tuned rate, is ahead of that rate left alone."""
    best, sweep = trial.best(constant), SWEEPS[constant]
    found = [
        trained(sweep.problem, sweep.steps, GradientWatch(best.rate), s) for s in trial.judging
    ]
    return trial.difference(as_curves(best, *zip(*found)), best)


def trained(name: str, steps: int, eta, seed: int, **settings) -> tuple[float, bool]:
    """Test accuracy at the end of one training of a table's problem, and whether it failed."""
    made = problem(name, seed)
    settings |= dict(record=("loss", "test_accuracy"), record_every=steps)
    history = train(made, eta, steps=steps, seeds=[seed], **settings)
    accuracy = float(np.ravel(history.test_accuracy[-1])[0])
    return accuracy, bool(accuracy < made.chance + 0.05)


def as_curves(like: Curves, accuracy, failed) -> Curves:
    """Trainings one a seed in the form of the curves at one rate."""
    made = {**vars(like), "test_accuracy": np.array(accuracy), "failed": np.array(failed)}
    return Curves(**made)


# --- searching ------------------------------------------------------------------------------------


def on_grid(trial: Trial, name: str, grid: tuple[float, ...]) -> Effects:
    """Points by which the best of a coarse grid is ahead of the tuned rate."""
    best, tuned = trial.best(name), trial.tuned(name)
    places = nearest(trial.curves(name).rates, grid)
    return trial.difference(trial.curves(name).at(places[tuned[places].argmax()]), best)


def at_random(trial: Trial, name: str, low: float, high: float, number: int) -> Effects:
    """Points by which random searches are ahead of a grid with as many rates, one training each.

    The mean of 400 searches a judging seed; a drawn rate stands for the nearest of the sweep.
    """
    curves, ends = trial.curves(name), np.log([low, high])
    drawn = [np.random.default_rng([s, 5]).uniform(*ends, (400, number)) for s in trial.judging]
    even = np.broadcast_to(np.geomspace(low, high, number), (len(trial.judging), 1, number))
    found, lost = handed_over(curves, np.exp(drawn))
    grid, grid_lost = handed_over(curves, even)
    trial.fail(lost, grid_lost)
    return Effects((found - grid).mean(axis=1))


def handed_over(curves: Curves, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Test accuracy (points) and failure of what searches ``(seeds, searches, rates)`` return."""
    places, seeds = nearest(curves.rates, rates), np.arange(len(rates))[:, None]
    shown = curves.validation_accuracy[-1][places, seeds[..., None]]
    best = np.take_along_axis(places, shown.argmax(axis=2)[..., None], axis=2)[..., 0]
    return 100 * curves.test_accuracy[best, seeds].astype(float), curves.failed[best, seeds]


def adjusting(trial: Trial, name: str, start: float, up: bool) -> Effects:
    """Points by which a rate that each seed adjusts from ``start`` is ahead of the tuned one."""
    return trial.difference(adjusted_runs(trial, name, start, up), trial.best(name))


def working(trial: Trial, name: str, start: float, up: bool) -> Effects:
    """Which runs learn at a rate that each seed adjusts from ``start``, and at the tuned one."""
    found, best = adjusted_runs(trial, name, start, up), trial.best(name)
    trial.fail(found.failed, best.failed)
    return Effects(np.stack([~found.failed, ~best.failed], axis=1), "Newcombe")


def adjusted_runs(trial: Trial, name: str, start: float, up: bool) -> Curves:
    """The runs at the rate that each seed comes to from ``start``, by half decades one way."""
    curves, factor = trial.curves(name), HALF if up else 1 / HALF
    shown = curves.validation_accuracy[-1].T
    found = [kept(row, adjusted(curves.rates, row, start, factor)) for row in shown]
    seeds = np.arange(len(found))
    accuracy, lost = curves.test_accuracy[found, seeds], curves.failed[found, seeds]
    return as_curves(trial.best(name), accuracy, lost)
