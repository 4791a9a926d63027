"""Chapter 09, the notes' summary as claims: start, adjust, and what a well-chosen rate is worth."""

import numpy as np

from course_lr.problems import digits, mnist1d
from course_lr.teaching.evidence.ch05 import WITH_ADAM, WITH_SGD, behind, nearest
from course_lr.teaching.evidence.ch07_landscapes import (
    SHARE,
    SMALL,
    STEPS,
    gained,
    narrow_constant,
    ripples_constant,
    wide_constant,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial
from course_lr.training import train

SUMMARY = dict(of="S17", chapter=9, notes="4, summary")
BEST = "the rate with the best validation accuracy, of a grid of eighths of a decade"
START = 1e-3
"""Where the notes begin."""
HALF = 10**0.5
"""The factor by which the rate is adjusted."""

# --- start ----------------------------------------------------------------------------------------

FIRST = dict(
    statement="Taken as it is, the better one of 1e-3 and 1e-4 ends at most one point behind the "
    "best rate.",
    compared_with=BEST,
    threshold=-1.0,
    unit=POINTS,
    **SUMMARY,
)


@claim("S17-start", on=WITH_SGD, condition="With plain SGD.", **FIRST)
@claim("S17-start-adam", on=WITH_ADAM, condition="With Adam.", **FIRST)
def taken_as_it_is(trial: Trial) -> Effects:
    best, tuned = trial.judge("best rate", trial.choose()), trial.curves.cut(trial.tuning)
    places = nearest(trial.curves.rates, [START, START / 10])
    place = places[tuned.validation_accuracy[-1, places].mean(axis=1).argmax()]
    first = trial.curves.cut(trial.judging).at(place)
    trial.count("the notes' start", first.failed, int(first.steps[-1]))
    return behind(first, best, "the start's rate")


# --- adjust ---------------------------------------------------------------------------------------


def adjusted(rates: np.ndarray, shown: np.ndarray, start: float, factor: float) -> list[int]:
    """Places of the rates that a search tries, in order: from ``start`` one way, by ``factor``.

    Up (a factor above 1) it goes on as long as the accuracy ``shown`` ``(rates,)`` grows, down as
    long as it does not fall; the first rate that fails this is the last one tried.
    """
    tried = [_at(rates, start)]
    while (following := _at(rates, rates[tried[-1]] * factor)) not in tried:
        gain = shown[following] - shown[tried[-1]]
        tried.append(following)
        if gain < 0 or (gain == 0 and factor > 1):
            break
    return tried


def kept(shown: np.ndarray, tried: list[int]) -> int:
    """The place of the best of the rates that were tried, on a tie the smaller rate."""
    return max(tried, key=lambda place: (shown[place], -place))


def _at(rates: np.ndarray, rate: float) -> int:
    return int(nearest(rates, [rate])[0])


def from_a_start(trial: Trial, start: float, factor: float) -> Effects:
    """Each judging seed adjusts alone; its rate is judged by the other judging seeds."""
    best, curves = trial.choose(), trial.curves.cut(trial.judging)
    test = 100 * curves.test_accuracy.astype(np.float64)
    others = (test.sum(axis=1, keepdims=True) - test) / (len(trial.judging) - 1)
    shown = curves.validation_accuracy[-1].T
    paths = [adjusted(curves.rates, row, start, factor) for row in shown]
    found, seeds = np.array([*map(kept, shown, paths)]), np.arange(len(paths))
    trial.judge("best rate", best)
    trial.count("adjusted", curves.failed[found, seeds], int(curves.steps[-1]))
    facts = {"best rate": best.rate, "lowest rate found": curves.rates[found].min()}
    facts |= {"highest": curves.rates[found].max(), "trainings, mean": np.mean([*map(len, paths)])}
    return Effects(others[found, seeds] - others[best.index, seeds], facts)


ADJUST = dict(compared_with=BEST, threshold=-1.0, unit=POINTS, **SUMMARY)


@claim(
    "S17-raise",
    on=WITH_SGD,
    statement="Start at 1e-3 and raise the rate by half a decade as long as that helps: the rate "
    "found ends at most one point behind the best.",
    condition="One training a rate, judged by validation accuracy at its end.",
    **ADJUST,
)
def raised(trial: Trial) -> Effects:
    return from_a_start(trial, START, HALF)


@claim(
    "S17-lower",
    on=WITH_SGD,
    statement="Start at 10, where training is unstable, and lower the rate by half a decade as "
    "long as that does not hurt: the rate found ends at most one point behind the best.",
    condition="One training a rate, judged by validation accuracy at its end.",
    **ADJUST,
)
def lowered(trial: Trial) -> Effects:
    return from_a_start(trial, 10.0, 1 / HALF)


@claim(
    "S17-tens",
    on=WITH_SGD,
    statement="Start at 10, where training is unstable, and lower the rate by whole decades as "
    "long as that does not hurt: the rate found ends at most one point behind the best.",
    condition="One training a rate. Asked after the half decades had been seen to fail.",
    **ADJUST,
)
def lowered_by_tens(trial: Trial) -> Effects:
    return from_a_start(trial, 10.0, 0.1)


# --- what it is worth -----------------------------------------------------------------------------


@claim(
    "S17-faster",
    on=WITH_SGD,
    statement="A well-chosen rate is faster: it comes to the accuracy with which 1e-3 ends in at "
    "most a fifth of the epochs.",
    compared_with="1e-3, with the same number of steps",
    threshold=5.0,
    unit="times fewer epochs",
    condition="Validation accuracy at the end of each epoch; an epoch is the least counted.",
    interval="BCa bootstrap",
    **SUMMARY,
)
def faster(trial: Trial) -> Effects:
    best = trial.judge("best rate", trial.choose())
    start = trial.curves.cut(trial.judging).at(_at(trial.curves.rates, START))
    trial.count("1e-3", start.failed, int(start.steps[-1]))
    reached = best.validation_accuracy >= start.validation_accuracy[-1]
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, len(reached))
    facts = {"best rate": best.rate, "its epochs, mean": epochs.mean(), "all epochs": len(reached)}
    return Effects(len(reached) / epochs, facts)


