"""Chapter 03: the sweeps over peak rates, one a schedule and problem, that its claims read.

A peak is the rate at step 0. Whatever falls, falls in the same number of steps.
"""

import functools
from collections.abc import Callable, Sequence

from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import CosineDecay, ExponentialDecay, PerEpoch, Schedule, StepDecay
from course_lr.teaching.evidence.sweeps import Curves, Sweep, decades, swept

DIGITS, MNIST1D = 480, 920
FIVE = 5  # times the steps: the long budget
PER_EPOCH = {"digits": 16, "mnist1d": 46}
FIRST_DATA_SEED = 1000
DIGITS_WORDS = "digits, MLP 64-32-10, {} steps of 64"
LABELS_WORDS = "digits with 20 % wrong training labels, MLP 64-32-10, {} steps of 64"
MNIST1D_WORDS = "MNIST-1D, MLP 40-64-64-10, {} steps of 64"
FRESH_WORDS = "a fresh MNIST-1D data set for every seed, MLP 40-64-64-10, 920 steps of 64"


def exponential(steps: int) -> Callable[[Sequence[float]], Schedule]:
    """A constant factor at every step, such that after ``steps`` a tenth of the peak is left."""
    return lambda peaks: ExponentialDecay(peaks, 0.1 ** (1 / steps))


def by_epochs(epochs: int, per_epoch: int) -> Callable[[Sequence[float]], Schedule]:
    """A tenth of the rate after every third of the epochs."""
    return lambda peaks: PerEpoch(StepDecay(peaks, 0.1, every=round(epochs / 3)), per_epoch)


