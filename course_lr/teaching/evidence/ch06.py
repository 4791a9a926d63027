"""Chapter 06, warm-up (notes, section 3.3): the sweeps, each without and with a warm-up."""

from collections.abc import Callable

from course_lr.problems import MLP, digits, mnist1d
from course_lr.schedules import Constant, CosineDecay, Join, Schedule, Warmup
from course_lr.teaching.evidence.sweeps import decades, swept
from course_lr.updates import Adam, Momentum

STEPS, LONGER = 240, 460  # on the digits, on MNIST-1D
SHARE = 10  # a warm-up takes a tenth of the steps
DEEP = (32,) * 6
BAD = 1.5  # times the start of He et al.
ON_DEEP = "digits, MLP 64-6×32-10 from a start 1.5 times too large, 240 steps of 64"
ON_HESTART = "digits, MLP 64-6×32-10 from the start of He et al., 240 steps of 64"
ON_DIGITS = "digits, MLP 64-32-10, 240 steps of 64"
ON_MNIST1D = "MNIST-1D, MLP 40-64-64-10, 460 steps of 64"


def then_constant(steps: int) -> Callable[..., Schedule]:
    """A linear warm-up from 0 over a tenth of ``steps``, then the peak rate."""
    return lambda peaks: Warmup(Constant(peaks), steps=steps // SHARE)


def then_cosine(steps: int) -> Callable[..., Schedule]:
    """The same, then a cosine down to 0 over what is left of ``steps``."""
    left = steps - steps // SHARE
    return lambda peaks: Warmup(CosineDecay(peaks, left), steps=steps // SHARE)


def cosine(steps: int) -> Callable[..., Schedule]:
    """A cosine from the peak rate to 0, without a warm-up."""
    return lambda peaks: CosineDecay(peaks, steps)


def waiting(steps: int) -> Callable[..., Schedule]:
    """No movement over a tenth of ``steps``, in which Adam only gathers its moments."""
    return lambda peaks: Join(((Constant(0.0), steps // SHARE), Constant(peaks)))


def deep() -> MLP:
    """The deep network from the start that is too large."""
    return digits(hidden=DEEP, init_gain=BAD)


# --- SGD, then a constant rate -------------------------------------------------------------------


@swept(ON_DEEP, decades(-2.25, -0.375), STEPS)
def deep_cold() -> MLP:
    """The deep network, bad start, no warm-up."""
    return deep()


@swept(ON_DEEP, decades(-1.75, 0.125), STEPS, eta=then_constant(STEPS))
def deep_warm() -> MLP:
    """The same after a warm-up."""
    return deep()


@swept(ON_HESTART, decades(-1.375, 0), STEPS)
def hestart_cold() -> MLP:
    """The deep network, good start, no warm-up."""
    return digits(hidden=DEEP)


@swept(ON_HESTART, decades(-1.375, 0), STEPS, eta=then_constant(STEPS))
def hestart_warm() -> MLP:
    """The same after a warm-up."""
    return digits(hidden=DEEP)


@swept(ON_DIGITS, decades(-0.5, 0.5), STEPS)
def digits_cold() -> MLP:
    """The shallow network, no warm-up."""
    return digits()


@swept(ON_DIGITS, decades(-0.5, 0.5), STEPS, eta=then_constant(STEPS))
def digits_warm() -> MLP:
    """The same after a warm-up."""
    return digits()


@swept(ON_MNIST1D, decades(-0.375, 0.625), LONGER)
def mnist1d_cold() -> MLP:
    """MNIST-1D, no warm-up."""
    return mnist1d()


@swept(ON_MNIST1D, decades(-0.375, 0.625), LONGER, eta=then_constant(LONGER))
def mnist1d_warm() -> MLP:
    """The same after a warm-up."""
    return mnist1d()


# --- SGD, then a decay ---------------------------------------------------------------------------


@swept(ON_DEEP, decades(-1.75, -0.375), STEPS, eta=cosine(STEPS))
def deep_cold_cosine() -> MLP:
    """The deep network, bad start, a cosine from the first step."""
    return deep()


@swept(ON_DEEP, decades(-1.75, 0.125), STEPS, eta=then_cosine(STEPS))
def deep_warm_cosine() -> MLP:
    """The same after a warm-up."""
    return deep()


@swept(ON_MNIST1D, decades(-0.25, 0.75), LONGER, eta=cosine(LONGER))
def mnist1d_cold_cosine() -> MLP:
    """MNIST-1D, a cosine from the first step."""
    return mnist1d()


@swept(ON_MNIST1D, decades(-0.125, 0.875), LONGER, eta=then_cosine(LONGER))
def mnist1d_warm_cosine() -> MLP:
    """The same after a warm-up."""
    return mnist1d()


ON_FRESH = ON_MNIST1D.replace("MNIST-1D", "MNIST-1D made with another seed")


@swept(ON_FRESH, decades(-0.25, 0.5), LONGER, eta=cosine(LONGER))
def fresh_cold_cosine() -> MLP:
    """A fresh data set, a cosine from the first step."""
    return mnist1d(data_seed=1)


@swept(ON_FRESH, decades(-0.25, 0.5), LONGER, eta=then_cosine(LONGER))
def fresh_warm_cosine() -> MLP:
    """The same after a warm-up."""
    return mnist1d(data_seed=1)


# --- small and large batches ---------------------------------------------------------------------

ON_SMALL, ON_LARGE = (ON_DEEP.replace("of 64", f"of {size}") for size in (16, 256))


@swept(ON_SMALL, decades(-2, -0.375), STEPS)
def small_cold() -> MLP:
    """Batches of 16, no warm-up."""
    return digits(hidden=DEEP, init_gain=BAD, batch_size=16)


@swept(ON_SMALL, decades(-1.875, -0.125), STEPS, eta=then_constant(STEPS))
def small_warm() -> MLP:
    """The same after a warm-up."""
    return digits(hidden=DEEP, init_gain=BAD, batch_size=16)


@swept(ON_LARGE, decades(-1.5, -0.375), STEPS)
def large_cold() -> MLP:
    """Batches of 256, no warm-up."""
    return digits(hidden=DEEP, init_gain=BAD, batch_size=256)


@swept(ON_LARGE, decades(-1.375, 0), STEPS, eta=then_constant(STEPS))
def large_warm() -> MLP:
    """The same after a warm-up."""
    return digits(hidden=DEEP, init_gain=BAD, batch_size=256)


# --- momentum and Adam ---------------------------------------------------------------------------


@swept(f"{ON_DEEP}, momentum 0.9", decades(-2.5, -0.75), STEPS, update=Momentum())
def deep_momentum_cold() -> MLP:
    """The deep network, bad start, momentum, no warm-up."""
    return deep()


@swept(
    f"{ON_DEEP}, momentum 0.9",
    decades(-2.75, -0.75),
    STEPS,
    eta=then_constant(STEPS),
    update=Momentum(),
)
def deep_momentum_warm() -> MLP:
    """The same after a warm-up."""
    return deep()


@swept(f"{ON_DIGITS}, momentum 0.9", decades(-1, 0.5), STEPS, update=Momentum())
def digits_momentum_cold() -> MLP:
    """The shallow network, momentum, no warm-up."""
    return digits()


@swept(
    f"{ON_DIGITS}, momentum 0.9",
    decades(-1, 0.5),
    STEPS,
    eta=then_constant(STEPS),
    update=Momentum(),
)
def digits_momentum_warm() -> MLP:
    """The same after a warm-up."""
    return digits()


@swept(f"{ON_DEEP}, Adam", decades(-2.5, -0.625), STEPS, update=Adam())
def deep_adam_cold() -> MLP:
    """The deep network, bad start, Adam, no warm-up."""
    return deep()


@swept(f"{ON_DEEP}, Adam", decades(-2.5, -0.5), STEPS, eta=then_constant(STEPS), update=Adam())
def deep_adam_warm() -> MLP:
    """The same after a warm-up."""
    return deep()


@swept(f"{ON_DIGITS}, Adam", decades(-2.25, 0), STEPS, update=Adam())
def digits_adam_cold() -> MLP:
    """The shallow network, Adam, no warm-up."""
    return digits()


@swept(f"{ON_DIGITS}, Adam", decades(-2, 0.25), STEPS, eta=then_constant(STEPS), update=Adam())
def digits_adam_warm() -> MLP:
    """The same after a warm-up."""
    return digits()


@swept(f"{ON_DIGITS}, Adam", decades(-2.125, 0), STEPS, eta=waiting(STEPS), update=Adam())
def digits_adam_waiting() -> MLP:
    """The same, where Adam gathers its moments before it moves."""
    return digits()


@swept(f"{ON_DIGITS}, Adam, β2 = 0.9", decades(-2.25, 0), STEPS, update=Adam(beta2=0.9))
def digits_adam_forgetful() -> MLP:
    """The shallow network, Adam with a short memory, no warm-up."""
    return digits()


@swept(f"{ON_MNIST1D}, Adam", decades(-2.25, -0.625), LONGER, update=Adam())
def mnist1d_adam_cold() -> MLP:
    """MNIST-1D, Adam, no warm-up."""
    return mnist1d()


@swept(
    f"{ON_MNIST1D}, Adam", decades(-2.25, -0.5), LONGER, eta=then_constant(LONGER), update=Adam()
)
def mnist1d_adam_warm() -> MLP:
    """The same after a warm-up."""
    return mnist1d()
