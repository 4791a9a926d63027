"""Measures that train by themselves: paths, curvature, signals, searches, cycles from a range test.

Like those of `measures.py` they take a trial and the arguments of their row; every judging seed has
data of its own.
"""

import numpy as np

from course_lr.diagnostics import failed, sharpness
from course_lr.schedules import Triangular
from course_lr.search import range_test, successive_halving
from course_lr.search.scoring import guessing
from course_lr.signals import norm
from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.chapters.ch08_watching import leads, thresholds
from course_lr.training import begin, train
from course_lr.updates import Momentum
from experiments.measures import as_curves, trained
from experiments.problems import problem
from experiments.sweep_table import SWEEPS
from experiments.sweeps import RULES
from experiments.trial import Effects, Trial

LOW, HIGH = 1e-5, 10.0
"""The widest range that is searched: six decades."""


# --- how far, how steep ---------------------------------------------------------------------------


def moved(trial: Trial, name: str, steps: int, path: bool) -> Effects:
    """How many times as far ten times the rate (0.1 for 0.01) takes the weights in a training.

    Args:
        path: the length of the path, the sum of all updates; otherwise the distance at the end.
    """
    ratios, lost = [], []
    for seed in trial.judging:
        made = problem(name, seed)
        history = train(made, [0.01, 0.1], steps=steps, seeds=[seed], record=("eta", "grad_norm"))
        far = norm(history.w[:, 0] - made.start(np.array([seed])).astype(float))
        length = (history.eta * history.grad_norm).sum(axis=0)[:, 0] if path else far
        ratios.append(length[1] / length[0])
        lost.append(history.diverged[:, 0])
    trial.fail(*np.array(lost).T[::-1])
    return Effects(np.array(ratios), "ratio t")


def first_failing(trial: Trial, **settings) -> Effects:
    """The first of 37 rates that fails in 100 full-batch steps, in units of 2/λ at the start.

    A dead network still learns how frequent the classes are, which with full batches takes it just
    below the loss of guessing; hence the 1 %.
    """
    multiples, found = 2 ** np.arange(-0.5, 4.01, 0.125), []
    for seed in trial.judging:
        made = problem("full", seed)
        start = made.start(np.array([seed]))
        rates = multiples * 2 / sharpness(made, start)
        loss = train(made, rates, start=start[0], steps=100).loss
        lost = failed(loss, 0.99 * guessing(made), 1)
        found.append(multiples[np.argmax(lost) if lost.any() else -1])
    trial.fail(np.zeros(len(found), bool))
    return Effects(np.array(found), "ratio t")


def noise_left(trial: Trial, name: str) -> Effects:
    """How many times smaller mini-batch gradients are in the last 16 steps than in the first 16.

    At the tuned constant rate; their mean square, so that one large batch counts.
    """
    best = trial.best(name)
    sweep, ratios = SWEEPS[name], []
    for seed in trial.judging:
        settings = dict(steps=sweep.steps, seeds=[seed], record=("grad_norm",))
        size = train(problem(sweep.problem, seed), best.rate, **settings).grad_norm.ravel()
        ratios.append(np.sqrt(np.mean(size[:16] ** 2) / np.mean(size[-16:] ** 2)))
    trial.fail(best.failed)
    return Effects(np.array(ratios), "ratio t")


# --- signals --------------------------------------------------------------------------------------


def warned(trial: Trial, name: str, steps: int) -> Effects:
    """Steps by which the cosine's warning on a rising rate comes before that of the loss.

    Each signal's alarm is what four healthy runs of tuning seeds pass once in 1,000 steps.
    """
    limits = thresholds(problem(name, trial.tuning[0]), steps, seeds=range(4))
    earlier, lost = [], []
    for seed in trial.judging:
        found, _, history = leads(problem(name, seed), steps, limits, seeds=[seed])
        earlier.append(float(np.ravel(found["cosine"] - found["loss"])[0]))
        lost.append(bool(np.all(history.diverged)))
    trial.fail(lost)
    return Effects(np.array(earlier))


def at_the_edge(trial: Trial, name: str, rates=(0.2, 0.5)) -> Effects:
    """How well the sharpness agrees with 2/η in the last 1,000 of 2,000 full-batch steps, − 100 %.

    The mean of two rates; the ratio that is below 1 counts.
    """
    agreement, lost = [], []
    for seed in trial.judging:
        made, measured = problem(name, seed), []
        run = begin(made, rates, seeds=[seed]).advance(1000)
        for _ in range(4):
            run.advance(250)
            now = sharpness(made, run.w.reshape(-1, made.n), tolerance=1e-2)
            measured.append(now * np.array(rates) / 2)
        ratio = np.mean(measured, axis=0)
        agreement.append(100 * np.minimum(ratio, 1 / ratio).mean())
        lost.append(run.history.diverged.any())
    trial.fail(lost)
    return Effects(np.array(agreement) - 100)


# --- searching ------------------------------------------------------------------------------------


