"""Chapter 08: three problems and a fresh one, from thirteen starts, under each controller."""

from collections.abc import Callable

from course_lr.controllers import BoldDriver, GradientWatch, Hypergradient, ReduceOnPlateau
from course_lr.problems import MLP, digits, mnist1d
from course_lr.teaching.evidence.ch02 import digits_rates, mnist1d_rates
from course_lr.teaching.evidence.sweeps import Sweep, decades, swept

STARTS = decades(-5, 1, 0.5)  # thirteen rates, from far too small to far too large
GOOD = STARTS[9]  # 0.316, inside the band of all three problems
ON_DIGITS = "digits, MLP 64-32-10, 480 steps of 64"
ON_MNIST1D = "MNIST-1D, MLP 40-64-64-10, 920 steps of 64"
ON_FRESH = "MNIST-1D made anew (data seed 7), MLP 40-64-64-10, 920 steps of 64"
ON_FULL = "300 digits, MLP 64-32-10, 480 full-batch steps"


class Started(Sweep):
    """A sweep over starting rates of a controller: none of them is chosen, so its grid stands."""

    def wider(self, curves, tuning) -> None:
        """No further starts, wherever the best one stands."""


def started(words: str, steps: int, controller: Callable) -> Callable:
    """Make a sweep of the thirteen starts of the decorated function, which returns a problem."""
    return lambda function: Started(function, words, tuple(STARTS), steps, eta=controller)


def full_batch() -> MLP:
    """300 digits in one batch. Its epochs are 16 steps long, as often as digits are looked at."""
    problem = digits(batch_size=None, samples=300)
    problem.steps_per_epoch = 16
    return problem


def hypergradient(rates) -> Hypergradient:
    """The additive form with β = 0.01, the best of 1e-4 to 1 on the tuning seeds of digits."""
    return Hypergradient(rates, beta=0.01)


@swept(ON_FULL, sorted({*STARTS, *decades(-1, 0.5)}), 480)
def full_rates() -> MLP:
    """Constant rates with full batches."""
    return full_batch()


@started(ON_DIGITS, 480, GradientWatch)
def digits_watch() -> MLP:
    """The watch from thirteen starts."""
    return digits()


@started(ON_DIGITS, 480, ReduceOnPlateau)
def digits_plateau() -> MLP:
    """The plateau rule from thirteen starts."""
    return digits()


@started(ON_DIGITS, 480, hypergradient)
def digits_hypergradient() -> MLP:
    """Hypergradient descent from thirteen starts."""
    return digits()


@started(ON_MNIST1D, 920, GradientWatch)
def mnist1d_watch() -> MLP:
    """The watch from thirteen starts."""
    return mnist1d()


@started(ON_MNIST1D, 920, ReduceOnPlateau)
def mnist1d_plateau() -> MLP:
    """The plateau rule from thirteen starts."""
    return mnist1d()


@started(ON_MNIST1D, 920, hypergradient)
def mnist1d_hypergradient() -> MLP:
    """Hypergradient descent from thirteen starts."""
    return mnist1d()


@swept(ON_FRESH, sorted({*STARTS, *decades(-0.5, 0.5)}), 920)
def fresh_rates() -> MLP:
    """Constant rates on a data set that no threshold was chosen on."""
    return mnist1d(data_seed=7)


@started(ON_FRESH, 920, GradientWatch)
def fresh_watch() -> MLP:
    """The watch on a data set that no threshold was chosen on."""
    return mnist1d(data_seed=7)


@started(ON_FULL, 480, GradientWatch)
def full_watch() -> MLP:
    """The watch from thirteen starts."""
    return full_batch()


@started(ON_FULL, 480, ReduceOnPlateau)
def full_plateau() -> MLP:
    """The plateau rule from thirteen starts."""
    return full_batch()


@started(ON_FULL, 480, hypergradient)
def full_hypergradient() -> MLP:
    """Hypergradient descent from thirteen starts."""
    return full_batch()


@started(ON_FULL, 480, BoldDriver)
def full_bold() -> MLP:
    """The bold driver from thirteen starts."""
    return full_batch()


CONSTANT = {
    "digits": digits_rates,
    "mnist1d": mnist1d_rates,
    "fresh": fresh_rates,
    "full": full_rates,
}
CONTROLLED = {
    "digits": {
        "plateau": digits_plateau,
        "watch": digits_watch,
        "hypergradient": digits_hypergradient,
    },
    "mnist1d": {
        "plateau": mnist1d_plateau,
        "watch": mnist1d_watch,
        "hypergradient": mnist1d_hypergradient,
    },
    "fresh": {"watch": fresh_watch},
    "full": {
        "plateau": full_plateau,
        "watch": full_watch,
        "hypergradient": full_hypergradient,
        "bold driver": full_bold,
    },
}