def by_batches(steps: int) -> Callable[[Sequence[float]], Schedule]:
    """Half of the rate after every eighth of the steps, which is no whole number of epochs."""
    return lambda peaks: StepDecay(peaks, 0.5, every=steps // 8)


def cosine(steps: int) -> Callable[[Sequence[float]], Schedule]:
    """Half a cosine down to 0."""
    return lambda peaks: CosineDecay(peaks, steps)


def nine_tenths(peaks: Sequence[float]) -> Schedule:
    """Times 0.9 at every step: all rates to come add up to ten times the peak."""
    return ExponentialDecay(peaks, 0.9)


# --- digits, with right labels and with wrong ones ------------------------------------------------

WIDE = decades(-1.25, 0.5)
ON_DIGITS = dict(words=DIGITS_WORDS.format(DIGITS), rates=WIDE, steps=DIGITS)
ON_LABELS = dict(words=LABELS_WORDS.format(DIGITS), rates=WIDE, steps=DIGITS)


@swept(**ON_DIGITS, eta=exponential(DIGITS))
def digits_exponential() -> MLP:
    """The digits, a constant factor at every step."""
    return digits()


@swept(**ON_DIGITS, eta=by_epochs(DIGITS // PER_EPOCH["digits"], PER_EPOCH["digits"]))
def digits_epochs() -> MLP:
    """The digits, a tenth after every third of the epochs."""
    return digits()


@swept(**ON_DIGITS, eta=by_batches(DIGITS))
def digits_batches() -> MLP:
    """The digits, half after every 60 batches."""
    return digits()


@swept(**ON_DIGITS, eta=cosine(DIGITS))
def digits_cosine() -> MLP:
    """The digits, half a cosine."""
    return digits()


@swept(**ON_DIGITS, eta=nine_tenths)
def digits_nine() -> MLP:
    """The digits, times 0.9 at every step."""
    return digits()


@swept(**ON_LABELS)
def labels_constant() -> MLP:
    """Wrong labels, constant rates."""
    return digits(label_noise=0.2)


@swept(**ON_LABELS, eta=exponential(DIGITS))
def labels_exponential() -> MLP:
    """Wrong labels, a constant factor at every step."""
    return digits(label_noise=0.2)


@swept(**ON_LABELS, eta=by_epochs(DIGITS // PER_EPOCH["digits"], PER_EPOCH["digits"]))
def labels_epochs() -> MLP:
    """Wrong labels, a tenth after every third of the epochs."""
    return digits(label_noise=0.2)


@swept(**ON_LABELS, eta=by_batches(DIGITS))
def labels_batches() -> MLP:
    """Wrong labels, half after every 60 batches."""
    return digits(label_noise=0.2)


@swept(**ON_LABELS, eta=cosine(DIGITS))
def labels_cosine() -> MLP:
    """Wrong labels, half a cosine."""
    return digits(label_noise=0.2)


@swept(**ON_LABELS, eta=nine_tenths)
def labels_nine() -> MLP:
    """Wrong labels, times 0.9 at every step."""
    return digits(label_noise=0.2)


LONG = FIVE * DIGITS


@swept(DIGITS_WORDS.format(LONG), decades(-0.5, 0.25), LONG)
def digits5x_constant() -> MLP:
    """The digits for five times as long, constant rates."""
    return digits()


@swept(DIGITS_WORDS.format(LONG), decades(-0.375, 0.375), LONG, eta=exponential(LONG))
def digits5x_exponential() -> MLP:
    """The digits for five times as long, a constant factor at every step."""
    return digits()


@swept(LABELS_WORDS.format(LONG), decades(-1.875, -1.125), LONG)
def labels5x_constant() -> MLP:
    """Wrong labels for five times as long, constant rates."""
    return digits(label_noise=0.2)


@swept(LABELS_WORDS.format(LONG), decades(-1.375, -0.5), LONG, eta=exponential(LONG))
def labels5x_exponential() -> MLP:
    """Wrong labels for five times as long, a constant factor at every step."""
    return digits(label_noise=0.2)


# --- MNIST-1D -------------------------------------------------------------------------------------

ON_MNIST1D = dict(words=MNIST1D_WORDS.format(MNIST1D), rates=decades(-0.5, 0.5), steps=MNIST1D)


@swept(**ON_MNIST1D, eta=exponential(MNIST1D))
def mnist1d_exponential() -> MLP:
    """MNIST-1D, a constant factor at every step."""
    return mnist1d()


@swept(**ON_MNIST1D, eta=by_epochs(MNIST1D // PER_EPOCH["mnist1d"], PER_EPOCH["mnist1d"]))
def mnist1d_epochs() -> MLP:
    """MNIST-1D, a tenth after every third of the epochs."""
    return mnist1d()


@swept(**ON_MNIST1D, eta=by_batches(MNIST1D))
def mnist1d_batches() -> MLP:
    """MNIST-1D, half after every 115 batches."""
    return mnist1d()


@swept(**ON_MNIST1D, eta=cosine(MNIST1D))
def mnist1d_cosine() -> MLP:
    """MNIST-1D, half a cosine."""
    return mnist1d()


LONGER = FIVE * MNIST1D


@swept(MNIST1D_WORDS.format(LONGER), decades(-0.5, 0.125), LONGER)
def mnist1d5x_constant() -> MLP:
    """MNIST-1D for five times as long, constant rates."""
    return mnist1d()


@swept(MNIST1D_WORDS.format(LONGER), decades(-0.125, 0.375), LONGER, eta=exponential(LONGER))
def mnist1d5x_exponential() -> MLP:
    """MNIST-1D for five times as long, a constant factor at every step."""
    return mnist1d()


class Fresh(Sweep):
    """A sweep whose seeds have a data set each: seed s trains on data seed 1000 + s."""

    def compute(self, seeds: Sequence[int], rates: Sequence[float] | None = None) -> Curves:
        """Train every rate on the data set of each seed."""
        parts = [self.on(seed).compute([seed], rates) for seed in seeds]
        return functools.reduce(Curves.joined, parts)

    def on(self, seed: int) -> Sweep:
        """The sweep of one seed, with its data set."""

        @functools.wraps(self.function)
        def problem():
            return mnist1d(data_seed=FIRST_DATA_SEED + seed)

        return Sweep(problem, self.words, self.rates, self.steps, self.eta, self.update)


def fresh(rates: Sequence[float], **settings) -> Callable:
    """Make a :class:`Fresh` sweep of the decorated function, of 920 steps like MNIST-1D."""
    grid = tuple(map(float, rates))
    return lambda function: Fresh(function, FRESH_WORDS, grid, MNIST1D, **settings)


@fresh(decades(-0.5, 0.25))
def fresh_constant() -> MLP:
    """Fresh data sets, constant rates."""
    return mnist1d()


@fresh(decades(-0.25, 0.375), eta=exponential(MNIST1D))
def fresh_exponential() -> MLP:
    """Fresh data sets, a constant factor at every step."""
    return mnist1d()


@fresh(decades(-0.25, 0.375), eta=cosine(MNIST1D))
def fresh_cosine() -> MLP:
    """Fresh data sets, half a cosine."""
    return mnist1d()