def read_off(trial: Trial, name: str, reading: str) -> Effects:
    """Points by which the rate that each seed reads off a range test is ahead of the tuned one."""
    best, sweep, curves = trial.best(name), SWEEPS[name], trial.curves(name)
    rates = [
        range_test(
            problem(sweep.problem, seed), LOW, HIGH, update=RULES[sweep.rule], seed=seed
        ).readings.get(reading, LOW)
        for seed in trial.judging
    ]
    places, seeds = nearest(curves.rates, rates), np.arange(len(rates))
    found = as_curves(best, curves.test_accuracy[places, seeds], curves.failed[places, seeds])
    return trial.difference(found, best)


def range_bounds(trial: Trial, other: str) -> Effects:
    """Points by which cycles between the bounds of a range test are ahead of a tuned sweep."""
    best, sweep = trial.best(other), SWEEPS[other]
    accuracy, lost = [], []
    for seed in trial.judging:
        made = problem(sweep.problem, seed)
        low, high = range_test(made, LOW, HIGH, steps=160, seed=seed).range or (LOW, LOW * 10)
        cycles = Triangular(low, high, half_cycle=sweep.steps // 4)
        reached, gone = trained(sweep.problem, sweep.steps, cycles, seed)
        accuracy.append(reached)
        lost.append(gone)
    return trial.difference(as_curves(best, accuracy, lost), best)


def halving(trial: Trial, name: str) -> Effects:
    """Points by which successive halving is ahead of the full search of 25 rates, a seed each."""
    sweep, curves = SWEEPS[name], trial.curves(name)
    places, seeds = (
        nearest(curves.rates, np.geomspace(LOW, HIGH, 25)),
        np.arange(len(trial.judging)),
    )
    full = places[curves.validation_accuracy[-1, places].argmax(axis=0)]
    rates, found = np.unique(curves.rates[places]), []
    for seed in trial.judging:
        made = problem(sweep.problem, seed)
        search = successive_halving(made, rates, steps=sweep.steps, seeds=[seed])
        found.append(nearest(curves.rates, search.best))
    trial.fail(curves.failed[found, seeds], curves.failed[full, seeds])
    test = 100 * curves.test_accuracy.astype(float)
    return Effects(test[found, seeds] - test[full, seeds])


def plane(trial: Trial, name: str, steps: int) -> Effects:
    """Points of nine random settings of rate and momentum over a 3 × 3 grid from end to end."""
    grid = [each.ravel() for each in np.meshgrid(np.geomspace(LOW, HIGH, 3), [0, 0.495, 0.99])]
    gains, lost = [], []
    for seed in trial.judging:
        share = np.random.default_rng([seed, 6]).uniform(size=(2, 9))
        drawn = LOW * (HIGH / LOW) ** share[0], 0.99 * share[1]
        both = [best_network(name, steps, *each, seed) for each in (drawn, grid)]
        gains.append(both[0] - both[1])
        lost.append([each < 15 for each in both])
    trial.fail(*np.array(lost).T)
    return Effects(np.array(gains))


def best_network(name: str, steps: int, rates, betas, seed: int) -> float:
    """Test accuracy, in points, of the setting with the best validation accuracy."""
    settings = dict(update=Momentum(np.array(betas)), steps=steps, seeds=[seed], record_every=steps)
    record = ("validation_accuracy", "test_accuracy")
    history = train(problem(name, seed), np.array(rates), record=record, **settings)
    best = history.validation_accuracy[-1, :, 0].argmax()
    return float(100 * history.test_accuracy[-1, best, 0])


def by_loss(trial: Trial, name: str, steps: int) -> Effects:
    """Points by which the rate of the lowest validation loss is ahead of that of the accuracy."""
    rates = 10 ** np.arange(-1.5, 0.5001, 0.25)
    record = ("validation_loss", "validation_accuracy", "test_accuracy")

    def ends(seeds) -> np.ndarray:  # (records, rates, seeds)
        settings = dict(steps=steps, record=record, record_every=steps)
        runs = [train(problem(name, s), rates, seeds=[s], **settings) for s in seeds]
        return np.array(
            [[run.records[each][-1, :, 0] for run in runs] for each in record]
        ).swapaxes(1, 2)

    loss, accuracy, _ = ends(trial.tuning).mean(axis=2)
    test = 100 * ends(trial.judging)[2]
    pair = test[loss.argmin()], test[accuracy.argmax()]
    trial.fail(*(each < 15 for each in pair))
    return Effects(pair[0] - pair[1])


# --- what a good rate is worth --------------------------------------------------------------------


def at_equal_loss(trial: Trial, name: str, rate: float, steps: int) -> Effects:
    """Points of test accuracy by which a rate is ahead of a tenth of it, at equal training loss."""
    gains, lost = [], []
    for seed in trial.judging:
        settings = dict(steps=steps, seeds=[seed], record=("train_loss", "test_accuracy"))
        history = train(problem(name, seed), [rate, rate / 10], **settings)
        loss, accuracy = history.train_loss[..., 0], 100 * history.test_accuracy[..., 0]
        goal = np.minimum.accumulate(loss)[-1].max()  # what both come to
        met = accuracy[(loss <= goal).argmax(axis=0), [0, 1]]
        gains.append(met[0] - met[1])
        lost.append(history.diverged[:, 0])
    trial.fail(*np.array(lost).T)
    return Effects(np.array(gains))
