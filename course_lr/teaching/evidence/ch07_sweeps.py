"""Chapter 07, sweeps over the peaks of cycles and of a decay on networks.

A sweep is called ``PROBLEM_SCHEDULE``; constant rates are in chapter 02, a decay to 0 in 03.
"""

from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import CosineDecay, CosineRestarts, OneCycle, Sinusoidal, Triangular
from course_lr.teaching.evidence.sweeps import decades, swept
from course_lr.updates import SGD, Adam, Update

STEPS = {"digits": 480, "mnist1d": 920}
LOW = 0.1
"""The lower bound of every cycle and the end of the decay, as a part of the peak."""


def triangular(steps: int):
    """Makes two triangular cycles that fill ``steps`` from their peaks."""
    return lambda peaks: Triangular(LOW * peaks, peaks, half_cycle=steps // 4)


def halving(steps: int):
    """Makes two triangular cycles, the second half as high, that fill ``steps``."""
    half = steps // 4
    return lambda peaks: Triangular(LOW * peaks, peaks, half_cycle=half, envelope="halving")


def sinusoidal(steps: int):
    """Makes two sinusoidal cycles that fill ``steps`` from their peaks."""
    return lambda peaks: Sinusoidal(LOW * peaks, peaks, half_cycle=steps // 4)


def decay(steps: int):
    """Makes half cosines that fall to a tenth from their peaks."""
    return lambda peaks: CosineDecay(peaks, steps, eta_end=LOW * peaks)


def one_cycle(steps: int):
    """Makes one cycle, PyTorch's, from its peak."""
    return lambda peaks: OneCycle(peaks, steps=steps)


def restarts(steps: int):
    """Makes four falls to 0 that fill ``steps`` from their peaks."""
    return lambda peaks: CosineRestarts(peaks, period=steps // 4)


PROBLEMS = {"digits": "digits, MLP 64-32-10", "mnist1d": "MNIST-1D, MLP 40-64-64-10"}
PEAKS = {
    "digits": [*decades(-1.25, -0.5, 0.25), *decades(-0.25, 0.1875, 1 / 16)],
    "mnist1d": decades(-0.25, 0.375),
}
ADAM = {"digits": decades(-1.875, -0.875), "mnist1d": decades(-1.875, -1.25)}
"""Peaks with SGD, and with Adam."""


def sweep_of(name: str, words: str, make, update: Update = SGD(), peaks=None):
    """A sweep over peaks; ``make(steps)`` makes the schedule of peaks."""
    adam = isinstance(update, Adam)
    words = f"{PROBLEMS[name]}, {STEPS[name]} steps of 64, {words}{' with Adam' if adam else ''}"
    peaks = peaks or (ADAM if adam else PEAKS)[name]
    return swept(words, peaks, STEPS[name], eta=make(STEPS[name]), update=update)


# --- sweeps --------------------------------------------------------------------------------------


@sweep_of("digits", "two triangular cycles", triangular)
def digits_triangular() -> MLP:
    """The digits, two triangular cycles."""
    return digits()


@sweep_of("mnist1d", "two triangular cycles", triangular, peaks=decades(-0.5, 0.5))
def mnist1d_triangular() -> MLP:
    """MNIST-1D, two triangular cycles of ten epochs."""
    return mnist1d()


@sweep_of("digits", "two triangular cycles that halve", halving)
def digits_halving() -> MLP:
    """The digits, two triangular cycles, the second half as high."""
    return digits()


@sweep_of("mnist1d", "two triangular cycles that halve", halving, peaks=decades(-0.125, 0.5))
def mnist1d_halving() -> MLP:
    """MNIST-1D, two triangular cycles, the second half as high."""
    return mnist1d()


@sweep_of("digits", "two sinusoidal cycles", sinusoidal)
def digits_sinusoidal() -> MLP:
    """The digits, two sinusoidal cycles."""
    return digits()


@sweep_of("mnist1d", "two sinusoidal cycles", sinusoidal)
def mnist1d_sinusoidal() -> MLP:
    """MNIST-1D, two sinusoidal cycles."""
    return mnist1d()


@sweep_of("digits", "a decay to a tenth", decay)
def digits_decay() -> MLP:
    """The digits, half a cosine down to a tenth of the peak."""
    return digits()


@sweep_of("mnist1d", "a decay to a tenth", decay)
def mnist1d_decay() -> MLP:
    """MNIST-1D, half a cosine down to a tenth of the peak."""
    return mnist1d()


@sweep_of("digits", "one cycle", one_cycle)
def digits_onecycle() -> MLP:
    """The digits, one cycle."""
    return digits()


@sweep_of("mnist1d", "one cycle", one_cycle)
def mnist1d_onecycle() -> MLP:
    """MNIST-1D, one cycle."""
    return mnist1d()


@sweep_of("digits", "warm restarts", restarts)
def digits_restarts() -> MLP:
    """The digits, four falls and three restarts."""
    return digits()


@sweep_of("mnist1d", "warm restarts", restarts)
def mnist1d_restarts() -> MLP:
    """MNIST-1D, four falls and three restarts."""
    return mnist1d()


@sweep_of("digits", "two triangular cycles", triangular, Adam())
def digits_adamcycles() -> MLP:
    """The digits, two triangular cycles with Adam."""
    return digits()


@sweep_of("mnist1d", "two triangular cycles", triangular, Adam())
def mnist1d_adamcycles() -> MLP:
    """MNIST-1D, two triangular cycles with Adam."""
    return mnist1d()


@sweep_of("digits", "a decay to a tenth", decay, Adam())
def digits_adamdecay() -> MLP:
    """The digits, half a cosine down to a tenth of the peak with Adam."""
    return digits()


@sweep_of("mnist1d", "a decay to a tenth", decay, Adam())
def mnist1d_adamdecay() -> MLP:
    """MNIST-1D, half a cosine down to a tenth of the peak with Adam."""
    return mnist1d()