@claim(
    "S17-leave",
    on=[wide_constant, narrow_constant, ripples_constant],
    statement="A well-chosen rate avoids settling early in a local optimum: at least 5 % more of "
    "the starts end in the deepest basin than with a small rate.",
    compared_with=f"the constant rate {SMALL:.2g}, which jumps over no rim",
    threshold=5.0,
    unit="% of the starts",
    condition="Both constant, without noise; the well-chosen one is tuned for this share.",
    **SUMMARY,
)
def leaves_local_optima(trial: Trial) -> Effects:
    chosen = trial.judge("well-chosen", trial.choose(by=SHARE))
    small = trial.curves.cut(trial.judging).at(_at(trial.curves.rates, SMALL))
    trial.count("small rate", small.failed, STEPS)
    return gained(chosen, small, "small rate")


ENDS = dict(
    statement="A well-chosen rate ends better, and not only because it is faster: when a tenth of "
    "it has come to the same training loss, it is still a point behind in test accuracy.",
    compared_with="a tenth of that rate, in the same training, at the first epoch with that loss",
    threshold=1.0,
    unit=POINTS,
    **SUMMARY,
)


def at_equal_loss(trial: Trial, problem, rate: float, steps: int) -> Effects:
    """Test accuracy of a rate and of a tenth of it where their training losses first meet."""
    history = train(
        problem,
        [rate, rate / 10],
        steps=steps,
        seeds=list(trial.judging),
        record=("train_loss", "test_accuracy"),
    )
    loss, accuracy = history.train_loss, 100 * history.test_accuracy  # (epochs, 2, seeds)
    goal = np.minimum.accumulate(loss)[-1].max(axis=0)  # what both come to, (seeds,)
    when = (loss <= goal).argmax(axis=0)
    met = np.take_along_axis(accuracy, when[None], axis=0)[0]
    epoch = problem.steps_per_epoch
    trial.count("both rates", history.diverged.T, steps)
    facts = {"rate": rate, "training loss": goal.mean(), "its accuracy, %": met[0].mean()}
    facts |= {"the tenth's, %": met[1].mean()}
    facts |= {"its steps": when[0].mean() * epoch, "the tenth's steps": when[1].mean() * epoch}
    return Effects(met[0] - met[1], facts)


@claim(
    "S17-ends-digits",
    problem="digits, MLP 64-32-10, up to 2,400 steps of 64",
    condition="Here a tenth of the rate catches up when it is given the time.",
    **ENDS,
)
def ends_better_on_digits(trial: Trial) -> Effects:
    return at_equal_loss(trial, digits(), 0.5, 2400)


@claim(
    "S17-ends-mnist1d",
    problem="MNIST-1D, MLP 40-64-64-10, up to 2,760 steps of 64",
    condition="The larger rate comes to other weights, not only sooner to the same ones.",
    **ENDS,
)
def ends_better_on_mnist1d(trial: Trial) -> Effects:
    return at_equal_loss(trial, mnist1d(), 0.6, 2760)
