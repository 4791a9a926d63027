"""What is trained: for each problem of the table a function from the seed, which draws its data."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from course_lr.problems import MLP, Problem, Ripples, digits, mnist1d, wells
from course_lr.problems.data import mnist1d_data
from course_lr.teaching.chapters.ch04_adaptive import badly_scaled

FIRST_DATA_SEED = 1000
"""Seed s draws MNIST-1D with data seed 1000 + s: none of them is the published data set."""
SPLIT = "start, batches, and the split into training, validation and test part"
FRESH = "start, batches, and a fresh data set"
BALLS = "the starts of 50 balls"


class Made(NamedTuple):
    """A problem in words, the function that makes it for a seed, and what each seed draws anew."""

    words: str
    make: Callable[[int], Problem]
    draws: str = SPLIT


def on_digits(**settings) -> Callable[[int], MLP]:
    """The digits with these settings, split in each seed's own way."""
    return lambda seed: digits(split_seed=seed, **settings)


def on_mnist1d(**settings) -> Callable[[int], MLP]:
    """MNIST-1D with these settings, made anew for each seed."""
    return lambda seed: mnist1d(data_seed=FIRST_DATA_SEED + seed, **settings)


def scaled(seed: int) -> MLP:
    """MNIST-1D whose inputs are multiplied by numbers between 0.1 and 10, drawn by the seed."""
    data = badly_scaled(mnist1d_data(FIRST_DATA_SEED + seed), seed)
    return MLP(data, hidden=(64, 64))


def full(seed: int, **settings) -> MLP:
    """300 digits in one batch, the seed's own; they are looked at every 16 steps, like digits."""
    made = digits(batch_size=None, samples=300, split_seed=seed, **settings)
    made.steps_per_epoch = 16
    return made


DEEP = dict(hidden=(32,) * 6)
FLAT = dict(init_gain=0.3)
SQUARED, TANH = dict(loss="squared_error"), dict(activation="tanh")

PROBLEMS = {
    "digits": Made("digits", on_digits()),
    "standard": Made("digits, inputs standardised", on_digits(standardize=True)),
    "labels": Made("digits with 20 % wrong labels", on_digits(label_noise=0.2)),
    "mnist1d": Made("MNIST-1D", on_mnist1d(), FRESH),
    "scaled": Made("MNIST-1D, badly scaled inputs", scaled, FRESH + " with scales of its own"),
    "deep": Made("digits, deep net, bad start", on_digits(**DEEP, init_gain=1.5)),
    "hestart": Made("digits, deep net, good start", on_digits(**DEEP)),
    "full": Made("300 digits, full batch", full),
    "digits_loss100": Made("digits, loss × 100", on_digits(loss_scale=100.0)),
    "digits_inputs10": Made("digits, inputs × 10", on_digits(input_scale=10.0)),
    "digits_batch16": Made("digits, batches of 16", on_digits(batch_size=16)),
    "digits_batch256": Made("digits, batches of 256", on_digits(batch_size=256)),
    "mnist1d_batch16": Made(
        "MNIST-1D, batches of 16", on_mnist1d(hidden=(48,), batch_size=16), FRESH
    ),
    "mnist1d_batch256": Made(
        "MNIST-1D, batches of 256", on_mnist1d(hidden=(48,), batch_size=256), FRESH
    ),
    "wide": Made("seven wells, the deepest wide", lambda seed: wells("wide"), BALLS),
    "narrow": Made("seven wells, the deepest narrow", lambda seed: wells("narrow"), BALLS),
    "ripples": Made("a bowl with ripples", lambda seed: Ripples(), BALLS),
    "edge_tanh_mse": Made("tanh, squared error", lambda s: full(s, **FLAT, **TANH, **SQUARED)),
    "edge_relu_mse": Made("ReLU, squared error", lambda s: full(s, **FLAT, **SQUARED)),
    "edge_relu_ce": Made("ReLU, cross-entropy", lambda s: full(s, **FLAT)),
}


@functools.lru_cache(maxsize=64)
def problem(name: str, seed: int) -> Problem:
    """The problem of this name for a seed; the last 64 are kept."""
    return PROBLEMS[name].make(seed)
